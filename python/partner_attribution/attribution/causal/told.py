"""Events, and the surprises that came before them: what all effects are learned from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from partner_attribution.attribution.causal.blips import Moves, moments
from partner_attribution.attribution.causal.settings import CausalSettings
from partner_attribution.attribution.causal.stocks import a_week_later, by_weeks, saturated

Array = Any
# Half-lives in weeks, by how many memories of surprises the moves can carry.
_SURPRISE_MEMORIES = {1: (3.0,), 2: (1.0, 6.0), 3: (1.0, 3.0, 8.0)}


@dataclass(frozen=True)
class Held:
    """Stocks of surprises in those weeks of accounts that are asked for.

    place: accounts x weeks, of each in `rows`; -1 = the last one, which is 0.
    rows: ... x (players x memories).
    """

    place: Array
    rows: Array


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


def read_before(
    shape: tuple[int, ...], account: Array, week: Array, delays: Iterable[int]
) -> Array:
    """Accounts x weeks that `told_before` reads for events under any of these delays."""
    read = by_weeks(*shape, kind=bool)
    for delay in delays:
        known = week >= delay
        read[account[known], week[known] - delay] = True
    return read


def surprises_held(surprise: Array, inside: Array, weight: Array, moves: int, read: Array) -> Held:
    """Stocks of surprises under each memory, compared among those at risk for as long: at the start
    of a step, touches that followed an earlier move linger.

    inside: accounts x weeks at risk. moves: how many there are to learn from. read: accounts x
    weeks that are asked for.

    Two moves in one week: the second teaches nothing, so there is nothing outside.
    """
    accounts, weeks, players = surprise.shape
    memories = _SURPRISE_MEMORIES[moments(players, moves)]
    spent = _weeks_since_start(inside)
    groups = int(spent.max(initial=0)) + 1
    total, sums = np.zeros(groups), np.zeros((groups, len(memories) * players))
    place = by_weeks(accounts, weeks, fill=-1, kind=np.int32)
    held, group = [], []
    count = 0
    # Stocks of one week at a time: of all weeks they would be many times larger than any cache.
    stocks = [np.zeros((accounts, players), surprise.dtype) for _ in memories]
    for week in range(weeks):
        account = np.flatnonzero(inside[:, week])
        own = spent[account, week]
        of_week = np.column_stack([stock[account] for stock in stocks])
        # One row per account, its weight in the column of its group.
        of_group = sparse.csr_matrix(
            (weight[account], own, np.arange(len(account) + 1)), shape=(len(account), groups)
        )
        total += np.asarray(of_group.sum(axis=0)).ravel()
        sums += of_group.T @ of_week
        kept = np.flatnonzero(read[account, week])
        place[account[kept], week] = count + np.arange(len(kept))
        held.append(of_week[kept])
        group.append(own[kept])
        count += len(kept)
        for stock, memory in zip(stocks, memories, strict=True):
            a_week_later(stock, surprise[:, week], memory, stock)
    mean = sums / np.maximum(total, 1e-9)[:, None]
    less = np.concatenate(held) - mean[np.concatenate(group)]
    nothing = np.zeros((1, sums.shape[1]))
    return Held(place, np.concatenate([less, nothing]).astype(surprise.dtype))


def moves_by_delay(
    held: Held, inside: Array, events: tuple[Array, Array, Array], settings: CausalSettings
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


def told_before(held: Held, account: Array, week: Array, weight: Array, delay: int = 0) -> Told:
    """Leave out events that no surprise came before, as in an account's first week.

    Nobody touched them either, so no effect takes anything away from them: beside them, the
    largest effects would leave nothing of all others and seem to fit best.
    """
    surprise = held.rows[held.place[account, week - delay]].astype(float)
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
