"""From conversions and touches to journeys: which touches count, and which hold a milestone.

For whoever uses the methods without dbt. models/journeys does the same in SQL, with reasons for
what it leaves out.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from partner_attribution.attribution.exact import whole
from partner_attribution.attribution.inputs import missing_column
from partner_attribution.attribution.journey import (
    CONVERSION,
    MILESTONES,
    TOUCH,
    TOUCHED_AT,
    anchor_column,
)
from partner_attribution.attribution.settings import (
    MAX_LOOKBACK_DAYS,
    MICROSECONDS_PER_DAY,
    unknown_name,
)
from partner_attribution.errors import AttributionError

CUTOFF = "cutoff_at_us"
LOOKBACK_UNITS = ("exact", "calendar_days")


def eligible_touches(
    conversions: Any, touches: Any, *, lookback_days: int, lookback_unit: str = "exact"
) -> Any:
    """Keep the touches from the start of the lookback to the cut-off, both ends included.

    conversions: conversion_id, cutoff_at_us: when the journey ends, by default at the creation of
        the opportunity. touches: conversion_id, touch_id, touched_at_us and any more, one row per
        conversion and touch of its people. Times are microseconds since 1970, UTC.
    lookback_days: 1 to 3650. lookback_unit: `exact`, to the microsecond, or `calendar_days`, from
        midnight UTC of the day of the cut-off.

    Returns the touches kept, with their columns; conversions without any stay as they are.
    """
    if lookback_unit not in LOOKBACK_UNITS:
        raise unknown_name("lookback_unit", lookback_unit, LOOKBACK_UNITS)
    if not 1 <= lookback_days <= MAX_LOOKBACK_DAYS or lookback_days != int(lookback_days):
        raise AttributionError(
            f"lookback_days is {lookback_days!r}.",
            expected=f"a whole number of days from 1 to {MAX_LOOKBACK_DAYS}",
        )
    ends = _checked(conversions, "conversions", CONVERSION, CUTOFF)
    rows = _checked(touches, "touches", CONVERSION, TOUCH, TOUCHED_AT)
    columns = rows.collect_schema().names()
    start = nw.col("__cutoff")
    if lookback_unit == "calendar_days":
        days = whole(start.cast(nw.Float64) / float(MICROSECONDS_PER_DAY)).cast(nw.Int64)
        start = days * MICROSECONDS_PER_DAY
    ends = ends.select(CONVERSION, nw.col(CUTOFF).alias("__cutoff"))
    kept = rows.join(ends, on=CONVERSION, how="inner").filter(
        (nw.col(TOUCHED_AT) <= nw.col("__cutoff"))
        & (nw.col(TOUCHED_AT) >= start - int(lookback_days) * MICROSECONDS_PER_DAY)
    )
    return kept.select(*columns).to_native()


def with_anchors(conversions: Any, touches: Any) -> Any:
    """Add is_<milestone>_anchor to the eligible touches: the last one at or before it.

    conversions: conversion_id and any of lead_at_us, mql_at_us, opportunity_at_us, close_at_us; a
        time that is null, or whose column is absent, has no anchor. touches: as `eligible_touches`
        returns them. Touches of one instant go by touch_id.

    Returns the touches with four more columns.
    """
    given: Any = nw.from_native(conversions)
    known = given.collect_schema().names()
    milestones = [name for name in MILESTONES if f"{name}_at_us" in known]
    times = _checked(conversions, "conversions", CONVERSION, *(f"{m}_at_us" for m in milestones))
    rows = _checked(touches, "touches", CONVERSION, TOUCH, TOUCHED_AT)
    columns = rows.collect_schema().names()
    times = times.select(CONVERSION, *(nw.col(f"{m}_at_us").alias(f"__{m}") for m in milestones))
    following = nw.col(TOUCHED_AT).shift(-1).over(CONVERSION, order_by=(TOUCHED_AT, TOUCH))
    rows = rows.with_columns(following.alias("__next")).join(times, on=CONVERSION, how="left")

    def is_anchor(milestone: str) -> nw.Expr:
        at = nw.col(f"__{milestone}")
        is_reached = (nw.col(TOUCHED_AT) <= at).fill_null(False)
        is_newest = nw.col("__next").is_null() | (nw.col("__next") > at)
        return is_reached & is_newest

    flags = {m: is_anchor(m) if m in milestones else nw.lit(False) for m in MILESTONES}
    added = rows.with_columns(flag.alias(anchor_column(name)) for name, flag in flags.items())
    return added.select(*columns, *map(anchor_column, MILESTONES)).to_native()


def _checked(native: Any, name: str, *columns: str) -> Any:
    frame: Any = nw.from_native(native)
    found = frame.collect_schema().names()
    for column in columns:
        if column not in found:
            raise missing_column(name, column, found)
    return frame
