{# Seed stage_map with text normalised; blank connector or partner_id = any. #}
select
    nullif(lower(trim(connector)), '') as connector,
    nullif(lower(trim(partner_id)), '') as partner_id,
    lower(trim(raw_stage)) as raw_stage,
    lower(trim(stage)) as stage
from {{ ref('stage_map') }}
