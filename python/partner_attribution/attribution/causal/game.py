"""The Shapley value of any set function, over all coalitions or over sampled orders of players."""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np

Array = Any


def coalitions(players: int, exact: int, orders: int) -> tuple[Array, Array]:
    """Return coalitions (rows of 0 and 1) and the matrix from their values to Shapley values.

    The first coalition is empty, the last is everyone. With more than `exact` players, `orders`
    pairs of an order and its reverse are drawn with a fixed seed; values still sum exactly.
    """
    if players <= exact:
        return _all(players)
    rng = np.random.default_rng(0)
    rows = [np.zeros(players, dtype=int)]
    value = []
    for _ in range(orders):
        order = rng.permutation(players)
        for one in (order, order[::-1]):
            start = len(rows)
            for size in range(1, players):
                member = np.zeros(players, dtype=int)
                member[one[:size]] = 1
                rows.append(member)
            value.append((one, [0, *range(start, start + players - 1), -1]))
    rows.append(np.ones(players, dtype=int))
    matrix = np.zeros((players, len(rows)))
    for one, places in value:
        for i, player in enumerate(one):
            matrix[player, places[i + 1]] += 1 / len(value)
            matrix[player, places[i]] -= 1 / len(value)
    return np.array(rows), matrix


def _all(players: int) -> tuple[Array, Array]:
    masks = np.arange(2**players)
    rows = (masks[:, None] >> np.arange(players)) & 1
    size = rows.sum(axis=1)
    weight = np.array(
        [factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)]
    )
    matrix = np.zeros((players, len(masks)))
    for player in range(players):
        without = masks[rows[:, player] == 0]
        matrix[player, without | (1 << player)] += weight[size[without]]
        matrix[player, without] -= weight[size[without]]
    return rows, matrix
