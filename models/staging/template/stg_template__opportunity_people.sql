with

source as (

    select * from {{ source('template', 'opportunity_people') }}

),

renamed as (

    select
        -- feed
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        opportunity_id as source_opportunity_id,
        person_id as source_person_id,

        -- strings
        role,

        -- booleans
        coalesce(cast(is_primary as boolean), false) as is_primary

    from source

)

select * from renamed
