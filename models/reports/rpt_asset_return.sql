with

breakdown as (

    select * from {{ ref('rpt_breakdown') }}
    where dimensions = 'asset'

),

windows as (

    select * from {{ ref('rpt_windows') }}

),

assets as (

    select * from {{ ref('dim_asset') }}

),

touches as (

    select
        windows.campaign_id,
        windows.window_id,
        coalesce(touches.asset_id, 'none') as asset_id,
        count(*) as touches
    from windows
    inner join {{ ref('fct_touches') }} as touches
        on
            windows.campaign_id = touches.campaign_id
            and cast(touches.touched_at as date) >= windows.window_start
            and cast(touches.touched_at as date) <= windows.window_end
    where touches.is_canonical and not touches.is_bot
    group by windows.campaign_id, windows.window_id, coalesce(touches.asset_id, 'none')

)

select
    breakdown.campaign_id,
    breakdown.window_id,
    breakdown.method,
    breakdown.milestone,
    breakdown.asset_id,
    breakdown.asset_name,
    assets.asset_type,
    assets.owner_partner_id,
    breakdown.credited_amount,
    breakdown.credited_conversions,
    cast(coalesce(touches.touches, 0) as {{ dbt.type_bigint() }}) as touches,
    breakdown.spend_amount,
    case
        when breakdown.milestone not in ('lead', 'mql')
            then {{ ratio('breakdown.credited_amount', 'breakdown.spend_amount') }}
    end as credited_per_spend
from breakdown
left join assets on breakdown.asset_id = assets.asset_id
left join touches
    on
        breakdown.campaign_id = touches.campaign_id
        and breakdown.window_id = touches.window_id
        and breakdown.asset_id = touches.asset_id
