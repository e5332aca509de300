select
    milestone,
    method,
    dimension,
    player,
    weight,
    effect,
    credited_conversions,
    credit_cents,
    base_rate,
    markov_order,
    journeys,
    conversions
from {{ ref('int_players_learned') }}
where row_kind = 'weight'
