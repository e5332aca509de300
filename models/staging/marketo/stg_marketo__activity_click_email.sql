with

source as (

    select * from {{ source('marketo', 'activity_click_email') }}

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

        -- strings; the query may hold personal data, so only its UTM parameters go on
        primary_attribute_value as email_name,
        {{ url_without_query('link') }} as page_url,
        {{ url_parameter('link', 'utm_source') }} as utm_source,
        {{ url_parameter('link', 'utm_medium') }} as utm_medium,
        {{ url_parameter('link', 'utm_campaign') }} as utm_campaign,
        {{ url_parameter('link', 'utm_content') }} as utm_content,
        {{ url_parameter('link', 'utm_term') }} as utm_term,
        {{ url_parameter('link', 'utm_id') }} as utm_id,
        user_agent,

        -- timestamps
        activity_date as clicked_at,

        -- flags
        coalesce(is_bot_activity, false) as is_bot_activity

    from source

)

select * from renamed
