"""How much each bucket of accounts moves what the data-driven methods learn about a player.

An interval must hold the uncertainty of learned weights too, not only of which deals there are.
Markov removal effects are smooth in the transition counts, so their derivative serves: two solves
per player, then one matrix product over buckets. Coalition rates jump when the only journey of a
coalition goes, so `shapley_rate` leaves each bucket out for real.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import narwhals as nw
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from partner_attribution.attribution.coalitions import (
    Coalition,
    Outcomes,
    count_coalitions,
)
from partner_attribution.attribution.markov import (
    JOURNEY,
    MILESTONE,
    PLAYER,
    End,
    Outcome,
    State,
    Transitions,
    _matrices,
    collected,
    count_transitions,
)
from partner_attribution.attribution.players import player
from partner_attribution.attribution.registry import find_methods
from partner_attribution.attribution.settings import Settings
from partner_attribution.attribution.shapley import rate_values, shapley_values
from partner_attribution.attribution.tables import arrow_table

BUCKET = "bucket"
_SEPARATOR = "\x1f"  # between milestone and bucket; no milestone holds it

SCHEMA = {
    MILESTONE: nw.String(),
    "method": nw.String(),
    PLAYER: nw.String(),
    BUCKET: nw.Int64(),
    "influence": nw.Float64(),
}

# player x bucket, and the players' names in that order
Influence = tuple[list[str], Any]


def player_influence(
    journeys: Any,
    accounts: Any,
    weights: Any,
    methods: Iterable[str],
    settings: Settings | None = None,
    *,
    buckets: int = 1000,
) -> Any:
    """Return how the log of each learned weight moves with each bucket of accounts.

    journeys: as for `player_effects`, with account_id. accounts: account_id, bucket (0 to
    buckets - 1). weights: what `player_effects` returned for these journeys.

    Returns an Arrow table of one row per milestone, method, player and bucket whose influence is
    not 0: influence, the change of log weight per unit of the bucket's weight. A method of its
    own adds one function to `INFLUENCES`.
    """
    settings = settings or Settings()
    wanted = [method.id for method in find_methods(methods) if method.id in INFLUENCES]
    rows: dict[str, list[Any]] = {name: [] for name in SCHEMA}
    if wanted:
        touches = _touches_in_buckets(journeys, accounts, settings)
        learned: Any = nw.from_native(weights).select(MILESTONE, "method", "markov_order")
        chains = learned.filter(~nw.col("markov_order").is_null()).unique()
        orders = {(milestone, method): int(n) for milestone, method, n in collected(chains)}
        known: dict[Any, dict[str, Influence]] = {}  # two Markov methods learn the same
        for method in sorted(wanted):
            learn = INFLUENCES[method]
            if learn not in known:
                known[learn] = learn(touches, orders, buckets)
            for milestone, (names, influence) in sorted(known[learn].items()):
                _append(rows, milestone, method, names, influence)
    return arrow_table(rows, SCHEMA)


def influence_by_player(influence: Any, buckets: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Read what `player_influence` returned: by milestone and method, each player's buckets."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    columns = nw.from_native(influence).select(MILESTONE, "method", PLAYER, BUCKET, "influence")
    for milestone, method, name, bucket, value in sorted(collected(columns)):
        own = found.setdefault((milestone, method), {})
        own.setdefault(name, np.zeros(buckets))[int(bucket)] = value
    return found


def _append(
    rows: dict[str, list[Any]], milestone: str, method: str, names: list[str], influence: Any
) -> None:
    for name, values in zip(names, influence, strict=True):
        (found,) = np.nonzero(values)
        rows[MILESTONE] += [milestone] * len(found)
        rows["method"] += [method] * len(found)
        rows[PLAYER] += [name] * len(found)
        rows[BUCKET] += found.tolist()
        # Rounded, because libraries of linear algebra differ in the last digits.
        rows["influence"] += np.round(values[found], 12).tolist()


def _touches_in_buckets(journeys: Any, accounts: Any, settings: Settings) -> Any:
    """Touches whose milestone names the bucket too: counts then come per milestone and bucket."""
    frame: Any = nw.from_native(journeys)
    bucket = nw.from_native(accounts).select("account_id", nw.col(BUCKET).cast(nw.String))
    return (
        frame.filter(~nw.col("touch_id").is_null())
        .join(bucket, on="account_id", how="inner")
        .with_columns(
            nw.concat_str(MILESTONE, BUCKET, separator=_SEPARATOR).alias(MILESTONE),
            player(settings.player_dimension).alias(PLAYER),
        )
        .select(MILESTONE, JOURNEY, "is_converted", "touch_id", "touched_at_us", PLAYER)
    )


def _by_milestone(counted: Mapping[str, Any]) -> dict[str, dict[int, Any]]:
    found: dict[str, dict[int, Any]] = {}
    for key, value in counted.items():
        milestone, bucket = key.split(_SEPARATOR)
        found.setdefault(milestone, {})[int(bucket)] = value
    return found


def _markov(
    touches: Any, orders: Mapping[tuple[str, str], int], buckets: int
) -> dict[str, Influence]:
    own = {milestone: order for (milestone, method), order in orders.items() if "markov" in method}
    counted = _by_milestone(count_transitions(touches, max(own.values(), default=1)))
    return {
        milestone: removal_influence(
            {bucket: one.of_order(own.get(milestone, 1)) for bucket, one in parts.items()}, buckets
        )
        for milestone, parts in counted.items()
    }


def removal_influence(parts: Mapping[int, Transitions], buckets: int) -> Influence:
    """Return the influence of each bucket on the log of every player's removal effect.

    parts: bucket -> transitions of its journeys, all of one order.

    Moving a bucket's weight changes a probability of converting by
    sum over moves (visits of the state) / (count of the state) x (what the move wins).
    """
    whole = _added_up(parts)
    names, journeys = list(whole.players), whole.journeys
    influence = np.zeros((len(names), buckets))
    if not whole.conversions:
        return names, influence
    states, chain, wins = _matrices(whole)
    moves = _Moves(whole, parts, states, buckets)
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

    def __init__(
        self,
        whole: Transitions,
        parts: Mapping[int, Transitions],
        states: Mapping[State, int],
        buckets: int,
    ) -> None:
        self.journeys = whole.journeys
        ends = len(states)
        leaving: dict[tuple[State, Outcome], tuple[int, int]] = {}
        for state, outcome in whole.moves:
            if isinstance(outcome, End):
                target = ends if outcome is End.CONVERTED else ends + 1
            else:
                target = states[(*state, outcome)[-whole.order :]]
            leaving[state, outcome] = (states[state], target)
        position = {move: i for i, move in enumerate(leaving)}
        self.source, self.target = np.array(list(leaving.values())).T
        self.counts = _counted(
            ((position[m], b, n) for b, one in parts.items() for m, n in one.moves.items()),
            (len(position), buckets),
        )
        self.starts = _counted(
            ((states[(p,)], b, n) for b, one in parts.items() for p, n in one.starts.items()),
            (len(states), buckets),
        )
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


def _counted(entries: Iterable[tuple[int, int, int]], shape: tuple[int, int]) -> Any:
    rows, columns, values = np.array(list(entries)).T
    return sparse.csr_matrix((values, (rows, columns)), shape=shape, dtype=float)


def _added_up(parts: Mapping[int, Transitions]) -> Transitions:
    starts: dict[str, int] = {}
    moves: dict[tuple[State, Outcome], int] = {}
    for one in parts.values():
        for name, count in one.starts.items():
            starts[name] = starts.get(name, 0) + count
        for move, count in one.moves.items():
            moves[move] = moves.get(move, 0) + count
    order = next(iter(parts.values())).order
    return Transitions(order, dict(sorted(starts.items())), dict(sorted(moves.items(), key=repr)))


def _shapley_rate(
    touches: Any, orders: Mapping[tuple[str, str], int], buckets: int
) -> dict[str, Influence]:
    counted = _by_milestone(count_coalitions(touches))
    return {milestone: rate_influence(parts, buckets) for milestone, parts in counted.items()}


def rate_influence(parts: Mapping[int, Mapping[Coalition, Outcomes]], buckets: int) -> Influence:
    """Return the influence of each bucket on every player's `shapley_rate` value, over its size.

    parts: bucket -> coalitions of its journeys. Each bucket is left out in turn: the value with
    it less the value without it. A value below zero counts as zero in credits; its influence only
    says how steadily it lies there.
    """
    whole: dict[Coalition, Outcomes] = {}
    for one in parts.values():
        for coalition, found in one.items():
            before = whole.get(coalition, Outcomes(0, 0))
            whole[coalition] = Outcomes(
                before.journeys + found.journeys, before.conversions + found.conversions
            )
    values = rate_values(whole)
    names = list(values)
    coalitions = sorted(whole, key=sorted)
    # Values are linear in the rates of coalitions.
    linear = np.array(
        [list(shapley_values({coalition: 1.0}, names).values()) for coalition in coalitions]
    )
    moved = np.zeros((len(coalitions), buckets))
    position = {coalition: i for i, coalition in enumerate(coalitions)}
    for bucket, one in parts.items():
        for coalition, found in one.items():
            journeys = whole[coalition].journeys - found.journeys
            conversions = whole[coalition].conversions - found.conversions
            rate = whole[coalition].conversions / whole[coalition].journeys
            left = conversions / journeys if journeys else 0.0
            moved[position[coalition], bucket] = rate - left
    influence = linear.T @ moved
    sizes = np.array([abs(values[name]) or np.inf for name in names])
    return names, influence / sizes[:, None]


INFLUENCES: dict[str, Callable[[Any, Mapping[tuple[str, str], int], int], dict[str, Influence]]] = {
    "markov_global": _markov,
    "markov_path": _markov,
    "shapley_rate": _shapley_rate,
}
