-- Every classified touch is resolved exactly once, with or without a person and an account.
-- First suspect: a lookup in int_touches_identified that fans out.
select
    classified.touch_id,
    count(resolved.touch_id) as resolved_count
from {{ ref('int_touches_classified') }} as classified
left join {{ ref('int_touches_resolved') }} as resolved on classified.touch_id = resolved.touch_id
group by classified.touch_id
having count(resolved.touch_id) <> 1
