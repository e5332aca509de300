"""The six default methods as one would write them in SQL for DuckDB: what Narwhals costs.

The same columns and the same cents as the engine for the benchmark's amounts (of up to 2**36
cents), without its checks, its settings and its range. One group and one sort: totals of a journey
do without an order, so weights are known when the sort begins.
"""

from __future__ import annotations

from benchmarks.limits import JOIN

HALF_LIFE_US = "604800000000.0::double"
TO_EITHER_SIDE = "8.881784197001252e-16 * value"  # twice the error of an estimate

ROWS = f"""
with touches_kept as materialized (
    select
        conversion_id, touch_id, touched_at_us,
        case when is_direct then 0.0::double else 1.0::double end as is_other
    from ({JOIN})
),
totals as (
    select
        conversion_id, count(*)::double as touches, max(touched_at_us) as newest_at_us,
        sum(is_other) as others
    from touches_kept
    group by conversion_id
),
-- A number is compared faster than the text of an id.
journeys as materialized (
    select
        conversions.conversion_id, amount_cents::double as value, row_number() over () as journey,
        coalesce(touches, 1.0) as touches, coalesce(newest_at_us, 0) as newest_at_us,
        coalesce(others, 0.0) as others,
        51 - floor(log2(coalesce(touches, 1.0) - 0.5)) as scale_bits
    from conversions left join totals on conversions.conversion_id = totals.conversion_id
),
weighted as (
    select
        journeys.conversion_id, journey, touch_id,
        coalesce(touched_at_us, 0) as touched_at_us, coalesce(is_other, 0.0) as is_other,
        greatest(1.0::double, floor(0.5 + pow(
            2.0::double,
            scale_bits - (newest_at_us - coalesce(touched_at_us, 0)) / {HALF_LIFE_US}
        ))) as weight
    from journeys left join touches_kept
        on journeys.conversion_id = touches_kept.conversion_id
),
ordered as (
    select
        *,
        row_number() over in_order as place,
        sum(is_other) over so_far as others_so_far,
        sum(weight) over so_far as weight_so_far,
        sum(weight) over (partition by journey) as weights
    from weighted
    window
        in_order as (partition by journey order by touched_at_us, touch_id),
        so_far as (
            partition by journey order by touched_at_us, touch_id rows unbounded preceding
        )
),
"""
# Positions of 2, 2 and 1 fifth: whole cents of an end and of each touch between, and remainders.
PARTS = """
spread as (
    select *, greatest(touches - 2, 0.0) as between, greatest(touches - 2, 1.0) as divisor
    from journeys
),
divided as (
    select
        *, floor(value / touches) as each_alike, floor(value * 2 / 5) as end_cents,
        floor(value / (5 * divisor)) as each_cents
    from spread
),
parts as (
    select
        journey, value, touches, others, between, each_alike, end_cents, each_cents,
        value - touches * each_alike as left_alike,
        (value * 2 - 5 * end_cents) * divisor as end_rest,
        value - 5 * divisor * each_cents as each_rest,
        value - 2 * end_cents - between * each_cents as left_over
    from divided
),
placed as (
    select
        ordered.*, parts.* exclude (journey),
        place = 1 as is_first, place = touches as is_last,
        (is_other = 1 and others_so_far = others) or (others = 0 and place = touches)
            as is_last_other,
        weight_so_far - weight as weight_before,
        value * (weight_so_far / weights) as near_to,
        value * ((weight_so_far - weight) / weights) as near_before,
        case
            when place = 1 then case when each_rest > end_rest then between else 0 end
            when place = touches
            then 1 + case when each_rest >= end_rest then between else 0 end
            else
                place - 2 + case when end_rest >= each_rest then 1 else 0 end
                + case when end_rest > each_rest then 1 else 0 end
        end as before_it
    from ordered inner join parts on ordered.journey = parts.journey
)
"""
WINNER = "is_{0}::double as share_{1}, (value * is_{0}::double)::bigint as cents_{1}"


def rounded_up(near: str, weight: str) -> str:
    """Return value * weight / weights, rounded up: by the estimate where it is sure."""
    return f"""case
        when {weight} = weights then value
        when {weight} = 0 then 0
        when ceil({near} - {TO_EITHER_SIDE}) = ceil({near} + {TO_EITHER_SIDE}) then ceil({near})
        else (
            (value::hugeint * {weight}::hugeint + weights::hugeint - 1) // weights::hugeint
        )::double
    end"""


HAND_SQL = f"""
{ROWS}
{PARTS}
select
    conversion_id, touch_id,
    {WINNER.format("first", "first_touch")},
    {WINNER.format("last", "last_touch")},
    {WINNER.format("last_other", "last_non_direct")},
    1.0::double / touches as share_linear,
    (each_alike + (place <= left_alike)::double)::bigint as cents_linear,
    case
        when touches = 1 then 1.0::double when touches = 2 then 0.5::double
        when place in (1, touches) then 2.0::double / 5 else 1.0::double / (5 * between)
    end as share_position,
    case
        when touches = 1 then value
        when touches = 2 then floor((value + 2 - place) / 2)
        else
            case when is_first or is_last then end_cents else each_cents end
            + (before_it < left_over)::double
    end::bigint as cents_position,
    weight / weights as share_time_decay,
    (
        {rounded_up("near_to", "weight_so_far")} - {rounded_up("near_before", "weight_before")}
    )::bigint as cents_time_decay
from placed
"""
