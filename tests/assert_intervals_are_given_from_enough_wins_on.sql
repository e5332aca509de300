-- Exactly the cells under the threshold have no bounds, and exactly those up to the next one are low samples.
-- Only a method whose learned weights are cut at zero may be unsteady, only a causal one not built.
with

intervals as (

    select
        *,
        interval_status in ('ok', 'low_sample') as is_given
    from {{ ref('rpt_credit_intervals') }}

)

select *
from intervals
where
    (winning_accounts < {{ var('interval_min_wins') }}) <> (interval_status = 'suppressed')
    or (winning_accounts >= {{ var('interval_low_wins') }} and interval_status = 'low_sample')
    or (winning_accounts < {{ var('interval_low_wins') }} and interval_status = 'ok')
    or (interval_status = 'unsteady' and method <> 'shapley_rate')
    or (interval_status = 'not_built' and method not in {{ causal_methods() }})
    or is_given <> (conversions_lower is not null)
    or is_given <> (conversions_upper is not null)
    or is_given <> (amount_lower is not null)
    or is_given <> (amount_upper is not null)
    or (is_given and share is not null) <> (share_lower is not null)
    or (is_given and share is not null) <> (share_upper is not null)
