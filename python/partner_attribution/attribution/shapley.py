"""Shapley values of two games on journeys. Which game it is stands in the method's name.

`shapley_set`: a coalition is worth the conversions of journeys whose players all belong to it. The
Shapley value then is the even split of each conversion over the journey's distinct players (Zhao,
Mahboobi and Bagheri, arXiv 1804.05327). Journeys that did not convert play no part.

`shapley_rate`: a coalition is worth the conversion rate of journeys with exactly its players, 0
where there is none. Values may be negative. Neither is an effect of adding a player.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import comb, fsum
from operator import add

import narwhals as nw

from partner_attribution.attribution.exact import Frame, number
from partner_attribution.attribution.markov import JOURNEY, MILESTONE, PLAYER, collected, distinct
from partner_attribution.errors import AttributionError

MAX_PLAYERS = 20

Coalition = frozenset[str]


@dataclass(frozen=True)
class Outcomes:
    """Journeys of one coalition, and how many of them converted."""

    journeys: int
    conversions: int


def shapley_values(worth: Mapping[Coalition, float], players: Collection[str]) -> dict[str, float]:
    """Return each player's Shapley value, exact but for the rounding of one sum.

    worth: coalition -> worth; coalitions not named are worth 0. Only those named are visited, so
    the cost is coalitions x players, not 2**players.
    """
    size = len(players)
    gains: dict[str, list[float]] = {player: [] for player in players}
    for coalition, value in sorted(worth.items(), key=lambda item: sorted(item[0])):
        of_size = comb(size, len(coalition))
        for player, gain in gains.items():
            if player in coalition:
                gain.append(value / (len(coalition) * of_size))
            else:
                gain.append(-value / ((size - len(coalition)) * of_size))
    return {player: fsum(gain) for player, gain in gains.items()}


def rate_values(coalitions: Mapping[Coalition, Outcomes]) -> dict[str, float]:
    """Return the Shapley values of `shapley_rate`.

    Raises AttributionError for more than 20 players: most coalitions would be worth 0 only because
    nobody has met them.
    """
    players = sorted({player for coalition in coalitions for player in coalition})
    if len(players) > MAX_PLAYERS:
        raise AttributionError(
            f"shapley_rate has {len(players)} players.",
            expected=f"at most {MAX_PLAYERS}",
            do="choose a coarser player_dimension (channel or partner), or drop shapley_rate "
            "from attribution_methods",
        )
    rates = {
        coalition: found.conversions / found.journeys for coalition, found in coalitions.items()
    }
    return shapley_values(rates, players)


def count_coalitions(touches: Frame) -> dict[str, dict[Coalition, Outcomes]]:
    """Count journeys per milestone and set of players, on the frame's own engine.

    touches: one row per journey and touch: journey_id, milestone, is_converted, player.
    """
    rows = distinct(touches, MILESTONE, JOURNEY, "is_converted", PLAYER)
    seen = collected(distinct(touches, PLAYER))
    players = sorted((str(name) for (name,) in seen), key=str.encode)
    # 50 players per whole number; a set of more takes several.
    chunks = [players[i : i + 50] for i in range(0, len(players), 50)]
    names = [f"__set_{i}" for i in range(len(chunks))]
    if not players:
        return {}

    def bits(chunk: list[str]) -> nw.Expr:
        marks = (
            nw.when(nw.col(PLAYER) == player).then(number(1 << i)).otherwise(number(0))
            for i, player in enumerate(chunk)
        )
        return reduce(add, marks)

    journeys = (
        rows.with_columns(
            nw.when(nw.col("is_converted")).then(1).otherwise(0).alias("__converted"),
            *(bits(chunk).alias(name) for name, chunk in zip(names, chunks, strict=True)),
        )
        .group_by(MILESTONE, JOURNEY, "__converted")
        .agg(*(nw.col(name).sum() for name in names))
        .with_columns(nw.col(*names).cast(nw.Int64))
        .group_by(MILESTONE, *names)
        .agg(nw.len().alias("__journeys"), nw.col("__converted").sum())
        .with_columns(nw.col("__converted").cast(nw.Int64))
    )
    found: dict[str, dict[Coalition, Outcomes]] = defaultdict(dict)
    for milestone, *masks, count, converted in collected(journeys):
        coalition = frozenset(
            player
            for mask, chunk in zip(masks, chunks, strict=True)
            for i, player in enumerate(chunk)
            if int(mask) >> i & 1
        )
        found[milestone][coalition] = Outcomes(int(count), int(converted))
    return dict(sorted(found.items()))


def set_values(coalitions: Mapping[Coalition, Outcomes]) -> dict[str, float]:
    """Return the Shapley values of `shapley_set`, in conversions; they add up to all of them."""
    values: dict[str, Fraction] = defaultdict(Fraction)
    for coalition, found in coalitions.items():
        for player in coalition:
            values[player] += Fraction(found.conversions, len(coalition))
    return {player: float(values[player]) for player in sorted(values, key=str.encode)}
