with

touches as (

    select * from {{ ref('stg_template__touches') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

-- A delivered hash belongs to the scheme that the feed declares; it can only meet that scheme's keys.
keyed as (

    select
        touches.partner_id,
        touches.feed_id,
        touches.delivered_at,
        touches.source_touch_id,
        touches.source_person_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id,
        coalesce(
            touches.email_key_lower_trim,
            case when feeds.email_hash_scheme = 'lower_trim' then touches.email_key_delivered end
        ) as email_key_lower_trim,
        coalesce(
            touches.email_key_google,
            case when feeds.email_hash_scheme = 'google' then touches.email_key_delivered end
        ) as email_key_google,
        touches.email_domain,
        touches.source_account_id,
        touches.touched_at,
        coalesce(touches.touch_type, 'other') as touch_type,
        touches.channel_raw,
        touches.campaign_raw,
        cast(null as {{ dbt.type_string() }}) as campaign_ref,
        touches.asset_raw,
        touches.utm_source,
        touches.utm_medium,
        touches.utm_campaign,
        touches.utm_content,
        touches.utm_term,
        touches.utm_id,
        touches.page_url,
        cast(null as {{ dbt.type_string() }}) as country,
        false as is_bot
    from touches
    left join feeds on touches.feed_id = feeds.feed_id

)

select * from keyed
