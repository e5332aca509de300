-- A duplicate points to a canonical touch of the same person in another feed; inside one feed two
-- alike touches are two. Otherwise a touch vanishes without one that stands for it.
select
    duplicates.touch_id,
    duplicates.duplicate_of_touch_id
from {{ ref('int_touches_resolved') }} as duplicates
left join {{ ref('int_touches_resolved') }} as canonical
    on duplicates.duplicate_of_touch_id = canonical.touch_id
where
    duplicates.is_canonical <> (duplicates.duplicate_of_touch_id is null)
    or (
        not duplicates.is_canonical
        and (
            not coalesce(canonical.is_canonical, false)
            or canonical.feed_id = duplicates.feed_id
            or canonical.person_id <> duplicates.person_id
        )
    )
