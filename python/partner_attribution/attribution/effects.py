"""What the data-driven methods learn: one small table of players, from all compared journeys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import narwhals as nw

from partner_attribution.attribution.coalitions import (
    Alike,
    Coalition,
    Outcomes,
    by_coalition,
    count_journeys,
)
from partner_attribution.attribution.markov import (
    MILESTONE,
    PLAYER,
    RemovalEffects,
    Transitions,
    best_order,
    count_transitions,
    players_seen,
    removal_effects,
)
from partner_attribution.attribution.players import player
from partner_attribution.attribution.registry import find_methods
from partner_attribution.attribution.settings import AUTO, MAX_MARKOV_ORDER, Settings
from partner_attribution.attribution.shapley import rate_values, set_values
from partner_attribution.attribution.tables import arrow_rows
from partner_attribution.errors import AttributionError

UNATTRIBUTED = "unattributed"
WEIGHT_OF_ONE = 10**9  # weights are whole billionths
MAX_PLAYERS = 1000

SCHEMA = {
    MILESTONE: nw.String(),
    "method": nw.String(),
    "dimension": nw.String(),
    PLAYER: nw.String(),
    "weight": nw.Int64(),
    "effect": nw.Float64(),
    "credited_conversions": nw.Float64(),
    "credit_cents": nw.Int64(),
    "base_rate": nw.Float64(),
    "markov_order": nw.Int64(),
    "journeys": nw.Int64(),
    "conversions": nw.Int64(),
}


@dataclass(frozen=True)
class Total:
    """Journeys of one milestone. Those without a touch count among the unattributed."""

    journeys: int
    conversions: int
    cents: int
    unattributed: int
    unattributed_cents: int


def player_effects(journeys: Any, methods: Iterable[str], settings: Settings | None = None) -> Any:
    """Learn from converting and other journeys what each method says of each player.

    journeys: one row per journey and touch, and one for a journey without any (touch_id null):
    journey_id, milestone, is_converted, value_cents (of the journey), touch_id, touched_at_us and
    the columns of the player_dimension (channel, partner_id, campaign_id, asset_id).

    Returns an Arrow table of one row per milestone, method and player:
    effect: removal effect (Markov) or Shapley value (conversions for `shapley_set`, rate for
        `shapley_rate`).
    weight: whole number that a touch of the player counts in a journey: billionths of the removal
        effect, or of the largest Shapley value (0 for a negative one). Null where touches have
        none from here (`shapley_set`, `markov_global`).
    credited_conversions, credit_cents: of `markov_global` only, with a player `unattributed` for
        conversions without a touch. Cents sum to the value of all conversions.
    base_rate, journeys, conversions: of the milestone's journeys with at least one touch.
    """
    settings = settings or Settings()
    names = [method.id for method in find_methods(methods) if method.by_player]
    rows: list[dict[str, Any]] = []
    if names:
        frame: Any = nw.from_native(journeys)
        frame = frame.with_columns(player(settings.player_dimension).alias(PLAYER))
        touches = frame.filter(~nw.col("touch_id").is_null())
        games = any(name.startswith("shapley") for name in names)
        seen = players_seen(touches)
        players = sorted({name for _, name in seen}, key=str.encode) if games else []
        counted = count_journeys(frame, players)
        totals = _totals(counted.alike)
        if any(name.startswith("markov") for name in names):
            count = partial(
                count_transitions, touches, seen=seen, one_hash_each=counted.one_hash_each
            )
            rows += _markov_rows(count, totals, names, settings)
        if games:
            rows += _shapley_rows(by_coalition(counted.alike), names)
        for row in rows:
            total = totals[row[MILESTONE]]
            row["dimension"] = settings.player_dimension
            row["journeys"], row["conversions"] = total.journeys, total.conversions
            row["base_rate"] = total.conversions / total.journeys if total.journeys else 0.0
    rows.sort(key=lambda row: (row[MILESTONE], row["method"], row[PLAYER].encode()))
    return arrow_rows(rows, SCHEMA)


def share_cents(cents: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share whole cents in proportion, the odd ones to the largest remainders, then by name."""
    total = sum(weights.values())
    if not total:
        return dict.fromkeys(weights, 0)
    parts = {name: divmod(abs(cents) * weight, total) for name, weight in weights.items()}
    left = abs(cents) - sum(whole for whole, _ in parts.values())
    queue = sorted(parts, key=lambda name: (-parts[name][1], name.encode()))
    extra = set(queue[:left])
    sign = -1 if cents < 0 else 1
    return {name: sign * (whole + (name in extra)) for name, (whole, _) in parts.items()}


def _totals(alike: Iterable[Alike]) -> dict[str, Total]:
    found: dict[str, dict[bool, list[int]]] = {}
    for one in alike:
        sums = found.setdefault(one.milestone, {}).setdefault(one.has_touch, [0, 0, 0])
        for place, value in enumerate((one.journeys, one.conversions, one.cents)):
            sums[place] += value
    nothing = [0, 0, 0]
    return {
        milestone: Total(*parts.get(True, nothing), *parts.get(False, nothing)[1:])
        for milestone, parts in found.items()
    }


def _markov_rows(
    count: Callable[[int], Mapping[str, Transitions]],
    totals: Mapping[str, Total],
    names: list[str],
    settings: Settings,
) -> list[dict[str, Any]]:
    wanted = settings.markov_order
    counted = count(MAX_MARKOV_ORDER if wanted == AUTO else int(wanted))
    rows: list[dict[str, Any]] = []
    for milestone, transitions in counted.items():
        solved = _solved(transitions, wanted)
        weights = {name: round(value * WEIGHT_OF_ONE) for name, value in solved.effects.items()}
        common = {MILESTONE: milestone, "markov_order": solved.order}
        if "markov_path" in names:
            rows += [
                common
                | {"method": "markov_path", PLAYER: name, "weight": weights[name]}
                | {"effect": effect}
                for name, effect in solved.effects.items()
            ]
        if "markov_global" in names:
            rows += _global_rows(solved, weights, totals[milestone].cents, common)
    if "markov_global" in names:
        rows += [
            {
                MILESTONE: milestone,
                "method": "markov_global",
                PLAYER: UNATTRIBUTED,
                "credited_conversions": float(total.unattributed),
                "credit_cents": total.unattributed_cents,
            }
            for milestone, total in totals.items()
        ]
    return rows


def _solved(transitions: Transitions, wanted: int | str) -> RemovalEffects:
    if len(transitions.players) > MAX_PLAYERS:
        raise AttributionError(
            f"The Markov chain has {len(transitions.players)} players.",
            expected=f"at most {MAX_PLAYERS}",
            do="choose a coarser player_dimension (channel, partner or campaign)",
        )
    order = best_order(transitions) if wanted == AUTO else int(wanted)
    return removal_effects(transitions.of_order(order))


def _global_rows(
    solved: RemovalEffects, weights: Mapping[str, int], cents: int, common: Mapping[str, Any]
) -> list[dict[str, Any]]:
    total = sum(weights.values())
    money = share_cents(cents, weights)
    return [
        {
            **common,
            "method": "markov_global",
            PLAYER: name,
            "effect": effect,
            "credited_conversions": solved.conversions * weights[name] / total if total else 0.0,
            "credit_cents": money[name],
        }
        for name, effect in solved.effects.items()
    ]


def _shapley_rows(
    found: Mapping[str, Mapping[Coalition, Outcomes]], names: list[str]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for milestone, coalitions in found.items():
        if "shapley_set" in names:
            rows += [
                {MILESTONE: milestone, "method": "shapley_set", PLAYER: name, "effect": value}
                for name, value in set_values(coalitions).items()
            ]
        if "shapley_rate" in names:
            values = rate_values(coalitions)
            largest = max(values.values())
            rows += [
                {
                    MILESTONE: milestone,
                    "method": "shapley_rate",
                    PLAYER: name,
                    "effect": value,
                    "weight": round(max(0.0, value) / largest * WEIGHT_OF_ONE)
                    if largest > 0
                    else 0,
                }
                for name, value in values.items()
            ]
    return rows
