{%- set first_weight, last_weight, between_weight = var('position_weights') -%}

with

credits as (

    select * from {{ ref('int_attribution_credits') }}

),

-- Every conversion has a row of every method that credits touches.
methods as (

    select distinct method from credits

),

milestones as (

    select
        conversion_id,
        opportunity_id,
        milestone,
        milestone_at_us,
        cutoff_at_us
    from {{ ref('int_milestones') }}
    where is_counted

),

touches as (

    select
        *,
        {{ player_of_touch(var('player_dimension')) }} as player,
        row_number() over (partition by conversion_id order by touched_at_us, touch_id) as position,
        count(*) over (partition by conversion_id) as of_touches,
        max(touched_at_us) over (partition by conversion_id) as newest_at_us
    from {{ ref('int_touches_in_window') }}

),

player_touches as (

    select
        conversion_id,
        player,
        count(*) as own_touches
    from touches
    group by conversion_id, player

),

journey_players as (

    select
        conversion_id,
        count(*) as of_players
    from player_touches
    group by conversion_id

),

player_weights as (

    select * from {{ ref('int_player_weights') }}

),

-- Journeys without a touch keep one row per method.
candidates as (

    select
        milestones.opportunity_id,
        milestones.milestone,
        milestones.milestone_at_us,
        milestones.cutoff_at_us,
        methods.method,
        milestones.conversion_id,
        touches.touch_id,
        touches.partner_id,
        touches.channel,
        touches.player,
        touches.touched_at,
        cast(touches.newest_at_us - touches.touched_at_us as double) / 86400000000 as days_behind_newest,
        touches.position,
        touches.of_touches,
        coalesce(touches.is_direct, false) as is_direct,
        coalesce(touches.is_lead_anchor, false) as is_lead_anchor,
        coalesce(touches.is_mql_anchor, false) as is_mql_anchor,
        coalesce(touches.is_opportunity_anchor, false) as is_opportunity_anchor,
        coalesce(touches.is_close_anchor, false) as is_close_anchor,
        cast(milestones.milestone_at_us - touches.touched_at_us as double) / 86400000000 as age_days_before_milestone,
        cast(milestones.cutoff_at_us - touches.touched_at_us as double) / 86400000000 as age_days_before_cutoff
    from milestones
    cross join methods
    left join touches on milestones.conversion_id = touches.conversion_id

),

credited as (

    select
        candidates.*,
        coalesce(credits.credit_share, 0) as credit_share,
        coalesce(credits.credit_cents, 0) as credit_cents,
        player_touches.own_touches,
        journey_players.of_players,
        cast(coalesce(player_weights.weight, 0) as double) / 1000000000 as learned_weight,
        player_weights.effect
    from candidates
    left join credits
        on
            candidates.conversion_id = credits.conversion_id
            and candidates.method = credits.method
            and coalesce(candidates.touch_id, '') = coalesce(credits.touch_id, '')
    left join player_touches
        on candidates.conversion_id = player_touches.conversion_id and candidates.player = player_touches.player
    left join journey_players on candidates.conversion_id = journey_players.conversion_id
    left join player_weights
        on
            candidates.milestone = player_weights.milestone
            and candidates.method = player_weights.method
            and candidates.player = player_weights.player

),

-- In the terms of the method, before they are divided by their sum.
weighed as (

    select
        *,
        case
            when touch_id is null or method in ('first_touch', 'last_touch', 'last_non_direct') then credit_share
            when method = 'linear' then 1
            when method = 'position' and position = 1 then {{ first_weight }}
            when method = 'position' and position = of_touches then {{ last_weight }}
            when method = 'position' then {{ between_weight }} / cast(of_touches - 2 as double)
            when method = 'time_decay' then power(0.5, days_behind_newest / {{ var('half_life_days') }})
            when method in ('markov_path', 'shapley_rate') then learned_weight
            when method = 'shapley_set' then 1 / cast(own_touches as double)
            else credit_share
        end as weight
    from credited

),

final as (

    select
        *,
        -- In billionths: a sum of doubles would depend on the order of rows.
        sum(cast(weight as decimal(28, 9))) over (partition by conversion_id, method) as weight_total
    from weighed

)

select * from final
