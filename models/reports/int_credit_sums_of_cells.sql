{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps'], materialized='view') }}

{# Only cells that get an interval, and the totals that they are a share of. #}
select
    cells.cell_number,
    sums.bucket,
    sums.player,
    cast(sums.share_billionths as {{ dbt.type_bigint() }}) as share_billionths,
    cast(sums.credit_cents as {{ dbt.type_bigint() }}) as credit_cents
from {{ ref('int_credit_sums') }} as sums
inner join {{ ref('int_credit_cells') }} as cells
    on
        sums.campaign_id = cells.campaign_id
        and sums.window_id = cells.window_id
        and sums.method = cells.method
        and sums.milestone = cells.milestone
        and sums.dimensions = cells.dimensions
        and sums.partner_id = cells.partner_id
        and sums.channel = cells.channel
        and sums.asset_id = cells.asset_id
        and sums.region = cells.region
where cells.winning_accounts >= {{ var('interval_min_wins') }}
