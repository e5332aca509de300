with

weights as (

    select * from {{ ref('int_player_weights') }}

),

methods as (

    select distinct method from weights

),

credits as (

    select * from {{ ref('int_attribution_credits') }}

),

conversions as (

    select * from {{ ref('fct_conversions') }}

),

touches as (

    select
        conversion_id,
        touch_id,
        {{ player_of_touch(var('player_dimension')) }} as player
    from {{ ref('int_touches_in_window') }}

),

-- What touches of a player earned; markov_global has no touches and brings its own figures.
earned as (

    select
        conversions.milestone,
        credits.method,
        coalesce(touches.player, 'unattributed') as player,
        {{ sum_shares('credits.credit_share') }} as credited_conversions,
        cast(sum(credits.credit_cents) as {{ dbt.type_bigint() }}) as credit_cents
    from credits
    inner join methods on credits.method = methods.method
    inner join conversions on credits.conversion_id = conversions.conversion_id
    left join touches
        on credits.conversion_id = touches.conversion_id and credits.touch_id = touches.touch_id
    group by conversions.milestone, credits.method, coalesce(touches.player, 'unattributed')

),

players as (

    select
        milestone,
        method,
        player
    from weights
    union
    select
        milestone,
        method,
        player
    from earned

),

intervals as (

    select * from {{ ref('int_player_intervals') }}

),

milestones as (

    select
        milestone,
        max(base_rate) as base_rate,
        max(journeys) as journeys,
        max(conversions) as conversions
    from weights
    group by milestone

),

final as (

    select
        players.milestone,
        players.method,
        '{{ var("player_dimension") }}' as dimension,
        players.player,
        case when players.method in ('markov_path', 'markov_global') then weights.effect end as removal_effect,
        case when players.method in ('shapley_set', 'shapley_rate') then weights.effect end as shapley_value,
        cast(coalesce(earned.credited_conversions, weights.credited_conversions, 0) as double) as credited_conversions,
        {{ cents_to_amount('coalesce(earned.credit_cents, weights.credit_cents, 0)') }} as credited_amount,
        milestones.base_rate,
        cast(weights.markov_order as {{ dbt.type_int() }}) as markov_order,
        milestones.journeys,
        milestones.conversions,
        intervals.interval_status,
        -- Outwards to the digits shown, so that an interval never loses its figure to rounding.
        case when players.method in ('markov_path', 'markov_global') then floor(intervals.effect_lower * 1000000) / 1000000 end as removal_effect_lower,
        case when players.method in ('markov_path', 'markov_global') then ceil(intervals.effect_upper * 1000000) / 1000000 end as removal_effect_upper,
        case when players.method in ('shapley_set', 'shapley_rate') then floor(intervals.effect_lower * 1000000) / 1000000 end as shapley_value_lower,
        case when players.method in ('shapley_set', 'shapley_rate') then ceil(intervals.effect_upper * 1000000) / 1000000 end as shapley_value_upper,
        floor(intervals.conversions_lower * 1000000) / 1000000 as conversions_lower,
        ceil(intervals.conversions_upper * 1000000) / 1000000 as conversions_upper,
        {{ cents_to_amount('floor(intervals.cents_lower)') }} as amount_lower,
        {{ cents_to_amount('ceil(intervals.cents_upper)') }} as amount_upper,
        floor(intervals.share_lower * 1000000) / 1000000 as share_lower,
        ceil(intervals.share_upper * 1000000) / 1000000 as share_upper
    from players
    left join milestones on players.milestone = milestones.milestone
    left join weights
        on
            players.milestone = weights.milestone
            and players.method = weights.method
            and players.player = weights.player
    left join earned
        on
            players.milestone = earned.milestone
            and players.method = earned.method
            and players.player = earned.player
    left join intervals
        on
            players.milestone = intervals.milestone
            and players.method = intervals.method
            and players.player = intervals.player

)

select * from final
