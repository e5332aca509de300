"""The two methods: which states they know, and how a deal's chances become shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partner_attribution.attribution.causal.funnel import (
    Funnel,
    fit_funnels,
    kept_deals,
    win_ratios,
)
from partner_attribution.attribution.causal.game import coalitions
from partner_attribution.attribution.causal.panel import Panel, ranges
from partner_attribution.attribution.causal.settings import (
    HAZARD,
    CausalSettings,
    NotEstimable,
)
from partner_attribution.attribution.causal.surprise import Evidence

Array = Any


@dataclass(frozen=True)
class Shares:
    """Shares of each deal: per player, and of the baseline. They sum to 1.

    opportunity: index of the deal. touch_weight: (deal row, touch index, weight) of its touches.
    """

    opportunity: Array
    player: Array
    baseline: Array
    touch_weight: tuple[Array, Array, Array]


@dataclass(frozen=True)
class Estimate:
    """What one method found, or why it found nothing."""

    method: str
    reason: str = ""
    half_life: float | None = None
    saturation: float | None = None
    misfit: float | None = None
    states: tuple[str, ...] = ()
    shares: dict[str, Shares] | None = None
    panel: Panel | None = None
    funnels: tuple[Funnel, ...] = ()

    @property
    def is_estimable(self) -> bool:
        """True where there are shares."""
        return self.shares is not None


def estimate(
    panel: Panel,
    evidence: Evidence,
    method: str,
    settings: CausalSettings,
    near: tuple[Funnel, ...] = (),
) -> Estimate:
    """Fit one method and share every deal of each milestone; `near` as in `fit_funnels`."""
    try:
        _check_size(panel, settings)
        states = funnel_states(panel, method, settings)
        funnels = fit_funnels(panel, evidence, list(states.values()), settings, near)
    except NotEstimable as reason:
        return Estimate(method, str(reason))
    game = coalitions(len(panel.players), settings.exact_players, settings.sampled_orders)
    shares = {
        milestone: _shares(panel, funnels, game, milestone, settings)
        for milestone in settings.milestones
    }
    return Estimate(
        method,
        half_life=_mean(funnels, "half_life"),
        saturation=_mean(funnels, "saturation"),
        misfit=_mean(funnels, "misfit"),
        states=tuple(states),
        shares=shares,
        panel=panel,
        funnels=funnels,
    )


def _mean(funnels: tuple[Funnel, ...], name: str) -> float | None:
    """Mean over the pairs, as they count; None where it is not known."""
    values = [getattr(one, name) for one in funnels]
    if None in values:
        return None
    total = sum(value * one.share for value, one in zip(values, funnels, strict=True))
    return round(float(total), 6)


def funnel_states(panel: Panel, method: str, settings: CausalSettings) -> dict[str, int]:
    """States that the method tells apart, and their column in `reached`.

    A state counts where enough spells reached it before the next one, so not in the same record,
    and not in the week in which the account became known: a lead that is an account's first record
    tells of no touch before it.
    Raises NotEstimable for `multistate` where only the opportunity is left.
    """
    states = {"opportunity": 2}
    if method == HAZARD:
        return states
    following = panel.reached[:, 2]
    first_week = np.floor(panel.spell_start)
    for name, column in (("mql", 1), ("lead", 0)):
        own = panel.reached[:, column]
        tells = ~panel.spell_returns & (np.floor(own) > first_week)
        apart = np.isfinite(own) & (own < following) & tells
        if int(apart.sum()) >= settings.minimum_transitions:
            states = {name: column, **states}
            following = own
    if len(states) == 1:
        raise NotEstimable(
            f"no lead or MQL stage is recorded apart from the opportunity "
            f"{settings.minimum_transitions} times"
        )
    return states


def _check_size(panel: Panel, settings: CausalSettings) -> None:
    won = panel.spell_opportunity[panel.spell_opportunity >= 0]
    wins = int(np.isfinite(panel.opportunity_won[won]).sum())
    if wins < settings.minimum_wins:
        raise NotEstimable(f"{wins} wins, at least {settings.minimum_wins} are needed")
    without = int((panel.spell_opportunity < 0).sum())
    if without < settings.minimum_wins:
        raise NotEstimable(f"{without} accounts without a deal to compare with")


def _shares(
    panel: Panel,
    funnels: tuple[Funnel, ...],
    game: tuple[Array, Array],
    milestone: str,
    settings: CausalSettings,
) -> Shares:
    lists, matrix = game
    opportunity = panel.spell_opportunity
    counts = opportunity >= 0
    created = funnels[0].reached[:, -1]
    counts[counts] = np.isfinite(created[counts]) & (created[counts] < panel.end)
    won = panel.opportunity_won[np.maximum(opportunity, 0)]
    ends = panel.end
    if milestone == "closed_won":
        counts = counts & np.isfinite(won)
        ends -= float(np.median(won[counts] - created[counts]))
    deals = np.flatnonzero(counts)
    kept = np.zeros((len(deals), len(lists)))
    for funnel in funnels:
        one = kept_deals(funnel, deals, lists, ends)
        if milestone == "closed_won":
            one = one * win_ratios(panel, funnel, lists, deals, settings)
        kept += funnel.share * one
    touch_weight, delivered = _touch_weights(panel, funnels, deals)
    baseline = np.clip(kept[:, 0], 0.0, 1.0)
    # What others would have caused later is no credit for a player who never reached the account.
    player = np.where(delivered, np.maximum(kept @ matrix.T, 0.0), 0.0)
    total = player.sum(axis=1)
    baseline = np.where(total > 1e-12, baseline, 1.0)
    scale = np.where(total > 1e-12, (1 - baseline) / np.maximum(total, 1e-12), 0.0)
    player = np.round(player * scale[:, None], 9)
    return Shares(opportunity[deals], player, 1 - player.sum(axis=1), touch_weight)


def _touch_weights(
    panel: Panel, funnels: tuple[Funnel, ...], deals: Array
) -> tuple[tuple[Array, Array, Array], Array]:
    """Decayed part of each touch in the stocks that moved its account, times the player's effect.

    Also returns which player delivered to which deal before it was created.
    """
    touches, account = panel.touches, panel.spell_account[deals]
    low = np.searchsorted(touches.account, account)
    high = np.searchsorted(touches.account, account, side="right")
    row, touch = ranges(low, high)
    reached = funnels[0].reached[deals]
    created = reached[:, -1]
    eligible = (touches.at[touch] <= created[row]) & (touches.player[touch] < len(panel.players))
    row, touch = row[eligible], touch[eligible]
    weight = np.zeros(len(row))
    for funnel in funnels:
        # A trace of plain decay: where no step gives a weight, the newest touches still do.
        own = 1e-6 * 0.5 ** ((created[row] - touches.at[touch]) / funnel.half_life)
        for k, step in enumerate(funnel.steps):
            age = reached[row, k + 1] - touches.at[touch]
            effect = step.effect[touches.player[touch]]
            left = effect * 0.5 ** (np.maximum(age, 0) / funnel.half_life)
            own = own + np.where(age >= 0, left, 0.0)
        weight = weight + funnel.share * own
    delivered = np.zeros((len(deals), len(panel.players)), dtype=bool)
    delivered[row, touches.player[touch]] = True
    return (row, touch, weight), delivered
