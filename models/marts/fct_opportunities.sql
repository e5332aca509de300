with

joint as (

    select * from {{ ref('int_opportunities_joint') }}

),

normalised as (

    select * from {{ ref('int_opportunities_normalised') }}

),

accounts as (

    select * from {{ ref('dim_account') }}

)

select
    joint.opportunity_id,
    joint.account_id,
    joint.opportunity_name,
    joint.primary_partner_id,
    normalised.feed_id,
    normalised.source_opportunity_id,
    joint.stage,
    joint.is_open,
    joint.is_won,
    joint.is_lost,
    joint.amount,
    joint.amount_status,
    joint.delivered_amount,
    joint.delivered_currency,
    joint.fx_rate,
    joint.fx_rate_date,
    joint.fx_rate_source,
    joint.created_at,
    joint.closed_at,
    joint.close_date,
    joint.campaign_id,
    joint.owner,
    coalesce(accounts.region, 'unknown') as region,
    cast(joint.book_count as {{ dbt.type_bigint() }}) as book_count
from joint
inner join normalised on joint.opportunity_id = normalised.opportunity_key
left join accounts on joint.account_id = accounts.account_id
