with

dropped as (

    select * from {{ ref('stg_feeds__dropped') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

)

select
    dropped.feed_id || ':' || dropped.table_name || ':' || {{ without_addresses('dropped.record_key') }} as deleted_record_id,
    feeds.partner_id,
    dropped.feed_id,
    dropped.table_name,
    {{ without_addresses('dropped.record_key') }} as record_key,
    dropped.record as last_values,
    dropped.delivery_id as last_delivery_id,
    dropped.dropped_in_delivery,
    cast(dropped.dropped_at as timestamp) as dropped_at
from dropped
inner join feeds on dropped.feed_id = feeds.feed_id
