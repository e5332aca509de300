-- What would have come anyway is one row per conversion and causal method, and nobody's.
-- First suspect: a baseline row that was joined to a touch, or a rule that was given one.
with

rows_of_conversions as (

    select
        conversion_id,
        method,
        sum(case when partner_id = 'baseline' then 1 else 0 end) as baseline_rows,
        sum(case when partner_id = 'unattributed' then 1 else 0 end) as unattributed_rows,
        sum(case when partner_id = 'baseline' and (channel <> 'baseline' or touch_id is not null) then 1 else 0 end) as owned_rows
    from {{ ref('fct_attribution_credits') }}
    group by conversion_id, method

)

select *
from rows_of_conversions
where
    owned_rows > 0
    or baseline_rows + unattributed_rows > 1
    or (method in {{ causal_methods() }} and baseline_rows + unattributed_rows <> 1)
    or (method not in {{ causal_methods() }} and baseline_rows > 0)
