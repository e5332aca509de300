with

source as (

    select * from {{ source('salesforce', 'opportunity_contact_role') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as contact_role_id,
        opportunity_id,
        contact_id,

        -- strings
        role,

        -- flags
        coalesce(is_primary, false) as is_primary,
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted

    from source

)

select * from renamed
