with

customers as (

    select * from {{ ref('stg_partnerstack__customers') }}

    where not is_test

),

leads as (

    select * from {{ ref('stg_partnerstack__leads') }}

),

deals as (

    select * from {{ ref('stg_partnerstack__deals') }}

),

partnerships as (

    select * from {{ ref('stg_partnerstack__partnerships') }}

),

brought as (

    select
        customers.*,
        coalesce(customers.partner_key, partnerships.partner_key) as bringing_partner_key

    from customers

    left join partnerships
        on
            customers.feed_id = partnerships.feed_id
            and customers.partnership_key = partnerships.partnership_key

),

-- A customer who came out of a lead or a deal was referred then, not again by signing up.
final as (

    select * from brought

    where
        bringing_partner_key is not null
        and not exists (
            select 1 from leads
            where leads.feed_id = brought.feed_id and leads.lead_key = brought.source_key
        )
        and not exists (
            select 1 from deals
            where deals.feed_id = brought.feed_id and deals.deal_key = brought.source_key
        )
        and not exists (
            select 1 from leads
            where
                leads.feed_id = brought.feed_id
                and leads.partner_key = brought.bringing_partner_key
                and leads.email_key_lower_trim = brought.email_key_lower_trim
        )

)

select * from final
