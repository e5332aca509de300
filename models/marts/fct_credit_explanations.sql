{%- set between_weight = var('position_weights')[2] -%}
{%- set learning_methods = "('" ~ (['markov_path', 'shapley_set', 'shapley_rate'] + causal_method_ids()) | join("', '") ~ "')" -%}
{%- set learned = {'channel': 'channels', 'partner': 'partners', 'partner_channel': 'pairs of partner and channel', 'campaign': 'campaigns', 'asset': 'assets'} -%}

with

weighed as (

    select * from {{ ref('int_touches_weighed') }}

),

-- What a causal method says of a player over all deals; the other learned methods bring theirs along.
causal_effects as (

    select
        milestone,
        method,
        player,
        conversions
    from {{ ref('fct_incremental_effects') }}

),

described as (

    select
        weighed.*,
        causal_effects.conversions as deals_caused,
        case
            when of_touches = 1 then 'only touch'
            when position = 1 then 'first of ' || cast(of_touches as {{ dbt.type_string() }})
            when position = of_touches then 'last of ' || cast(of_touches as {{ dbt.type_string() }})
            else 'touch ' || cast(position as {{ dbt.type_string() }}) || ' of ' || cast(of_touches as {{ dbt.type_string() }})
        end as place,
        ltrim(
            case when position = lead_position then ', lead anchor' else '' end
            || case when position = opportunity_position and weighed.method in ('w_shaped', 'full_path') then ', opportunity anchor' else '' end
            || case when position = close_position and weighed.method = 'full_path' then ', close anchor' else '' end,
            ', '
        ) as anchors
    from weighed
    left join causal_effects
        on
            weighed.milestone = causal_effects.milestone
            and weighed.method = causal_effects.method
            and weighed.player = causal_effects.player

),

final as (

    select
        journey_id as conversion_id,
        opportunity_id,
        person_id,
        milestone,
        method,
        touch_id,
        coalesce(partner_id, case when is_baseline then 'baseline' end, 'unattributed') as partner_id,
        coalesce(channel, case when is_baseline then 'baseline' end, 'unattributed') as channel,
        touched_at,
        cast(position as {{ dbt.type_bigint() }}) as position,
        cast(coalesce(of_touches, 0) as {{ dbt.type_bigint() }}) as of_touches,
        cast(milestone_at_us - touched_at_us as double) / 86400000000 as age_days_before_milestone,
        cast(cutoff_at_us - touched_at_us as double) / 86400000000 as age_days_before_cutoff,
        coalesce(is_lead_anchor, false) as is_lead_anchor,
        coalesce(is_mql_anchor, false) as is_mql_anchor,
        coalesce(is_opportunity_anchor, false) as is_opportunity_anchor,
        coalesce(is_close_anchor, false) as is_close_anchor,
        case when method in {{ learning_methods }} then player end as player,
        case when method in {{ learning_methods }} then cast(coalesce(deals_caused, effect) as double) end as player_effect,
        cast(weight as double) as weight,
        cast(weight_total as double) as weight_total,
        cast(credit_share as double) as credit_share,
        {{ cents_to_amount('credit_cents') }} as credited_amount,
        case
            when is_baseline then 'would have come without any touch'
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
                    place || ', half-life ' || rtrim(rtrim({{ number_text('half_life_days', 4) }}, '0'), '.') || ' days, '
                    || {{ number_text('days_behind_newest', 2) }}
                    || ' days behind the newest: weight ' || {{ number_text('weight', 6) }} || ' of ' || {{ number_text('weight_total', 6) }}
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
            when method = 'custom'
                then
                    place || ', agreed weight ' || {{ number_text('weight', 5) }} || ' of ' || {{ number_text('weight_total', 5) }}
            when method in {{ causal_methods() }} and deals_caused is null then place || ', the account''s own interest: no player'
            when method in {{ causal_methods() }}
                then
                    place || ', part of the chance that ' || player || ' added, which caused '
                    || {{ number_text('deals_caused', 2) }} || ' conversions in all, see docs/methods.md'
            else place
        end
        || case when touch_id is null and not is_baseline then '' else ': ' || {{ percent_text('credit_share') }} end as rule
    from described

)

select * from final
