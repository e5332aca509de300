select
    feed_id,
    table_name,
    file,
    cast(line as {{ dbt.type_bigint() }}) as line,
    column_name,
    value as flagged_value,
    flag
from {{ ref('stg_feeds__flags') }}
