select
    partner_id,
    feed_id,
    delivered_at,
    source_account_id,
    account_name,
    website,
    country,
    industry,
    employees,
    cast(null as {{ dbt.type_string() }}) as parent_source_account_id
from {{ ref('stg_template__accounts') }}
