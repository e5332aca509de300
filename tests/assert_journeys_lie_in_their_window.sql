-- A credited touch is canonical, human, and lies between the start of the journey and its cut-off,
-- both inclusive. Otherwise a deal credits what it caused, or what was long forgotten.
select
    in_window.conversion_id,
    in_window.touch_id,
    in_window.touched_at,
    milestones.journey_start_at,
    milestones.cutoff_at
from {{ ref('int_touches_in_window') }} as in_window
left join {{ ref('int_milestones') }} as milestones
    on in_window.conversion_id = milestones.conversion_id
left join {{ ref('int_touches_resolved') }} as touches on in_window.touch_id = touches.touch_id
where
    not coalesce(
        milestones.is_counted
        and touches.is_canonical
        and not touches.is_bot
        and in_window.touched_at >= milestones.journey_start_at
        and in_window.touched_at <= milestones.cutoff_at,
        false
    )
