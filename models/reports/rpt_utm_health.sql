with

findings as (

    select * from {{ ref('fct_utm_findings') }}

),

touches as (

    select
        utm_touches.touch_id,
        utm_touches.partner_id,
        tuples.campaign_id,
        cast(touches.touched_at as date) as touched_on
    from {{ ref('int_utm_touches') }} as utm_touches
    inner join {{ ref('int_utm_tuples') }} as tuples on utm_touches.tuple_id = tuples.tuple_id
    inner join {{ ref('fct_touches') }} as touches on utm_touches.touch_id = touches.touch_id
    where not touches.is_bot

),

windows as (

    select
        rpt_windows.campaign_id,
        rpt_windows.window_id,
        rpt_windows.window_start,
        rpt_windows.window_end,
        campaigns.agreed_method
    from {{ ref('rpt_windows') }} as rpt_windows
    inner join {{ ref('dim_campaign') }} as campaigns on rpt_windows.campaign_id = campaigns.campaign_id
    union all
    -- What belongs to no campaign has no flight, but it has days.
    select distinct
        'unmapped' as campaign_id,
        window_id,
        window_start,
        window_end,
        '{{ var("agreed_method") }}' as agreed_method
    from {{ ref('rpt_windows') }}
    where window_id <> 'campaign'

),

advice as (

    select * from {{ ref('int_utm_advice') }}

),

-- Each touch under each of its findings, and once under `all`.
found as (

    select distinct
        touch_id,
        campaign_id,
        finding
    from findings
    union all
    select distinct
        touch_id,
        campaign_id,
        'all' as finding
    from findings

),

checked as (

    select
        windows.campaign_id,
        windows.window_id,
        touches.partner_id,
        count(*) as checked_touches
    from windows
    inner join touches
        on
            windows.campaign_id = touches.campaign_id
            and windows.window_start <= touches.touched_on
            and windows.window_end >= touches.touched_on
    group by windows.campaign_id, windows.window_id, touches.partner_id

),

counted as (

    select
        windows.campaign_id,
        windows.window_id,
        touches.partner_id,
        found.finding,
        count(*) as touches
    from found
    inner join touches on found.touch_id = touches.touch_id
    inner join windows
        on
            found.campaign_id = windows.campaign_id
            and windows.window_start <= touches.touched_on
            and windows.window_end >= touches.touched_on
    group by windows.campaign_id, windows.window_id, touches.partner_id, found.finding

),

-- Only these can be at risk, under these methods: a small part of all credits.
asked as (

    select distinct
        found.touch_id,
        windows.agreed_method
    from found
    inner join windows on found.campaign_id = windows.campaign_id

),

credits as (

    select
        credits.touch_id,
        credits.method,
        credits.milestone,
        conversions.milestone_on,
        sum(credits.credited_amount) as credited_amount
    from {{ ref('fct_attribution_credits') }} as credits
    inner join asked on credits.touch_id = asked.touch_id and credits.method = asked.agreed_method
    inner join {{ ref('fct_conversions') }} as conversions on credits.conversion_id = conversions.conversion_id
    group by credits.touch_id, credits.method, credits.milestone, conversions.milestone_on

),

-- Money follows the day of the milestone, as in every other report, whenever the touch was.
at_risk as (

    select
        windows.campaign_id,
        windows.window_id,
        touches.partner_id,
        found.finding,
        sum(case when credits.milestone = 'opportunity' then credits.credited_amount end) as pipeline_at_risk,
        sum(case when credits.milestone = 'closed_won' then credits.credited_amount end) as revenue_at_risk
    from found
    inner join touches on found.touch_id = touches.touch_id
    inner join windows on found.campaign_id = windows.campaign_id
    inner join credits
        on
            found.touch_id = credits.touch_id
            and windows.agreed_method = credits.method
            and windows.window_start <= credits.milestone_on
            and windows.window_end >= credits.milestone_on
    group by windows.campaign_id, windows.window_id, touches.partner_id, found.finding

),

listed as (

    select
        coalesce(counted.campaign_id, at_risk.campaign_id) as campaign_id,
        coalesce(counted.window_id, at_risk.window_id) as window_id,
        coalesce(counted.partner_id, at_risk.partner_id) as partner_id,
        coalesce(counted.finding, at_risk.finding) as finding,
        coalesce(counted.touches, 0) as touches,
        coalesce(at_risk.pipeline_at_risk, 0) as pipeline_at_risk,
        coalesce(at_risk.revenue_at_risk, 0) as revenue_at_risk
    from counted
    full outer join at_risk
        on
            counted.campaign_id = at_risk.campaign_id
            and counted.window_id = at_risk.window_id
            and counted.partner_id = at_risk.partner_id
            and counted.finding = at_risk.finding

)

select
    listed.campaign_id,
    listed.window_id,
    listed.partner_id,
    listed.finding,
    advice.severity,
    cast(listed.touches as {{ dbt.type_bigint() }}) as touches,
    {{ ratio('listed.touches', 'checked.checked_touches') }} as touch_share,
    cast(listed.pipeline_at_risk as decimal(18, 2)) as pipeline_at_risk,
    cast(listed.revenue_at_risk as decimal(18, 2)) as revenue_at_risk,
    advice.parameter as example_parameter,
    advice.raw_value as example_raw_value,
    advice.fix
from listed
left join checked
    on
        listed.campaign_id = checked.campaign_id
        and listed.window_id = checked.window_id
        and listed.partner_id = checked.partner_id
left join advice
    on
        listed.campaign_id = advice.campaign_id
        and listed.partner_id = advice.partner_id
        and listed.finding = advice.finding
