select
    feed_id,
    table_name,
    kind,
    delivered_column,
    declared_column,
    file,
    message
from {{ ref('stg_feeds__columns') }}
