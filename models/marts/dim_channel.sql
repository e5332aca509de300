select
    channel,
    channel_name,
    is_direct,
    is_paid,
    is_co_marketing
from {{ ref('channels') }}
