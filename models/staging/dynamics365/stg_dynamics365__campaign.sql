with

source as (

    select * from {{ source('dynamics365', 'campaign') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        campaignid as campaign_id,

        -- strings
        name as campaign_name,
        typecode as type_code,

        -- timestamps
        coalesce(actualstart, proposedstart) as started_at,
        coalesce(actualend, proposedend) as ended_at,

        -- flags
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
