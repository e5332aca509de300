"""The engine's own cases: credits and transition counts, from the same touches as the limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import narwhals as nw

from benchmarks.hand_sql import HAND_SQL
from benchmarks.limits import JOIN
from partner_attribution.attribution import DEFAULT_METHODS, Settings, attribute, attribute_wide
from partner_attribution.attribution.effects import player_effects
from partner_attribution.attribution.markov import removal_effects
from partner_attribution.attribution.player_intervals import learn_players
from partner_attribution.attribution.players import with_player_weights
from partner_attribution.attribution.transitions import count_transitions

JOURNEYS = """
select
    touches.account_id as journey_id, 'closed_won' as milestone,
    conversions.account_id is not null as is_converted,
    touches.touch_id, touches.touched_at_us, touches.channel as player
from touches left join conversions on touches.account_id = conversions.account_id
"""

COMPARED = JOURNEYS.replace("as player", "").replace(
    "touches.touch_id,", "coalesce(amount_cents, 0) as value_cents, touches.touch_id,"
)
IN_BUCKETS = COMPARED.replace(
    "'closed_won'", "touches.account_id, hash(touches.account_id) % 1000 as bucket, 'closed_won'"
)
LEARNED = ("markov_path", "markov_global", "shapley_set", "shapley_rate")
BY_CHANNEL = Settings(player_dimension="channel", markov_order=1)


def credits_wide(connection: duckdb.DuckDBPyConnection) -> None:
    conversions = connection.sql("select * from conversions")
    attribute_wide(conversions, connection.sql(JOIN), DEFAULT_METHODS).create("out.result")


def credits_long(connection: duckdb.DuckDBPyConnection) -> None:
    conversions = connection.sql("select * from conversions")
    attribute(conversions, connection.sql(JOIN), DEFAULT_METHODS).create("out.result")


def markov(order: int) -> Callable[[duckdb.DuckDBPyConnection], None]:
    def run(connection: duckdb.DuckDBPyConnection) -> None:
        journeys: Any = nw.from_native(connection.sql(JOURNEYS))
        for transitions in count_transitions(journeys, order).values():
            for shorter in range(1, min(order, 2) + 1):
                removal_effects(transitions.of_order(shorter))

    return run


def learned(connection: duckdb.DuckDBPyConnection) -> None:
    player_effects(connection.sql(COMPARED), LEARNED, BY_CHANNEL)


def learned_with_intervals(connection: duckdb.DuckDBPyConnection) -> None:
    """The same, and the bounds of all that is learned, from a thousand buckets of accounts."""
    learn_players(connection.sql(IN_BUCKETS), None, LEARNED, BY_CHANNEL)


def whole_engine(connection: duckdb.DuckDBPyConnection) -> None:
    """Learn the weights of players from all journeys, and credit by rules and by those weights."""
    methods = (*DEFAULT_METHODS, "markov_path", "shapley_set", "shapley_rate")
    chosen = Settings(player_dimension="channel")
    learned = player_effects(connection.sql(COMPARED), methods, chosen)
    weights = connection.from_arrow(learned)
    conversions = connection.sql("select * from conversions")
    touches = connection.sql(JOIN.replace("touches.channel = ", "touches.channel, channel = "))
    touches = with_player_weights(conversions, touches, weights, methods, chosen)
    attribute_wide(conversions, touches, methods, chosen).create("out.result")


def sql_engine(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"create table out.result as {HAND_SQL}")


ENGINE = {
    "sql_engine": sql_engine,
    "credits_wide": credits_wide,
    "credits_long": credits_long,
    "markov_1": markov(1),
    "markov_3": markov(3),
    "learned": learned,
    "learned_with_intervals": learned_with_intervals,
    "whole_engine": whole_engine,
}
