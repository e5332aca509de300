"""The engine: from conversions and journey touches to credits, exact to the cent.

Work per touch is two sorts within conversions, whatever the number of methods, both by time: one
for positions, one for the running sums of weights. All else is arithmetic on columns. Nothing here
depends on the order of input rows, on threads or on the engine underneath.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add
from typing import Any

import narwhals as nw

from partner_attribution.attribution.exact import MAX_AMOUNT_CENTS, Frame, divide, whole
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
from partner_attribution.attribution.settings import Settings, unknown_name
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

    Raises AttributionError for an unknown method, a missing column, and an amount that is missing
    or beyond 2**50 cents (this alone runs a query: smallest and largest amount).
    """
    chosen = _with_rows(methods)
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
    journeys = _with_credits(journeys, chosen, settings)
    pairs = [(_name("share", method), _name("cents", method)) for method in chosen]
    return journeys.select(
        CONVERSION,
        TOUCH,
        *(nw.col(share) for share, _ in pairs),
        *((nw.col(cents) * nw.col(_SIGN)).cast(nw.Int64).alias(cents) for _, cents in pairs),
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
            error = unknown_name("column", column, found)
            raise AttributionError(
                f"{name} has no column {column!r}.", expected=error.expected, do=error.do
            )
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
    size = nw.col(AMOUNT).cast(nw.Float64)
    return conversions.join(touches, on=CONVERSION, how="left").with_columns(
        nw.col(TOUCHED_AT).fill_null(0).cast(nw.Int64),
        size.abs().alias(_VALUE),
        nw.when(size < 0).then(-1.0).otherwise(1.0).alias(_SIGN),
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
    """Bits left for one weight so that all weights of a journey sum to at most 2**52."""
    bits: nw.Expr = nw.lit(_MAX_SCALE_BITS - 31)
    for doublings in range(30, -1, -1):
        fits = nw.col(TOUCH_COUNT) <= 2**doublings
        bits = nw.when(fits).then(_MAX_SCALE_BITS - doublings).otherwise(bits)
    return bits.cast(nw.Float64)


# --- step 2: the order of the journey, and running sums ----------------------------------------


def _name(prefix: str, method: Method) -> str:
    return f"{prefix}_{method.id}"


def _with_order(journeys: Frame, chosen: Sequence[Method]) -> Frame:
    """Add, by one sort, the position of each touch and what its journey amounts to."""
    # Any column without nulls will do, except the one partitioned by (wrong on pandas).
    position = nw.col(_VALUE).cum_count().over(CONVERSION, order_by=(TOUCHED_AT, TOUCH))
    marks = _marks(chosen)
    return journeys.with_columns(
        position.cast(nw.Float64).alias(POSITION),
        nw.col(_VALUE).count().over(CONVERSION).cast(nw.Float64).alias(TOUCH_COUNT),
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


def _with_credits(journeys: Frame, chosen: Sequence[Method], settings: Settings) -> Frame:
    """Add a share and the cents of |amount| per method."""
    value, count, position = nw.col(_VALUE), nw.col(TOUCH_COUNT), nw.col(POSITION)
    for method in chosen:
        share, cents = _name("share", method), _name("cents", method)
        if method.allocation == "winner":
            won = method.weights(Journey(), settings).cast(nw.Float64)
            journeys = journeys.with_columns(won.alias(share))
            journeys = journeys.with_columns((nw.col(share) * value).alias(cents))
        elif method.allocation == "equal":
            floor = whole(value / count)
            extra = position <= value - floor * count
            journeys = journeys.with_columns(
                (1.0 / count).alias(share), (floor + _one_if(extra)).alias(cents)
            )
        elif method.allocation == "ends":
            journeys = _with_end_credits(journeys, method, settings)
        else:
            journeys = _with_weighted_credits(journeys, method)
    return journeys


def _one_if(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(1.0).otherwise(0.0)


def _with_weighted_credits(journeys: Frame, method: Method) -> Frame:
    """Cents up to and with the touch, less those before it: amount x running weight, rounded up.

    With w of the touch and C up to it, both quotients and remainders exact, the cents before the
    touch are amount x (C - w) / total, so that one more quotient spares a look at its neighbour.
    Journeys whose weights are all zero are shared evenly.
    """
    names = {part: _name(f"__{part}", method) for part in ("weight", "so_far", "total")}
    weight, so_far, total = (nw.col(name) for name in names.values())
    share, cents = _name("share", method), _name("cents", method)
    journeys = journeys.with_columns(
        nw.when(total > 0).then(weight).otherwise(1.0).alias(names["weight"]),
        nw.when(total > 0).then(so_far).otherwise(nw.col(POSITION)).alias(names["so_far"]),
        nw.when(total > 0).then(total).otherwise(nw.col(TOUCH_COUNT)).alias(names["total"]),
    )
    for part, quotient, rest in (
        ("weight", "__cents", "__cent_rest"),
        ("so_far", "__to", "__to_rest"),
    ):
        journeys = divide(
            journeys,
            amount=_VALUE,
            weight=names[part],
            total=names["total"],
            quotient=quotient,
            remainder=rest,
        )
    up_to = _one_if(nw.col("__to_rest") > 0)
    before = _one_if(nw.col("__to_rest") > nw.col("__cent_rest"))
    return journeys.with_columns(
        (weight / total).alias(share), (nw.col("__cents") + up_to - before).alias(cents)
    ).drop("__cents", "__cent_rest", "__to", "__to_rest", *names.values())


def _with_end_credits(journeys: Frame, method: Method, settings: Settings) -> Frame:
    """Largest remainder in closed form: the first touch, the last, and all others alike.

    Three quotients and remainders serve the whole journey. How many touches stand before one in
    the ranking (remainder, then order of the journey) follows from them and from its position.
    """
    first, last, between = method.ends(settings)
    pair = (first, last) if first + last else (1, 1)
    count, value = nw.col(TOUCH_COUNT), nw.col(_VALUE)
    is_first, is_last = Journey().is_first, Journey().is_last

    def by_count(one: int, two: int, more: int) -> nw.Expr:
        larger = nw.when(count == 2).then(float(two)).otherwise(float(more))
        return nw.when(count == 1).then(1.0 * one).otherwise(larger)

    others = nw.when(count > 2).then(count - 2.0).otherwise(0.0)
    journeys = journeys.with_columns(
        __first_part=by_count(1, pair[0], first),
        __last_part=by_count(0, pair[1], last),
        __between_part=by_count(0, 0, between),
        __parts=by_count(1, sum(pair), first + last + between),
        __others=others,
        __spread=nw.when(count > 2).then(others).otherwise(1.0),
    )
    parts, spread = nw.col("__parts"), nw.col("__spread")
    journeys = journeys.with_columns(__unit=whole(value / parts))
    journeys = journeys.with_columns(__over=value - nw.col("__unit") * parts)
    kinds = ("first", "last", "between")
    part = {kind: nw.col(f"__{kind}_part") for kind in kinds}
    journeys = journeys.with_columns(
        whole(nw.col("__over") * part[kind] / parts).alias(f"__{kind}_more") for kind in kinds
    )
    journeys = journeys.with_columns(
        *(
            (nw.col("__unit") * part[kind] + nw.col(f"__{kind}_more")).alias(f"__{kind}_floor")
            for kind in kinds
        ),
        *(
            (nw.col("__over") * part[kind] - nw.col(f"__{kind}_more") * parts).alias(
                f"__{kind}_rest"
            )
            for kind in kinds
        ),
    )
    # The part of all touches between is divided once more; remainders are in units of 1 / spread.
    together = nw.col("__between_floor")
    journeys = journeys.with_columns(__each_floor=whole(together / spread))
    each = nw.col("__each_floor")
    journeys = journeys.with_columns(
        __each_rest=(together - each * spread) * parts + nw.col("__between_rest"),
        __first_rest=nw.col("__first_rest") * spread,
        __last_rest=nw.col("__last_rest") * spread,
        __left=value - nw.col("__first_floor") - nw.col("__last_floor") - nw.col("__others") * each,
    )

    def own(of_first: nw.Expr, of_last: nw.Expr, of_others: nw.Expr) -> nw.Expr:
        return nw.when(is_first).then(of_first).when(is_last).then(of_last).otherwise(of_others)

    rests = [nw.col(f"__{kind}_rest") for kind in ("first", "last", "each")]
    floors = [nw.col(f"__{kind}_floor") for kind in ("first", "last", "each")]
    journeys = journeys.with_columns(
        __own_floor=own(*floors),
        __own_rest=own(*rests),
        __own_part=own(part["first"], part["last"], part["between"]),
        __of_parts=own(parts, parts, parts * spread),
    )
    # How many there are, and how many of them are earlier than this touch.
    earlier_others = nw.when(is_first).then(0.0).otherwise(nw.col(POSITION) - 2.0)
    groups = (
        (nw.lit(1.0), _one_if(nw.col(POSITION) > 1)),
        (nw.lit(1.0), nw.lit(0.0)),
        (nw.col("__others"), earlier_others),
    )
    standing_before = [
        nw.when(rest > nw.col("__own_rest"))
        .then(all_of_them)
        .when(rest == nw.col("__own_rest"))
        .then(earlier)
        .otherwise(0.0)
        for rest, (all_of_them, earlier) in zip(rests, groups, strict=True)
    ]
    extra = _one_if(reduce(add, standing_before) < nw.col("__left"))
    return journeys.with_columns(
        (nw.col("__own_part") / nw.col("__of_parts")).alias(_name("share", method)),
        (nw.col("__own_floor") + extra).alias(_name("cents", method)),
    )


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
