"""Paths with counts give what the same journeys give one by one."""

from __future__ import annotations

from math import fsum

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partner_attribution.attribution import Settings, attribute, attribute_paths
from partner_attribution.attribution.effects import player_effects
from partner_attribution.attribution.players import with_player_weights
from partner_attribution.errors import AttributionError

ALL = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position",
    "custom",
    "markov_path",
    "markov_global",
    "shapley_set",
    "shapley_rate",
)
COLUMNS = {"value": "total_conversion_value", "nulls": "total_null"}


def frame(*rows):
    columns = ["path", "total_conversions", "total_conversion_value", "total_null"]
    return pd.DataFrame(rows, columns=columns)


def credited(paths, methods, chosen=None, column="credited_conversions", **named):
    rows = attribute_paths(paths, methods, chosen, **(COLUMNS | named))
    return {(r.method, r.channel): getattr(r, column) for r in rows.itertuples(index=False)}


EXAMPLE = frame(("C1 > C2 > C3", 1, 9.0, 0), ("C1", 0, 0.0, 1), ("C2 > C3", 0, 0.0, 1))


def test_the_worked_example_of_removal_effects():
    for method in ("markov_path", "markov_global"):
        found = credited(EXAMPLE, [method])
        assert found == pytest.approx(
            {(method, f"C{i}"): c for i, c in ((1, 0.2), (2, 0.4), (3, 0.4))}
        )
        value = credited(EXAMPLE, [method], column="credited_value")
        assert value[method, "C1"] == pytest.approx(1.8)


def test_each_rule_by_hand():
    paths = frame(("a>b>b>direct", 10, 100.0, 5), ("a", 2, 1.0, 0), ("", 3, 7.0, 1))
    chosen = Settings(custom_weights={"a": 3, "b": 1})
    found = credited(paths, ["first_touch", "last_touch", "last_non_direct"])
    assert found == {
        ("first_touch", "a"): 12,
        ("first_touch", "unattributed"): 3,
        ("last_touch", "a"): 2,
        ("last_touch", "direct"): 10,
        ("last_touch", "unattributed"): 3,
        ("last_non_direct", "a"): 2,
        ("last_non_direct", "b"): 10,
        ("last_non_direct", "unattributed"): 3,
    }
    found = credited(paths, ["linear", "position", "custom", "shapley_set"], chosen)
    assert {key: round(n, 6) for key, n in found.items() if key[1] != "unattributed"} == {
        ("linear", "a"): 4.5,
        ("linear", "b"): 5,
        ("linear", "direct"): 2.5,
        ("position", "a"): 6,
        ("position", "b"): 2,
        ("position", "direct"): 4,
        ("custom", "a"): 8,
        ("custom", "b"): 4,
        ("shapley_set", "a"): 5.333333,
        ("shapley_set", "b"): 3.333333,
        ("shapley_set", "direct"): 3.333333,
    }
    value = credited(paths, ["linear"], column="credited_value")
    assert value == {
        ("linear", "a"): 26,
        ("linear", "b"): 50,
        ("linear", "direct"): 25,
        ("linear", "unattributed"): 7,
    }


names = st.sampled_from(("A", "B", "C", "direct"))
path_lists = st.lists(
    st.tuples(
        st.lists(names, min_size=1, max_size=5).map(" > ".join),
        st.integers(0, 3),
        st.integers(0, 100).map(float),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=6,
)


def one_by_one(paths, chosen):
    """The same journeys, each a row of its own, by the functions for deals."""
    rows = []
    for number, (path, wins, value, nulls) in enumerate(paths.itertuples(index=False)):
        for copy in range(wins + nulls):
            for place, channel in enumerate(path.split(" > ")):
                journey = f"{number}:{copy}"
                rows.append(
                    (journey, f"{place}", place, channel, copy < wins, value / max(wins, 1))
                )
    columns = ["journey_id", "touch_id", "touched_at_us", "channel", "is_converted", "value"]
    journeys = pd.DataFrame(rows, columns=columns).assign(milestone="m", value_cents=0)
    effects = player_effects(journeys, ALL, chosen).to_pandas()
    won = journeys[journeys["is_converted"]].rename(columns={"journey_id": "conversion_id"})
    won["is_direct"] = won["channel"] == "direct"
    deals = won[["conversion_id"]].drop_duplicates().assign(milestone="m", amount_cents=0)
    found = {}
    for row in effects[effects["method"] == "markov_global"].itertuples():
        if row.credited_conversions:
            found["markov_global", row.player] = row.credited_conversions
    if len(deals):
        touches = with_player_weights(deals, won, effects, ALL, chosen)
        shares = attribute(deals, touches, [m for m in ALL if m != "markov_global"], chosen)
        shares = shares.merge(won[["conversion_id", "touch_id", "channel"]])
        for key, part in shares.groupby(["method", "channel"])["credit_share"]:
            found[key] = fsum(part)
    return found


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(path_lists, st.sampled_from((1, 2, 3, 4, "auto")))
def test_counted_paths_equal_the_same_journeys_one_by_one(rows, order):
    paths = frame(*rows)
    paths.loc[paths["total_conversions"] == 0, "total_conversion_value"] = 0.0
    if not (paths["total_conversions"] + paths["total_null"]).sum():
        return
    chosen = Settings(markov_order=order, custom_weights={"A": 2, "B": 1})
    found = {key: n for key, n in credited(paths, ALL, chosen).items() if n}
    assert found == pytest.approx(one_by_one(paths, chosen), abs=1e-6)
    # Whatever the order of rows, and where each counts twice, all double.
    twice = pd.concat([paths, paths]).sample(frac=1, random_state=1)
    doubled = {key: n for key, n in credited(twice, ALL, chosen).items() if n}
    assert doubled == pytest.approx({key: 2 * n for key, n in found.items()}, abs=1e-9)
    for method in ALL:
        total = fsum(n for (name, _), n in found.items() if name == method)
        assert total == pytest.approx(paths["total_conversions"].sum(), abs=1e-6)


@pytest.mark.parametrize("order", [1, 2, "auto"])
def test_transitions_and_sets_that_several_paths_share_add_up(order):
    paths = frame(
        ("A > B", 2, 1.0, 1),
        ("B > A > B", 1, 2.0, 2),
        ("A", 1, 3.0, 3),
        ("B > A", 0, 0.0, 2),
        ("A > B > C", 3, 4.0, 1),
        ("A > B", 1, 5.0, 4),
    )
    chosen = Settings(markov_order=order, custom_weights={"A": 2, "B": 1})
    found = {key: n for key, n in credited(paths, ALL, chosen).items() if n}
    assert found == pytest.approx(one_by_one(paths, chosen), abs=1e-6)
    value = credited(paths, ["markov_global", "first_touch"], column="credited_value")
    assert value["first_touch", "A"] == 13
    assert sum(n for (name, _), n in value.items() if name == "markov_global") == pytest.approx(15)


def test_a_negative_shapley_value_weighs_nothing():
    """Rates A 1, A and B .25: A .625, B -.375, so the path of both is A's."""
    paths = frame(("A", 3, 0.0, 0), ("A > B", 1, 0.0, 3))
    assert {key: n for key, n in credited(paths, ["shapley_rate"]).items() if n} == {
        ("shapley_rate", "A"): 4
    }


def test_without_counts_of_failures_every_journey_converted():
    """a in three of four journeys, b in all: effects .75 and 1."""
    found = attribute_paths(frame(("a > b", 3, 0.0, 9), ("b", 1, 0.0, 9)), ["markov_global"])
    credits = dict(zip(found["channel"], found["credited_conversions"], strict=True))
    assert credits == pytest.approx({"a": 4 * 0.75 / 1.75, "b": 4 / 1.75})


def test_other_columns_another_separator_and_another_library():
    paths = pd.DataFrame({"way": ["a|b > c", "a"], "wins": [2, 1]})
    found = attribute_paths(
        duckdb.from_df(paths), ["last_touch"], path="way", conversions="wins", separator="|"
    )
    assert found.to_dict("records") == [
        {"method": "last_touch", "channel": "a", "credited_conversions": 1, "credited_value": 0},
        {
            "method": "last_touch",
            "channel": "b > c",
            "credited_conversions": 2,
            "credited_value": 0,
        },
    ]


def test_conversions_without_a_path_are_nobodys():
    paths = frame((" ", 2, 0.0, 0), (None, 1, 0.0, 0), ("a", 1, 0.0, 0), ("> ", 0, 0.0, 4))
    assert credited(paths, ["linear"]) == {("linear", "a"): 1, ("linear", "unattributed"): 3}


def test_paths_that_never_convert_give_nothing():
    assert credited(frame(("a > b", 0, 0.0, 4)), ALL) == {}


@pytest.mark.parametrize(
    "method", ["time_decay", "u_shaped", "w_shaped", "full_path", "multistate"]
)
def test_methods_that_need_more_than_paths_are_refused(method):
    with pytest.raises(AttributionError, match=f"'{method}' needs more than paths have") as caught:
        attribute_paths(EXAMPLE, [method])
    assert "pass touches to attribute" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "named", "message"),
    [
        ({"total_conversions": 1.5}, {}, r"total_conversions of path 'C1 > C2 > C3' is 1\.5"),
        ({"total_conversions": -1}, {}, "is -1"),
        ({"total_null": float("nan")}, {}, "total_null of path 'C1 > C2 > C3' is nan"),
        ({}, {"path": "paths"}, "Unknown column of paths 'paths'"),
        ({}, {"nulls": "nulls"}, "Unknown column of paths 'nulls'"),
    ],
)
def test_what_cannot_be_meant_is_named(changes, named, message):
    with pytest.raises(AttributionError, match=message):
        attribute_paths(EXAMPLE.assign(**changes), ["linear"], **(COLUMNS | named))
