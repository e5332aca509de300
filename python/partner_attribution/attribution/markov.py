"""Markov chains over players: removal effects, solved exactly, nothing simulated.

States are the last `order` players of a journey (fewer at its start), a conversion and its
absence. The removal effect of a player is the share of conversions that the chain loses when every
entry into the player ends the journey without one (Anderl, Becker, von Wangenheim and Schumann,
IJRM 33(3), 2016). It says how much of the observed paths runs through a player. It is not the
effect of switching the player off, which journeys alone cannot tell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from math import log
from typing import Any

import narwhals as nw
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from partner_attribution.attribution.exact import Frame
from partner_attribution.attribution.on_duckdb import query
from partner_attribution.attribution.settings import MAX_MARKOV_ORDER
from partner_attribution.errors import AttributionError

JOURNEY, MILESTONE, PLAYER = "journey_id", "milestone", "player"
_NONE = 0  # before the first touch and after the last; players are numbered from 1
_FEW = 64  # values told apart by comparing
_TOLERANCE = 1e-9


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
class RemovalEffects:
    """The solution: base rate, and per player the share of it that its removal takes away."""

    order: int
    base_rate: float
    effects: Mapping[str, float]
    journeys: int
    conversions: int


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
    if not 1 <= order <= MAX_MARKOV_ORDER:
        raise AttributionError(
            f"A Markov chain of order {order!r} is not supported.",
            expected=f"a whole number from 1 to {MAX_MARKOV_ORDER}",
            do="change markov_order",
        )

    columns = (MILESTONE, PLAYER, JOURNEY, "is_converted", "touch_id", "touched_at_us")
    touches = touches.select(*columns)
    if seen is None:
        seen, one_hash_each = _seen_with_proof(touches)
    touches, names = _with_codes(touches, seen)
    # A sort of one milestone need not carry which.
    several: list[str] = [MILESTONE] if len(names[MILESTONE]) > 1 else []
    journey: list[str]
    touches, journey = _with_cheap_key(touches, several, one_hash_each=one_hash_each)

    def neighbour(steps: int) -> nw.Expr:
        shifted = nw.col(PLAYER).shift(steps)
        found = shifted.over(*journey, order_by=["touched_at_us", "touch_id"])
        return found.fill_null(_NONE).cast(nw.Int32)

    # The next player tells all of order 1: what no transition leads to is where journeys start.
    lags: list[int] = list(range(order - 1, 0, -1))
    backs: list[str] = [f"__back_{lag}" for lag in lags]
    rows = touches.with_columns(
        *(neighbour(lag).alias(name) for lag, name in zip(lags, backs, strict=True)),
        neighbour(-1).alias("__next"),
    )
    converts = nw.col("is_converted") & (nw.col("__next") == _NONE)
    rows = rows.with_columns(nw.when(converts).then(1).otherwise(0).alias("__converts"))
    keys = [*several, "__converts", *backs, PLAYER, "__next"]
    counts = rows.group_by(*keys).agg(nw.len().alias("__count"))

    starts: dict[str, Counter[str]] = defaultdict(Counter)
    moves: dict[str, Counter[tuple[State, Outcome]]] = defaultdict(Counter)
    for row in collected(counts):
        code, (converted, *last, following, count) = (row[0], row[1:]) if several else (1, row)
        milestone, player = names[MILESTONE][code], names[PLAYER]
        state: State = tuple(player[code] for code in last if code != _NONE)
        outcome: Outcome = End.CONVERTED if converted else End.NOT_CONVERTED
        if following != _NONE:
            outcome = player[following]
            starts[milestone][outcome] -= int(count)
        moves[milestone][state, outcome] += int(count)
        starts[milestone][state[-1]] += int(count)
    return {
        name: Transitions(order, dict(sorted((+starts[name]).items())), moves[name])
        for name in sorted(moves)
    }


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
    for number, name in names.items():
        code = nw.when(nw.col(column) == name).then(nw.lit(number)).otherwise(code)
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


def collected(frame: Frame) -> Iterable[tuple[Any, ...]]:
    """Return the rows of a small result, whatever the engine."""
    eager: Any = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return list(eager.iter_rows())


def best_order(transitions: Transitions) -> int:
    """Return the order with the least BIC, the lowest of equals.

    BIC = -2 log likelihood of what followed each touch + parameters x log(touches), where each
    state that occurs has one parameter per player and one for the two ends. All orders predict
    the same touches, so their figures compare.
    """
    touches = sum(transitions.moves.values())
    if not touches:
        return 1

    def bic(order: int) -> float:
        moves = transitions.of_order(order).moves
        totals = _totals(moves)
        likelihood = sum(
            n * log(n / totals[key[0]]) for key, n in sorted(moves.items(), key=_by_name)
        )
        parameters = len(totals) * (len(transitions.players) + 1)
        return -2 * likelihood + parameters * log(touches)

    return min(range(1, transitions.order + 1), key=lambda order: (bic(order), order))


def _by_name(item: tuple[tuple[State, Outcome], int]) -> tuple[State, str]:
    (state, outcome), _ = item
    return state, outcome if isinstance(outcome, str) else f"\0{outcome.value}"


def _totals(moves: Moves) -> dict[State, int]:
    totals: Counter[State] = Counter()
    for (state, _), count in moves.items():
        totals[state] += count
    return totals


def removal_effects(transitions: Transitions) -> RemovalEffects:
    """Solve the chain for every player's removal effect.

    base_rate equals conversions / journeys for any order, which is checked. Effects lie in [0, 1];
    they add up to 1 or more when anything converts, because every conversion runs through someone.

    Raises AttributionError for a chain that some state never leaves, which no whole set of
    journeys gives.
    """
    journeys, conversions = transitions.journeys, transitions.conversions
    players = transitions.players
    if not conversions:
        effects = dict.fromkeys(players, 0.0)
        return RemovalEffects(transitions.order, 0.0, effects, journeys, 0)

    states, chain, wins = _matrices(transitions)
    start = np.zeros(len(states))
    for name, count in transitions.starts.items():
        start[states[(name,)]] = count / journeys
    identity = sparse.identity(len(states), format="csc")
    reach = splu(identity - chain).solve(wins)
    base = float(start @ reach)
    observed = conversions / max(journeys, 1)
    if abs(base - observed) > _TOLERANCE:
        raise AttributionError(
            f"The chain converts {base:.9f} of journeys, the data {observed:.9f}.",
            expected="starts and moves of the same, whole journeys",
        )
    if transitions.order == 1:
        solved = _by_one_inverse(identity - chain, start, reach)
        lost = {name: solved[states[(name,)]] for name in players}
    else:
        lost = {name: base - _without(name, states, chain, wins, start) for name in players}
    effects = {name: min(1.0, max(0.0, value / base)) for name, value in lost.items()}
    return RemovalEffects(transitions.order, base, effects, journeys, conversions)


def _matrices(transitions: Transitions) -> tuple[dict[State, int], Any, Any]:
    """Index of states; probabilities between them; of converting next.

    A state that follows itself is left out and the rest scaled up: where the chain goes from there
    is the same, and long repeats cannot make the matrix nearly singular.
    """
    order, moves = transitions.order, transitions.moves
    states = {state: i for i, state in enumerate(sorted({state for state, _ in moves}))}

    def following(state: State, outcome: Outcome) -> State | None:
        return (*state, outcome)[-order:] if isinstance(outcome, str) else None

    leaving = {key: n for key, n in moves.items() if following(*key) != key[0]}
    totals = _totals(leaving)
    entries: list[tuple[float, int, int]] = []
    wins = np.zeros(len(states))
    before: dict[State, list[State]] = defaultdict(list)
    ending: set[State] = set()
    for (state, outcome), count in leaving.items():
        target = following(state, outcome)
        if target is None:
            ending.add(state)
            wins[states[state]] += count / totals[state] if outcome is End.CONVERTED else 0.0
        elif target in states:
            before[target].append(state)
            entries.append((count / totals[state], states[state], states[target]))
        else:
            raise _never_ends([target])
    unseen = list(ending)
    while unseen:
        for state in before[unseen.pop()]:
            if state not in ending:
                ending.add(state)
                unseen.append(state)
    if ending != states.keys():
        raise _never_ends(sorted(states.keys() - ending))
    values, rows, columns = zip(*entries, strict=True) if entries else ((), (), ())
    shape = (len(states), len(states))
    return states, sparse.csc_matrix((values, (rows, columns)), shape=shape), wins


def _never_ends(stuck: list[State]) -> AttributionError:
    return AttributionError(
        f"No journey ends after {' > '.join(stuck[0])}.",
        expected="transitions counted over whole journeys, their ends included",
        do="count them with count_transitions",
    )


def _by_one_inverse(matrix: Any, start: Any, reach: Any) -> Any:
    """Conversions lost per state: probability of ever entering it x of converting from there."""
    visits = np.linalg.inv(matrix.toarray())
    return (start @ visits) * reach / np.diag(visits)


def _without(name: str, states: Mapping[State, int], chain: Any, wins: Any, start: Any) -> float:
    """Conversions per journey that never meet a player."""
    kept = [i for state, i in states.items() if name not in state]
    if not kept:
        return 0.0
    matrix = sparse.identity(len(kept), format="csc") - chain[kept][:, kept]
    return float(start[kept] @ splu(sparse.csc_matrix(matrix)).solve(wins[kept]))
