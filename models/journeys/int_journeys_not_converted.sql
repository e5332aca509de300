with

milestones as (

    select * from {{ ref('int_milestones') }}

),

people as (

    select
        person_id,
        min(account_id) as account_id
    from {{ ref('int_people_resolved') }}
    group by person_id

),

touched_accounts as (

    select distinct account_id
    from {{ ref('int_touches_resolved') }}
    where account_id is not null and is_canonical and not is_bot

),

-- Whoever reached the milestone by as_of, were it at an unknown time.
reached as (

    select distinct
        milestone,
        account_id,
        person_id
    from milestones
    where milestone_status not in ('after_as_of', 'in_the_future')

),

leads as (

    select
        person_id,
        account_id,
        milestone_at_us as lead_at_us
    from milestones
    where milestone = 'lead' and is_counted

),

-- Who could have reached a milestone and did not: accounts without a deal, people who are no leads,
-- leads who are no MQL.
candidates as (

    select
        'opportunity' as milestone,
        'account:' || touched_accounts.account_id || ':opportunity' as journey_id,
        touched_accounts.account_id,
        cast(null as {{ dbt.type_string() }}) as person_id,
        cast(null as {{ dbt.type_bigint() }}) as since_us
    from touched_accounts
    left join reached on touched_accounts.account_id = reached.account_id and reached.milestone = 'opportunity'
    where reached.account_id is null
    union all
    select
        'lead' as milestone,
        people.person_id || ':lead' as journey_id,
        people.account_id,
        people.person_id,
        cast(null as {{ dbt.type_bigint() }}) as since_us
    from people
    left join reached on people.person_id = reached.person_id and reached.milestone = 'lead'
    where reached.person_id is null
    union all
    select
        'mql' as milestone,
        leads.person_id || ':mql' as journey_id,
        leads.account_id,
        leads.person_id,
        leads.lead_at_us as since_us
    from leads
    left join reached on leads.person_id = reached.person_id and reached.milestone = 'mql'
    where reached.person_id is null

),

-- In an order that has nothing to do with time or place, and is always the same.
shuffled as (

    select
        *,
        row_number() over (
            partition by milestone order by {{ text_hash(['journey_id']) }}, journey_id
        ) as place,
        count(*) over (partition by milestone) as places
    from candidates

),

windows as (

    select
        milestone,
        journey_start_at_us,
        cutoff_at_us,
        row_number() over (partition by milestone order by cutoff_at_us, conversion_id) as place,
        count(*) over (partition by milestone) as places
    from milestones
    where is_counted

),

window_counts as (

    select distinct
        milestone,
        places
    from windows

),

-- Each gets the window of one conversion, spread evenly over all of them in order of time. The place is
-- a column before the join: worked out from both sides inside it, every pair of a milestone was compared.
placed as (

    select
        shuffled.*,
        1 + {{ int_div('(2 * shuffled.place - 1) * window_counts.places', '(2 * shuffled.places)') }} as window_place
    from shuffled
    inner join window_counts on shuffled.milestone = window_counts.milestone

),

-- Whoever could not have converted yet at that time is not compared.
final as (

    select
        placed.milestone,
        placed.journey_id,
        placed.account_id,
        placed.person_id,
        windows.journey_start_at_us as starts_at_us,
        windows.cutoff_at_us as ends_at_us
    from placed
    inner join windows on placed.milestone = windows.milestone and placed.window_place = windows.place
    where coalesce(placed.since_us <= windows.cutoff_at_us, true)

)

select * from final
