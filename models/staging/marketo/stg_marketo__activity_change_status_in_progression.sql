with

source as (

    select * from {{ source('marketo', 'activity_change_status_in_progression') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as activity_id,
        lead_id,
        primary_attribute_value_id as program_id,

        -- strings
        primary_attribute_value as program_name,
        old_status,
        new_status,

        -- timestamps
        activity_date as changed_at,

        -- flags
        coalesce(success, false) as is_success

    from source

)

select * from renamed
