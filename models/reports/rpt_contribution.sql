{%- set credited = measured('frame.milestone', 'coalesce(breakdown.credited_amount, 0)', 'coalesce(breakdown.credited_conversions, 0)') -%}
{%- set target = measured('frame.milestone', 'targets.target_amount', 'targets.target_conversions') -%}

with

windows as (

    select * from {{ ref('rpt_windows') }}

),

breakdown as (

    select * from {{ ref('rpt_breakdown') }}
    where dimensions = 'partner'

),

methods as (

    select distinct
        method,
        milestone
    from {{ ref('int_credits_by_conversion') }}

),

targets as (

    select
        campaign_id,
        lower(trim(window_id)) as window_id,
        partner_id,
        lower(trim(milestone)) as milestone,
        sum(target_amount) as target_amount,
        sum(target_conversions) as target_conversions
    from {{ ref('targets') }}
    group by campaign_id, lower(trim(window_id)), partner_id, lower(trim(milestone))

),

-- Who should stand in the table: everyone who takes part, has a target, earned credit or spent.
participants as (

    select
        campaign_id,
        partner_id
    from {{ ref('campaign_partners') }}
    union
    select
        campaign_id,
        partner_id
    from targets
    union
    select
        campaign_id,
        partner_id
    from breakdown

),

frame as (

    select
        windows.campaign_id,
        windows.campaign_name,
        windows.window_id,
        windows.window_start,
        windows.window_end,
        methods.method,
        methods.milestone,
        participants.partner_id
    from windows
    inner join participants on windows.campaign_id = participants.campaign_id
    cross join methods

)

select
    frame.campaign_id,
    frame.window_id,
    frame.method,
    frame.milestone,
    frame.partner_id,
    frame.campaign_name,
    coalesce(partners.partner_name, frame.partner_id) as partner_name,
    frame.window_start,
    frame.window_end,
    cast(coalesce(breakdown.credited_amount, 0) as decimal(18, 2)) as credited_amount,
    coalesce(breakdown.credited_conversions, 0) as credited_conversions,
    coalesce(breakdown.conversions_touched, 0) as conversions_touched,
    breakdown.share_of_campaign,
    cast(targets.target_amount as decimal(18, 2)) as target_amount,
    cast(targets.target_conversions as double) as target_conversions,
    cast(coalesce(breakdown.credited_amount, 0) - targets.target_amount as decimal(18, 2)) as gap_to_target,
    {{ ratio(credited, target) }} as attainment,
    case
        when {{ target }} is null then 'no_target'
        when {{ credited }} >= {{ target }} then 'met'
        else 'below'
    end as target_status,
    cast(breakdown.spend_amount as decimal(18, 2)) as spend_amount,
    {{ interval_columns('breakdown') }}
from frame
left join breakdown
    on
        frame.campaign_id = breakdown.campaign_id
        and frame.window_id = breakdown.window_id
        and frame.method = breakdown.method
        and frame.milestone = breakdown.milestone
        and frame.partner_id = breakdown.partner_id
left join targets
    on
        frame.campaign_id = targets.campaign_id
        and frame.window_id = targets.window_id
        and frame.milestone = targets.milestone
        and frame.partner_id = targets.partner_id
left join {{ ref('dim_partner') }} as partners on frame.partner_id = partners.partner_id
