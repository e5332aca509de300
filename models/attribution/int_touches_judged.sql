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

    select * from {{ ref('int_touches_with_weights') }}

),

touched as (

    select distinct
        conversion_id,
        lookback_days
    from touches

),

-- Credit beside the touches of a journey: what would have come anyway.
beside_touches as (

    select distinct
        credits.conversion_id,
        credits.method
    from credits
    inner join methods on credits.method = methods.method
    inner join touched
        on credits.conversion_id = touched.conversion_id and methods.lookback_days = touched.lookback_days
    where credits.touch_id is null

),

-- No touch has lookback -1. A journey without touches keeps one row per method from the first part.
journeys as (

    select
        milestones.*,
        methods.method,
        methods.lookback_days as reads_lookback_days
    from milestones
    cross join methods
    where
        methods.method not in {{ causal_methods() }}
        or milestones.milestone in ('opportunity', 'closed_won')
    union all
    select
        milestones.*,
        beside_touches.method,
        -1 as reads_lookback_days
    from beside_touches
    inner join milestones on beside_touches.conversion_id = milestones.conversion_id

)

select
    journeys.opportunity_id,
    journeys.person_id,
    journeys.milestone,
    journeys.milestone_at_us,
    journeys.cutoff_at_us,
    journeys.method,
    journeys.conversion_id as journey_id,
    touches.*
from journeys
left join touches
    on journeys.conversion_id = touches.conversion_id and journeys.reads_lookback_days = touches.lookback_days
