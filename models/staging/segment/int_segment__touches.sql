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

identities as (

    select * from {{ ref('int_segment__identities') }}

),

final as (

    select
        entries.partner_id,
        entries.feed_id,
        entries.delivered_at,
        entries.page_view_id as source_touch_id,
        identities.source_person_id,
        entries.anonymous_id,
        identities.email_key_lower_trim,
        identities.email_key_google,
        identities.email_domain,
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

    left join identities
        on
            entries.feed_id = identities.feed_id
            and entries.visitor = identities.visitor
            and entries.session_number = identities.session_number

    where entries.is_entry

)

select * from final
