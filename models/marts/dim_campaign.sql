select
    campaign_id,
    campaign_name,
    objective,
    campaign_type,
    flight_start,
    flight_end,
    coalesce(tail_days, 0) as tail_days,
    readout_cadence_days,
    lower(coalesce(nullif(trim(agreed_method), ''), '{{ checked_agreed_method(var("agreed_method"), "agreed_method") }}')) as agreed_method
from {{ ref('campaigns') }}
