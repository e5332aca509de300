with

milestones as (

    select * from {{ ref('int_milestones') }}
    where is_counted and account_id is not null

),

opportunities as (

    select * from {{ ref('int_opportunities_joint') }}

),

people as (

    select * from {{ ref('int_people_resolved') }}
    where not is_implied and account_id is not null

),

-- The first lead and the first MQL of an account; its deals as the milestones date them.
reached as (

    select
        account_id,
        cast(null as {{ dbt.type_string() }}) as opportunity_id,
        'lead' as state,
        {{ epoch_microseconds('min(created_at)') }} as reached_at_us,
        cast(0 as {{ dbt.type_bigint() }}) as value_cents
    from people
    group by account_id
    union all
    select
        account_id,
        cast(null as {{ dbt.type_string() }}) as opportunity_id,
        'mql' as state,
        {{ epoch_microseconds('min(mql_at)') }} as reached_at_us,
        cast(0 as {{ dbt.type_bigint() }}) as value_cents
    from people
    group by account_id
    union all
    select
        account_id,
        opportunity_id,
        'opportunity' as state,
        cutoff_at_us as reached_at_us,
        amount_cents as value_cents
    from milestones
    where milestone = 'opportunity'
    union all
    select
        account_id,
        opportunity_id,
        'closed_won' as state,
        milestone_at_us as reached_at_us,
        amount_cents as value_cents
    from milestones
    where milestone = 'closed_won'
    union all
    select
        milestones.account_id,
        milestones.opportunity_id,
        'closed_lost' as state,
        {{ epoch_microseconds('opportunities.closed_at') }} as reached_at_us,
        milestones.amount_cents as value_cents
    from milestones
    inner join opportunities on milestones.opportunity_id = opportunities.opportunity_id
    where milestones.milestone = 'opportunity' and opportunities.is_lost

)

select * from reached
where reached_at_us is not null
