with

touches as (

    select
        account_id,
        touch_id,
        touched_at,
        channel,
        credited_partner_id as partner_id,
        campaign_id,
        asset_id
    from {{ ref('int_touches_resolved') }}
    where is_canonical and not is_bot and account_id is not null

),

played as (

    select
        *,
        {{ player_of_touch(var('player_dimension')) }} as player
    from touches

),

channels as (

    select * from {{ ref('channels') }}

),

-- Coming back by oneself says that one is interested, and is nobody's work.
final as (

    select
        touches.account_id,
        touches.touch_id,
        {{ epoch_microseconds('touches.touched_at') }} as touched_at_us,
        touches.player,
        coalesce(channels.is_direct, false)
        or coalesce(touches.channel, '') in ('organic_search', 'organic_social', 'organic_video', 'organic_shopping') as is_control
    from played as touches
    left join channels on touches.channel = channels.channel

)

select * from final
