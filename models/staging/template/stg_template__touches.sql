with

source as (

    select * from {{ source('template', 'touches') }}

),

renamed as (

    select
        -- feed
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        touch_id as source_touch_id,
        person_id as source_person_id,
        account_id as source_account_id,

        -- identity: plain addresses end here
        {{ email_key('email', 'lower_trim') }} as email_key_lower_trim,
        {{ email_key('email', 'google') }} as email_key_google,
        {{ email_key_of_hash('email_hash') }} as email_key_delivered,
        {{ email_domain('email') }} as email_domain,

        -- strings
        lower(trim(touch_type)) as touch_type,
        channel as channel_raw,
        campaign as campaign_raw,
        asset as asset_raw,
        coalesce(utm_source, {{ url_parameter('url', 'utm_source') }}) as utm_source,
        coalesce(utm_medium, {{ url_parameter('url', 'utm_medium') }}) as utm_medium,
        coalesce(utm_campaign, {{ url_parameter('url', 'utm_campaign') }}) as utm_campaign,
        coalesce(utm_content, {{ url_parameter('url', 'utm_content') }}) as utm_content,
        coalesce(utm_term, {{ url_parameter('url', 'utm_term') }}) as utm_term,
        coalesce(utm_id, {{ url_parameter('url', 'utm_id') }}) as utm_id,
        {{ url_without_query('url') }} as page_url,

        -- timestamps
        cast(touched_at as timestamp) as touched_at

    from source

)

select * from renamed
