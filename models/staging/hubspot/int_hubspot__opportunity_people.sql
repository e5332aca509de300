with

deal_contacts as (

    select * from {{ ref('stg_hubspot__deal_contact') }}

),

deal_merges as (

    select * from {{ ref('int_hubspot__deal_merges') }}

),

deals as (

    select * from {{ ref('stg_hubspot__deal') }}

),

resolved as (

    select
        deal_contacts.partner_id,
        deal_contacts.feed_id,
        deal_contacts.delivered_at,
        coalesce(deal_merges.survivor_deal_id, deal_contacts.deal_id) as deal_id,
        deal_contacts.contact_id

    from deal_contacts

    left join deal_merges
        on
            deal_contacts.feed_id = deal_merges.feed_id
            and deal_contacts.deal_id = deal_merges.deal_id

),

-- One row per deal and contact, also where both a merged deal and its survivor had the contact.
-- HubSpot names neither a role nor a primary contact of a deal.
final as (

    select
        resolved.partner_id,
        resolved.feed_id,
        max(resolved.delivered_at) as delivered_at,
        resolved.deal_id as source_opportunity_id,
        resolved.contact_id as source_person_id,
        cast(null as {{ dbt.type_string() }}) as role,
        cast(null as {{ dbt.type_boolean() }}) as is_primary

    from resolved

    left join deals
        on
            resolved.feed_id = deals.feed_id
            and resolved.deal_id = deals.deal_id

    where not coalesce(deals.is_deleted, false)

    group by
        resolved.partner_id,
        resolved.feed_id,
        resolved.deal_id,
        resolved.contact_id

)

select * from final
