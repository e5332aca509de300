"""The chance of each deal with any coalition, along its own history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

from partner_attribution.attribution.causal.funnel import Funnel, Step
from partner_attribution.attribution.causal.risk import Risk

Array = Any
_BLOCK = 128  # deals


def kept_deals(funnel: Funnel, deals: Array, lists: Array, ends: float) -> Array:
    """Chance that each deal had come with each coalition alone, given that it came with everyone.

    deals: spells that ended in a deal. lists: coalitions x players. ends: weeks by which a later
    opportunity would still have counted.

    Along the deal's own history every step is kept with the ratio of its hazards. Where it is lost
    the account stays in its state and may still move on later, at what is usual there.
    """
    usual = [_usual_hazard(step, lists) for step in funnel.steps]
    later = _later(usual, int(np.ceil(ends)) + 1)
    rows = [_rows_of_moves(step.risk, deals) for step in funnel.steps]

    def chances(some: slice) -> Array:
        kept, recovered = np.ones(len(lists)), np.zeros(len(lists))
        for k, step in enumerate(funnel.steps):
            row = rows[k][some]
            base, heard = step.base[row], step.heard[row] * step.effect
            own = ratio(base, heard, lists)
            own[row < 0] = 1.0  # the time at risk began in this state
            left = np.floor(ends - funnel.reached[deals[some], k + 1]).astype(int)
            left = np.clip(left, 0, len(later[k]) - 1)
            recovered = recovered + kept * (1 - own) * later[k][left]
            kept = kept * own
        return kept + recovered

    return by_blocks(chances, len(deals), len(lists))


def by_blocks(chances: Callable[[slice], Array], deals: int, lists: int) -> Array:
    """Work out deals x coalitions for some deals at a time, so that all on the way fits a cache."""
    found = np.empty((deals, lists))
    for low in range(0, deals, _BLOCK):
        some = slice(low, low + _BLOCK)
        found[some] = chances(some)
    return found


def _usual_hazard(step: Step, lists: Array) -> Array:
    """Weekly chance to move on per coalition, over all who could, raised towards those who did.

    Of accounts that return after a deal nobody knows how far they still have to go.
    """
    first = np.flatnonzero(step.risk.first)
    some = first[:: max(1, len(first) // 3000)]
    base, heard = step.base[some], step.heard[some] * step.effect
    weight = step.risk.weight[some]
    usual = weight @ expit(base[:, None] + heard @ lists.T) / weight.sum()
    p, weight = expit(step.base[first]), step.risk.weight[first]
    moved = weight * step.risk.moved[first]
    likelier = float((moved @ p / moved.sum()) / (weight @ p / weight.sum()))
    # Intent fades: halfway, on the log scale, between them and everybody.
    return np.minimum(0.9, usual * np.sqrt(likelier))


def _later(usual: list[Array], weeks: int) -> list[Array]:
    """Per state: chance to reach the opportunity within 0, 1, ... weeks, per coalition."""
    after = np.ones((weeks + 1, len(usual[0])))
    found = []
    for hazard in reversed(usual):
        chance = np.zeros_like(after)
        for week in range(1, weeks + 1):
            chance[week] = hazard * after[week] + (1 - hazard) * chance[week - 1]
        found.append(chance)
        after = chance
    return found[::-1]


def _rows_of_moves(risk: Risk, spells: Array) -> Array:
    """Row in which each spell moved on; -1 = it was never at risk."""
    place = np.full(int(max(risk.spell.max(), spells.max(initial=0))) + 1, -1)
    moved = np.flatnonzero(risk.moved)
    place[risk.spell[moved]] = moved
    return place[spells]


def ratio(base: Array, gain: Array, lists: Array) -> Array:
    """Chance with each coalition over the chance with everyone."""
    return expit(base[:, None] + gain @ lists.T) / expit(base + gain.sum(axis=1))[:, None]
