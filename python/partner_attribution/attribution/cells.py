"""Intervals of every reported cell: sums per bucket in, bounds out, one matrix per method."""

from __future__ import annotations

from collections.abc import Iterator
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
from partner_attribution.attribution.tables import arrow_table, collected, eager, numbers_of

CELLS_AT_ONCE = 1000  # what a thousand cells hold in a thousand buckets is 8 MB
CELLS_IN_CACHE = 200  # their figures are gone over several times; fewer cost more in calls
CELLS_OF_A_READ = 100_000  # of one method, or of several that have fewer
BILLION = 1e9
# Fitted models: an interval of their credits alone would lie. They are fitted without each of a few
# groups of buckets, so all that they print is summed over the same groups.
FITTED = frozenset(method.id for method in REGISTRY.values() if method.is_incremental)
COUNTED = frozenset({"lead", "mql"})  # milestones without money: their shares are of conversions
CUT_AT_ZERO = frozenset({"shapley_rate"})  # methods whose learned weights are cut at zero

BOUNDS = (
    "conversions_lower",
    "conversions_upper",
    "cents_lower",
    "cents_upper",
    "share_lower",
    "share_upper",
)
SCHEMA = {
    "cell_number": nw.Int64(),
    "interval_status": nw.String(),
    **dict.fromkeys(BOUNDS, nw.Float64()),
}
Array = Any
Key = tuple[str, str]  # milestone and method
Learned = tuple[dict[str, int], Array]  # place of each player, and influence of player x bucket
_NONE = -1  # the number of no cell
_MOST_PLACES = 20_000_000  # of a table that is kept whole: 160 MB


def credit_intervals(
    cells: Any,
    sums: Any,
    influence: Any,
    settings: IntervalSettings | None = None,
    made_of: Any = None,
) -> Any:
    """Return the bounds of each cell's conversions, amount and share.

    cells: one row per cell: cell_number, whole_number (the cell that the share is of; null = no
    share; shares are of the amount, for lead and mql of conversions), milestone, method,
    winning_accounts. sums: part_number, bucket, share_billionths, credit_cents of every part; or,
    with a player and no bucket, how both figures move with the log of the player's weight.
    influence: as `player_influence` returns it. made_of: cell_number and part_number of every part
    of a measured cell and of its whole; without it `sums` are of cells, by cell_number.

    Returns an Arrow table of one row per cell, in order of their numbers. Bounds are null where
    interval_status is `suppressed` (fewer than `min_wins` winning accounts), `unsteady` (weights
    learned too close to zero) or `not_built` (a fitted model that was not fitted without each
    group), those of the share where it has none.

    Time grows with the sums of each cell, memory with those of `CELLS_OF_A_READ` cells.
    """
    settings = settings or IntervalSettings()
    frame: Any = nw.from_native(cells)
    learned = {
        key: ({name: i for i, name in enumerate(of_players)}, np.array(list(of_players.values())))
        for key, of_players in influence_by_player(influence, settings.buckets).items()
    }
    frames = _Frames(sums, made_of)
    found = [_no_cells()]
    for keys in _keys_at_once(frame):
        group = _Cells(frame, keys)
        words = _words(group.wins, settings)
        shown = words != SUPPRESSED
        for place, (_, method) in enumerate(keys):
            if reason := _reason_for_none(method, learned.get(keys[place])):
                words[shown & (group.key == place)] = reason
                shown &= group.key != place
        bounds = np.full((len(words), len(BOUNDS)), np.nan)
        known = _Sums(frames, group.number[shown], group.whole[shown], settings.buckets)
        for place, key in enumerate(keys):
            some = np.flatnonzero(shown & (group.key == place))
            own, whole = group.number[some], group.whole[some]
            bounds[some] = _bounds(key, own, whole, known, learned.get(key), settings)
        found.append((group.number, words, bounds))
    numbers, words, bounds = (np.concatenate(values) for values in zip(*found, strict=True))
    order = np.argsort(numbers)
    columns = [numbers[order], words[order], *bounds[order].T]
    return arrow_table(dict(zip(SCHEMA, columns, strict=True)), SCHEMA)


def _no_cells() -> tuple[Array, Array, Array]:
    return np.zeros(0, np.int64), np.zeros(0, object), np.zeros((0, len(BOUNDS)))


def _keys_at_once(cells: Any) -> Iterator[list[Key]]:
    """Milestones and methods that have cells, as many at a time as have few: a read costs too."""
    counted = collected(cells.group_by("milestone", "method").agg(nw.len().alias("__cells")))
    together: list[Key] = []
    size = 0
    for milestone, method, count in sorted(counted):
        if together and size + count > CELLS_OF_A_READ:
            yield together
            together, size = [], 0
        together.append((milestone, method))
        size += count
    if together:
        yield together


class _Cells:
    """Cells of some milestones and methods, by number; `key` is their place among those."""

    def __init__(self, cells: Any, keys: list[Key]) -> None:
        places = {key: place for place, key in enumerate(keys)}
        milestone, method = (nw.col(name) for name in ("milestone", "method"))
        own = nw.any_horizontal(
            *((milestone == key[0]) & (method == key[1]) for key in keys), ignore_nulls=True
        )
        rows = eager(
            cells.filter(own).select(
                nw.col("cell_number").cast(nw.Int64),
                nw.col("whole_number").cast(nw.Int64).fill_null(_NONE),
                nw.col("winning_accounts").cast(nw.Int64),
                "milestone",
                "method",
            )
        )
        names = ("cell_number", "whole_number", "winning_accounts")
        number, whole, wins = (numbers_of(rows[name]) for name in names)
        order = np.argsort(number)
        self.number, self.whole, self.wins = number[order], whole[order], wins[order]
        self.key = np.zeros(len(number), int)
        if len(keys) > 1:
            texts = zip(rows["milestone"].to_list(), rows["method"].to_list(), strict=True)
            self.key = np.fromiter((places[key] for key in texts), int, len(number))[order]


def _words(wins: Array, settings: IntervalSettings) -> Array:
    """`status` of each cell."""
    counts, place = np.unique(wins, return_inverse=True)
    return np.array([status(int(count), settings) for count in counts], object)[place]


def _reason_for_none(method: str, learned: Learned | None) -> str:
    """Say why a method gets no interval, however many wins there are; empty if it does."""
    if method in FITTED and learned is None:
        return NOT_BUILT
    if method in CUT_AT_ZERO and not (learned and is_steady(learned[1])):
        return UNSTEADY
    return ""


def _bounds(  # noqa: PLR0917
    key: Key,
    own: Array,
    whole: Array,
    known: _Sums,
    learned: Learned | None,
    settings: IntervalSettings,
) -> Array:
    """Bounds of cells of one milestone and method: cell x bound."""
    milestone, method = key
    kind = 0 if milestone in COUNTED else 1  # what shares are of: conversions or cents
    groups = settings.buckets
    if method in FITTED:
        groups = min(groups, settings.fitted_groups)
    found = np.empty((len(own), len(BOUNDS)))
    for many in _slices(len(own), CELLS_AT_ONCE):
        parts, moved = known.of(own[many], groups), known.learned(own[many], groups, learned)
        met = np.where(whole[many] == _NONE, own[many], whole[many])
        wholes, place = np.unique(met, return_inverse=True)
        held = _full(known.of(wholes, groups)[kind])
        held_moved = known.learned(wholes, groups, learned)[kind]
        for few in _slices(len(place), CELLS_IN_CACHE):
            count, cents = (one[few] for one in parts)
            by_count, by_cents = (_rows(one, few) for one in moved)
            share = share_interval(
                (count, cents)[kind],
                held[place[few]],
                settings.level,
                ((by_count, by_cents)[kind], _rows(held_moved, place[few])),
            )
            found[many][few] = np.column_stack(
                [
                    *total_interval(count / BILLION, settings.level, by_count / BILLION),
                    *total_interval(cents, settings.level, by_cents),
                    *share[1:],
                ]
            )
    found[whole == _NONE, -2:] = np.nan
    return found


def _rows(values: Any, rows: Any) -> Any:
    return values if np.isscalar(values) else values[rows]


def _slices(count: int, size: int) -> Iterator[slice]:
    for first in range(0, count, size):
        yield slice(first, first + size)


class _Frames:
    """What cells are made of and the sums of that, read as far as asked for."""

    def __init__(self, sums: Any, made_of: Any) -> None:
        self.sums = nw.from_native(sums)
        self.made_of = None if made_of is None else nw.from_native(made_of)
        if self.made_of is None:
            self.sums = self.sums.rename({"cell_number": "part_number"})

    def parts(self, *numbers: Array) -> tuple[Array, Array]:
        """Cells and their parts, for cells between the lowest and highest of each of `numbers`."""
        if self.made_of is None:
            alone = np.unique(np.concatenate(numbers))
            return alone, alone
        rows = eager(
            self.made_of.filter(_near("cell_number", numbers)).select(
                nw.col("cell_number", "part_number").cast(nw.Int64)
            )
        )
        return numbers_of(rows["cell_number"]), numbers_of(rows["part_number"])

    def figures(self, *numbers: Array) -> Any:
        """Sums of parts between the lowest and highest of each of `numbers`."""
        frame = self.sums.filter(_near("part_number", numbers))
        return eager(
            frame.select(
                nw.col("part_number").cast(nw.Int64),
                nw.col("bucket").cast(nw.Int64).fill_null(_NONE),
                "player",
                nw.col("share_billionths", "credit_cents").cast(nw.Float64),
            )
        )


def _near(column: str, numbers: tuple[Array, ...]) -> Any:
    """Numbers between the lowest and the highest of some; those of one method are neighbours."""
    spans = [(int(some.min()), int(some.max())) for some in numbers if len(some)] or [(1, 0)]
    return nw.any_horizontal(
        *(nw.col(column).is_between(*span) for span in spans), ignore_nulls=True
    )


class _Sums:
    """Share billionths and cents of cells and their wholes, by bucket and by player."""

    def __init__(self, frames: _Frames, own: Array, whole: Array, buckets: int) -> None:
        wholes = whole[whole != _NONE]
        cell, part = frames.parts(own, wholes)
        self.numbers = np.unique(np.concatenate([own, wholes]))
        self.or_none = np.append(self.numbers, _NONE)
        at = self._place(cell)
        asked = at < len(self.numbers)
        at, part = at[asked], part[asked]
        is_own = np.isin(self.numbers, own)[at]
        rows = frames.figures(part[is_own], part[~is_own])
        parts = np.unique(part)
        # Which parts each cell has: cell x part.
        shape = (len(self.numbers), len(parts))
        self.made_of = _matrix(np.ones(len(at)), at, np.searchsorted(parts, part), shape)
        names = ("part_number", "bucket", "share_billionths", "credit_cents")
        number, bucket, *both = (numbers_of(rows[name]) for name in names)
        place = np.searchsorted(parts, number)
        used = np.append(parts, _NONE)[place] == number
        held = used & (bucket != _NONE)
        shape = (len(parts), buckets)
        self.by_bucket = [_table(one[held], place[held], bucket[held], shape) for one in both]
        self.by_group = {buckets: self.by_bucket}
        moves = used & (bucket == _NONE)
        names_of_moves = rows.filter(nw.col("bucket") == _NONE)["player"].to_list()
        players = np.array(names_of_moves, object)[used[bucket == _NONE]]
        self.players = {name: i for i, name in enumerate(sorted(set(players)))}
        player = np.array([self.players[name] for name in players], dtype=int)
        shape = (len(parts), max(len(self.players), 1))
        self.by_player = [_matrix(one[moves], place[moves], player, shape) for one in both]

    def _place(self, numbers: Array) -> Array:
        """Row of each cell; one too many for a cell that was not asked for."""
        place = np.searchsorted(self.numbers, numbers)
        return np.where(self.or_none[place] == numbers, place, len(self.numbers))

    def of(self, numbers: Array, groups: int) -> tuple[Any, Any]:
        """Share billionths and cents of these cells: two matrices of cell x group."""
        if groups not in self.by_group:
            buckets = self.by_bucket[0].shape[1]
            each = np.arange(buckets)
            shape = (buckets, groups)
            neighbours = _matrix(np.ones(buckets), each, each * groups // buckets, shape)
            self.by_group[groups] = [one @ neighbours for one in self.by_bucket]
        some = self.made_of[self._place(numbers)]
        count, cents = (some @ one for one in self.by_group[groups])
        return count, cents

    def learned(
        self, numbers: Array, groups: int, learned: Learned | None
    ) -> tuple[Array | float, Array | float]:
        """The same, as far as it comes through learned weights; zero for rules."""
        if learned is None:
            return 0.0, 0.0
        position, influence = learned
        some = self.made_of[self._place(numbers)]
        gradients = np.zeros((2, len(numbers), len(position)))
        for kind, table in enumerate(self.by_player):
            found = (some @ table).toarray()
            for name, place in position.items():
                if name in self.players:
                    gradients[kind, :, place] = found[:, self.players[name]]
        both = learned_part(gradients, grouped(influence, groups))
        return both[0], both[1]


def _matrix(values: Array, rows: Array, columns: Array, shape: tuple[int, int]) -> Any:
    """Sparse matrix of these values; in order, since rows leave SQL in any order."""
    return sparse.coo_matrix((values, (rows, columns)), shape=shape).tocsr()


def _table(values: Array, rows: Array, columns: Array, shape: tuple[int, int]) -> Any:
    """`_matrix`, or all of it where it is small and most of its places are taken."""
    places = shape[0] * shape[1]
    if 4 * len(values) <= places or places > _MOST_PLACES:
        return _matrix(values, rows, columns, shape)
    table = np.zeros(shape)
    table[rows, columns] = values
    return table


def _full(table: Any) -> Array:
    return table.toarray() if sparse.issparse(table) else table
