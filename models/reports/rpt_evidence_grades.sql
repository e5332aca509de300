{#- (1.960 + 0.842) squared: a two-sided test at 5 % that finds the effect in 80 % of tries. -#}
{%- set power_factor = 7.849 -%}
{%- set minimum_wins = 100 -%}
{%- set tolerated = 0.2 -%}

with

players as (

    select * from {{ ref('int_wins_of_players') }}

),

experiments as (

    select * from {{ ref('int_experiments_of_players') }}

),

accounts as (

    select count(*) as accounts from {{ ref('dim_account') }}

),

wins as (

    select count(*) as wins from {{ ref('fct_conversions') }}
    where milestone = 'closed_won'

),

population as (

    select
        accounts.accounts,
        wins.wins
    from accounts
    cross join wins

),

graded as (

    select
        players.*,
        population.wins,
        experiments.experiment_id,
        experiments.ends_on,
        -- Measured, and maybe nothing: no action rests on an interval that spans zero.
        coalesce(experiments.lower <= 0 and experiments.upper >= 0, false) as spans_zero,
        case
            when experiments.experiment_id is not null then 'A'
            when
                '{{ var("player_dimension") }}' = 'partner_channel'
                and players.causal_methods = 2
                and players.disagreement <= {{ tolerated }}
                and not players.needs_test
                and population.wins >= {{ minimum_wins }}
                then 'B'
            when players.causal_methods >= 1 then 'C'
            else 'D'
        end as grade,
        {{ ratio('population.wins', 'population.accounts') }} as win_rate,
        {{ ratio('coalesce(players.estimated_wins, players.credited_wins)', 'population.wins') }} as expected_part
    from players
    cross join population
    left join experiments
        on players.partner_id = experiments.partner_id and players.channel = experiments.channel

)

select
    partner_id,
    channel,
    grade,
    {{ evidence_reason('grade', minimum_wins, tolerated) }} as reason,
    experiment_id as evidence_id,
    grade in ('A', 'B') and not spans_zero as may_move_budget,
    grade <> 'A' and needs_test as needs_test,
    case
        when grade <> 'A' and expected_part > 0 and expected_part <= 1
            then cast(ceil(
                {{ power_factor }} * (
                    win_rate * (1 - win_rate) + win_rate * (1 - expected_part) * (1 - win_rate * (1 - expected_part))
                ) / (win_rate * expected_part * win_rate * expected_part)
            ) as {{ dbt.type_bigint() }})
    end as test_accounts_per_arm,
    cast(touched_wins as {{ dbt.type_bigint() }}) as touched_wins,
    cast(wins as {{ dbt.type_bigint() }}) as wins,
    cast(estimated_wins as double) as estimated_wins,
    cast(incremental_wins as double) as incremental_wins,
    cast(disagreement as double) as disagreement
from graded
