"""Compared journeys for the tests, and answers by definition: no code of the package."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import duckdb
import pandas as pd
from hypothesis import strategies as st

Path = tuple[str, ...]


@dataclass(frozen=True)
class Journey:
    """Players in order, whether it converted, and for how many cents."""

    path: Path
    is_converted: bool = False
    cents: int = 0


def compared(journeys: Sequence[Journey], milestone: str = "closed_won") -> pd.DataFrame:
    """The frame that int_journeys_compared gives; a player is a channel of partner acme."""
    rows = []
    for number, journey in enumerate(journeys):
        common = (f"j{number}", milestone, journey.is_converted, journey.cents)
        rows += [
            (*common, f"j{number}t{position}", 1000 + position, player, "acme")
            for position, player in enumerate(journey.path)
        ] or [(*common, None, None, None, None)]
    frame = pd.DataFrame(
        rows,
        columns=[
            *("journey_id", "milestone", "is_converted", "value_cents"),
            *("touch_id", "touched_at_us", "channel", "partner_id"),
        ],
    )
    types = {"value_cents": "int64", "touched_at_us": "Int64", "is_converted": "bool"}
    texts = ["journey_id", "milestone", "touch_id", "channel", "partner_id"]
    return frame.astype({**types, **dict.fromkeys(texts, "str")})


def in_duckdb(frame: pd.DataFrame) -> duckdb.DuckDBPyRelation:
    connection = duckdb.connect(config={"threads": 2})
    connection.register("delivered", frame)
    connection.execute(
        "create table journeys as select * replace (cast(touched_at_us as bigint) as touched_at_us,"
        " cast(touch_id as varchar) as touch_id, cast(channel as varchar) as channel,"
        " cast(partner_id as varchar) as partner_id) from delivered"
    )
    return connection.table("journeys")


journey_lists = st.lists(
    st.builds(
        Journey,
        path=st.lists(st.sampled_from("ABCD"), min_size=1, max_size=6).map(tuple),
        is_converted=st.booleans(),
        cents=st.integers(0, 10**9),
    ),
    min_size=1,
    max_size=14,
)


def removal_effects_by_walking(journeys: Sequence[Journey], order: int) -> dict[str, float]:
    """By definition: let probability flow step by step; what enters the removed player is lost."""
    follows: dict[Path, Counter[str | bool]] = defaultdict(Counter)
    starts: Counter[Path] = Counter()
    for journey in journeys:
        for i, player in enumerate(journey.path):
            state = journey.path[: i + 1][-order:]
            starts[state] += i == 0
            ended = i + 1 == len(journey.path)
            follows[state][journey.is_converted if ended else journey.path[i + 1]] += 1
            assert state[-1] == player

    def converted(removed: str | None) -> float:
        mass = {s: n / len(journeys) for s, n in starts.items() if n and s[-1] != removed}
        won = 0.0
        for _ in range(20_000):
            moved: dict[Path, float] = defaultdict(float)
            for state, amount in mass.items():
                total = sum(follows[state].values())
                for outcome, count in follows[state].items():
                    if outcome is True:
                        won += amount * count / total
                    elif isinstance(outcome, str) and outcome != removed:
                        moved[(*state, outcome)[-order:]] += amount * count / total
            mass = moved
            if sum(mass.values()) < 1e-14:
                break
        return won

    base = converted(None)
    players = {player for journey in journeys for player in journey.path}
    return {p: (base - converted(p)) / base if base else 0.0 for p in players}


def shapley_by_orders(
    worth: Callable[[frozenset[str]], Fraction], players: Sequence[str]
) -> dict[str, Fraction]:
    """By definition: the mean gain over all orders in which the players may arrive."""
    gains: Counter[str] = Counter()
    for arrivals in itertools.permutations(players):
        for i, player in enumerate(arrivals):
            before = frozenset(arrivals[:i])
            gains[player] += worth(before | {player}) - worth(before)
    return {p: Fraction(gains[p]) / math.factorial(len(players)) for p in players}


def by_player(table: pd.DataFrame, method: str, column: str) -> Mapping[str, float]:
    rows = table[table["method"] == method]
    return dict(zip(rows["player"], rows[column], strict=True))
