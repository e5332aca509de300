{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'source_account_id',
    'account_name',
    'website',
    'country',
    'industry',
    'employees',
    'parent_source_account_id',
] -%}

with

unioned as (
    {{ union_connectors('accounts', columns) }}
),

keyed as (

    select
        feed_id || ':' || source_account_id as account_key,
        *
    from unioned

)

select * from keyed
