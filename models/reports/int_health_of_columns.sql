{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

drift as (

    select * from {{ ref('fct_schema_drift') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

-- What was so from the first delivery on is how the partner delivers. A further column is told of once,
-- in the delivery that brings it; what is gone or has become something else, until it is mended.
changed as (

    select
        *,
        coalesce(declared_column, delivered_column) as column_name,
        case kind
            when 'extra' then 'new columns'
            when 'missing' then 'missing columns'
            when 'renamed' then 'renamed columns'
            else 'columns of another type'
        end as check_name
    from drift
    where is_open and not is_from_the_first_delivery and (is_new or kind in ('missing', 'retyped'))

),

counted as (

    select
        feed_id,
        table_name,
        kind,
        check_name,
        first_delivery_id,
        count(*) as row_count,
        min(column_name) as example,
        min(message) as message
    from changed
    group by feed_id, table_name, kind, check_name, first_delivery_id

)

select
    'feeds' as section,
    feeds.partner_id,
    counted.feed_id,
    counted.check_name,
    'warn' as status,
    counted.row_count,
    cast(null as decimal(18, 2)) as amount_at_stake,
    counted.table_name || ': ' || counted.example
    || case when counted.row_count > 1 then ' and ' || cast(counted.row_count - 1 as {{ dbt.type_string() }}) || ' more' else '' end
    || case counted.kind
        when 'extra' then ': new since delivery '
        when 'missing' then ': no longer delivered since delivery '
        when 'renamed' then ': under another name since delivery '
        else ': ' || counted.message || ', since delivery '
    end || counted.first_delivery_id || '.' as detail,
    case counted.kind
        when 'extra' then 'Nothing reads them. See marts.fct_schema_drift; a column that should be read goes into seeds/feed_columns.csv.'
        else 'See marts.fct_schema_drift; ask ' || feeds.partner_id || ', or map the new name in seeds/feed_columns.csv.'
    end as fix
from counted
inner join feeds on counted.feed_id = feeds.feed_id
