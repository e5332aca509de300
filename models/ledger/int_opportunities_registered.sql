with

registrations as (

    select * from {{ ref('int_deal_registrations_unioned') }}

),

opportunities as (

    select * from {{ ref('int_opportunities_normalised') }}

),

pairs as (

    select * from {{ ref('int_opportunity_pairs') }}

),

-- The opportunity that a registration names, in whoever's book it is.
cited as (

    select
        registrations.source_registration_id,
        registrations.partner_id as registering_partner_id,
        opportunities.opportunity_key,
        opportunities.partner_id
    from registrations
    inner join opportunities
        on registrations.source_opportunity_id = opportunities.source_opportunity_id

),

-- Both books stand under one registration id.
shared_registrations as (

    select
        left_side.opportunity_key as left_opportunity_key,
        right_side.opportunity_key as right_opportunity_key,
        min(left_side.source_registration_id) as source_registration_id
    from cited as left_side
    inner join cited as right_side
        on
            left_side.source_registration_id = right_side.source_registration_id
            and left_side.partner_id < right_side.partner_id
    group by left_side.opportunity_key, right_side.opportunity_key

),

-- One partner registered the other's opportunity, and has a single deal that it can be.
single_pairs as (

    select
        *,
        count(*) over (partition by left_opportunity_key, right_partner_id) as deals_for_left,
        count(*) over (partition by right_opportunity_key, left_partner_id) as deals_for_right
    from pairs
    where not is_contradiction

),

foreign_registrations as (

    select
        single_pairs.left_opportunity_key,
        single_pairs.right_opportunity_key,
        min(cited.source_registration_id) as source_registration_id
    from single_pairs
    inner join cited
        on
            single_pairs.left_opportunity_key = cited.opportunity_key
            and single_pairs.right_partner_id = cited.registering_partner_id
            and single_pairs.deals_for_left = 1
    group by single_pairs.left_opportunity_key, single_pairs.right_opportunity_key
    union distinct
    select
        single_pairs.left_opportunity_key,
        single_pairs.right_opportunity_key,
        min(cited.source_registration_id) as source_registration_id
    from single_pairs
    inner join cited
        on
            single_pairs.right_opportunity_key = cited.opportunity_key
            and single_pairs.left_partner_id = cited.registering_partner_id
            and single_pairs.deals_for_right = 1
    group by single_pairs.left_opportunity_key, single_pairs.right_opportunity_key

),

final as (

    select
        pairs.left_opportunity_key,
        pairs.right_opportunity_key,
        min(registered.source_registration_id) as source_registration_id
    from (
        select * from shared_registrations
        union all
        select * from foreign_registrations
    ) as registered
    inner join pairs
        on
            registered.left_opportunity_key = pairs.left_opportunity_key
            and registered.right_opportunity_key = pairs.right_opportunity_key
    group by pairs.left_opportunity_key, pairs.right_opportunity_key

)

select * from final
