{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'source_registration_id',
    'account_name',
    'website',
    'submitted_at',
    'approved_at',
    'expires_at',
    'status',
    'source_opportunity_id',
    'expected_amount',
    'currency',
] -%}

with

unioned as (
    {{ union_connectors('deal_registrations', columns) }}
),

keyed as (

    select
        feed_id || ':' || source_registration_id as registration_key,
        *
    from unioned

)

select * from keyed
