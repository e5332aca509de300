{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'source_opportunity_id',
    'source_person_id',
    'role',
    'is_primary',
] -%}

with

unioned as (
    {{ union_connectors('opportunity_people', columns) }}
),

keyed as (

    select
        feed_id || ':' || source_opportunity_id as opportunity_key,
        *
    from unioned

)

select * from keyed
