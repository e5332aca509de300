{#-
    Methods stand side by side: a journey is gone over once for all of them, not once for each.
    Shares of the anchored methods: of the first touch, of the anchors in the order in which they are reached,
    and of the others together. The last anchor bounds the scope.
-#}
{%- set anchored = {
    'u_shaped': (var('u_shaped_weights'), ['lead']),
    'w_shaped': (var('w_shaped_weights'), ['lead', 'opportunity']),
    'full_path': (var('full_path_weights'), ['lead', 'opportunity', 'close']),
} -%}
{%- set first_weight, last_weight, between_weight = var('position_weights') -%}
{%- set by_weight = ['markov_path', 'shapley_rate'] -%}

with

milestones as (

    select
        conversion_id,
        milestone
    from {{ ref('int_milestones') }}

),

touches as (

    select * from {{ ref('int_touches_placed') }}

),

player_weights as (

    select
        milestone,
        {% for method in by_weight %}
            max(case when method = '{{ method }}' then weight end) as weight_{{ method }},
        {% endfor %}
        player
    from {{ ref('int_player_weights') }}
    group by milestone, player

),

method_weights as (

    select
        trim(value) as value,
        round(weight, 5) as weight
    from {{ ref('method_weights') }}
    where method = 'custom' and dimension = '{{ var("custom_by") }}'

),

half_lives as (

    select
        trim(campaign_type) as campaign_type,
        half_life_days
    from {{ ref('half_lives') }}

),

-- What an anchored touch holds, NULL for the others; and whether they are in scope.
looked_up as (

    select
        touches.*,
        cast(touches.newest_at_us - touches.touched_at_us as double) / 86400000000 as days_behind_newest,
        coalesce(half_lives.half_life_days, {{ var('half_life_days') }}) as half_life_days,
        {% for method in by_weight %}
            cast(coalesce(player_weights.weight_{{ method }}, 0) as double) / 1000000000 as learned_{{ method }},
        {% endfor %}
        {% for method, (shares, anchors) in anchored.items() %}
            case
                when touches.position = 1{% for anchor in anchors %} or touches.position = touches.{{ anchor }}_position{% endfor %}
                    then
                        case when touches.position = 1 then {{ shares[0] }} else 0 end
                        {%- for anchor in anchors %}
                            + case when touches.position = touches.{{ anchor }}_position then {{ shares[loop.index] }} else 0 end
                        {%- endfor %}
            end as held_{{ method }},
            touches.position <= coalesce(touches.{{ anchors | last }}_position, touches.position) as reaches_{{ method }},
        {% endfor %}
        coalesce(method_weights.weight, {{ var('custom_other_weight') }}) as agreed_weight
    from touches
    inner join milestones on touches.conversion_id = milestones.conversion_id
    left join half_lives on touches.campaign_type = half_lives.campaign_type
    left join method_weights on touches.{{ var('custom_by') }} = method_weights.value
    left join player_weights
        on milestones.milestone = player_weights.milestone and touches.player = player_weights.player

),

spread as (

    select
        {% for method in anchored %}
            sum(case when reaches_{{ method }} then cast(held_{{ method }} as decimal(28, 9)) end) over (partition by conversion_id, lookback_days) as held_of_{{ method }},
            sum(case when reaches_{{ method }} and held_{{ method }} is null then 1 else 0 end) over (partition by conversion_id, lookback_days) as others_of_{{ method }},
        {% endfor %}
        *
    from looked_up

),

-- In the terms of the method, before they are divided by their sum.
weighed as (

    select
        *,
        case when position = 1 then 1 else 0 end as weight_first_touch,
        case when position = of_touches then 1 else 0 end as weight_last_touch,
        case when position = coalesce(named_position, of_touches) then 1 else 0 end as weight_last_non_direct,
        1 as weight_linear,
        case
            when position = 1 then {{ first_weight }}
            when position = of_touches then {{ last_weight }}
            else {{ between_weight }} / cast(of_touches - 2 as double)
        end as weight_position,
        power(0.5, days_behind_newest / half_life_days) as weight_time_decay,
        agreed_weight as weight_custom,
        {% for method in by_weight %}
            learned_{{ method }} as weight_{{ method }},
        {% endfor %}
        {% for method, (shares, anchors) in anchored.items() %}
            case
                when not reaches_{{ method }} or held_of_{{ method }} = 0 then 0
                when held_{{ method }} is null then {{ shares | last }} / cast(others_of_{{ method }} as double)
                else (1 - {{ shares | last }}) * held_{{ method }} / cast(held_of_{{ method }} as double)
            end as weight_{{ method }},
        {% endfor %}
        1 / cast(own_touches as double) as weight_shapley_set
    from spread

),

final as (

    select
        -- In billionths: a sum of doubles would depend on the order of rows.
        {% for method in methods_weighed_by_touch() %}
            sum(cast(weight_{{ method }} as decimal(28, 9))) over (partition by conversion_id, lookback_days) as total_{{ method }},
        {% endfor %}
        *
    from weighed

)

select * from final
