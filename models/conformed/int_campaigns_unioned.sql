{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'source_campaign_id',
    'campaign_name',
    'campaign_type',
    'start_on',
    'end_on',
    'parent_source_campaign_id',
] -%}

with

unioned as (
    {{ union_connectors('campaigns', columns) }}
),

keyed as (

    select
        feed_id || ':' || source_campaign_id as campaign_key,
        *
    from unioned

)

select * from keyed
