with

events as (

    select * from {{ ref('stg_hubspot__email_event') }}

),

clicks as (

    select * from {{ ref('stg_hubspot__email_event_click') }}

),

opens as (

    select * from {{ ref('stg_hubspot__email_event_open') }}

),

-- Opens and clicks only: what a sender does (sent, delivered, bounced) is no response. An event
-- with a successor was replaced by it, such as an open that turned out to last longer.
final as (

    select
        events.*,
        clicks.url,
        lower(trim(coalesce(clicks.user_agent, opens.user_agent))) as user_agent

    from events

    left join clicks
        on
            events.feed_id = clicks.feed_id
            and events.email_event_id = clicks.email_event_id

    left join opens
        on
            events.feed_id = opens.feed_id
            and events.email_event_id = opens.email_event_id

    where
        events.event_type in ('OPEN', 'CLICK')
        and events.obsoleted_by_email_event_id is null

)

select * from final
