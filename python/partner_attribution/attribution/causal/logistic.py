"""Penalised logistic regression by Newton's method, with some coefficients kept from below zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

Array = Any
_STILL = 1e-8  # no coefficient moves further


def fit(  # noqa: PLR0917
    x: Array,
    y: Array,
    weight: Array,
    penalty: Array,
    not_negative: Array | None = None,
    offset: Array | None = None,
    start: Array | None = None,
) -> tuple[Array, float]:
    """Minimise weighted -log likelihood + b' penalty b / 2, with b >= 0 where not_negative.

    offset: log odds of each row that are known. start: coefficients to begin with.
    Returns the coefficients and the log likelihood without the penalty.
    """
    count = x.shape[1]
    b = np.zeros(count) if start is None else start
    known = np.zeros(len(x)) if offset is None else offset
    bound = np.array([], dtype=int) if not_negative is None else not_negative
    value = _objective(x, y, weight, penalty, b, known)
    for _ in range(60):
        p = expit(x @ b + known)
        slope = x.T @ (weight * (p - y)) + penalty @ b
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + penalty
        step = _step(b, slope, curve, bound)
        size = 1.0
        while True:
            new = b + size * step
            new[bound] = np.maximum(new[bound], 0.0)
            new_value = _objective(x, y, weight, penalty, new, known)
            if new_value <= value + 1e-9 or size < 1e-4:
                break
            size /= 2
        moved = float(np.abs(new - b).max())
        b, value = new, new_value
        if moved < _STILL:
            break
    return b, -(value - 0.5 * float(b @ penalty @ b))


def _objective(  # noqa: PLR0917
    x: Array, y: Array, weight: Array, penalty: Array, b: Array, offset: Array
) -> float:
    eta = x @ b + offset
    return float((weight * (np.logaddexp(0, eta) - y * eta)).sum() + 0.5 * b @ penalty @ b)


def _step(b: Array, slope: Array, curve: Array, not_negative: Array) -> Array:
    """Newton step among the coefficients that are free to move."""
    bound = np.zeros(len(b), dtype=bool)
    bound[not_negative] = True
    free = ~(bound & (b <= 0) & (slope > 0))
    step = np.zeros(len(b))
    for _ in range(len(b) + 1):
        step = np.zeros(len(b))
        inner = curve[np.ix_(free, free)] + 1e-9 * np.eye(int(free.sum()))
        step[free] = -np.linalg.solve(inner, slope[free])
        leaving = bound & free & (b <= 1e-12) & (step < 0)
        if not leaving.any():
            break
        free &= ~leaving
    return step
