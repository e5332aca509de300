{%- set lookbacks = checked_method_lookbacks(var('lookback_days_by_method'), var('lookback_days')) -%}

with

credits as (

    select * from {{ ref('int_credits_of_methods') }}

),

-- Every conversion has a row of every method that credits touches.
methods as (

    select distinct
        method,
        {% for method, days in lookbacks.items() -%}
            case when method = '{{ method }}' then {{ days }} else 0 end +
        {% endfor -%}
        0 as lookback_days
    from credits

),

milestones as (

    select * from {{ ref('int_milestones') }}
    where is_counted

),

touches as (

    select * from {{ ref('int_touches_placed') }}

),

-- Journeys without a touch keep one row per method.
journeys as (

    select
        milestones.opportunity_id,
        milestones.person_id,
        milestones.milestone,
        milestones.milestone_at_us,
        milestones.cutoff_at_us,
        methods.method,
        milestones.conversion_id as journey_id,
        touches.*
    from milestones
    cross join methods
    left join touches
        on milestones.conversion_id = touches.conversion_id and methods.lookback_days = touches.lookback_days
    where
        methods.method not in {{ causal_methods() }}
        or milestones.milestone in ('opportunity', 'closed_won')

),

-- Credit beside the touches of a journey: what would have come anyway.
beside_touches as (

    select
        milestones.opportunity_id,
        milestones.person_id,
        milestones.milestone,
        milestones.milestone_at_us,
        milestones.cutoff_at_us,
        credits.method,
        milestones.conversion_id as journey_id,
        touches.*
    from credits
    inner join milestones on credits.conversion_id = milestones.conversion_id
    left join touches on milestones.conversion_id = touches.conversion_id and touches.touch_id is null
    where credits.touch_id is null

)

-- A journey without any touch has that row already.
select * from journeys
union
select * from beside_touches
