{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

cells as (

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
        sum(share_billionths) as share_billionths,
        sum(credit_cents) as credit_cents,
        sum(winning_accounts) as winning_accounts
    from {{ ref('int_credit_sums') }}
    where player is null
    group by campaign_id, window_id, method, milestone, dimensions, partner_id, channel, asset_id, region

),

numbered as (

    select
        *,
        row_number() over (
            order by campaign_id, window_id, method, milestone, dimensions, partner_id, channel, asset_id, region
        ) as cell_number
    from cells

)

select
    numbered.campaign_id,
    numbered.window_id,
    numbered.method,
    numbered.milestone,
    numbered.dimensions,
    numbered.partner_id,
    numbered.channel,
    numbered.asset_id,
    numbered.region,
    numbered.cell_number,
    whole.cell_number as whole_number,
    cast(numbered.share_billionths as {{ dbt.type_bigint() }}) as share_billionths,
    cast(numbered.credit_cents as {{ dbt.type_bigint() }}) as credit_cents,
    cast(numbered.winning_accounts as {{ dbt.type_bigint() }}) as winning_accounts,
    {{ ratio(measured('numbered.milestone', 'numbered.credit_cents', 'numbered.share_billionths'), measured('whole.milestone', 'whole.credit_cents', 'whole.share_billionths')) }} as share
from numbered
left join numbered as whole
    on
        numbered.campaign_id = whole.campaign_id
        and numbered.window_id = whole.window_id
        and numbered.method = whole.method
        and numbered.milestone = whole.milestone
        and numbered.dimensions <> 'all_deals'
        and whole.dimensions = case when numbered.dimensions = '' then 'all_deals' else '' end
