"""Each step of the funnel, fitted: what touches do to it, and how likely it is without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.special import expit

from partner_attribution.attribution.causal.blips import (
    Blips,
    estimate_blips,
    shrunk,
)
from partner_attribution.attribution.causal.logistic import fit
from partner_attribution.attribution.causal.panel import Panel
from partner_attribution.attribution.causal.risk import (
    Risk,
    control_columns,
    stock_at_moves,
    weeks_at_risk,
)
from partner_attribution.attribution.causal.settings import CausalSettings, NotEstimable
from partner_attribution.attribution.causal.stocks import saturated
from partner_attribution.attribution.causal.surprise import Evidence
from partner_attribution.attribution.causal.told import (
    Told,
    moves_by_delay,
    read_before,
    surprises_held,
    told_before,
)

Array = Any
_UNLIKELY = 0.03  # of the likeliest pair
_MOST_VISITS = 20_000  # account-weeks with visits are plenty


@dataclass(frozen=True)
class Step:
    """One transition of the funnel, fitted.

    delay: weeks by which its records were taken to be late.
    effect: log odds per unit of each player's saturated stock, 0 or more.
    heard: saturated stocks of each row. base: log odds of each row without any player.
    blips: effects before they were drawn together, on moves and on visits. controls: coefficients.
    """

    risk: Risk
    effect: Array
    heard: Array
    base: Array
    blips: tuple[Array, Array | None]
    controls: Array
    delay: int


@dataclass(frozen=True)
class Funnel:
    """All transitions up to the opportunity, with one memory and one saturation for all.

    share: how much it counts beside the other pairs; shares sum to 1.
    reached: spells x states of the funnel (start, ..., opportunity), in weeks.
    misfit: chi squared per degree of freedom of the moments that the effects could not bring to
        zero, over all steps; about 1 where surprises are chance. None where none was left over.
    """

    steps: tuple[Step, ...]
    reached: Array
    half_life: float
    saturation: float
    share: float
    misfit: float | None


@dataclass(frozen=True)
class _Grounds:
    """What the effects of one step are learned from, under any memory.

    controls: columns of each row of risk.
    moves: under each delay. visits: the account's own, made during the step.
    """

    risk: Risk
    controls: Array
    moves: tuple[Told, ...]
    visits: Told


@dataclass(frozen=True)
class _Effects:
    """Effects of one step under one memory.

    delay: the one taken. effect: drawn together. of_moves, of_visits: as found; None = too few
    visits. unexplained: misfit of moves and visits.
    """

    delay: int
    effect: Array
    of_moves: Blips
    of_visits: Array | None
    unexplained: float


def fit_funnels(
    panel: Panel,
    evidence: Evidence,
    columns: Sequence[int],
    settings: CausalSettings,
    near: Sequence[Funnel] = (),
) -> tuple[Funnel, ...]:
    """Fit every step on each pair of the grid; pairs count by how little they leave unexplained.

    columns: states of the method, as columns of `panel.reached`.
    near: found from nearly the same data, as with a group of accounts more. Only its pairs are
        tried, and its effects are where the search begins.

    Which pair is right is hardly ever clear, and the baseline hangs on it: taking the likeliest
    alone would let it jump with a few deals more.
    """
    reached = np.column_stack([panel.spell_start, panel.reached[:, list(columns)]])
    grounds = [
        _grounds(panel, evidence, columns, k, reached, settings) for k in range(len(columns))
    ]
    starts: list[Sequence[Step | None]] = [one.steps for one in near]
    pairs = [(one.half_life, one.saturation) for one in near]
    if not near:
        pairs = list(product(settings.half_lives_weeks, settings.saturations))
        starts = [[None] * len(columns)] * len(pairs)
    tried = []
    for (half_life, saturation), steps in zip(pairs, starts, strict=True):
        before = panel.stock(half_life)
        tried.append(
            [
                _effects(ground, before, saturation, step, settings)
                for ground, step in zip(grounds, steps, strict=True)
            ]
        )
    share = likelihood(np.array([sum(one.unexplained for one in found) for found in tried]))
    return tuple(
        _funnel(panel, grounds, reached, pairs[n], tried[n], float(share[n]), starts[n])
        for n in np.flatnonzero(share)
    )


def likelihood(misfit: Array) -> Array:
    """Weight of each pair, from chi squared; the unlikely are left out."""
    weight = np.exp(-(misfit - misfit.min()) / 2)
    weight[weight < _UNLIKELY] = 0.0
    # Rounded, so that a sum taken in another order by another machine changes nothing below.
    share: Array = np.round(weight / weight.sum(), 6)
    return share / share.sum()


def _funnel(  # noqa: PLR0917
    panel: Panel,
    grounds: Sequence[_Grounds],
    reached: Array,
    pair: tuple[float, float],
    found: Sequence[_Effects],
    share: float,
    starts: Sequence[Step | None],
) -> Funnel:
    steps = tuple(_step(panel, *one, pair) for one in zip(grounds, found, starts, strict=True))
    freedom = sum(one.of_moves.freedom for one in found)
    left = sum(one.of_moves.misfit for one in found)
    return Funnel(steps, reached, *pair, share, left / freedom if freedom else None)


def _grounds(  # noqa: PLR0917
    panel: Panel,
    evidence: Evidence,
    columns: Sequence[int],
    k: int,
    reached: Array,
    settings: CausalSettings,
) -> _Grounds:
    risk = weeks_at_risk(panel, reached[:, k], reached[:, k + 1], settings)
    _check_variation(panel, risk)
    stage = evidence.stages.stage
    # Recorded stages are no stage yet, lead, MQL: stage s has reached all columns below s.
    step = np.searchsorted(np.array(columns) + 1, stage, side="right")
    inside = (stage >= 0) & (step == k)
    own = panel.delivered[:, :, -1]
    found = np.argwhere(inside & (own > 0))
    account, week = found[:: max(1, len(found) // _MOST_VISITS)].T
    moved = np.flatnonzero(risk.moved & risk.first & ~_in_passing(reached, k)[risk.spell])
    events = (risk.account[moved], risk.week[moved], risk.weight[moved])
    read = read_before(inside.shape, *events[:2], (0, *settings.delays_weeks))
    read[account, week] = True
    held = surprises_held(evidence.surprise, inside, panel.weight, len(moved), read)
    visits = told_before(held, account, week, own[account, week] * panel.weight[account])
    moves = moves_by_delay(held, inside, events, settings)
    if not moves:
        count = len(told_before(held, *events).week)
        raise NotEstimable(
            f"{count} moves tell of touches, at least {settings.minimum_transitions} are "
            "needed: the others came in an account's first week, after an earlier deal or in one "
            "record with the next state"
        )
    controls = control_columns(panel, risk, reached[:, k], settings)
    return _Grounds(risk, controls, moves, visits)


def _in_passing(reached: Array, k: int) -> Array:
    """Spells whose step k is on record only with the step after it: made before, nobody knows when.

    The touches of the state in between, often for weeks, would seem to have caused it.
    """
    if k + 2 >= reached.shape[1]:
        return np.zeros(len(reached), dtype=bool)
    together: Array = reached[:, k + 1] == reached[:, k + 2]
    return together


def _effects(
    ground: _Grounds,
    before: Array,
    saturation: float,
    near: Step | None,
    settings: CausalSettings,
) -> _Effects:
    """Effects of one step under one memory. Visits count as if there were as many as moves."""
    start_of_moves, start_of_visits = near.blips if near else (None, None)
    delay, count, found = _timely(
        [one for one in ground.moves if not near or one.delay == near.delay] or ground.moves[:1],
        before,
        saturation,
        start_of_moves,
        settings,
    )
    seen = len(ground.visits.week)
    if seen < count:
        return _Effects(delay, np.round(shrunk(found, None), 6), found, None, found.misfit)
    guide = estimate_blips(ground.visits.moves(before, saturation), start_of_visits)
    # Rounded, so that a sum taken in another order by another machine changes nothing below.
    effect = np.round(shrunk(found, guide.effect), 6)
    unexplained = found.misfit + guide.misfit * count / seen
    return _Effects(delay, effect, found, guide.effect, unexplained)


def _timely(
    moves: Sequence[Told],
    before: Array,
    saturation: float,
    start: Array | None,
    settings: CausalSettings,
) -> tuple[int, int, Blips]:
    """The shortest delay under which surprises fit, its moves, and the effects; or the best.

    A touch that a move drew seems to come before it as long as the record of the move is awaited.
    """
    best: tuple[float, int, int, Blips] | None = None
    for one in moves:
        found = estimate_blips(one.moves(before, saturation), start)
        left = found.misfit_each
        if best is None or left < best[0]:
            best = (left, one.delay, len(one.week), found)
        if left <= settings.misfit:
            break
    assert best is not None
    return best[1:]


def _check_variation(panel: Panel, risk: Risk) -> None:
    """Refuse where nothing varies, or where touches and moves are one and the same."""
    if not risk.moved.any() or risk.moved.all():
        raise NotEstimable("no account at risk stayed where it was, or none moved on")
    touched = panel.delivered[:, :, :-1].sum(axis=2)
    now = touched[risk.account, risk.week] > 0
    if not now.any() or now.all():
        raise NotEstimable("every account at risk had touches in every week, or none had any")
    seen = (touched.cumsum(axis=1) > 0)[risk.account, risk.week]
    if seen[risk.moved].all() and not seen[~risk.moved].any():
        raise NotEstimable("touches separate those that moved on from all others")


def _step(
    panel: Panel,
    ground: _Grounds,
    found: _Effects,
    near: Step | None,
    pair: tuple[float, float],
) -> Step:
    """What each row heard, and how likely its move was without any player."""
    half_life, saturation = pair
    risk, controls, effect = ground.risk, ground.controls, found.effect
    before = panel.stock(half_life)
    at_start = saturated(before[risk.account, risk.week].astype(float), saturation)
    penalty = np.eye(controls.shape[1])
    penalty[0, 0] = 0.0
    slopes, _ = fit(
        controls,
        risk.moved.astype(float),
        risk.weight,
        penalty,
        offset=at_start @ effect,
        start=near.controls if near else None,
    )
    heard = saturated(stock_at_moves(panel, before, risk, half_life), saturation)
    base = controls @ slopes
    base = np.round(base + _shift(base + heard @ effect, risk), 6)
    blips = (found.of_moves.effect, found.of_visits)
    return Step(risk, effect, heard, base, blips, slopes, found.delay)


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
