-- An interval surrounds the figure that it belongs to, and is given from enough winning accounts on.
-- First suspect: conversions of accounts that int_account_buckets does not know.
select *
from {{ ref('fct_player_effects') }}
where
    (interval_status = 'suppressed' and coalesce(removal_effect_lower, conversions_lower) is not null)
    or (method = 'markov_global' and interval_status <> 'suppressed' and conversions_lower is null)
    or not coalesce(removal_effect_lower <= removal_effect and removal_effect <= removal_effect_upper, true)
    or not coalesce(conversions_lower <= credited_conversions and credited_conversions <= conversions_upper, true)
    or not coalesce(amount_lower <= credited_amount and credited_amount <= amount_upper, true)
