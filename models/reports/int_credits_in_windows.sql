{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps'], materialized='view') }}

with

credits as (

    select * from {{ ref('int_credits_by_conversion') }}
    where partner_id not in ('unattributed', 'baseline')

),

scoped as (

    select
        credited_campaign_id as campaign_id,
        *
    from credits
    union all
    select
        'all' as campaign_id,
        *
    from credits

)

select
    windows.campaign_id,
    windows.window_id,
    scoped.method,
    scoped.milestone,
    scoped.conversion_id,
    coalesce(conversions.account_id, conversions.person_id, conversions.conversion_id) as account_id,
    scoped.partner_id,
    scoped.channel,
    scoped.asset_id,
    scoped.region,
    scoped.share_billionths,
    cast(round(scoped.credited_amount * 100) as {{ dbt.type_bigint() }}) as credit_cents
from scoped
inner join {{ ref('fct_conversions') }} as conversions on scoped.conversion_id = conversions.conversion_id
inner join {{ ref('int_credit_windows') }} as windows
    on
        scoped.campaign_id = windows.campaign_id
        and conversions.milestone_on >= coalesce(windows.window_start, conversions.milestone_on)
        and conversions.milestone_on <= coalesce(windows.window_end, conversions.milestone_on)
