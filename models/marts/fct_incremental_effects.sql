with

estimates as (

    select * from {{ ref('int_causal_estimates') }}
    where row_kind = 'effect'

),

credits as (

    select * from {{ ref('int_causal_credits') }}

),

conversions as (

    select * from {{ ref('fct_conversions') }}

),

touches as (

    select * from {{ ref('int_causal_touches') }}

),

intervals as (

    select * from {{ ref('int_incremental_intervals') }}

),

earned as (

    select
        conversions.milestone,
        credits.method,
        case when credits.is_baseline then 'baseline' else coalesce(touches.player, 'unattributed') end as player,
        {{ sum_shares('credits.credit_share') }} as conversions,
        sum(credits.credit_cents) as credit_cents
    from credits
    inner join conversions on credits.conversion_id = conversions.conversion_id
    left join touches on credits.touch_id = touches.touch_id
    group by
        conversions.milestone,
        credits.method,
        case when credits.is_baseline then 'baseline' else coalesce(touches.player, 'unattributed') end

),

-- What the whole of a method says, beside each of its players; deals never at risk are a row.
methods as (

    select
        method,
        milestone,
        max(chosen_method) as chosen_method,
        max(chosen_because) as chosen_because,
        max(half_life_weeks) as half_life_weeks,
        max(misfit) as misfit,
        max(disagreement) as disagreement,
        {{ bool_max('needs_test') }} as needs_test,
        -- Not known to fit is no better than known not to.
        {{ bool_max('needs_test = false') }} as is_known_to_fit
    from estimates
    group by method, milestone

),

rows_of_players as (

    select
        method,
        milestone,
        player,
        status,
        reason
    from estimates
    union all
    select
        method,
        milestone,
        player,
        'estimable' as status,
        'no account, or before the time observed' as reason
    from earned
    where player = 'unattributed'

),

final as (

    select
        rows_of_players.milestone,
        rows_of_players.method,
        '{{ var("player_dimension") }}' as dimension,
        rows_of_players.player,
        case when rows_of_players.status = 'estimable' then cast(coalesce(earned.conversions, 0) as double) end as conversions,
        case when rows_of_players.status = 'estimable' then {{ cents_to_amount('coalesce(earned.credit_cents, 0)') }} end as amount,
        cast(intervals.interval_status as {{ dbt.type_string() }}) as interval_status,
        intervals.conversions_lower,
        intervals.conversions_upper,
        {{ cents_to_amount('floor(intervals.cents_lower)') }} as amount_lower,
        {{ cents_to_amount('ceil(intervals.cents_upper)') }} as amount_upper,
        rows_of_players.status,
        rows_of_players.reason,
        methods.chosen_method,
        methods.chosen_because,
        methods.half_life_weeks,
        methods.misfit,
        methods.disagreement,
        methods.needs_test,
        case
            when rows_of_players.status = 'estimable' and rows_of_players.player <> 'unattributed'
                then case when methods.is_known_to_fit then 'incremental' else 'test first' end
        end as claim
    from rows_of_players
    inner join methods
        on rows_of_players.method = methods.method and rows_of_players.milestone = methods.milestone
    left join earned
        on
            rows_of_players.method = earned.method
            and rows_of_players.milestone = earned.milestone
            and rows_of_players.player = earned.player
    left join intervals
        on
            rows_of_players.method = intervals.method
            and rows_of_players.milestone = intervals.milestone
            and rows_of_players.player = intervals.player

)

select * from final
