select
    spend_id,
    partner_id,
    feed_id,
    spend_date,
    campaign_id,
    campaign_raw,
    channel,
    asset_id,
    asset_raw,
    amount,
    amount_status,
    delivered_amount,
    delivered_currency,
    fx_rate,
    fx_rate_date,
    fx_rate_source
from {{ ref('int_spend_normalised') }}
