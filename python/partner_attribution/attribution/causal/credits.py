"""From shares of deals to the frames that users read: effects, credits, diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from threadpoolctl import threadpool_limits

from partner_attribution.attribution.causal.estimate import Estimate, Shares, estimate
from partner_attribution.attribution.causal.panel import Panel, build_panel
from partner_attribution.attribution.causal.replicates import group_influence
from partner_attribution.attribution.causal.settings import (
    AUTO,
    BASELINE,
    CAUSAL_METHODS,
    ESTIMABLE,
    HAZARD,
    MULTISTATE,
    NOT_ESTIMABLE,
    CausalSettings,
    NotEstimable,
)
from partner_attribution.attribution.causal.surprise import evidence_of
from partner_attribution.attribution.influence import SCHEMA as INFLUENCE
from partner_attribution.attribution.intervals import first_buckets
from partner_attribution.attribution.settings import unknown_name
from partner_attribution.attribution.tables import arrow_rows

Array = Any
Moved = dict[tuple[str, str], dict[str, Any]]  # by method and milestone
EFFECTS = {
    "method": nw.String(),
    "milestone": nw.String(),
    "player": nw.String(),
    "conversions": nw.Float64(),
    "value_cents": nw.Int64(),
    "share": nw.Float64(),
    "status": nw.String(),
    "reason": nw.String(),
    "chosen_method": nw.String(),
    "chosen_because": nw.String(),
    "half_life_weeks": nw.Float64(),
    "saturation": nw.Float64(),
    "misfit": nw.Float64(),
    "disagreement": nw.Float64(),
    "needs_test": nw.Boolean(),
}
CREDITS = {
    "method": nw.String(),
    "milestone": nw.String(),
    "opportunity_id": nw.String(),
    "player": nw.String(),
    "touch_id": nw.String(),
    "credit_share": nw.Float64(),
    "credit_cents": nw.Int64(),
}
_BILLION = 10**9


@dataclass(frozen=True)
class CausalResult:
    """effects: one row per method, milestone and player or `baseline`; a method that is not
    estimable has one row, its player null. conversions of a milestone sum to all that were seen.

    influence: one row per method, milestone, player or `baseline`, and group of accounts, under the
    first bucket of the group (`group_influence`); empty without buckets.

    credits: one row per method, milestone, opportunity and touch that earned something, and one of
    the baseline (touch_id null). Shares sum to 1, cents to the opportunity's value.

    diagnostics: what `causal_auto` chose and why; per milestone the total variation between the two
    methods.
    """

    effects: Any
    credits: Any
    influence: Any
    diagnostics: dict[str, Any]


def causal_credits(  # noqa: PLR0917
    accounts: Any,
    touches: Any,
    milestones: Any,
    methods: Iterable[str],
    settings: CausalSettings | None = None,
    observed_from_us: int = 0,
    observed_until_us: int = 0,
) -> CausalResult:
    """Estimate what each player caused, and what would have come anyway.

    accounts: one row per account of the population at risk, converted or not: account_id,
        entered_at_us (null = from the start), any columns control_* (text or number); bucket, for
        `influence`.
    touches: account_id, touch_id, touched_at_us, player, is_control (the account's own activity, a
        proxy of its intent and never a player).
    milestones: account_id, opportunity_id (null before one exists), state (lead, mql, opportunity,
        closed_won, closed_lost), reached_at_us as recorded, value_cents.
    observed_from_us, observed_until_us: the time seen, the end left out.

    Raises AttributionError for an unknown method. What the data cannot tell is a row that says so.
    """
    settings = settings or CausalSettings()
    names = list(methods)
    for name in names:
        if name not in CAUSAL_METHODS:
            raise unknown_name("causal method", name, CAUSAL_METHODS)
    wanted = {HAZARD, MULTISTATE} if AUTO in names else set(names)
    moved: Moved = {}
    # Matrices are small: more threads wait for each other, which costs twice the CPU.
    with threadpool_limits(limits=1, user_api="blas"):
        try:
            panel = build_panel(
                accounts, touches, milestones, observed_from_us, observed_until_us, settings
            )
            evidence = evidence_of(panel)
        except NotEstimable as reason:
            found = {name: Estimate(name, str(reason)) for name in wanted}
        else:
            found = {name: estimate(panel, evidence, name, settings) for name in sorted(wanted)}
            moved = group_influence(panel, found, settings)
    return _result(found, moved, names, settings)


def choose(found: dict[str, Estimate]) -> tuple[str, str]:
    """Return the method that `causal_auto` takes, and why.

    Recorded stages decide: where a lead or MQL stage is recorded apart from the opportunity often
    enough to fit, sales and marketing can act on it, and a method that does not see it takes the
    stage's pull for the touch's.
    """
    if found[MULTISTATE].is_estimable:
        states = ", ".join(found[MULTISTATE].states[:-1])
        return MULTISTATE, f"stages recorded before the opportunity: {states}"
    return HAZARD, f"multistate is not estimable: {found[MULTISTATE].reason}"


def _result(
    found: dict[str, Estimate], moved: Moved, names: list[str], settings: CausalSettings
) -> CausalResult:
    diagnostics: dict[str, Any] = {
        "chosen_method": None,
        "chosen_because": None,
        "disagreement": {},
    }
    if AUTO in names:
        diagnostics["chosen_method"], diagnostics["chosen_because"] = choose(found)
    if {HAZARD, MULTISTATE} <= found.keys():
        diagnostics["disagreement"] = _disagreement(found, settings)
    effects: list[dict[str, Any]] = []
    credits: list[dict[str, Any]] = []
    influence: list[dict[str, Any]] = []
    for name in sorted(names):
        estimated = found[diagnostics["chosen_method"] if name == AUTO else name]
        for milestone in settings.milestones:
            common = _common(name, milestone, estimated, diagnostics, settings)
            panel = estimated.panel
            if panel is None or estimated.shares is None:
                why = {"status": NOT_ESTIMABLE, "reason": estimated.reason}
                effects.append(common | why)
                continue
            rows = _credit_rows(panel, estimated.shares[milestone])
            key = {"method": name, "milestone": milestone}
            credits += [key | row for row in rows]
            learned = moved.get((estimated.method, milestone), {})
            influence += [key | row for row in _influence_rows(learned, settings)]
            effects += [
                common | row for row in _effect_rows(panel, estimated.shares[milestone], rows)
            ]
    tables = (
        arrow_rows(effects, EFFECTS),
        arrow_rows(credits, CREDITS),
        arrow_rows(influence, INFLUENCE),
    )
    return CausalResult(*tables, diagnostics)


def _influence_rows(learned: Mapping[str, Array], settings: CausalSettings) -> list[dict[str, Any]]:
    if not learned:
        return []
    places = first_buckets(settings.interval_groups, settings.interval_buckets)
    return [
        {
            "player": player,
            "bucket": bucket,
            # Rounded, because libraries of linear algebra differ in the last digits.
            "influence": round(float(value), 9),
        }
        for player, values in learned.items()
        for bucket, value in zip(places, values, strict=True)
    ]


def _common(
    name: str,
    milestone: str,
    estimated: Estimate,
    diagnostics: dict[str, Any],
    settings: CausalSettings,
) -> dict[str, Any]:
    apart = diagnostics["disagreement"].get(milestone)
    return {
        "method": name,
        "milestone": milestone,
        "chosen_method": diagnostics["chosen_method"] if name == AUTO else None,
        "chosen_because": diagnostics["chosen_because"] if name == AUTO else None,
        "half_life_weeks": estimated.half_life,
        "saturation": estimated.saturation,
        "misfit": estimated.misfit,
        "disagreement": apart,
        "needs_test": _needs_test(apart, estimated, settings),
    }


def _needs_test(apart: float | None, estimated: Estimate, settings: CausalSettings) -> bool | None:
    """True where the methods are apart or the surprises do not fit; None where neither is known."""
    limits = ((apart, settings.disagreement), (estimated.misfit, settings.misfit))
    known = [value > limit for value, limit in limits if value is not None]
    return any(known) if known else None


def _disagreement(found: dict[str, Estimate], settings: CausalSettings) -> dict[str, float]:
    """Half the sum of absolute differences between the two methods' shares, baseline included."""
    apart = {}
    for milestone in settings.milestones:
        shares = [one.shares[milestone] for one in found.values() if one.shares is not None]
        if len(shares) == 2 and all(len(one.opportunity) for one in shares):
            first, second = (
                np.append(one.player.mean(axis=0), one.baseline.mean()) for one in shares
            )
            apart[milestone] = round(float(np.abs(first - second).sum()) / 2, 9)
    return apart


def _credit_rows(panel: Panel, shares: Shares) -> list[dict[str, Any]]:
    """Share each player's part among its touches; the baseline keeps what is left."""
    row, touch, weight = shares.touch_weight
    players = len(panel.players)
    player = shares.touches.player[touch]
    total = np.bincount(row * players + player, weight, len(shares.opportunity) * players)
    part = shares.player[row, player] * weight / total[row * players + player]
    parts = np.round(part * _BILLION).astype(np.int64)
    kept = parts > 0
    row, touch, parts = row[kept], touch[kept], parts[kept]
    rest = _BILLION - np.bincount(row, parts, len(shares.opportunity)).astype(np.int64)
    deals = np.r_[row, np.arange(len(rest))]
    names = [panel.players[i] for i in shares.touches.player[touch]] + [BASELINE] * len(rest)
    ids = [*shares.touches.touch_id[touch], *[None] * len(rest)]
    share = np.r_[parts, rest]
    cents = _whole_cents(deals, share, panel.opportunity_cents[shares.opportunity])
    rows = [
        {
            "opportunity_id": panel.opportunity_id[shares.opportunity[deal]],
            "player": names[i],
            "touch_id": ids[i],
            "credit_share": int(share[i]) / _BILLION,
            "credit_cents": int(cents[i]),
        }
        for i, deal in enumerate(deals)
    ]
    return sorted(rows, key=lambda one: (one["opportunity_id"], one["touch_id"] or ""))


def _whole_cents(deals: Array, share: Array, amount: Array) -> Array:
    """Largest remainder per deal, ties in the order of rows. Exact: whole numbers throughout."""
    size = [abs(int(value)) for value in amount]
    exact = [size[deal] * int(part) for deal, part in zip(deals, share, strict=True)]
    cents = np.array([value // _BILLION for value in exact], dtype=np.int64)
    rest = np.array([value % _BILLION for value in exact], dtype=np.int64)
    left = np.array(size, dtype=np.int64)
    np.subtract.at(left, deals, cents)
    order = np.lexsort((np.arange(len(deals)), -rest, deals))
    first = np.searchsorted(deals[order], np.arange(len(amount)))
    rank = np.arange(len(order)) - first[deals[order]]
    cents[order] += rank < left[deals[order]]
    return cents * np.where(np.asarray(amount)[deals] < 0, -1, 1)


def _effect_rows(panel: Panel, shares: Shares, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add credits up per player; a player that caused nothing keeps a row of 0."""
    billionths = dict.fromkeys((*panel.players, BASELINE), 0)
    cents = dict.fromkeys(billionths, 0)
    for row in rows:
        billionths[row["player"]] += round(row["credit_share"] * _BILLION)
        cents[row["player"]] += row["credit_cents"]
    total = max(1, len(shares.opportunity)) * _BILLION
    return [
        {
            "player": name,
            "conversions": value / _BILLION,
            "value_cents": cents[name],
            "share": value / total,
            "status": ESTIMABLE,
        }
        for name, value in billionths.items()
    ]
