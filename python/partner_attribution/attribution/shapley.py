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
from fractions import Fraction
from math import comb, fsum

from partner_attribution.attribution.coalitions import Coalition, Outcomes
from partner_attribution.errors import AttributionError

MAX_PLAYERS = 20


def shapley_values(worth: Mapping[Coalition, float], players: Collection[str]) -> dict[str, float]:
    """Return each player's Shapley value, exact but for the rounding of one sum.

    worth: coalition -> worth; coalitions not named are worth 0. Only those named are visited, so
    the cost is coalitions x players, not 2**players.
    """
    gains: dict[str, list[float]] = {player: [] for player in players}
    for coalition, value in sorted(worth.items(), key=lambda item: sorted(item[0])):
        for gain, divisor in zip(gains.values(), divisors(coalition, players), strict=True):
            gain.append(value / divisor)
    return {player: fsum(gain) for player, gain in gains.items()}


def divisors(coalition: Coalition, players: Collection[str]) -> list[int]:
    """Return by what to divide the worth of a coalition for each player's part of it."""
    size, of_size = len(players), comb(len(players), len(coalition))
    inside, outside = len(coalition) * of_size, (len(coalition) - size) * of_size
    return [inside if player in coalition else outside for player in players]


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


def set_values(coalitions: Mapping[Coalition, Outcomes]) -> dict[str, float]:
    """Return the Shapley values of `shapley_set`, in conversions; they add up to all of them."""
    won: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for coalition, found in coalitions.items():
        for player in coalition:
            won[player][len(coalition)] += found.conversions
    # Whole numbers by size first: there are few sizes, and fractions are dear.
    return {
        player: float(sum(Fraction(count, size) for size, count in won[player].items()))
        for player in sorted(won, key=str.encode)
    }
