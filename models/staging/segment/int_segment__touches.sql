with

page_views as (

    -- A visit without a tagged link came from the site that it names, unless that is the own one.
    select
        *,
        coalesce(
            {{ registrable_domain('referrer_host') }} <> {{ registrable_domain('page_host') }},
            false
        ) as is_referred

    from {{ ref('int_segment__visits') }}

),

-- Who the visitor turned out to be during these views: often a page later than the entry.
identified as (

    select
        *,
        row_number() over (
            partition by feed_id, visitor, session_number
            order by view_number
        ) as identity_number

    from page_views

    where
        coalesce(source_person_id, email_key_lower_trim, email_key_delivered) is not null

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

-- A hash belongs to the scheme that its feed declares and can meet only that scheme's keys.
final as (

    select
        entries.partner_id,
        entries.feed_id,
        entries.delivered_at,
        entries.page_view_id as source_touch_id,
        identified.source_person_id,
        entries.anonymous_id,
        coalesce(
            identified.email_key_lower_trim,
            case when feeds.email_hash_scheme = 'lower_trim' then identified.email_key_delivered end
        ) as email_key_lower_trim,
        coalesce(
            identified.email_key_google,
            case when feeds.email_hash_scheme = 'google' then identified.email_key_delivered end
        ) as email_key_google,
        identified.email_domain,
        cast(null as {{ dbt.type_string() }}) as source_account_id,
        entries.viewed_at as touched_at,
        'page_view' as touch_type,
        cast(null as {{ dbt.type_string() }}) as channel_raw,
        cast(null as {{ dbt.type_string() }}) as campaign_raw,
        cast(null as {{ dbt.type_string() }}) as campaign_ref,
        entries.page_title as asset_raw,
        case
            when entries.utm_tuple is null and entries.is_referred then entries.referrer_host
            else entries.utm_source
        end as utm_source,
        case
            when entries.utm_tuple is null and entries.is_referred then 'referral'
            else entries.utm_medium
        end as utm_medium,
        entries.utm_campaign,
        entries.utm_content,
        entries.utm_term,
        entries.utm_id,
        entries.page_url,
        cast(null as {{ dbt.type_string() }}) as country,
        entries.is_bot

    from page_views as entries

    left join identified
        on
            entries.feed_id = identified.feed_id
            and entries.visitor = identified.visitor
            and entries.session_number = identified.session_number
            and identified.identity_number = 1

    left join feeds
        on entries.feed_id = feeds.feed_id

    where entries.is_entry

)

select * from final
