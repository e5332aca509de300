with

touches as (

    select max(cast(touched_at as date)) as last_day from {{ ref('int_touches_unioned') }}

),

opportunities as (

    select
        max(cast(created_at as date)) as last_created_day,
        max(delivered_at) as last_delivered_at
    from {{ ref('int_opportunities_unioned') }}

),

deliveries as (

    select cast(max(delivered_at) as date) as last_delivered_day
    from {{ ref('stg_feeds__deliveries') }}

),

-- The latest day with something in it, no later than the latest delivery: rows from the future of
-- a delivery must not move "now". Without dated deliveries the data itself says how far it goes.
latest as (

    select
        greatest(
            coalesce(touches.last_day, cast('1970-01-01' as date)),
            coalesce(opportunities.last_created_day, cast('1970-01-01' as date))
        ) as last_day,
        deliveries.last_delivered_day
    from touches
    cross join opportunities
    cross join deliveries

)

select
    {% if var('as_of') -%}
        cast('{{ var("as_of") }}' as date) as as_of,
        true as is_set_by_user,
        cast(null as date) as future_from
    {%- else -%}
        case when last_day > last_delivered_day then last_delivered_day else last_day end as as_of,
        false as is_set_by_user,
        cast({{ dbt.dateadd('day', 2, 'last_delivered_day') }} as date) as future_from
    {%- endif %}
from latest
