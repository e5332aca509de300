-- Whatever the dimensions, the cells add up to the campaign's credit, and its credit to the bucket.
select
    breakdown.campaign_id,
    breakdown.window_id,
    breakdown.method,
    breakdown.milestone,
    breakdown.dimensions,
    sum(breakdown.credited_amount) as cell_amount,
    max(reconciliation.amount) as campaign_amount

from {{ ref('rpt_breakdown') }} as breakdown

left join {{ ref('rpt_reconciliation') }} as reconciliation
    on
        breakdown.campaign_id = reconciliation.campaign_id
        and breakdown.window_id = reconciliation.window_id
        and breakdown.method = reconciliation.method
        and breakdown.milestone = reconciliation.milestone
        and reconciliation.bucket = 'this_campaign'

group by
    breakdown.campaign_id,
    breakdown.window_id,
    breakdown.method,
    breakdown.milestone,
    breakdown.dimensions

having sum(breakdown.credited_amount) <> coalesce(max(reconciliation.amount), -1)
