select
    conversion_id,
    method,
    touch_id,
    false as is_baseline,
    credit_share,
    credit_cents
from {{ ref('int_attribution_credits') }}
union all
select
    conversion_id,
    method,
    touch_id,
    is_baseline,
    credit_share,
    credit_cents
from {{ ref('int_causal_credits') }}
