with

cells as (

    select * from {{ ref('int_credit_cells') }}

),

intervals as (

    select
        measured.campaign_id,
        measured.window_id,
        measured.method,
        measured.milestone,
        measured.dimensions,
        measured.partner_id,
        measured.channel,
        measured.asset_id,
        measured.region,
        bounds.*
    from {{ ref('int_credit_cells_measured') }} as measured
    inner join {{ ref('int_credit_intervals') }} as bounds on measured.cell_number = bounds.cell_number

)

select
    cells.campaign_id,
    cells.window_id,
    cells.method,
    cells.milestone,
    cells.dimensions,
    nullif(cells.partner_id, '') as partner_id,
    nullif(cells.channel, '') as channel,
    nullif(cells.asset_id, '') as asset_id,
    nullif(cells.region, '') as region,
    cells.winning_accounts,
    cells.conversions_touched,
    -- Cells with too few wins were not measured.
    coalesce(intervals.interval_status, 'suppressed') as interval_status,
    cast(cells.share_billionths as double) / 1000000000 as credited_conversions,
    -- Outwards to the digits shown, so that an interval never loses its figure to rounding.
    floor(intervals.conversions_lower * 1000000) / 1000000 as conversions_lower,
    ceil(intervals.conversions_upper * 1000000) / 1000000 as conversions_upper,
    {{ cents_to_amount('cells.credit_cents') }} as credited_amount,
    {{ cents_to_amount('floor(intervals.cents_lower)') }} as amount_lower,
    {{ cents_to_amount('ceil(intervals.cents_upper)') }} as amount_upper,
    cells.share,
    floor(intervals.share_lower * 1000000) / 1000000 as share_lower,
    ceil(intervals.share_upper * 1000000) / 1000000 as share_upper
from cells
left join intervals
    on
        cells.campaign_id = intervals.campaign_id
        and cells.window_id = intervals.window_id
        and cells.method = intervals.method
        and cells.milestone = intervals.milestone
        and cells.dimensions = intervals.dimensions
        and cells.partner_id = intervals.partner_id
        and cells.channel = intervals.channel
        and cells.asset_id = intervals.asset_id
        and cells.region = intervals.region
where cells.dimensions <> 'all_deals'
