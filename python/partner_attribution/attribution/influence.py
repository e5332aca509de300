"""How much each bucket of accounts moves what the data-driven methods learn about a player.

An interval must hold the uncertainty of learned weights too, not only of which deals there are.
Markov removal effects are smooth in the transition counts, so their derivative serves: two solves
per player, then one matrix product over buckets. Coalition rates jump when the only journey of a
coalition goes, so `shapley_rate` leaves each bucket out for real.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import narwhals as nw
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from partner_attribution.attribution.coalitions import Kinds
from partner_attribution.attribution.journeys_counted import JourneyCounts
from partner_attribution.attribution.markov import _matrices
from partner_attribution.attribution.shapley import divisors, rate_values
from partner_attribution.attribution.tables import arrow_table, collected
from partner_attribution.attribution.transitions import (
    BUCKET,
    MILESTONE,
    PLAYER,
    End,
    InBuckets,
    State,
)

Array = Any

SCHEMA = {
    MILESTONE: nw.String(),
    "method": nw.String(),
    PLAYER: nw.String(),
    BUCKET: nw.Int64(),
    "influence": nw.Float64(),
}

# player x bucket, and the players' names in that order
Influence = tuple[list[str], Array]
Learned = dict[str, Influence]  # by milestone


def influence_of(counts: JourneyCounts, methods: Collection[str]) -> dict[str, Learned]:
    """Return how the log of each learned weight moves with each bucket of accounts.

    By method, then milestone: the players' names, and player x bucket, the change of log weight per
    unit of the bucket's weight. A method of its own adds one function to `INFLUENCES`.
    """
    known: dict[Any, Learned] = {}  # two Markov methods learn the same
    found: dict[str, Learned] = {}
    for method in methods:
        learn = INFLUENCES.get(method)
        if learn is None:
            continue
        if learn not in known:
            # Rounded, because libraries of linear algebra differ in the last digits.
            known[learn] = {
                milestone: (names, np.round(influence, 12))
                for milestone, (names, influence) in learn(counts).items()
            }
        found[method] = known[learn]
    return found


def influence_table(found: Mapping[str, Learned]) -> Any:
    """Return an Arrow table of one row per milestone, method, player and bucket whose influence is
    not 0."""
    texts: list[tuple[str, str, str]] = []
    places: list[Array] = []
    values: list[Array] = []
    for method, learned in sorted(found.items()):
        for milestone, (names, influence) in sorted(learned.items()):
            for name, of_name in zip(names, influence, strict=True):
                (place,) = np.nonzero(of_name)
                texts += [(milestone, method, name)] * len(place)
                places.append(place)
                values.append(of_name[place])
    keys = zip(*texts, strict=True) if texts else ((), (), ())
    columns: dict[str, Any] = dict(zip((MILESTONE, "method", PLAYER), keys, strict=True))
    columns["influence"] = np.concatenate([[], *values])
    columns[BUCKET] = np.concatenate([[], *places]).astype(np.int64)
    return arrow_table(columns, SCHEMA)


def influence_by_player(influence: Any, buckets: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Read what `influence_table` returned: by milestone and method, each player's buckets."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    columns = nw.from_native(influence).select(MILESTONE, "method", PLAYER, BUCKET, "influence")
    for milestone, method, name, bucket, value in sorted(collected(columns)):
        own = found.setdefault((milestone, method), {})
        own.setdefault(name, np.zeros(buckets))[int(bucket)] = value
    return found


def _markov(counts: JourneyCounts) -> Learned:
    return {name: removal_influence(found) for name, found in counts.transitions.items()}


def removal_influence(counted: InBuckets) -> Influence:
    """Return the influence of each bucket on the log of every player's removal effect.

    Moving a bucket's weight changes a probability of converting by
    sum over moves (visits of the state) / (count of the state) x (what the move wins).
    """
    whole = counted.whole
    names, journeys = list(whole.players), whole.journeys
    influence = np.zeros((len(names), counted.starts.shape[1]))
    if not whole.conversions:
        return names, influence
    states, chain, wins = _matrices(whole)
    moves = _Moves(counted, states)
    start = np.zeros(len(states))
    for name, count in whole.starts.items():
        start[states[(name,)]] = count / journeys
    everyone = np.ones(len(states), dtype=bool)
    base, of_base = moves.converting(everyone, chain, wins, start)
    for i, name in enumerate(names):
        kept = np.array([name not in state for state in states])
        value, moved = moves.converting(kept, chain, wins, start)
        if base - value > 1e-9 * base:
            influence[i] = (of_base - moved) / (base - value) - of_base / base
    return names, influence


class _Moves:
    """Every move of a chain that leaves its state, and how often each bucket makes it."""

    def __init__(self, counted: InBuckets, states: Mapping[State, int]) -> None:
        whole = counted.whole
        self.journeys = whole.journeys
        ends = len(states)
        leaving: list[tuple[int, int]] = []
        for state, outcome in whole.moves:
            if isinstance(outcome, End):
                target = ends if outcome is End.CONVERTED else ends + 1
            else:
                target = states[(*state, outcome)[-whole.order :]]
            leaving.append((states[state], target))
        self.source, self.target = np.array(leaving).T
        self.counts = counted.moves
        # Journeys that start in each state: only states of one player are starts.
        self.starts = np.zeros((len(states), counted.starts.shape[1]))
        for name, of_player in zip(counted.players, counted.starts, strict=True):
            if (name,) in states:
                self.starts[states[name,]] = of_player
        away = self.source != self.target
        counts = np.asarray(self.counts.sum(axis=1)).ravel() * away
        self.leaving = np.bincount(self.source, counts, minlength=len(states))

    def converting(self, kept: Any, chain: Any, wins: Any, start: Any) -> tuple[float, Any]:
        """Probability of converting through the kept states only, and each bucket's influence."""
        reach, visits = np.zeros(len(kept)), np.zeros(len(kept))
        if kept.any():
            inside = sparse.csc_matrix(sparse.identity(kept.sum()) - chain[kept][:, kept])
            solver = splu(inside)
            reach[kept], visits[kept] = solver.solve(wins[kept]), solver.solve(start[kept], "T")
        value = float(start @ reach)
        after = np.append(reach, [1.0, 0.0])
        gain = visits[self.source] / self.leaving[self.source]
        gain = gain * (after[self.target] - reach[self.source])
        begun = self.starts.T @ (reach - value) / self.journeys
        return value, self.counts.T @ gain + begun


def _shapley_rate(counts: JourneyCounts) -> Learned:
    return {name: rate_influence(kinds, counts.buckets) for name, kinds in counts.kinds.items()}


def rate_influence(kinds: Kinds, buckets: int) -> Influence:
    """Return the influence of each bucket on every player's `shapley_rate` value, over its size.

    Each bucket is left out in turn: the value with it less the value without it. A value below zero
    counts as zero in credits; its influence only says how steadily it lies there.
    """
    values = rate_values(kinds.outcomes())
    names = list(values)
    if not names:
        return names, np.zeros((0, buckets))
    # Values are linear in the rates of coalitions.
    linear = 1 / np.array([divisors(one, names) for one in kinds.coalitions])
    journeys, won = (kinds.in_buckets(one, buckets) for one in (kinds.journeys, kinds.conversions))
    of_all, won_of_all = (np.asarray(one.sum(axis=1)).ravel() for one in (journeys, won))
    row = np.repeat(np.arange(len(of_all)), np.diff(journeys.indptr))
    others, won_of_others = of_all[row] - journeys.data, won_of_all[row] - won.data
    left = np.where(others > 0, won_of_others / np.maximum(others, 1), 0.0)
    moved = won_of_all[row] / of_all[row] - left
    places = (moved, journeys.indices, journeys.indptr)
    influence = linear.T @ sparse.csr_matrix(places, shape=journeys.shape)
    sizes = np.array([abs(values[name]) or np.inf for name in names])
    return names, influence / sizes[:, None]


INFLUENCES: dict[str, Callable[[JourneyCounts], Learned]] = {
    "markov_global": _markov,
    "markov_path": _markov,
    "shapley_rate": _shapley_rate,
}
