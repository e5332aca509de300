with

page_views as (

    select * from {{ ref('int_segment__visits') }}

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
        identified.feed_id,
        identified.visitor,
        identified.session_number,
        identified.source_person_id,
        coalesce(
            identified.email_key_lower_trim,
            case when feeds.email_hash_scheme = 'lower_trim' then identified.email_key_delivered end
        ) as email_key_lower_trim,
        coalesce(
            identified.email_key_google,
            case when feeds.email_hash_scheme = 'google' then identified.email_key_delivered end
        ) as email_key_google,
        identified.email_domain

    from identified

    left join feeds
        on identified.feed_id = feeds.feed_id

    where identified.identity_number = 1

)

select * from final
