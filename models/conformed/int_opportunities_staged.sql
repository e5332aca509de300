with

opportunities as (

    select * from {{ ref('int_opportunities_unioned') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

stages as (

    select * from {{ ref('int_opportunity_stages_mapped') }}

),

funnel_stages as (

    select * from {{ ref('funnel_stages') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

staged as (

    select
        opportunities.*,
        stages.stage,
        stages.stage_rule,
        funnel_stages.is_open,
        funnel_stages.is_won,
        funnel_stages.is_lost,
        feeds.timezone,
        nullif(upper(trim(coalesce(opportunities.currency, feeds.currency))), '') as delivered_currency,
        coalesce(
            opportunities.close_date,
            cast({{ utc_to_local('opportunities.close_time', 'feeds.timezone') }} as date)
        ) as closing_day,
        as_of.as_of
    from opportunities
    inner join stages on opportunities.opportunity_key = stages.opportunity_key
    inner join funnel_stages on stages.stage = funnel_stages.stage
    left join feeds on opportunities.feed_id = feeds.feed_id
    cross join as_of

)

-- Closed deals convert at the close date's rate, open ones at the latest rate up to as_of.
select
    *,
    case
        when is_open or closing_day is null or closing_day > as_of then as_of
        else closing_day
    end as rate_day
from staged
