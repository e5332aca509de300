{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

deliveries as (

    select
        feed_id,
        sum(rows_read) as rows_read,
        sum(rows_landed) as rows_landed,
        sum(rows_rejected) as rows_rejected,
        max(case when status = 'failed' then 1 else 0 end) as has_failed_file,
        max({{ ratio('rows_rejected', 'rows_read') }}) as highest_reject_share
    from {{ ref('fct_feed_deliveries') }}
    group by feed_id

),

arrival as (

    select
        'feeds' as section,
        feeds.partner_id,
        feeds.feed_id,
        'arrival' as check_name,
        case
            when feeds.status in ('failed', 'missing') then 'fail'
            when feeds.status = 'undeclared' or deliveries.has_failed_file = 1 then 'warn'
            else 'ok'
        end as status,
        coalesce(deliveries.rows_read, 0) as row_count,
        coalesce(
            nullif(feeds.message, ''),
            'Rows read ' || cast(coalesce(deliveries.rows_read, 0) as {{ dbt.type_string() }})
            || ', landed ' || cast(coalesce(deliveries.rows_landed, 0) as {{ dbt.type_string() }})
            || ', rejected ' || cast(coalesce(deliveries.rows_rejected, 0) as {{ dbt.type_string() }}) || '.'
        ) as detail,
        case
            when feeds.status = 'missing' then 'Put the files under partners/' || feeds.partner_id || '/' || feeds.connector || '/, or delete the row in seeds/feeds.csv.'
            when feeds.status = 'undeclared' then 'seeds/feeds.csv: ' || feeds.partner_id || ',' || feeds.connector
            when feeds.status = 'failed' or deliveries.has_failed_file = 1 then 'See marts.fct_feed_deliveries for the file and the reason.'
        end as fix
    from feeds
    left join deliveries on feeds.feed_id = deliveries.feed_id

),

rejects as (

    select
        'feeds' as section,
        feeds.partner_id,
        feeds.feed_id,
        'rejected rows' as check_name,
        case when deliveries.highest_reject_share > feeds.warn_reject_share then 'warn' else 'ok' end as status,
        deliveries.rows_rejected as row_count,
        cast(deliveries.rows_rejected as {{ dbt.type_string() }}) || ' of '
        || cast(deliveries.rows_read as {{ dbt.type_string() }}) || ' rows could not be read; they are in no figure.' as detail,
        'See marts.fct_feed_rejects for file, line and reason.' as fix
    from feeds
    inner join deliveries on feeds.feed_id = deliveries.feed_id
    where deliveries.rows_rejected > 0

),

freshness as (

    select
        'feeds' as section,
        partner_id,
        feed_id,
        'freshness' as check_name,
        case when sla_status = 'late' then 'warn' else 'ok' end as status,
        cast(null as {{ dbt.type_bigint() }}) as row_count,
        'Last delivery ' || cast(last_delivered_on as {{ dbt.type_string() }})
        || ', agreed every ' || cast(cadence_days as {{ dbt.type_string() }})
        || ' days, ' || cast(late_deliveries as {{ dbt.type_string() }})
        || ' of ' || cast(delivery_count as {{ dbt.type_string() }}) || ' came late.' as detail,
        case
            when sla_status = 'late' then 'Ask ' || partner_id || ' for the next ' || connector || ' delivery.'
        end as fix
    from {{ ref('rpt_feed_sla') }}
    where sla_status in ('late', 'on time')

),

unioned as (

    select * from arrival
    union all
    select * from rejects
    union all
    select * from freshness

)

select
    *,
    cast(null as decimal(18, 2)) as amount_at_stake
from unioned
