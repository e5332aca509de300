-- Players, baseline and what was never at risk add up to every conversion and every cent.
-- First suspect: int_causal_credits losing a conversion that the panel did not hold.
with

conversions as (

    select
        milestone,
        count(*) as conversions,
        sum(amount) as amount
    from {{ ref('fct_conversions') }}
    group by milestone

),

effects as (

    select
        milestone,
        method,
        sum(conversions) as conversions,
        sum(amount) as amount
    from {{ ref('fct_incremental_effects') }}
    where status = 'estimable'
    group by milestone, method

)

select
    effects.*,
    conversions.conversions as all_conversions,
    conversions.amount as all_amount
from effects
left join conversions on effects.milestone = conversions.milestone
where
    conversions.milestone is null
    or abs(effects.conversions - conversions.conversions) > 0.000001
    or effects.amount <> conversions.amount
