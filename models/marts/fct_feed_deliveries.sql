select
    feed_id,
    table_name,
    file,
    delivery_id,
    delivered_at,
    content_hash,
    cast(rows_read as {{ dbt.type_bigint() }}) as rows_read,
    cast(rows_landed as {{ dbt.type_bigint() }}) as rows_landed,
    cast(rows_rejected as {{ dbt.type_bigint() }}) as rows_rejected,
    cast(rows_superseded as {{ dbt.type_bigint() }}) as rows_superseded,
    cast(rows_dropped as {{ dbt.type_bigint() }}) as rows_dropped,
    cast(rows_refused as {{ dbt.type_bigint() }}) as rows_refused,
    status,
    message
from {{ ref('stg_feeds__deliveries') }}
