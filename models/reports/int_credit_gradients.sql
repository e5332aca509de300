{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps'], materialized='view') }}

with

-- Methods whose touches weigh what was learned of their player.
weights as (

    select
        milestone,
        method,
        player
    from {{ ref('int_player_weights') }}
    where weight > 0

),

learning_methods as (

    select distinct method from weights

),

touches as (

    select
        conversion_id,
        touch_id,
        {{ player_of_touch(var('player_dimension')) }} as player
    from {{ ref('int_touches_in_window') }}

),

credits as (

    select
        credits.conversion_id,
        credits.milestone,
        credits.method,
        credits.partner_id,
        credits.channel,
        coalesce(credits.campaign_id, 'unattributed') as credited_campaign_id,
        coalesce(credits.asset_id, 'none') as asset_id,
        credits.region,
        touches.player,
        {{ sum_shares('credits.credit_share') }} as credit_share,
        sum(credits.credited_amount) as credited_amount
    from {{ ref('fct_attribution_credits') }} as credits
    inner join learning_methods on credits.method = learning_methods.method
    inner join touches on credits.conversion_id = touches.conversion_id and credits.touch_id = touches.touch_id
    group by
        credits.conversion_id,
        credits.milestone,
        credits.method,
        credits.partner_id,
        credits.channel,
        coalesce(credits.campaign_id, 'unattributed'),
        coalesce(credits.asset_id, 'none'),
        credits.region,
        touches.player

),

-- What a causal method learned of a player scales all its credit, and leaves the others theirs.
fitted as (

    select
        credits.conversion_id,
        credits.milestone,
        credits.method,
        credits.partner_id,
        credits.channel,
        coalesce(credits.campaign_id, 'unattributed') as credited_campaign_id,
        coalesce(credits.asset_id, 'none') as asset_id,
        credits.region,
        touches.player,
        {{ sum_shares('credits.credit_share') }} as credit_share,
        sum(credits.credited_amount) as credited_amount
    from {{ ref('fct_attribution_credits') }} as credits
    inner join {{ ref('int_causal_touches') }} as touches on credits.touch_id = touches.touch_id
    where credits.method in {{ causal_methods() }}
    group by
        credits.conversion_id,
        credits.milestone,
        credits.method,
        credits.partner_id,
        credits.channel,
        coalesce(credits.campaign_id, 'unattributed'),
        coalesce(credits.asset_id, 'none'),
        credits.region,
        touches.player

),

player_shares as (

    select
        conversion_id,
        method,
        player,
        {{ sum_shares('credit_share') }} as player_share
    from credits
    group by conversion_id, method, player

),

-- A share w / sum of w moves by its own size with its own log w, and by minus the product of the
-- two shares with every log w of the journey.
moved as (

    select
        credits.conversion_id,
        credits.milestone,
        credits.method,
        credits.partner_id,
        credits.channel,
        credits.credited_campaign_id,
        credits.asset_id,
        credits.region,
        player_shares.player,
        case when player_shares.player = credits.player then 1 else 0 end - player_shares.player_share as moves_by,
        credits.credit_share,
        credits.credited_amount
    from credits
    inner join player_shares
        on credits.conversion_id = player_shares.conversion_id and credits.method = player_shares.method

)

select
    moved.conversion_id,
    moved.milestone,
    moved.method,
    moved.partner_id,
    moved.channel,
    moved.credited_campaign_id,
    moved.asset_id,
    moved.region,
    moved.player,
    cast(round(moved.credit_share * moved.moves_by * 1000000000) as {{ dbt.type_bigint() }}) as share_billionths,
    cast(round(cast(moved.credited_amount as double) * moved.moves_by * 100) as {{ dbt.type_bigint() }}) as credit_cents
from moved
inner join weights
    on moved.milestone = weights.milestone and moved.method = weights.method and moved.player = weights.player
union all
select
    conversion_id,
    milestone,
    method,
    partner_id,
    channel,
    credited_campaign_id,
    asset_id,
    region,
    player,
    cast(round(credit_share * 1000000000) as {{ dbt.type_bigint() }}) as share_billionths,
    cast(round(cast(credited_amount as double) * 100) as {{ dbt.type_bigint() }}) as credit_cents
from fitted
