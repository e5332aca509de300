"""What reached an account beyond what its past had led to expect.

Players go where interest is: a touch follows visits, stages and other touches. What is left of a
week's touches once the account's own past, its stage and the week are taken away is as good as
chance, if all that players react to is on record. Only that part teaches the effects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from partner_attribution.attribution.causal.panel import Panel, ranges
from partner_attribution.attribution.causal.stocks import a_week_later, by_weeks

Array = Any
_ORGANIC_MEMORIES = (0.5, 1.5, 3.0, 6.0, 16.0)  # half-lives in weeks
_PLAYER_MEMORIES = (1.0, 6.0)
_RIDGE = 10.0  # in rows: holds columns that hardly vary


@dataclass(frozen=True)
class Stages:
    """Recorded stage of each account in each week: accounts x weeks.

    stage: -1 = not at risk (not known yet, a deal is open) or not on record (back from a deal),
        0 = no stage yet, then lead, MQL.
    age: weeks since the stage began.
    """

    stage: Array
    age: Array


@dataclass(frozen=True)
class Evidence:
    """What the effects are learned from: the same for all methods."""

    stages: Stages
    surprise: Array


def evidence_of(panel: Panel) -> Evidence:
    """Return recorded stages and surprises of a panel."""
    stages = recorded_stages(panel)
    return Evidence(stages, surprises(panel, stages))


def recorded_stages(panel: Panel) -> Stages:
    """Lay the spells out by week; a week belongs to the stage in which it began."""
    accounts, weeks = panel.delivered.shape[:2]
    stage, age = by_weeks(accounts, weeks, fill=-1, kind=np.int8), by_weeks(accounts, weeks)
    known = ~panel.spell_returns  # the first spell of each account
    account = panel.spell_account[known]
    times = np.column_stack([panel.spell_start, panel.reached])[known]
    for number in range(times.shape[1] - 1):
        begins, ends = times[:, number], np.minimum(times[:, number + 1], panel.end)
        some = np.flatnonzero(begins < panel.end)
        # An account is at risk from the week on in which it became known.
        first = np.floor(begins[some]) if number == 0 else np.ceil(begins[some])
        row, week = ranges(first.astype(int), np.maximum(first, np.ceil(ends[some])).astype(int))
        stage[account[some][row], week] = number
        age[account[some][row], week] = week - first[row]
    return Stages(stage, age)


def surprises(panel: Panel, stages: Stages) -> Array:
    """Return accounts x weeks x players: touches less those that the account's past foretold.

    One linear regression per player on the past, within each week: what a campaign does to all
    accounts at once is no surprise. A week in which a player is busier stretches its whole
    pattern. Zero where the account was not at risk.
    """
    players = len(panel.players)
    at_risk = stages.stage >= 0
    touches = panel.delivered[:, :, :players]
    weight = np.where(at_risk, panel.weight[:, None], 0.0)
    mean = np.einsum("aw,awp->p", weight, touches) / max(weight.sum(), 1e-9)
    level = np.einsum("aw,awp->wp", weight, touches) / np.maximum(weight.sum(axis=0), 1e-9)[:, None]
    level = level / np.maximum(mean, 1e-12)
    gram, cross = _sums(panel, stages, touches, level)
    slopes = np.zeros(cross.shape)
    for player in range(players):
        ridge = _RIDGE * np.maximum(np.diag(gram[player]) / max(at_risk.sum(), 1), 1e-9)
        slopes[:, player] = np.linalg.solve(gram[player] + np.diag(ridge), cross[:, player])
    surprise = np.zeros_like(touches)
    for week, rows, past in _past(panel, stages):
        foretold = level[week] * (mean + past @ slopes)
        surprise[rows, week] = touches[rows, week] - foretold
    return surprise


def _sums(panel: Panel, stages: Stages, touches: Array, level: Array) -> tuple[Array, Array]:
    """Normal equations of all players: a week weighs by how busy the player was in it."""
    players = touches.shape[2]
    gram: Array = 0.0
    cross: Array = 0.0
    for week, rows, past in _past(panel, stages):
        weighed = past * panel.weight[rows][:, None]
        inner = weighed.T @ past
        gram = gram + level[week][:, None, None] * inner
        cross = cross + weighed.T @ touches[rows, week]
    if np.ndim(gram) == 0:
        return np.zeros((players, 0, 0)), np.zeros((0, players))
    return gram, cross


def _past(panel: Panel, stages: Stages) -> Iterator[tuple[int, Array, Array]]:
    """For each week its accounts at risk, and their past at its start, less the week's mean."""
    count, weeks, columns = panel.delivered.shape
    players = columns - 1
    organic = [np.zeros(count, np.float32) for _ in _ORGANIC_MEMORIES]
    stocks = [np.zeros((count, players), np.float32) for _ in _PLAYER_MEMORIES]
    for week in range(weeks):
        rows = np.flatnonzero(stages.stage[:, week] >= 0)
        if len(rows) > 1 and panel.weight[rows].any():
            past = _columns(panel, stages, week, rows, organic, stocks)
            share = panel.weight[rows] / panel.weight[rows].sum()
            yield week, rows, past - share @ past
        seen = panel.delivered[:, week]
        organic = [
            a_week_later(stock, seen[:, players], memory)
            for stock, memory in zip(organic, _ORGANIC_MEMORIES, strict=True)
        ]
        stocks = [
            a_week_later(stock, seen[:, :players], memory)
            for stock, memory in zip(stocks, _PLAYER_MEMORIES, strict=True)
        ]


def _columns(  # noqa: PLR0917
    panel: Panel,
    stages: Stages,
    week: int,
    rows: Array,
    organic: list[Array],
    stocks: list[Array],
) -> Array:
    visits = [np.log1p(stock[rows]) for stock in organic]
    columns = [*visits, *(np.sqrt(stock[rows]) for stock in organic)]
    columns += [a * b for i, a in enumerate(visits) for b in visits[i:]]
    age = np.log1p(stages.age[rows, week])
    columns += [age, np.log1p(np.maximum(week - np.floor(panel.entered[rows]), 0))]
    for number in (1, 2):
        inside = (stages.stage[rows, week] == number).astype(float)
        columns += [inside, inside * age, inside * visits[1]]
    heard = [np.log1p(stock[rows]) for stock in stocks]
    return np.column_stack([*columns, *heard, panel.controls[rows]])
