{%- set lookback_days = var('lookback_days') -%}

with

opportunities as (

    select * from {{ ref('int_opportunities_joint') }}

),

as_of as (

    select
        is_set_by_user,
        cast(as_of as timestamp) + interval '1' day as next_day_at
    from {{ ref('int_as_of') }}

),

reached as (

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

opened as (

    select
        *,
        {% if var('lookback_unit') == 'calendar_days' -%}
        cast(cast(cutoff_at as date) as timestamp) - interval '{{ lookback_days }}' day as journey_start_at
        {%- else -%}
            cutoff_at - interval '{{ lookback_days }}' day as journey_start_at
        {%- endif %}
    from cut

),

final as (

    select
        opened.opportunity_id || ':' || opened.milestone as conversion_id,
        opened.opportunity_id,
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
        {{ epoch_microseconds('opened.journey_start_at') }} as journey_start_at_us,
        {{ epoch_microseconds('opened.created_at') }} as opportunity_at_us,
        case
            when opened.milestone = 'closed_won'
                then {{ epoch_microseconds('opened.closed_at') }}
        end as close_at_us,
        -- Later touches accelerate the deal until it ends, or until the day that the user asked for.
        case
            when
                as_of.is_set_by_user
                and coalesce(opened.closed_at >= as_of.next_day_at, true)
                then {{ epoch_microseconds('as_of.next_day_at') }} - 1
            else {{ epoch_microseconds('opened.closed_at') }}
        end as deal_end_at_us,
        case
            when opened.milestone_at is null then 'no_time'
            when as_of.is_set_by_user and opened.milestone_at >= as_of.next_day_at then 'after_as_of'
            else 'counted'
        end as milestone_status,
        opened.milestone_at is not null
        and not (as_of.is_set_by_user and opened.milestone_at >= as_of.next_day_at) as is_counted
    from opened
    cross join as_of

)

select * from final
