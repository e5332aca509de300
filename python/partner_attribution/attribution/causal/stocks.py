"""Stocks: touches that fade from week to week, and count the less the more there are."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def by_weeks(
    accounts: int, weeks: int, *more: int, fill: float = 0, kind: Any = np.float32
) -> Array:
    """Return accounts x weeks x ... of one number, with all accounts of a week side by side.

    All that is done week by week then reads and writes memory in its order.
    """
    return np.full((weeks, accounts, *more), fill, kind).swapaxes(0, 1)


def stock_at_week_start(delivered: Array, half_life: float) -> Array:
    """Decayed touches before each week; those of a week count from its middle."""
    stock = np.empty_like(delivered)
    stock[:, :1] = 0
    for week in range(1, delivered.shape[1]):
        before, seen = stock[:, week - 1], delivered[:, week - 1]
        a_week_later(before, seen, half_life, stock[:, week])
    return stock


def a_week_later(stock: Array, seen: Array, half_life: float, into: Array | None = None) -> Array:
    """Decay a stock by a week, and add what came on average in the middle of it.

    into: an array that takes the result.
    """
    later: Array = np.multiply(stock, np.float32(0.5 ** (1 / half_life)), out=into)
    later += seen * np.float32(0.5 ** (0.5 / half_life))
    return later


def saturated(stock: Array, saturation: float) -> Array:
    """Diminishing returns of a stock: (1 - exp(-s x)) / s, or x itself for s = 0."""
    return stock if saturation == 0 else -np.expm1(-saturation * stock) / saturation
