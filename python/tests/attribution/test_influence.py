"""Influence of a bucket on learned weights, against learning again without it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from math import log

import numpy as np
import pandas as pd
import pytest

from partner_attribution.attribution import Settings, journeys_counted
from partner_attribution.attribution.coalitions import Coalition, Outcomes
from partner_attribution.attribution.influence import (
    influence_by_player,
    influence_of,
    influence_table,
    rate_influence,
    removal_influence,
)
from partner_attribution.attribution.intervals import IntervalSettings
from partner_attribution.attribution.journeys_counted import JourneyCounts, counts_of_journeys
from partner_attribution.attribution.markov import removal_effects
from partner_attribution.attribution.player_intervals import learn_players
from partner_attribution.attribution.shapley import rate_values
from partner_attribution.attribution.transitions import End, Transitions

PLAYERS = ("ads", "event", "mail", "webinar")


def paths(seed: int, count: int) -> list[tuple[list[str], bool]]:
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        path = rng.choices(PLAYERS, (1, 2, 3, 4), k=rng.randint(1, 5))
        found.append((path, rng.random() < 0.1 + 0.2 * ("event" in path)))
    return found


Paths = list[tuple[list[str], bool]]


def joined(buckets: Iterable[Paths]) -> Paths:
    return list(chain.from_iterable(buckets))


def transitions(journeys: list[tuple[list[str], bool]], order: int) -> Transitions:
    starts: Counter[str] = Counter(path[0] for path, _ in journeys)
    moves: Counter[tuple[tuple[str, ...], str | End]] = Counter()
    for path, won in journeys:
        end = End.CONVERTED if won else End.NOT_CONVERTED
        for at, outcome in enumerate([*path[1:], end]):
            moves[tuple(path[max(0, at - order + 1) : at + 1]), outcome] += 1
    return Transitions(order, starts, moves)


def frames(
    journeys: Paths, bucket: Callable[[int], int] = lambda at: at % 10
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [
        {
            "journey_id": f"j{at:03}",
            "account_id": f"a{at:03}",
            "milestone": "closed_won",
            "is_converted": won,
            "value_cents": 100 if won else 0,
            "touch_id": f"j{at:03}-{n}",
            "touched_at_us": n,
            "channel": channel,
            "partner_id": "acme",
        }
        for at, (path, won) in enumerate(journeys)
        for n, channel in enumerate(path)
    ]
    accounts = [{"account_id": f"a{at:03}", "bucket": bucket(at)} for at in range(len(journeys))]
    return pd.DataFrame(rows), pd.DataFrame(accounts)


def counted(parts: Sequence[Paths], order: int = 1, *, shuffled: int = 0) -> JourneyCounts:
    """Journeys of buckets 0, 1, ..."""
    of_bucket = [at for at, part in enumerate(parts) for _ in part]
    journeys, accounts = frames(joined(parts), of_bucket.__getitem__)
    if shuffled:
        journeys = journeys.sample(frac=1, random_state=shuffled)
    methods, settings = ["markov_path", "shapley_rate"], Settings(markov_order=order)
    return counts_of_journeys(journeys, methods, settings, accounts, len(parts))


@pytest.mark.parametrize("order", [1, 2])
def test_removal_effects_move_as_they_do_when_a_bucket_is_left_out(order: int) -> None:
    buckets = [paths(seed, 60) for seed in range(40)]
    names, influence = removal_influence(counted(buckets, order).transitions["closed_won"])
    everything = removal_effects(transitions(joined(buckets), order)).effects
    for left_out in (0, 17):
        rest = joined(one for at, one in enumerate(buckets) if at != left_out)
        without = removal_effects(transitions(rest, order)).effects
        exact = [log(everything[name] / without[name]) for name in names]
        # A first derivative: right up to the square of one part in forty.
        assert influence[:, left_out] == pytest.approx(exact, abs=0.15 * max(map(abs, exact)))
    assert np.abs(influence.sum(axis=1)).max() < 1e-9  # all buckets up alike change nothing


def coalitions(journeys: list[tuple[list[str], bool]]) -> dict[Coalition, Outcomes]:
    found: dict[Coalition, Outcomes] = {}
    for path, won in journeys:
        key = frozenset(path)
        before = found.get(key, Outcomes(0, 0))
        found[key] = Outcomes(before.journeys + 1, before.conversions + won)
    return found


@pytest.mark.parametrize(("size", "number"), [(3, 25), (1, 9)])  # few: some sets come once
def test_shapley_rates_move_exactly_as_when_a_bucket_is_left_out(size: int, number: int) -> None:
    buckets = [paths(seed, size) for seed in range(number)]
    kinds = counted(buckets).kinds["closed_won"]
    names, influence = rate_influence(kinds, len(buckets))
    everything = rate_values(coalitions(joined(buckets)))
    assert any(value > 0 for value in everything.values())
    for left_out in range(len(buckets)):
        rest = joined(one for at, one in enumerate(buckets) if at != left_out)
        without = rate_values(coalitions(rest))
        for i, name in enumerate(names):
            moved = everything[name] - without.get(name, 0.0)
            expected = moved / (abs(everything[name]) or np.inf)
            assert influence[i, left_out] == pytest.approx(expected, abs=1e-12)


def test_frames_give_the_influence_of_their_journeys_in_any_order() -> None:
    found = paths(3, 200)
    methods = ["linear", "markov_path", "shapley_rate"]
    journeys, accounts = frames(found)
    settings, intervals = Settings(markov_order=2), IntervalSettings(buckets=10)
    table = learn_players(journeys, accounts, methods, settings, intervals).influence
    buckets = [found[b::10] for b in range(10)]
    names, expected = removal_influence(counted(buckets, 2).transitions["closed_won"])
    got = {(r["player"], r["bucket"]): r["influence"] for r in table.to_pylist()
           if r["method"] == "markov_path"}  # fmt: skip
    for i, name in enumerate(names):
        for bucket in range(10):
            assert got[name, bucket] == pytest.approx(expected[i, bucket], abs=1e-11)
    shuffled = journeys.sample(frac=1, random_state=1), accounts.sample(frac=1, random_state=2)
    assert learn_players(*shuffled, methods, settings, intervals).influence.equals(table)
    told = journeys.merge(accounts).drop(columns="account_id").assign(account_id="one")
    said = learn_players(told, None, methods, settings, intervals)
    assert said.influence.equals(table)  # journeys say their bucket themselves


def test_rules_learn_nothing() -> None:
    journeys, accounts = frames(paths(3, 20))
    found = learn_players(journeys, accounts, ["linear"])
    assert (found.weights.num_rows, found.influence.num_rows, found.intervals.num_rows) == (0, 0, 0)
    assert found.influence.column_names == [
        "milestone", "method", "player", "bucket", "influence"
    ]  # fmt: skip


def test_an_account_that_no_bucket_names_is_of_the_first() -> None:
    journeys, accounts = frames(paths(3, 60))
    some = accounts[accounts["bucket"] > 0]
    methods, intervals = ["markov_path"], IntervalSettings(buckets=10)
    known, unknown = (
        learn_players(journeys, one, methods, None, intervals) for one in (accounts, some)
    )
    assert unknown.influence.equals(known.influence)
    assert unknown.weights.equals(known.weights)


def test_a_player_without_an_effect_moves_with_no_bucket() -> None:
    rows: Paths = [(["ads"], True), (["ads"], False), (["mail"], False), (["mail", "mail"], False)]
    of_won = counted([rows, [*rows, (["ads"], True)]]).transitions["closed_won"]
    names, influence = removal_influence(of_won)
    assert names == ["ads", "mail"]
    assert influence[1].tolist() == [0, 0]
    nothing = removal_influence(counted([[(["mail"], False)], []]).transitions["closed_won"])
    assert nothing[0] == ["mail"]
    assert nothing[1].tolist() == [[0, 0]]


def test_milestones_of_several_orders_are_learned_apart_and_rows_come_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of one milestone two touches are remembered, of the other one; every method that learns."""
    found = {"won": paths(3, 200), "lead": paths(4, 150)}
    order = {"won": 2, "lead": 1}
    methods = ["shapley_rate", "markov_path", "markov_global"]
    parts = {name: frames(one) for name, one in found.items()}
    journeys = pd.concat([one[0].assign(milestone=name) for name, one in parts.items()])
    journeys["journey_id"] += journeys["milestone"]
    monkeypatch.setattr(
        journeys_counted, "best_order", lambda one: order["won" if one.journeys == 200 else "lead"]
    )
    settings, intervals = Settings(markov_order="auto"), IntervalSettings(buckets=10)
    learned = learn_players(journeys, parts["won"][1], methods, settings, intervals)
    table = learned.influence
    assert {(row["milestone"], row["markov_order"]) for row in learned.weights.to_pylist()
            if row["method"] != "shapley_rate" and row["player"] != "unattributed"
            } == set(order.items())  # fmt: skip
    again = learn_players(journeys, parts["won"][1], methods[::-1], settings, intervals)
    assert again.influence.equals(table)
    rows = [(r["milestone"], r["method"], r["player"], r["bucket"]) for r in table.to_pylist()]
    assert [row[1::-1] for row in rows] == sorted(row[1::-1] for row in rows)
    assert {row[1] for row in rows} == set(methods)
    values = table["influence"].to_pylist()
    assert values == [round(value, 12) for value in values]

    read = influence_by_player(table.take(list(range(len(rows)))[::-1]), 10)
    assert list(read) == sorted((name, method) for name in found for method in methods)
    for milestone, journeys_of in found.items():
        buckets = [journeys_of[b::10] for b in range(10)]
        counts = counted(buckets, order[milestone])
        names, markov = removal_influence(counts.transitions["closed_won"])
        for method in ("markov_path", "markov_global"):
            own = read[milestone, method]
            assert list(own) == names
            assert np.array(list(own.values())) == pytest.approx(markov, abs=1e-11)
        names, rates = rate_influence(counts.kinds["closed_won"], 10)
        own = read[milestone, "shapley_rate"]
        assert np.array([own[name] for name in names]) == pytest.approx(rates, abs=1e-11)


@pytest.mark.parametrize("order", [1, 2])
def test_the_order_of_rows_changes_no_digit(order: int) -> None:
    parts = [paths(b, 30) for b in range(6)]
    tables = [
        influence_table(influence_of(counted(parts, order, shuffled=n), ["markov_path"]))
        for n in (0, 1, 2)
    ]
    assert tables[0].num_rows > 0
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_a_shorter_memory_of_buckets_is_that_of_counting_it() -> None:
    parts = [paths(b, 30) for b in range(6)]
    long, short = (counted(parts, order).transitions["closed_won"] for order in (3, 1))
    assert long.of_order(3) is long
    found = long.of_order(1)
    assert (found.whole, found.players) == (short.whole, short.players)
    place = {move: i for i, move in enumerate(found.whole.moves)}
    own = found.moves.toarray()[[place[move] for move in short.whole.moves]]
    assert (own == short.moves.toarray()).all()
    assert (found.starts == short.starts).all()


def test_rows_come_by_method_milestone_and_player_and_only_where_something_moves() -> None:
    moved = np.array([[0.0, 0.5, -0.25], [0.0, 0.0, 0.0]])
    learned = {"won": (["ads", "mail"], moved), "lead": (["mail"], np.array([[1.0, 0.0, 0.0]]))}
    rows = influence_table({"shapley_rate": learned, "markov_path": {"won": learned["won"]}})
    assert [tuple(row.values()) for row in rows.to_pylist()] == [
        ("won", "markov_path", "ads", 1, 0.5),
        ("won", "markov_path", "ads", 2, -0.25),
        ("lead", "shapley_rate", "mail", 0, 1.0),
        ("won", "shapley_rate", "ads", 1, 0.5),
        ("won", "shapley_rate", "ads", 2, -0.25),
    ]


def test_a_method_without_influence_hides_none_that_has_some() -> None:
    counts = counted([paths(1, 30), paths(2, 30)])
    found = influence_of(counts, ["shapley_set", "shapley_rate", "linear", "markov_path"])
    assert set(found) == {"shapley_rate", "markov_path"}


def test_where_nobody_was_touched_there_is_nobody_to_move() -> None:
    journeys, accounts = frames(paths(1, 30))
    bare = journeys.assign(touch_id=None).drop_duplicates("journey_id")
    counts = counts_of_journeys(bare, ["shapley_rate"], Settings(), accounts, 10)
    names, influence = rate_influence(counts.kinds["closed_won"], 10)
    assert (names, influence.shape) == ([], (0, 10))


def test_two_buckets_are_told_apart_where_the_order_is_chosen() -> None:
    journeys, accounts = frames(paths(3, 200), lambda at: at % 2)
    settings = Settings(markov_order="auto")
    counts = counts_of_journeys(journeys, ["markov_path"], settings, accounts, 2)
    own = counts.transitions["closed_won"]
    assert own.starts.shape[1] == own.moves.shape[1] == 2
    for bucket in (0, 1):
        first = Counter(path[0] for path, _ in paths(3, 200)[bucket::2])
        assert own.starts[:, bucket].tolist() == [first[name] for name in own.players]
