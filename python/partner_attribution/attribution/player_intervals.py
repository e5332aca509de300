"""Intervals of what is learned of a player: removal effect and global credit, Shapley value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw
import numpy as np

from partner_attribution.attribution.effects import UNATTRIBUTED
from partner_attribution.attribution.influence import influence_by_player
from partner_attribution.attribution.intervals import (
    SUPPRESSED,
    WIDEST,
    IntervalSettings,
    half_width,
    share_interval,
    status,
    total_interval,
)
from partner_attribution.attribution.markov import JOURNEY, MILESTONE, PLAYER, collected, distinct
from partner_attribution.attribution.players import player
from partner_attribution.attribution.settings import Settings
from partner_attribution.attribution.tables import arrow_rows

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
# What was won with a touch and without one, conversions and cents: 4 x bucket.
_Won = dict[str, Array]


def player_intervals(  # noqa: PLR0917
    journeys: Any,
    accounts: Any,
    weights: Any,
    influence: Any,
    settings: Settings,
    intervals: IntervalSettings,
) -> Any:
    """Return the bounds of each player's removal effect or Shapley value, and of global credit.

    journeys, accounts: as for `player_influence`. weights: as `player_effects` returns them.
    influence: as `player_influence` returns it.

    Returns an Arrow table of one row per milestone, method that learns and player; winning_accounts
    are those with a converting journey through the player. `effect` is what `player_effects` calls
    so. A value of `shapley_rate` may be below 0, so its bounds stand on its own scale; one of
    exactly 0 has none. Bounds of credit and of its share of all conversions are those of
    `markov_global`: touches of the others have cells of their own.
    """
    learned: Any = nw.from_native(weights).select(MILESTONE, "method", PLAYER, "effect")
    effects: dict[tuple[str, str], dict[str, float]] = {}
    for milestone, method, name, effect in collected(learned):
        if method in _METHODS:
            effects.setdefault((milestone, method), {})[name] = effect
    rows: list[dict[str, Any]] = []
    if effects:
        rows_won = _converted(journeys, accounts, settings)
        won, wins = _won(rows_won, intervals.buckets)
        moved = influence_by_player(influence, intervals.buckets)
        is_split = any(method == _SET for _, method in effects)
        split = _split(rows_won, intervals.buckets) if is_split else {}
        for key, of_players in sorted(effects.items()):
            own = won.get(key[0], np.zeros((4, intervals.buckets)))  # no conversion yet
            if key[1] in _MARKOV:
                bounds = _bounds(of_players, moved.get(key, {}), own, key[1], intervals.level)
            elif key[1] == _SET:
                bounds = _of_set(of_players, split.get(key[0], {}), intervals.level)
            else:
                bounds = _of_rate(of_players, moved.get(key, {}), intervals.level)
            for name, values in bounds.items():
                count = wins.get((key[0], name), 0)
                word = status(count, intervals)
                common = {MILESTONE: key[0], "method": key[1], PLAYER: name}
                shown = {} if word == SUPPRESSED else values
                rows.append(common | {"winning_accounts": count, "interval_status": word} | shown)
    return arrow_rows(rows, SCHEMA)


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
    for name in found.keys() & split.keys():
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


def _converted(journeys: Any, accounts: Any, settings: Settings) -> Any:
    """Touches of converting journeys, with bucket and player; __without marks a journey's lack."""
    frame: Any = nw.from_native(journeys)
    bucket = nw.from_native(accounts).select("account_id", nw.col("bucket").cast(nw.Int64))
    without = nw.when(nw.col("touch_id").is_null()).then(1).otherwise(0)
    return (
        frame.filter(nw.col("is_converted"))
        .join(bucket, on="account_id", how="inner")
        .with_columns(without.alias("__without"), player(settings.player_dimension).alias(PLAYER))
    )


def _split(rows: Any, buckets: int) -> dict[str, dict[str, Array]]:
    """Conversions of each bucket, split evenly over the players of each journey."""
    met = distinct(rows.filter(nw.col("__without") == 0), MILESTONE, JOURNEY, PLAYER, "bucket")
    sizes = met.group_by(MILESTONE, JOURNEY).agg(nw.len().alias("__players"))
    counted = (
        met.join(sizes, on=[MILESTONE, JOURNEY], how="inner")
        .group_by(MILESTONE, PLAYER, "bucket", "__players")
        .agg(nw.len().alias("__journeys"))
    )
    split: dict[str, dict[str, Array]] = {}
    # Sorted: a sum of thirds depends on its order.
    for milestone, name, bucket, size, count in sorted(collected(counted)):
        own = split.setdefault(milestone, {}).setdefault(name, np.zeros(buckets))
        own[int(bucket)] += int(count) / int(size)
    return split


def _won(rows: Any, buckets: int) -> tuple[_Won, dict[tuple[str, str], int]]:
    """What each bucket won per milestone; and the winning accounts of each player."""
    of_journeys = (
        distinct(rows, MILESTONE, JOURNEY, "__without", "bucket", "value_cents")
        .group_by(MILESTONE, "__without", "bucket")
        .agg(nw.len().alias("__won"), nw.col("value_cents").sum())
    )
    won: _Won = {}
    for milestone, lacks, place, count, cents in collected(of_journeys):
        table = won.setdefault(milestone, np.zeros((4, buckets)))
        table[2 * int(lacks) : 2 * int(lacks) + 2, int(place)] = int(count), int(cents)
    met = distinct(rows, MILESTONE, PLAYER, "account_id", "__without")
    name = nw.when(nw.col("__without") == 1).then(nw.lit(UNATTRIBUTED)).otherwise(nw.col(PLAYER))
    counted = (
        distinct(met.with_columns(name.alias(PLAYER)), MILESTONE, PLAYER, "account_id")
        .group_by(MILESTONE, PLAYER)
        .agg(nw.len().alias("__accounts"))
    )
    return won, {(milestone, who): int(count) for milestone, who, count in collected(counted)}
