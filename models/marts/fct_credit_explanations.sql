{%- set first_weight, last_weight, between_weight = var('position_weights') -%}
{%- set half_life = var('half_life_days') -%}
{%- set learned = {'channel': 'channels', 'partner': 'partners', 'partner_channel': 'pairs of partner and channel'} -%}

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
        {{ player_of_touch(var('player_dimension'), 'channel', 'partner_id') }} as player,
        row_number() over (partition by conversion_id order by touched_at_us, touch_id) as position,
        count(*) over (partition by conversion_id) as of_touches
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
            when method = 'time_decay' then power(0.5, age_days_before_cutoff / {{ half_life }})
            when method in ('markov_path', 'shapley_rate') then learned_weight
            when method = 'shapley_set' then 1 / cast(own_touches as double)
            else credit_share
        end as weight,
        case
            when of_touches = 1 then 'only touch'
            when position = 1 then 'first of ' || cast(of_touches as {{ dbt.type_string() }})
            when position = of_touches then 'last of ' || cast(of_touches as {{ dbt.type_string() }})
            else 'touch ' || cast(position as {{ dbt.type_string() }}) || ' of ' || cast(of_touches as {{ dbt.type_string() }})
        end as place,
        ltrim(
            case when is_lead_anchor then ', lead anchor' else '' end
            || case when is_opportunity_anchor and method in ('w_shaped', 'full_path') then ', opportunity anchor' else '' end
            || case when is_close_anchor and method = 'full_path' then ', close anchor' else '' end,
            ', '
        ) as anchors
    from credited

),

summed as (

    select
        *,
        -- In journey order: sums of doubles depend on it.
        sum(weight) over (
            partition by conversion_id, method
            order by position
            rows between unbounded preceding and unbounded following
        ) as weight_total
    from weighed

),

final as (

    select
        conversion_id,
        opportunity_id,
        milestone,
        method,
        touch_id,
        coalesce(partner_id, 'unattributed') as partner_id,
        coalesce(channel, 'unattributed') as channel,
        touched_at,
        cast(position as {{ dbt.type_bigint() }}) as position,
        cast(coalesce(of_touches, 0) as {{ dbt.type_bigint() }}) as of_touches,
        age_days_before_milestone,
        age_days_before_cutoff,
        is_lead_anchor,
        is_mql_anchor,
        is_opportunity_anchor,
        is_close_anchor,
        cast(weight as double) as weight,
        cast(weight_total as double) as weight_total,
        cast(credit_share as double) as credit_share,
        {{ cents_to_amount('credit_cents') }} as credited_amount,
        case
            when touch_id is null then 'no eligible touch: unattributed'
            when method = 'last_non_direct' and credit_share > 0 and is_direct then place || ', the newest; all are direct'
            when method = 'last_non_direct' and credit_share > 0 then place || ', the newest that is not direct'
            when method = 'last_non_direct' and is_direct then place || ', direct'
            when method = 'last_non_direct' then place || ', a newer one is not direct'
            when method = 'linear' then place || ', all alike'
            when method = 'position' and position > 1 and position < of_touches
                then place || ', ' || cast(of_touches - 2 as {{ dbt.type_string() }}) || ' between share {{ (between_weight * 100) | round(2) }} %'
            when method = 'time_decay'
                then
                    place || ', half-life {{ half_life }} days, age ' || {{ number_text('age_days_before_cutoff', 2) }}
                    || ' days: weight ' || {{ number_text('weight', 6) }} || ' of ' || {{ number_text('weight_total', 6) }}
            when method in ('u_shaped', 'w_shaped', 'full_path') and anchors <> '' and credit_share > 0 then place || ', ' || anchors
            when method in ('u_shaped', 'w_shaped', 'full_path') and position = 1 then place
            when method in ('u_shaped', 'w_shaped', 'full_path') and credit_share > 0 then place || ', no anchor, in scope'
            when method in ('u_shaped', 'w_shaped', 'full_path') then place || ', without a part or after the scope'
            when method = 'markov_path'
                then
                    place || ', ' || player || ' has removal effect ' || {{ number_text('weight', 6) }}
                    || ' of ' || {{ number_text('weight_total', 6) }}
            when method = 'shapley_set'
                then
                    place || ', ' || player || ' is one of ' || cast(of_players as {{ dbt.type_string() }})
                    || ' {{ learned[var("player_dimension")] }} here, with '
                    || cast(own_touches as {{ dbt.type_string() }}) || ' of the touches'
            when method = 'shapley_rate'
                then
                    place || ', ' || player || ' has Shapley value ' || {{ number_text('effect', 6) }}
                    || ': weight ' || {{ number_text('weight', 6) }} || ' of ' || {{ number_text('weight_total', 6) }}
            when method = 'custom' then place || ', agreed weight'
            else place
        end
        || case when touch_id is null then '' else ': ' || {{ percent_text('credit_share') }} end as rule
    from summed

)

select * from final
