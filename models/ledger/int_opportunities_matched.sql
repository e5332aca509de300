{#- Each round pairs the books that are each other's best; the next looks at who is left over. -#}
{%- set rounds = [1, 2, 3] -%}

with

pairs as (

    select * from {{ ref('int_opportunity_pairs_scored') }}

),

rejected as (

    select * from {{ ref('int_opportunity_pairs') }}
    where decision = 'different'

),

open_1 as (

    select * from pairs

),
{% for round in rounds %}
    ranked_{{ round }} as (

        select
            *,
            max(score) over (partition by left_opportunity_key, right_partner_id) as best_of_left,
            max(score) over (partition by right_opportunity_key, left_partner_id) as best_of_right,
            count(*) over (partition by left_opportunity_key, right_partner_id, score)
            + count(*) over (partition by right_opportunity_key, left_partner_id, score) as equals
        from open_{{ round }}

    ),

    accepted_{{ round }} as (

        select * from ranked_{{ round }}
        where score = best_of_left and score = best_of_right and equals = 2

    ),

    open_{{ round + 1 }} as (

        select open_pairs.*
        from open_{{ round }} as open_pairs
        left join accepted_{{ round }} as left_taken
            on
                open_pairs.left_opportunity_key = left_taken.left_opportunity_key
                and open_pairs.right_partner_id = left_taken.right_partner_id
        left join accepted_{{ round }} as right_taken
            on
                open_pairs.right_opportunity_key = right_taken.right_opportunity_key
                and open_pairs.left_partner_id = right_taken.left_partner_id
        where
            left_taken.left_opportunity_key is null
            and right_taken.right_opportunity_key is null

    ),
{% endfor %}
{%- set columns = 'left_opportunity_key, right_opportunity_key, left_partner_id, right_partner_id, match_rule, match_evidence, match_confidence' %}
-- Whoever is left is tied with an equal, directly or through one: a person decides.
final as (
    {% for round in rounds %}
        select {{ columns }}, score, 'accepted' as status
        from accepted_{{ round }}
        union all
    {% endfor %}
    select {{ columns }}, score, 'ambiguous' as status
    from open_{{ (rounds | last) + 1 }}
    union all
    select
        left_opportunity_key,
        right_opportunity_key,
        left_partner_id,
        right_partner_id,
        'override' as match_rule,
        decision_evidence as match_evidence,
        1.0 as match_confidence,
        cast(null as bigint) as score,
        'rejected_by_override' as status
    from rejected

)

select * from final
