with

credits as (

    select * from {{ ref('int_credits_of_methods') }}

),

candidates as (

    select * from {{ ref('int_touches_judged') }}

),

player_weights as (

    select
        milestone,
        method,
        player,
        effect
    from {{ ref('int_player_weights') }}

),

final as (

    select
        candidates.*,
        coalesce(credits.is_baseline, false) as is_baseline,
        coalesce(credits.credit_share, 0) as credit_share,
        coalesce(credits.credit_cents, 0) as credit_cents,
        player_weights.effect,
        -- Methods that weigh no touch, as causal ones, find shares at once.
        case
            {% for method in methods_weighed_by_touch() %}
                when candidates.method = '{{ method }}' then coalesce(candidates.weight_{{ method }}, 1)
            {% endfor %}
            else coalesce(credits.credit_share, 0)
        end as weight,
        case
            {% for method in methods_weighed_by_touch() %}
                when candidates.method = '{{ method }}' then coalesce(candidates.total_{{ method }}, 1)
            {% endfor %}
            else 1
        end as weight_total
    from candidates
    left join credits
        on
            candidates.journey_id = credits.conversion_id
            and candidates.method = credits.method
            and coalesce(candidates.touch_id, '') = coalesce(credits.touch_id, '')
    left join player_weights
        on
            candidates.milestone = player_weights.milestone
            and candidates.method = player_weights.method
            and candidates.player = player_weights.player

)

select * from final
