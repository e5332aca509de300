with

events as (

    select * from {{ ref('stg_ga4__event') }}

),

final_days as (

    select distinct
        feed_id,
        coalesce(stream_id, '') as stream_id,
        export_day

    from events

    where not is_intraday

),

-- The running day's provisional rows stay only until the day's final export has come.
current_events as (

    select events.*

    from events

    left join final_days
        on
            events.feed_id = final_days.feed_id
            and coalesce(events.stream_id, '') = final_days.stream_id
            and events.export_day = final_days.export_day

    where not events.is_intraday or final_days.export_day is null

),

-- An event outside any session (no consent, no browser) is a visit of its own.
final as (

    select
        *,
        coalesce(session_id, 'event.' || event_id) as visit_id,
        row_number() over (
            partition by feed_id, coalesce(session_id, 'event.' || event_id)
            order by occurred_at, batch_event_index, event_id
        ) as event_number

    from current_events

)

select * from final
