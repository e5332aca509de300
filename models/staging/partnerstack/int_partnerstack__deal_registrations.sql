with

deals as (

    select * from {{ ref('stg_partnerstack__deals') }}

    where is_registered_by_partner

),

aliases as (

    select
        {{ campaign_slug('alias') }} as partner_key,
        min(partner_id) as partner_id

    from {{ ref('partner_aliases') }}

    where trim(connector) = 'partnerstack'

    group by {{ campaign_slug('alias') }}

),

-- The partner who registered the deal, not the programme's owner who delivers the file. A partner
-- whom partner_aliases does not name takes no part in this collaboration.
final as (

    select
        aliases.partner_id,
        deals.feed_id,
        deals.delivered_at,
        deals.deal_key as source_registration_id,
        deals.account_name,
        deals.website,
        deals.created_at as submitted_at,
        cast(null as {{ dbt.type_timestamp() }}) as approved_at,
        cast(null as {{ dbt.type_timestamp() }}) as expires_at,
        deals.stage as status,
        deals.opportunity_id as source_opportunity_id,
        deals.amount as expected_amount,
        cast(null as {{ dbt.type_string() }}) as currency

    from deals

    inner join aliases on {{ campaign_slug('deals.partner_key') }} = aliases.partner_key

)

select * from final
