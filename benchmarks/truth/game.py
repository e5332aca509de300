"""The game whose Shapley values are the truth: players deliver their touches, or do not.

v(S) is the number of won deals to expect when only the players of S deliver; all else reacts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """What each player adds, and how exactly that is known.

    conversions: Shapley value per player, in won deals of a world of this size.
    baseline, total: v(nobody) and v(everybody), in won deals.
    share_error: largest Monte-Carlo standard error of a player's share, in points.
    """

    players: tuple[str, ...]
    conversions: tuple[float, ...]
    baseline: float
    total: float
    share_error: float

    @property
    def shares(self) -> dict[str, float]:
        """Each player's part of what all players add."""
        added = sum(self.conversions)
        return {p: c / added for p, c in zip(self.players, self.conversions, strict=True)}

    @property
    def baseline_share(self) -> float:
        """Part of the won deals that would have come without any player."""
        return self.baseline / self.total


def present(array: NDArray[Any], player: int) -> NDArray[Any]:
    """Return a view of the coalitions that the player belongs to."""
    if len(array) == 1:
        return array
    return array.reshape(-1, 2, 2**player, array.shape[-1])[:, 1]


def members(players: int) -> NDArray[np.bool_]:
    """Return one row per coalition; player p belongs to coalition k where bit p of k is set."""
    return (np.arange(2**players)[:, None] >> np.arange(players) & 1).astype(bool)


@cache
def _weights(players: int) -> Floats:
    """Return the linear map from coalition values to Shapley values."""
    weights = np.zeros((players, 2**players))
    whole = factorial(players)
    for coalition in range(2**players):
        size = coalition.bit_count()
        for p in range(players):
            inside = bool(coalition >> p & 1)
            others = size - inside
            part = factorial(others) * factorial(players - 1 - others) / whole
            weights[p, coalition] = part if inside else -part
    return weights


def shapley(values: Floats) -> Floats:
    """Return the Shapley values of 2**n coalition values, exactly; leading axes are kept."""
    return values @ _weights(int(values.shape[-1]).bit_length() - 1).T


def truth_of(players: tuple[str, ...], samples: Floats, scale: float) -> Truth:
    """Summarise independent samples of the coalition values (sample, coalition).

    scale: won deals of the world per won deal of a sample.
    """
    mean = samples.mean(axis=0) * scale
    conversions = shapley(mean)
    each = shapley(samples * scale)
    residual = (each - each.sum(axis=1, keepdims=True) * conversions / conversions.sum()) / (
        conversions.sum()
    )
    error = residual.std(axis=0, ddof=1) / np.sqrt(len(samples)) * 100
    return Truth(
        players=players,
        conversions=tuple(float(c) for c in conversions),
        baseline=float(mean[0]),
        total=float(mean[-1]),
        share_error=float(error.max()),
    )
