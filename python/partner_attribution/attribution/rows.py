"""The rows that credits are made of: one per touch, with all that its journey says about it.

Where it can be, one sort serves all methods: totals of a journey come from a group, and weights
that do not ask for the order have their running sums in the sort that finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals as nw

from partner_attribution.attribution.exact import whole
from partner_attribution.attribution.inputs import AMOUNT
from partner_attribution.attribution.journey import (
    CONVERSION,
    JOURNEY,
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
from partner_attribution.attribution.on_duckdb import query
from partner_attribution.attribution.registry import Method
from partner_attribution.attribution.settings import Settings

_MAX_SCALE_BITS = 52


def weight_column(method: str) -> str:
    """Return the column of what each touch weighs under a method."""
    return f"__weight_{method}"


def so_far_column(method: str) -> str:
    """Return the column of what the touches up to and with each weigh."""
    return f"__so_far_{method}"


def total_column(method: str) -> str:
    """Return the column of what all touches of the journey weigh."""
    return f"__total_{method}"


def with_totals(touches: Any, chosen: Sequence[Method]) -> Any:
    """Add what the journey of each touch amounts to, whatever its order."""
    marks = _marks(chosen)
    touches = touches.with_columns(
        nw.when(condition).then(1.0).otherwise(0.0).alias(marked_column(name))
        for name, condition in marks.items()
    )
    totals = {marked_total_column(name): marked_column(name) for name in marks}
    if touches.implementation.is_duckdb():
        return _with_totals_by_sql(touches, totals)
    return touches.with_columns(
        nw.col(TOUCHED_AT).count().over(CONVERSION).cast(nw.Float64).alias(TOUCH_COUNT),
        nw.col(TOUCHED_AT).max().over(CONVERSION).alias(NEWEST_AT),
        *(nw.col(mark).sum().over(CONVERSION).alias(total) for total, mark in totals.items()),
    )


def _with_totals_by_sql(touches: Any, totals: Mapping[str, str]) -> Any:
    """Do the same by a group, which needs no sort of texts."""
    sums = "".join(f", sum({mark}) as {total}" for total, mark in totals.items())
    return query(
        touches,
        f"""
        with touches as materialized (select * from {{rows}}),
        totals as (
            select
                {CONVERSION}, cast(count(*) as double) as {TOUCH_COUNT},
                max({TOUCHED_AT}) as {NEWEST_AT}{sums}
            from touches
            group by {CONVERSION}
        )
        select touches.*, totals.* exclude ({CONVERSION})
        from touches inner join totals on touches.{CONVERSION} = totals.{CONVERSION}
        """,
    )


def joined(conversions: Any, touches: Any, chosen: Sequence[Method]) -> Any:
    """Join touches to conversions; a conversion without touches keeps one row, its touch null."""
    marks = _marks(chosen)
    of_marks = [f(name) for name in marks for f in (marked_column, marked_total_column)]
    return (
        _with_key(conversions)
        .join(touches, on=CONVERSION, how="left")
        .with_columns(
            nw.col(TOUCHED_AT, NEWEST_AT).fill_null(0).cast(nw.Int64),
            nw.col(TOUCH_COUNT).fill_null(1.0),
            *(nw.col(name).fill_null(0.0) for name in of_marks),
        )
    )


def _with_key(conversions: Any) -> Any:
    """Number conversions where that is free: a sort by whole numbers costs half of one by texts."""
    if conversions.implementation.is_duckdb():
        return nw.from_native(
            conversions.to_native().project(f"*, row_number() over () as {JOURNEY}")
        )
    return conversions.with_columns(nw.col(CONVERSION).alias(JOURNEY))


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
    whole number that its last bits, in which engines differ, could matter; but for one touch, where
    it is -1 to the bit: both logarithms that it is a quotient of are of the same size.
    """
    doublings = whole((nw.col(TOUCH_COUNT) - 0.5).log(2)) + 1.0
    return _MAX_SCALE_BITS - doublings


def with_order_and_weights(journeys: Any, chosen: Sequence[Method], settings: Settings) -> Any:
    """Add positions, and weights with their running sums: one sort for both if it can be.

    Weights that depend on the order of the journey need a second sort, by what the first found.
    """
    early: dict[str, nw.Expr] = {}
    late: dict[str, nw.Expr] = {}
    for method in (method for method in chosen if method.allocation == "weighted"):
        journey = Journey()
        weights = method.weights(journey, settings).cast(nw.Float64)
        (late if journey.asked_order else early)[method.id] = weights
    if early or late:
        journeys = journeys.with_columns(_scale_bits().alias(SCALE_BITS))
    if early:
        journeys = _with_weights(journeys, early)
    # Any column without nulls will do, except the one partitioned by (wrong on pandas).
    position = nw.col(AMOUNT).cum_count().over(JOURNEY, order_by=(TOUCHED_AT, TOUCH))
    journeys = journeys.with_columns(
        position.cast(nw.Float64).alias(POSITION),
        *(_running(marked_column(name), marked_so_far_column(name)) for name in _marks(chosen)),
        *_sums(early, (TOUCHED_AT, TOUCH)),
    )
    if not late:
        return journeys
    journeys = _with_weights(journeys, late)
    return journeys.with_columns(*_sums(late, (POSITION,)))


def _with_weights(journeys: Any, weights: Mapping[str, nw.Expr]) -> Any:
    return journeys.with_columns(
        weight.alias(weight_column(name)) for name, weight in weights.items()
    )


def _sums(names: Iterable[str], order: Sequence[str]) -> list[nw.Expr]:
    return [
        expression
        for name in names
        for expression in (
            _running(weight_column(name), so_far_column(name), order),
            nw.col(weight_column(name)).sum().over(JOURNEY).alias(total_column(name)),
        )
    ]


def _running(column: str, alias: str, order: Sequence[str] = (TOUCHED_AT, TOUCH)) -> nw.Expr:
    # Sums of whole numbers below 2**53 are exact as doubles, in whatever order they are made.
    return nw.col(column).cum_sum().over(JOURNEY, order_by=order).alias(alias)
