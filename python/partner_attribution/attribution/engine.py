"""The engine: from conversions and journey touches to credits, exact to the cent.

Work per touch is two sorts within conversions, whatever the number of methods: one by touch_id
(ties of the rounding rule) and one by remainder (time decay). All else is arithmetic on columns.
Nothing here depends on the order of input rows, on threads or on the engine underneath.
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
    RANK_BY_ID,
    SCALE_BITS,
    TOUCH,
    TOUCH_COUNT,
    TOUCHED_AT,
    Journey,
    anchor_column,
    later_column,
    rank_column,
)
from partner_attribution.attribution.registry import DEFAULT_METHODS, Method, find_methods
from partner_attribution.attribution.settings import Settings, unknown_name
from partner_attribution.errors import AttributionError

AMOUNT = "amount_cents"
METHOD, SHARE, CENTS = "method", "credit_share", "credit_cents"

_OLDEST_AT = "__oldest_at"
_VALUE = "__value"  # |amount| as a double
_NEVER = -(2**62)  # exact as a double, so it survives engines that widen a column with nulls
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
    of its exact share, the odd cents going to the largest remainders, ties to the lowest touch_id;
    shares sum to 1 within 1e-9; the same input gives the same bits on every engine.

    Raises AttributionError for an unknown method, a missing column, and an amount that is missing
    or beyond 2**50 cents (this alone runs a query: smallest and largest amount).
    """
    settings = settings or Settings()
    chosen = tuple(method for method in find_methods(methods) if method.has_rows)
    if not chosen:
        raise AttributionError(
            "All methods given credit players only, none credits touches.",
            do="add one that does, such as markov_path",
        )
    extra = sorted({column for method in chosen for column in method.columns(settings)})
    conversion_rows = _selected(conversions, "conversions", (CONVERSION, AMOUNT))
    touch_rows = _selected(touches, "touches", (CONVERSION, TOUCH, TOUCHED_AT, *extra))
    _check_amounts(conversion_rows)

    journeys = _with_journey_facts(conversion_rows, touch_rows, chosen)
    journeys = _with_id_ranks(journeys, chosen, settings)
    journeys = _with_order(journeys, chosen)
    journeys = _with_ordered_weights(journeys, chosen, settings)
    credits = _with_credits(journeys, chosen, settings)
    return _long(credits, conversion_rows, chosen).to_native()


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


def _with_journey_facts(conversions: Frame, touches: Frame, chosen: Sequence[Method]) -> Frame:
    """Join touches to conversions; a conversion without touches keeps one row, its touch null.

    Times become yes-or-no columns here, before any sort: sorts cost by the width of their rows.
    """
    marks = _marks(chosen)
    for name, condition in marks.items():
        time = nw.when(condition).then(nw.col(TOUCHED_AT)).otherwise(nw.lit(_NEVER))
        touches = touches.with_columns(time.alias(_own_time(name)))
    facts = touches.group_by(CONVERSION).agg(
        nw.len().alias(TOUCH_COUNT),
        nw.col(TOUCHED_AT).min().alias(_OLDEST_AT),
        nw.col(TOUCHED_AT).max().alias(NEWEST_AT),
        *(nw.col(_own_time(name)).max().alias(_marked_time(name)) for name in marks),
    )
    defaults = {TOUCH_COUNT: 1, _OLDEST_AT: 0, NEWEST_AT: 0}
    defaults |= {_marked_time(name): _NEVER for name in marks}
    journeys = conversions.join(facts, on=CONVERSION, how="left").with_columns(
        nw.col(name).fill_null(value).cast(nw.Int64) for name, value in defaults.items()
    )
    journeys = journeys.with_columns(_scale_bits().alias(SCALE_BITS))
    defaults = {TOUCHED_AT: 0} | {_own_time(name): _NEVER for name in marks}
    journeys = journeys.join(touches, on=CONVERSION, how="left").with_columns(
        nw.col(name).fill_null(value).cast(nw.Int64) for name, value in defaults.items()
    )
    at = nw.col(TOUCHED_AT)
    journeys = journeys.with_columns(
        (at == nw.col(_OLDEST_AT)).alias(_candidate("first")),
        (at == nw.col(NEWEST_AT)).alias(_candidate("last")),
    )
    for name in marks:
        own, latest = nw.col(_own_time(name)), nw.col(_marked_time(name))
        exists = latest != _NEVER
        journeys = journeys.with_columns(
            (exists & (own == latest)).alias(_candidate(name)),
            (exists & (at > latest)).alias(later_column(name)),
        )
    return journeys


def _own_time(name: str) -> str:
    return f"__own_{name}_at"


def _marked_time(name: str) -> str:
    return f"__{name}_at"


def _candidate(name: str) -> str:
    return f"__may_be_{name}"


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


# --- step 2: rank by touch_id, and the weights that need no order ------------------------------


def _name(prefix: str, method: Method) -> str:
    return f"__{prefix}_{method.id}"


def _with_id_ranks(journeys: Frame, chosen: Sequence[Method], settings: Settings) -> Frame:
    unordered = [m for m in chosen if m.allocation == "ranked" and not m.needs_order]
    journeys = _with_weights(journeys, unordered, settings)
    journeys = journeys.with_columns(_row_number(TOUCH).alias(RANK_BY_ID), *_totals(unordered))
    return _with_remainders(journeys, unordered)


def _row_number(*order: str) -> nw.Expr:
    # Any column without nulls will do, except the one partitioned by (wrong on pandas).
    count = nw.col(TOUCH_COUNT).cum_count().over(CONVERSION, order_by=order)
    return count.cast(nw.Int64)


def _with_weights(journeys: Frame, ranked: Sequence[Method], settings: Settings) -> Frame:
    if not ranked:
        return journeys
    weights = {_name("weight", m): m.weights(Journey(), settings) for m in ranked}
    return journeys.with_columns(
        expression.cast(nw.Int64).alias(name) for name, expression in weights.items()
    )


def _totals(ranked: Sequence[Method]) -> list[nw.Expr]:
    return [
        nw.col(_name("weight", m)).sum().over(CONVERSION).cast(nw.Int64).alias(_name("total", m))
        for m in ranked
    ]


def _with_remainders(journeys: Frame, ranked: Sequence[Method]) -> Frame:
    """Divide the value by weights; journeys whose weights are all zero are shared evenly."""
    for method in ranked:
        weight, total = nw.col(_name("weight", method)), nw.col(_name("total", method))
        count = nw.col(TOUCH_COUNT)
        journeys = journeys.with_columns(
            nw.when(total > 0).then(weight).otherwise(1).cast(nw.Float64).alias("__weight"),
            nw.when(total > 0).then(total).otherwise(count).cast(nw.Float64).alias("__total"),
            nw.col(AMOUNT).abs().cast(nw.Float64).alias(_VALUE),
        )
        journeys = divide(
            journeys,
            amount=_VALUE,
            weight="__weight",
            total="__total",
            quotient=_name("floor", method),
            remainder="__remainder",
        )
        journeys = journeys.with_columns(
            (nw.col("__weight") / nw.col("__total")).alias(_name("share", method)),
            (0 - nw.col("__remainder").cast(nw.Int64)).alias(_name("need", method)),
        ).drop("__weight", "__total", "__remainder", _VALUE)
        journeys = journeys.drop(_name("weight", method), _name("total", method))
    return journeys


def _rankings(ranked: Sequence[Method]) -> list[nw.Expr]:
    columns = []
    for method in ranked:
        order = [_name("need", method), RANK_BY_ID]
        floors = nw.col(_name("floor", method)).cast(nw.Int64).sum().over(CONVERSION)
        columns += [
            _row_number(*order).alias(_name("rank", method)),
            floors.cast(nw.Int64).alias(_name("floors", method)),
        ]
    return columns


# --- step 3: the order of the journey, and the ranking by remainder ----------------------------


def _with_order(journeys: Frame, chosen: Sequence[Method]) -> Frame:
    """Add the touch_id rank of the first, last, ... touch: 0 where there is none.

    Among touches of one instant the lowest touch_id is the first, the highest the last.
    """
    ranked: list[Method] = [m for m in chosen if m.allocation == "ranked" and not m.needs_order]
    rank = nw.col(RANK_BY_ID)

    def highest(name: str) -> nw.Expr:
        found = nw.when(nw.col(_candidate(name))).then(rank).otherwise(0)
        return found.max().over(CONVERSION).cast(nw.Int64).alias(rank_column(name))

    order: list[nw.Expr] = []
    if any(method.needs_order for method in chosen):
        first = nw.when(nw.col(_candidate("first"))).then(rank).otherwise(nw.col(TOUCH_COUNT) + 1)
        order = [
            first.min().over(CONVERSION).cast(nw.Int64).alias(rank_column("first")),
            *(highest(name) for name in ("last", *_marks(chosen))),
        ]
    added = [*order, *_rankings(ranked)]
    return journeys.with_columns(*added) if added else journeys


def _with_ordered_weights(journeys: Frame, chosen: Sequence[Method], settings: Settings) -> Frame:
    """Weights that depend on order, their remainders and rankings."""
    ranked = [m for m in chosen if m.allocation == "ranked" and m.needs_order]
    if not ranked:
        return journeys
    journeys = _with_weights(journeys, ranked, settings).with_columns(*_totals(ranked))
    return _with_remainders(journeys, ranked).with_columns(*_rankings(ranked))


# --- step 4: shares and cents, one pair of columns per method ----------------------------------


def _with_credits(journeys: Frame, chosen: Sequence[Method], settings: Settings) -> Frame:
    """Add a share and the cents of |amount| per method."""
    journeys = journeys.with_columns(nw.col(AMOUNT).abs().cast(nw.Float64).alias(_VALUE))
    value, count = nw.col(_VALUE), nw.col(TOUCH_COUNT).cast(nw.Float64)
    for method in chosen:
        share, cents = _name("share", method), _name("cents", method)
        if method.allocation == "winner":
            won = method.weights(Journey(), settings).cast(nw.Float64)
            journeys = journeys.with_columns(won.alias(share), value.alias(cents))
        elif method.allocation == "equal":
            floor = whole(value / count)
            extra = nw.col(RANK_BY_ID) <= value - floor * count
            journeys = journeys.with_columns(
                (1.0 / count).alias(share), (floor + _one_if(extra)).alias(cents)
            )
        elif method.allocation == "ends":
            journeys = _with_end_credits(journeys, method, settings)
        else:
            floor = nw.col(_name("floor", method))
            left = value - nw.col(_name("floors", method))
            extra = nw.col(_name("rank", method)) <= left
            journeys = journeys.with_columns((floor + _one_if(extra)).alias(cents))
    return journeys


def _one_if(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(1.0).otherwise(0.0)


def _with_end_credits(journeys: Frame, method: Method, settings: Settings) -> Frame:
    """Largest remainder in closed form: the first touch, the last, and all others alike.

    Three quotients and remainders serve the whole journey. How many touches stand before one in
    the ranking (remainder, then touch_id) follows from them and from where the first and the last
    touch stand by touch_id.
    """
    first, last, between = method.ends(settings)
    pair = (first, last) if first + last else (1, 1)
    count, value = nw.col(TOUCH_COUNT), nw.col(_VALUE)

    def by_count(one: int, two: int, more: int) -> nw.Expr:
        larger = nw.when(count == 2).then(float(two)).otherwise(float(more))
        return nw.when(count == 1).then(1.0 * one).otherwise(larger)

    others = nw.when(count > 2).then(count.cast(nw.Float64) - 2.0).otherwise(0.0)
    journeys = journeys.with_columns(
        __first_part=by_count(1, pair[0], first),
        __last_part=by_count(0, pair[1], last),
        __between_part=by_count(0, 0, between),
        __parts=by_count(1, sum(pair), first + last + between),
        __others=others,
        __spread=nw.when(count > 2).then(others).otherwise(1.0),
        __first_has_lower_id=_one_if(nw.col(rank_column("first")) < nw.col(RANK_BY_ID)),
        __last_has_lower_id=_one_if(nw.col(rank_column("last")) < nw.col(RANK_BY_ID)),
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
    is_first, is_last = Journey().is_first, Journey().is_last

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
    before_first, before_last = nw.col("__first_has_lower_id"), nw.col("__last_has_lower_id")
    lower_others = nw.col(RANK_BY_ID) - 1 - before_first - before_last
    groups = (
        (nw.lit(1.0), before_first),
        (nw.lit(1.0), before_last),
        (nw.col("__others"), lower_others),
    )
    standing_before = [
        nw.when(rest > nw.col("__own_rest"))
        .then(all_of_group)
        .when(rest == nw.col("__own_rest"))
        .then(those_of_lower_id)
        .otherwise(0.0)
        for rest, (all_of_group, those_of_lower_id) in zip(rests, groups, strict=True)
    ]
    extra = _one_if(reduce(add, standing_before) < nw.col("__left"))
    return journeys.with_columns(
        (nw.col("__own_part") / nw.col("__of_parts")).alias(_name("share", method)),
        (nw.col("__own_floor") + extra).alias(_name("cents", method)),
    )


# --- step 5: long form ---------------------------------------------------------------------------


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
        return choice

    pairs = [_name(prefix, method) for prefix in ("share", "cents") for method in chosen]
    rows = credits.select(CONVERSION, TOUCH, AMOUNT, *pairs).join(names, how="cross")
    rows = rows.with_columns(of_method("share").alias(SHARE)).filter(nw.col(SHARE) > 0)
    cents = of_method("cents").cast(nw.Int64)
    signed = nw.when(nw.col(AMOUNT) < 0).then(0 - cents).otherwise(cents)
    return rows.select(CONVERSION, TOUCH, METHOD, SHARE, signed.alias(CENTS))
