with

windows as (

    select * from {{ ref('rpt_windows') }}
    where window_start <= window_end

),

credits as (

    select * from {{ ref('int_credits_by_conversion') }}

),

totals as (

    select * from {{ ref('rpt_campaign_totals') }}

),

contribution as (

    select * from {{ ref('rpt_contribution') }}

),

earned as (

    select
        windows.campaign_id,
        windows.window_id,
        credits.method,
        credits.milestone,
        credits.milestone_on as day,
        sum(credits.credited_amount) as credited_amount,
        sum(case when contribution.target_amount is not null then credits.credited_amount else 0 end) as targeted_amount
    from windows
    inner join credits
        on
            windows.campaign_id = credits.credited_campaign_id
            and credits.milestone_on >= windows.window_start
            and credits.milestone_on <= windows.window_end
    left join contribution
        on
            windows.campaign_id = contribution.campaign_id
            and windows.window_id = contribution.window_id
            and credits.method = contribution.method
            and credits.milestone = contribution.milestone
            and credits.partner_id = contribution.partner_id
    where credits.partner_id not in ('unattributed', 'baseline')
    group by windows.campaign_id, windows.window_id, credits.method, credits.milestone, credits.milestone_on

),

-- The first and the last day always stand, so that a line can be drawn from edge to edge.
edges as (

    select
        totals.campaign_id,
        totals.window_id,
        totals.method,
        totals.milestone,
        windows.window_start as day,
        0 as credited_amount,
        0 as targeted_amount
    from totals
    inner join windows on totals.campaign_id = windows.campaign_id and totals.window_id = windows.window_id

    union all

    select
        totals.campaign_id,
        totals.window_id,
        totals.method,
        totals.milestone,
        windows.window_end as day,
        0 as credited_amount,
        0 as targeted_amount
    from totals
    inner join windows on totals.campaign_id = windows.campaign_id and totals.window_id = windows.window_id

),

daily as (

    select
        campaign_id,
        window_id,
        method,
        milestone,
        day,
        sum(credited_amount) as credited_amount,
        sum(targeted_amount) as targeted_amount
    from (
        select * from earned
        union all
        select * from edges
    ) as combined
    group by campaign_id, window_id, method, milestone, day

)

select
    daily.campaign_id,
    daily.window_id,
    daily.method,
    daily.milestone,
    daily.day,
    cast(daily.credited_amount as decimal(18, 2)) as credited_amount,
    cast(
        sum(daily.credited_amount) over (
            partition by daily.campaign_id, daily.window_id, daily.method, daily.milestone
            order by daily.day
            rows between unbounded preceding and current row
        ) as decimal(18, 2)
    ) as cumulative_amount,
    cast(
        sum(daily.targeted_amount) over (
            partition by daily.campaign_id, daily.window_id, daily.method, daily.milestone
            order by daily.day
            rows between unbounded preceding and current row
        ) as decimal(18, 2)
    ) as targeted_cumulative_amount,
    cast(
        cast(totals.target_amount as double)
        * ({{ dbt.datediff('windows.window_start', 'daily.day', 'day') }} + 1) / windows.days
        as decimal(18, 2)
    ) as even_pace_amount
from daily
inner join windows on daily.campaign_id = windows.campaign_id and daily.window_id = windows.window_id
inner join totals
    on
        daily.campaign_id = totals.campaign_id
        and daily.window_id = totals.window_id
        and daily.method = totals.method
        and daily.milestone = totals.milestone
