"""The engine: from conversions and journey touches to credits, exact to the cent.

Work per touch is two sorts within conversions, whatever the number of methods, both by time: one
for positions, one for the running sums of weights. All else is arithmetic on columns. Nothing here
depends on the order of input rows, on threads or on the engine underneath.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import narwhals as nw

from partner_attribution.attribution.exact import (
    MAX_AMOUNT_CENTS,
    Frame,
    estimate,
    number,
    part_rounded_up,
    whole,
)
from partner_attribution.attribution.inputs import check_inputs, missing_column
from partner_attribution.attribution.journey import (
    CONVERSION,
    NEWEST_AT,
    POSITION,
    SCALE_BITS,
    TOUCH,
    TOUCH_COUNT,
    TOUCHED_AT,
    Journey,
    anchor_column,
    marked_column,
    marked_so_far_column,
    marked_total_column,
)
from partner_attribution.attribution.registry import DEFAULT_METHODS, Method, find_methods
from partner_attribution.attribution.settings import Settings
from partner_attribution.errors import AttributionError

AMOUNT = "amount_cents"
METHOD, SHARE, CENTS = "method", "credit_share", "credit_cents"

_VALUE = "__value"  # |amount| as a double
_SIGN = "__sign"
_MAX_SCALE_BITS = 52


def attribute(
    conversions: Any,
    touches: Any,
    methods: Iterable[str] = DEFAULT_METHODS,
    settings: Settings | None = None,
) -> Any:
    """Share every conversion among the touches of its journey, by each method.

    conversions: one row per conversion: conversion_id, amount_cents (whole, any sign).
    touches: one row per conversion and eligible touch: conversion_id, touch_id, touched_at_us and
        whatever else the methods read (is_direct, anchors, ...). Unique by conversion and touch.
    methods: names in the registry; those that credit players only (markov_global) have no rows
        here. Methods learned per player read columns that `with_player_weights` adds.
    settings: parameters of all methods.

    Both frames are anything Narwhals reads, from one engine. Returns that engine's own frame, lazy
    if the input is: conversion_id, touch_id, method, credit_share, credit_cents, one row per
    conversion, method and touch with a share. A conversion without touches has one row per method
    with touch_id null, share 1 and the whole amount. Row order is not defined.

    Guarantees, per conversion and method: cents sum to amount_cents; each credit is within a cent
    of its exact share, the odd cents going where docs/methods.md says; shares sum to 1 within 1e-9;
    the same input gives the same bits on every engine.

    Raises AttributionError for an unknown method, a missing column, an amount that is missing or
    beyond 2**50 cents (this alone runs a query: smallest and largest amount), and what
    `check_inputs` refuses.
    """
    chosen = _with_rows(methods)
    check_inputs(conversions, touches)
    credits = nw.from_native(attribute_wide(conversions, touches, methods, settings))
    return _long(credits, nw.from_native(conversions), chosen).to_native()


def attribute_wide(
    conversions: Any,
    touches: Any,
    methods: Iterable[str] = DEFAULT_METHODS,
    settings: Settings | None = None,
) -> Any:
    """Do the same as `attribute`, in one row per conversion and touch.

    Returns conversion_id, touch_id, and per method share_<method> and cents_<method>; a touch
    without a share has 0 in both. Large journeys are stored like this: a sixth of the rows.
    """
    settings = settings or Settings()
    chosen = _with_rows(methods)
    extra = sorted({column for method in chosen for column in method.columns(settings)})
    conversion_rows = _selected(conversions, "conversions", (CONVERSION, AMOUNT))
    touch_rows = _selected(touches, "touches", (CONVERSION, TOUCH, TOUCHED_AT, *extra))
    _check_amounts(conversion_rows)

    journeys = _with_order(_joined(conversion_rows, touch_rows, chosen), chosen)
    journeys = _with_weights(journeys, chosen, settings)
    size = nw.col(AMOUNT).cast(nw.Float64)
    journeys = journeys.with_columns(
        size.abs().alias(_VALUE), nw.when(size < 0).then(-1.0).otherwise(1.0).alias(_SIGN)
    )
    credits = [_CREDITS[method.allocation](method, settings) for method in chosen]
    # Each layer is a query around the last: steps of all methods share them.
    for layer in zip_longest(*(steps for steps, _, _ in credits), fillvalue={}):
        journeys = journeys.with_columns(
            expression.alias(name) for step in layer for name, expression in step.items()
        )
    named = list(zip(chosen, credits, strict=True))
    return journeys.select(
        CONVERSION,
        TOUCH,
        *(share.alias(_name("share", method)) for method, (_, share, _) in named),
        *(cents.cast(nw.Int64).alias(_name("cents", method)) for method, (_, _, cents) in named),
    ).to_native()


def _with_rows(methods: Iterable[str]) -> tuple[Method, ...]:
    chosen = tuple(method for method in find_methods(methods) if method.has_rows)
    if not chosen:
        raise AttributionError(
            "All methods given credit players only, none credits touches.",
            do="add one that does, such as markov_path",
        )
    return chosen


def _selected(native: Any, name: str, columns: Sequence[str]) -> Any:
    frame = nw.from_native(native)
    found = frame.collect_schema().names()
    for column in columns:
        if column not in found:
            raise missing_column(name, column, found)
    return frame.select(*columns)


def _check_amounts(conversions: Frame) -> None:
    amount = nw.col(AMOUNT)
    summary = conversions.select(
        least=amount.min(), most=amount.max(), known=amount.count(), rows=nw.len()
    )
    found = summary.collect() if isinstance(summary, nw.LazyFrame) else summary
    least, most, known, rows = (found[name].item() for name in ("least", "most", "known", "rows"))
    if known < rows:
        raise AttributionError(
            f"{int(rows - known)} conversions have no amount_cents.",
            expected="a whole number of cents; 0 where a conversion only counts",
        )
    for extreme in (least, most) if rows else ():
        if abs(extreme) > MAX_AMOUNT_CENTS:
            raise AttributionError(
                f"An amount of {int(extreme)} cents is too large to be shared exactly.",
                expected=f"at most {MAX_AMOUNT_CENTS} cents either way",
                do="look for a wrong currency or unit in int_milestones",
            )


# --- step 1: one row per touch, and what its journey amounts to -------------------------------


def _joined(conversions: Frame, touches: Frame, chosen: Sequence[Method]) -> Frame:
    """Join touches to conversions; a conversion without touches keeps one row, its touch null."""
    marks = _marks(chosen)
    touches = touches.with_columns(
        nw.when(condition).then(1.0).otherwise(0.0).alias(marked_column(name))
        for name, condition in marks.items()
    )
    return conversions.join(touches, on=CONVERSION, how="left").with_columns(
        nw.col(TOUCHED_AT).fill_null(0).cast(nw.Int64),
        *(nw.col(marked_column(name)).fill_null(0.0) for name in marks),
    )


def _marks(chosen: Sequence[Method]) -> dict[str, nw.Expr]:
    """Which touches count as the anchor of a milestone, or as not direct."""

    def is_true(column: str) -> nw.Expr:
        return nw.col(column).fill_null(False).cast(nw.Boolean)

    milestones = sorted({name for method in chosen for name in method.anchors})
    marks = {name: is_true(anchor_column(name)) for name in milestones}
    if any(method.skips_direct for method in chosen):
        marks["non_direct"] = ~is_true("is_direct")
    return marks


def _scale_bits() -> nw.Expr:
    """Bits left for one weight so that all weights of a journey sum to at most 2**52.

    With n touches that is 52 less log2(n), rounded up. The logarithm of n - 0.5 is never so near a
    whole number that its last bits, in which engines differ, could matter.
    """
    doublings = whole((nw.col(TOUCH_COUNT) - 0.5).log(2)) + 1.0
    return _MAX_SCALE_BITS - doublings


# --- step 2: the order of the journey, and running sums ----------------------------------------


def _name(prefix: str, method: Method) -> str:
    return f"{prefix}_{method.id}"


def _with_order(journeys: Frame, chosen: Sequence[Method]) -> Frame:
    """Add, by one sort, the position of each touch and what its journey amounts to."""
    # Any column without nulls will do, except the one partitioned by (wrong on pandas).
    position = nw.col(AMOUNT).cum_count().over(CONVERSION, order_by=(TOUCHED_AT, TOUCH))
    marks = _marks(chosen)
    return journeys.with_columns(
        position.cast(nw.Float64).alias(POSITION),
        nw.col(AMOUNT).count().over(CONVERSION).cast(nw.Float64).alias(TOUCH_COUNT),
        nw.col(TOUCHED_AT).max().over(CONVERSION).alias(NEWEST_AT),
        *(_running(marked_column(name), marked_so_far_column(name)) for name in marks),
        *(
            nw.col(marked_column(name)).sum().over(CONVERSION).alias(marked_total_column(name))
            for name in marks
        ),
    )


def _running(column: str, alias: str) -> nw.Expr:
    # Sums of whole numbers below 2**53 are exact as doubles, in whatever order they are made.
    return nw.col(column).cum_sum().over(CONVERSION, order_by=(TOUCHED_AT, TOUCH)).alias(alias)


def _with_weights(journeys: Frame, chosen: Sequence[Method], settings: Settings) -> Frame:
    """Add the weights of methods that need them, and their running sums by a second sort."""
    weighted = [method for method in chosen if method.allocation == "weighted"]
    if not weighted:
        return journeys
    journeys = journeys.with_columns(_scale_bits().alias(SCALE_BITS))
    journeys = journeys.with_columns(
        m.weights(Journey(), settings).cast(nw.Float64).alias(_name("__weight", m))
        for m in weighted
    )
    return journeys.with_columns(
        *(_running(_name("__weight", m), _name("__so_far", m)) for m in weighted),
        *(
            nw.col(_name("__weight", m)).sum().over(CONVERSION).alias(_name("__total", m))
            for m in weighted
        ),
    )


# --- step 3: shares and cents, one pair of columns per method ----------------------------------

# Columns to add, layer by layer (a step may use those of the steps before); share; signed cents.
Credits = tuple[list[dict[str, nw.Expr]], nw.Expr, nw.Expr]


def _one_if(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(1.0).otherwise(0.0)


def _winner_credits(method: Method, settings: Settings) -> Credits:
    won = method.weights(Journey(), settings) == 1
    cents = nw.when(won).then(nw.col(AMOUNT).cast(nw.Int64)).otherwise(number(0))
    return [], _one_if(won), cents


def _equal_credits(method: Method, settings: Settings) -> Credits:
    value, count = nw.col(_VALUE), nw.col(TOUCH_COUNT)
    name = _name("__floor", method)
    floor = nw.col(name)
    extra = _one_if(nw.col(POSITION) <= value - floor * count)
    return [{name: whole(value / count)}], 1.0 / count, (floor + extra) * nw.col(_SIGN)


def _weighted_credits(method: Method, settings: Settings) -> Credits:
    """Cents up to and with the touch, less those before it: amount x running weight, rounded up.

    Journeys whose weights are all zero are shared evenly.
    """
    names = {
        part: _name(f"__{part}", method)
        for part in ("weight", "so_far", "total", "own", "to", "before", "of", "near_to", "near")
    }
    column = {part: nw.col(name) for part, name in names.items()}
    has_weight = column["total"] > 0
    weight = nw.when(has_weight).then(column["weight"]).otherwise(1.0)
    so_far = nw.when(has_weight).then(column["so_far"]).otherwise(nw.col(POSITION))
    total = nw.when(has_weight).then(column["total"]).otherwise(nw.col(TOUCH_COUNT))
    own, to, before, of = (column[part] for part in ("own", "to", "before", "of"))
    value = nw.col(_VALUE)
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
    return steps, own / of, (cents_to - cents_before) * nw.col(_SIGN)


def _end_credits(method: Method, settings: Settings) -> Credits:
    """Largest remainder in closed form: the first touch, the last, and all others alike.

    Three quotients and remainders serve the whole journey. How many touches stand before one in
    the ranking (remainder, then order of the journey) follows from them and from its position.
    """
    first, last, between = method.ends(settings)
    pair = (first, last) if first + last else (1, 1)
    count, value, position = nw.col(TOUCH_COUNT), nw.col(_VALUE), nw.col(POSITION)
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
    return steps, share, (floor + _one_if(standing_before < col("left"))) * nw.col(_SIGN)


_CREDITS: Mapping[str, Callable[[Method, Settings], Credits]] = {
    "winner": _winner_credits,
    "equal": _equal_credits,
    "ends": _end_credits,
    "weighted": _weighted_credits,
}


# --- step 4: long form ---------------------------------------------------------------------------


def _long(credits: Frame, conversions: Frame, chosen: Sequence[Method]) -> Frame:
    """One row per conversion, method and touch with a share.

    A join with the list of methods reads the credits once; a union of one query per method would
    compute everything once per method on lazy engines.
    """
    one_row = conversions.select(nw.len().alias("__rows"))
    names = nw.concat(
        [one_row.select(nw.lit(method.id).alias(METHOD)) for method in chosen], how="vertical"
    )

    def of_method(prefix: str) -> nw.Expr:
        choice = nw.col(_name(prefix, chosen[-1]))
        for method in reversed(chosen[:-1]):
            is_method = nw.col(METHOD) == method.id
            choice = nw.when(is_method).then(nw.col(_name(prefix, method))).otherwise(choice)
        return choice.alias({"share": SHARE, "cents": CENTS}[prefix])

    rows = credits.join(names, how="cross").with_columns(of_method("share"), of_method("cents"))
    return rows.filter(nw.col(SHARE) > 0).select(CONVERSION, TOUCH, METHOD, SHARE, CENTS)
