select
    milestone,
    method,
    player,
    winning_accounts,
    interval_status,
    effect_lower,
    effect_upper,
    conversions_lower,
    conversions_upper,
    cents_lower,
    cents_upper,
    share_lower,
    share_upper
from {{ ref('int_players_learned') }}
where row_kind = 'interval'
