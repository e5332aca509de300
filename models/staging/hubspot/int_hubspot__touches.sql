with

responses as (

    select * from {{ ref('int_hubspot__responses') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

-- A hash belongs to the scheme that its feed declares and can meet only that scheme's keys.
final as (

    select
        responses.partner_id,
        responses.feed_id,
        responses.delivered_at,
        responses.source_touch_id,
        responses.source_person_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id,
        coalesce(
            responses.email_key_lower_trim,
            case when feeds.email_hash_scheme = 'lower_trim' then responses.email_key_delivered end
        ) as email_key_lower_trim,
        coalesce(
            responses.email_key_google,
            case when feeds.email_hash_scheme = 'google' then responses.email_key_delivered end
        ) as email_key_google,
        responses.email_domain,
        cast(null as {{ dbt.type_string() }}) as source_account_id,
        responses.touched_at,
        responses.touch_type,
        responses.channel_raw,
        responses.campaign_raw,
        responses.campaign_ref,
        responses.asset_raw,
        {{ url_parameter('responses.url', 'utm_source') }} as utm_source,
        {{ url_parameter('responses.url', 'utm_medium') }} as utm_medium,
        {{ url_parameter('responses.url', 'utm_campaign') }} as utm_campaign,
        {{ url_parameter('responses.url', 'utm_content') }} as utm_content,
        {{ url_parameter('responses.url', 'utm_term') }} as utm_term,
        {{ url_parameter('responses.url', 'utm_id') }} as utm_id,
        {{ url_without_query('responses.url') }} as page_url,
        cast(null as {{ dbt.type_string() }}) as country,
        responses.is_bot

    from responses

    left join feeds
        on responses.feed_id = feeds.feed_id

)

select * from final
