-- Credit moves between touches and partners; it is never created or lost, not by a cent.
-- First suspect: int_touches_in_window fanning out a touch, or a split of joint assets.
select
    conversions.conversion_id,
    methods.method,
    conversions.amount,
    sum(credits.credited_amount) as credited_amount

from {{ ref('fct_conversions') }} as conversions

cross join (select distinct method from {{ ref('fct_attribution_credits') }}) as methods

left join {{ ref('fct_attribution_credits') }} as credits
    on
        conversions.conversion_id = credits.conversion_id
        and methods.method = credits.method

-- Causal methods know two milestones.
where methods.method not in {{ causal_methods() }} or conversions.milestone in ('opportunity', 'closed_won')

group by conversions.conversion_id, methods.method, conversions.amount

having sum(credits.credited_amount) is null or sum(credits.credited_amount) <> conversions.amount
