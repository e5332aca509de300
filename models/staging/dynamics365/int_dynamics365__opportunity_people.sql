with

customers as (

    select * from {{ ref('int_dynamics365__opportunity_customers') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        opportunity_id as source_opportunity_id,
        contact_id as source_person_id,
        cast(null as {{ dbt.type_string() }}) as role,
        true as is_primary

    from customers

    where contact_id is not null

)

select * from final
