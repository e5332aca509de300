"""Markov removal effects: the published example, the definition walked step by step, bounds."""

from __future__ import annotations

import random
from collections import Counter
from math import log

import narwhals as nw
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from partner_attribution.attribution import Settings
from partner_attribution.attribution import transitions as counting
from partner_attribution.attribution.effects import player_effects, share_cents
from partner_attribution.attribution.markov import _matrices, best_order, removal_effects
from partner_attribution.attribution.transitions import End, Transitions, count_transitions
from partner_attribution.errors import AttributionError

from .journeys import (
    Journey,
    by_player,
    compared,
    in_duckdb,
    journey_lists,
    removal_effects_by_walking,
)

some = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
METHODS = ("markov_path", "markov_global")

# s > C1 1/1 .. worked by hand. Starts: C1 2/3, C2 1/3. C1 goes to C2 (1/2) or ends (1/2); C2 always
# to C3; C3 converts in 1 of 2. Base = (2/3 x 1/2 + 1/3) x 1 x 1/2 = 1/3.
# Without C1: 1/3 x 1/2 = 1/6, effect 1 - 1/2 = .5. Without C2 or C3 nothing converts: 1 and 1.
EXAMPLE = [
    Journey(("C1", "C2", "C3"), is_converted=True, cents=1000),
    Journey(("C1",)),
    Journey(("C2", "C3")),
]


def transitions(journeys, order=1):
    frame = nw.from_native(compared(journeys)).with_columns(player=nw.col("channel"))
    return count_transitions(frame, order)["closed_won"]


def effects(journeys, **chosen):
    return player_effects(compared(journeys), METHODS, Settings(**chosen)).to_pandas()


def test_the_worked_example():
    solved = removal_effects(transitions(EXAMPLE))
    assert solved.base_rate == pytest.approx(1 / 3, abs=1e-15)
    assert solved.effects == pytest.approx({"C1": 0.5, "C2": 1, "C3": 1}, abs=1e-15)
    table = effects(EXAMPLE)
    credit = by_player(table, "markov_global", "credited_conversions")
    assert credit == pytest.approx({"C1": 0.2, "C2": 0.4, "C3": 0.4, "unattributed": 0}, abs=1e-15)
    cents = by_player(table, "markov_global", "credit_cents")
    assert cents == {"C1": 200, "C2": 400, "C3": 400, "unattributed": 0}
    assert by_player(table, "markov_path", "weight") == {
        "C1": 500_000_000,
        "C2": 1_000_000_000,
        "C3": 1_000_000_000,
    }


def test_a_chain_that_turns_back():
    """A > B converts, B > A does not, A converts. Solved by hand.

    A goes to B, to nothing or converts (1/3 each), B goes to A or converts (1/2 each). So
    a = 1/3 + b/3, b = 1/2 + a/2: a = 3/5, b = 4/5. Starts A 2/3, B 1/3: base 2/3.
    Without A: 1/3 x 1/2 = 1/6, effect 3/4. Without B: 2/3 x 1/3 = 2/9, effect 2/3.
    """
    journeys = [Journey(("A", "B"), True), Journey(("B", "A")), Journey(("A",), True)]
    solved = removal_effects(transitions(journeys))
    assert solved.base_rate == pytest.approx(2 / 3, abs=1e-15)
    assert solved.effects == pytest.approx({"A": 3 / 4, "B": 2 / 3}, abs=1e-15)
    # Of two conversions, A gets 9/17 and B 8/17.
    credit = by_player(effects(journeys), "markov_global", "credited_conversions")
    assert credit == pytest.approx({"A": 18 / 17, "B": 16 / 17, "unattributed": 0}, abs=1e-8)


def test_a_longer_memory_sees_what_a_short_one_cannot():
    """A > B converts, C > B does not. To order 1, B is B; to order 2 only A > B is worth anything.

    Order 1: base 1/2; without A: starts C 1/2, B converts 1/2, so 1/4: effect 1/2; the same for C.
    Order 2: without A nothing converts: effect 1; without C nothing is lost: effect 0.
    """
    journeys = [Journey(("A", "B"), is_converted=True), Journey(("C", "B"))] * 20
    counted = transitions(journeys, 4)
    short, long = (removal_effects(counted.of_order(order)) for order in (1, 2))
    assert short.effects == pytest.approx({"A": 0.5, "B": 1, "C": 0.5}, abs=1e-12)
    assert long.effects == pytest.approx({"A": 1, "B": 1, "C": 0}, abs=1e-12)
    assert best_order(counted) == 2
    assert set(effects(journeys, markov_order="auto")["markov_order"].dropna()) == {2}


def test_a_memoryless_world_gets_order_one():
    rng = random.Random(20261122)
    journeys = []
    for _ in range(300):
        path = [rng.choice("AB")]
        while rng.random() < 0.6:
            path.append(rng.choice("AB"))
        journeys.append(Journey(tuple(path), is_converted=rng.random() < 0.5))
    assert best_order(transitions(journeys, 4)) == 1


@some
@given(journey_lists)
def test_effects_equal_the_definition_walked_step_by_step(journeys):
    counted = transitions(journeys, 4)
    for order in (1, 2, 3, 4):
        solved = removal_effects(counted.of_order(order))
        walked = removal_effects_by_walking(journeys, order)
        assert solved.effects == pytest.approx(walked, abs=1e-9)


@some
@given(journey_lists)
def test_bounds_and_base_rate(journeys):
    wins = sum(journey.is_converted for journey in journeys)
    for order in (1, 2, 3, 4):
        solved = removal_effects(transitions(journeys, order))
        assert solved.base_rate == pytest.approx(wins / len(journeys), abs=1e-12)
        assert all(0 <= effect <= 1 for effect in solved.effects.values())
        # Every conversion runs through someone.
        assert sum(solved.effects.values()) >= (1 - 1e-9 if wins else 0)


@some
@given(journey_lists)
def test_a_lower_order_is_a_marginal_of_a_higher_one(journeys):
    highest = transitions(journeys, 4)
    for order in (1, 2, 3):
        assert highest.of_order(order) == transitions(journeys, order)


@some
@given(journey_lists)
def test_repeats_do_not_change_effects_of_order_one(journeys):
    twice = [
        Journey(tuple(p for player in j.path for p in (player, player)), j.is_converted)
        for j in journeys
    ]
    once = removal_effects(transitions(journeys)).effects
    # Doubling every touch halves the chance to leave a state, but not where it then goes.
    assert removal_effects(transitions(twice)).effects == pytest.approx(once, abs=1e-9)


@some
@given(journey_lists)
def test_global_credit_is_all_there_is(journeys):
    journeys = [*journeys, Journey((), is_converted=True, cents=777), Journey(())]
    table = effects(journeys)
    rows = table[table["method"] == "markov_global"]
    wins = [journey for journey in journeys if journey.is_converted]
    assert rows["credited_conversions"].sum() == pytest.approx(len(wins), abs=1e-9)
    assert rows["credit_cents"].sum() == sum(journey.cents for journey in wins)
    untouched = rows[rows["player"] == "unattributed"]
    assert untouched[["credited_conversions", "credit_cents"]].to_numpy().tolist() == [[1.0, 777]]


@some
@given(journey_lists)
def test_duckdb_equals_pandas_and_row_order_changes_nothing(journeys):
    frame = compared(journeys)
    chosen = Settings(markov_order=2)
    expected = player_effects(frame, METHODS, chosen).to_pandas()
    shuffled = frame.sample(frac=1, random_state=1)
    for other in (shuffled, in_duckdb(shuffled)):
        assert player_effects(other, METHODS, chosen).to_pandas().equals(expected)


@pytest.mark.parametrize("engine", [lambda frame: frame, in_duckdb])
def test_many_players_and_milestones_are_counted_like_few(monkeypatch, engine):
    """More names than `_FEW` are numbered by a join, fewer by comparing: the counts are equal."""
    rng = random.Random(20261122)
    journeys = [
        Journey(tuple(f"p{rng.randrange(90)}" for _ in range(rng.randint(1, 5))), i % 4 == 0)
        for i in range(120)
    ]
    frame = compared(journeys)
    frame["milestone"] = ["m" + journey[-1] for journey in frame["journey_id"]]
    rows = nw.from_native(engine(frame)).with_columns(player=nw.col("channel"))
    by_join = count_transitions(rows, 3)
    monkeypatch.setattr(counting, "_FEW", 1000)
    assert by_join == count_transitions(rows, 3)
    assert set(by_join) == {f"m{i}" for i in range(10)}
    players = {name for one in by_join.values() for name in one.players}
    assert players == {name for journey in journeys for name in journey.path}
    # A journey id may serve several milestones: they are journeys of their own.
    both = pd.concat([frame.assign(milestone="a"), frame.assign(milestone="b")])
    rows = nw.from_native(engine(both)).with_columns(player=nw.col("channel"))
    apart = count_transitions(rows, 3)
    assert apart["a"] == apart["b"] == transitions(journeys, 3)


@some
@given(journey_lists)
def test_players_by_other_names_are_worth_the_same(journeys):
    names = dict(zip("ABCD", ("z é", "y", "x/1", "w:2"), strict=True))
    renamed = [Journey(tuple(names[p] for p in j.path), j.is_converted) for j in journeys]
    plain = removal_effects(transitions(journeys, 2)).effects
    other = removal_effects(transitions(renamed, 2)).effects
    assert other == pytest.approx({names[p]: e for p, e in plain.items()}, abs=1e-12)


def test_long_repeats_do_not_make_the_chain_nearly_singular():
    """A journey of 60,000 e-mails: the chance to leave is 1/60,000, the effect exactly 1."""
    counts = {(("email",), "email"): 59_999, (("email",), End.CONVERTED): 1}
    solved = removal_effects(Transitions(1, {"email": 1}, counts))
    assert (solved.base_rate, solved.effects) == (1, {"email": 1})


def test_milestones_are_learned_apart():
    both = pd.concat([compared(EXAMPLE), compared(EXAMPLE[:1], milestone="opportunity")])
    table = player_effects(both, ["markov_path"]).to_pandas()
    own = table[table["milestone"] == "opportunity"]
    assert own["effect"].tolist() == pytest.approx([1, 1, 1])
    assert set(own["journeys"]) == {1}


def test_no_conversion_means_no_effect():
    table = effects([Journey(("A", "B"))])
    assert by_player(table, "markov_path", "effect") == {"A": 0, "B": 0}
    assert table["base_rate"].tolist() == [0.0] * len(table)


def test_no_journey_means_no_row():
    assert effects([]).empty


def test_players_without_a_name_are_unknown():
    frame = compared(EXAMPLE)
    frame.loc[frame["channel"] == "C1", "channel"] = ""
    frame.loc[frame["channel"] == "C2", "channel"] = None
    table = player_effects(frame, ["markov_path"]).to_pandas()
    assert set(table["player"]) == {"C3", "unknown"}


@pytest.mark.parametrize(
    ("dimension", "players"),
    [
        ("channel", {"C1", "C2", "C3"}),
        ("partner", {"acme"}),
        ("partner_channel", {"acme:C1", "acme:C2", "acme:C3"}),
    ],
)
def test_the_player_is_a_setting(dimension, players):
    assert set(effects(EXAMPLE, player_dimension=dimension)["player"]) == {*players, "unattributed"}


@pytest.mark.parametrize(
    "moves",
    [
        {(("A",), "B"): 1, (("B",), "A"): 1, (("C",), End.CONVERTED): 1},
        {(("A",), "B"): 1, (("C",), End.CONVERTED): 1},
        {(("A",), "A"): 1, (("C",), End.CONVERTED): 1},
    ],
    ids=["a circle", "a dead end", "only itself"],
)
def test_chains_that_never_end_are_refused(moves):
    with pytest.raises(AttributionError, match="No journey ends after"):
        removal_effects(Transitions(1, {"A": 1, "C": 1}, moves))


def test_counts_that_are_not_whole_journeys_are_refused():
    counts = {(("A",), End.CONVERTED): 1, (("A",), End.NOT_CONVERTED): 5}
    with pytest.raises(AttributionError, match=r"converts 0[.]166666667 of"):
        removal_effects(Transitions(1, {"A": 2}, counts))


@pytest.mark.parametrize("order", [0, 5, 1.5, "two", True, None])
def test_orders_that_cannot_be_meant(order):
    with pytest.raises(AttributionError, match="markov_order"):
        Settings(markov_order=order)


def test_an_unknown_dimension_lists_the_nearest():
    with pytest.raises(AttributionError, match="Do: write channel"):
        Settings(player_dimension="chanel")


def test_odd_cents_go_to_the_largest_remainders_then_by_name():
    assert share_cents(100, {"b": 1, "a": 1, "c": 1}) == {"b": 33, "a": 34, "c": 33}
    assert share_cents(-100, {"b": 2, "a": 1}) == {"b": -67, "a": -33}
    assert share_cents(100, {"a": 0}) == {"a": 0}


def test_order_one_unless_told_otherwise():
    frame = nw.from_native(compared(EXAMPLE)).with_columns(player=nw.col("channel"))
    assert count_transitions(frame)["closed_won"] == transitions(EXAMPLE, 1)


def test_milestones_come_in_order():
    names = ("won", "opened", "made")
    both = pd.concat([compared(EXAMPLE, milestone=name) for name in names])
    frame = nw.from_native(both).with_columns(player=nw.col("channel"))
    assert list(count_transitions(frame)) == ["made", "opened", "won"]


def test_no_conversion_is_solved_as_none():
    solved = removal_effects(transitions([Journey(("A", "B"))]))
    assert (solved.base_rate, solved.journeys, solved.conversions) == (0.0, 1, 0)


def test_no_touch_has_order_one():
    assert best_order(Transitions(3, {}, {})) == 1


def bic_by_hand(paths, order):
    """From the paths: each touch foretells the next player, or which end, from the last few."""
    seen = Counter()
    for path, end in paths:
        for i in range(len(path)):
            seen[path[max(0, i + 1 - order) : i + 1], (*path, end)[i + 1]] += 1
    totals = Counter()
    for (state, _), n in seen.items():
        totals[state] += n
    players = {player for path, _ in paths for player in path}
    likelihood = sum(n * log(n / totals[state]) for (state, _), n in seen.items())
    return -2 * likelihood + len(totals) * (len(players) + 1) * log(sum(seen.values()))


def test_the_order_with_the_least_bic_is_taken():
    """Chains that remember between one touch and two: close calls both ways."""
    rng = random.Random(7)
    chosen = Counter()
    for _ in range(60):
        memory, paths = rng.random(), []
        for _ in range(rng.randrange(20, 400)):
            path = [rng.choice("AB")]
            while rng.random() < 0.75:
                again = len(path) > 1 and rng.random() < memory
                path.append(path[-2] if again else rng.choice("AB"))
            paths.append((tuple(path), rng.choice((End.CONVERTED, End.NOT_CONVERTED))))
        moves = Counter()
        for path, end in paths:
            for i in range(len(path)):
                moves[path[max(0, i - 2) : i + 1], (*path, end)[i + 1]] += 1
        starts = Counter(path[0] for path, _ in paths)
        best = best_order(Transitions(3, starts, moves))
        assert best == min((1, 2, 3), key=lambda order: bic_by_hand(paths, order))
        chosen[best] += 1
    assert chosen[1] > 10 and chosen[2] > 10, chosen


def test_without_the_only_player_nothing_converts():
    alone = [Journey(("A", "A"), is_converted=True), Journey(("A",))]
    for order in (1, 2, 3):
        assert removal_effects(transitions(alone, order)).effects == {"A": 1.0}


def test_the_first_state_in_order_that_never_ends_is_named():
    names = [f"s{i}" for i in range(12)]
    circle = {((name,), names[i - 1]): 1 for i, name in enumerate(names)}
    with pytest.raises(AttributionError, match=r"No journey ends after s0[.]"):
        removal_effects(Transitions(1, {"s3": 1}, {**circle, (("t",), End.CONVERTED): 1}))


def test_states_are_numbered_in_order():
    """Sums of doubles depend on their order: it must not come from a set."""
    names = [f"s{i:02}" for i in range(12)]
    moves = {((name,), End.CONVERTED): 1 for name in reversed(names)}
    assert list(_matrices(Transitions(1, {"s00": 12}, moves))[0]) == [(name,) for name in names]
