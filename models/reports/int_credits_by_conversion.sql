{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

credits as (

    select * from {{ ref('fct_attribution_credits') }}

),

conversions as (

    select * from {{ ref('fct_conversions') }}

),

-- Touches of one conversion that agree on every reported dimension are one row from here on.
summed as (

    select
        conversion_id,
        milestone,
        method,
        partner_id,
        channel,
        coalesce(campaign_id, 'unattributed') as credited_campaign_id,
        coalesce(asset_id, 'none') as asset_id,
        region,
        sum(credited_amount) as credited_amount,
        sum(cast(round(credit_share * 1000000000) as {{ dbt.type_bigint() }})) as share_billionths
    from credits
    group by
        conversion_id,
        milestone,
        method,
        partner_id,
        channel,
        coalesce(campaign_id, 'unattributed'),
        coalesce(asset_id, 'none'),
        region

)

select
    summed.conversion_id,
    summed.milestone,
    conversions.milestone_on,
    summed.method,
    summed.partner_id,
    summed.channel,
    summed.credited_campaign_id,
    summed.asset_id,
    summed.region,
    cast(summed.credited_amount as decimal(18, 2)) as credited_amount,
    cast(summed.share_billionths as {{ dbt.type_bigint() }}) as share_billionths
from summed
inner join conversions on summed.conversion_id = conversions.conversion_id
