with

reconciliation as (

    select
        campaign_id,
        window_id,
        method,
        milestone,
        sum(amount) as total_amount,
        sum(case when bucket = 'this_campaign' then amount else 0 end) as campaign_amount,
        sum(case when bucket = 'other_touches' then amount else 0 end) as other_touches_amount,
        sum(case when bucket = 'unattributed' then amount else 0 end) as unattributed_amount,
        sum(case when bucket = 'baseline' then amount else 0 end) as baseline_amount,
        max(case when bucket = 'this_campaign' then conversions else 0 end) as campaign_conversions
    from {{ ref('rpt_reconciliation') }}
    group by campaign_id, window_id, method, milestone

),

contribution as (

    select
        campaign_id,
        window_id,
        method,
        milestone,
        sum(target_amount) as target_amount,
        sum(case when target_amount is not null then credited_amount end) as targeted_credited_amount
    from {{ ref('rpt_contribution') }}
    group by campaign_id, window_id, method, milestone

),

spend as (

    select
        campaign_id,
        window_id,
        sum(amount) as spend_amount
    from {{ ref('int_spend_in_window') }}
    group by campaign_id, window_id

),

conversions as (

    select
        windows.campaign_id,
        windows.window_id,
        conversions.milestone,
        count(*) as conversions
    from {{ ref('rpt_windows') }} as windows
    inner join {{ ref('fct_conversions') }} as conversions
        on conversions.milestone_on >= windows.window_start and conversions.milestone_on <= windows.window_end
    group by windows.campaign_id, windows.window_id, conversions.milestone

)

select
    reconciliation.campaign_id,
    reconciliation.window_id,
    reconciliation.method,
    reconciliation.milestone,
    cast(coalesce(conversions.conversions, 0) as {{ dbt.type_bigint() }}) as conversions,
    cast(reconciliation.total_amount as decimal(18, 2)) as total_amount,
    cast(reconciliation.campaign_amount as decimal(18, 2)) as campaign_amount,
    cast(reconciliation.other_touches_amount as decimal(18, 2)) as other_touches_amount,
    cast(reconciliation.unattributed_amount as decimal(18, 2)) as unattributed_amount,
    cast(reconciliation.baseline_amount as decimal(18, 2)) as baseline_amount,
    reconciliation.campaign_conversions,
    cast(contribution.target_amount as decimal(18, 2)) as target_amount,
    cast(contribution.targeted_credited_amount as decimal(18, 2)) as targeted_credited_amount,
    {{ ratio('contribution.targeted_credited_amount', 'contribution.target_amount') }} as attainment,
    cast(spend.spend_amount as decimal(18, 2)) as spend_amount,
    case
        when reconciliation.milestone not in ('lead', 'mql')
            then {{ ratio('reconciliation.campaign_amount', 'spend.spend_amount') }}
    end as credited_per_spend,
    {{ ratio(measured('reconciliation.milestone', 'reconciliation.campaign_amount', 'reconciliation.campaign_conversions'), measured('reconciliation.milestone', 'reconciliation.total_amount', 'conversions.conversions')) }} as share_of_deals,
    {{ interval_columns('intervals') }}
from reconciliation
left join contribution
    on
        reconciliation.campaign_id = contribution.campaign_id
        and reconciliation.window_id = contribution.window_id
        and reconciliation.method = contribution.method
        and reconciliation.milestone = contribution.milestone
left join spend
    on reconciliation.campaign_id = spend.campaign_id and reconciliation.window_id = spend.window_id
left join conversions
    on
        reconciliation.campaign_id = conversions.campaign_id
        and reconciliation.window_id = conversions.window_id
        and reconciliation.milestone = conversions.milestone
left join {{ ref('rpt_credit_intervals') }} as intervals
    on
        reconciliation.campaign_id = intervals.campaign_id
        and reconciliation.window_id = intervals.window_id
        and reconciliation.method = intervals.method
        and reconciliation.milestone = intervals.milestone
        and intervals.dimensions = ''
