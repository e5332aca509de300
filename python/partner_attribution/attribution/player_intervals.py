"""Intervals of what is learned of a player: removal effect and global credit, Shapley value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from scipy import sparse

from partner_attribution.attribution.coalitions import Kinds
from partner_attribution.attribution.effects import (
    UNATTRIBUTED,
    effects_table,
    learned_methods,
)
from partner_attribution.attribution.influence import (
    Learned,
    influence_of,
    influence_table,
)
from partner_attribution.attribution.intervals import (
    SUPPRESSED,
    WIDEST,
    IntervalSettings,
    half_width,
    share_interval,
    status,
    total_interval,
)
from partner_attribution.attribution.journeys_counted import JourneyCounts, counts_of_journeys
from partner_attribution.attribution.settings import Settings
from partner_attribution.attribution.tables import arrow_rows, of_kinds
from partner_attribution.attribution.transitions import MILESTONE, PLAYER

Array = Any
_MARKOV = ("markov_global", "markov_path")
_SET, _RATE = "shapley_set", "shapley_rate"
_METHODS = (*_MARKOV, _SET, _RATE)
SCHEMA = {
    MILESTONE: nw.String(),
    "method": nw.String(),
    PLAYER: nw.String(),
    "winning_accounts": nw.Int64(),
    "interval_status": nw.String(),
    "effect_lower": nw.Float64(),
    "effect_upper": nw.Float64(),
    "conversions_lower": nw.Float64(),
    "conversions_upper": nw.Float64(),
    "cents_lower": nw.Float64(),
    "cents_upper": nw.Float64(),
    "share_lower": nw.Float64(),
    "share_upper": nw.Float64(),
}


@dataclass(frozen=True)
class LearnedPlayers:
    """What journeys teach of each player, as Arrow tables.

    weights: as `player_effects` returns them.
    influence: one row per milestone, method, player and bucket that moves the player's weight: how
        the log of the weight changes per unit of the bucket's weight.
    intervals: one row per milestone, method that learns and player; winning_accounts are those with
        a converting journey through the player. `effect` is what `weights` calls so. A value of
        `shapley_rate` may be below 0, so its bounds stand on its own scale; one of exactly 0 has
        none. Bounds of credit and of its share of all conversions are those of `markov_global`:
        touches of the others have cells of their own.
    """

    weights: Any
    influence: Any
    intervals: Any


def learn_players(
    journeys: Any,
    accounts: Any,
    methods: Iterable[str],
    settings: Settings | None = None,
    intervals: IntervalSettings | None = None,
) -> LearnedPlayers:
    """Learn what each method says of each player, and how sure that is, from one count of journeys.

    journeys: as for `player_effects`, with account_id. accounts: account_id and bucket, from 0 to
    buckets - 1; None = journeys say bucket themselves.
    """
    settings, intervals = settings or Settings(), intervals or IntervalSettings()
    names = learned_methods(methods)
    if not names:
        return LearnedPlayers(
            effects_table(None, names, settings), influence_table({}), arrow_rows([], SCHEMA)
        )
    counts = counts_of_journeys(journeys, names, settings, accounts, intervals.buckets)
    weights, moved = effects_table(counts, names, settings), influence_of(counts, names)
    bounds = _interval_rows(counts, weights, moved, intervals)
    return LearnedPlayers(weights, influence_table(moved), arrow_rows(bounds, SCHEMA))


def _interval_rows(
    counts: JourneyCounts,
    weights: Any,
    moved: Mapping[str, Learned],
    intervals: IntervalSettings,
) -> list[dict[str, Any]]:
    effects: dict[tuple[str, str], dict[str, float]] = {}
    known = nw.from_native(weights).select(MILESTONE, "method", PLAYER, "effect")
    for milestone, method, name, effect in known.iter_rows():
        if method in _METHODS:
            effects.setdefault((milestone, method), {})[name] = effect
    rows: list[dict[str, Any]] = []
    for (milestone, method), of_players in effects.items():
        kinds = counts.kinds[milestone]
        own = moved.get(method, {}).get(milestone, ([], ()))
        of_names = dict(zip(*own, strict=True))
        if method in _MARKOV:
            won = _won(kinds, counts.buckets)
            bounds = _bounds(of_players, of_names, won, method, intervals.level)
        elif method == _SET:
            bounds = _of_set(of_players, _split(kinds, counts.buckets), intervals.level)
        else:
            bounds = _of_rate(of_players, of_names, intervals.level)
        for name, values in bounds.items():
            count = kinds.winners.get(None if name == UNATTRIBUTED else name, 0)
            word = status(count, intervals)
            common = {MILESTONE: milestone, "method": method, PLAYER: name}
            shown = {} if word == SUPPRESSED else values
            rows.append(common | {"winning_accounts": count, "interval_status": word} | shown)
    return rows


def players_of_ledger(
    journeys: Any,
    accounts: Any,
    methods: Iterable[str],
    settings: Settings,
    intervals: IntervalSettings,
) -> Any:
    """Return `learn_players` as one Arrow table, row_kind `weight`, `influence` or `interval`: all
    columns, null where one belongs to another."""
    found = learn_players(journeys, accounts, methods, settings, intervals)
    kinds = {"weight": found.weights, "influence": found.influence, "interval": found.intervals}
    return of_kinds(kinds)


def _bounds(
    effects: Mapping[str, float],
    moved: Mapping[str, Array],
    won: Array,
    method: str,
    level: float,
) -> dict[str, dict[str, float]]:
    names = sorted((name for name in effects if name != UNATTRIBUTED), key=str.encode)
    size = np.array([effects[name] for name in names])
    still = np.zeros(won.shape[1])
    of_names = [moved.get(name, still) for name in names]
    influence = np.array(of_names).reshape(len(names), len(still))  # perhaps of nobody
    found: dict[str, dict[str, float]] = {}
    if names:
        ratio = np.minimum(np.exp(half_width(influence, level)), WIDEST)
        lower, upper = size / ratio, np.minimum(size * ratio, 1.0)
        found = {name: {"effect_lower": float(lower[i]), "effect_upper": float(upper[i])}
                 for i, name in enumerate(names)}  # fmt: skip
    if method == "markov_global":
        parts, by_learning = global_parts(size, influence, won[:2])
        places = [*names, UNATTRIBUTED]
        for i, name in enumerate(places):
            own = (parts[:, i], by_learning[:, i]) if i < len(names) else (won[2:], won[2:] * 0)
            found[name] = found.get(name, {}) | _of_credit(own, won[:2] + won[2:], level)
    return found


def _of_set(
    effects: Mapping[str, float], split: Mapping[str, Array], level: float
) -> dict[str, dict[str, float]]:
    """A value is a sum over journeys, so its spread is that of what buckets add."""
    found: dict[str, dict[str, float]] = {name: {} for name in effects if name != UNATTRIBUTED}
    for name in found:
        lower, upper = total_interval(split[name], level)
        found[name] = {"effect_lower": float(lower), "effect_upper": float(upper)}
    return found


def _of_rate(
    effects: Mapping[str, float], moved: Mapping[str, Array], level: float
) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {name: {} for name in effects if name != UNATTRIBUTED}
    for name in found:
        if size := abs(effects[name]):
            half = size * float(half_width(moved[name], level)) if name in moved else 0.0
            found[name] = {
                "effect_lower": effects[name] - half,
                "effect_upper": effects[name] + half,
            }
    return found


def _of_credit(own: tuple[Array, Array], whole: Array, level: float) -> dict[str, float]:
    sums, learned = own
    lower, upper = total_interval(sums, level, learned)
    _, least, most = share_interval(sums[0], whole[0], level, (learned[0], 0.0))
    figures = {
        "conversions_lower": lower[0], "conversions_upper": upper[0],
        "cents_lower": lower[1], "cents_upper": upper[1],
        "share_lower": least, "share_upper": most,
    }  # fmt: skip
    return {name: float(value) for name, value in figures.items() if not np.isnan(value)}


def global_parts(effects: Array, influence: Array, won: Array) -> tuple[Array, Array]:
    """Return what each bucket adds to every player's global credit: by winning, and by learning.

    effects: removal effects. influence: player x bucket, on their logs. won: figure x bucket.

    A share e / sum of e moves by its own size with its own log e, and by minus the product of the
    two shares with every log e. Both arrays are figure x player x bucket.
    """
    total = effects.sum()
    share = effects / total if total else np.zeros(len(effects))
    moved = share[:, None] * (influence - share @ influence)
    return share[:, None] * won[:, None, :], won.sum(axis=1)[:, None, None] * moved


def _split(kinds: Kinds, buckets: int) -> dict[str, Array]:
    """Conversions of each bucket, split evenly over the players of each journey."""
    won = kinds.in_buckets(kinds.conversions, buckets)
    names = sorted({name for one in kinds.coalitions for name in one})
    place = {name: i for i, name in enumerate(names)}
    members = [
        (place[name], j, 1 / len(one)) for j, one in enumerate(kinds.coalitions) for name in one
    ]
    rows, columns, parts = np.array(members).reshape(-1, 3).T
    shape = (len(names), len(kinds.coalitions))
    split = sparse.csr_matrix((parts, (rows.astype(int), columns.astype(int))), shape=shape) @ won
    return dict(zip(names, split.toarray(), strict=True))


def _won(kinds: Kinds, buckets: int) -> Array:
    """What was won with a touch and without one, conversions and cents: 4 x bucket."""
    return np.array(
        [
            np.bincount(kinds.bucket[rows], values[rows], buckets)
            for rows in (kinds.has_touch, ~kinds.has_touch)
            for values in (kinds.conversions, kinds.cents)
        ]
    )
