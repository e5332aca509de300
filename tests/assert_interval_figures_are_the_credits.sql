-- The figures that intervals surround are those of fct_attribution_credits: all methods and milestones, to the cent.
-- First suspect: int_credits_in_windows losing a conversion, or a cell joined twice.
with

credits as (

    select
        method,
        milestone,
        partner_id,
        sum(credited_amount) as credited_amount,
        sum(cast(round(credit_share * 1000000000) as {{ dbt.type_bigint() }})) as share_billionths
    from {{ ref('fct_attribution_credits') }}
    where partner_id not in ('unattributed', 'baseline')
    group by method, milestone, partner_id

),

intervals as (

    select *
    from {{ ref('rpt_credit_intervals') }}
    where campaign_id = 'all' and window_id = 'all' and dimensions = 'partner'

)

select
    credits.method,
    credits.milestone,
    credits.partner_id,
    credits.credited_amount,
    intervals.credited_amount as interval_amount,
    credits.share_billionths,
    intervals.credited_conversions as interval_conversions
from credits
full outer join intervals
    on
        credits.method = intervals.method
        and credits.milestone = intervals.milestone
        and credits.partner_id = intervals.partner_id
where
    not coalesce(credits.credited_amount = intervals.credited_amount, false)
    or not coalesce(round(intervals.credited_conversions * 1000000000) = credits.share_billionths, false)
