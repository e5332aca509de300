"""Intervals of every reported cell: sums per bucket in, bounds out, one matrix per method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from scipy import sparse

from partner_attribution.attribution.influence import influence_by_player
from partner_attribution.attribution.intervals import (
    NOT_BUILT,
    SUPPRESSED,
    UNSTEADY,
    IntervalSettings,
    grouped,
    is_steady,
    learned_part,
    share_interval,
    status,
    total_interval,
)
from partner_attribution.attribution.registry import REGISTRY
from partner_attribution.attribution.tables import arrow_table, numbers_of

CELLS_AT_ONCE = 1000  # a thousand cells of a thousand buckets are 8 MB
CELLS_IN_CACHE = 50  # their figures are gone over a dozen times
BILLION = 1e9
# Fitted models: an interval of their credits alone would lie. They are fitted without each of a few
# groups of buckets, so all that they print is summed over the same groups.
FITTED = frozenset(method.id for method in REGISTRY.values() if method.is_incremental)
COUNTED = frozenset({"lead", "mql"})  # milestones without money: their shares are of conversions
CUT_AT_ZERO = frozenset({"shapley_rate"})  # methods whose learned weights are cut at zero

SCHEMA = {
    "cell_number": nw.Int64(),
    "interval_status": nw.String(),
    "conversions_lower": nw.Float64(),
    "conversions_upper": nw.Float64(),
    "cents_lower": nw.Float64(),
    "cents_upper": nw.Float64(),
    "share_lower": nw.Float64(),
    "share_upper": nw.Float64(),
}
Learned = Mapping[tuple[str, str], tuple[dict[str, int], Any]]


def credit_intervals(
    cells: Any, sums: Any, influence: Any, settings: IntervalSettings | None = None
) -> Any:
    """Return the bounds of each cell's conversions, amount and share.

    cells: one row per cell: cell_number, whole_number (the cell that the share is of; null = no
    share; shares are of the amount, for lead and mql of conversions), milestone, method,
    winning_accounts. sums: cell_number, bucket, share_billionths, credit_cents of every measured
    cell and its whole; or, with a player and no bucket, how both
    figures move with the log of the player's weight. influence: as `player_influence` returns it.

    Returns an Arrow table of one row per cell. Bounds are null where interval_status is
    `suppressed` (fewer than `min_wins` winning accounts), `unsteady` (weights learned too close to
    zero) or `not_built` (a fitted model that was not fitted without each group), those of the share
    where it has none.
    """
    settings = settings or IntervalSettings()
    columns = ("cell_number", "whole_number", "milestone", "method", "winning_accounts")
    rows = sorted(_rows(cells, columns), key=lambda row: row[0])
    learned = {
        key: ({name: i for i, name in enumerate(of_players)}, np.array(list(of_players.values())))
        for key, of_players in influence_by_player(influence, settings.buckets).items()
    }
    found: dict[str, list[Any]] = {name: [] for name in SCHEMA}
    shown: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for row in rows:
        number, _, milestone, method, wins = row
        if status(wins, settings) != SUPPRESSED:
            shown.setdefault((milestone, method), []).append(row)
        else:
            _append(found, number, SUPPRESSED, [None] * 6)
    for key, group in shown.items():
        if reason := _reason_for_none(key[1], learned.get(key)):
            for row in group:
                _append(found, row[0], reason, [None] * 6)
            continue
        known = _Sums(_of_cells(sums, group), settings.buckets)
        for part in _chunks(group):
            groups = settings.fitted_groups if key[1] in FITTED else settings.buckets
            bounds = _bounds(part, known, learned.get(key), settings.level, groups)
            for row, values in zip(part, bounds, strict=True):
                _append(found, row[0], status(row[4], settings), values)
    return arrow_table(found, SCHEMA)


def _reason_for_none(method: str, learned: tuple[dict[str, int], Any] | None) -> str:
    """Say why a method gets no interval, however many wins there are; empty if it does."""
    if method in FITTED and learned is None:
        return NOT_BUILT
    if method in CUT_AT_ZERO and not (learned and is_steady(learned[1])):
        return UNSTEADY
    return ""


def _append(
    found: dict[str, list[Any]], number: int, word: str, values: Sequence[float | None]
) -> None:
    for name, value in zip(SCHEMA, (number, word, *values), strict=True):
        found[name].append(value)


def _of_cells(sums: Any, rows: list[tuple[Any, ...]]) -> Any:
    """Keep what is needed of the sums, so that those of one method are in memory at a time."""
    number = nw.col("cell_number")
    own = [row[0] for row in rows]
    wholes = [row[1] for row in rows if row[1] is not None] or own
    kept = number.is_between(min(own), max(own)) | number.is_between(min(wholes), max(wholes))
    return nw.from_native(sums).filter(kept)


def _chunks(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    for first in range(0, len(rows), CELLS_AT_ONCE):
        yield rows[first : first + CELLS_AT_ONCE]


def _bounds(
    rows: list[tuple[Any, ...]],
    known: _Sums,
    learned: tuple[dict[str, int], Any] | None,
    level: float,
    groups: int,
) -> list[list[float | None]]:
    own = np.array([row[0] for row in rows])
    wholes, position = np.unique(
        [row[0] if row[1] is None else row[1] for row in rows], return_inverse=True
    )
    of_parts = [grouped(one, groups) for one in known.learned(own, learned)]
    kind = 0 if rows[0][2] in COUNTED else 1
    of_whole = grouped(known.learned(wholes, learned)[kind], groups)
    found: list[list[float | None]] = []
    for first in range(0, len(rows), CELLS_IN_CACHE):
        some = slice(first, first + CELLS_IN_CACHE)
        parts = [grouped(one, groups) for one in known.dense(own[some])]
        whole = grouped(known.dense_of(kind, wholes[position[some]]), groups)
        by_count, by_cents = (_some(one, some) for one in of_parts)
        moved = _some(of_whole, position[some])
        bounds = [
            *total_interval(parts[0] / BILLION, level, by_count / BILLION),
            *total_interval(parts[1], level, by_cents),
            *share_interval(parts[kind], whole, level, ((by_count, by_cents)[kind], moved))[1:],
        ]
        found += [
            [None if np.isnan(x) else float(x) for x in row] for row in zip(*bounds, strict=True)
        ]
    for row, values in zip(rows, found, strict=True):
        if row[1] is None:
            values[4:] = [None, None]
    return found


def _some(values: Any, rows: Any) -> Any:
    return values if np.isscalar(values) else values[rows]


class _Sums:
    """Figures by cell and bucket, and by cell and player: share billionths and cents."""

    def __init__(self, sums: Any, buckets: int) -> None:
        by_bucket, by_player = _figures(sums)
        cells, places, *both = by_bucket
        of_cells, names, *both_of_players = by_player
        self.last = int(max(cells.max(initial=0), of_cells.max(initial=0)))
        self.by_bucket = tuple(self._by_cell(one, cells, places, buckets) for one in both)
        self.players = {name: i for i, name in enumerate(sorted(set(names)))}
        place = np.array([self.players[name] for name in names], dtype=np.int64)
        self.by_player = tuple(
            self._by_cell(one, of_cells, place, len(self.players)) for one in both_of_players
        )

    def _by_cell(self, values: Any, cells: Any, places: Any, width: int) -> Any:
        # Made by counting the rows of each cell: they leave SQL in any order, and none is sorted.
        shape = (self.last + 1, max(width, 1))
        table = sparse.coo_matrix((values, (cells, places)), shape=shape)
        table.has_canonical_format = True  # else sorted, to find rows that come twice: none does
        return table.tocsr()

    def dense(self, numbers: Any) -> tuple[Any, Any]:
        """Share billionths and cents of these cells, cell x bucket."""
        return self.dense_of(0, numbers), self.dense_of(1, numbers)

    def dense_of(self, kind: int, numbers: Any) -> Any:
        """One of the two, share billionths (0) or cents (1)."""
        return _rows_of(self.by_bucket[kind], numbers)

    def learned(self, numbers: Any, learned: tuple[dict[str, int], Any] | None) -> tuple[Any, Any]:
        """The same, as far as it comes through learned weights; zero for rules."""
        if learned is None:
            return 0.0, 0.0
        position, influence = learned
        gradients = np.zeros((2, len(numbers), len(position)))
        for kind, table in enumerate(self.by_player):
            found = _rows_of(table, numbers)
            for name, place in position.items():
                if name in self.players:
                    gradients[kind, :, place] = found[:, self.players[name]]
        both = learned_part(gradients, influence)
        return both[0], both[1]


def _figures(sums: Any) -> tuple[list[Any], list[Any]]:
    """Cell, bucket and both figures of what buckets hold; cell, player and both of the rest."""
    frame: Any = nw.from_native(sums)
    frame = frame.select(
        nw.col("cell_number").cast(nw.Int64),
        nw.col("bucket").fill_null(0).cast(nw.Int64),
        nw.col("share_billionths", "credit_cents").cast(nw.Float64),
        nw.when(nw.col("player").is_null()).then(1).otherwise(0).cast(nw.Int64).alias("__whole"),
        "player",
    )
    frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    *columns, whole = (numbers_of(frame[name]) for name in frame.columns[:-1])
    by_bucket, by_player = (whole == 1, whole == 0)
    if by_bucket.all():
        return columns, [values[:0] for values in columns]
    cells, buckets, *both = (values[by_bucket] for values in columns)
    of_cells, _, *both_of_players = (values[by_player] for values in columns)
    players = frame["player"].drop_nulls().to_list()
    return [cells, buckets, *both], [of_cells, players, *both_of_players]


def _rows_of(table: Any, numbers: Any) -> Any:
    """Rows of these cells; a cell without any sum has zeros."""
    known = np.minimum(numbers, table.shape[0] - 1)
    found = table[known].toarray()
    found[numbers != known] = 0.0
    return found


def _rows(table: Any, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    frame: Any = nw.from_native(table)
    frame = frame.select(*columns)
    frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return list(frame.iter_rows())
