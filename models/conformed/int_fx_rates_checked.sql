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
        case when is_rate then lag(units_per_base) over (partition by feed_id, base_currency, currency, is_rate order by valid_from) end as rate_before,
        lag(units_per_base, 2) over (partition by feed_id, base_currency, currency, is_rate order by valid_from) as rate_before_that,
        lag(valid_from) over (partition by feed_id, base_currency, currency, is_rate order by valid_from) as day_before
    from rates

)

-- A rate that leaps is not used. The one that comes back from a leap is: it agrees with the rate
-- before that. After a lasting change only its first day is left out, and the last rate holds.
select
    connector,
    partner_id,
    feed_id,
    base_currency,
    currency,
    units_per_base,
    valid_from,
    valid_to,
    rate_before,
    case
        when not is_rate then 'not_positive'
        when rate_before is null then 'used'
        when {{ dbt.datediff('day_before', 'valid_from', 'day') }} > {{ var('fx_max_age_days') }} then 'used'
        when not {{ leaps('units_per_base', 'rate_before') }} then 'used'
        when rate_before_that is not null and not {{ leaps('units_per_base', 'rate_before_that') }} then 'used'
        else 'leap'
    end as rate_status
from neighbours
