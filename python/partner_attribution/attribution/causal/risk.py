"""Risk sets: who could have moved on in which week, and what had reached them by then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partner_attribution.attribution.causal.panel import Panel, ranges
from partner_attribution.attribution.causal.settings import CausalSettings

Array = Any


@dataclass(frozen=True)
class Risk:
    """Weeks at risk of one transition.

    spell, account, week: of each row. moved: the spell moved on in this week. at: when, in weeks
    (the middle of the week where it did not). weight: rows that each stands for. first: the spell
    follows no deal of its account, so its stages are on record.
    """

    spell: Array
    account: Array
    week: Array
    moved: Array
    at: Array
    weight: Array
    first: Array


def weeks_at_risk(panel: Panel, start: Array, end: Array, settings: CausalSettings) -> Risk:
    """Rows of each spell from the week of `start` to that of `end` (inf = never moved on).

    A spell that begins in the later state, as after a deal, was never at risk of reaching it.
    Of the weeks without a move only some are kept, evenly spaced, with the weight of the others.
    """
    last = np.nextafter(panel.end, 0)
    begins = np.isfinite(start) & (start < panel.end) & (end > panel.spell_start)
    moves = np.isfinite(end) & (end < panel.end) & begins
    first_week = np.floor(np.where(begins, start, 0)).astype(int)
    last_week = np.floor(np.where(moves, end, last)).astype(int)
    count = np.where(begins, np.maximum(last_week - first_week + 1, 0), 0)
    spell, week = ranges(first_week, first_week + count)
    moved = moves[spell] & (week == last_week[spell])
    weight = panel.weight[panel.spell_account[spell]]
    wanted = settings.controls_per_event * max(int(moved.sum()), 300)
    step = max(1, int((~moved).sum() // wanted))
    if step > 1:
        kept = moved | (np.cumsum(~moved) % step == 0)
        weight = np.where(moved, weight, weight * step)[kept]
        spell, week, moved = spell[kept], week[kept], moved[kept]
    at = np.where(moved, np.where(np.isfinite(end), end, 0)[spell], week + 0.5)
    first = ~panel.spell_returns[spell]
    return Risk(spell, panel.spell_account[spell], week, moved, at, weight, first)


def stock_at_moves(panel: Panel, before: Array, risk: Risk, half_life: float) -> Array:
    """Decayed touches of each player at each row's time; rows that did not move: at week start.

    before: stocks of the players at the start of each week.
    """
    stock: Array = before[risk.account, risk.week].astype(float)
    rows = np.flatnonzero(risk.moved)
    age = risk.at[rows] - risk.week[rows]
    stock[rows] *= (0.5 ** (age / half_life))[:, None]
    row, touch = panel.touches.of_week(risk.account[rows], risk.week[rows], panel.weeks)
    row = rows[row]
    player = panel.touches.player[touch]
    seen = (panel.touches.at[touch] <= risk.at[row]) & (player < before.shape[2])
    row, touch, player = row[seen], touch[seen], player[seen]
    np.add.at(stock, (row, player), 0.5 ** ((risk.at[row] - panel.touches.at[touch]) / half_life))
    return stock


def control_columns(panel: Panel, risk: Risk, since: Array, settings: CausalSettings) -> Array:
    """Intercept, organic visits over several memories, firmographics, calendar, time at risk."""
    columns = [np.ones(len(risk.week))]
    for half_life in settings.organic_half_lives_weeks:
        visits = panel.organic_stock(half_life)[risk.account, risk.week]
        columns.append(np.log1p(visits))
    quarter = np.minimum(risk.week // 13, max(0, panel.weeks // 13 - 1))
    columns += [(quarter == q).astype(float) for q in range(1, int(quarter.max(initial=0)) + 1)]
    columns.append(np.log1p(np.maximum(0, risk.week - np.floor(since[risk.spell]))))
    return np.column_stack([*columns, panel.controls[risk.account]])
