-- Exactly the cells under the threshold have no bounds, and exactly those up to the next one are low samples.
select *
from {{ ref('rpt_credit_intervals') }}
where
    (winning_accounts < {{ var('interval_min_wins') }}) <> (interval_status = 'suppressed')
    or (winning_accounts >= {{ var('interval_low_wins') }}) <> (interval_status = 'ok')
    or (interval_status = 'suppressed') <> (conversions_lower is null)
    or (interval_status = 'suppressed') <> (conversions_upper is null)
    or (interval_status = 'suppressed') <> (amount_lower is null)
    or (interval_status = 'suppressed') <> (amount_upper is null)
    or (interval_status = 'suppressed' and (share_lower is not null or share_upper is not null))
    or (interval_status <> 'suppressed' and (share_lower is null) <> (share is null))
    or (interval_status <> 'suppressed' and (share_upper is null) <> (share is null))
