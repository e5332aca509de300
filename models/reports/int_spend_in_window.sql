{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

select
    windows.campaign_id,
    windows.window_id,
    spend.partner_id,
    spend.channel,
    coalesce(spend.asset_id, 'none') as asset_id,
    spend.amount
from {{ ref('rpt_windows') }} as windows
inner join {{ ref('fct_spend') }} as spend
    on
        windows.campaign_id = spend.campaign_id
        and spend.spend_date >= windows.window_start
        and spend.spend_date <= windows.window_end
