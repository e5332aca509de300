"""Events, and the surprises that came before them: what all effects are learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from partner_attribution.attribution.causal.blips import Moves, moments
from partner_attribution.attribution.causal.settings import CausalSettings
from partner_attribution.attribution.causal.stocks import (
    by_weeks,
    saturated,
    stock_at_week_start,
)

Array = Any
# Half-lives in weeks, by how many memories of surprises the moves can carry.
_SURPRISE_MEMORIES = {1: (3.0,), 2: (1.0, 6.0), 3: (1.0, 3.0, 8.0)}


@dataclass(frozen=True)
class Told:
    """Events, and the surprises that came before them.

    account, week, weight: of each event, the week that of its record.
    surprise: by `delay` weeks before, events x (players x memories).
    """

    account: Array
    week: Array
    weight: Array
    surprise: Array
    delay: int

    def moves(self, before: Array, saturation: float) -> Moves:
        """Beside the stocks of players when the event took place, as far as that is known."""
        week = self.week - usually_late(self.delay)
        stock = saturated(before[self.account, week], saturation)
        return Moves(self.surprise, stock, self.weight)


def usually_late(delay: int) -> int:
    """Weeks between most events and their records, where hardly any is later than the delay."""
    return delay // 2


def surprises_held(surprise: Array, inside: Array, weight: Array, moves: int) -> list[Array]:
    """Stocks of surprises under each memory, compared among those at risk for as long.

    inside: accounts x weeks at risk. moves: how many there are to learn from.
    """
    spent = _weeks_since_start(inside)
    return [
        _less_mean_of_age(stock_at_week_start(surprise, memory), inside, spent, weight)
        for memory in _SURPRISE_MEMORIES[moments(surprise.shape[2], moves)]
    ]


def moves_by_delay(
    held: list[Array], inside: Array, events: tuple[Array, Array, Array], settings: CausalSettings
) -> tuple[Told, ...]:
    """Moves as told by the surprises some weeks before their record.

    What came between a move and its record followed the move. A delay under which too few tell of
    touches is left out; the others are none where there are too few without any.
    """
    account, week, weight = events
    found = []
    for delay in settings.delays_weeks:
        kept = week >= delay
        if delay:
            kept[kept] &= inside[account[kept], week[kept] - delay]
        one = told_before(held, account[kept], week[kept], weight[kept], delay)
        if len(one.week) < settings.minimum_transitions:
            break
        found.append(one)
    return tuple(found)


def told_before(
    held: list[Array], account: Array, week: Array, weight: Array, delay: int = 0
) -> Told:
    """Leave out events that no surprise came before, as in an account's first week.

    Nobody touched them either, so no effect takes anything away from them: beside them, the
    largest effects would leave nothing of all others and seem to fit best.
    """
    surprise = np.column_stack([one[account, week - delay] for one in held]).astype(float)
    told = (surprise != 0).any(axis=1)
    return Told(account[told], week[told], weight[told], surprise[told], delay)


def _weeks_since_start(inside: Array) -> Array:
    """How long each account had been at risk of the step: single weeks up to the twelfth, then
    ever longer spans."""
    spent = by_weeks(*inside.shape, kind=np.int16)
    for week in range(1, inside.shape[1]):
        spent[:, week] = (spent[:, week - 1] + 1) * inside[:, week - 1]
    longer = np.floor(np.log2(1 + np.maximum(spent - 12, 0), dtype=np.float32)).astype(np.int16)
    spans: Array = np.minimum(spent, 12) + longer
    return spans


def _less_mean_of_age(held: Array, inside: Array, spent: Array, weight: Array) -> Array:
    """Compare only with those who had been at risk of the step for as long: at its start, touches
    that followed an earlier move linger. Two moves in one week: the second teaches nothing."""
    groups = int(spent.max(initial=0)) + 1
    total, sums = np.zeros(groups), np.zeros((groups, held.shape[2]))
    weeks = [np.flatnonzero(one) for one in inside.T]
    for week, account in enumerate(weeks):
        own, count = spent[account, week], len(account)
        # One row per account, its weight in the column of its group.
        shape = (count, groups)
        of_group = sparse.csr_matrix((weight[account], own, np.arange(count + 1)), shape=shape)
        total += np.asarray(of_group.sum(axis=0)).ravel()
        sums += of_group.T @ held[account, week]
    mean = sums / np.maximum(total, 1e-9)[:, None]
    for week, account in enumerate(weeks):
        less = held[account, week] - mean[spent[account, week]]
        held[:, week] = 0
        held[account, week] = less
    return held
