with

windows as (

    select * from {{ ref('rpt_windows') }}

),

touches as (

    select * from {{ ref('fct_touches') }}
    where is_canonical and not is_bot and account_id is not null

),

shares as (

    select * from {{ ref('int_touch_partner_shares') }}

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

leads as (

    select * from {{ ref('fct_conversions') }}
    where milestone in ('lead', 'mql') and account_id is not null

),

-- A deal that is won by next year's date is no win yet, as in the totals.
wins as (

    select * from {{ ref('fct_conversions') }}
    where milestone = 'closed_won'

),

-- An account enters a partner's funnel with the partner's first touch of the campaign in the window.
engaged as (

    select
        windows.campaign_id,
        windows.window_id,
        coalesce(shares.partner_id, touches.partner_id) as partner_id,
        touches.account_id,
        min(touches.touched_at) as engaged_at
    from windows
    inner join touches
        on
            windows.campaign_id = touches.campaign_id
            and cast(touches.touched_at as date) >= windows.window_start
            and cast(touches.touched_at as date) <= windows.window_end
    left join shares on touches.touch_id = shares.touch_id
    group by windows.campaign_id, windows.window_id, coalesce(shares.partner_id, touches.partner_id), touches.account_id

),

-- Only people and deals that came after that touch can have come through the funnel.
led as (

    select
        engaged.campaign_id,
        engaged.window_id,
        engaged.partner_id,
        engaged.account_id,
        max(case when leads.milestone is not null then 1 else 0 end) as has_lead,
        max(case when leads.milestone = 'mql' then 1 else 0 end) as has_mql
    from engaged
    left join leads
        on
            engaged.account_id = leads.account_id
            and engaged.engaged_at <= leads.milestone_at
    group by engaged.campaign_id, engaged.window_id, engaged.partner_id, engaged.account_id

),

reached as (

    select
        led.campaign_id,
        led.window_id,
        led.partner_id,
        led.account_id,
        led.has_lead,
        led.has_mql,
        max(case when opportunities.opportunity_id is not null then 1 else 0 end) as has_opportunity,
        max(case when opportunities.stage in ('proposal', 'negotiation', 'closed_won') then 1 else 0 end) as has_proposal,
        max(case when wins.opportunity_id is not null then 1 else 0 end) as has_win
    from led
    inner join engaged
        on
            led.campaign_id = engaged.campaign_id
            and led.window_id = engaged.window_id
            and led.partner_id = engaged.partner_id
            and led.account_id = engaged.account_id
    left join opportunities
        on
            engaged.account_id = opportunities.account_id
            and engaged.engaged_at <= opportunities.created_at
    left join wins on opportunities.opportunity_id = wins.opportunity_id
    group by led.campaign_id, led.window_id, led.partner_id, led.account_id, led.has_lead, led.has_mql

),

-- Whoever is at a step has passed those before it, whatever was recorded of them.
counted as (

    select
        campaign_id,
        window_id,
        partner_id,
        count(*) as engaged,
        sum(greatest(has_lead, has_mql, has_opportunity)) as lead,
        sum(greatest(has_mql, has_opportunity)) as mql,
        sum(has_opportunity) as opportunity,
        sum(has_proposal) as proposal,
        sum(has_win) as closed_won
    from reached
    group by campaign_id, window_id, partner_id

),

staged as (

    {% for stage in ['engaged', 'lead', 'mql', 'opportunity', 'proposal', 'closed_won'] -%}
        select
            campaign_id,
            window_id,
            partner_id,
            {{ loop.index }} as stage_order,
            '{{ stage }}' as stage,
            {{ stage }} as entered
        from counted
        {{- ' union all ' if not loop.last }}
    {% endfor %}

),

-- Where nobody records leads or MQLs, the step says nothing.
shown as (

    select
        campaign_id,
        window_id,
        partner_id,
        stage_order,
        stage,
        entered,
        lag(entered) over (partition by campaign_id, window_id, partner_id order by stage_order) as entered_before
    from staged
    where stage not in ('lead', 'mql') or stage in (select leads.milestone from leads)

)

select
    shown.campaign_id,
    shown.window_id,
    shown.partner_id,
    partners.partner_name,
    cast(shown.stage_order as {{ dbt.type_bigint() }}) as stage_order,
    shown.stage,
    cast(shown.entered as {{ dbt.type_bigint() }}) as entered,
    {{ ratio('shown.entered', 'shown.entered_before') }} as conversion_from_previous,
    coalesce(shown.entered_before, shown.entered) < 30 as is_small_sample
from shown
left join {{ ref('dim_partner') }} as partners on shown.partner_id = partners.partner_id
