{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

credits as (

    -- Effects of campaigns or assets say nothing of a partner's channel: they match no row here.
    select
        conversion_id,
        method,
        partner_id,
        channel,
        credit_share,
        cast(null as {{ dbt.type_string() }}) as campaign_id,
        cast(null as {{ dbt.type_string() }}) as asset_id
    from {{ ref('fct_attribution_credits') }}
    where milestone = 'closed_won' and partner_id not in ('unattributed', 'baseline')

),

effects as (

    select * from {{ ref('fct_incremental_effects') }}
    where
        milestone = 'closed_won'
        and status = 'estimable'
        and method in ('hazard_shapley', 'multistate')

),

-- What rules say, and what causal methods say, of a partner on a channel.
players as (

    select
        partner_id,
        channel,
        {{ player_of_touch(var('player_dimension')) }} as player,
        count(distinct conversion_id) as touched_wins,
        {{ sum_shares("case when method = '" ~ var('agreed_method') ~ "' then credit_share else 0 end") }} as credited_wins
    from credits
    group by partner_id, channel, {{ player_of_touch(var('player_dimension')) }}

),

estimated as (

    select
        player,
        count(distinct method) as causal_methods,
        avg(conversions) as estimated_wins,
        max(disagreement) as disagreement,
        {{ bool_max('needs_test') }} as needs_test,
        {{ bool_max("claim = 'test first'") }} as is_no_more_than_an_estimate
    from effects
    group by player

)

select
    players.partner_id,
    players.channel,
    players.touched_wins,
    players.credited_wins,
    estimated.estimated_wins,
    estimated.disagreement,
    coalesce(estimated.causal_methods, 0) as causal_methods,
    coalesce(estimated.needs_test, false) as needs_test,
    case when not estimated.is_no_more_than_an_estimate then estimated.estimated_wins end as incremental_wins
from players
left join estimated on players.player = estimated.player
