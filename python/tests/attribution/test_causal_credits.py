"""What the causal methods return: columns, the order of rows, and the words for a choice."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from partner_attribution.attribution.causal import (
    AUTO,
    HAZARD,
    MULTISTATE,
    CausalSettings,
    credits,
)
from partner_attribution.attribution.causal.credits import (
    _credit_rows,
    _disagreement,
    _effect_rows,
    _influence_rows,
    _needs_test,
    _result,
    _whole_cents,
    causal_credits,
    choose,
)
from partner_attribution.attribution.causal.estimate import Estimate, Shares
from partner_attribution.attribution.causal.panel import Touches

from .causal_worlds import frames_of

ESTIMATED = SimpleNamespace(is_estimable=True, states=("lead", "mql", "opportunity"), reason="")
REFUSED = Estimate(MULTISTATE, "3 wins, at least 30 are needed")


def nobody(*methods):
    """The result where there is no touch, so nothing can be told."""
    return causal_credits(*frames_of(["a"], [], [], weeks=5)[:3], methods, CausalSettings(), 0, 10)


def test_effects_and_credits_have_the_columns_that_the_marts_read():
    found = nobody(HAZARD)
    assert found.effects.column_names == [
        "method", "milestone", "player", "conversions", "value_cents", "share", "status",
        "reason", "chosen_method", "chosen_because", "half_life_weeks", "saturation", "misfit",
        "disagreement", "needs_test",
    ]  # fmt: skip
    assert found.credits.column_names == [
        "method", "milestone", "opportunity_id", "player", "touch_id", "credit_share",
        "credit_cents",
    ]  # fmt: skip
    assert (found.credits.num_rows, found.influence.num_rows) == (0, 0)


def test_methods_that_can_tell_nothing_say_so_by_name():
    found = nobody(MULTISTATE, HAZARD)
    assert found.effects["method"].to_pylist() == [HAZARD, MULTISTATE]
    assert set(found.effects["status"].to_pylist()) == {"not estimable"}
    assert found.diagnostics == {"chosen_method": None, "chosen_because": None, "disagreement": {}}


def test_the_observed_time_is_empty_unless_it_is_given():
    accounts, touches, milestones, *_ = frames_of(["a"], [("a", 1.0, "p")], [], weeks=5)
    found = causal_credits(accounts, touches, milestones, [HAZARD])
    assert found.effects["reason"].to_pylist() == ["no touch of any player"]
    # One microsecond on, where a touch of the first would count: neither begins nor ends there.
    first = touches.assign(touched_at_us=0)
    assert causal_credits(accounts, first, milestones, [HAZARD]).effects["reason"].to_pylist() == [
        "no touch of any player"
    ]
    seen = causal_credits(accounts, first, milestones, [HAZARD], observed_until_us=1)
    assert seen.effects["reason"].to_pylist() == ["0 wins, at least 30 are needed"]


@pytest.mark.parametrize(
    ("multistate", "chosen", "because"),
    [
        (ESTIMATED, MULTISTATE, "stages recorded before the opportunity: lead, mql"),
        (REFUSED, HAZARD, "multistate is not estimable: 3 wins, at least 30 are needed"),
    ],
)
def test_the_automatic_choice_says_what_it_rests_on(multistate, chosen, because):
    assert choose({MULTISTATE: multistate}) == (chosen, because)


def test_the_choice_is_told_beside_its_figures_and_only_where_it_was_asked_for():
    found = {HAZARD: Estimate(HAZARD, "no"), MULTISTATE: REFUSED}
    asked = _result(found, {}, [MULTISTATE, AUTO], CausalSettings())
    assert asked.diagnostics["chosen_method"] == HAZARD
    assert asked.diagnostics["chosen_because"].startswith("multistate is not estimable: 3 wins")
    assert asked.effects["method"].to_pylist() == [AUTO, MULTISTATE]
    assert asked.effects["chosen_method"].to_pylist()[0] == HAZARD


def test_a_method_that_can_tell_nothing_says_so_of_every_milestone():
    settings = CausalSettings(milestones=("opportunity", "closed_won"))
    found = _result({HAZARD: Estimate(HAZARD, "no")}, {}, [HAZARD], settings)
    assert sorted(found.effects["milestone"].to_pylist()) == ["closed_won", "opportunity"]


def test_influence_is_told_by_the_first_bucket_of_each_group_to_nine_digits():
    settings = CausalSettings(interval_groups=2, interval_buckets=10)
    found = _influence_rows({"p": np.array([0.12345678949, -2.0])}, settings)
    assert found == [
        {"player": "p", "bucket": 0, "influence": 0.123456789},
        {"player": "p", "bucket": 5, "influence": -2.0},
    ]
    assert _influence_rows({}, settings) == []


def test_cents_go_to_the_largest_remainders_of_each_deal_whatever_its_sign():
    """10 cents in thirds: 3.33, 3.33, 3.34. -10: the same below zero. 1 in halves: the first row.
    None of nothing. And an amount that a double cannot hold to the cent."""
    third, half = 333_333_333, 500_000_000
    deals = np.array([0, 1, 2, 0, 1, 2, 0, 1, 3, 4, 4])
    share = np.array(
        [third, third, half, third, third, half, third + 1, third + 1, 10**9, 10**9 - 1, 1]
    )
    large = 1_234_567_890_123_457
    cents = _whole_cents(deals, share, np.array([10, -10, 1, 0, large]))
    assert cents.tolist()[:9] == [3, -3, 1, 3, -3, 0, 4, -4, 0]
    assert cents.tolist()[9:] == [large - 1_234_568, 1_234_568]


def test_cents_beyond_what_doubles_can_hold_are_whole():
    quarter = 2**53 + 1
    share = np.array([500_000_000, 250_000_000, 250_000_000])
    cents = _whole_cents(np.zeros(3, dtype=int), share, np.array([4 * quarter]))
    assert cents.tolist() == [2 * quarter, quarter, quarter]


def shares(of_player, weights=(), opportunity=None):
    """Shares of deals; weights: (deal row, touch, weight), touches t0, t1, ... of p, q, p, r."""
    of_player = np.array(of_player, dtype=float)
    row, touch, weight = (np.array(one) for one in zip(*weights, strict=True)) if weights else (
        np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0)
    )  # fmt: skip
    touches = Touches(
        np.zeros(4, dtype=int),
        np.zeros(4),
        np.array([0, 1, 0, 2]),
        np.array(["t3", "t1", "t0", "t2"]),
    )
    return Shares(
        np.arange(len(of_player)) if opportunity is None else np.array(opportunity),
        of_player,
        1 - of_player.sum(axis=1),
        (row, touch, weight),
        touches,
    )


THREE = SimpleNamespace(
    players=("p", "q", "r"),
    opportunity_id=["z", "x", "y", "w"],
    opportunity_cents=np.array([1000, -700, 1, 50]),
)


def earned(rows):
    """(deal, player, touch, share, cents) of each row."""
    names = ("opportunity_id", "player", "touch_id", "credit_share", "credit_cents")
    assert all(set(row) == set(names) for row in rows)
    return [tuple(row[name] for name in names) for row in rows]


def test_a_player_s_part_of_a_deal_is_shared_by_the_weights_of_its_own_touches():
    """Deal y: p has .6, 1 to 3 of two touches; q .25. r's touch would have less than a billionth.
    Deal x has nothing of any player; of deal z, q has all."""
    weights = [(0, 0, 1.0), (0, 2, 3.0), (0, 1, 5.0), (0, 3, 1.0), (2, 1, 2.0), (2, 0, 4.0)]
    found = shares([[0.6, 0.25, 4e-10], [0, 0, 0], [0, 1, 0]], weights, opportunity=[2, 1, 0])
    assert earned(_credit_rows(THREE, found)) == [
        ("x", "baseline", None, 1.0, -700),
        ("y", "baseline", None, 0.15, 0),
        ("y", "p", "t0", 0.45, 1),
        ("y", "q", "t1", 0.25, 0),
        ("y", "p", "t3", 0.15, 0),
        ("z", "baseline", None, 0.0, 0),
        ("z", "q", "t1", 1.0, 1000),
    ]


def test_a_billionth_of_a_deal_is_a_credit():
    found = shares([[1e-9, 0, 0]], [(0, 0, 0.5)])
    assert earned(_credit_rows(THREE, found)) == [
        ("z", "baseline", None, 0.999999999, 1000),
        ("z", "p", "t3", 1e-9, 0),
    ]


def row(player, share, cents):
    return {"player": player, "credit_share": share, "credit_cents": cents}


def test_effects_add_credits_up_and_who_caused_nothing_has_a_row():
    rows = [row("p", 0.25, 30), row("q", 0.5, -7), row("p", 0.5, 12), row("baseline", 0.75, 5)]
    both = SimpleNamespace(opportunity=[0, 1])
    names = ("player", "conversions", "value_cents", "share", "status")
    found = _effect_rows(THREE, both, rows)
    assert [tuple(one[name] for name in names) for one in found] == [
        ("p", 0.75, 42, 0.375, "estimable"),
        ("q", 0.5, -7, 0.25, "estimable"),
        ("r", 0, 0, 0, "estimable"),
        ("baseline", 0.75, 5, 0.375, "estimable"),
    ]
    one = _effect_rows(THREE, SimpleNamespace(opportunity=[3]), [row("r", 1.0, 50)])
    assert [(each["player"], each["share"]) for each in one][2:] == [("r", 1.0), ("baseline", 0)]


def test_without_a_deal_every_share_is_nothing():
    found = _effect_rows(THREE, SimpleNamespace(opportunity=[]), [])
    assert [one["share"] for one in found] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("apart", "misfit", "expected"),
    [
        (None, None, None),
        (0.2, None, False),
        (0.21, None, True),
        (None, 2.0, False),
        (None, 2.1, True),
        (0.1, 2.1, True),
        (0.3, 1.0, True),
        (0.1, 1.0, False),
    ],
)
def test_a_test_is_needed_above_either_limit(apart, misfit, expected):
    settings = CausalSettings(disagreement=0.2, misfit=2.0)
    found = _needs_test(apart, Estimate(HAZARD, misfit=misfit), settings)
    assert found is expected


def estimated(method, **of_milestones):
    return Estimate(
        method,
        half_life=2.5,
        saturation=0.4,
        misfit=3.0,
        states=("lead", "opportunity"),
        shares=of_milestones,
        panel=THREE,
    )


BOTH = CausalSettings(milestones=("closed_won", "opportunity"))


def test_methods_disagree_by_half_of_what_their_shares_differ():
    """Means .5, .1, 0 and .4 against .2, .2, .1 and .5: (.3 + .1 + .1 + .1) / 2."""
    first = shares([[0.6, 0.2, 0], [0.4, 0, 0]])
    second = shares([[0.2, 0.2, 0.1]])
    # A third apart, told to nine digits.
    third = shares([[1 / 3, 0, 0]])
    found = _disagreement(
        {
            HAZARD: estimated(HAZARD, closed_won=first, opportunity=third),
            MULTISTATE: estimated(MULTISTATE, closed_won=second, opportunity=shares([[0, 0, 0]])),
        },
        BOTH,
    )
    assert found == {"closed_won": 0.3, "opportunity": 0.333333333}


def test_methods_that_saw_no_deal_or_nothing_at_all_do_not_disagree():
    some, none = shares([[0.6, 0.2, 0]]), shares(np.zeros((0, 3)))
    wins = replace(BOTH, milestones=("closed_won",))
    for first, second in ((some, none), (none, some)):
        two = {
            HAZARD: estimated(HAZARD, closed_won=first),
            MULTISTATE: estimated(MULTISTATE, closed_won=second),
        }
        assert _disagreement(two, wins) == {}
    one = {HAZARD: estimated(HAZARD, closed_won=some), MULTISTATE: REFUSED}
    assert _disagreement(one, wins) == {}


def test_the_result_has_every_method_and_milestone_beside_what_it_was_found_with():
    won = shares([[0.25, 0, 0]], [(0, 0, 1.0)])
    created = shares([[0.5, 0, 0], [0, 0, 0]], [(0, 0, 1.0)])
    found = {
        HAZARD: estimated(HAZARD, closed_won=won, opportunity=created),
        MULTISTATE: replace(
            estimated(MULTISTATE, closed_won=won, opportunity=won), half_life=1.5, misfit=1.0
        ),
    }
    moved = {(MULTISTATE, "closed_won"): {"p": [0.125]}, (HAZARD, "opportunity"): {"q": [2.0]}}
    settings = replace(BOTH, interval_groups=1, interval_buckets=4)
    asked = _result(found, moved, [HAZARD, AUTO], settings)
    because = "stages recorded before the opportunity: lead"
    assert asked.diagnostics == {
        "chosen_method": MULTISTATE,
        "chosen_because": because,
        "disagreement": {"closed_won": 0.0, "opportunity": 0.0},
    }
    effects = asked.effects.to_pylist()
    places = [(one["method"], one["milestone"], one["player"]) for one in effects]
    assert places == [
        (method, milestone, player)
        for method in (AUTO, HAZARD)
        for milestone in ("closed_won", "opportunity")
        for player in ("p", "q", "r", "baseline")
    ]
    names = (
        "chosen_method", "chosen_because", "half_life_weeks", "saturation", "misfit",
        "disagreement", "needs_test", "status", "reason",
    )  # fmt: skip
    told = [tuple(one[name] for name in names) for one in effects]
    assert set(told[:8]) == {(MULTISTATE, because, 1.5, 0.4, 1.0, 0.0, False, "estimable", None)}
    assert set(told[8:]) == {(None, None, 2.5, 0.4, 3.0, 0.0, True, "estimable", None)}
    assert [one["conversions"] for one in effects][12:] == [0.5, 0, 0, 1.5]
    names = ("method", "milestone", "opportunity_id", "touch_id", "credit_share")
    assert [tuple(one[name] for name in names) for one in asked.credits.to_pylist()] == [
        (AUTO, "closed_won", "z", None, 0.75),
        (AUTO, "closed_won", "z", "t3", 0.25),
        (AUTO, "opportunity", "z", None, 0.75),
        (AUTO, "opportunity", "z", "t3", 0.25),
        (HAZARD, "closed_won", "z", None, 0.75),
        (HAZARD, "closed_won", "z", "t3", 0.25),
        (HAZARD, "opportunity", "x", None, 1.0),
        (HAZARD, "opportunity", "z", None, 0.5),
        (HAZARD, "opportunity", "z", "t3", 0.5),
    ]
    names = ("method", "milestone", "player", "bucket", "influence")
    assert [tuple(one[name] for name in names) for one in asked.influence.to_pylist()] == [
        (AUTO, "closed_won", "p", 0, 0.125),
        (HAZARD, "opportunity", "q", 0, 2.0),
    ]


@pytest.mark.parametrize(
    ("names", "fitted"),
    [([HAZARD], [HAZARD]), ([MULTISTATE], [MULTISTATE]), ([AUTO], [HAZARD, MULTISTATE])],
)
def test_the_automatic_choice_alone_asks_for_both_methods(monkeypatch, names, fitted):
    asked = []

    def refused(panel, evidence, name, settings):
        asked.append((panel, evidence, name))
        return Estimate(name, "no")

    monkeypatch.setattr(credits, "build_panel", lambda *parts: "panel")
    monkeypatch.setattr(credits, "evidence_of", lambda panel: f"evidence of {panel}")
    monkeypatch.setattr(credits, "estimate", refused)
    monkeypatch.setattr(credits, "group_influence", lambda panel, found, settings: {})
    causal_credits("accounts", "touches", "milestones", names)
    assert asked == [("panel", "evidence of panel", name) for name in fitted]
