with

source as (

    select * from {{ source('salesforce', 'campaign_member_status') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as campaign_member_status_id,
        campaign_id,

        -- strings
        label,

        -- flags
        has_responded,
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted

    from source

)

select * from renamed
