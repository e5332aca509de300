-- Every credit is explained, and its share is the touch's weight divided by the sum of the weights.
-- First suspect: a weight in fct_credit_explanations that differs from the engine's definition.
with

credits as (

    select * from {{ ref('int_credits_of_methods') }}

),

explanations as (

    select * from {{ ref('fct_credit_explanations') }}

)

select
    credits.conversion_id,
    credits.method,
    credits.touch_id,
    credits.credit_share,
    explanations.weight,
    explanations.weight_total,
    explanations.credited_amount
from credits
left join explanations
    on
        credits.conversion_id = explanations.conversion_id
        and credits.method = explanations.method
        and coalesce(credits.touch_id, '') = coalesce(explanations.touch_id, '')
where
    explanations.conversion_id is null
    or explanations.credited_amount <> {{ cents_to_amount('credits.credit_cents') }}
    or abs(
        case
            when explanations.touch_id is null and explanations.partner_id <> 'baseline' then 1
            when explanations.weight_total > 0 then explanations.weight / explanations.weight_total
            else 1 / cast(explanations.of_touches as double)
        end - credits.credit_share
    ) > 0.000001
