select
    registration_key,
    partner_id,
    feed_id,
    source_registration_id,
    account_name,
    {{ registrable_domain(url_host('website')) }} as domain,
    submitted_at,
    approved_at,
    expires_at,
    lower(trim(status)) as status,
    case when source_opportunity_id is not null then feed_id || ':' || source_opportunity_id end as opportunity_key,
    expected_amount,
    upper(trim(currency)) as currency
from {{ ref('int_deal_registrations_unioned') }}
