select
    touch_id,
    partner_id,
    campaign_id,
    parameter,
    finding,
    severity,
    raw_value,
    repaired_value,
    repair_rule,
    repair_confidence,
    is_applied
from {{ ref('int_utm_findings') }}
