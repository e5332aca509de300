{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps'], materialized='view') }}

with

sums as (

    select * from {{ ref('int_credit_sums') }}

),

wholes as (

    select * from sums
    where dimensions in ('', 'all_deals')

)

select
    sums.campaign_id,
    sums.window_id,
    sums.method,
    sums.milestone,
    sums.dimensions,
    sums.partner_id,
    sums.channel,
    sums.asset_id,
    sums.region,
    cast(sums.share_billionths as {{ dbt.type_bigint() }}) as share_billionths,
    cast(sums.credit_cents as {{ dbt.type_bigint() }}) as credit_cents,
    cast(sums.winning_accounts as {{ dbt.type_bigint() }}) as winning_accounts,
    cast(sums.conversions_touched as {{ dbt.type_bigint() }}) as conversions_touched,
    {{ ratio(measured('sums.milestone', 'sums.credit_cents', 'sums.share_billionths'), measured('wholes.milestone', 'wholes.credit_cents', 'wholes.share_billionths')) }} as share
from sums
left join wholes
    on
        sums.campaign_id = wholes.campaign_id
        and sums.window_id = wholes.window_id
        and sums.method = wholes.method
        and sums.milestone = wholes.milestone
        and wholes.dimensions = case sums.dimensions when 'all_deals' then null when '' then 'all_deals' else '' end
