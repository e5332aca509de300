"""Positions on the page. Figures come in decided; only places and strengths come out.

All positions are percentages of the cell or chart they stand in, so nothing needs a fixed width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

Number = Decimal | int | float
Item = TypeVar("Item")


def top_of(values: Iterable[Number | None]) -> float:
    """The end of a scale that starts at zero: the largest value, or 1 when there is none."""
    largest = max((float(value) for value in values if value is not None), default=0.0)
    return largest if largest > 0 else 1.0


def place(value: Number | None, top: float) -> str | None:
    """Where a value stands between 0 and top, as a percentage; clipped to the scale."""
    if value is None:
        return None
    return _printed(100 * min(max(float(value) / top, 0.0), 1.0))


def between(low: Number, high: Number, top: float) -> tuple[str, str]:
    """Start and width of a span on a scale from 0 to top."""
    start = 100 * min(max(float(low) / top, 0.0), 1.0)
    end = 100 * min(max(float(high) / top, 0.0), 1.0)
    return _printed(start), _printed(max(end - start, 0.0))


class LogScale:
    """A scale of whole powers of ten that holds every value and 1."""

    def __init__(self, values: Iterable[float]) -> None:
        positive = [value for value in values if value > 0]
        self.low = math.floor(math.log10(min([*positive, 1.0])))
        self.high = max(math.ceil(math.log10(max([*positive, 1.0]))), self.low + 1)

    def place(self, value: float | None) -> str | None:
        """Where a value stands; none for no value, the left end for zero and less."""
        if value is None:
            return None
        if value <= 0:
            return "0"
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return _printed(100 * min(max(share, 0.0), 1.0))

    def ends(self) -> tuple[str, str]:
        """The labels of both ends."""
        return _power_of_ten(self.low), _power_of_ten(self.high)


def strength(value: Number | None, top: float, *, most: int = 34) -> int:
    """How strongly to shade a cell, 0 to `most` percent of the shading colour."""
    if value is None:
        return 0
    return round(most * min(max(float(value) / top, 0.0), 1.0))


def loss_strength(rate: float, lowest: float, highest: float, *, most: int = 34) -> int:
    """How strongly to shade a step that loses leads: fully at the lowest rate compared."""
    if highest <= lowest:
        return most // 3
    return round(most * (highest - min(max(rate, lowest), highest)) / (highest - lowest))


def polyline(days: Sequence[date], values: Sequence[Number], top: float) -> str:
    """The points of a line across a 100 x 100 box; days without a row take their place too."""
    length = max((days[-1] - days[0]).days, 1)
    return " ".join(
        f"{_printed(100 * (day - days[0]).days / length)},"
        f"{_printed(100 - 100 * min(max(float(value) / top, 0.0), 1.0))}"
        for day, value in zip(days, values, strict=True)
    )


def ticks(first: date, last: date, count: int) -> list[date]:
    """Evenly spaced days from the first to the last, both among them."""
    length = (last - first).days
    steps = max(min(count - 1, length), 1)
    return [first + timedelta(days=round(at * length / steps)) for at in range(steps + 1)]


def spaced(items: Sequence[Item], count: int) -> list[Item]:
    """At most `count` of the items, evenly spaced, the first and the last among them."""
    if len(items) <= count:
        return list(items)
    steps = count - 1
    return [items[round(at * (len(items) - 1) / steps)] for at in range(count)]


def _power_of_ten(exponent: int) -> str:
    return str(10**exponent) if exponent >= 0 else f"{10.0**exponent:g}"


def _printed(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
