with

rates as (

    select * from {{ ref('int_fx_rates_checked') }}
    where rate_status in ('used', 'shifted')

),

-- A daily rate holds until the next one, and never longer than fx_max_age_days. A rate table with
-- its own end date (exclusive) holds until that date.
dated as (

    select
        partner_id,
        feed_id,
        base_currency,
        currency,
        units_per_base,
        valid_from,
        valid_to is null as is_daily,
        lead(valid_from) over (
            partition by feed_id, base_currency, currency
            order by valid_from
        ) as next_from,
        valid_to
    from rates

),

bounded as (

    select
        partner_id,
        feed_id,
        base_currency,
        currency,
        units_per_base,
        valid_from,
        is_daily,
        case
            when not is_daily then valid_to
            when next_from <= {{ dbt.dateadd('day', var('fx_max_age_days') + 1, 'valid_from') }} then next_from
            else cast({{ dbt.dateadd('day', var('fx_max_age_days') + 1, 'valid_from') }} as date)
        end as valid_to
    from dated

),

direct as (

    select
        partner_id,
        feed_id,
        currency,
        cast(units_per_base as double) as units_per_reporting,
        valid_from,
        valid_to,
        is_daily,
        'direct' as derivation
    from bounded
    where base_currency = '{{ var("reporting_currency") }}'

),

-- A table in another base that quotes the reporting currency converts its base, and by way of it
-- every other currency that it quotes on the same days.
bridges as (

    select * from bounded
    where base_currency <> '{{ var("reporting_currency") }}' and currency = '{{ var("reporting_currency") }}'

),

inverse as (

    select
        partner_id,
        feed_id,
        base_currency as currency,
        1 / cast(units_per_base as double) as units_per_reporting,
        valid_from,
        valid_to,
        is_daily,
        'inverse' as derivation
    from bridges

),

crossed as (

    select
        bounded.partner_id,
        bounded.feed_id,
        bounded.currency,
        cast(bounded.units_per_base as double) / cast(bridges.units_per_base as double) as units_per_reporting,
        greatest(bounded.valid_from, bridges.valid_from) as valid_from,
        least(bounded.valid_to, bridges.valid_to) as valid_to,
        bounded.is_daily or bridges.is_daily as is_daily,
        'cross' as derivation
    from bounded
    inner join bridges
        on
            bounded.feed_id = bridges.feed_id
            and bounded.base_currency = bridges.base_currency
            and bounded.valid_from < bridges.valid_to
            and bridges.valid_from < bounded.valid_to
    where bounded.currency <> '{{ var("reporting_currency") }}'

),

combined as (

    select * from direct
    union all
    select * from inverse
    union all
    select * from crossed

)

select
    partner_id,
    feed_id,
    currency,
    units_per_reporting,
    valid_from,
    valid_to,
    is_daily,
    feed_id || ' (' || derivation || ')' as rate_source
from combined
where units_per_reporting > 0
