with

milestones as (

    select * from {{ ref('int_milestones') }}
    where is_counted

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

leads as (

    select * from {{ ref('int_leads') }}

),

accounts as (

    select * from {{ ref('dim_account') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

touches as (

    select
        conversion_id,
        count(*) as eligible_touches
    from {{ ref('int_touches_in_window') }}
    group by conversion_id

)

select
    milestones.conversion_id,
    milestones.opportunity_id,
    milestones.person_id,
    milestones.account_id,
    milestones.milestone,
    milestones.milestone_at,
    -- The business day in the zone of the feed whose book leads, or whose record of the lead came first.
    case
        when milestones.milestone = 'closed_won' and opportunities.close_date is not null then opportunities.close_date
        else cast({{ utc_to_local('milestones.milestone_at', 'feeds.timezone') }} as date)
    end as milestone_on,
    milestones.amount,
    milestones.amount_status,
    milestones.cutoff_at,
    milestones.journey_start_at,
    cast(coalesce(touches.eligible_touches, 0) as {{ dbt.type_bigint() }}) as eligible_touches,
    touches.conversion_id is not null as is_attributed,
    coalesce(opportunities.primary_partner_id, leads.partner_id) as primary_partner_id,
    coalesce(opportunities.region, accounts.region, 'unknown') as region
from milestones
left join opportunities on milestones.opportunity_id = opportunities.opportunity_id
left join leads on milestones.person_id = leads.person_id
left join accounts on milestones.account_id = accounts.account_id
left join feeds on coalesce(opportunities.feed_id, leads.feed_id) = feeds.feed_id
left join touches on milestones.conversion_id = touches.conversion_id
