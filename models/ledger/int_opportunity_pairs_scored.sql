{%- set tolerance = var('deal_match_amount_tolerance') -%}
{%- set days = var('deal_match_days') -%}

with

pairs as (

    select * from {{ ref('int_opportunity_pairs') }}

),

registered as (

    select * from {{ ref('int_opportunities_registered') }}

),

ruled as (

    select
        pairs.*,
        registered.source_registration_id,
        case
            when pairs.decision = 'same' then 'override'
            when registered.source_registration_id is not null then 'registration'
            when
                pairs.amount_gap <= {{ tolerance }}
                and coalesce(pairs.created_gap_days, pairs.closed_gap_days) <= {{ days }}
                and coalesce(pairs.closed_gap_days, 0) <= {{ days }}
                and not pairs.is_contradiction
                then 'amount_and_dates'
        end as match_rule
    from pairs
    left join registered
        on
            pairs.left_opportunity_key = registered.left_opportunity_key
            and pairs.right_opportunity_key = registered.right_opportunity_key
    where coalesce(pairs.decision, 'none') <> 'different'

),

-- Points out of 1,000: 500 for equal amounts, 300 for equal creation, 100 for equal ends, 100 for
-- equal names; none at the limits. Integers, so that a tie is a tie on every engine.
scored as (

    select
        *,
        cast(round(
            500 * (1 - least(coalesce(amount_gap, 1) / {{ [tolerance, 0.000001] | max }}, 1))
            + 300 * (1 - least(coalesce(created_gap_days, {{ days }}) / {{ [days, 0.001] | max }}, 1))
            + case
                when is_both_open then 100
                else 100 * (1 - least(coalesce(closed_gap_days, {{ days }}) / {{ [days, 0.001] | max }}, 1))
            end
            + case when is_same_name then 100 else 0 end
        ) as bigint) as likeness
    from ruled
    where match_rule is not null

),

final as (

    select
        left_opportunity_key,
        right_opportunity_key,
        left_partner_id,
        right_partner_id,
        match_rule,
        case
            when match_rule = 'override' then decision_evidence
            else
                case
                    when match_rule = 'registration'
                        then 'deal registration ' || source_registration_id || '; '
                    else ''
                end
                || 'amounts '
                || coalesce(cast(left_amount as {{ dbt.type_string() }}), 'unknown') || ' and '
                || coalesce(cast(right_amount as {{ dbt.type_string() }}), 'unknown')
                || coalesce(
                    '; created ' || cast(cast(round(created_gap_days) as bigint) as {{ dbt.type_string() }})
                    || ' days apart', ''
                )
                || coalesce(
                    '; closed ' || cast(cast(round(closed_gap_days) as bigint) as {{ dbt.type_string() }})
                    || ' days apart', ''
                )
                || case when is_same_name then '; same name' else '' end
        end as match_evidence,
        case
            when match_rule = 'override' then 1.0
            when match_rule = 'registration' then 0.99
            else round(0.6 + 0.00038 * likeness, 2)
        end as match_confidence,
        likeness
        + case match_rule when 'override' then 20000 when 'registration' then 10000 else 0 end
            as score
    from scored

)

select * from final
