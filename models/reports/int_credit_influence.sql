{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps'], materialized='view') }}

select
    milestone,
    method,
    player,
    bucket,
    influence
from {{ ref('int_players_learned') }}
where row_kind = 'influence'
union all
select
    milestone,
    method,
    player,
    bucket,
    influence
from {{ ref('int_causal_estimates') }}
where row_kind = 'influence'
