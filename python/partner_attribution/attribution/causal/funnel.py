"""From effects on each step of the funnel to expected deals of any coalition, deal by deal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from partner_attribution.attribution.causal.logistic import curvature, fit, shrink_to_mean
from partner_attribution.attribution.causal.panel import Panel
from partner_attribution.attribution.causal.risk import (
    Risk,
    control_columns,
    saturated,
    stock_at,
    stock_at_week_start,
    weeks_at_risk,
)
from partner_attribution.attribution.causal.settings import CausalSettings, NotEstimable

Array = Any
_WIN_SHRINKAGE = (
    100.0  # few deals close: what touches before creation do to winning is mostly noise
)
_FIRST_STRENGTH = 1.0
_WEAK = 0.05
# Players do differ: a spread below this would be the noise's, and all would look alike.
_LEAST_VARIANCE = 0.25
_COARSE = 1e-3  # close enough to compare likelihoods; what is kept is fitted again


@dataclass(frozen=True)
class Step:
    """One transition of the funnel, fitted.

    effect: log odds per unit of each player's saturated stock, 0 or more.
    heard: saturated stocks of each row. base: log odds of each row without any player.
    """

    risk: Risk
    effect: Array
    heard: Array
    base: Array


@dataclass(frozen=True)
class Funnel:
    """All transitions up to the opportunity, with one memory and one saturation for all.

    reached: spells x states of the funnel (start, ..., opportunity), in weeks.
    log_likelihood: of all steps under the chosen pair of the grid.
    """

    steps: tuple[Step, ...]
    reached: Array
    half_life: float
    saturation: float
    log_likelihood: float


def fit_funnel(panel: Panel, reached: Array, settings: CausalSettings) -> Funnel:
    """Fit every step on each pair of the grid and keep the likeliest pair.

    reached: spells x states, the first column the start of the time at risk.
    """
    risks, controls = [], []
    for k in range(reached.shape[1] - 1):
        risk = weeks_at_risk(panel, reached[:, k], reached[:, k + 1], settings)
        _check_variation(panel, risk)
        risks.append(risk)
        controls.append(control_columns(panel, risk, reached[:, k], settings))
    best: tuple[float, float, float, list[Any]] | None = None
    starts: list[Array | None] = [None] * len(risks)
    for half_life in settings.half_lives_weeks:
        before = stock_at_week_start(panel.delivered[:, :, :-1], half_life)
        stocks = [_stocks(panel, before, risk, half_life, settings) for risk in risks]
        for saturation in settings.saturations:
            designs = [
                _design(z, *(saturated(part, saturation) for part in stock))
                for z, stock in zip(controls, stocks, strict=True)
            ]
            fits = [
                _fit_step(
                    design, risk, _FIRST_STRENGTH, bounded=True, start=start, tolerance=_COARSE
                )
                for design, risk, start in zip(designs, risks, starts, strict=True)
            ]
            starts = [b for b, _ in fits]
            total = sum(log_likelihood for _, log_likelihood in fits)
            if best is None or total > best[0] + 1e-6:
                found = list(zip(designs, (b for b, _ in fits), strict=True))
                best = (total, half_life, saturation, found)
    assert best is not None
    steps = tuple(
        _step(risk, z, design, start)
        for risk, z, (design, start) in zip(risks, controls, best[3], strict=True)
    )
    return Funnel(steps, reached, best[1], best[2], best[0])


def _check_variation(panel: Panel, risk: Risk) -> None:
    """Refuse where every move had touches and no other week had, or nobody had any."""
    seen = panel.delivered[:, :, :-1].sum(axis=2).cumsum(axis=1) > 0
    touched = seen[risk.account, risk.week]
    if not risk.moved.any() or risk.moved.all():
        raise NotEstimable("no account at risk stayed where it was, or none moved on")
    if not touched.any() or touched.all():
        raise NotEstimable("every account at risk had touches in every week, or none had any")
    if touched[risk.moved].all() and not touched[~risk.moved].any():
        raise NotEstimable("touches separate those that moved on from all others")


def _stocks(
    panel: Panel, before: Array, risk: Risk, half_life: float, settings: CausalSettings
) -> tuple[Array, Array]:
    columns = np.arange(len(panel.players))
    whole = stock_at(panel, before, risk, half_life, columns)
    old = stock_at(panel, before, risk, half_life, columns, settings.washout_weeks)
    return whole, np.minimum(old, whole)


@dataclass(frozen=True)
class _Design:
    x: Array  # controls, recent part of the stocks, older part
    players: Array  # columns of the older part
    heard: Array  # whole stocks


def _design(controls: Array, whole: Array, old: Array) -> _Design:
    x = np.column_stack([controls, whole - old, old])
    return _Design(x, np.arange(x.shape[1] - whole.shape[1], x.shape[1]), whole)


def _fit_step(
    design: _Design,
    risk: Risk,
    strength: float,
    *,
    bounded: bool,
    start: Array | None = None,
    tolerance: float = 1e-8,
) -> tuple[Array, float]:
    penalty = np.eye(design.x.shape[1])
    penalty[0, 0] = 0.0
    players = design.players
    penalty[np.ix_(players, players)] = shrink_to_mean(len(players), strength)
    limits = players if bounded else np.array([], dtype=int)
    return fit(design.x, risk.moved.astype(float), risk.weight, penalty, limits, start, tolerance)


def _step(risk: Risk, controls: Array, design: _Design, start: Array) -> Step:
    """Shrink the players' effects to their mean as far as their own spread asks for it."""
    players = design.players
    free, _ = _fit_step(design, risk, _WEAK, bounded=False, start=start)
    strength = _strength(free, design, risk)
    bounded, _ = _fit_step(design, risk, strength, bounded=True, start=start)
    loose, _ = _fit_step(design, risk, strength, bounded=False, start=bounded)
    effect = bounded[players]
    # Noise below zero was cut off, above it was not: bring the sum back to what it was.
    old = design.x[risk.moved][:, players]
    total, cut = float((old @ loose[players]).sum()), float((old @ effect).sum())
    if cut > 0:
        effect = effect * min(1.0, max(0.3, total / cut))
    # Rounded, so that a sum taken in another order by another machine changes nothing below.
    effect = np.round(effect, 6)
    base = controls @ bounded[: controls.shape[1]]
    base = np.round(base + _shift(base + design.heard @ effect, risk), 6)
    return Step(risk, effect, design.heard, base)


def _strength(free: Array, design: _Design, risk: Risk) -> float:
    """1 / variance of the effects around their mean, by the largest evidence (empirical Bayes)."""
    players = design.players
    count = len(players)
    others = np.setdiff1d(np.arange(len(free)), players)
    ridge = np.eye(len(others))
    ridge[0, 0] = 1e-9
    full = curvature(design.x, risk.weight, free)
    cross = full[np.ix_(others, players)]
    inner = full[np.ix_(others, others)] + ridge
    known = full[np.ix_(players, players)] - cross.T @ np.linalg.solve(inner, cross)
    noise = np.linalg.inv(known + 1e-6 * np.eye(count))
    mean = noise @ ((known + shrink_to_mean(count, _WEAK)) @ free[players])
    ones = np.ones(count)
    best, chosen = -np.inf, 1.0
    for variance in np.geomspace(_LEAST_VARIANCE, 10, 20):
        spread = noise + variance * np.eye(count)
        inverse = np.linalg.inv(spread)
        weight = float(ones @ inverse @ ones)
        rest = mean - max(0.0, float(ones @ inverse @ mean) / weight)
        evidence = -0.5 * (
            float(np.linalg.slogdet(spread)[1]) + float(rest @ inverse @ rest) + np.log(weight)
        )
        if evidence > best + 1e-9:
            best, chosen = evidence, 1 / float(variance)
    return chosen


def _shift(eta: Array, risk: Risk) -> float:
    """What to add to all log odds so that as many moves are expected as were seen."""
    shift = 0.0
    for _ in range(100):
        p = expit(eta + shift)
        spread = float((risk.weight * p * (1 - p)).sum())
        if spread <= 0:
            break
        change = float((risk.weight * (p - risk.moved)).sum()) / spread
        shift -= max(-1.0, min(1.0, change))
        if abs(change) < 1e-10:
            break
    return shift


def kept_deals(funnel: Funnel, deals: Array, lists: Array, ends: float) -> Array:
    """Chance that each deal had come with each coalition alone, given that it came with everyone.

    deals: spells that ended in a deal. lists: coalitions x players. ends: weeks by which a later
    opportunity would still have counted.

    Along the deal's own history every step is kept with the ratio of its hazards. Where it is lost
    the account stays in its state and may still move on later, at what is usual there.
    """
    usual = [_usual_hazard(step, lists) for step in funnel.steps]
    later = _later(usual, int(np.ceil(ends)) + 1)
    kept = np.ones((len(deals), len(lists)))
    recovered = np.zeros_like(kept)
    for k, step in enumerate(funnel.steps):
        row = _rows_of_moves(step.risk, deals)
        base, heard = step.base[row], step.heard[row] * step.effect
        ratio = _ratio(base, heard, lists)
        ratio[row < 0] = 1.0  # the time at risk began in this state
        left = np.floor(ends - funnel.reached[deals, k + 1]).astype(int)
        left = np.clip(left, 0, len(later[k]) - 1)
        recovered += kept * (1 - ratio) * later[k][left]
        kept = kept * ratio
    return kept + recovered


def _usual_hazard(step: Step, lists: Array) -> Array:
    """Weekly chance to move on per coalition, over all who could, raised towards those who did."""
    every = max(1, len(step.base) // 3000)
    base, heard = step.base[::every], step.heard[::every] * step.effect
    weight = step.risk.weight[::every]
    usual = weight @ expit(base[:, None] + heard @ lists.T) / weight.sum()
    p = expit(step.base)
    likelier = float(p[step.risk.moved].mean() / (step.risk.weight @ p / step.risk.weight.sum()))
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


def _ratio(base: Array, gain: Array, lists: Array) -> Array:
    """Chance with each coalition over the chance with everyone."""
    return expit(base[:, None] + gain @ lists.T) / expit(base + gain.sum(axis=1))[:, None]


def win_ratios(
    panel: Panel, funnel: Funnel, lists: Array, deals: Array, settings: CausalSettings
) -> Array:
    """What remains of each deal's chance to be won with each coalition, once it is created.

    Learned from closed deals on the stocks at creation, strongly shrunk; 1 where none was lost.
    """
    opportunity = panel.spell_opportunity
    has_deal = np.flatnonzero(opportunity >= 0)
    won = np.isfinite(panel.opportunity_won[opportunity[has_deal]])
    lost = np.isfinite(panel.opportunity_lost[opportunity[has_deal]])
    closed = has_deal[won | lost]
    y: Array = won[won | lost]
    if y.all() or min(int(y.sum()), int((~y).sum())) < settings.minimum_transitions:
        return np.ones((len(deals), len(lists)))
    at = funnel.reached[closed, -1]
    risk = Risk(
        closed,
        panel.spell_account[closed],
        np.floor(at).astype(int),
        np.ones(len(at), bool),
        at,
        np.ones(len(at)),
    )
    before = stock_at_week_start(panel.delivered[:, :, :-1], funnel.half_life)
    columns = np.arange(len(panel.players))
    heard = saturated(stock_at(panel, before, risk, funnel.half_life, columns), funnel.saturation)
    controls = control_columns(panel, risk, funnel.reached[:, 0], settings)
    x = np.column_stack([controls, heard])
    players = np.arange(controls.shape[1], x.shape[1])
    penalty = np.eye(x.shape[1])
    penalty[0, 0] = 0.0
    penalty[players, players] = _WIN_SHRINKAGE
    found, _ = fit(x, y.astype(float), risk.weight, penalty, players)
    b: Array = np.round(found, 6)
    place = {spell: i for i, spell in enumerate(closed)}
    rows = np.array([place[spell] for spell in deals], dtype=int)
    base = np.round(controls[rows] @ b[: controls.shape[1]], 6)
    gain = heard[rows] * b[players]
    return _ratio(base, gain, lists)
