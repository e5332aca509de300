{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'source_person_id',
    'source_account_id',
    'company_name',
    'country',
    'email_key_lower_trim',
    'email_key_google',
    'email_domain',
    'created_at',
    'mql_at',
] -%}

with

unioned as (
    {{ union_connectors('people', columns) }}
),

keyed as (

    select
        feed_id || ':' || source_person_id as person_key,
        *
    from unioned

)

select * from keyed
