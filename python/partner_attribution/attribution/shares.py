"""From facts and weights of a touch to its share and its cents, exact, by arithmetic on columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from partner_attribution.attribution.exact import estimate, part_rounded_up, whole
from partner_attribution.attribution.inputs import AMOUNT
from partner_attribution.attribution.journey import POSITION, TOUCH_COUNT, Journey
from partner_attribution.attribution.registry import Method
from partner_attribution.attribution.rows import (
    so_far_column,
    total_column,
    weight_column,
)
from partner_attribution.attribution.settings import Settings

VALUE = "__value"  # |amount| as a double
SIGN = "__sign"


def _name(prefix: str, method: Method) -> str:
    return f"{prefix}_{method.id}"


# Columns to add, layer by layer (a step may use those of the steps before); share; signed cents.
Credits = tuple[list[dict[str, nw.Expr]], nw.Expr, nw.Expr]


def _one_if(condition: nw.Expr) -> nw.Expr:
    return condition.cast(nw.Float64)  # never null; a CASE would cost DuckDB five times as much


def _winner_credits(method: Method, settings: Settings) -> Credits:
    won = method.weights(Journey(), settings) == 1
    return [], _one_if(won), nw.col(AMOUNT).cast(nw.Int64) * won.cast(nw.Int64)


def _equal_credits(method: Method, settings: Settings) -> Credits:
    value, count = nw.col(VALUE), nw.col(TOUCH_COUNT)
    name = _name("__floor", method)
    floor = nw.col(name)
    extra = _one_if(nw.col(POSITION) <= value - floor * count)
    return [{name: whole(value / count)}], 1.0 / count, (floor + extra) * nw.col(SIGN)


def _weighted_credits(method: Method, settings: Settings) -> Credits:
    """Cents up to and with the touch, less those before it: amount x running weight, rounded up.

    Journeys whose weights are all zero are shared evenly.
    """
    names = {
        part: _name(f"__{part}", method)
        for part in ("own", "to", "before", "of", "near_to", "near")
    }
    column = {part: nw.col(name) for part, name in names.items()}
    sum_of_weights = nw.col(total_column(method.id))
    has_weight = sum_of_weights > 0
    weight = nw.when(has_weight).then(nw.col(weight_column(method.id))).otherwise(1.0)
    so_far = nw.when(has_weight).then(nw.col(so_far_column(method.id))).otherwise(nw.col(POSITION))
    total = nw.when(has_weight).then(sum_of_weights).otherwise(nw.col(TOUCH_COUNT))
    own, to, before, of = (column[part] for part in ("own", "to", "before", "of"))
    value = nw.col(VALUE)
    steps = [
        {names["own"]: weight, names["to"]: so_far, names["of"]: total},
        {names["before"]: to - own},
        {
            names["near_to"]: estimate(value, to, of),
            names["near"]: estimate(value, before, of),
        },
    ]
    cents_to = part_rounded_up(value, to, of, column["near_to"])
    cents_before = part_rounded_up(value, before, of, column["near"])
    return steps, own / of, (cents_to - cents_before) * nw.col(SIGN)


def _end_credits(method: Method, settings: Settings) -> Credits:
    """Largest remainder in closed form: the first touch, the last, and all others alike.

    Three quotients and remainders serve the whole journey. How many touches stand before one in
    the ranking (remainder, then order of the journey) follows from them and from its position.
    """
    first, last, between = method.ends(settings)
    pair = (first, last) if first + last else (1, 1)
    count, value, position = nw.col(TOUCH_COUNT), nw.col(VALUE), nw.col(POSITION)
    is_first, is_last = Journey().is_first, Journey().is_last

    def by_count(one: int, two: int, more: int) -> nw.Expr:
        larger = nw.when(count == 2).then(float(two)).otherwise(float(more))
        return nw.when(count == 1).then(1.0 * one).otherwise(larger)

    def named(part: str) -> str:
        return _name(f"__{part}", method)

    def col(part: str) -> nw.Expr:
        return nw.col(named(part))

    kinds = ("first", "last", "between")
    parts, others, spread, unit = (col(name) for name in ("parts", "others", "spread", "unit"))
    over = value - unit * parts
    rest = {
        kind: over * col(f"{kind}_part")
        - (col(f"{kind}_floor") - unit * col(f"{kind}_part")) * parts
        for kind in kinds
    }
    # The part of all touches between is divided once more; remainders are in units of 1 / spread.
    together, each = col("between_floor"), col("each_floor")
    steps = [
        {
            named("first_part"): by_count(1, pair[0], first),
            named("last_part"): by_count(0, pair[1], last),
            named("between_part"): by_count(0, 0, between),
            named("parts"): by_count(1, sum(pair), first + last + between),
            named("others"): nw.max_horizontal(count - 2.0, nw.lit(0.0)),
            named("spread"): nw.max_horizontal(count - 2.0, nw.lit(1.0)),
        },
        {named("unit"): whole(value / parts)},
        {
            named(f"{kind}_floor"): unit * col(f"{kind}_part")
            + whole(over * col(f"{kind}_part") / parts)
            for kind in kinds
        },
        {
            named("first_rest"): rest["first"] * spread,
            named("last_rest"): rest["last"] * spread,
            named("between_rest"): rest["between"],
            named("each_floor"): whole(together / spread),
        },
        {
            named("each_rest"): (together - each * spread) * parts + col("between_rest"),
            named("left"): value - col("first_floor") - col("last_floor") - others * each,
        },
    ]

    def own(of_first: nw.Expr, of_last: nw.Expr, of_others: nw.Expr) -> nw.Expr:
        return nw.when(is_first).then(of_first).when(is_last).then(of_last).otherwise(of_others)

    first_rest, last_rest, each_rest = col("first_rest"), col("last_rest"), col("each_rest")
    # How many touches rank higher; among equal remainders those earlier in the journey do.
    standing_before = own(
        _one_if(last_rest > first_rest) + _one_if(each_rest > first_rest) * others,
        _one_if(first_rest >= last_rest) + _one_if(each_rest >= last_rest) * others,
        _one_if(first_rest >= each_rest) + _one_if(last_rest > each_rest) + (position - 2.0),
    )
    share = own(
        col("first_part") / parts, col("last_part") / parts, col("between_part") / (parts * spread)
    )
    floor = own(col("first_floor"), col("last_floor"), each)
    return steps, share, (floor + _one_if(standing_before < col("left"))) * nw.col(SIGN)


CREDITS: Mapping[str, Callable[[Method, Settings], Credits]] = {
    "winner": _winner_credits,
    "equal": _equal_credits,
    "ends": _end_credits,
    "weighted": _weighted_credits,
}
