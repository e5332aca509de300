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

-- Only deals that came after that touch can have come through the funnel.
reached as (

    select
        engaged.campaign_id,
        engaged.window_id,
        engaged.partner_id,
        engaged.account_id,
        max(case when opportunities.opportunity_id is not null then 1 else 0 end) as has_opportunity,
        max(case when opportunities.stage in ('proposal', 'negotiation', 'closed_won') then 1 else 0 end) as has_proposal,
        max(case when opportunities.is_won then 1 else 0 end) as has_win
    from engaged
    left join opportunities
        on
            engaged.account_id = opportunities.account_id
            and opportunities.created_at >= engaged.engaged_at
    group by engaged.campaign_id, engaged.window_id, engaged.partner_id, engaged.account_id

),

counted as (

    select
        campaign_id,
        window_id,
        partner_id,
        count(*) as engaged,
        sum(has_opportunity) as opportunity,
        sum(has_proposal) as proposal,
        sum(has_win) as closed_won
    from reached
    group by campaign_id, window_id, partner_id

),

staged as (

    select
        campaign_id,
        window_id,
        partner_id,
        1 as stage_order,
        'engaged' as stage,
        engaged as entered,
        cast(null as {{ dbt.type_bigint() }}) as entered_before
    from counted
    union all
    select
        campaign_id,
        window_id,
        partner_id,
        2 as stage_order,
        'opportunity' as stage,
        opportunity as entered,
        engaged as entered_before
    from counted
    union all
    select
        campaign_id,
        window_id,
        partner_id,
        3 as stage_order,
        'proposal' as stage,
        proposal as entered,
        opportunity as entered_before
    from counted
    union all
    select
        campaign_id,
        window_id,
        partner_id,
        4 as stage_order,
        'closed_won' as stage,
        closed_won as entered,
        proposal as entered_before
    from counted

)

select
    staged.campaign_id,
    staged.window_id,
    staged.partner_id,
    partners.partner_name,
    cast(staged.stage_order as {{ dbt.type_bigint() }}) as stage_order,
    staged.stage,
    cast(staged.entered as {{ dbt.type_bigint() }}) as entered,
    {{ ratio('staged.entered', 'staged.entered_before') }} as conversion_from_previous,
    coalesce(staged.entered_before, staged.entered) < 30 as is_small_sample
from staged
left join {{ ref('dim_partner') }} as partners on staged.partner_id = partners.partner_id
