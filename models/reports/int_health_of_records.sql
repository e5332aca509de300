{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

deleted as (

    select
        'feeds' as section,
        partner_id,
        feed_id,
        'deleted records' as check_name,
        'warn' as status,
        count(*) as row_count,
        cast(count(*) as {{ dbt.type_string() }}) || ' records of ' || table_name || ' are gone since delivery '
        || dropped_in_delivery || '; they earn nothing any more.' as detail,
        'See marts.fct_deleted_records; if deliveries are increments, say so in seeds/feeds.csv.' as fix
    from {{ ref('fct_deleted_records') }}
    group by partner_id, feed_id, table_name, dropped_in_delivery

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

flagged as (

    select
        'feeds' as section,
        feeds.partner_id,
        flags.feed_id,
        'odd clock times' as check_name,
        'warn' as status,
        count(*) as row_count,
        cast(count(*) as {{ dbt.type_string() }}) || ' values of ' || flags.table_name || '.' || flags.column_name
        || ': ' || flags.flag || '.' as detail,
        'See marts.fct_feed_flags; ask ' || feeds.partner_id || ' for times in UTC, or with their offset.' as fix
    from {{ ref('fct_feed_flags') }} as flags
    inner join feeds on flags.feed_id = feeds.feed_id
    group by feeds.partner_id, flags.feed_id, flags.table_name, flags.column_name, flags.flag

),

-- What left before the oldest delivery that was read has no row: say so.
unread as (

    select
        'feeds' as section,
        feeds.partner_id,
        deliveries.feed_id,
        'deliveries not compared' as check_name,
        'ok' as status,
        count(distinct deliveries.delivery_id) as row_count,
        'Deliveries up to ' || max(deliveries.delivery_id)
        || ' were not read; what they alone held is not among the deleted records.' as detail,
        'To list it, raise deliveries_compared of ' || deliveries.feed_id || ' in seeds/feeds.csv by '
        || cast(count(distinct deliveries.delivery_id) as {{ dbt.type_string() }}) || '.' as fix
    from {{ ref('fct_feed_deliveries') }} as deliveries
    inner join feeds on deliveries.feed_id = feeds.feed_id
    where deliveries.status = 'superseded'
    group by feeds.partner_id, deliveries.feed_id

),

unioned as (

    select * from deleted
    union all
    select * from flagged
    union all
    select * from unread

)

select
    *,
    cast(null as decimal(18, 2)) as amount_at_stake
from unioned
