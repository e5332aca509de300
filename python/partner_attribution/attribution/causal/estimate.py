"""The two methods: which states they know, and how a deal's chances become shares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from partner_attribution.attribution.causal.closing import (
    Closing,
    fit_closing,
    kept_wins,
    win_ratios,
)
from partner_attribution.attribution.causal.funnel import Funnel, fit_funnels
from partner_attribution.attribution.causal.game import coalitions
from partner_attribution.attribution.causal.kept import kept_deals
from partner_attribution.attribution.causal.panel import Panel, Touches
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

    opportunity: index of the deal. touch_weight: (deal row, index in `touches`, weight) of what
    reached it.
    """

    opportunity: Array
    player: Array
    baseline: Array
    touch_weight: tuple[Array, Array, Array]
    touches: Touches


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
    closing: Closing | None = None

    @property
    def is_estimable(self) -> bool:
        """True where there are shares."""
        return self.shares is not None


def estimate(
    panel: Panel,
    evidence: Evidence,
    method: str,
    settings: CausalSettings,
    near: Estimate | None = None,
) -> Estimate:
    """Fit one method and share every deal of each milestone.

    near: found from nearly the same data, as in `fit_funnels` and `fit_closing`.
    """
    try:
        _check_size(panel, settings)
        states = funnel_states(panel, method, settings)
        columns = list(states.values())
        if len(columns) == 1:
            # Nothing of what a method without stages cannot explain comes from their records.
            settings = replace(settings, delays_weeks=settings.delays_weeks[:1])
        funnels = fit_funnels(panel, evidence, columns, settings, near.funnels if near else ())
    except NotEstimable as reason:
        return Estimate(method, str(reason))
    game = coalitions(len(panel.players), settings.exact_players, settings.sampled_orders)
    closing = None
    if method != HAZARD and "closed_won" in settings.milestones and (not near or near.closing):
        closing = fit_closing(panel, settings, near.closing if near else None)
    shares = {
        milestone: _shares(panel, funnels, closing, game, milestone, settings)
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
        closing=closing,
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


def _shares(  # noqa: PLR0917
    panel: Panel,
    funnels: tuple[Funnel, ...],
    closing: Closing | None,
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
    else:
        closing = None
    deals = np.flatnonzero(counts)
    kept = np.zeros((len(deals), len(lists)))
    for funnel in funnels:
        one = kept_deals(funnel, deals, lists, ends)
        if milestone == "closed_won" and not closing:
            one = one * win_ratios(panel, funnel, lists, deals, settings)
        kept += funnel.share * one
    if closing:
        kept *= kept_wins(panel, closing, lists, deals)
    touches, touch_weight = _touch_weights(panel, funnels, closing, deals)
    delivered = np.zeros((len(deals), len(panel.players)), dtype=bool)
    delivered[touch_weight[0], touches.player[touch_weight[1]]] = True
    baseline = np.clip(kept[:, 0], 0.0, 1.0)
    # What others would have caused later is no credit for a player who never reached the account.
    player = np.where(delivered, np.maximum(kept @ matrix.T, 0.0), 0.0)
    total = player.sum(axis=1)
    scale = np.where(total > 1e-12, (1 - baseline) / np.maximum(total, 1e-12), 0.0)
    player = np.round(player * scale[:, None], 9)
    return Shares(opportunity[deals], player, 1 - player.sum(axis=1), touch_weight, touches)


def _touch_weights(
    panel: Panel, funnels: tuple[Funnel, ...], closing: Closing | None, deals: Array
) -> tuple[Touches, tuple[Array, Array, Array]]:
    """Decayed part of each touch in the stocks that moved its account, times the player's effect.

    Touches made while the deal was open count where they did something to its win.
    """
    players = len(panel.players)
    reached = funnels[0].reached[deals]
    created = reached[:, -1]
    touches, row, touch = panel.touches, *panel.touches.of(panel.spell_account[deals])
    eligible = (touches.at[touch] <= created[row]) & (touches.player[touch] < players)
    row, touch = row[eligible], touch[eligible]
    if closing:
        won = panel.opportunity_won[panel.spell_opportunity[deals]]
        more = panel.while_open
        of, later = more.of(panel.spell_account[deals])
        eligible = (more.at[later] > created[of]) & (more.at[later] <= won[of])
        eligible &= more.player[later] < players
        row = np.r_[row, of[eligible]]
        touch = np.r_[touch, later[eligible] + len(touches.at)]
        touches = touches.and_then(more)
    at, player = touches.at[touch], touches.player[touch]
    weight = np.zeros(len(row))
    for funnel in funnels:
        # A trace of plain decay: where no step gives a weight, the newest touches still do.
        own = 1e-6 * _decayed(created[row] - at, funnel.half_life, 1.0)
        for k, step in enumerate(funnel.steps):
            own = own + _decayed(reached[row, k + 1] - at, funnel.half_life, step.effect[player])
        weight = weight + funnel.share * own
    for memory in closing.memories if closing else ():
        age = won[row] - at
        weight = weight + memory.share * _decayed(age, memory.half_life, memory.effect[player])
    some = weight > 0
    return touches, (row[some], touch[some], weight[some])


def _decayed(age: Array, half_life: float, effect: Array | float) -> Array:
    """What is left of each touch's effect; 0 where the touch came after."""
    return np.where(age >= 0, effect * 0.5 ** (np.maximum(age, 0) / half_life), 0.0)
