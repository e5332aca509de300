"""The table of what was learned: every column, every kind of row."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from partner_attribution.attribution import Settings
from partner_attribution.attribution.effects import SCHEMA, player_effects, share_cents
from partner_attribution.errors import AttributionError

from .journeys import Journey, compared

ALL_LEARNED = ["markov_path", "markov_global", "shapley_set", "shapley_rate"]
COLUMNS = (
    "milestone",
    "method",
    "dimension",
    "player",
    "weight",
    "effect",
    "credited_conversions",
    "credit_cents",
    "base_rate",
    "markov_order",
    "journeys",
    "conversions",
)

# Worked by hand. Touched journeys: A converts for 7.01, B > A converts for 3.00, B does not: rate
# 2/3. A always converts, B goes to A or ends. Without A nothing converts: effect 1. Without B only
# the start at A, 1/3: effect 1/2. Money 10.01 by 2 to 1: 6.67 and 3.34. A journey without touches
# won 0.55; one lost.
JOURNEYS = [
    Journey(("A",), True, 701),
    Journey(("B", "A"), True, 300),
    Journey(("B",), False, 99),
    Journey((), True, 55),
    Journey(()),
]
ONE = 10**9
MARKOV = [
    ("markov_global", "A", None, 1.0, 4 / 3, 667, 1),
    ("markov_global", "B", None, 0.5, 2 / 3, 334, 1),
    ("markov_global", "unattributed", None, None, 1.0, 55, None),
    ("markov_path", "A", ONE, 1.0, None, None, 1),
    ("markov_path", "B", ONE // 2, 0.5, None, None, 1),
]
# Rates: A 1, B 0, both 1. A: (1 + 1) / 2, B: (0 + 0) / 2. Sets: A alone 1, and half of A with B.
SHAPLEY = [
    ("shapley_rate", "A", ONE, 1.0, None, None, None),
    ("shapley_rate", "B", 0, 0.0, None, None, None),
    ("shapley_set", "A", None, 1.5, None, None, None),
    ("shapley_set", "B", None, 0.5, None, None, None),
]


def rows_of(frame, methods, **chosen):
    table = player_effects(frame, methods, Settings(**chosen) if chosen else None)
    assert isinstance(table, pa.Table)
    assert tuple(table.column_names) == tuple(SCHEMA) == COLUMNS
    return table.to_pylist()


def assert_rows(found, milestone, wanted):
    assert [(r["method"], r["player"]) for r in found] == [(w[0], w[1]) for w in wanted]
    for row, (_, _, weight, effect, conversions, cents, order) in zip(found, wanted, strict=True):
        assert row["milestone"] == milestone and row["dimension"] == "channel"
        assert (row["weight"], row["credit_cents"], row["markov_order"]) == (weight, cents, order)
        for value, figure in ((row["effect"], effect), (row["credited_conversions"], conversions)):
            assert value is None if figure is None else value == pytest.approx(figure, abs=1e-9)
        assert (row["journeys"], row["conversions"]) == (3, 2)
        assert row["base_rate"] == 2 / 3


def test_every_row_of_a_worked_example():
    both = pd.concat([compared(JOURNEYS, milestone=name) for name in ("won", "made")])
    found = rows_of(both, ["linear", *reversed(ALL_LEARNED)])
    for milestone in ("made", "won"):
        own = [row for row in found if row["milestone"] == milestone]
        assert_rows(own, milestone, MARKOV + SHAPLEY)
    assert [row["milestone"] for row in found] == ["made"] * 9 + ["won"] * 9


@pytest.mark.parametrize("method", ALL_LEARNED)
def test_each_method_alone(method):
    found = rows_of(compared(JOURNEYS), [method])
    assert_rows(found, "closed_won", [row for row in MARKOV + SHAPLEY if row[0] == method])


def test_one_of_each_family():
    found = rows_of(compared(JOURNEYS), ["shapley_set", "markov_path"])
    assert_rows(found, "closed_won", [*MARKOV[3:], *SHAPLEY[2:]])


def test_methods_that_learn_nothing_have_no_rows():
    assert rows_of(compared(JOURNEYS), ["linear"]) == []


def test_conversions_without_any_touch_are_all_there_is():
    """Two of them, one for nothing; a rate of no journeys is 0."""
    found = rows_of(compared([Journey((), True, 55), Journey((), True, 0)]), ["markov_global"])
    assert len(found) == 1
    assert found[0]["player"] == "unattributed"
    assert (found[0]["credited_conversions"], found[0]["credit_cents"]) == (2.0, 55)
    assert (found[0]["base_rate"], found[0]["journeys"], found[0]["conversions"]) == (0.0, 0, 0)


def test_a_milestone_without_any_touch_hides_no_other():
    bare = compared([Journey((), True, 55)]).assign(milestone="a_bare", journey_id="bare")
    frame = pd.concat([bare, compared(JOURNEYS)])
    found = rows_of(frame, ["shapley_set", "shapley_rate"])
    assert_rows(found, "closed_won", SHAPLEY)


def test_nothing_converts():
    found = rows_of(compared([Journey(("A",)), Journey(("A", "B"))]), ALL_LEARNED)
    assert {row["weight"] for row in found if row["method"] in ("markov_path", "shapley_rate")} == {
        0
    }
    assert {row["credited_conversions"] for row in found if row["method"] == "markov_global"} == {0}
    assert {row["credit_cents"] for row in found if row["method"] == "markov_global"} == {0}


def test_a_small_rate_still_weighs_a_whole_billionth_scale():
    """One of a thousand: the largest value weighs a billion however small it is."""
    journeys = [Journey(("A",), True), *[Journey(("A",))] * 999, Journey(("B",))]
    found = {row["player"]: row["weight"] for row in rows_of(compared(journeys), ["shapley_rate"])}
    assert found == {"A": ONE, "B": 0}


def test_the_order_is_a_setting_or_the_best():
    journeys = [Journey(("A", "B"), True), Journey(("C", "B"))] * 20
    for wanted, order in ((2, 2), ("auto", 2), (4, 4)):
        found = rows_of(compared(journeys), ["markov_path"], markov_order=wanted)
        assert {row["markov_order"] for row in found} == {order}


def test_a_thousand_players_and_no_more():
    names = tuple(f"c{i:04}" for i in range(1001))
    found = rows_of(compared([Journey(names[:1000], True)]), ["markov_path"])
    assert {row["weight"] for row in found} == {ONE}
    few = compared([Journey(names[:2], True)]).assign(milestone="a_few", journey_id="few")
    many = pd.concat([few, compared([Journey(names, True)])])
    with pytest.raises(AttributionError, match="1001 players"):
        player_effects(many, ["markov_path"])


def test_odd_cents():
    assert share_cents(100, {"b": 1, "a": 1, "c": 1}) == {"b": 33, "a": 34, "c": 33}
    assert share_cents(101, {"a": 1, "b": 2}) == {"a": 34, "b": 67}
    assert share_cents(-101, {"a": 1, "b": 2}) == {"a": -34, "b": -67}
    assert share_cents(2, {"a": 1, "b": 5, "c": 4}) == {"a": 0, "b": 1, "c": 1}
    assert share_cents(0, {"a": 1, "b": 5}) == {"a": 0, "b": 0}
    assert share_cents(1, {"a": 1, "b": 1}) == {"a": 1, "b": 0}
    assert share_cents(5, {"a": 0, "b": 0}) == {"a": 0, "b": 0}
