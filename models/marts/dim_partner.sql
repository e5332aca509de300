select
    partner_id,
    partner_name,
    home_currency,
    ledger_priority,
    is_declared
from {{ ref('int_partners') }}
