{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'source_spend_id',
    'spend_date',
    'campaign_raw',
    'campaign_ref',
    'channel_raw',
    'asset_raw',
    'utm_source',
    'utm_medium',
    'amount',
    'currency',
] -%}

with

unioned as (
    {{ union_connectors('spend', columns) }}
),

keyed as (

    select
        feed_id || ':' || source_spend_id as spend_id,
        *
    from unioned

)

select * from keyed
