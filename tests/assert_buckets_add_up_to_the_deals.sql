-- This campaign, other touches and unattributed are the whole of every deal in the window.
-- First suspect: a conversion in the window without credit rows.
select
    windows.campaign_id,
    windows.window_id,
    reconciliation.method,
    reconciliation.milestone,
    sum(reconciliation.amount) as bucket_amount,
    max(deals.amount) as deal_amount

from {{ ref('rpt_windows') }} as windows

inner join {{ ref('rpt_reconciliation') }} as reconciliation
    on
        windows.campaign_id = reconciliation.campaign_id
        and windows.window_id = reconciliation.window_id

left join (
    select
        days.campaign_id,
        days.window_id,
        conversions.milestone,
        sum(conversions.amount) as amount
    from {{ ref('rpt_windows') }} as days
    inner join {{ ref('fct_conversions') }} as conversions
        on conversions.milestone_on >= days.window_start and conversions.milestone_on <= days.window_end
    group by days.campaign_id, days.window_id, conversions.milestone
) as deals
    on
        windows.campaign_id = deals.campaign_id
        and windows.window_id = deals.window_id
        and reconciliation.milestone = deals.milestone

group by windows.campaign_id, windows.window_id, reconciliation.method, reconciliation.milestone

having sum(reconciliation.amount) <> coalesce(max(deals.amount), 0)
