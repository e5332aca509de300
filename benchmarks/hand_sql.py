"""The six default methods as one would write them in SQL for DuckDB: what Narwhals costs.

The same columns and the same cents as the engine for the benchmark's amounts (of up to 2**36
cents), without its checks, its settings and its range.
"""

from __future__ import annotations

from benchmarks.limits import JOIN, ORDER

PER = "partition by conversion_id"
SO_FAR = f"({PER} {ORDER} rows unbounded preceding)"
HALF_LIFE_US = "6048e8"

POSITIONS = f"""
select
    conversion_id, touch_id, touched_at_us, amount_cents as value, not is_direct as is_other,
    row_number() over ({PER} {ORDER}) as place,
    count(*) over ({PER}) as touches,
    max(touched_at_us) over ({PER}) as newest_at_us,
    count(case when not is_direct then 1 end) over {SO_FAR} as others_so_far,
    count(case when not is_direct then 1 end) over ({PER}) as others
from ({JOIN})
"""
WEIGHTS = f"""
select
    *,
    greatest(1, cast(floor(0.5 + pow(
        2.0,
        51 - floor(log2(touches - 0.5)) - (newest_at_us - touched_at_us) / {HALF_LIFE_US}
    )) as bigint)) as weight
from ({POSITIONS})
"""
RUNNING = f"""
select
    *,
    cast(sum(weight) over {SO_FAR} as bigint) as weight_so_far,
    cast(sum(weight) over ({PER}) as bigint) as weights
from ({WEIGHTS})
"""
# Positions of 2, 2 and 1 fifth: whole cents of an end and of each touch between, and remainders.
PARTS = f"""
select
    *,
    greatest(touches - 2, 1) as between,
    value * 2 // 5 as end_cents,
    value * 2 % 5 * greatest(touches - 2, 1) as end_rest,
    value // (5 * greatest(touches - 2, 1)) as each_cents,
    value % (5 * greatest(touches - 2, 1)) as each_rest,
    cast(weight_so_far as hugeint) * value as worth
from ({RUNNING})
"""
ENDS = f"""
select
    *,
    value - 2 * end_cents - between * each_cents as left_over,
    case
        when place = 1 then case when each_rest > end_rest then between else 0 end
        when place = touches then 1 + case when each_rest >= end_rest then between else 0 end
        else
            place - 2 + case when end_rest >= each_rest then 1 else 0 end
            + case when end_rest > each_rest then 1 else 0 end
    end as before_it
from ({PARTS})
"""
WINNER = "case when {0} then 1.0::double else 0.0::double end as share_{1}, " \
    "case when {0} then value else 0 end as cents_{1}"  # fmt: skip
LAST_OTHER = "(is_other and others_so_far = others) or (others = 0 and place = touches)"
HAND_SQL = f"""
select
    conversion_id, touch_id,
    {WINNER.format("place = 1", "first_touch")},
    {WINNER.format("place = touches", "last_touch")},
    {WINNER.format(LAST_OTHER, "last_non_direct")},
    1.0::double / touches as share_linear,
    value // touches + case when place <= value % touches then 1 else 0 end as cents_linear,
    case
        when touches = 1 then 1.0::double when touches = 2 then 0.5::double
        when place in (1, touches) then 2.0::double / 5 else 1.0::double / (5 * between)
    end as share_position,
    case
        when touches = 1 then value
        when touches = 2 then (value + 2 - place) // 2
        else
            case when place in (1, touches) then end_cents else each_cents end
            + case when before_it < left_over then 1 else 0 end
    end as cents_position,
    weight / weights as share_time_decay,
    cast(
        (worth + weights - 1) // weights
        - (worth - cast(weight as hugeint) * value + weights - 1) // weights
        as bigint
    ) as cents_time_decay
from ({ENDS})
union all
select
    conversion_id, null, {", ".join(["1.0, amount_cents"] * 6)}
from conversions
where conversion_id not in (select conversion_id from ({JOIN}))
"""
