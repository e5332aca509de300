{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

cells as (

    select
        cells.*,
        coalesce(windows.window_start, date '1900-01-01') as window_start,
        coalesce(windows.window_end, date '1900-01-01') as window_end
    from {{ ref('int_credit_cells') }} as cells
    inner join {{ ref('int_credit_windows') }} as windows
        on cells.campaign_id = windows.campaign_id and cells.window_id = windows.window_id
    where
        cells.dimensions = ''
        or (cells.dimensions <> 'all_deals' and cells.winning_accounts >= {{ var('interval_min_wins') }})

),

-- All deals of a span of days are the same, whatever the campaign and the method.
counted as (

    select
        campaign_id,
        window_id,
        method,
        milestone,
        dimensions,
        partner_id,
        channel,
        asset_id,
        region,
        window_start,
        window_end,
        winning_accounts
    from cells
    union all
    select distinct
        '' as campaign_id,
        '' as window_id,
        '' as method,
        milestone,
        'all_deals' as dimensions,
        '' as partner_id,
        '' as channel,
        '' as asset_id,
        '' as region,
        window_start,
        window_end,
        cast(0 as {{ dbt.type_bigint() }}) as winning_accounts
    from cells

),

-- Cells of one milestone and method have neighbouring numbers: they are read together.
numbered as (

    select
        *,
        row_number() over (
            order by
                milestone, method, campaign_id, window_id, dimensions, partner_id, channel, asset_id, region,
                window_start, window_end
        ) as cell_number
    from counted

)

select
    numbered.*,
    coalesce(campaigns.cell_number, deals.cell_number) as whole_number
from numbered
left join numbered as campaigns
    on
        numbered.campaign_id = campaigns.campaign_id
        and numbered.window_id = campaigns.window_id
        and numbered.method = campaigns.method
        and numbered.milestone = campaigns.milestone
        and numbered.dimensions not in ('', 'all_deals')
        and campaigns.dimensions = ''
left join numbered as deals
    on
        numbered.milestone = deals.milestone
        and numbered.window_start = deals.window_start
        and numbered.window_end = deals.window_end
        and numbered.dimensions = ''
        and deals.dimensions = 'all_deals'
