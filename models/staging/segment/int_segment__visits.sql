with

page_views as (

    select * from {{ ref('int_segment__sessions') }}

),

with_previous_tuple as (

    select
        *,
        row_number() over (
            partition by feed_id, visitor, session_number
            order by viewed_at, page_view_id
        ) as view_number,
        last_value(utm_tuple ignore nulls) over (
            partition by feed_id, visitor, session_number
            order by viewed_at, page_view_id
            rows between unbounded preceding and 1 preceding
        ) as previous_utm_tuple

    from page_views

),

-- A visit ends with its session, and when the visitor comes back through another tagged link.
final as (

    select
        *,
        view_number = 1
        or coalesce(utm_tuple <> coalesce(previous_utm_tuple, ''), false) as is_entry

    from with_previous_tuple

)

select * from final
