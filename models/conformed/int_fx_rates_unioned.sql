{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'base_currency',
    'currency',
    'units_per_base',
    'valid_from',
    'valid_to',
] -%}

with

delivered as (
    {{ union_connectors('fx_rates', columns) }}
),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

agreed as (

    select * from {{ ref('fx_rates') }}

),

-- A rate table without a base is in the feed's own (corporate) currency.
unioned as (

    select
        delivered.connector,
        delivered.partner_id,
        delivered.feed_id,
        delivered.delivered_at,
        upper(trim(coalesce(delivered.base_currency, feeds.currency))) as base_currency,
        upper(trim(delivered.currency)) as currency,
        delivered.units_per_base,
        delivered.valid_from,
        delivered.valid_to
    from delivered
    left join feeds on delivered.feed_id = feeds.feed_id

    union all

    select
        'seed' as connector,
        cast(null as {{ dbt.type_string() }}) as partner_id,
        'seeds/fx_rates.csv' as feed_id,
        cast(null as timestamp) as delivered_at,
        upper(trim(base_currency)) as base_currency,
        upper(trim(currency)) as currency,
        cast(units_per_base as decimal(18, 8)) as units_per_base,
        cast(rate_date as date) as valid_from,
        cast(null as date) as valid_to
    from agreed

)

select * from unioned
