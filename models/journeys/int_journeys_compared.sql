with

milestones as (

    select * from {{ ref('int_milestones') }}

),

touches_of_deals as (

    select * from {{ ref('int_touches_of_deals') }}
    where exclusion_reason is null or exclusion_reason not in ('bot', 'duplicate')

),

touches_in_window as (

    select * from {{ ref('int_touches_in_window') }}

),

touches_resolved as (

    select
        *,
        {{ epoch_microseconds('touched_at') }} as touched_at_us
    from {{ ref('int_touches_resolved') }}
    where is_canonical and not is_bot

),

as_of as (

    select
        {{ epoch_microseconds("(cast(as_of as timestamp) + interval '1' day)") }} - 1 as ends_at_us,
        {{ epoch_microseconds("(cast(as_of as timestamp) + interval '1' day - interval '" ~ var('lookback_days') ~ "' day)") }} as starts_at_us
    from {{ ref('int_as_of') }}

),

converted as (

    select
        conversion_id as journey_id,
        milestone,
        amount_cents,
        conversion_id
    from milestones
    where is_counted

),

-- Deals that were not won by as_of. A win of unknown time is neither won nor lost: left out.
won as (

    select opportunity_id
    from milestones
    where milestone = 'closed_won' and milestone_status in ('counted', 'no_time')

),

not_won as (

    select
        milestones.opportunity_id || ':closed_won' as journey_id,
        milestones.conversion_id as deal_journey_id,
        {% if var('journey_cutoff') == 'milestone' -%}
        -- The journey ends with the deal; while that is open, with as_of.
        coalesce(milestones.deal_end_at_us, as_of.ends_at_us) as ends_at_us,
        coalesce(milestones.deal_end_at_us, as_of.ends_at_us) - cast({{ var('lookback_days') }} as bigint) * 86400000000 as starts_at_us
        {%- else -%}
            milestones.cutoff_at_us as ends_at_us,
            milestones.journey_start_at_us as starts_at_us
        {%- endif %}
    from milestones
    cross join as_of
    left join won on milestones.opportunity_id = won.opportunity_id
    where milestones.milestone = 'opportunity' and milestones.is_counted and won.opportunity_id is null

),

-- Accounts without any opportunity by as_of.
accounts_with_deal as (

    select distinct account_id
    from milestones
    where milestone = 'opportunity' and milestone_status <> 'after_as_of'

),

-- A touch that speaks for another account's deal (its contact's) does not speak against this one.
touches_with_deal as (

    select distinct touch_id from touches_in_window

),

touches_of_others as (

    select
        'account:' || touches_resolved.account_id || ':opportunity' as journey_id,
        touches_resolved.touch_id,
        touches_resolved.touched_at_us,
        touches_resolved.channel,
        touches_resolved.credited_partner_id as partner_id
    from touches_resolved
    inner join as_of
        on
            touches_resolved.touched_at_us >= as_of.starts_at_us
            and touches_resolved.touched_at_us <= as_of.ends_at_us
    left join accounts_with_deal on touches_resolved.account_id = accounts_with_deal.account_id
    left join touches_with_deal on touches_resolved.touch_id = touches_with_deal.touch_id
    where
        touches_resolved.account_id is not null
        and accounts_with_deal.account_id is null
        and touches_with_deal.touch_id is null

),

final as (

    select
        converted.journey_id,
        converted.milestone,
        true as is_converted,
        converted.conversion_id,
        converted.amount_cents as value_cents,
        touches_in_window.touch_id,
        touches_in_window.touched_at_us,
        touches_in_window.channel,
        touches_in_window.partner_id
    from converted
    left join touches_in_window on converted.conversion_id = touches_in_window.conversion_id
    union all
    select
        not_won.journey_id,
        'closed_won' as milestone,
        false as is_converted,
        cast(null as {{ dbt.type_string() }}) as conversion_id,
        cast(0 as {{ dbt.type_bigint() }}) as value_cents,
        touches_of_deals.touch_id,
        touches_of_deals.touched_at_us,
        touches_of_deals.channel,
        touches_of_deals.partner_id
    from not_won
    left join touches_of_deals
        on
            not_won.deal_journey_id = touches_of_deals.conversion_id
            and not_won.starts_at_us <= touches_of_deals.touched_at_us
            and not_won.ends_at_us >= touches_of_deals.touched_at_us
    union all
    select
        journey_id,
        'opportunity' as milestone,
        false as is_converted,
        cast(null as {{ dbt.type_string() }}) as conversion_id,
        cast(0 as {{ dbt.type_bigint() }}) as value_cents,
        touch_id,
        touched_at_us,
        channel,
        partner_id
    from touches_of_others

)

select * from final
