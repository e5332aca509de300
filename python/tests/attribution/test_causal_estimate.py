"""From fitted funnels to shares of deals, by hand: chances of coalitions stand in for the fits."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from partner_attribution.attribution.causal import CausalSettings, estimate
from partner_attribution.attribution.causal.panel import Touches, build_panel
from partner_attribution.attribution.causal.settings import NotEstimable

from .causal_worlds import frames_of

INF = np.inf
FEW = CausalSettings(minimum_wins=1, minimum_transitions=2)


def funnel(share, reached=None, half_life=1.0, misfit=None, effects=((1.0, 1.0),)):
    return SimpleNamespace(
        share=share,
        half_life=half_life,
        saturation=0.8,
        misfit=misfit,
        reached=reached,
        steps=[SimpleNamespace(effect=np.array(one)) for one in effects],
    )


def some_deals():
    """Deals of a (won after 2 weeks), b (lost), d (won after 1), e (won after 3.5); c has none."""
    touches = [("a", 0.25, "p"), ("a", 1.25, "q"), ("a", 0.5, None), ("b", 1.0, "p")]
    touches += [("a", 2.5, "p"), ("a", 3.5, "q"), ("a", 4.5, "p"), ("a", 3.0, None)]
    touches += [("e", 0.5, "p"), ("e", 0.75, "q"), ("c", 0.5, "p")]
    milestones = [
        (name, name, "opportunity", at) for name, at in zip("abde", (2.5, 1.5, 1, 2), strict=True)
    ]
    milestones += [("a", "a", "closed_won", 4.5), ("b", "b", "closed_lost", 2.5)]
    milestones += [("d", "d", "closed_won", 2), ("e", "e", "closed_won", 5.5)]
    frames = frames_of(tuple("abcde"), touches, milestones, 7)
    panel = build_panel(*frames, CausalSettings())
    assert panel.spell_opportunity.tolist() == [0, 1, -1, 2, 3]
    return panel


CREATED = np.array([2.5, 1.5, INF, 1.0, 2.0])
# Chances of a deal with nobody, p, q and both: two ways to see them, and how the wins go.
FIRST = np.array([[0.2, 0.4, 0.6, 1], [0.5, 0.6, 0.9, 1], [0, 0, 0, 1], [-0.5, 0.5, 0.2, 1]])
SECOND = np.array([[0.4, 0.4, 0.8, 1], [0.5, 0.6, 0.9, 1], [0, 0, 0, 1], [-0.1, 0.5, 0.4, 1]])
MIXED = 0.25 * FIRST + 0.75 * SECOND


@pytest.fixture
def chances(monkeypatch):
    """What was asked of the fits: `ends` per funnel, deals and ratios."""
    asked = SimpleNamespace(ends=[], deals=[], ratios=[], wins=[], first=FIRST, second=SECOND)

    def kept_deals(one, deals, lists, ends):
        assert lists.tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]
        asked.ends.append(ends)
        asked.deals.append(deals.tolist())
        place = np.searchsorted([0, 1, 3, 4], deals)
        return (asked.first if one.share == 0.25 else asked.second)[place]

    def win_ratios(panel, one, lists, deals, settings):
        asked.ratios.append((one.share, deals.tolist()))
        return np.tile([0.5, 0.5, 1, 1], (len(deals), 1)) ** (one.share * 4)

    def kept_wins(panel, closing, lists, deals):
        asked.wins.append((closing, deals.tolist()))
        return np.tile([0.5, 0.5, 1, 1], (len(deals), 1))

    monkeypatch.setattr(estimate, "kept_deals", kept_deals)
    monkeypatch.setattr(estimate, "win_ratios", win_ratios)
    monkeypatch.setattr(estimate, "kept_wins", kept_wins)
    return asked


def shares_of(panel, milestone, closing=None, reached=CREATED, parts=(0.25, 0.75)):
    funnels = tuple(funnel(share, np.c_[reached - 1, reached]) for share in parts)
    game = estimate.coalitions(2, 12, 1)
    return estimate._shares(panel, funnels, closing, game, milestone, FEW)


def test_a_deal_belongs_to_who_reached_it_by_shapley_beside_the_baseline(chances):
    found = shares_of(some_deals(), "opportunity", closing="not asked")
    assert found.opportunity.tolist() == [0, 1, 2, 3]
    assert chances.ends == [7, 7]
    assert chances.deals == [[0, 1, 3, 4]] * 2
    assert not chances.ratios
    assert not chances.wins
    # a: .35 alone, .4 with p, .75 with q. b was reached by p alone, which has all but the .5.
    # d was reached by nobody. e would have lost less than nothing: its players share it whole,
    # in proportion to (.5 + .2 + 1 - .35) / 2 and (.35 + .2 + 1 - .5) / 2.
    assert MIXED[3].tolist() == pytest.approx([-0.2, 0.5, 0.35, 1])
    whole = [(0.7 + 0.65) / 2 / 1.2, (0.55 + 0.5) / 2 / 1.2]
    by_hand = [[0.15, 0.5], [0.5, 0], [0, 0], whole]
    assert found.player == pytest.approx(np.array(by_hand), abs=1e-12)
    assert found.baseline == pytest.approx(1 - np.array(by_hand).sum(axis=1), abs=1e-12)


def test_shares_have_nine_digits_and_nobody_takes_from_others(chances):
    chances.first = chances.second = np.array(
        [[0, 1 / 3, 2 / 3, 1], [1.5, 2.0, 0.9, 1], [0, 0, 0, 1], [0.5, 0.2, 0.9, 1]]
    )
    found = shares_of(some_deals(), "opportunity")
    assert found.player[0].tolist() == [0.333333333, 0.666666667]
    assert found.player[1].tolist() == [0, 0], "more than one deal is one deal of the baseline"
    # p takes (.3 - .1) / 2 away, which is nothing; q has what the baseline leaves.
    assert found.player[3].tolist() == [0, 0.5]


def test_deals_count_that_were_created_before_the_end(chances):
    """As the funnel dates them: a record may be late."""
    reached = np.array([2.5, INF, INF, 7.0, 6.9])
    found = shares_of(some_deals(), "opportunity", reached=reached, parts=(1.0,))
    assert found.opportunity.tolist() == [0, 3]
    assert chances.deals == [[0, 4]]


def test_wins_count_until_one_could_still_be_closed_and_go_by_the_ratio_of_wins(chances):
    found = shares_of(some_deals(), "closed_won")
    assert found.opportunity.tolist() == [0, 2, 3]
    assert chances.ends == [5, 5], "two weeks is the median of 2, 1 and 3.5"
    assert chances.ratios == [(0.25, [0, 3, 4]), (0.75, [0, 3, 4])]
    assert not chances.wins
    # a with each coalition: .25 x .2 x .5 + .75 x .4 x .5^3 = .0625; with p .25 x .4 x .5 + .0375.
    alone, p, q = 0.0625, 0.0875, 0.75
    by_hand = [(p - alone + 1 - q) / 2, (q - alone + 1 - p) / 2]
    assert found.player[0] == pytest.approx(by_hand, abs=1e-9)


def test_wins_go_by_what_touches_did_to_open_deals_where_that_is_known(chances):
    closing = SimpleNamespace(memories=())
    found = shares_of(some_deals(), "closed_won", closing)
    assert chances.wins == [(closing, [0, 3, 4])]
    assert not chances.ratios
    alone, p, q = 0.35 / 2, 0.4 / 2, 0.75
    by_hand = [(p - alone + 1 - q) / 2, (q - alone + 1 - p) / 2]
    assert found.player[0] == pytest.approx(by_hand, abs=1e-9)


def by_touch(panel, funnels, closing=None):
    """Weights by deal, touch and player."""
    touches, (row, touch, weight) = estimate._touch_weights(
        panel, funnels, closing, np.array([0, 1, 3, 4])
    )
    names = zip(row, touches.touch_id[touch], touches.player[touch], strict=True)
    return dict(zip(((int(r), t, int(p)) for r, t, p in names), weight.tolist(), strict=True))


def test_a_touch_weighs_what_is_left_of_it_at_each_step_times_its_effect():
    panel = some_deals()
    reached = np.c_[CREATED - 2, CREATED - 1, CREATED]
    two_steps = [(2.0, 0.0), (3.0, 5.0)]
    funnels = (funnel(0.25, reached, 1.0, effects=two_steps), funnel(0.75, reached, 2.0))
    funnels[1].steps = funnels[1].steps[:1] * 2
    found = by_touch(panel, funnels)
    # t0: 2.25 weeks before the deal of a, 1.25 before its first step. t1 came after the first.
    first = 0.25 * (1e-6 * 0.5**2.25 + 2 * 0.5**1.25 + 3 * 0.5**2.25)
    second = 0.75 * (1e-6 * 0.5**1.125 + 0.5**0.625 + 0.5**1.125)
    assert found[0, "t0", 0] == pytest.approx(first + second, rel=1e-12)
    first = 0.25 * (1e-6 * 0.5**1.25 + 5 * 0.5**1.25)
    second = 0.75 * (1e-6 * 0.5**0.625 + 0.5**0.125 + 0.5**0.625)
    assert found[0, "t1", 1] == pytest.approx(first + second, rel=1e-12)
    # t4 came with the creation itself: nothing has faded. Visits and what came later have nothing.
    assert found[0, "t4", 0] == pytest.approx(0.25 * (3 + 1e-6) + 0.75 * (1 + 1e-6), rel=1e-12)
    assert sorted(found) == [
        (0, "t0", 0), (0, "t1", 1), (0, "t4", 0), (1, "t3", 0), (3, "t8", 0), (3, "t9", 1)
    ]  # fmt: skip


def test_a_touch_that_did_nothing_keeps_a_trace():
    panel = some_deals()
    reached = np.c_[CREATED - 1, CREATED]
    found = by_touch(panel, (funnel(1.0, reached, effects=[(0.0, 0.0)]),))
    assert found[0, "t0", 0] == pytest.approx(1e-6 * 0.5**2.25, rel=1e-12, abs=0)
    assert found[0, "t4", 0] == pytest.approx(1e-6, rel=1e-12, abs=0)


def test_touches_of_the_open_deal_weigh_by_what_they_did_to_its_win():
    panel = some_deals()
    early = Touches(np.array([0]), np.array([2.5]), np.array([1]), np.array(["as it opened"]))
    late = Touches(np.array([0]), np.array([4.6]), np.array([1]), np.array(["after"]))
    panel = replace(panel, while_open=early.and_then(panel.while_open).and_then(late))
    reached = np.c_[CREATED - 1, CREATED]
    memories = [
        SimpleNamespace(share=0.4, half_life=1.0, effect=np.array([0.0, 2.0])),
        SimpleNamespace(share=0.6, half_life=2.0, effect=np.array([0.0, 3.0])),
    ]
    funnels = (funnel(1.0, reached, effects=[(1.0, 0.0)]),)
    found = by_touch(panel, funnels, SimpleNamespace(memories=memories))
    # t5 of q, a week before the win. p did nothing to it: t6, at the very win, is left out.
    assert found[0, "t5", 1] == pytest.approx(0.4 * 2 * 0.5 + 0.6 * 3 * 0.5**0.5, rel=1e-12)
    assert not {touch for _, touch, _ in found} & {"t6", "t7", "as it opened", "after"}
    before = 1e-6 * 0.5**1.25 + 0.4 * 2 * 0.5**3.25 + 0.6 * 3 * 0.5**1.625
    assert found[0, "t1", 1] == pytest.approx(before, rel=1e-12)
    memories[0].effect[0] = 1.0
    found = by_touch(panel, funnels, SimpleNamespace(memories=memories))
    assert found[0, "t6", 0] == pytest.approx(0.4, rel=1e-12)


def panel_of_stages(rows, returns=()):
    """rows: (start, lead, mql, opportunity) of each spell."""
    table = np.array(rows, dtype=float)
    return SimpleNamespace(
        spell_start=table[:, 0],
        reached=table[:, 1:],
        spell_returns=np.isin(np.arange(len(table)), returns),
    )


APART = (0.5, 1.5, 2.5, 3.5)


@pytest.mark.parametrize(
    ("rows", "returns", "expected"),
    [
        ([APART] * 2, (), {"lead": 0, "mql": 1, "opportunity": 2}),
        # Once each is too rarely; so is twice where an account comes back or never got there.
        ([APART, (0.5, 1.5, 1.5, 3.5)], (), {"mql": 1, "opportunity": 2}),
        ([APART, (0.5, 1.5, 3.5, 3.5)], (), {"lead": 0, "opportunity": 2}),
        ([APART, APART, APART], (0, 1), None),
        ([APART, (0.5, INF, INF, INF)], (), None),
        # In the week in which the account became known, and a week later.
        ([(0.5, 0.9, 1.0, 3.5)] * 2, (), {"mql": 1, "opportunity": 2}),
        ([(0.5, 1.0, 3.5, 3.5)] * 2, (), {"lead": 0, "opportunity": 2}),
    ],
)
def test_a_stage_counts_that_is_recorded_apart_often_enough(rows, returns, expected):
    panel = panel_of_stages(rows, returns)
    if expected is None:
        with pytest.raises(NotEstimable, match="apart from the opportunity 2 times"):
            estimate.funnel_states(panel, "multistate", FEW)
    else:
        assert list(estimate.funnel_states(panel, "multistate", FEW).items()) == list(
            expected.items()
        )
    assert estimate.funnel_states(panel, "hazard_shapley", FEW) == {"opportunity": 2}


@pytest.mark.parametrize(
    ("wins", "without", "reason"),
    [
        (2, 2, None),
        (1, 2, "1 wins, at least 2 are needed"),
        (2, 1, "1 accounts without a deal to compare with"),
    ],
)
def test_as_many_wins_and_accounts_without_are_needed(wins, without, reason):
    won = np.array([1.0, 2.0, INF])
    won[wins:] = INF
    panel = SimpleNamespace(
        spell_opportunity=np.array([0, 1, 2] + [-1] * without), opportunity_won=won
    )
    settings = replace(FEW, minimum_wins=2)
    if reason is None:
        estimate._check_size(panel, settings)
    else:
        with pytest.raises(NotEstimable, match=reason):
            estimate._check_size(panel, settings)


@pytest.fixture
def fits(monkeypatch, chances):
    """What was asked of the fits themselves."""
    asked = SimpleNamespace(funnels=[], closing=[], misfits=(1.0, 2.5))

    def fit_funnels(panel, evidence, columns, settings, near):
        asked.funnels.append((evidence, columns, settings.delays_weeks, near))
        reached = np.c_[panel.spell_start, CREATED]
        lives = zip((0.25, 0.75), (1.0, 2.0000057), asked.misfits, strict=True)
        return tuple(funnel(share, reached, life, misfit) for share, life, misfit in lives)

    def fit_closing(panel, settings, near):
        asked.closing.append(near)
        return SimpleNamespace(memories=())

    monkeypatch.setattr(estimate, "fit_funnels", fit_funnels)
    monkeypatch.setattr(estimate, "fit_closing", fit_closing)
    return asked


BOTH = replace(FEW, milestones=("opportunity", "closed_won"), minimum_transitions=0)


def test_a_method_without_stages_waits_for_no_records_of_them(fits):
    panel = some_deals()
    found = estimate.estimate(panel, "evidence", "hazard_shapley", BOTH)
    assert fits.funnels == [("evidence", [2], (0,), ())]
    assert not fits.closing
    assert (found.method, found.states, found.reason) == ("hazard_shapley", ("opportunity",), "")
    assert found.is_estimable
    assert list(found.shares) == ["opportunity", "closed_won"]
    assert found.panel is panel
    assert found.closing is None
    assert found.half_life == 1.750004
    assert found.saturation == 0.8
    assert found.misfit == 2.125
    fits.misfits = (None, 2.5)
    again = estimate.estimate(panel, "evidence", "hazard_shapley", BOTH, found)
    assert fits.funnels[1][3] == found.funnels
    assert again.misfit is None


def test_a_method_with_stages_tries_all_delays_and_asks_open_deals_for_wins(fits):
    panel = some_deals()
    found = estimate.estimate(panel, "evidence", "multistate", BOTH)
    assert fits.funnels == [("evidence", [0, 1, 2], (0, 1, 2, 3), ())]
    assert found.states == ("lead", "mql", "opportunity")
    assert fits.closing == [None]
    assert found.closing is not None
    again = estimate.estimate(panel, "evidence", "multistate", BOTH, found)
    assert fits.closing == [None, found.closing]
    assert again.closing is not None
    without = replace(found, closing=None)
    assert estimate.estimate(panel, "evidence", "multistate", BOTH, without).closing is None
    only = replace(BOTH, milestones=("opportunity",))
    assert estimate.estimate(panel, "evidence", "multistate", only).closing is None
    assert len(fits.closing) == 2


def test_what_cannot_be_estimated_has_a_reason_and_nothing_else(fits):
    refused = estimate.estimate(some_deals(), "evidence", "multistate", FEW)
    assert refused == estimate.Estimate(
        "multistate", "no lead or MQL stage is recorded apart from the opportunity 2 times"
    )
    assert not refused.is_estimable
    few = estimate.estimate(some_deals(), "evidence", "multistate", replace(BOTH, minimum_wins=4))
    assert few.reason == "3 wins, at least 4 are needed"
    assert refused.states == ()
    assert not fits.funnels
