select
    excluded.conversion_id,
    excluded.touch_id,
    touches.credited_partner_id as partner_id,
    touches.touched_at,
    excluded.reason
from {{ ref('int_touches_excluded') }} as excluded
inner join {{ ref('int_touches_classified') }} as touches on excluded.touch_id = touches.touch_id
