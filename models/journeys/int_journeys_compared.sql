{#- The journey of a deal that was not won is cut as those of the won ones: with the deal, or with as_of. -#}
{%- set ends_at_us = 'coalesce(milestones.deal_end_at_us, as_of.ends_at_us)' if var('journey_cutoff') == 'milestone' else 'milestones.cutoff_at_us' -%}
{%- set lookback_us = 'cast(' ~ lookback_of('closed_won', var('lookback_days')) ~ ' as bigint) * 86400000000' -%}
{%- if var('lookback_unit') == 'calendar_days' -%}
    {%- set lookback_us = 'mod(' ~ ends_at_us ~ ', 86400000000) - ' ~ lookback_us -%}
{%- endif -%}
{%- set transforms = checked_path_transforms(var('path_transform')) -%}

with

milestones as (

    select * from {{ ref('int_milestones') }}

),

touches_of_deals as (

    select * from {{ ref('int_touches_of_deals') }}
    where coalesce(exclusion_reason, '') not in ('bot', 'duplicate')

),

touches_in_window as (select * from {{ ref('int_touches_in_window') }}),

touches as (

    select
        touch_id,
        person_id,
        account_id,
        {{ epoch_microseconds('touched_at') }} as touched_at_us,
        channel,
        credited_partner_id as partner_id,
        campaign_id,
        asset_id
    from {{ ref('int_touches_resolved') }}
    where is_canonical and not is_bot

),

as_of as (

    select {{ epoch_microseconds("(cast(as_of as timestamp) + interval '1' day)") }} - 1 as ends_at_us
    from {{ ref('int_as_of') }}

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
        coalesce(milestones.account_id, milestones.person_id, milestones.conversion_id) as account_id,
        {{ ends_at_us }} - {{ lookback_us }} as starts_at_us,
        {{ ends_at_us }} as ends_at_us
    from milestones
    cross join as_of
    left join won on milestones.opportunity_id = won.opportunity_id
    where milestones.milestone = 'opportunity' and milestones.is_counted and won.opportunity_id is null

),

others as (select * from {{ ref('int_journeys_not_converted') }}),

-- A touch that speaks for another account's deal (its contact's) does not speak against this one.
touches_with_deal as (

    select distinct touches_in_window.touch_id
    from touches_in_window
    inner join milestones on touches_in_window.conversion_id = milestones.conversion_id
    where milestones.opportunity_id is not null

),

touches_of_others as (

    select
        others.milestone,
        others.journey_id,
        coalesce(others.account_id, others.person_id) as journey_account_id,
        touches.*
    from others
    inner join touches
        on
            others.account_id = touches.account_id
            and touches.touched_at_us between others.starts_at_us and others.ends_at_us
    left join touches_with_deal on others.milestone = 'opportunity' and touches.touch_id = touches_with_deal.touch_id
    where
        touches_with_deal.touch_id is null
        and (others.person_id is null or '{{ var("journey_people") }}' = 'account')
    union all
    select
        others.milestone,
        others.journey_id,
        coalesce(others.account_id, others.person_id) as journey_account_id,
        touches.*
    from others
    inner join touches
        on
            others.person_id = touches.person_id
            and touches.touched_at_us between others.starts_at_us and others.ends_at_us
    where coalesce(touches.account_id <> others.account_id, true) or '{{ var("journey_people") }}' <> 'account'

),

-- The paths of conversions have been transformed; removed_0 is NULL where that is to do.
path_0 as (

    select
        converted.conversion_id as journey_id,
        converted.milestone,
        coalesce(converted.account_id, converted.person_id, converted.conversion_id) as account_id,
        true as is_converted,
        converted.conversion_id,
        converted.amount_cents as value_cents,
        touches_in_window.touch_id,
        touches_in_window.touched_at_us,
        touches_in_window.channel,
        touches_in_window.partner_id,
        touches_in_window.campaign_id,
        touches_in_window.asset_id,
        'no' as removed_0
    from milestones as converted
    left join touches_in_window on converted.conversion_id = touches_in_window.conversion_id
    where converted.is_counted
    union all
    select
        not_won.journey_id,
        'closed_won' as milestone,
        not_won.account_id,
        false as is_converted,
        cast(null as {{ dbt.type_string() }}) as conversion_id,
        cast(0 as {{ dbt.type_bigint() }}) as value_cents,
        touches_of_deals.touch_id,
        touches_of_deals.touched_at_us,
        touches_of_deals.channel,
        touches_of_deals.partner_id,
        touches_of_deals.campaign_id,
        touches_of_deals.asset_id,
        case when touches_of_deals.touch_id is null then 'no' end as removed_0
    from not_won
    left join touches_of_deals
        on
            not_won.deal_journey_id = touches_of_deals.conversion_id
            and not_won.starts_at_us <= touches_of_deals.touched_at_us
            and not_won.ends_at_us >= touches_of_deals.touched_at_us
    union all
    select
        journey_id,
        milestone,
        journey_account_id as account_id,
        false as is_converted,
        cast(null as {{ dbt.type_string() }}) as conversion_id,
        cast(0 as {{ dbt.type_bigint() }}) as value_cents,
        touch_id,
        touched_at_us,
        channel,
        partner_id,
        campaign_id,
        asset_id,
        cast(null as {{ dbt.type_string() }}) as removed_0
    from touches_of_others

),

{{ transformed_paths('milestone, journey_id', transforms) }}

final as (

    select
        journey_id,
        milestone,
        account_id,
        is_converted,
        conversion_id,
        value_cents,
        touch_id,
        touched_at_us,
        channel,
        partner_id,
        campaign_id,
        asset_id
    from path_{{ transforms | length }}
    where coalesce(removed_{{ transforms | length }}, 'no') = 'no'

)

select * from final
