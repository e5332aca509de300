with

rates as (

    select
        *,
        row_number() over (partition by feed_id, base_currency, currency, is_rate, level_no order by valid_from, units_per_base) as place,
        row_number() over (partition by feed_id, base_currency, currency, is_rate, level_no order by valid_from desc, units_per_base desc) as place_from_end
    from {{ ref('int_fx_rates_levelled') }}

),

levels as (

    select
        feed_id,
        base_currency,
        currency,
        stretch_no,
        level_no,
        count(*) as rate_count,
        min(valid_from) as first_day,
        max(case when place = 1 then units_per_base end) as first_rate,
        max(case when place_from_end = 1 then units_per_base end) as last_rate
    from rates
    where is_rate
    group by feed_id, base_currency, currency, stretch_no, level_no

),

neighbours as (

    select
        *,
        lag(last_rate) over (partition by feed_id, base_currency, currency, stretch_no order by level_no) as rate_before,
        lead(first_rate) over (partition by feed_id, base_currency, currency, stretch_no order by level_no) as rate_after,
        lead(first_day) over (partition by feed_id, base_currency, currency, stretch_no order by level_no) as day_after
    from levels

),

-- Somebody's slip goes back to where it came from within days; a devaluation does not.
spikes as (

    select
        *,
        coalesce(
            not {{ leaps('rate_after', 'rate_before') }}
            and {{ dbt.datediff('first_day', 'day_after', 'day') }} <= {{ var('fx_max_age_days') }},
            false
        ) as is_spike
    from neighbours

),

judged as (

    select
        *,
        lag(is_spike) over (partition by feed_id, base_currency, currency, stretch_no order by level_no) as is_after_spike
    from spikes

)

-- The newest rate alone on its level waits for the next one: until then the last rate holds.
select
    rates.connector,
    rates.partner_id,
    rates.feed_id,
    rates.base_currency,
    rates.currency,
    rates.units_per_base,
    rates.valid_from,
    rates.valid_to,
    judged.rate_before,
    case
        when not rates.is_rate then 'not_positive'
        when judged.is_spike then 'leap'
        when judged.rate_before is null or judged.is_after_spike then 'used'
        when judged.rate_count = 1 then 'leap'
        when rates.place = 1 then 'shifted'
        else 'used'
    end as rate_status
from rates
left join judged
    on
        rates.is_rate
        and rates.feed_id = judged.feed_id
        and rates.base_currency = judged.base_currency
        and rates.currency = judged.currency
        and rates.level_no = judged.level_no
