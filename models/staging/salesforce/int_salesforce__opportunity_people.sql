with

contact_roles as (

    select * from {{ ref('stg_salesforce__opportunity_contact_role') }}

    where not is_deleted

),

opportunities as (

    select * from {{ ref('int_salesforce__opportunities') }}

),

final as (

    select
        contact_roles.partner_id,
        contact_roles.feed_id,
        max(contact_roles.delivered_at) as delivered_at,
        contact_roles.opportunity_id as source_opportunity_id,
        contact_roles.contact_id as source_person_id,
        contact_roles.role,
        {{ bool_max('contact_roles.is_primary') }} as is_primary

    from contact_roles

    inner join opportunities
        on
            contact_roles.feed_id = opportunities.feed_id
            and contact_roles.opportunity_id = opportunities.source_opportunity_id

    group by
        contact_roles.partner_id,
        contact_roles.feed_id,
        contact_roles.opportunity_id,
        contact_roles.contact_id,
        contact_roles.role

)

select * from final
