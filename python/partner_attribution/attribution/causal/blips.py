"""Effects from surprises: how much likelier a touch made the next move (g-estimation).

A structural nested model in its multiplicative form: a stock x of a player multiplies the chance of
a move by exp(b x). If b is right, what the players did can be taken away from every move that was
seen, as a weight exp(-b x), and what is left has nothing to do with the players' surprises. The
effects are those b for which that holds. Visits that touches caused need no control: the past
before each touch was controlled, what came after it was not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

Array = Any
_MOST = 4.0  # a stock of one that makes moves 55 times likelier is no finding
_WEAK = 0.05
_MOVES_PER_MOMENT = 10
_DO_SOMETHING = (0.1, 0.3)  # of all players
_APART = (0.8, 1.6)  # a stock of one that does something doubles the chance, or more
_ROUNDS = 100


@dataclass(frozen=True)
class Moves:
    """Moves seen. surprise: moves x moments, less their mean over all at risk. stock: moves x
    players. weight: of each move."""

    surprise: Array
    stock: Array
    weight: Array


@dataclass(frozen=True)
class Blips:
    """effect: of each player, signs free. noise: its covariance. misfit: how far the moments stay
    from zero (chi squared). freedom: moments that are more than there are players."""

    effect: Array
    noise: Array
    misfit: float
    freedom: int

    @property
    def misfit_each(self) -> float:
        """Per degree of freedom; where there is none, nothing can stay from zero."""
        return self.misfit / max(1, self.freedom)


def moments(players: int, moves: int) -> int:
    """How many moments per player so many moves can carry, 1 to 3."""
    return max(1, min(3, moves // (_MOVES_PER_MOMENT * players)))


def estimate_blips(moves: Moves, start: Array | None = None) -> Blips:
    """Generalised method of moments, each moment trusted as far as it is steady without effects.

    The trust stays as it is: weighed anew at every step, moments would seem the surer the more
    moves were explained away, and the largest effects always fit best.

    start: effects to begin with, of nearly the same moves; 0 if none are known.
    """
    players = moves.stock.shape[1]
    penalty = _WEAK * (np.eye(players) - 1 / players) + 1e-6 * np.eye(players)
    nothing = np.zeros(players)
    trust = np.linalg.inv(_spread(moves, nothing))
    effect = _solve(moves, nothing if start is None else start, trust, penalty)
    left, slope = _slope(moves, effect)
    inner = np.linalg.inv(slope.T @ trust @ slope + penalty)
    outer = slope.T @ trust @ _spread(moves, effect) @ trust @ slope + penalty
    return Blips(effect, inner @ outer @ inner, float(left @ trust @ left), len(left) - players)


def _left(moves: Moves, effect: Array) -> Array:
    """Mean surprise of what is left of the moves.

    A mean, not a sum: a sum would also vanish where nothing is left of any move.
    """
    left: Array = _kept(moves, effect) @ moves.surprise
    return left


def _slope(moves: Moves, effect: Array) -> tuple[Array, Array]:
    """`_left`, and its slope in the effects."""
    kept = _kept(moves, effect)
    left = kept @ moves.surprise
    heard = kept @ moves.stock
    slope = np.outer(left, heard) - (moves.surprise * kept[:, None]).T @ moves.stock
    return left, slope


def _kept(moves: Moves, effect: Array) -> Array:
    kept = moves.weight * np.exp(-np.clip(moves.stock @ effect, -8, 8))
    return kept / kept.sum()


def _spread(moves: Moves, effect: Array) -> Array:
    """Covariance of the mean surprise."""
    kept = _kept(moves, effect)
    around = (moves.surprise - kept @ moves.surprise) * kept[:, None]
    spread = around.T @ around
    ridge = 1e-6 * max(float(np.trace(spread)), 1e-12) / len(spread)
    return spread + ridge * np.eye(len(spread))


def _solve(moves: Moves, effect: Array, trust: Array, penalty: Array) -> Array:
    value = np.inf
    for _ in range(50):
        left, slope = _slope(moves, effect)
        value = float(left @ trust @ left + effect @ penalty @ effect)
        down = slope.T @ trust @ left + penalty @ effect
        curve = slope.T @ trust @ slope + penalty
        # An effect at its limit that would go on stays; a step cut there would lead uphill.
        free = ~((np.abs(effect) >= _MOST) & (effect * down < 0))
        step = np.zeros(len(effect))
        step[free] = -np.linalg.solve(curve[np.ix_(free, free)], down[free])
        size = min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-12))
        while size > 1e-4:
            new = np.clip(effect + size * step, -_MOST, _MOST)
            found = _left(moves, new)
            if float(found @ trust @ found + new @ penalty @ new) <= value + 1e-12:
                break
            size /= 2
        moved = float(np.abs(new - effect).max())
        effect = new
        if moved < 1e-7:
            break
    return effect


def at_limit(blips: Blips) -> bool:
    """True where an effect is as large as any may be: moves were taken away altogether."""
    return bool(np.abs(blips.effect).max() >= _MOST)


def shrunk(blips: Blips, guide: Array | None) -> Array:
    """Draw effects towards what they have in common as far as their noise asks for it, 0 or more.

    guide: effects on the accounts' own visits, far better known. Where effects on moves are in
    proportion to them, that is what players have in common; otherwise it is their mean. The
    likelihood of the effects found decides between the two, and how far they spread around it.
    """
    best: tuple[float, Array] | None = None
    columns = [np.ones(len(blips.effect))]
    if guide is not None and (guide > 0).any():
        columns.append(np.maximum(guide, 0.0))
    for column in columns:
        for variance in np.geomspace(1e-4, 4, 25):
            spread = blips.noise + variance * np.eye(len(blips.effect))
            inverse = np.linalg.inv(spread)
            size = max(
                0.0, float(column @ inverse @ blips.effect) / float(column @ inverse @ column)
            )
            rest = blips.effect - size * column
            likelihood = -0.5 * (float(np.linalg.slogdet(spread)[1]) + float(rest @ inverse @ rest))
            if best is None or likelihood > best[0] + 1e-9:
                best = (likelihood, size * column + variance * (inverse @ rest))
    assert best is not None
    return np.maximum(best[1], 0.0)


def picked_out(blips: Blips) -> Array:
    """Most players do nothing, a few do something: effects as likely under that, 0 or more.

    Each effect is 0, or normal around a common mean (spike and slab; Mitchell and Beauchamp 1988),
    averaged over how many do something, how far apart they are, and whether their mean is 0, as
    each explains what was found. By variational Bayes (Carbonetto and Stephens 2012).
    """
    players = len(blips.effect)
    likely, spread, centred = (
        one.ravel()[:, None] for one in np.meshgrid(_DO_SOMETHING, _APART, (True, False))
    )
    precise = np.linalg.inv(blips.noise)
    found = precise @ blips.effect
    size = np.array([0.0 if is_0 else _common(blips, s) for s, is_0 in np.c_[spread, centred]])
    mean = size[:, None]
    narrow = 1 / (np.diag(precise) + 1 / spread**2)  # variance of each effect that is not 0
    odds = (
        np.log(likely / (1 - likely)) + 0.5 * np.log(narrow / spread**2) - mean**2 / (2 * spread**2)
    )
    does = np.broadcast_to(likely, narrow.shape).copy()
    effect = np.broadcast_to(blips.effect, narrow.shape).copy()
    for _ in range(_ROUNDS):
        before = does * effect
        for j in range(players):
            product = does * effect
            others = product @ precise[j] - precise[j, j] * product[:, j]
            effect[:, j] = narrow[:, j] * (found[j] - others + mean[:, 0] / spread[:, 0] ** 2)
            known = odds[:, j] + effect[:, j] ** 2 / (2 * narrow[:, j])
            does[:, j] = expit(np.clip(known, -40, 40))
        if np.abs(does * effect - before).max() < 1e-7:
            break
    product = does * effect
    noise = does * (narrow + effect**2) - product**2
    explained = product @ found - 0.5 * (
        ((product @ precise) * product).sum(axis=1) + noise @ np.diag(precise)
    )
    # Divergence of what is believed of each effect from what was before.
    surely = np.clip(does, 1e-12, 1 - 1e-12)
    news = surely * np.log(surely / likely) + (1 - surely) * np.log((1 - surely) / (1 - likely))
    moved = np.log(spread**2 / narrow) + (narrow + (effect - mean) ** 2) / spread**2 - 1
    evidence = explained - (news + does * moved / 2).sum(axis=1)
    weight = np.exp(evidence - evidence.max())
    return np.maximum(weight @ product / weight.sum(), 0.0)


def _common(blips: Blips, spread: float) -> float:
    """Mean of the effects, each as sure as its noise and their spread let it be; 0 or more."""
    inverse = np.linalg.inv(blips.noise + spread**2 * np.eye(len(blips.effect)))
    return max(0.0, float((inverse @ blips.effect).sum()) / float(inverse.sum()))
