"""Journeys counted by the players that they met: one pass for all that does not ask the order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from partner_attribution.attribution.exact import Frame, number
from partner_attribution.attribution.markov import JOURNEY, MILESTONE, PLAYER, collected, distinct
from partner_attribution.attribution.on_duckdb import query

Coalition = frozenset[str]

_TOUCHED, _CONVERTED, _VALUE = "__touched", "__converted", "value_cents"
_KEYS = (MILESTONE, JOURNEY, _CONVERTED, _VALUE)
_PLAYERS_PER_NUMBER = 50  # a set of more takes several whole numbers


@dataclass(frozen=True)
class Outcomes:
    """Journeys of one coalition, and how many of them converted."""

    journeys: int
    conversions: int


@dataclass(frozen=True)
class Alike:
    """Journeys of one milestone that met the same players. cents: of those that converted."""

    milestone: str
    players: Coalition
    has_touch: bool
    journeys: int
    conversions: int
    cents: int


@dataclass(frozen=True)
class Counted:
    """All journeys. one_hash_each: proven that no two of a milestone have the same hash."""

    alike: list[Alike]
    one_hash_each: bool


def count_journeys(rows: Frame, players: Sequence[str]) -> Counted:
    """Count journeys per milestone and set of players, on the frame's own engine.

    rows: one row per journey and touch, or per journey without any (touch_id null): journey_id,
    milestone, is_converted, value_cents (of the journey), touch_id, player. players: those to tell
    apart; of journeys that met others only, only that they have a touch is known.
    """
    chunks = [
        players[i : i + _PLAYERS_PER_NUMBER] for i in range(0, len(players), _PLAYERS_PER_NUMBER)
    ]
    names = [f"__set_{i}" for i in range(len(chunks))]
    marked = rows.with_columns(
        nw.when(nw.col("is_converted")).then(1).otherwise(0).alias(_CONVERTED),
        nw.when(nw.col("touch_id").is_null()).then(0).otherwise(1).alias(_TOUCHED),
    ).with_columns(_bit(chunk).alias(name) for name, chunk in zip(names, chunks, strict=True))
    marked = marked.select(*_KEYS, _TOUCHED, *names)
    is_duckdb = marked.implementation.is_duckdb()
    found = list(collected((_counted_by_sql if is_duckdb else _counted)(marked, names)))
    proofs = [row for row in found if row[1] is None]
    alike = [
        Alike(milestone, _set_of(masks, chunks), bool(has), int(n), int(won or 0), int(cents or 0))
        for milestone, has, *masks, n, won, cents in found
        if has is not None
    ]
    unique = is_duckdb and all(journeys == hashes for *_, journeys, hashes, _ in proofs)
    return Counted(alike, unique)


def _bit(chunk: Sequence[str]) -> nw.Expr:
    """Each player's own bit; 0 for a player of another number, and where there is no touch."""
    mark = number(0)
    for i, name in enumerate(chunk):
        mark = nw.when(nw.col(PLAYER) == name).then(number(1 << i)).otherwise(mark)
    return nw.when(nw.col(_TOUCHED) == 1).then(mark).otherwise(number(0))


def _set_of(masks: Sequence[Any], chunks: Sequence[Sequence[str]]) -> Coalition:
    return frozenset(
        name
        for mask, chunk in zip(masks, chunks, strict=True)
        for i, name in enumerate(chunk)
        if int(mask) >> i & 1
    )


def _counted(marked: Any, names: Sequence[str]) -> Any:
    """Add up the bits of a journey's distinct players, then count journeys of equal sums."""
    return (
        distinct(marked, *_KEYS, _TOUCHED, *names)
        .group_by(*_KEYS)
        .agg(nw.col(_TOUCHED).max(), *(nw.col(name).sum() for name in names))
        .with_columns(
            nw.col(_TOUCHED, *names).cast(nw.Int64),
            (nw.col(_VALUE) * nw.col(_CONVERTED)).alias(_VALUE),
        )
        .group_by(MILESTONE, _TOUCHED, *names)
        .agg(nw.len().alias("__journeys"), nw.col(_CONVERTED).sum(), nw.col(_VALUE).sum())
    )


def _counted_by_sql(marked: Any, names: Sequence[str]) -> Any:
    """Do the same in one pass, and say per milestone how many journeys and hashes of them are."""
    keys, sets = ", ".join(_KEYS), "".join(f", {name}" for name in names)
    together = "".join(f", bit_or({name}) as {name}" for name in names)
    return query(
        marked,
        f"""
        with journeys as materialized (
            select {keys}, max({_TOUCHED}) as {_TOUCHED}{together} from {{rows}} group by {keys}
        )
        select
            {MILESTONE}, {_TOUCHED}{sets}, count(*) as __journeys,
            cast(sum({_CONVERTED}) as bigint) as __won,
            cast(sum({_VALUE} * {_CONVERTED}) as bigint) as __cents
        from journeys
        group by {MILESTONE}, {_TOUCHED}{sets}
        union all
        select
            {MILESTONE}, null{", null" * len(names)}, count(*), count(distinct hash({JOURNEY})), 0
        from journeys
        group by {MILESTONE}
        """,
    )


def count_coalitions(touches: Frame) -> dict[str, dict[Coalition, Outcomes]]:
    """Count journeys per milestone and set of players, on the frame's own engine.

    touches: one row per journey and touch: journey_id, milestone, is_converted, player.
    """
    players = sorted(
        (str(name) for (name,) in collected(distinct(touches, PLAYER))), key=str.encode
    )
    if not players:
        return {}
    rows = touches.with_columns(nw.lit(0).alias(_VALUE), nw.lit("").alias("touch_id"))
    return by_coalition(count_journeys(rows, players).alike)


def by_coalition(alike: Sequence[Alike]) -> dict[str, dict[Coalition, Outcomes]]:
    """Return the outcomes of each milestone's coalitions; journeys without a touch have none."""
    found: dict[str, dict[Coalition, Outcomes]] = defaultdict(dict)
    for one in alike:
        if one.has_touch:
            found[one.milestone][one.players] = Outcomes(one.journeys, one.conversions)
    return dict(sorted(found.items()))
