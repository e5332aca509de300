-- Bots, duplicates and strangers earn nothing, but they stay rows.
select touches.touch_id

from {{ ref('int_touches_unioned') }} as touches

left join {{ ref('fct_touches') }} as marts on touches.touch_id = marts.touch_id

where marts.touch_id is null
