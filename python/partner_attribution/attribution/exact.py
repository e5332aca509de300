"""Exact arithmetic on whole numbers held in doubles, the same bits on every engine.

Engines agree on very little: integer division rounds differently, 64-bit products overflow or
raise or wrap, `pow` and `exp` differ in the last bit. They do agree on + - * / of IEEE doubles
(each correctly rounded) and on `floor`. Everything below is built from these alone, stays below
2**53 where it must be exact, and names each step as a column, so no sub-expression is repeated.
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


def divide(
    frame: Frame, *, amount: str, weight: str, total: str, quotient: str, remainder: str
) -> Frame:
    """Add amount * weight divided by total: whole quotient and remainder, both exact.

    amount, weight, total: columns of doubles that hold whole numbers; 0 <= amount <= 2**50,
        0 <= weight <= total <= 2**52 and total >= 1.

    The quotient by way of the rounded share is off by one at most. The remainder of that guess,
    amount * weight - guess * total, is small although both products have up to 102 bits: each is
    taken as a rounded product plus its exact rounding error (Dekker 1971, doi:10.1007/BF01397083).
    Its sign and size then correct the guess.
    """
    names = ("amount", "weight", "total", "guess")
    high = {name: nw.col(f"__{name}_high") for name in names}
    low = {name: nw.col(f"__{name}_low") for name in names}
    value, share_of, of_total, guess = (
        nw.col(amount),
        nw.col(weight),
        nw.col(total),
        nw.col("__guess"),
    )
    columns = frame.collect_schema().names()
    product, guessed, rest = nw.col("__product"), nw.col("__guessed"), nw.col("__rest")

    def error(left: str, right: str, rounded: nw.Expr) -> nw.Expr:
        inner = high[left] * high[right] - rounded
        return inner + high[left] * low[right] + low[left] * high[right] + low[left] * low[right]

    frame = frame.with_columns(__guess=whole(value * (share_of / of_total)))
    frame = frame.with_columns(
        *(
            (source * _SPLITTER).alias(f"__{name}_far")
            for name, source in zip(names, (value, share_of, of_total, guess), strict=True)
        ),
        __product=value * share_of,
        __guessed=guess * of_total,
    )
    frame = frame.with_columns(
        (nw.col(f"__{name}_far") - (nw.col(f"__{name}_far") - source)).alias(f"__{name}_high")
        for name, source in zip(names, (value, share_of, of_total, guess), strict=True)
    )
    frame = frame.with_columns(
        (source - high[name]).alias(f"__{name}_low")
        for name, source in zip(names, (value, share_of, of_total, guess), strict=True)
    )
    frame = frame.with_columns(
        __rest=(product - guessed)
        + (error("amount", "weight", product) - error("guess", "total", guessed))
    )
    too_low = nw.when(rest >= of_total).then(1.0).otherwise(0.0)
    too_high = nw.when(rest < 0.0).then(1.0).otherwise(0.0)
    step = too_low - too_high
    return frame.select(
        *columns,
        (guess + step).alias(quotient),
        (rest - step * of_total).alias(remainder),
    )


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
    capped = nw.when(halvings > _MAX_HALVINGS).then(_MAX_HALVINGS).otherwise(halvings)
    rounded = whole(curve * nw.lit(2.0) ** (scale_bits - capped) + 0.5)
    return nw.when(rounded < 1.0).then(1.0).otherwise(rounded)
