"""The panel by hand: what is laid out of accounts, touches and milestones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from partner_attribution.attribution.causal import panel as module
from partner_attribution.attribution.causal.panel import (
    Panel,
    Touches,
    _cascade,
    _controls,
    _known,
    build_panel,
    ranges,
)
from partner_attribution.attribution.causal.settings import (
    MICROSECONDS_PER_WEEK,
    CausalSettings,
    NotEstimable,
)
from partner_attribution.attribution.causal.stocks import stock_at_week_start

START = 50 * MICROSECONDS_PER_WEEK
INF = float("inf")


def microseconds(week: float | None) -> int | None:
    """Of a time in weeks since the start of observation."""
    return None if week is None else START + round(week * MICROSECONDS_PER_WEEK)


def framed(columns: list[str], rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns, dtype=object)


def inputs(
    accounts: dict[str, float | None],
    touches: list[tuple[Any, ...]],
    milestones: list[tuple[Any, ...]],
    end: float = 4.0,
    **columns: list[Any],
) -> tuple[Any, ...]:
    """accounts: week of entry by name. touches: account, id, week, player (None = no player's).

    milestones: account, deal, state, week, cents. columns: more that is known of accounts.
    """
    people = framed(
        ["account_id", "entered_at_us"],
        [(name, microseconds(week)) for name, week in accounts.items()],
    ).assign(**columns)
    heard = framed(
        ["account_id", "touch_id", "touched_at_us", "player", "is_control"],
        [(a, i, microseconds(week), p or "own", p is None) for a, i, week, p in touches],
    ).astype({"touched_at_us": "int64", "is_control": bool})
    reached = framed(
        ["account_id", "opportunity_id", "state", "reached_at_us", "value_cents"],
        [(a, deal, state, microseconds(week), cents) for a, deal, state, week, cents in milestones],
    )
    return people, heard, reached, START, microseconds(end)


def built(*rows: Any, end: float = 4.0, settings: Any = None, **columns: list[Any]) -> Panel:
    return build_panel(*inputs(*rows, end, **columns), CausalSettings(**settings or {}))


ONE = [("a", "t", 0.5, "p")]


def pairs(found: tuple[Any, Any]) -> list[tuple[int, int]]:
    return list(zip(*(one.tolist() for one in found), strict=True))


def test_ranges_are_all_pairs_from_low_to_below_high() -> None:
    low, high = np.array([3, 0, 5, 2, 7]), np.array([5, 0, 6, 5, 7])
    wanted = [(i, j) for i in range(5) for j in range(low[i], high[i])]
    assert pairs(ranges(low, high)) == wanted
    assert pairs(ranges(low[:0], high[:0])) == []


def some_touches() -> Touches:
    return Touches(
        np.array([0, 0, 0, 0, 2, 2, 3]),
        np.array([0.0, 0.5, 0.75, 2.0, 1.0, 1.75, 0.25]),
        np.array([0, 1, 1, 0, 1, 0, 2]),
        np.array(list("abcdefg"), dtype=object),
    )


def test_touches_of_accounts_and_of_their_weeks() -> None:
    touches = some_touches()
    own = list(zip(touches.account.tolist(), touches.at.tolist(), strict=True))
    asked = [(2, 1), (0, 0), (1, 1), (3, 0), (0, 2), (0, 1), (2, 0)]
    account, week = (np.array(one) for one in zip(*asked, strict=True))
    assert pairs(touches.of(account)) == [
        (row, place) for row, (a, _) in enumerate(asked) for place, one in enumerate(own)
        if one[0] == a
    ]  # fmt: skip
    assert pairs(touches.of_week(account, week, 3)) == [
        (row, place) for row, (a, w) in enumerate(asked) for place, one in enumerate(own)
        if one[0] == a and w <= one[1] < w + 1
    ]  # fmt: skip


def test_touches_are_counted_by_week_and_kept_in_order() -> None:
    touches = some_touches()
    wanted = np.zeros((4, 3, 3))
    for account, at, player in zip(touches.account, touches.at, touches.player, strict=True):
        wanted[account, int(at), player] += 1
    assert touches.by_week(4, 3, 3).tolist() == wanted.tolist()
    some = touches.where(np.array([False, True, False, False, True, False, False]))
    assert some.and_then(touches.where(touches.player == 2)).touch_id.tolist() == ["b", "e", "g"]
    both = some.and_then(touches)
    assert both.account.tolist() == [0, 2, *touches.account]
    assert both.at.tolist() == [0.5, 1.0, *touches.at]
    assert both.player.tolist() == [1, 1, *touches.player]


def test_what_is_observed_is_laid_out_by_account_and_week() -> None:
    """Touches from the start on and before the end, of accounts that are known; ties by id."""
    touches = [
        ("c", "t7", 0.0, "q"),
        ("c", "t8", 3.5, "q"),
        ("a", "t2", 1.25, "p"),
        ("a", "t1", 1.25, "p"),
        ("a", "t3", 0.25, "q"),
        ("b", "t4", 2.5, None),
        ("b", "t9", -0.5, "early"),
        ("x", "t6", 1.0, "unknown"),
    ]
    accounts = {"c": -2.0, "b": None, "a": 0.5}
    panel = built(accounts, touches, [], end=3.5)
    assert panel.players == ("p", "q")
    assert (panel.weeks, panel.end) == (4, 3.5)
    assert panel.entered.tolist() == [0.5, 0, 0]
    assert panel.touches.account.tolist() == [0, 0, 0, 1, 2]
    assert panel.touches.touch_id.tolist() == ["t3", "t1", "t2", "t4", "t7"]
    assert panel.touches.at.tolist() == [0.25, 1.25, 1.25, 2.5, 0.0]
    assert panel.touches.player.tolist() == [1, 0, 0, 2, 1]
    wanted = np.zeros((3, 4, 3))
    wanted[0, 0, 1] = wanted[1, 2, 2] = wanted[2, 0, 1] = 1
    wanted[0, 1, 0] = 2
    assert panel.delivered.tolist() == wanted.tolist()
    assert len(panel.while_open.at) == 0
    assert panel.controls.shape == (3, 0)
    assert panel.bucket is None
    assert panel.weight.tolist() == [1, 1, 1]
    assert panel.spell_account.tolist() == [0, 1, 2]
    assert panel.spell_start.tolist() == [0.5, 0, 0]
    assert panel.spell_opportunity.tolist() == [-1, -1, -1]
    assert panel.spell_returns.tolist() == [False] * 3
    assert panel.reached.tolist() == [[INF] * 3] * 3
    assert built(accounts, touches, [], end=0.75).weeks == 1


def test_frames_of_an_engine_and_frames_in_memory_give_the_same_panel() -> None:
    milestones = [("a", "o", "opportunity", 1.5, 700), ("b", None, "lead", 0.5, None)]
    in_memory = inputs({"a": 0.0, "b": 0.5}, [*ONE, ("b", "u", 2.5, None)], milestones)
    with duckdb.connect() as connection:
        people, heard, reached = (connection.from_df(one.convert_dtypes()) for one in in_memory[:3])
        found = build_panel(people, heard, reached, *in_memory[3:], CausalSettings())
    wanted = build_panel(*in_memory, CausalSettings())
    for name in ("delivered", "entered", "reached", "spell_start", "opportunity_cents"):
        assert getattr(found, name).tolist() == getattr(wanted, name).tolist()


def test_every_null_is_none() -> None:
    for null in (None, float("nan"), np.nan, pd.NA, pd.NaT):
        assert _known(null) is None
    for value in ("NaN", "", 0, 1.5, INF, False):
        assert _known(value) is value


def test_stocks_are_worked_out_once() -> None:
    panel = built({"a": 0.0}, [*ONE, ("a", "u", 1.5, "q"), ("a", "v", 0.5, None)], [])
    players, organic = panel.stock(2.0), panel.organic_stock(2.0)
    assert players.tolist() == stock_at_week_start(panel.delivered[:, :, :2], 2.0).tolist()
    assert organic.tolist() == stock_at_week_start(panel.delivered[:, :, 2], 2.0).tolist()
    again = replace(panel, weight=panel.weight * 2)
    assert panel.stock(2.0) is again.stock(2.0) is players
    assert again.organic_stock(2.0) is organic
    assert panel.stock(1.0).tolist() != players.tolist()
    more = replace(panel, delivered=panel.delivered * 2)
    assert more.stock(2.0).tolist() == (players * 2).tolist()


def test_a_stock_of_too_many_bytes_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = built({"a": 0.0}, [*ONE, ("a", "u", 1.5, "q")], [])
    size = panel.delivered[:, :, :2].nbytes
    monkeypatch.setattr(module, "_MOST_BYTES", size - 1)
    assert panel.stock(2.0) is not panel.stock(2.0)
    assert panel.stock(2.0).tolist() == panel.stock(2.0).tolist()
    assert panel.organic_stock(2.0) is panel.organic_stock(2.0)
    monkeypatch.setattr(module, "_MOST_BYTES", size)
    assert panel.stock(2.0) is panel.stock(2.0)
    assert "stocks" not in repr(panel)


def test_deals_are_told_from_their_milestones() -> None:
    """In order of account, then creation; the earliest time of each state, any value there is."""
    milestones = [
        ("a", "late", "opportunity", 2.5, 250),
        ("a", "late", "closed_won", 3.5, 250),
        ("a", "first", "opportunity", 1.0, 40),
        ("a", "first", "opportunity", 0.5, 40),
        ("a", "first", "closed_lost", 1.5, None),
        ("a", "none", "a state of others", 0.5, 9),
        ("b", "twin 2", "closed_won", 1.25, 0),
        ("b", "twin 1", "closed_lost", 1.75, 7),
        ("b", "twin 1", "closed_won", 1.25, 0),
        ("b", None, "opportunity", 0.25, 5),
        ("b", None, "closed_won", None, 5),
        ("b", "never", "opportunity", 4.0, 5),
        ("x", "of nobody", "opportunity", 0.5, 5),
        (None, "of nobody", "opportunity", 0.5, 5),
    ]
    panel = built({"a": 0.0, "b": 0.0}, ONE, milestones)
    assert panel.opportunity_id == ["first", "late", "twin 1", "twin 2"]
    assert panel.opportunity_cents.tolist() == [40, 250, 7, 0]
    assert panel.opportunity_won.tolist() == [INF, 3.5, 1.25, 1.25]
    assert panel.opportunity_lost.tolist() == [1.5, INF, 1.75, INF]
    assert panel.reached[:, 2].tolist() == [0.5, 2.5, 1.25, 1.25]


def test_the_first_time_of_a_stage_counts() -> None:
    milestones = [
        ("a", None, "lead", 1.5, None),
        ("a", None, "lead", 0.5, None),
        ("a", "some deal", "mql", 2.5, None),
        ("a", None, "mql", 2.75, None),
        ("b", None, "mql", 0.75, None),
        ("b", None, "lead", 1.75, None),
    ]
    panel = built({"a": 0.0, "b": 1.0}, ONE, milestones)
    assert panel.reached.tolist() == [[0.5, 2.5, INF], [1.0, 1.0, INF]]
    assert panel.opportunity_id == []


@pytest.mark.parametrize(
    ("states", "created", "start", "expected"),
    [
        ((1.0, 2.0), 3.0, 0.5, [1.0, 2.0, 3.0]),
        ((INF, 2.0), 3.0, 0.5, [2.0, 2.0, 3.0]),  # skipped lead
        ((1.0, INF), 3.0, 0.5, [1.0, 3.0, 3.0]),  # skipped MQL
        ((2.5, 2.0), 1.0, 0.5, [1.0, 1.0, 1.0]),  # recorded late
        ((1.0, 2.0), 3.0, 1.5, [1.5, 2.0, 3.0]),
        ((1.0, 2.0), 3.0, 2.5, [2.5, 2.5, 3.0]),
        ((1.0, 2.0), 3.0, 3.5, [3.5, 3.5, 3.5]),
        ((INF, INF), INF, 0.0, [INF, INF, INF]),
    ],
)
def test_a_state_is_reached_with_the_later_one_and_not_before_the_start(
    states: tuple[float, float], created: float, start: float, expected: list[float]
) -> None:
    assert _cascade(np.array(states), created, start) == expected


def test_touches_after_creation_and_up_to_the_close_may_come_of_the_deal() -> None:
    milestones = [
        ("a", "o", "opportunity", 1.0, 1),
        ("a", "o", "closed_won", 2.0, 1),
        ("a", "o", "closed_lost", 2.5, 1),
        ("b", "open", "opportunity", 1.0, 1),
    ]
    weeks = (0.5, 1.0, 1.25, 2.0, 2.25)
    touches = [(name, f"{name}{week}", week, "p") for name in "abc" for week in weeks]
    panel = built({"a": 0.0, "b": 0.0, "c": 0.0}, touches, milestones)
    inside = ["a1.25", "a2.0", "b1.25", "b2.0", "b2.25"]
    assert panel.while_open.touch_id.tolist() == inside
    assert panel.touches.touch_id.tolist() == [
        name for _, name, *_ in touches if name not in inside
    ]
    assert panel.delivered.sum() == len(touches) - len(inside)
    assert panel.delivered[0, :, 0].tolist() == [1, 1, 1, 0]


def spells(minimum: int) -> list[tuple[Any, ...]]:
    """Account, start, deal, returns; of accounts named by what happens to them."""
    deals = {
        "a, twice": [("o1", 0.5, 1.5), ("o2", 2.0, 3.0)],
        "b, twice": [("o1", 0.25, 1.25), ("o2", 2.25, 3.25)],
        "c, never": [],
        "d, stays open": [("o", 0.5, None)],
        "e, closes": [("o", 0.0, 2.0)],
        "f, created before": [("o", -1.0, 1.0)],
        "g, known late": [("o", 1.5, 3.75)],
        "h, enters at the end": [],
    }
    entered = dict.fromkeys(deals, 0.0) | {"g, known late": 2.5, "h, enters at the end": 4.0}
    milestones = [
        (account, deal, state, week, 1)
        for account, own in deals.items()
        for deal, created, closed in own
        for state, week in (("opportunity", created), ("closed_lost", closed))
    ]
    panel = built(
        entered, [("c, never", "t", 0.5, "p")], milestones,
        settings={"minimum_transitions": minimum},
    )  # fmt: skip
    found = zip(
        panel.spell_account.tolist(), panel.spell_start.tolist(),
        panel.spell_opportunity.tolist(), panel.spell_returns.tolist(), strict=True,
    )  # fmt: skip
    ids = [*panel.opportunity_id, None]
    return [(list(deals)[a][0], start, ids[deal], returns) for a, start, deal, returns in found]


def test_accounts_are_at_risk_but_not_while_a_deal_is_open() -> None:
    once = [
        ("a", 0.0, "o1", False),
        ("a", 1.5, "o2", True),
        ("b", 0.0, "o1", False),
        ("b", 1.25, "o2", True),
        ("c", 0.0, None, False),
        ("d", 0.0, "o", False),
        ("e", 0.0, "o", False),
        ("g", 1.5, "o", False),
    ]
    # Two accounts came back: too few for three, so that nobody is at risk after a last deal.
    assert spells(3) == once
    after = [("a", 3.0), ("b", 3.25), ("e", 2.0), ("f", 1.0), ("g", 3.75)]
    every = once + [(name, start, None, name != "f") for name, start in after]
    assert spells(2) == sorted(every, key=lambda spell: spell[:2])


def test_a_deal_opened_beside_an_open_one_is_a_spell_of_its_own_moment() -> None:
    milestones = [
        ("a", "long", "opportunity", 0.5, 1),
        ("a", "long", "closed_won", 3.0, 1),
        ("a", "short", "opportunity", 1.0, 1),
        ("a", "short", "closed_won", 2.0, 1),
    ]
    panel = built({"a": 0.0}, ONE, milestones, settings={"minimum_transitions": 1})
    assert panel.spell_start.tolist() == [0.0, 1.0, 3.0]
    assert panel.reached.tolist() == [[0.5] * 3, [1.0] * 3, [INF] * 3]


def test_where_nobody_is_ever_at_risk_there_is_no_spell() -> None:
    panel = built({"a": 4.0}, ONE, [])
    assert panel.reached.shape == (0, 3)
    assert panel.spell_returns.shape == panel.spell_account.shape == (0,)


def test_what_is_known_of_accounts_stands_beside_them() -> None:
    panel = built(
        {"c": 0.0, "a": 1.0, "b": 2.0}, ONE, [],
        control_size=[4.0, 0.0, 2.0], bucket=[7, 5, 6], others=[9, 0, 0], control_age=[1, 3, 2],
    )  # fmt: skip
    assert panel.entered.tolist() == [1, 2, 0]
    assert panel.bucket.tolist() == [5, 6, 7]
    far = 1.5**0.5
    assert panel.controls == pytest.approx(np.array([[far, -far], [0, 0], [-far, far]]))


def test_accounts_of_each_kind_beyond_the_limit_stand_for_all() -> None:
    """Six with a deal of any state, five with a stage, three without any; two of a kind."""
    states = ["opportunity", "closed_won", "closed_lost"] * 2
    milestones = [(f"d{i}", "o", state, 1.5, 1) for i, state in enumerate(states)]
    milestones += [(f"d{i}", None, "lead", 0.5, 1) for i in range(6)]
    milestones += [(f"s{i}", None, ("lead", "mql")[i % 2], 1.5, 1) for i in range(5)]
    names = [name for name, *_ in milestones] + ["n0", "n1", "n2"]
    panel = built(
        dict.fromkeys(names, 0.0), [("d0", "t", 0.5, "p"), ("s1", "u", 0.5, "q")], milestones,
        settings={"accounts_without_deal": 2},
    )  # fmt: skip
    # By name: six deals, n0 and n2 of three, s0 and s3 of five; s1 is not looked at.
    assert panel.weight.tolist() == [1] * 6 + [1.5, 1.5, 2.5, 2.5]
    assert panel.players == ("p",)
    everyone = built(
        dict.fromkeys(names, 0.0), [("d0", "t", 0.5, "p")], milestones,
        settings={"accounts_without_deal": 5},
    )  # fmt: skip
    assert everyone.weight.tolist() == [1] * 14


def test_what_cannot_be_laid_out_is_refused() -> None:
    with pytest.raises(NotEstimable, match=r"^no account in the population$"):
        built({}, ONE, [])
    for touches in ([], [("a", "t", 0.5, None)], [("x", "t", 0.5, "p")], [("a", "t", 4.0, "p")]):
        with pytest.raises(NotEstimable, match=r"^no touch of any player$"):
            built({"a": 0.0}, touches, [])
    two = [*ONE, ("a", "u", 0.5, "q")]
    assert len(built({"a": 0.0}, two, [], settings={"maximum_players": 2}).players) == 2
    with pytest.raises(NotEstimable, match=r"^2 players, at most 1: "):
        built({"a": 0.0}, two, [], settings={"maximum_players": 1})


def test_numbers_are_standardised_and_what_is_missing_is_their_mean() -> None:
    known = {
        "size": [1, None, 3, 2.0],
        "equal": [5, 5, None, 5],
        "unknown": [None] * 4,
        "small": [0.01, 0.03, 0.01, 0.03],
        "is_so": [True, False, True, False],
    }
    far = 2**0.5
    wanted = [[-far, 0, far, 0], [-1, 1, -1, 1], [1, -1, 1, -1]]
    assert _controls(known, 4) == pytest.approx(np.transpose(wanted))
    assert _controls({"equal": [5, 5]}, 2).shape == (2, 0)
    assert _controls({}, 3).shape == (3, 0)


def test_texts_are_told_apart_from_the_commonest_where_twenty_accounts_have_them() -> None:
    texts = ["rare"] * 19 + ["b"] * 20 + ["most"] * 22 + ["a"] * 20 + [None] * 21
    number = [*range(len(texts))]
    found = _controls({"first": number, "text": texts, "last": number}, len(texts))
    for column, level in enumerate((None, "a", "b"), start=1):
        assert found[:, column].tolist() == [float(text == level) for text in texts]
    assert found[:, 0].tolist() == found[:, 4].tolist() == sorted(found[:, 0])
    assert found.shape == (len(texts), 5)


def test_of_many_texts_the_twelve_after_the_commonest_are_told_apart() -> None:
    texts = [f"{level:02d}" for level in range(15) for _ in range(40 - level)]
    found = _controls({"text": texts}, len(texts))
    assert found.sum(axis=0).tolist() == [40 - level for level in range(1, 13)]
    assert found[texts.index("01")].tolist() == [1] + [0] * 11
