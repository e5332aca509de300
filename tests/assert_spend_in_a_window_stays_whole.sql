-- Spend without any credit keeps its row: the cells of a window hold all of the campaign's spend.
select
    spend.campaign_id,
    spend.window_id,
    sum(spend.amount) as spend_amount,
    max(cells.spend_amount) as cell_amount

from {{ ref('int_spend_in_window') }} as spend

left join (
    select
        campaign_id,
        window_id,
        method,
        milestone,
        sum(spend_amount) as spend_amount
    from {{ ref('rpt_breakdown') }}
    where dimensions = 'partner,channel,asset'
    group by campaign_id, window_id, method, milestone
) as cells
    on spend.campaign_id = cells.campaign_id and spend.window_id = cells.window_id

group by spend.campaign_id, spend.window_id, cells.method, cells.milestone

having sum(spend.amount) <> coalesce(max(cells.spend_amount), -1)
