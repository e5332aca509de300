with

email_touches as (

    select * from {{ ref('int_hubspot__email_touches') }}

),

form_touches as (

    select * from {{ ref('int_hubspot__form_touches') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

unioned as (

    select
        partner_id,
        feed_id,
        delivered_at,
        source_touch_id,
        cast(null as {{ dbt.type_string() }}) as source_person_id,
        email_key_lower_trim,
        email_key_google,
        email_key_delivered,
        email_domain,
        touched_at,
        touch_type,
        'email' as channel_raw,
        campaign_raw,
        campaign_ref,
        asset_raw,
        url,
        is_bot

    from email_touches

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        source_touch_id,
        source_person_id,
        email_key_lower_trim,
        email_key_google,
        email_key_delivered,
        email_domain,
        touched_at,
        'form_fill' as touch_type,
        cast(null as {{ dbt.type_string() }}) as channel_raw,
        cast(null as {{ dbt.type_string() }}) as campaign_raw,
        cast(null as {{ dbt.type_string() }}) as campaign_ref,
        asset_raw,
        url,
        false as is_bot

    from form_touches

),

-- A hash belongs to the scheme that its feed declares and can meet only that scheme's keys.
final as (

    select
        unioned.partner_id,
        unioned.feed_id,
        unioned.delivered_at,
        unioned.source_touch_id,
        unioned.source_person_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id,
        coalesce(
            unioned.email_key_lower_trim,
            case when feeds.email_hash_scheme = 'lower_trim' then unioned.email_key_delivered end
        ) as email_key_lower_trim,
        coalesce(
            unioned.email_key_google,
            case when feeds.email_hash_scheme = 'google' then unioned.email_key_delivered end
        ) as email_key_google,
        unioned.email_domain,
        cast(null as {{ dbt.type_string() }}) as source_account_id,
        unioned.touched_at,
        unioned.touch_type,
        unioned.channel_raw,
        unioned.campaign_raw,
        unioned.campaign_ref,
        unioned.asset_raw,
        {{ url_parameter('unioned.url', 'utm_source') }} as utm_source,
        {{ url_parameter('unioned.url', 'utm_medium') }} as utm_medium,
        {{ url_parameter('unioned.url', 'utm_campaign') }} as utm_campaign,
        {{ url_parameter('unioned.url', 'utm_content') }} as utm_content,
        {{ url_parameter('unioned.url', 'utm_term') }} as utm_term,
        {{ url_parameter('unioned.url', 'utm_id') }} as utm_id,
        {{ url_without_query('unioned.url') }} as page_url,
        cast(null as {{ dbt.type_string() }}) as country,
        unioned.is_bot

    from unioned

    left join feeds
        on unioned.feed_id = feeds.feed_id

)

select * from final
