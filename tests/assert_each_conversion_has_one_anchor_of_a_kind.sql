-- The anchor of a milestone is one touch. Two would take its share of the credit twice.
select
    conversion_id,
    sum(case when is_lead_anchor then 1 else 0 end) as lead_anchors,
    sum(case when is_mql_anchor then 1 else 0 end) as mql_anchors,
    sum(case when is_opportunity_anchor then 1 else 0 end) as opportunity_anchors,
    sum(case when is_close_anchor then 1 else 0 end) as close_anchors
from {{ ref('int_touches_in_window') }}
group by conversion_id
having
    sum(case when is_lead_anchor then 1 else 0 end) > 1
    or sum(case when is_mql_anchor then 1 else 0 end) > 1
    or sum(case when is_opportunity_anchor then 1 else 0 end) > 1
    or sum(case when is_close_anchor then 1 else 0 end) > 1
