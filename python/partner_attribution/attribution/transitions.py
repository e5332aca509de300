"""What followed what in journeys, counted in one pass on the frame's own engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from math import prod
from typing import Any

import narwhals as nw
import numpy as np
from scipy import sparse

from partner_attribution.attribution.exact import Frame, number
from partner_attribution.attribution.on_duckdb import query
from partner_attribution.attribution.settings import MAX_MARKOV_ORDER
from partner_attribution.attribution.tables import collected, eager, numbers_of
from partner_attribution.errors import AttributionError

JOURNEY, MILESTONE, PLAYER, BUCKET = "journey_id", "milestone", "player", "bucket"
_NONE = 0  # before the first touch and after the last; players are numbered from 1
_FEW = 64  # values told apart by comparing
# Holds player and bucket together: buckets are 1,000 at most, and figures of all are laid out.
_CODE = nw.Int32
_NEXT, _CONVERTS, _COUNT = "__next", "__converts", "__count"


class End(Enum):
    """How a journey ended."""

    CONVERTED = "converted"
    NOT_CONVERTED = "not converted"


State = tuple[str, ...]
Outcome = str | End
Moves = Mapping[tuple[State, Outcome], int]


@dataclass(frozen=True)
class Transitions:
    """What followed what, in journeys of at least one touch.

    order: how many players a state remembers.
    starts: journeys by their first player.
    moves: (last players, oldest first; then the next player or the end) -> how often.
    """

    order: int
    starts: Mapping[str, int]
    moves: Moves

    @property
    def journeys(self) -> int:
        """Number of journeys."""
        return sum(self.starts.values())

    @property
    def conversions(self) -> int:
        """Number of journeys that converted."""
        return sum(n for (_, outcome), n in self.moves.items() if outcome is End.CONVERTED)

    @property
    def players(self) -> tuple[str, ...]:
        """All players, in byte order."""
        return tuple(sorted({state[-1] for state, _ in self.moves}, key=str.encode))

    def of_order(self, order: int) -> Transitions:
        """Return the same journeys with a shorter memory."""
        if not 1 <= order <= self.order:
            raise AttributionError(
                f"Transitions of order {self.order} cannot give order {order}.",
                do="count them with the higher order",
            )
        moves: Counter[tuple[State, Outcome]] = Counter()
        for (state, outcome), count in self.moves.items():
            moves[state[-order:], outcome] += count
        return Transitions(order, self.starts, moves)


@dataclass(frozen=True)
class InBuckets:
    """Transitions of all accounts, and how often each bucket of accounts makes which.

    moves: a sparse row per move of `whole`, in its order, a column per bucket.
    starts: player x bucket, in the order of `players`.
    """

    whole: Transitions
    moves: Any
    starts: Any
    players: tuple[str, ...]

    def of_order(self, order: int) -> InBuckets:
        """Return the same journeys with a shorter memory."""
        if order == self.whole.order:
            return self
        shorter = self.whole.of_order(order)
        place = {move: i for i, move in enumerate(shorter.moves)}
        rows = [place[state[-order:], outcome] for state, outcome in self.whole.moves]
        ones, shape = np.ones(len(rows)), (len(place), len(rows))
        together = sparse.csr_matrix((ones, (rows, range(len(rows)))), shape=shape)
        return InBuckets(shorter, together @ self.moves, self.starts, self.players)


def count_transitions(
    touches: Frame,
    order: int = 1,
    *,
    seen: Collection[tuple[str, str]] | None = None,
    one_hash_each: bool = False,
) -> dict[str, Transitions]:
    """Count transitions per milestone, in one pass on the frame's own engine.

    touches: one row per journey and touch: journey_id, milestone, is_converted, touch_id,
    touched_at_us, player (never null or ''). Touches of one instant go by touch_id. Repeats are
    kept: a player may follow itself.
    seen: what `players_seen` says of these touches, if it is known.
    one_hash_each: with `seen`, what `count_journeys` proved of these journeys: the sort then leaves
    out the text of their ids. Without, it is proved here.
    """
    rows, names = _counted(touches, order, 1, seen, one_hash_each=one_hash_each)
    return {name: found.whole for name, found in _by_milestone(rows, names, order, 1)}


def count_in_buckets(
    touches: Frame,
    order: int,
    buckets: int,
    *,
    seen: Collection[tuple[str, str]],
    one_hash_each: bool,
) -> dict[str, InBuckets]:
    """Do the same, each bucket of accounts apart: touches also say `bucket`, the journey's.

    buckets: how many; 1 = none are told apart, and none need be said.
    """
    rows, names = _counted(touches, order, buckets, seen, one_hash_each=one_hash_each)
    return dict(_by_milestone(rows, names, order, buckets))


def _counted(
    touches: Frame,
    order: int,
    buckets: int,
    seen: Collection[tuple[str, str]] | None,
    *,
    one_hash_each: bool,
) -> tuple[dict[str, Any], dict[str, dict[int, str]]]:
    """Rows of counts, by column, and what the numbers of milestones and players stand for.

    A row: the last players of a state, what followed (0 = the end), whether that was a conversion,
    and how often; per milestone and bucket.
    """
    if not 1 <= order <= MAX_MARKOV_ORDER:
        raise AttributionError(
            f"A Markov chain of order {order!r} is not supported.",
            expected=f"a whole number from 1 to {MAX_MARKOV_ORDER}",
            do="change markov_order",
        )

    several_buckets = [BUCKET] if buckets > 1 else []
    columns = (MILESTONE, PLAYER, JOURNEY, "is_converted", "touch_id", "touched_at_us")
    touches = touches.select(*columns, *several_buckets)
    if seen is None:
        seen, one_hash_each = _seen_with_proof(touches)
    touches, names = _with_codes(touches, seen)
    room = max(names[PLAYER], default=0) + 1
    if several_buckets:
        # One number for both: a sort of touches pays for every column that it carries.
        code = nw.col(BUCKET).cast(nw.Int64) * number(room) + nw.col(PLAYER)
        touches = touches.with_columns(code.cast(_CODE).alias(PLAYER)).drop(BUCKET)
    # A sort of one milestone need not carry which.
    several: list[str] = [MILESTONE] if len(names[MILESTONE]) > 1 else []
    journey: list[str]
    touches, journey = _with_cheap_key(touches, several, one_hash_each=one_hash_each)

    def neighbour(steps: int) -> nw.Expr:
        shifted = nw.col(PLAYER).shift(steps)
        found = shifted.over(*journey, order_by=["touched_at_us", "touch_id"])
        return found.fill_null(_NONE).cast(_CODE)

    # The next player tells all of order 1: what no transition leads to is where journeys start.
    lags: list[int] = list(range(order - 1, 0, -1))
    backs: list[str] = [f"__back_{lag}" for lag in lags]
    rows = touches.with_columns(
        *(neighbour(lag).alias(name) for lag, name in zip(lags, backs, strict=True)),
        neighbour(-1).alias(_NEXT),
    )
    converts = nw.col("is_converted") & (nw.col(_NEXT) == _NONE)
    rows = rows.with_columns(nw.when(converts).then(1).otherwise(0).alias(_CONVERTS))
    states: list[str] = [*backs, PLAYER, _NEXT]
    keys: list[str] = [*several, *states, _CONVERTS]
    counts = rows.group_by(*keys).agg(nw.len().alias(_COUNT))
    found = eager(counts)
    counted = {name: numbers_of(found[name]).astype(np.int64) for name in (*keys, _COUNT)}
    alone = {MILESTONE: np.ones_like(counted[_COUNT]), BUCKET: counted[PLAYER] // room}
    return alone | counted | {name: counted[name] % room for name in states}, names


def _by_milestone(
    rows: Mapping[str, Any], names: Mapping[str, Mapping[int, str]], order: int, buckets: int
) -> Iterator[tuple[str, InBuckets]]:
    """Transitions of each milestone, by name. Moves come in the order of the players' names."""
    backs = [f"__back_{lag}" for lag in range(order - 1, 0, -1)]
    names_of_players = [name for _, name in sorted(names[PLAYER].items())]
    for code, milestone in sorted(names[MILESTONE].items(), key=lambda item: item[1]):
        own = rows[MILESTONE] == code
        of_state, following, converts, bucket, count = (
            np.column_stack([rows[name][own] for name in (*backs, PLAYER)]),
            *(rows[name][own] for name in (_NEXT, _CONVERTS, BUCKET, _COUNT)),
        )
        kinds, place = distinct_rows(np.column_stack([of_state, following, converts]))
        moves: dict[tuple[State, Outcome], int] = {}
        often = np.bincount(place, count, len(kinds)).astype(np.int64)
        for (*last, then, converted), times in zip(kinds.tolist(), often.tolist(), strict=True):
            state: State = tuple(names[PLAYER][one] for one in last if one != _NONE)
            outcome: Outcome = End.CONVERTED if converted else End.NOT_CONVERTED
            moves[state, names[PLAYER][then] if then != _NONE else outcome] = times
        # Every touch starts a journey, or follows another one.
        cells = (len(names_of_players) + 1) * buckets
        started = np.bincount(of_state[:, -1] * buckets + bucket, count, cells)
        started -= np.bincount(following * buckets + bucket, count, cells)
        starts = started.reshape(-1, buckets)[1:]
        sums = starts.sum(axis=1).astype(np.int64).tolist()
        total = dict(zip(names_of_players, sums, strict=True))
        first = {name: number for name, number in total.items() if number}
        in_bucket = sparse.csr_matrix(
            (count.astype(float), (place, bucket)), shape=(len(kinds), buckets)
        )
        whole = Transitions(order, first, moves)
        yield milestone, InBuckets(whole, in_bucket, starts, tuple(names_of_players))


def distinct_rows(rows: Any) -> tuple[Any, Any]:
    """Distinct rows of whole numbers from 0 on, in order, and which of them each row is."""
    sizes = [int(size) + 1 for size in rows.max(axis=0)]
    if prod(sizes) < 2**62:
        packed = np.zeros(len(rows), dtype=np.int64)
        for column, size in zip(rows.T, sizes, strict=True):
            packed = packed * size + column
        _, first, place = np.unique(packed, return_index=True, return_inverse=True)
        return rows[first], place
    found, place = np.unique(rows, axis=0, return_inverse=True)
    return found, place.reshape(-1)


def players_seen(touches: Frame) -> list[tuple[str, str]]:
    """Return each milestone and player that occur together, in byte order."""
    found = collected(distinct(touches, MILESTONE, PLAYER))
    return sorted(((str(milestone), str(name)) for milestone, name in found), key=_in_bytes)


def _in_bytes(names: Iterable[str]) -> list[bytes]:
    return [name.encode() for name in names]


def _seen_with_proof(touches: Frame) -> tuple[list[tuple[str, str]], bool]:
    """Do the same; and say whether every journey is known to have a hash of its own."""
    if not touches.implementation.is_duckdb():
        return players_seen(touches), False
    found = query(
        touches,
        f"""
        with seen as materialized (
            select {MILESTONE}, {PLAYER}, {JOURNEY} from {{rows}}
            group by grouping sets (({MILESTONE}, {PLAYER}), ({JOURNEY}))
        )
        select {MILESTONE}, {PLAYER}, 0 as journeys, 0 as hashes from seen
        where {PLAYER} is not null
        union all
        select null, null, count(*), count(distinct hash({JOURNEY})) from seen
        where {JOURNEY} is not null
        """,
    )
    seen, unique = [], False
    for milestone, name, journeys, hashes in collected(found):
        if name is None:
            unique = journeys == hashes
        else:
            seen.append((str(milestone), str(name)))
    return sorted(seen, key=_in_bytes), unique


def _with_codes(
    touches: Frame, seen: Collection[tuple[str, str]]
) -> tuple[Frame, dict[str, dict[int, str]]]:
    """Replace milestones and players by small numbers: what a sort carries decides its cost.

    Returns what each number stands for, by column.
    """
    names = {}
    for place, column in enumerate((MILESTONE, PLAYER)):
        found = sorted({row[place] for row in seen}, key=str.encode)
        coded = _by_comparing if len(found) <= _FEW else _by_join
        touches, names[column] = coded(touches, column, found)
    return touches, names


def _by_comparing(touches: Frame, column: str, found: list[str]) -> tuple[Frame, dict[int, str]]:
    names = dict(enumerate(found, start=1))
    code = nw.lit(_NONE)
    for one, name in names.items():
        code = nw.when(nw.col(column) == name).then(nw.lit(one)).otherwise(code)
    return touches.with_columns(code.cast(nw.Int32).alias(column)), names


def _by_join(touches: Frame, column: str, _: list[str]) -> tuple[Frame, dict[int, str]]:
    numbers = distinct(touches, column).with_row_index("__code", order_by=column)
    numbers = numbers.with_columns(nw.col("__code").cast(nw.Int32) + 1)
    names = {int(number): name for name, number in collected(numbers.select(column, "__code"))}
    joined: Any = touches.join(numbers, on=column, how="inner").drop(column)
    return joined.rename({"__code": column}), names


def _with_cheap_key(
    touches: Frame, several: list[str], *, one_hash_each: bool
) -> tuple[Frame, list[str]]:
    """Say by which columns a journey is told from others: DuckDB compares a hash before any text.

    The id follows the hash, so that two journeys of one hash stay apart, unless there are none.
    """
    if not touches.implementation.is_duckdb():
        return touches, [*several, JOURNEY]
    native: Any = touches.to_native()
    hashed = nw.from_native(native.project(f"*, hash({JOURNEY}) as __hash"))
    if one_hash_each:
        return hashed.drop(JOURNEY), ["__hash", *several]
    return hashed, ["__hash", *several, JOURNEY]


def distinct(frame: Frame, *columns: str) -> Frame:
    """Return the rows that occur, each once: in SQL by a hash, where `unique` numbers all rows."""
    return frame.group_by(*columns).agg(nw.len().alias("__rows")).select(*columns)
