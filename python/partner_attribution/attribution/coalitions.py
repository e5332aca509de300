"""Journeys counted by the players that they met: one pass for all that does not ask the order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from scipy import sparse

from partner_attribution.attribution.exact import Frame, number
from partner_attribution.attribution.on_duckdb import query
from partner_attribution.attribution.tables import collected, eager, numbers_of
from partner_attribution.attribution.transitions import (
    BUCKET,
    JOURNEY,
    MILESTONE,
    PLAYER,
    distinct,
    distinct_rows,
)

Array = Any
Coalition = frozenset[str]

ACCOUNT = "account_id"
_TOUCHED, _CONVERTED, _VALUE = "__touched", "__converted", "value_cents"
_KEYS = (MILESTONE, JOURNEY, _CONVERTED, _VALUE)
_SUMS = ("__journeys", "__won", "__cents")
_PLAYERS_PER_NUMBER = 50  # a set of more takes several whole numbers
# What a row of a count tells of: journeys that are alike, hashes of all, accounts that won alike.
_KIND, _ALIKE, _HASHES, _WINNERS = "__kind", 0, 1, 2


@dataclass(frozen=True)
class Outcomes:
    """Journeys of one coalition, and how many of them converted."""

    journeys: int
    conversions: int


@dataclass(frozen=True)
class Kinds:
    """Journeys of one milestone by what they met: arrays of one row per coalition, whether they
    had a touch at all, and bucket of accounts.

    coalition: index in `coalitions`, which come in the order of their names. bucket: 0 where none
    was asked for. cents: of the journeys that converted.
    winners: accounts with a converting journey, by player met; None = by nobody, without a touch.
    Empty where buckets were not asked for.
    """

    coalitions: tuple[Coalition, ...]
    coalition: Array
    has_touch: Array
    bucket: Array
    journeys: Array
    conversions: Array
    cents: Array
    winners: Mapping[str | None, int]

    def outcomes(self) -> dict[Coalition, Outcomes]:
        """Outcomes of each coalition; journeys without a touch have none."""
        sums = np.zeros((2, len(self.coalitions)), dtype=np.int64)
        touched = self.has_touch
        for row, counts in zip(sums, (self.journeys, self.conversions), strict=True):
            np.add.at(row, self.coalition[touched], counts[touched])
        return {
            self.coalitions[i]: Outcomes(int(sums[0, i]), int(sums[1, i]))
            for i in np.flatnonzero(sums[0])
        }

    def in_buckets(self, counts: Array, buckets: int) -> Any:
        """Coalition x bucket, a sparse matrix: counts of the rows that had a touch."""
        touched = self.has_touch
        places = (self.coalition[touched], self.bucket[touched])
        shape = (len(self.coalitions), buckets)
        return sparse.csr_matrix((counts[touched].astype(float), places), shape=shape)


@dataclass(frozen=True)
class Counted:
    """All journeys, by milestone. one_hash_each: proven that no two of one have the same hash."""

    kinds: Mapping[str, Kinds]
    one_hash_each: bool


def count_journeys(rows: Frame, players: Sequence[str], *, in_buckets: bool = False) -> Counted:
    """Count journeys per milestone and set of players, on the frame's own engine.

    rows: one row per journey and touch, or per journey without any (touch_id null): journey_id,
    milestone, is_converted, value_cents (of the journey), touch_id, player. players: those to tell
    apart; of journeys that met others only, only that they have a touch is known.
    in_buckets: rows also say account_id and bucket, and buckets are told apart.
    """
    chunks = [
        players[i : i + _PLAYERS_PER_NUMBER] for i in range(0, len(players), _PLAYERS_PER_NUMBER)
    ]
    names = [f"__set_{i}" for i in range(len(chunks))]
    marked = rows.with_columns(
        nw.when(nw.col("is_converted")).then(1).otherwise(0).alias(_CONVERTED),
        nw.when(nw.col("touch_id").is_null()).then(0).otherwise(1).alias(_TOUCHED),
    ).with_columns(_bit(chunk).alias(name) for name, chunk in zip(names, chunks, strict=True))
    more = (BUCKET, ACCOUNT) if in_buckets else ()
    marked = marked.select(*_KEYS, _TOUCHED, *names, *more)
    is_duckdb = marked.implementation.is_duckdb()
    found = eager((_counted_by_sql if is_duckdb else _counted)(marked, names, in_buckets))
    kinds = {
        str(milestone): _kinds(found.filter(nw.col(MILESTONE) == milestone), names, chunks)
        for milestone in sorted(found[MILESTONE].unique().to_list())
    }
    proofs = found.filter(nw.col(_KIND) == _HASHES).select(*_SUMS[:2])
    unique = is_duckdb and all(journeys == hashes for journeys, hashes in proofs.iter_rows())
    return Counted(kinds, unique)


def _kinds(rows: Any, names: Sequence[str], chunks: Sequence[Sequence[str]]) -> Kinds:
    columns = {
        name: numbers_of(rows[name]).astype(np.int64)
        for name in (_KIND, _TOUCHED, BUCKET, *names, *_SUMS)
    }
    alike = columns[_KIND] == _ALIKE
    own = {name: values[alike] for name, values in columns.items()}
    masks = np.column_stack([own[name] for name in names] or [np.zeros(alike.sum(), np.int64)])
    found, place = distinct_rows(masks)
    coalitions = [_set_of(row, chunks) for row in found.tolist()]
    order = sorted(range(len(coalitions)), key=lambda i: sorted(coalitions[i]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    winners: dict[str | None, int] = defaultdict(int)
    of_winners = columns[_KIND] == _WINNERS
    for touched, count, *masks_of in zip(
        *(columns[name][of_winners].tolist() for name in (_TOUCHED, _SUMS[0], *names)), strict=True
    ):
        for name in [*_set_of(masks_of, chunks), *([] if touched else [None])]:
            winners[name] += count
    sums = (own[_SUMS[0]], own[_SUMS[1]], own[_SUMS[2]])
    return Kinds(
        tuple(coalitions[i] for i in order),
        rank[place],
        own[_TOUCHED] == 1,
        own[BUCKET],
        *sums,
        dict(winners),
    )


def _bit(chunk: Sequence[str]) -> nw.Expr:
    """Each player's own bit; 0 for a player of another number, and where there is no touch."""
    mark = number(0)
    for i, name in enumerate(chunk):
        mark = nw.when(nw.col(PLAYER) == name).then(number(1 << i)).otherwise(mark)
    return nw.when(nw.col(_TOUCHED) == 1).then(mark).otherwise(number(0))


def _set_of(masks: Sequence[int], chunks: Sequence[Sequence[str]]) -> Coalition:
    return frozenset(
        name
        for mask, chunk in zip(masks, chunks, strict=False)
        for i, name in enumerate(chunk)
        if mask >> i & 1
    )


def _counted(marked: Any, names: Sequence[str], in_buckets: bool) -> Any:
    """Add up the bits of a journey's distinct players, then count journeys of equal sums."""
    more = (BUCKET, ACCOUNT) if in_buckets else ()
    met = distinct(marked, *_KEYS, _TOUCHED, *names, *more)
    bits = [nw.col(name).sum() for name in names]
    journeys = (
        met.group_by(*_KEYS, *more)
        .agg(nw.col(_TOUCHED).max(), *bits)
        .with_columns(
            nw.col(_TOUCHED, *names).cast(nw.Int64),
            (nw.col(_VALUE) * nw.col(_CONVERTED)).alias(_VALUE),
        )
        .with_columns(nw.col(BUCKET) if in_buckets else nw.lit(0).alias(BUCKET))
    )
    alike = (
        journeys.group_by(MILESTONE, _TOUCHED, BUCKET, *names)
        .agg(
            nw.len().alias(_SUMS[0]),
            nw.col(_CONVERTED).sum().alias(_SUMS[1]),
            nw.col(_VALUE).sum().alias(_SUMS[2]),
        )
        .with_columns(nw.lit(_ALIKE).alias(_KIND))
    )
    parts = [alike]
    if in_buckets:
        won = met.filter(nw.col(_CONVERTED) == 1)
        of_accounts = (
            distinct(won, MILESTONE, ACCOUNT, _TOUCHED, *names)
            .group_by(MILESTONE, ACCOUNT)
            .agg(nw.col(_TOUCHED).min(), *bits)
        )
        winners = of_accounts.group_by(MILESTONE, _TOUCHED, *names).agg(nw.len().alias(_SUMS[0]))
        nothing = (nw.lit(0).alias(name) for name in (BUCKET, *_SUMS[1:]))
        parts.append(winners.with_columns(nw.lit(_WINNERS).alias(_KIND), *nothing))
    whole = (_KIND, _TOUCHED, BUCKET, *names, *_SUMS)
    return nw.concat([eager(one.select(MILESTONE, nw.col(*whole).cast(nw.Int64))) for one in parts])


def _counted_by_sql(marked: Any, names: Sequence[str], in_buckets: bool) -> Any:
    """Do the same in one pass, and say per milestone how many journeys and hashes of them are."""
    keys, sets = ", ".join(_KEYS), "".join(f", {name}" for name in names)
    together = "".join(f", bit_or({name}) as {name}" for name in names)
    bucket = (
        f", cast(any_value({BUCKET}) as bigint) as {BUCKET}" if in_buckets else f", 0 as {BUCKET}"
    )
    account = f", any_value({ACCOUNT}) filter ({_CONVERTED} = 1) as {ACCOUNT}" if in_buckets else ""
    winners = f"""
        union all
        select
            {_WINNERS}, {MILESTONE}, {_TOUCHED}, 0{sets}, count(*), 0, 0
        from (
            select {MILESTONE}, min({_TOUCHED}) as {_TOUCHED}{together}
            from journeys
            where {_CONVERTED} = 1
            group by {MILESTONE}, {ACCOUNT}
        )
        group by {MILESTONE}, {_TOUCHED}{sets}
        """
    return query(
        marked,
        f"""
        with journeys as materialized (
            select {keys}, max({_TOUCHED}) as {_TOUCHED}{together}{bucket}{account}
            from {{rows}}
            group by {keys}
        )
        select
            {_ALIKE} as {_KIND}, {MILESTONE}, {_TOUCHED}, {BUCKET}{sets}, count(*) as {_SUMS[0]},
            cast(sum({_CONVERTED}) as bigint) as {_SUMS[1]},
            cast(sum({_VALUE} * {_CONVERTED}) as bigint) as {_SUMS[2]}
        from journeys
        group by {MILESTONE}, {_TOUCHED}, {BUCKET}{sets}
        union all
        select
            {_HASHES}, {MILESTONE}, 0, 0{", 0" * len(names)}, count(*),
            count(distinct hash({JOURNEY})), 0
        from journeys
        group by {MILESTONE}
        {winners if in_buckets else ""}
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
    return {name: kinds.outcomes() for name, kinds in count_journeys(rows, players).kinds.items()}
