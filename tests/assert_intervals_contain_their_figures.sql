-- An interval surrounds the figure that it belongs to, and has an order.
-- First suspect: rounding inwards in rpt_credit_intervals.
select *
from {{ ref('rpt_credit_intervals') }}
where
    interval_status in ('ok', 'low_sample')
    and not coalesce(
        conversions_lower <= credited_conversions and credited_conversions <= conversions_upper
        and amount_lower <= credited_amount and credited_amount <= amount_upper
        and (share is null or (share_lower <= share and share <= share_upper)),
        false
    )
