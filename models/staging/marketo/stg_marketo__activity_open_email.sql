with

source as (

    select * from {{ source('marketo', 'activity_open_email') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as activity_id,
        lead_id,
        primary_attribute_value_id as email_id,
        campaign_id as smart_campaign_id,

        -- strings
        primary_attribute_value as email_name,
        user_agent,

        -- timestamps
        activity_date as opened_at,

        -- flags
        coalesce(is_bot_activity, false) as is_bot_activity

    from source

)

select * from renamed
