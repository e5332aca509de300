{#- Microseconds in a quarter of an hour: every zone is a multiple of it away from UTC. -#}
{%- set quarter_hour = 900000000 -%}

with

touches as (

    select * from {{ ref('int_touches_classified') }}

),

identified as (

    select * from {{ ref('int_touches_identified') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

timed as (

    select
        touches.touch_id,
        touches.feed_id,
        touches.touched_at,
        {{ epoch_microseconds('touches.touched_at') }} as touched_at_us,
        identified.person_id,
        touches.touch_type,
        case
            when touches.campaign_id = 'unmapped' then 'unmapped:' || coalesce(touches.campaign_raw, '')
            else touches.campaign_id
        end as campaign_key,
        coalesce(touches.asset_id, '') as asset_key,
        touches.is_bot
    from touches
    inner join identified on touches.touch_id = identified.touch_id
    where identified.person_id is not null

),

-- Midnight in the feed's zone is a date without a time, and stands for that day.
final as (

    select
        timed.touch_id,
        timed.feed_id,
        timed.touched_at_us,
        timed.person_id,
        timed.touch_type,
        timed.campaign_key,
        timed.asset_key,
        timed.is_bot,
        case
            when mod(timed.touched_at_us, {{ quarter_hour }}) = 0
                then
                    mod(
                        {{ epoch_microseconds(
                            utc_to_local('timed.touched_at', "coalesce(feeds.timezone, 'UTC')")
                        ) }},
                        86400000000
                    ) = 0
            else false
        end as is_whole_day
    from timed
    left join feeds on timed.feed_id = feeds.feed_id

)

select * from final
