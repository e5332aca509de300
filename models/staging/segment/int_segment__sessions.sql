with

page_views as (

    select
        *,
        coalesce(
            anonymous_id, source_person_id, email_key_lower_trim, email_key_delivered
        ) as visitor,
        -- The whole tuple as one comparable text; NULL for a view that came without parameters.
        case
            when
                coalesce(
                    utm_source, utm_medium, utm_campaign, utm_content, utm_term, utm_id
                ) is not null
                then
                    {{ text_hash([
                        'utm_source', 'utm_medium', 'utm_campaign',
                        'utm_content', 'utm_term', 'utm_id',
                    ]) }}
        end as utm_tuple

    from {{ ref('stg_segment__pages') }}

),

with_previous as (

    select
        *,
        lag(viewed_at) over (
            partition by feed_id, visitor
            order by viewed_at, page_view_id
        ) as previous_viewed_at

    from page_views

    where visitor is not null

),

-- A session ends after 30 minutes without a view.
final as (

    select
        *,
        sum(
            case
                when
                    previous_viewed_at is null
                    or {{ epoch_microseconds('viewed_at') }}
                    - {{ epoch_microseconds('previous_viewed_at') }} > 30 * 60 * 1000000
                    then 1
                else 0
            end
        ) over (
            partition by feed_id, visitor
            order by viewed_at nulls first, page_view_id nulls first
            rows between unbounded preceding and current row
        ) as session_number

    from with_previous

)

select * from final
