with

declared as (

    select * from {{ ref('partners') }}

),

found as (

    select distinct partner_id from {{ ref('stg_feeds__feeds') }}

),

-- A partner whose feed arrived without a row in seeds/partners.csv is shown by its folder name,
-- after the declared ones, and the data health says so.
combined as (

    select
        coalesce(declared.partner_id, found.partner_id) as partner_id,
        coalesce(declared.partner_name, found.partner_id) as partner_name,
        cast(coalesce(declared.ledger_priority, 1000) as integer) as ledger_priority,
        declared.home_currency,
        declared.partner_id is not null as is_declared
    from declared
    full outer join found on declared.partner_id = found.partner_id

)

select * from combined
