"""What the data-driven methods learn: one small table of players, from all compared journeys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from partner_attribution.attribution.coalitions import Coalition, Kinds, Outcomes
from partner_attribution.attribution.journeys_counted import JourneyCounts, counts_of_journeys
from partner_attribution.attribution.markov import RemovalEffects, removal_effects
from partner_attribution.attribution.registry import find_methods
from partner_attribution.attribution.settings import Settings
from partner_attribution.attribution.shapley import rate_values, set_values
from partner_attribution.attribution.tables import arrow_rows
from partner_attribution.attribution.transitions import MILESTONE, PLAYER

UNATTRIBUTED = "unattributed"
WEIGHT_OF_ONE = 10**9  # weights are whole billionths

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
    names = learned_methods(methods)
    counts = counts_of_journeys(journeys, names, settings) if names else None
    return effects_table(counts, names, settings)


def learned_methods(methods: Iterable[str]) -> list[str]:
    """Return those methods that learn what players are worth, each once."""
    return [method.id for method in find_methods(methods) if method.by_player]


def effects_table(counts: JourneyCounts | None, names: list[str], settings: Settings) -> Any:
    """Return what `player_effects` does, from journeys that have been counted; None = of none."""
    rows: list[dict[str, Any]] = []
    if counts:
        totals = {milestone: _total(kinds) for milestone, kinds in counts.kinds.items()}
        for milestone, transitions in counts.transitions.items():
            solved = removal_effects(transitions.whole)
            rows += _markov_rows(milestone, solved, totals[milestone], names)
        if "markov_global" in names:
            rows += [_unattributed(milestone, total) for milestone, total in totals.items()]
        if any(name.startswith("shapley") for name in names):
            rows += _shapley_rows(
                {milestone: kinds.outcomes() for milestone, kinds in counts.kinds.items()}, names
            )
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


def _total(kinds: Kinds) -> Total:
    def added(values: Any, where: Any) -> int:
        return int(values[where].sum())

    touched, bare = kinds.has_touch, ~kinds.has_touch
    return Total(
        *(added(one, touched) for one in (kinds.journeys, kinds.conversions, kinds.cents)),
        *(added(one, bare) for one in (kinds.conversions, kinds.cents)),
    )


def _markov_rows(
    milestone: str, solved: RemovalEffects, total: Total, names: list[str]
) -> list[dict[str, Any]]:
    weights = {name: round(value * WEIGHT_OF_ONE) for name, value in solved.effects.items()}
    common = {MILESTONE: milestone, "markov_order": solved.order}
    rows: list[dict[str, Any]] = []
    if "markov_path" in names:
        rows += [
            common
            | {"method": "markov_path", PLAYER: name, "weight": weights[name]}
            | {"effect": effect}
            for name, effect in solved.effects.items()
        ]
    if "markov_global" in names:
        rows += _global_rows(solved, weights, total.cents, common)
    return rows


def _unattributed(milestone: str, total: Total) -> dict[str, Any]:
    return {
        MILESTONE: milestone,
        "method": "markov_global",
        PLAYER: UNATTRIBUTED,
        "credited_conversions": float(total.unattributed),
        "credit_cents": total.unattributed_cents,
    }


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
        if not coalitions:
            continue
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
