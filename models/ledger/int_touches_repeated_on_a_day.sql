{%- set microseconds_per_day = 86400000000 -%}

with

touches as (

    select * from {{ ref('int_touches_comparable') }}

),

repeated_in_a_second as (

    select * from {{ ref('int_touches_repeated_in_a_second') }}

),

whole_days as (

    select
        *,
        row_number() over (
            partition by
                feed_id, person_id, touched_at_us, touch_type, campaign_key, asset_key, is_bot
            order by touch_id
        ) as occurrence
    from touches
    where is_whole_day

),

-- The moments of that day that another feed recorded, each once.
moments as (

    select
        whole_days.touch_id,
        whole_days.occurrence,
        touches.touch_id as canonical_touch_id,
        row_number() over (
            partition by whole_days.touch_id order by touches.touched_at_us, touches.touch_id
        ) as moment
    from whole_days
    inner join touches
        on
            whole_days.person_id = touches.person_id
            and whole_days.touch_type = touches.touch_type
            and whole_days.campaign_key = touches.campaign_key
            and whole_days.asset_key = touches.asset_key
            and whole_days.is_bot = touches.is_bot
            and whole_days.touched_at_us <= touches.touched_at_us
            and whole_days.touched_at_us + {{ microseconds_per_day }} > touches.touched_at_us
    left join repeated_in_a_second on touches.touch_id = repeated_in_a_second.touch_id
    where
        whole_days.feed_id <> touches.feed_id
        and not touches.is_whole_day
        and coalesce(repeated_in_a_second.canonical_touch_id, touches.touch_id) = touches.touch_id

),

-- The first of a feed's dates is the first moment of the day, the second the second.
final as (

    select
        touch_id,
        canonical_touch_id
    from moments
    where occurrence = moment

)

select * from final
