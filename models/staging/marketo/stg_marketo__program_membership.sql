with

source as (

    select * from {{ source('marketo', 'program_membership') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        lead_id,
        program_id,

        -- strings
        progression_status,

        -- timestamps
        membership_date as joined_at,
        reached_success_date as reached_success_at,

        -- flags
        coalesce(reached_success, false) as has_reached_success,
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
