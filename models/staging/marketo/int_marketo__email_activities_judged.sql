with

activities as (

    select * from {{ ref('int_marketo__email_activities') }}

),

deliveries as (

    select * from {{ ref('stg_marketo__activity_email_delivered') }}

),

-- Nobody opens or clicks a mail within 5 seconds of its delivery; scanners do.
instant_activities as (

    select distinct
        activities.feed_id,
        activities.activity_id

    from activities

    inner join deliveries
        on
            activities.feed_id = deliveries.feed_id
            and activities.lead_id = deliveries.lead_id
            and activities.email_id = deliveries.email_id
            and activities.occurred_at >= deliveries.delivered_to_inbox_at
            and {{ epoch_microseconds('activities.occurred_at') }}
            - {{ epoch_microseconds('deliveries.delivered_to_inbox_at') }} <= 5000000

),

-- The one place that decides what is a machine. Gmail's image proxy and Outlook's rendering agents
-- act when a person opens the mail, and Outlook lists a virus scanner among its add-ins, so neither
-- counts. A bare `Mozilla/5.0` is Apple's privacy proxy, which loads every mail unread.
final as (

    select
        activities.*,
        coalesce(
            activities.is_bot_activity
            or instant_activities.activity_id is not null
            or activities.user_agent = 'mozilla/5.0'
            or {{ regex_matches(
                'activities.user_agent',
                "'(^|[^a-z])(google|bing|slack|linkedin|twitter|apple|yandex|ahrefs|semrush|petal)?bot([^a-z]|$)'"
            ) }}
            or {{ regex_matches(
                'activities.user_agent',
                "'crawler|spider|headless|phantomjs|python-requests|go-http-client|^curl|^wget|^java/|^okhttp'"
            ) }}
            or {{ regex_matches(
                'activities.user_agent',
                "'proofpoint|mimecast|barracuda|safelinks|urldefense|messagelabs|forcepoint|cloudmark|zscaler'"
            ) }},
            false
        ) as is_bot

    from activities

    left join instant_activities
        on
            activities.feed_id = instant_activities.feed_id
            and activities.activity_id = instant_activities.activity_id

)

select * from final
