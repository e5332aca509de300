with

events as (

    select * from {{ ref('int_ga4__events') }}

),

visits as (

    select * from {{ ref('int_ga4__visits') }}

),

-- A session is one touch, told by its first event. A form or a download in it is another.
touch_events as (

    select
        events.*,
        events.session_id as source_touch_id,
        'page_view' as touch_type

    from events

    where events.event_number = 1 and events.session_id is not null

    union all

    select
        events.*,
        'event.' || events.event_id as source_touch_id,
        case events.event_name
            when 'file_download' then 'content_download'
            else 'form_fill'
        end as touch_type

    from events

    where events.event_name in ('generate_lead', 'sign_up', 'form_submit', 'file_download')

),

final as (

    select
        touch_events.partner_id,
        touch_events.feed_id,
        touch_events.delivered_at,
        touch_events.source_touch_id,
        visits.source_person_id,
        touch_events.anonymous_id,
        visits.email_key_lower_trim,
        visits.email_key_google,
        visits.email_domain,
        cast(null as {{ dbt.type_string() }}) as source_account_id,
        touch_events.occurred_at as touched_at,
        touch_events.touch_type,
        cast(null as {{ dbt.type_string() }}) as channel_raw,
        cast(null as {{ dbt.type_string() }}) as campaign_raw,
        cast(null as {{ dbt.type_string() }}) as campaign_ref,
        touch_events.asset_name as asset_raw,
        visits.utm_source,
        visits.utm_medium,
        visits.utm_campaign,
        visits.utm_content,
        visits.utm_term,
        visits.utm_id,
        touch_events.page_url,
        touch_events.country,
        -- Google drops known bots before the export.
        false as is_bot

    from touch_events

    inner join visits
        on
            touch_events.feed_id = visits.feed_id
            and touch_events.visit_id = visits.visit_id

)

select * from final
