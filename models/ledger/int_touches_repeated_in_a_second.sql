with

touches as (

    select
        touch_id,
        feed_id,
        person_id,
        {{ int_div('touched_at_us', '1000000') }} as touched_second,
        touch_type,
        campaign_key,
        asset_key,
        is_bot
    from {{ ref('int_touches_comparable') }}

),

-- What more than one feed recorded; most touches are in none of these, and need no sorting.
shared_seconds as (

    select
        person_id,
        touched_second,
        touch_type,
        campaign_key,
        asset_key,
        is_bot
    from touches
    group by person_id, touched_second, touch_type, campaign_key, asset_key, is_bot
    having min(feed_id) <> max(feed_id)

),

-- Two alike in one feed are two touches: the first of each feed are one, the second of each, ...
repeated as (

    select
        touches.*,
        row_number() over (
            partition by
                touches.feed_id,
                touches.person_id,
                touches.touched_second,
                touches.touch_type,
                touches.campaign_key,
                touches.asset_key,
                touches.is_bot
            order by touches.touch_id
        ) as occurrence
    from touches
    inner join shared_seconds
        on
            touches.person_id = shared_seconds.person_id
            and touches.touched_second = shared_seconds.touched_second
            and touches.touch_type = shared_seconds.touch_type
            and touches.campaign_key = shared_seconds.campaign_key
            and touches.asset_key = shared_seconds.asset_key
            and touches.is_bot = shared_seconds.is_bot

),

final as (

    select
        touch_id,
        min(touch_id) over (
            partition by
                person_id, touched_second, touch_type, campaign_key, asset_key, is_bot, occurrence
        ) as canonical_touch_id
    from repeated

)

select * from final
