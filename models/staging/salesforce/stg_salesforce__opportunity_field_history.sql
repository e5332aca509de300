with

source as (

    select * from {{ source('salesforce', 'opportunity_field_history') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as change_id,
        opportunity_id,

        -- strings
        field,
        old_value,
        new_value,

        -- timestamps
        created_date as changed_at,

        -- flags
        coalesce(is_deleted, false) as is_deleted

    from source

)

select * from renamed
