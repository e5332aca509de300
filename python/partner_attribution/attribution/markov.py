"""Markov chains over players: removal effects, solved exactly, nothing simulated.

States are the last `order` players of a journey (fewer at its start), a conversion and its
absence. The removal effect of a player is the share of conversions that the chain loses when every
entry into the player ends the journey without one (Anderl, Becker, von Wangenheim and Schumann,
IJRM 33(3), 2016). It says how much of the observed paths runs through a player. It is not the
effect of switching the player off, which journeys alone cannot tell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from partner_attribution.attribution.transitions import End, Moves, Outcome, State, Transitions
from partner_attribution.errors import AttributionError

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class RemovalEffects:
    """The solution: base rate, and per player the share of it that its removal takes away."""

    order: int
    base_rate: float
    effects: Mapping[str, float]
    journeys: int
    conversions: int


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
