"""Journeys counted by their players: against counting by hand, on every way to count."""

from __future__ import annotations

import random
from collections import defaultdict

import duckdb
import narwhals as nw
import numpy as np
import pyarrow as pa
import pytest

from partner_attribution.attribution.coalitions import (
    Outcomes,
    count_coalitions,
    count_journeys,
)
from partner_attribution.attribution.effects import player_effects
from partner_attribution.attribution.transitions import (
    count_transitions,
    distinct_rows,
    players_seen,
)

from .journeys import Journey, compared, in_duckdb

PLAYERS = [f"p{i:02}" for i in range(70)]  # more than one whole number holds
ENGINES = [lambda frame: frame, in_duckdb]
LEARNED = ["markov_path", "markov_global", "shapley_set", "shapley_rate"]


def journeys_of(count=200, players=PLAYERS):
    rng = random.Random(20261123)
    return [
        Journey(
            tuple(rng.choice(players) for _ in range(rng.randint(0, 3))),
            i % 3 == 0,
            rng.randint(-500, 10**9),
        )
        for i in range(count)
    ]


def counted(journeys, engine):
    frame = nw.from_native(engine(compared(journeys)))
    return count_journeys(frame.with_columns(player=nw.col("channel")), PLAYERS)


def hashed_alike(journeys):
    """The same journeys where DuckDB knows two hashes only."""
    connection = duckdb.connect()
    connection.execute("create macro hash(id) as case when ends_with(id, '1') then 1 else 0 end")
    connection.register("known", in_duckdb(compared(journeys)).to_arrow_table())
    return connection.sql("select * from known")


@pytest.mark.parametrize("engine", ENGINES)
def test_journeys_are_counted_by_the_set_of_their_players(engine):
    journeys = journeys_of()
    expected = defaultdict(lambda: [0, 0, 0])
    for one in journeys:
        sums = expected[frozenset(one.path)]
        sums[0] += 1
        sums[1] += one.is_converted
        sums[2] += one.is_converted * one.cents
    kinds = counted(journeys, engine).kinds["closed_won"]
    assert list(kinds.coalitions) == sorted(expected, key=sorted)
    sums = zip(kinds.journeys, kinds.conversions, kinds.cents, strict=True)
    found = dict(zip((kinds.coalitions[i] for i in kinds.coalition), sums, strict=True))
    assert found == {key: tuple(sums) for key, sums in expected.items()}
    assert [bool(kinds.coalitions[i]) for i in kinds.coalition] == kinds.has_touch.tolist()
    assert {len(one) for one in found} == {0, 1, 2, 3}
    assert set(kinds.bucket.tolist()) == {0}
    assert kinds.winners == {}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("players", [PLAYERS, PLAYERS[:5]])
def test_buckets_of_accounts_are_counted_apart_and_winners_once(engine, players):
    """Twenty accounts take turns, so each has many journeys; some win with and without a touch."""
    journeys = journeys_of(count=120, players=players)
    frame = compared(journeys)
    number = frame["journey_id"].str[1:].astype(int)
    frame = frame.assign(account_id="a" + (number % 20).astype(str), bucket=number % 20 % 7)
    rows = nw.from_native(engine(frame)).with_columns(player=nw.col("channel"))
    kinds = count_journeys(rows, players, in_buckets=True).kinds["closed_won"]
    expected, winners = defaultdict(int), defaultdict(set)
    for i, one in enumerate(journeys):
        expected[frozenset(one.path), i % 20 % 7] += 1
        for player in one.path or [None]:
            if one.is_converted:
                winners[player].add(i % 20)
    keys = zip((kinds.coalitions[i] for i in kinds.coalition), kinds.bucket.tolist(), strict=True)
    assert dict(zip(keys, kinds.journeys.tolist(), strict=True)) == expected
    assert kinds.winners == {player: len(accounts) for player, accounts in winners.items()}
    of_buckets = kinds.in_buckets(kinds.journeys, 7).toarray()
    for i, coalition in enumerate(kinds.coalitions):
        of_one = [expected[coalition, b] if coalition else 0 for b in range(7)]
        assert of_buckets[i].tolist() == of_one
    assert kinds.outcomes() == count_journeys(rows, players).kinds["closed_won"].outcomes()


def test_a_player_that_nobody_asked_for_is_a_touch_all_the_same():
    frame = nw.from_native(in_duckdb(compared([Journey(("p00",)), Journey(())])))
    kinds = count_journeys(frame.with_columns(player=nw.col("channel")), ()).kinds["closed_won"]
    found = zip(kinds.has_touch.tolist(), kinds.journeys.tolist(), strict=True)
    assert set(found) == {(True, 1), (False, 1)}


def test_only_journeys_whose_hashes_all_differ_are_told_apart_by_them():
    journeys = journeys_of()
    assert counted(journeys, in_duckdb).one_hash_each
    assert not counted(journeys, lambda frame: frame).one_hash_each
    assert not count_journeys(
        nw.from_native(hashed_alike(journeys)).with_columns(player=nw.col("channel")), ()
    ).one_hash_each


def test_one_milestone_whose_journeys_share_a_hash_is_enough_to_tell_by_text():
    relation = hashed_alike(journeys_of(20))
    rows = relation.project(
        "* replace (case when journey_id in ('j0', 'j1') then 'apart' else milestone end"
        " as milestone)"
    )
    alike = count_journeys(nw.from_native(rows).with_columns(player=nw.col("channel")), ())
    assert set(alike.kinds) == {"apart", "closed_won"}
    assert not alike.one_hash_each
    apart = nw.from_native(rows.filter("milestone = 'apart'"))
    assert count_journeys(apart.with_columns(player=nw.col("channel")), ()).one_hash_each


@pytest.mark.parametrize("engine", ENGINES)
def test_coalitions_need_no_more_of_a_touch_than_its_player(engine):
    journeys = [Journey(("p00", "p01"), True), Journey(("p00",))]
    frame = nw.from_native(engine(compared(journeys)))
    touches = frame.select("journey_id", "milestone", "is_converted", player="channel")
    assert count_coalitions(touches) == {
        "closed_won": {
            frozenset(("p00", "p01")): Outcomes(1, 1),
            frozenset(("p00",)): Outcomes(1, 0),
        }
    }
    assert count_coalitions(touches.filter(nw.col("player") == "nobody")) == {}


def test_journeys_that_share_a_hash_are_learned_from_as_if_they_did_not():
    journeys = journeys_of(players=PLAYERS[:4])
    expected: pa.Table = player_effects(in_duckdb(compared(journeys)), LEARNED)
    assert player_effects(hashed_alike(journeys), LEARNED).equals(expected)


@pytest.mark.parametrize("order", [1, 2])
def test_transitions_are_counted_by_text_where_hashes_are_shared(order):
    journeys = [one for one in journeys_of(players=PLAYERS[:4]) if one.path]

    def transitions(native):
        rows = nw.from_native(native).with_columns(player=nw.col("channel"))
        return count_transitions(rows, order)

    wanted = transitions(compared(journeys))
    assert transitions(in_duckdb(compared(journeys))) == wanted
    assert transitions(hashed_alike(journeys)) == wanted
    rows = nw.from_native(hashed_alike(journeys)).with_columns(player=nw.col("channel"))
    # What is known of players proves nothing of hashes.
    assert count_transitions(rows, order, seen=players_seen(rows)) == wanted


def test_starts_come_in_order_whatever_the_order_of_rows():
    journeys = compared([one for one in journeys_of(players=PLAYERS[:9]) if one.path])
    for seed in range(3):
        rows = nw.from_native(journeys.sample(frac=1, random_state=seed))
        (found,) = count_transitions(rows.with_columns(player=nw.col("channel"))).values()
        assert list(found.starts) == sorted(found.starts)


@pytest.mark.parametrize("sizes", [(3, 4, 2), (1000, 1000), (2**40, 2**40), (2**21, 2**21, 2**21)])
def test_distinct_rows_come_in_order_however_large_their_numbers(sizes):
    rng = np.random.default_rng(5)
    rows = np.column_stack([rng.integers(0, size, 60) for size in sizes])
    rows = np.concatenate([rows, rows[:20]])
    found, place = distinct_rows(rows)
    assert list(map(tuple, found.tolist())) == sorted({tuple(row) for row in rows.tolist()})
    assert (found[place] == rows).all()
