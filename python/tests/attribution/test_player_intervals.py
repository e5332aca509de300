"""Intervals of global Markov credit, against learning again without each bucket."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from partner_attribution.attribution import Settings
from partner_attribution.attribution.effects import player_effects
from partner_attribution.attribution.intervals import (
    IntervalSettings,
    share_interval,
    status,
    total_interval,
)
from partner_attribution.attribution.journeys_counted import counts_of_journeys
from partner_attribution.attribution.player_intervals import (
    _of_rate,
    _split,
    global_parts,
    learn_players,
    players_of_ledger,
)
from tests.attribution.journeys import in_duckdb
from tests.attribution.test_influence import PLAYERS, frames, paths

METHODS = ["markov_global", "markov_path"]
SHAPLEY = ["shapley_set", "shapley_rate"]
BUCKETS = 10


def with_bare_wins(journeys: pd.DataFrame) -> pd.DataFrame:
    """Forty accounts won once more, without any touch."""
    bare = journeys.drop_duplicates("journey_id").sample(40, random_state=7)
    bare = bare.assign(journey_id=bare["journey_id"] + "-bare", touch_id=None, channel=None)
    return pd.concat([journeys, bare.assign(is_converted=True, value_cents=250)])


def learned(journeys: pd.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    rows = player_effects(journeys, METHODS + SHAPLEY, Settings(markov_order=1)).to_pylist()
    return {(row["method"], row["player"]): row for row in rows}


@pytest.fixture(scope="module")
def market() -> tuple[pd.DataFrame, pd.DataFrame]:
    journeys, accounts = frames(paths(5, 2000))
    return with_bare_wins(journeys), accounts


def bounds(
    journeys: pd.DataFrame, accounts: pd.DataFrame, methods: Any = METHODS + SHAPLEY, **changed: int
) -> dict[tuple[str, str], dict[str, float]]:
    wanted = IntervalSettings(buckets=BUCKETS, **changed)
    found = learn_players(journeys, accounts, methods, Settings(markov_order=1), wanted)
    return {(row["method"], row["player"]): row for row in found.intervals.to_pylist()}


def test_global_credit_moves_by_hand() -> None:
    # Effects 3 and 1 are shares 3/4 and 1/4 of 8 wins; one bucket raises the first log by a tenth:
    # the first share by 3/4 x 1/4 x 1/10, the second by minus as much.
    influence = np.array([[0.1, 0.0], [0.0, 0.0]])
    parts, learning = global_parts(np.array([3.0, 1.0]), influence, np.array([[6.0, 2.0]]))
    assert parts[0] == pytest.approx(np.array([[4.5, 1.5], [1.5, 0.5]]))
    assert learning[0] == pytest.approx(np.array([[0.15, 0.0], [-0.15, 0.0]]))


def test_the_width_is_that_of_leaving_each_bucket_out(
    market: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    """The standard error behind the bounds equals that of a brute-force jackknife."""
    journeys, accounts = market
    whole, found = learned(journeys), bounds(journeys, accounts)
    bucket = journeys["account_id"].map(accounts.set_index("account_id")["bucket"])
    without = [learned(journeys[bucket != one]) for one in range(BUCKETS)]
    names = {
        ("markov_path", "effect"): "effect",
        ("markov_global", "credited_conversions"): "conversions",
        ("markov_global", "credit_cents"): "cents",
    }
    for (method, figure), name in names.items():
        for player in PLAYERS:
            own = whole[method, player][figure]
            left = np.array([one[method, player][figure] for one in without])
            moved = own - left
            error = np.sqrt(np.square(moved - moved.mean()).sum() * BUCKETS / (BUCKETS - 1))
            row = found[method, player]
            half = np.log(row[f"{name}_upper"] / row[f"{name}_lower"]) / 2 * own
            # Between the normal quantile and that of nine degrees of freedom or fewer.
            assert 1.6 * error < half < 2.6 * error


def test_credit_without_a_touch_and_methods_of_touches(
    market: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    found, whole = bounds(*market), learned(market[0])
    bare = found["markov_global", "unattributed"]
    assert bare["effect_lower"] is None
    assert bare["conversions_lower"] < 40 < bare["conversions_upper"]
    assert bare["cents_lower"] < 40 * 250 < bare["cents_upper"]
    wins = sum(whole["markov_global", name]["credited_conversions"] for name in PLAYERS) + 40
    assert bare["share_lower"] < 40 / wins < bare["share_upper"]
    assert found["markov_path", "mail"]["conversions_lower"] is None
    # Both methods say the same of effects.
    assert (
        found["markov_path", "mail"]["effect_lower"]
        == (found["markov_global", "mail"]["effect_lower"])
    )


def test_few_winning_accounts_are_suppressed_or_marked(
    market: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    found = bounds(*market, min_wins=40, low_sample_wins=41)
    assert found["markov_global", "unattributed"]["interval_status"] == "low_sample"
    found = bounds(*market, min_wins=41, low_sample_wins=41)
    few = found["markov_global", "unattributed"]
    assert (few["winning_accounts"], few["interval_status"]) == (40, "suppressed")
    assert few["conversions_lower"] is None
    assert found["markov_global", "webinar"]["interval_status"] == "ok"


def test_shuffled_rows_give_the_same_table(market: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    journeys, accounts = market
    shuffled = journeys.sample(frac=1, random_state=1), accounts.sample(frac=1, random_state=2)
    assert bounds(*shuffled) == bounds(journeys, accounts)


def test_weights_are_those_of_learning_without_intervals(
    market: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    journeys, accounts = market
    found = learn_players(journeys, accounts, METHODS + SHAPLEY)
    assert found.weights.equals(player_effects(journeys, METHODS + SHAPLEY))


def test_duckdb_gives_the_table_of_pandas(market: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    journeys, accounts = market
    again = (in_duckdb(journeys.merge(accounts)), None)
    methods, settings = METHODS + SHAPLEY, Settings(markov_order=2)
    own, other = (
        learn_players(*frame, methods, settings, IntervalSettings(buckets=BUCKETS))
        for frame in (market, again)
    )
    assert other.weights.equals(own.weights)
    assert other.influence.equals(own.influence)
    assert other.intervals.equals(own.intervals)


def test_shares_of_all_conversions_vary_as_when_each_bucket_is_left_out(
    market: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    journeys, accounts = market
    bucket = journeys["account_id"].map(accounts.set_index("account_id")["bucket"])
    everyone = [*PLAYERS, "unattributed"]

    def shares(rows: pd.DataFrame) -> np.ndarray:
        found = learned(rows)
        wins = [found["markov_global", name]["credited_conversions"] for name in everyone]
        return np.array(wins) / sum(wins)

    whole, found = shares(journeys), bounds(journeys, accounts)
    moved = whole - np.array([shares(journeys[bucket != one]) for one in range(BUCKETS)])
    errors = np.sqrt(np.square(moved - moved.mean(axis=0)).sum(axis=0) * BUCKETS / (BUCKETS - 1))
    for name, share, error in zip(everyone, whole, errors, strict=True):
        row = found["markov_global", name]
        low, high = row["share_lower"], row["share_upper"]
        logits = np.log(high / (1 - high)) - np.log(low / (1 - low))
        assert 1.6 * error < logits / 2 * share * (1 - share) < 2.6 * error


def test_wins_without_a_touch_vary_as_they_were_counted(
    market: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    """Nothing is learned of them: their bounds are those of a plain sum over buckets."""
    journeys, accounts = market
    won = journeys[journeys["is_converted"]].drop_duplicates("journey_id").merge(accounts)
    bare = won[won["touch_id"].isna()]
    places = range(BUCKETS)
    own = bare.groupby("bucket").size().reindex(places, fill_value=0).to_numpy(float)
    every = won.groupby("bucket").size().reindex(places, fill_value=0).to_numpy(float)
    row = bounds(journeys, accounts)["markov_global", "unattributed"]
    lower, upper = map(float, total_interval(own, 0.9))
    assert (row["conversions_lower"], row["conversions_upper"]) == pytest.approx((lower, upper))
    assert row["cents_upper"] == pytest.approx(250 * upper)
    _, lower, upper = map(float, share_interval(own, every, 0.9))
    assert (row["share_lower"], row["share_upper"]) == pytest.approx((lower, upper))


def test_an_effect_is_at_most_everything() -> None:
    """All journeys but one run through ads."""
    rows = [(["ads"], True)] * 12 + [(["mail"], True)] + [(["ads"], False)] * 9
    row = bounds(*frames(rows), min_wins=2, low_sample_wins=2)["markov_global", "ads"]
    assert row["effect_lower"] < 12 / 13 < row["effect_upper"] == 1.0


def test_milestones_without_a_touch_or_a_win_stand_beside_others() -> None:
    parts = []
    for milestone in ("sql", "lead", "mql"):
        journeys, accounts = frames(paths(5, 300))
        if milestone == "lead":  # nobody wins
            journeys = journeys.assign(is_converted=False)
        if milestone == "mql":  # nobody is touched
            journeys = with_bare_wins(journeys)
            journeys = journeys[journeys["touch_id"].isna()]
        parts.append(journeys.assign(milestone=milestone))
    journeys, settings = pd.concat(parts), Settings(markov_order=1)
    methods = METHODS + SHAPLEY
    wanted = IntervalSettings(buckets=BUCKETS, min_wins=2, low_sample_wins=2)
    rows = learn_players(journeys, accounts, methods, settings, wanted).intervals.to_pylist()
    keys = [(row["milestone"], row["method"]) for row in rows]
    assert keys == sorted(keys)
    assert {row["winning_accounts"] for row in rows if row["milestone"] == "lead"} == {0}
    assert {row["interval_status"] for row in rows if row["milestone"] == "lead"} == {"suppressed"}
    (bare,) = (row for row in rows if row["milestone"] == "mql")
    assert (bare["player"], bare["winning_accounts"]) == ("unattributed", 40)
    assert bare["conversions_lower"] < 40 < bare["conversions_upper"]
    assert (bare["share_lower"], bare["share_upper"]) == (1, 1)
    alone = bounds(*frames(paths(5, 300)), min_wins=2, low_sample_wins=2)
    own = {(row["method"], row["player"]): row for row in rows if row["milestone"] == "sql"}
    assert {key: row | {"milestone": "sql"} for key, row in alone.items()} == own


@pytest.mark.parametrize("method", SHAPLEY)
def test_shapley_values_vary_as_when_each_bucket_is_left_out(
    market: tuple[pd.DataFrame, pd.DataFrame], method: str
) -> None:
    journeys, accounts = market
    whole, found = learned(journeys), bounds(journeys, accounts)
    bucket = journeys["account_id"].map(accounts.set_index("account_id")["bucket"])
    without = [learned(journeys[bucket != one]) for one in range(BUCKETS)]
    for player in PLAYERS:
        own, row = whole[method, player]["effect"], found[method, player]
        moved = own - np.array([one[method, player]["effect"] for one in without])
        error = np.sqrt(np.square(moved - moved.mean()).sum() * BUCKETS / (BUCKETS - 1))
        lower, upper = row["effect_lower"], row["effect_upper"]
        half = (upper - lower) / 2
        if method == "shapley_set":  # a sum of conversions, so on the log scale
            half = np.log(upper / lower) / 2 * own
        else:
            assert (upper + lower) / 2 == pytest.approx(own)
        assert 1.6 * error < half < 2.6 * error
        assert row["interval_status"] == status(row["winning_accounts"], IntervalSettings())
        assert row["conversions_lower"] is None
    assert (method, "unattributed") not in found


def test_a_value_of_a_set_is_the_sum_of_what_buckets_split() -> None:
    """Six wins of two players in bucket 0 and 1, four of one of them in 2 and 3."""
    rows = [(["ads", "mail", "ads"], True)] * 2 + [(["ads"], True)] * 2
    journeys, accounts = frames(rows * 3)
    accounts["bucket"] = [0, 1, 2, 3] * 3
    found = bounds(journeys, accounts, min_wins=2, low_sample_wins=2)
    each = np.zeros(BUCKETS)
    each[:4] = 1.5, 1.5, 3, 3
    lower, upper = map(float, total_interval(each, 0.9))
    row = found["shapley_set", "ads"]
    assert (row["effect_lower"], row["effect_upper"]) == pytest.approx((lower, upper))
    assert row["winning_accounts"] == 12
    each[2:] = 0
    lower, upper = map(float, total_interval(each, 0.9))
    row = found["shapley_set", "mail"]
    assert (row["effect_lower"], row["effect_upper"]) == pytest.approx((lower, upper))


def test_a_rate_of_nothing_has_no_bounds_and_a_negative_one_keeps_its_sign() -> None:
    effects = {"ads": 0.5, "mail": 0.0, "event": -0.2, "unattributed": 0.0}
    moved = {"event": np.array([-1.0, 1.0])}
    found = _of_rate(effects, moved, 0.9)
    assert found["mail"] == {}
    assert found["ads"] == {"effect_lower": 0.5, "effect_upper": 0.5}  # whatever is left out
    # Two buckets that move it by its own size, so an error of twice that, and t of one freedom.
    half = 0.2 * 2 * 6.3137515
    assert found["event"]["effect_lower"] == pytest.approx(-0.2 - half)
    assert found["event"]["effect_upper"] == pytest.approx(-0.2 + half)
    assert "unattributed" not in found


def test_shapley_values_of_few_wins_have_no_bounds() -> None:
    journeys, accounts = frames([(["ads"], True)] * 12 + [(["mail"], False)] * 9)
    few = bounds(journeys, accounts, min_wins=13, low_sample_wins=13)
    for method in SHAPLEY:
        assert few[method, "ads"]["interval_status"] == "suppressed"
        assert few[method, "ads"]["effect_lower"] is None


@pytest.mark.parametrize("method", METHODS + SHAPLEY)
def test_a_method_has_the_same_bounds_alone_as_beside_others(method: str) -> None:
    made = frames(paths(5, 60))
    every = bounds(*made, min_wins=2, low_sample_wins=2)
    alone = bounds(*made, methods=[method], min_wins=2, low_sample_wins=2)
    assert alone == {key: row for key, row in every.items() if key[0] == method}
    assert any(row["effect_lower"] is not None for row in alone.values())


def test_a_sum_of_thirds_is_the_same_to_the_last_digit_in_any_order() -> None:
    sizes = (10, 3, 7, 6)
    assert len({sum(1 / size for size in order) for order in permutations(sizes)}) > 1
    journeys, accounts = frames([([f"p{i}" for i in range(size)], True) for size in sizes])
    accounts["bucket"] = 0
    found = set()
    for order in permutations(f"j{at:03}" for at in range(len(sizes))):
        rows = pd.concat([journeys[journeys["journey_id"] == name] for name in order])
        counts = counts_of_journeys(rows, ["shapley_set"], Settings(), accounts, 2)
        found.add(_split(counts.kinds["closed_won"], 2)["p0"][0])
    assert len(found) == 1
    assert found.pop() == pytest.approx(sum(1 / size for size in sizes))


def test_rules_alone_have_no_bounds_and_the_ledger_an_empty_table() -> None:
    journeys, accounts = frames(paths(3, 20))
    found = players_of_ledger(journeys, accounts, ["linear"], Settings(), IntervalSettings())
    assert found.num_rows == 0
    wanted = {"row_kind", "milestone", "method", "player", "weight", "bucket", "influence"}
    assert wanted | {"effect_lower", "interval_status"} <= set(found.column_names)


def test_the_ledger_is_told_of_which_kind_each_row_is(
    market: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    methods, wanted = ["markov_path", "shapley_set"], IntervalSettings(buckets=BUCKETS)
    apart = learn_players(*market, methods, Settings(), wanted)
    one = players_of_ledger(*market, methods, Settings(), wanted)
    kinds = {"weight": apart.weights, "influence": apart.influence, "interval": apart.intervals}
    assert set(one["row_kind"].to_pylist()) == set(kinds)
    for kind, table in kinds.items():
        rows = [row for row in one.to_pylist() if row["row_kind"] == kind]
        assert [{name: row[name] for name in table.column_names} for row in rows] == (
            table.to_pylist()
        )
