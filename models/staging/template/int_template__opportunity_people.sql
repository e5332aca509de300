select
    partner_id,
    feed_id,
    delivered_at,
    source_opportunity_id,
    source_person_id,
    role,
    is_primary
from {{ ref('stg_template__opportunity_people') }}
