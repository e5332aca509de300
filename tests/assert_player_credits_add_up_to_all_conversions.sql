-- Data-driven methods share what there is among players, no more and no less, and say something of
-- every player that they credit. First suspect: a player named differently in SQL and in Python.
with

methods as (

    select distinct
        milestone,
        method
    from {{ ref('int_player_weights') }}

),

conversions as (

    select
        milestone,
        sum(amount) as amount,
        count(*) as conversions
    from {{ ref('fct_conversions') }}
    group by milestone

),

players as (

    select
        milestone,
        method,
        sum(credited_amount) as amount,
        sum(credited_conversions) as conversions,
        sum(
            case when player <> 'unattributed' and removal_effect is null and shapley_value is null then 1 else 0 end
        ) as unknown_players
    from {{ ref('fct_player_effects') }}
    group by milestone, method

)

select
    methods.milestone,
    methods.method,
    conversions.amount,
    players.amount as credited_amount,
    conversions.conversions,
    players.conversions as credited_conversions,
    players.unknown_players
from methods
inner join conversions on methods.milestone = conversions.milestone
left join players on methods.milestone = players.milestone and methods.method = players.method
where
    players.method is null
    or players.amount <> conversions.amount
    or abs(players.conversions - conversions.conversions) > 0.000001 * conversions.conversions
    or players.unknown_players > 0
