"""The engine's own cases: credits and transition counts, from the same touches as the limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import narwhals as nw

from benchmarks.hand_sql import HAND_SQL
from benchmarks.limits import JOIN
from partner_attribution.attribution import DEFAULT_METHODS, attribute, attribute_wide
from partner_attribution.attribution.markov import count_transitions, removal_effects

JOURNEYS = """
select
    touches.account_id as journey_id, 'closed_won' as milestone,
    conversions.account_id is not null as is_converted,
    touches.touch_id, touches.touched_at_us, touches.channel as player
from touches left join conversions on touches.account_id = conversions.account_id
"""


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


def sql_engine(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"create table out.result as {HAND_SQL}")


ENGINE = {
    "sql_engine": sql_engine,
    "credits_wide": credits_wide,
    "credits_long": credits_long,
    "markov_1": markov(1),
    "markov_3": markov(3),
}
