select
    partner_id,
    feed_id,
    delivered_at,
    base_currency,
    currency,
    units_per_base,
    valid_from,
    valid_to
from {{ ref('stg_template__fx_rates') }}
