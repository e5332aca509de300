-- Winning accounts of a cell are distinct accounts: an account lies in one bucket, whatever its deals.
-- First suspect: int_account_buckets giving an account two rows.
with

credits as (

    select
        credits.method,
        credits.milestone,
        credits.partner_id,
        count(distinct coalesce(conversions.account_id, conversions.conversion_id)) as accounts
    from {{ ref('fct_attribution_credits') }} as credits
    inner join {{ ref('fct_conversions') }} as conversions on credits.conversion_id = conversions.conversion_id
    where credits.partner_id not in ('unattributed', 'baseline') and credits.credit_share > 0
    group by credits.method, credits.milestone, credits.partner_id

),

intervals as (

    select *
    from {{ ref('rpt_credit_intervals') }}
    where campaign_id = 'all' and window_id = 'all' and dimensions = 'partner'

)

select
    credits.*,
    intervals.winning_accounts
from credits
left join intervals
    on
        credits.method = intervals.method
        and credits.milestone = intervals.milestone
        and credits.partner_id = intervals.partner_id
where not coalesce(credits.accounts = intervals.winning_accounts, false)
