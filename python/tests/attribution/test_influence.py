"""Influence of a bucket on learned weights, against learning again without it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from math import log

import numpy as np
import pandas as pd
import pytest

from partner_attribution.attribution import Settings
from partner_attribution.attribution.coalitions import Coalition, Outcomes
from partner_attribution.attribution.effects import player_effects
from partner_attribution.attribution.influence import (
    influence_by_player,
    player_influence,
    rate_influence,
    removal_influence,
)
from partner_attribution.attribution.markov import End, Transitions, removal_effects
from partner_attribution.attribution.shapley import rate_values

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


@pytest.mark.parametrize("order", [1, 2])
def test_removal_effects_move_as_they_do_when_a_bucket_is_left_out(order: int) -> None:
    buckets = [paths(seed, 60) for seed in range(40)]
    parts = {at: transitions(one, order) for at, one in enumerate(buckets)}
    names, influence = removal_influence(parts, len(buckets))
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
    parts = {at: coalitions(one) for at, one in enumerate(buckets)}
    names, influence = rate_influence(parts, len(buckets))
    everything = rate_values(coalitions(joined(buckets)))
    assert any(value > 0 for value in everything.values())
    for left_out in range(len(buckets)):
        rest = joined(one for at, one in enumerate(buckets) if at != left_out)
        without = rate_values(coalitions(rest))
        for i, name in enumerate(names):
            moved = everything[name] - without.get(name, 0.0)
            expected = moved / (abs(everything[name]) or np.inf)
            assert influence[i, left_out] == pytest.approx(expected, abs=1e-12)


def frames(journeys: list[tuple[list[str], bool]]) -> tuple[pd.DataFrame, pd.DataFrame]:
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
    accounts = [{"account_id": f"a{at:03}", "bucket": at % 10} for at in range(len(journeys))]
    return pd.DataFrame(rows), pd.DataFrame(accounts)


def test_frames_give_the_influence_of_their_journeys_in_any_order() -> None:
    found = paths(3, 200)
    methods = ["linear", "markov_path", "shapley_rate"]
    journeys, accounts = frames(found)
    settings = Settings(markov_order=2)
    weights = player_effects(journeys, methods, settings).to_pandas()
    table = player_influence(journeys, accounts, weights, methods, settings, buckets=10)
    buckets = [[one for at, one in enumerate(found) if at % 10 == b] for b in range(10)]
    names, expected = removal_influence(
        {b: transitions(one, 2) for b, one in enumerate(buckets)}, 10
    )
    got = {(r["player"], r["bucket"]): r["influence"] for r in table.to_pylist()
           if r["method"] == "markov_path"}  # fmt: skip
    for i, name in enumerate(names):
        for bucket in range(10):
            assert got[name, bucket] == pytest.approx(expected[i, bucket], abs=1e-11)
    shuffled = journeys.sample(frac=1, random_state=1), accounts.sample(frac=1, random_state=2)
    assert player_influence(*shuffled, weights, methods, settings, buckets=10).equals(table)


def test_rules_learn_nothing() -> None:
    journeys, accounts = frames(paths(3, 20))
    weights = player_effects(journeys, ["linear"])
    assert player_influence(journeys, accounts, weights, ["linear"]).num_rows == 0


def test_a_player_without_an_effect_moves_with_no_bucket() -> None:
    rows: Paths = [(["ads"], True), (["ads"], False), (["mail"], False), (["mail", "mail"], False)]
    parts = {0: transitions(rows, 1), 1: transitions([*rows, (["ads"], True)], 1)}
    names, influence = removal_influence(parts, 2)
    assert names == ["ads", "mail"]
    assert influence[1].tolist() == [0, 0]
    nothing = removal_influence({0: transitions([(["mail"], False)], 1)}, 2)
    assert nothing[0] == ["mail"]
    assert nothing[1].tolist() == [[0, 0]]


def test_milestones_of_several_orders_are_learned_apart_and_rows_come_in_order() -> None:
    """Of one milestone two touches are remembered, of the other one; every method that learns."""
    found = {"won": paths(3, 200), "lead": paths(4, 200)}
    order = {"won": 2, "lead": 1}
    methods = ["shapley_rate", "markov_path", "markov_global"]
    parts = {name: frames(one) for name, one in found.items()}
    journeys = pd.concat([one[0].assign(milestone=name) for name, one in parts.items()])
    journeys["journey_id"] += journeys["milestone"]
    weights = pd.DataFrame(
        [
            {"milestone": name, "method": method, "markov_order": n if "markov" in method else None}
            for name, n in order.items()
            for method in methods
        ]
    ).astype({"markov_order": "Int64"})
    table = player_influence(journeys, parts["won"][1], weights, methods, buckets=10)
    assert player_influence(
        journeys, parts["won"][1], weights, methods[::-1], Settings(), buckets=10
    ).equals(table)
    rows = [(r["milestone"], r["method"], r["player"], r["bucket"]) for r in table.to_pylist()]
    assert [row[1::-1] for row in rows] == sorted(row[1::-1] for row in rows)
    assert {row[1] for row in rows} == set(methods)
    values = table["influence"].to_pylist()
    assert values == [round(value, 12) for value in values]

    read = influence_by_player(table.take(list(range(len(rows)))[::-1]), 10)
    assert list(read) == sorted((name, method) for name in found for method in methods)
    for milestone, journeys_of in found.items():
        buckets = [journeys_of[b::10] for b in range(10)]
        of_order = {b: transitions(one, order[milestone]) for b, one in enumerate(buckets)}
        names, markov = removal_influence(of_order, 10)
        for method in ("markov_path", "markov_global"):
            own = read[milestone, method]
            assert list(own) == names
            assert np.array(list(own.values())) == pytest.approx(markov, abs=1e-11)
        names, rates = rate_influence({b: coalitions(one) for b, one in enumerate(buckets)}, 10)
        own = read[milestone, "shapley_rate"]
        assert np.array([own[name] for name in names]) == pytest.approx(rates, abs=1e-11)


@pytest.mark.parametrize("order", [1, 2])
def test_the_order_of_buckets_changes_no_digit(order: int) -> None:
    parts = {b: transitions(paths(b, 30), order) for b in range(6)}
    backwards = dict(sorted(parts.items(), reverse=True))
    names, influence = removal_influence(parts, 6)
    again, same = removal_influence(backwards, 6)
    assert again == names
    assert (same == influence).all()
