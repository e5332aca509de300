"""From the opportunity to the win: what touches before it did, and those made while it was open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from scipy.special import chdtrc, log_ndtr

from partner_attribution.attribution.causal.blips import Blips, at_limit, estimate_blips, picked_out
from partner_attribution.attribution.causal.funnel import Funnel, likelihood
from partner_attribution.attribution.causal.kept import by_blocks, ratio
from partner_attribution.attribution.causal.logistic import fit
from partner_attribution.attribution.causal.panel import Panel
from partner_attribution.attribution.causal.risk import Risk, control_columns, stock_at_moves
from partner_attribution.attribution.causal.settings import CausalSettings
from partner_attribution.attribution.causal.stocks import saturated
from partner_attribution.attribution.causal.surprise import Stages, surprises
from partner_attribution.attribution.causal.told import (
    Told,
    moves_by_delay,
    read_before,
    surprises_held,
    usually_late,
)

Array = Any
_WIN_SHRINKAGE = (
    100.0  # few deals close: what touches before creation do to winning is mostly noise
)
_TIMES_OPEN = 3  # deals must be open for longer than a delay: few others are left to compare with
_SOME = 3000  # open weeks are plenty to say what is usual
_NOTHING = 0.95  # chances above tell as little
_LONGEST = 6.0  # weeks of memory: deals are open for some weeks only


@dataclass(frozen=True)
class Memory:
    """Effects on the win under one memory and saturation.

    share: how much it counts beside the others; shares sum to 1. effect: log of the chance per unit
    of each player's saturated stock, 0 or more. start: the effects as found.
    """

    half_life: float
    saturation: float
    share: float
    effect: Array
    start: Array


@dataclass(frozen=True)
class OpenWeeks:
    """The weeks in which deals were open: a panel of their accounts, with all touches.

    place: of each account of the whole panel in this one, -1 = it has no deal.
    spell: accounts x weeks, whose deal was open; -1 = none.
    """

    panel: Panel
    place: Array
    spell: Array

    @property
    def weeks_open(self) -> float:
        """Mean of all deals that were open for any."""
        return float(self.inside.sum()) / max(1, len(np.unique(self.spell[self.inside])))

    @property
    def inside(self) -> Array:
        """Accounts x weeks."""
        return self.spell >= 0

    def weighed(self, weight: Array) -> OpenWeeks:
        """The same weeks, and the stocks in them, under other weights of all accounts."""
        return replace(self, panel=replace(self.panel, weight=weight[self.place >= 0]))


@dataclass(frozen=True)
class Closing:
    """What touches do to an open deal. delay: weeks by which wins were taken to be late. at_risk:
    the open weeks that it was learned from."""

    delay: int
    memories: tuple[Memory, ...]
    at_risk: OpenWeeks


def fit_closing(
    panel: Panel, settings: CausalSettings, near: Closing | None = None
) -> Closing | None:
    """Learn from open deals, week by week, which of them touches brought nearer to the win.

    near: found from this panel under nearly the same weights. Only its delay and memories are
        fitted then, in its open weeks.

    Returns None where the data do not say that touches did anything: surprises do not fit under any
    delay, or would move as many deals by luck (`closing_evidence`, for all delays together).
    Of the delays under which they fit, the one with the most evidence is taken.
    """
    at_risk = near.at_risk.weighed(panel.weight) if near else open_weeks(panel)
    events = _wins(panel, at_risk)
    if len(events[0]) < settings.minimum_transitions:
        return None
    age = np.where(at_risk.inside, _weeks_open(at_risk.spell), 0).astype(np.float32)
    stage = np.where(at_risk.inside, 0, -1).astype(np.int8)
    surprise = surprises(at_risk.panel, Stages(stage, age))
    read = read_before(at_risk.inside.shape, *events[:2], settings.delays_weeks)
    weight = at_risk.panel.weight
    held = surprises_held(surprise, at_risk.inside, weight, len(events[0]), read)
    delays = moves_by_delay(held, at_risk.inside, events, settings)
    if near:
        own = [one for one in delays if one.delay == near.delay]
        pairs = [(one.half_life, one.saturation, one.start) for one in near.memories]
        again = _memories(at_risk.panel, own[0], pairs)[1] if own else ()
        return Closing(near.delay, again, at_risk) if again else None
    lives = [one for one in settings.half_lives_weeks if one <= _LONGEST]
    grid = [(*pair, None) for pair in product(lives, settings.saturations)]
    best: tuple[float, Closing] | None = None
    tried: list[float] = []
    for told in delays:
        if told.delay * _TIMES_OPEN > at_risk.weeks_open:
            break
        luck, memories = _memories(at_risk.panel, told, grid, settings.misfit)
        if not memories:
            continue
        tried += luck
        if best is None or min(luck) < best[0]:
            best = (min(luck), Closing(told.delay, memories, at_risk))
    if best is None or together(tried) > settings.closing_evidence:
        return None
    return best[1]


def _memories(
    panel: Panel,
    told: Told,
    pairs: Sequence[tuple[float, float, Array | None]],
    misfit: float = np.inf,
) -> tuple[tuple[float, float], tuple[Memory, ...]]:
    """Effects under each pair, as they fit, and how likely luck alone would do as much: to all
    players together, and to the one that stands out most.

    None where no pair fits, or fits but by taking deals away altogether.
    """
    found: list[tuple[float, float, Blips]] = []
    for half_life, saturation, start in pairs:
        blips = estimate_blips(told.moves(panel.stock(half_life), saturation), start)
        if not at_limit(blips):
            found.append((half_life, saturation, blips))
    if min((one.misfit_each for *_, one in found), default=np.inf) > misfit:
        return (1.0, 1.0), ()
    share = likelihood(np.array([one.misfit for *_, one in found])) if found else ()
    memories = tuple(
        Memory(half_life, saturation, float(part), np.round(picked_out(one), 6), one.effect)
        for (half_life, saturation, one), part in zip(found, share, strict=True)
        if part
    )
    luck = share @ np.array([_luck(one) for *_, one in found]) if found else np.ones(2)
    return (float(luck[0]), float(luck[1])), memories


def _luck(blips: Blips) -> tuple[float, float]:
    """Chances that luck alone brings effects as large: chi squared of all; the largest (Sidak).

    Where one of many players does something, the others hide it from the first.
    """
    size = blips.effect @ np.linalg.solve(blips.noise, blips.effect)
    largest = (blips.effect / np.sqrt(np.diag(blips.noise))).max()
    players = len(blips.effect)
    return float(chdtrc(players, size)), float(-np.expm1(players * log_ndtr(largest)))


def together(chances: Sequence[float]) -> float:
    """One chance for several looks at the same deals (Cauchy combination; Liu and Xie 2020).

    A look that sees nothing at all takes no more away than one that sees next to nothing.
    """
    # By hand, as of the other two: scipy.stats costs each build most of a second to import.
    middle = (1 / np.tan(np.pi * np.clip(chances, 1e-12, _NOTHING))).mean()
    return float(np.arctan2(1, middle) / np.pi)


def open_weeks(panel: Panel) -> OpenWeeks:
    """A deal is open from the week after its creation to that of its close."""
    spells = np.flatnonzero(panel.spell_opportunity >= 0)
    created = panel.reached[spells, 2]
    spells = spells[np.isfinite(created) & (created < panel.end)]
    deal = panel.spell_opportunity[spells]
    closed = np.minimum(panel.opportunity_won[deal], panel.opportunity_lost[deal])
    last = np.floor(np.minimum(closed, np.nextafter(panel.end, 0))).astype(int)
    accounts = np.unique(panel.spell_account[spells])
    place = np.full(len(panel.weight), -1)
    place[accounts] = np.arange(len(accounts))
    spell = np.full((len(accounts), panel.weeks), -1)
    for one, until in zip(spells, last, strict=True):
        first = int(np.ceil(panel.reached[one, 2]))
        spell[place[panel.spell_account[one]], first : until + 1] = one
    while_open = panel.while_open.by_week(*panel.delivered.shape)[accounts]
    of_deals = replace(
        panel,
        delivered=panel.delivered[accounts] + while_open,
        entered=panel.entered[accounts],
        controls=panel.controls[accounts],
        weight=panel.weight[accounts],
        stocks={},
    )
    return OpenWeeks(of_deals, place, spell)


def _weeks_open(spell: Array) -> Array:
    """Weeks since each deal opened: accounts x weeks."""
    age = np.zeros(spell.shape, dtype=int)
    for week in range(1, spell.shape[1]):
        age[:, week] = (age[:, week - 1] + 1) * (spell[:, week] == spell[:, week - 1])
    return age


def _wins(panel: Panel, at_risk: OpenWeeks) -> tuple[Array, Array, Array]:
    """Account, week and weight of each win of a deal that was open in that week."""
    spells = np.flatnonzero(panel.spell_opportunity >= 0)
    won = panel.opportunity_won[panel.spell_opportunity[spells]]
    spells, won = spells[won < panel.end], won[won < panel.end]
    account, week = at_risk.place[panel.spell_account[spells]], np.floor(won).astype(int)
    kept = (account >= 0) & (at_risk.spell[account, week] == spells)
    account, week = account[kept], week[kept]
    return account, week, at_risk.panel.weight[account]


def kept_wins(panel: Panel, closing: Closing, lists: Array, deals: Array) -> Array:
    """Chance that each won deal had been won with each coalition, given that it was created.

    deals: spells. A win that a coalition would have missed when it came may still have come later,
    if the deal was not lost before.
    """
    at_risk = closing.at_risk
    inside, weight = at_risk.inside, at_risk.panel.weight
    weeks = float(weight @ inside.sum(axis=1))
    account, week, wins = _wins(panel, at_risk)
    won = float(wins.sum()) / weeks
    lost = _losses(panel, at_risk) / weeks
    some = np.argwhere(inside)[:: max(1, int(inside.sum()) // _SOME)].T
    account = at_risk.place[panel.spell_account[deals]]
    closed = panel.opportunity_won[panel.spell_opportunity[deals]]
    last = np.floor(closed).astype(int)
    first = np.minimum(np.ceil(panel.reached[deals, 2]), last)
    week = np.maximum(last - usually_late(closing.delay), first)
    week = week.astype(int)
    left = np.maximum(panel.end - closed, 0)[:, None]
    shares: list[tuple[float, Array, Array]] = []
    for memory in closing.memories:
        stock = at_risk.panel.stock(memory.half_life)
        heard = saturated(stock[account, week].astype(float), memory.saturation) * memory.effect
        usual = saturated(stock[tuple(some)].astype(float), memory.saturation) * memory.effect
        of = weight[some[0]]
        slower = of @ np.exp(usual @ lists.T) / (of @ np.exp(usual.sum(axis=1)))
        shares.append((memory.share, heard, won * slower))

    def chances(some: slice) -> Array:
        kept: Array = 0.0
        for share, heard, pace in shares:
            own = np.exp(heard[some] @ lists.T - heard[some].sum(axis=1)[:, None])
            later = pace / (pace + lost) * -np.expm1(-(pace + lost) * left[some])
            kept = kept + share * (own + (1 - own) * later)
        return kept

    return by_blocks(chances, len(deals), len(lists))


def _losses(panel: Panel, at_risk: OpenWeeks) -> float:
    spells = np.unique(at_risk.spell[at_risk.inside])
    lost = np.isfinite(panel.opportunity_lost[panel.spell_opportunity[spells]])
    return float(panel.weight[panel.spell_account[spells]] @ lost)


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
        panel.weight[panel.spell_account[closed]],
        ~panel.spell_returns[closed],
    )
    before = panel.stock(funnel.half_life)
    heard = saturated(stock_at_moves(panel, before, risk, funnel.half_life), funnel.saturation)
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
    return by_blocks(lambda some: ratio(base[some], gain[some], lists), len(deals), len(lists))
