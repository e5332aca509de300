with

rates as (

    select
        *,
        units_per_base is not null and units_per_base > 0 and valid_from is not null as is_rate
    from {{ ref('int_fx_rates_unioned') }}

),

neighbours as (

    select
        *,
        lag(units_per_base) over (partition by feed_id, base_currency, currency, is_rate order by valid_from, units_per_base) as rate_before,
        lag(valid_from) over (partition by feed_id, base_currency, currency, is_rate order by valid_from, units_per_base) as day_before
    from rates

),

-- After a gap an old quote says nothing about a new one: a stretch begins.
marked as (

    select
        *,
        case
            when rate_before is null then 1
            when {{ dbt.datediff('day_before', 'valid_from', 'day') }} > {{ var('fx_max_age_days') }} then 1
            else 0
        end as begins_stretch,
        case when rate_before is not null and {{ leaps('units_per_base', 'rate_before') }} then 1 else 0 end as is_leap
    from neighbours

)

select
    connector,
    partner_id,
    feed_id,
    base_currency,
    currency,
    units_per_base,
    valid_from,
    valid_to,
    is_rate,
    sum(begins_stretch) over (
        partition by feed_id, base_currency, currency, is_rate
        order by valid_from, units_per_base rows between unbounded preceding and current row
    ) as stretch_no,
    sum(case when begins_stretch = 1 or is_leap = 1 then 1 else 0 end) over (
        partition by feed_id, base_currency, currency, is_rate
        order by valid_from, units_per_base rows between unbounded preceding and current row
    ) as level_no
from marked
