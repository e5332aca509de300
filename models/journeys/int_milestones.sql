with

opportunities as (

    select * from {{ ref('int_opportunities_joint') }}

),

leads as (

    select * from {{ ref('int_leads') }}

),

as_of as (

    select
        is_set_by_user,
        cast(as_of as timestamp) + interval '1' day as next_day_at,
        cast(future_from as timestamp) as future_from_at
    from {{ ref('int_as_of') }}

),

reached_by_deals as (

    select
        opportunity_id,
        account_id,
        'opportunity' as milestone,
        coalesce(created_at, closed_at) as milestone_at,
        created_at,
        closed_at,
        amount,
        amount_status
    from opportunities
    union all
    select
        opportunity_id,
        account_id,
        'closed_won' as milestone,
        closed_at as milestone_at,
        created_at,
        closed_at,
        amount,
        amount_status
    from opportunities
    where is_won

),

-- A lead has no deal, no money, and nothing that a later touch could accelerate.
reached_by_people as (

    select
        person_id,
        account_id,
        'lead' as milestone,
        lead_at as milestone_at
    from leads
    union all
    select
        person_id,
        account_id,
        'mql' as milestone,
        mql_at as milestone_at
    from leads
    where mql_at is not null

),

reached as (

    select
        opportunity_id || ':' || milestone as conversion_id,
        cast(null as {{ dbt.type_string() }}) as person_id,
        *
    from reached_by_deals
    union all
    select
        person_id || ':' || milestone as conversion_id,
        person_id,
        cast(null as {{ dbt.type_string() }}) as opportunity_id,
        account_id,
        milestone,
        milestone_at,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as closed_at,
        0 as amount,
        'count_only' as amount_status
    from reached_by_people
    where milestone in ('{{ checked_lead_milestones(var("lead_milestones")) | join("', '") }}')

),

-- A deal entered after it closed (imports) ends its journey when it closed.
cut as (

    select
        *,
        {% if var('journey_cutoff') == 'milestone' -%}
        milestone_at as cutoff_at
        {%- else -%}
            least(coalesce(created_at, milestone_at), milestone_at) as cutoff_at
        {%- endif %}
    from reached

),

counted_from as (

    select
        *,
        {% if var('lookback_unit') == 'calendar_days' -%}
        cast(cast(cutoff_at as date) as timestamp) as lookback_from_at
        {%- else -%}
            cutoff_at as lookback_from_at
        {%- endif %}
    from cut

),

opened as (

    select
        *,
        case milestone
            {% for milestone in all_milestones() -%}
                when '{{ milestone }}' then lookback_from_at - interval '{{ lookback_of(milestone, var("lookback_days")) }}' day
            {% endfor -%}
        end as journey_start_at
    from counted_from

),

final as (

    select
        opened.conversion_id,
        opened.opportunity_id,
        opened.person_id,
        opened.account_id,
        opened.milestone,
        opened.milestone_at,
        opened.cutoff_at,
        opened.journey_start_at,
        cast(coalesce(opened.amount, 0) as decimal(18, 2)) as amount,
        opened.amount_status,
        cast(round(coalesce(opened.amount, 0) * 100) as bigint) as amount_cents,
        {{ epoch_microseconds('opened.milestone_at') }} as milestone_at_us,
        {{ epoch_microseconds('opened.cutoff_at') }} as cutoff_at_us,
        {{ epoch_microseconds('opened.lookback_from_at') }} as lookback_from_us,
        {{ epoch_microseconds('opened.journey_start_at') }} as journey_start_at_us,
        {{ epoch_microseconds('opened.created_at') }} as opportunity_at_us,
        case
            when opened.milestone = 'closed_won'
                then {{ epoch_microseconds('opened.closed_at') }}
        end as close_at_us,
        -- Later touches accelerate the deal until it ends, or until the day that the user asked for.
        case
            when opened.person_id is not null then {{ epoch_microseconds('opened.cutoff_at') }}
            when
                as_of.is_set_by_user
                and coalesce(opened.closed_at >= as_of.next_day_at, true)
                then {{ epoch_microseconds('as_of.next_day_at') }} - 1
            else {{ epoch_microseconds('opened.closed_at') }}
        end as deal_end_at_us,
        case
            when opened.milestone_at is null then 'no_time'
            when as_of.is_set_by_user and opened.milestone_at >= as_of.next_day_at then 'after_as_of'
            when opened.milestone_at >= as_of.future_from_at then 'in_the_future'
            else 'counted'
        end as milestone_status
    from opened
    cross join as_of

)

select
    *,
    milestone_status = 'counted' as is_counted
from final
