-- Counts are shared like money: one conversion is one, also where the amount is zero.
select
    conversion_id,
    method,
    sum(credit_share) as shares

from {{ ref('fct_attribution_credits') }}

group by conversion_id, method

having abs(sum(credit_share) - 1) > 0.000000001
