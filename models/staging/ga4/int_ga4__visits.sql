with

events as (

    select * from {{ ref('int_ga4__events') }}

),

-- The traffic source of a visit is that of its first event that has one, taken whole.
tagged as (

    select
        *,
        row_number() over (partition by feed_id, visit_id order by event_number) as tag_number
    from events
    where utm_origin is not null

),

-- Who the visitor turned out to be: a log-in usually comes after the first page.
identified as (

    select
        *,
        row_number() over (partition by feed_id, visit_id order by event_number) as identity_number
    from events
    where coalesce(source_person_id, email_key_lower_trim, email_key_delivered) is not null

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

-- A hash belongs to the scheme that its feed declares and can meet only that scheme's keys.
final as (

    select
        entries.feed_id,
        entries.visit_id,
        identified.source_person_id,
        coalesce(
            identified.email_key_lower_trim,
            case when feeds.email_hash_scheme = 'lower_trim' then identified.email_key_delivered end
        ) as email_key_lower_trim,
        coalesce(
            identified.email_key_google,
            case when feeds.email_hash_scheme = 'google' then identified.email_key_delivered end
        ) as email_key_google,
        identified.email_domain,
        tagged.utm_source,
        tagged.utm_medium,
        tagged.utm_campaign,
        tagged.utm_content,
        tagged.utm_term,
        tagged.utm_id

    from events as entries

    left join tagged
        on
            entries.feed_id = tagged.feed_id
            and entries.visit_id = tagged.visit_id
            and tagged.tag_number = 1

    left join identified
        on
            entries.feed_id = identified.feed_id
            and entries.visit_id = identified.visit_id
            and identified.identity_number = 1

    left join feeds
        on entries.feed_id = feeds.feed_id

    where entries.event_number = 1

)

select * from final
