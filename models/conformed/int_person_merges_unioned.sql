{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'source_person_id',
    'survivor_source_person_id',
] -%}

with

unioned as (
    {{ union_connectors('person_merges', columns) }}
),

keyed as (

    select
        feed_id || ':' || source_person_id as person_key,
        *
    from unioned

)

select * from keyed
