"""Shapley values: hand examples, the definition over all orders of arrival, and the axioms."""

from __future__ import annotations

from fractions import Fraction

import narwhals as nw
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partner_attribution.attribution.coalitions import Outcomes, count_coalitions
from partner_attribution.attribution.effects import player_effects
from partner_attribution.attribution.shapley import (
    rate_values,
    set_values,
    shapley_values,
)
from partner_attribution.errors import AttributionError

from .journeys import (
    Journey,
    by_player,
    compared,
    in_duckdb,
    journey_lists,
    shapley_by_orders,
)

some = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
few = settings(some, max_examples=8)
METHODS = ("shapley_set", "shapley_rate")
PLAYERS = ("A", "B", "C", "D")
coalitions = st.frozensets(st.sampled_from(PLAYERS))
games = st.dictionaries(coalitions, st.integers(-1000, 1000).map(lambda n: n / 8), max_size=16)


def effects(journeys):
    return player_effects(compared(journeys), METHODS).to_pandas()


def journeys_of(*rows):
    return [Journey(tuple(path), bool(win)) for path, win in rows]


def test_the_worked_example():
    """Rates: A 1/2, B 0, AB 1. A: (1/2 + (1 - 0)) / 2 = .75. B: (0 + (1 - 1/2)) / 2 = .25.

    Sets: one conversion of A alone, one of A and B: A 1 + 1/2, B 1/2.
    """
    table = effects(journeys_of(("A", 1), ("A", 0), ("B", 0), ("BAB", 1)))
    assert by_player(table, "shapley_rate", "effect") == {"A": 0.75, "B": 0.25}
    assert by_player(table, "shapley_rate", "weight") == {"A": 10**9, "B": 333_333_333}
    assert by_player(table, "shapley_set", "effect") == {"A": 1.5, "B": 0.5}
    assert table.loc[table["method"] == "shapley_set", "weight"].isna().all()


def test_a_negative_value_is_shown_and_weighs_nothing():
    """Rates: A 1, AB 0. A: (1 + 0) / 2, B: (0 - 1) / 2."""
    table = effects(journeys_of(("A", 1), ("AB", 0)))
    assert by_player(table, "shapley_rate", "effect") == {"A": 0.5, "B": -0.5}
    assert by_player(table, "shapley_rate", "weight") == {"A": 10**9, "B": 0}


@some
@given(journey_lists)
def test_both_games_equal_their_definitions_over_all_orders_of_arrival(journeys):
    players = sorted({player for journey in journeys for player in journey.path})
    sets = [(frozenset(journey.path), journey.is_converted) for journey in journeys]

    def inside(coalition):
        return Fraction(sum(win for players, win in sets if players <= coalition))

    def rate(coalition):
        wins = [win for players, win in sets if players == coalition]
        return Fraction(sum(wins), len(wins)) if wins else Fraction(0)

    table = effects(journeys)
    for method, worth in (("shapley_set", inside), ("shapley_rate", rate)):
        wanted = {p: float(v) for p, v in shapley_by_orders(worth, players).items()}
        assert by_player(table, method, "effect") == pytest.approx(wanted, abs=1e-12)


@some
@given(games)
def test_efficiency(worth):
    values = shapley_values(worth, PLAYERS)
    whole, nothing = worth.get(frozenset(PLAYERS), 0), worth.get(frozenset(), 0)
    assert sum(values.values()) == pytest.approx(whole - nothing, abs=1e-9)


@some
@given(games)
def test_symmetry(worth):
    """Players who add the same to everyone are worth the same: here A and B swap places."""
    swap = str.maketrans("AB", "BA")
    mirrored = {
        frozenset(p.translate(swap) for p in coalition): value for coalition, value in worth.items()
    }
    both = {c: worth.get(c, 0) + mirrored.get(c, 0) for c in worth.keys() | mirrored.keys()}
    values = shapley_values(both, PLAYERS)
    assert values["A"] == pytest.approx(values["B"], abs=1e-9)


@some
@given(games)
def test_dummy(worth):
    """A player who adds nothing to any coalition is worth nothing."""
    others = {c: v for c, v in worth.items() if "D" not in c}
    values = shapley_values(others | {c | {"D"}: v for c, v in others.items()}, PLAYERS)
    assert values["D"] == pytest.approx(0, abs=1e-9)


@some
@given(games, games)
def test_additivity(one, other):
    both = {c: one.get(c, 0) + other.get(c, 0) for c in one.keys() | other.keys()}
    values = [shapley_values(game, PLAYERS) for game in (one, other, both)]
    for player in PLAYERS:
        assert values[0][player] + values[1][player] == pytest.approx(values[2][player], abs=1e-9)


def values_of(journeys, method):
    return by_player(effects(journeys), method, "effect")


@few
@given(journey_lists, journey_lists)
def test_the_game_of_sets_on_journeys_has_all_four_axioms(one, other):
    """Efficiency, additivity, dummy and symmetry, from journeys as they are delivered."""
    first, second, both = (values_of(rows, "shapley_set") for rows in (one, other, one + other))
    assert sum(first.values()) == pytest.approx(sum(journey.is_converted for journey in one))
    for player in both.keys() | first.keys() | second.keys():
        total = first.get(player, 0) + second.get(player, 0)
        assert both[player] == pytest.approx(total, abs=1e-9)
    idle = [*one, Journey(("E", "F"), False)]
    assert values_of(idle, "shapley_set") == pytest.approx({**first, "E": 0, "F": 0}, abs=1e-9)
    twins = [Journey((*j.path, "A", "E"), j.is_converted) for j in one if "A" in j.path]
    rest = [journey for journey in one if "A" not in journey.path]
    if twins:
        found = values_of(twins + rest, "shapley_set")
        assert found["E"] == pytest.approx(found["A"], abs=1e-9)


@few
@given(journey_lists, st.permutations("ABCD"))
def test_players_by_other_names_are_worth_the_same(journeys, names):
    other = dict(zip("ABCD", names, strict=True))
    renamed = [Journey(tuple(other[p] for p in j.path), j.is_converted, j.cents) for j in journeys]
    for method in METHODS:
        found = {other[player]: value for player, value in values_of(journeys, method).items()}
        assert values_of(renamed, method) == pytest.approx(found, abs=1e-12)


@some
@given(journey_lists)
def test_duckdb_equals_pandas_and_row_order_changes_nothing(journeys):
    frame = compared(journeys)
    expected = player_effects(frame, METHODS).to_pandas()
    shuffled = frame.sample(frac=1, random_state=1)
    for other in (shuffled, in_duckdb(shuffled)):
        assert player_effects(other, METHODS).to_pandas().equals(expected)


def test_twenty_players_are_exact():
    """All twenty in every journey: each is worth a twentieth of the rate."""
    names = tuple(f"c{i:02}" for i in range(20))
    table = effects([Journey(names, True), Journey(names, False)])
    values = by_player(table, "shapley_rate", "effect")
    assert values == pytest.approx(dict.fromkeys(names, 0.5 / 20), abs=1e-15)


def test_more_players_are_refused_for_rates_only():
    names = tuple(f"c{i:02}" for i in range(130))
    frame = compared([Journey(names, True)])
    table = player_effects(frame, ["shapley_set"]).to_pandas()
    assert by_player(table, "shapley_set", "effect") == pytest.approx(
        dict.fromkeys(names, 1 / 130), abs=1e-15
    )
    with pytest.raises(AttributionError, match="130 players") as caught:
        player_effects(frame, ["shapley_rate"]).to_pandas()
    assert "player_dimension" in str(caught.value)


def test_one_player_more_than_twenty_is_too_many():
    names = frozenset(f"c{i:02}" for i in range(21))
    with pytest.raises(AttributionError, match="21 players"):
        rate_values({names: Outcomes(1, 1)})


def test_the_glove_game():
    """One left glove (L), two right ones (R, S); a pair is worth 1: 2/3, 1/6, 1/6.

    Shapley's market for gloves, as in any textbook: Osborne and Rubinstein, A Course in Game
    Theory (1994), section 14.4.
    """
    pairs = ("LR", "LS", "LRS")
    values = shapley_values({frozenset(pair): 1 for pair in pairs}, "LRS")
    assert values == pytest.approx({"L": 2 / 3, "R": 1 / 6, "S": 1 / 6}, abs=1e-15)


def test_the_airport_game():
    """Runways for aircraft that need 1, 2 and 4: costs 1/3, 1/3 + 1/2, 1/3 + 1/2 + 2.

    Littlechild and Owen, A Simple Expression for the Shapley Value in a Special Case, Management
    Science 20(3), 1973: each part of the runway is shared by those who need it.
    """
    needs = {"a": 1, "b": 2, "c": 4}
    groups = ("a", "b", "c", "ab", "ac", "bc", "abc")
    worth = {frozenset(g): max(needs[name] for name in g) for g in groups}
    assert shapley_values(worth, "abc") == pytest.approx(
        {"a": 1 / 3, "b": 5 / 6, "c": 17 / 6}, abs=1e-15
    )


def test_a_voting_game_of_four():
    """Votes 4, 3, 2, 1 and a majority of 6: pivotal in 10, 6, 6 and 2 of 24 orders.

    Shapley and Shubik, A Method for Evaluating the Distribution of Power in a Committee System,
    American Political Science Review 48(3), 1954, is the index; the orders are counted here.
    """
    votes = {"A": 4, "B": 3, "C": 2, "D": 1}

    def wins(group):
        return Fraction(sum(votes[name] for name in group) >= 6)

    counted = shapley_by_orders(wins, sorted(votes))
    assert counted == {
        "A": Fraction(10, 24),
        "B": Fraction(6, 24),
        "C": Fraction(6, 24),
        "D": Fraction(2, 24),
    }
    games = {frozenset(g): float(wins(g)) for g in ("AB", "AC", "ABC", "ABD", "ACD", "BCD", "ABCD")}
    assert shapley_values(games, sorted(votes)) == pytest.approx(
        {name: float(value) for name, value in counted.items()}, abs=1e-15
    )


def test_players_and_milestones_come_in_order():
    names = [f"c{i:02}" for i in range(20)]
    coalitions = {frozenset(names): Outcomes(2, 1)}
    assert list(rate_values(coalitions)) == names
    assert list(set_values(coalitions)) == names
    both = pd.concat(
        [compared(journeys_of(("A", 1)), milestone=name) for name in ("won", "opened", "made")]
    )
    frame = nw.from_native(both).with_columns(player=nw.col("channel"))
    assert list(count_coalitions(frame)) == ["made", "opened", "won"]


def test_journeys_without_touches_teach_nothing():
    assert effects([Journey((), True, 5), Journey(())]).empty
