with

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

as_of as (

    select as_of from {{ ref('int_as_of') }}

),

-- A delivery is a day on which at least one file could be read.
deliveries as (

    select distinct
        feed_id,
        cast(delivered_at as date) as delivered_on
    from {{ ref('fct_feed_deliveries') }}
    where delivered_at is not null and status <> 'failed' and table_name is not null

),

gaps as (

    select
        feed_id,
        delivered_on,
        lag(delivered_on) over (partition by feed_id order by delivered_on) as previous_on
    from deliveries

),

by_feed as (

    select
        gaps.feed_id,
        count(*) as delivery_count,
        min(gaps.delivered_on) as first_delivered_on,
        max(gaps.delivered_on) as last_delivered_on,
        max({{ dbt.datediff('gaps.previous_on', 'gaps.delivered_on', 'day') }}) as longest_gap_days,
        sum(
            case
                when {{ dbt.datediff('gaps.previous_on', 'gaps.delivered_on', 'day') }} > feeds.cadence_days then 1
                else 0
            end
        ) as late_deliveries
    from gaps
    inner join feeds on gaps.feed_id = feeds.feed_id
    group by gaps.feed_id

),

aged as (

    select
        feeds.feed_id,
        feeds.partner_id,
        feeds.connector,
        feeds.owner,
        feeds.status as arrival_status,
        cast(feeds.cadence_days as {{ dbt.type_int() }}) as cadence_days,
        coalesce(by_feed.delivery_count, 0) as delivery_count,
        by_feed.first_delivered_on,
        by_feed.last_delivered_on,
        by_feed.longest_gap_days,
        coalesce(by_feed.late_deliveries, 0) as late_deliveries,
        -- Yesterday's data may be delivered today: that is no age.
        case
            when by_feed.last_delivered_on >= as_of.as_of then 0
            else {{ dbt.datediff('by_feed.last_delivered_on', 'as_of.as_of', 'day') }}
        end as age_days
    from feeds
    cross join as_of
    left join by_feed on feeds.feed_id = by_feed.feed_id

),

judged as (

    select
        *,
        case
            when arrival_status in ('failed', 'missing') then 'missing'
            when cadence_days is null then 'no cadence'
            when last_delivered_on is null then 'undated'
            when age_days > cadence_days then 'late'
            else 'on time'
        end as sla_status
    from aged

)

select
    feed_id,
    partner_id,
    connector,
    owner,
    cadence_days,
    cast(delivery_count as {{ dbt.type_bigint() }}) as delivery_count,
    first_delivered_on,
    last_delivered_on,
    cast(age_days as {{ dbt.type_int() }}) as age_days,
    cast(case when age_days > cadence_days then age_days - cadence_days when age_days <= cadence_days then 0 end as {{ dbt.type_int() }}) as days_late,
    cast(longest_gap_days as {{ dbt.type_int() }}) as longest_gap_days,
    cast(late_deliveries as {{ dbt.type_bigint() }}) as late_deliveries,
    sla_status,
    -- One figure of all feeds: a feed that did not arrive has missed its cadence too.
    avg(
        case
            when sla_status = 'on time' then 1.0
            when sla_status in ('late', 'missing') then 0.0
        end
    ) over () as adherence_share
from judged
