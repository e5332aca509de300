{#-
    Shares of the anchored methods: of the first touch, of the anchors in the order in which they are reached,
    and of the others together. The last anchor bounds the scope.
-#}
{%- set anchored = {
    'u_shaped': (var('u_shaped_weights'), ['lead']),
    'w_shaped': (var('w_shaped_weights'), ['lead', 'opportunity']),
    'full_path': (var('full_path_weights'), ['lead', 'opportunity', 'close']),
} -%}
{%- set first_weight, last_weight, between_weight = var('position_weights') -%}

with

credits as (

    select * from {{ ref('int_credits_of_methods') }}

),

candidates as (

    select * from {{ ref('int_touches_judged') }}

),

player_weights as (

    select * from {{ ref('int_player_weights') }}

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

credited as (

    select
        candidates.*,
        cast(candidates.newest_at_us - candidates.touched_at_us as double) / 86400000000 as days_behind_newest,
        coalesce(half_lives.half_life_days, {{ var('half_life_days') }}) as half_life_days,
        coalesce(method_weights.weight, {{ var('custom_other_weight') }}) as agreed_weight,
        coalesce(credits.is_baseline, false) as is_baseline,
        coalesce(credits.credit_share, 0) as credit_share,
        coalesce(credits.credit_cents, 0) as credit_cents,
        cast(coalesce(player_weights.weight, 0) as double) / 1000000000 as learned_weight,
        player_weights.effect
    from candidates
    left join credits
        on
            candidates.journey_id = credits.conversion_id
            and candidates.method = credits.method
            and coalesce(candidates.touch_id, '') = coalesce(credits.touch_id, '')
    left join half_lives on candidates.campaign_type = half_lives.campaign_type
    left join method_weights on candidates.{{ var('custom_by') }} = method_weights.value
    left join player_weights
        on
            candidates.milestone = player_weights.milestone
            and candidates.method = player_weights.method
            and candidates.player = player_weights.player

),

-- What an anchored touch holds, NULL for the others; and whether they are in scope.
anchored as (

    select
        *,
        case
            {% for method, (shares, anchors) in anchored.items() -%}
                when method = '{{ method }}' and (position = 1{% for anchor in anchors %} or position = {{ anchor }}_position{% endfor %})
                    then
                        case when position = 1 then {{ shares[0] }} else 0 end
                        {%- for anchor in anchors %}
                            + case when position = {{ anchor }}_position then {{ shares[loop.index] }} else 0 end
                        {%- endfor %}
            {% endfor -%}
        end as held_share,
        case method
            {% for method, (shares, anchors) in anchored.items() -%}
                when '{{ method }}' then position <= coalesce({{ anchors | last }}_position, position)
            {% endfor -%}
            else true
        end as is_in_scope
    from credited

),

spread as (

    select
        *,
        sum(case when is_in_scope then cast(held_share as decimal(28, 9)) end)
            over (partition by journey_id, method) as held_shares,
        sum(case when is_in_scope and held_share is null then 1 else 0 end)
            over (partition by journey_id, method) as other_touches
    from anchored

),

-- In the terms of the method, before they are divided by their sum.
weighed as (

    select
        *,
        case
            when method in {{ causal_methods() }} then credit_share
            when touch_id is null then 1
            when method = 'first_touch' then case when position = 1 then 1 else 0 end
            when method = 'last_touch' then case when position = of_touches then 1 else 0 end
            when method = 'last_non_direct' then case when position = coalesce(named_position, of_touches) then 1 else 0 end
            when method = 'linear' then 1
            when method = 'position' and position = 1 then {{ first_weight }}
            when method = 'position' and position = of_touches then {{ last_weight }}
            when method = 'position' then {{ between_weight }} / cast(of_touches - 2 as double)
            when method = 'time_decay' then power(0.5, days_behind_newest / half_life_days)
            when method = 'custom' then agreed_weight
            when method in ('markov_path', 'shapley_rate') then learned_weight
            when method = 'shapley_set' then 1 / cast(own_touches as double)
            when not is_in_scope or held_shares = 0 then 0
            {% for method, (shares, anchors) in anchored.items() -%}
                when method = '{{ method }}' and held_share is null then {{ shares | last }} / cast(other_touches as double)
                when method = '{{ method }}' then (1 - {{ shares | last }}) * held_share / cast(held_shares as double)
            {% endfor -%}
            else credit_share
        end as weight
    from spread

),

final as (

    select
        *,
        -- In billionths: a sum of doubles would depend on the order of rows.
        sum(cast(weight as decimal(28, 9))) over (partition by journey_id, method) as weight_total
    from weighed

)

select * from final
