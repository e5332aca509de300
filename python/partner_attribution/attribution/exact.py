"""Exact arithmetic on whole numbers held in doubles, the same bits on every engine.

Engines agree on very little: integer division rounds differently, 64-bit products overflow or
raise or wrap, `pow` and `exp` differ in the last bit. They do agree on + - * / of IEEE doubles
(each correctly rounded) and on `floor`. Everything below is built from these alone, stays below
2**53 where it must be exact.
"""

from __future__ import annotations

from typing import TypeVar

import narwhals as nw

Frame = TypeVar("Frame", nw.DataFrame, nw.LazyFrame)  # type: ignore[type-arg]

MAX_AMOUNT_CENTS = 2**50  # 11.2 million million currency units
MAX_TOTAL_WEIGHT = 2**52
_SPLITTER = float(2**27 + 1)

# 2**-x = 1 + x * (c1 + x * (c2 + ...)) for 0 <= x < 1, by interpolation at Chebyshev nodes.
# Relative error below 3 * 2**-53; exactly 1 at 0 and exactly a half at 1.
_HALVING = (
    -0.6931471805599453,
    0.2402265069590985,
    -0.05550410866473285,
    0.009618129106241331,
    -0.001333355803508817,
    0.0001540352517215062,
    -1.5252580836125649e-05,
    1.3212599041458506e-06,
    -1.0142862251827564e-07,
    6.785037152904477e-09,
    -3.2435703048209343e-10,
)
_MAX_HALVINGS = 62.0  # beyond it every weight is the smallest one anyway


def number(value: int) -> nw.Expr:
    """Return a 64-bit constant. A bare integer is 32 bits wide on DuckDB and Spark."""
    return nw.lit(value, dtype=nw.Int64)


def whole(expression: nw.Expr) -> nw.Expr:
    """Round down to a whole number, kept as a double (Spark's floor returns an integer)."""
    return expression.floor().cast(nw.Float64)


def round_up(expression: nw.Expr) -> nw.Expr:
    """Round up to a whole number, kept as a double (Spark's ceil returns an integer)."""
    return expression.ceil().cast(nw.Float64)


def estimate(amount: nw.Expr, part: nw.Expr, total: nw.Expr) -> nw.Expr:
    """Return amount * part / total within amount * 2**-51, for `part_rounded_up`."""
    return amount * (part / total)


def part_rounded_up(amount: nw.Expr, part: nw.Expr, total: nw.Expr, estimated: nw.Expr) -> nw.Expr:
    """Return amount * part / total rounded up to a whole number, exact.

    amount, part, total: doubles that hold whole numbers; 0 <= amount <= 2**50,
        0 <= part <= total <= 2**52 and total >= 1. estimated: what `estimate` says, as a column.

    Twice the error of the estimate to either side, nearly all rows round up to the same number. The
    few that do not take the long way, by the exact remainder of a guess. Nothing and all of a total
    are whole numbers, and known.
    """
    margin = amount * 2.0**-50
    most = round_up(estimated + margin)
    is_sure = round_up(estimated - margin) == most
    guess = whole(estimated)
    remainder = _product(amount, part, less=guess, times=total)
    # A remainder of up to 2**53 divided by the total never rounds to another whole number.
    exact = guess + round_up(remainder / total)
    known = nw.when(part == total).then(amount).when(part == 0).then(0.0)
    return known.when(is_sure).then(most).otherwise(exact)


def _product(left: nw.Expr, right: nw.Expr, *, less: nw.Expr, times: nw.Expr) -> nw.Expr:
    """Return left * right - less * times, exact where that is small, though both have 102 bits.

    Each product is a rounded one plus its exact rounding error (Dekker 1971,
    doi:10.1007/BF01397083).
    """
    first, second = left * right, less * times
    return (first - second) + (_error(left, right, first) - _error(less, times, second))


def _error(left: nw.Expr, right: nw.Expr, rounded: nw.Expr) -> nw.Expr:
    left_high, right_high = _high(left), _high(right)
    left_low, right_low = left - left_high, right - right_high
    inner = left_high * right_high - rounded
    return inner + left_high * right_low + left_low * right_high + left_low * right_low


def _high(value: nw.Expr) -> nw.Expr:
    """Return the upper half of the digits."""
    far = value * _SPLITTER
    return far - (far - value)


def halving_weight(age: nw.Expr, half_life: nw.Expr, scale_bits: nw.Expr) -> nw.Expr:
    """Return round(2**scale_bits * 2**-(age / half_life)), at least 1, as a double.

    age, half_life: whole numbers below 2**53 of the same unit; age >= 0, half_life >= 1.
    Whole half-lives give exact powers of two, so equal remainders stay equal.
    """
    halvings = whole(age / half_life)
    fraction = (age - halvings * half_life) / half_life
    curve = nw.lit(_HALVING[-1])
    for coefficient in reversed(_HALVING[:-1]):
        curve = curve * fraction + coefficient
    curve = curve * fraction + 1.0
    capped = nw.min_horizontal(halvings, nw.lit(_MAX_HALVINGS))
    rounded = whole(curve * nw.lit(2.0) ** (scale_bits - capped) + 0.5)
    # Not nw.when: inside a CASE, DuckDB would compute each repeated part again.
    return nw.max_horizontal(rounded, nw.lit(1.0))
