select
    partner_id,
    feed_id,
    delivered_at,
    source_registration_id,
    account_name,
    website,
    submitted_at,
    approved_at,
    expires_at,
    status,
    source_opportunity_id,
    expected_amount,
    currency
from {{ ref('stg_template__deal_registrations') }}
