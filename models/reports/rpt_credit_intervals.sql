with

cells as (

    select * from {{ ref('int_credit_cells') }}

),

intervals as (

    select * from {{ ref('int_credit_intervals') }}

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
    intervals.interval_status,
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
inner join intervals on cells.cell_number = intervals.cell_number
where cells.dimensions <> 'all_deals'
