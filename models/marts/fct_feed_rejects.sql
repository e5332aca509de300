select
    feed_id,
    table_name,
    file,
    cast(line as {{ dbt.type_bigint() }}) as line,
    column_name,
    value as rejected_value,
    reason
from {{ ref('stg_feeds__rejects') }}
