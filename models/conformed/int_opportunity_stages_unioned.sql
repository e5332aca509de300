{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'source_opportunity_id',
    'raw_stage',
    'entered_at',
] -%}

with

unioned as (
    {{ union_connectors('opportunity_stages', columns) }}
),

keyed as (

    select
        feed_id || ':' || source_opportunity_id as opportunity_key,
        *
    from unioned

)

select * from keyed
