{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'source_opportunity_id',
    'source_account_id',
    'opportunity_name',
    'amount',
    'currency',
    'raw_stage',
    'crm_is_closed',
    'crm_is_won',
    'created_at',
    'close_date',
    'close_time',
    'primary_campaign',
    'owner',
    'lead_source',
    'source_updated_at',
] -%}

with

unioned as (
    {{ union_connectors('opportunities', columns) }}
),

keyed as (

    select
        feed_id || ':' || source_opportunity_id as opportunity_key,
        *
    from unioned

)

select * from keyed
