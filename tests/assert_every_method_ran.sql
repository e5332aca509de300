-- A method that is switched on and has no rows would vanish from every comparison unnoticed.
-- markov_global has no touches to credit: its figures are in fct_player_effects. A causal method that
-- is not estimable says why in fct_incremental_effects.
with

credits as (

    select distinct method from {{ ref('fct_attribution_credits') }}
    union
    select distinct method from {{ ref('fct_incremental_effects') }}
    where status = 'not estimable'

),

conversions as (

    select count(*) as conversions from {{ ref('fct_conversions') }}

),

expected as (

    {% for method in var('attribution_methods') if method not in methods_of_players_only() %}
        select '{{ method }}' as method
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select expected.method
from expected
cross join conversions
left join credits on expected.method = credits.method
where conversions.conversions > 0 and credits.method is null
