select
    milestone,
    method,
    player,
    bucket,
    influence
from {{ ref('int_players_learned') }}
where row_kind = 'influence'
