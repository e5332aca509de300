"""Family `intent`: accounts buy when a hidden intent, which players nudge, is high.

Intent wanders by itself (shocks, seasons). Players nudge it with fading, saturating effect; some
chase accounts whose intent is high anyway, so that they are seen before many deals they did not
cause. Some do nothing at all. Open deals draw more touches, which change nothing.

Who chases goes by what can be seen: retargeting by the visits of the last weeks, sellers by a
score of visits and filled forms that decays over weeks, and a little by a rep's hunch of the
intent itself. Visits and forms are reported, save for lost consent. Where `is_hidden` (family
`hidden`) they go by the intent itself, of which only one weak sign a week is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.truth.frames import Reports, at_us, names
from benchmarks.truth.game import present

Array = NDArray[Any]

PLAYERS = (
    "acme:email",
    "acme:paid_social",
    "contoso:co_sell",
    "contoso:email",
    "contoso:webinar",
    "northwind:co_sell",
    "northwind:event",
    "northwind:webinar",
)
KINDS = ("broad", "broad", "campaign", "campaign", "retarget", "chase", "chase", "broad")
SEGMENTS = ("smb", "mid_market", "enterprise")
REGIONS = ("amer", "apac", "emea")
PEOPLE = 6
VISITS = 0.4  # per week of an account without any intent
VISITS_PER_INTENT = 0.8  # a unit of intent multiplies visits by exp(this)
MOST_VISITS = 8  # per week
FORM = 0.08  # chance that a visit ends in a filled form
FORM_POINTS = 3
QUALIFIED = 8  # points at which marketing calls an account qualified
HUNCH = 0.15  # what a rep knows of the intent besides the score


@dataclass(frozen=True)
class Player:
    """How one player reaches accounts, and what its touches do."""

    name: str
    reach: float  # chance of a touch per week, before the rest
    calendar: Array  # per week
    by_size: float  # leans to larger accounts (> 0) or smaller ones
    chase: float  # more touches per five points of the score, or per unit of intent if hidden
    retarget: float  # chance of a touch in a week after many visits
    after: int  # player whose touch makes this one's likelier; -1 = none
    pull: float  # on intent, at full saturation
    decay: float  # part of the effect left after a week
    half: float  # touches for half of the full effect
    deal_rate: float  # extra touches per week of an open deal


@dataclass(frozen=True)
class Population:
    """Everything that is fixed in one world."""

    players: tuple[Player, ...]
    accounts: int
    weeks: int
    memory: float
    shock: float
    season: Array
    threshold: float
    steepness: float
    synergies: tuple[tuple[int, int, float], ...]
    close_weeks: float
    lost_consent: float
    reported_twice: float
    is_hidden: bool


def population(seed: int, *, is_hidden: bool = False) -> Population:
    """Draw a world, then set it so that it has the wins and the baseline that it should."""
    rng = np.random.default_rng([11, seed])
    weeks = int(rng.integers(60, 105))
    kinds = rng.permutation(KINDS)
    nulls = {int(rng.choice(np.flatnonzero(kinds == "chase")))}
    if rng.random() < 0.5:
        nulls.add(int(rng.choice(np.flatnonzero(kinds == "broad"))))
    players = tuple(
        _player(rng, name, str(kind), weeks, p in nulls)
        for p, (name, kind) in enumerate(zip(PLAYERS, kinds, strict=True))
    )
    working = [p for p in range(len(players)) if p not in nulls]
    leader, follower = rng.choice(working, 2, replace=False)
    players = tuple(
        replace(player, after=int(leader)) if p == follower else player
        for p, player in enumerate(players)
    )
    first, second, third = rng.choice(working, 3, replace=False)
    week = np.arange(weeks)
    swing = rng.uniform(0.1, 0.4) * np.sin(2 * np.pi * (week / 52 + rng.random()))
    drawn = Population(
        players=players,
        accounts=int(rng.integers(2000, 4001)),
        weeks=weeks,
        memory=float(rng.uniform(0.85, 0.95)),
        shock=float(rng.uniform(0.01, 0.03)),
        season=(swing + 0.25 * (week % 13 >= 11)).astype("float32"),
        threshold=4.0,
        steepness=float(rng.uniform(0.5, 0.8)),
        synergies=(
            (int(first), int(second), float(rng.uniform(0.3, 1.0))),
            (int(second), int(third), float(-rng.uniform(0.1, 0.5))),
        ),
        close_weeks=float(rng.uniform(4, 10)),
        lost_consent=float(rng.uniform(0.1, 0.3)),
        reported_twice=float(rng.uniform(0.03, 0.12)),
        is_hidden=is_hidden,
    )
    return _as_it_should_be(drawn, rng.uniform(0.12, 0.2), rng.uniform(0.42, 0.73), seed)


def _player(rng: np.random.Generator, name: str, kind: str, weeks: int, null: bool) -> Player:
    calendar = np.ones(weeks)
    if kind == "campaign":
        calendar *= 0.2
        for start in rng.integers(0, weeks, max(3, weeks // 14)):
            calendar[start : start + 4] = rng.uniform(3, 6)
    reach = rng.uniform(0.015, 0.05)
    pull = np.exp(rng.normal(np.log(0.8), 0.6))
    if kind in ("chase", "retarget"):
        reach, pull = reach * 0.5, pull * 0.6
    return Player(
        name=name,
        reach=float(reach),
        calendar=calendar.astype("float32"),
        by_size=float(rng.normal(0, 0.4)),
        chase=float(rng.uniform(1.0, 2.5)) if kind == "chase" else 0.0,
        retarget=float(rng.uniform(0.15, 0.35)) if kind == "retarget" else 0.0,
        after=-1,
        pull=0.0 if null else float(pull),
        decay=float(rng.uniform(0.6, 0.92)),
        half=float(rng.uniform(0.7, 2.0)),
        deal_rate=float(rng.uniform(0.2, 0.5) if kind == "chase" else rng.uniform(0.02, 0.15)),
    )


def _as_it_should_be(drawn: Population, wins: float, baseline: float, seed: int) -> Population:
    """Set the threshold by the wins per account, and the pulls by the part that comes anyway."""
    for _ in range(8):
        idle = replace(drawn, players=tuple(replace(p, pull=0.0) for p in drawn.players))
        idle = replace(idle, synergies=())
        found, anyway = (
            float(walk(one, np.random.default_rng([12, seed]), 1000, coalitions=1).wins.mean())
            for one in (drawn, idle)
        )
        stronger = np.clip((1 - baseline) / max(1 - anyway / found, 0.02), 0.4, 2.5) ** 0.7
        drawn = replace(
            drawn,
            threshold=drawn.threshold + drawn.steepness * float(np.log(found / wins)),
            players=tuple(replace(p, pull=float(p.pull * stronger)) for p in drawn.players),
        )
    return drawn


def values(drawn: Population, rng: np.random.Generator, accounts: int) -> Array:
    """Return the won deals to expect of each coalition, among accounts drawn afresh."""
    found: Array = walk(drawn, rng, accounts, 2 ** len(drawn.players)).wins.sum(axis=1)
    return found


@dataclass
class Walk:
    """What happened: won deals to expect per coalition and account, and, of one coalition, all."""

    wins: Array
    size: Array
    region: Array
    entered: Array
    touched: Array | None = None  # week, player, account
    person: Array | None = None
    visits: Array | None = None  # week, account; forms among them
    leads: Array | None = None  # week, account: has filled a form
    score: Array | None = None
    opening: Array | None = None  # chance of a deal per week, account
    winning: Array | None = None


def walk(drawn: Population, rng: np.random.Generator, n: int, coalitions: int) -> Walk:  # noqa: PLR0912, PLR0915
    """Let n accounts live in every coalition at once, with the same luck in each.

    coalitions: all of them, or 1 = everybody delivers, which is also recorded.
    """
    weeks, count = drawn.weeks, len(drawn.players)
    size = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    region = rng.choice(3, n)
    entered = np.where(rng.random(n) < 0.6, 0, rng.integers(0, int(weeks * 0.7), n))
    fit = (0.35 * (size - 0.7) + 0.25 * (region == 0) + rng.normal(0, 0.3, n)).astype("float32")
    open_to_it = rng.gamma(4.0, 0.25, n).astype("float32")
    committee = 1 + np.minimum(rng.poisson(1 + size), PEOPLE - 1)
    intent = rng.normal(0, 0.6, n).astype("float32")
    shape = (coalitions, n)
    nudge, alive, wins = (np.full(shape, v, "float32") for v in (0.0, 1.0, 0.0))
    visits, recent_visits, points = (np.zeros(shape, "float32") for _ in range(3))
    # Some accounts browse more than others of the same intent.
    habit = np.exp(rng.normal(0, 0.3, n) + 0.2 * (size - 0.7)).astype("float32")
    stocks = [np.zeros_like(present(nudge, p)) for p in range(count)]
    reached = [np.zeros(stock.shape, "uint8") for stock in stocks]
    recent = {p.after: np.zeros(shape, "float32") for p in drawn.players if p.after >= 0}
    paired = {p: np.zeros(shape, "float32") for a, b, _ in drawn.synergies for p in (a, b)}
    result = Walk(wins, size, region, entered)
    if coalitions == 1:
        result.touched = np.zeros((weeks, count, n), bool)
        result.person = np.zeros((weeks, count, n), "int64")
        result.visits = np.zeros((weeks, n), "int64")
        result.leads, result.score = np.zeros((weeks, n), bool), np.zeros((weeks, n))
        result.opening, result.winning = np.zeros((weeks, n)), np.zeros((weeks, n))
    for week in range(weeks):
        here = (entered <= week).astype("float32")
        jumps = np.where(rng.random(n) < drawn.shock, rng.exponential(1.2, n), 0)
        noise = rng.normal(0, 0.6 * np.sqrt(1 - drawn.memory**2), n)
        intent = (drawn.memory * intent + noise + jumps).astype("float32")
        level = nudge + (intent + fit + drawn.season[week])

        opening = (0.08 * here) / (1 + np.exp((drawn.threshold - level) / drawn.steepness))
        winning = np.clip(0.3 + 0.06 * level, 0.05, 0.9)
        done = 1 - np.exp(-(((weeks - 1 - week) / drawn.close_weeks) ** 1.5))
        wins += alive * opening * winning * np.float32(done)
        alive *= 1 - opening

        warm = np.maximum(level, 0)
        if not drawn.is_hidden:
            warm = np.minimum(points / 5, 5) + np.float32(HUNCH) * warm
        felt = np.zeros(shape, "float32")
        for p, player in enumerate(drawn.players):
            lean = np.exp(player.by_size * (size - 0.7)).astype("float32")
            rate = np.float32(player.reach * player.calendar[week]) * lean * here
            chance = rate * (1 + np.float32(player.chase) * present(warm, p))
            if player.retarget:
                chance += np.float32(player.retarget) * present(recent_visits, p)
            if player.after >= 0:
                chance += np.float32(0.25) * present(recent[player.after], p)
            hit = np.minimum(chance, 0.7) > rng.random(n, "float32")
            who = rng.integers(0, PEOPLE, n) % committee
            # A touch of someone whom the player has not reached before does more.
            bit = (1 << who).astype("uint8")
            fresh = (reached[p] & bit) == 0
            reached[p] |= bit * hit
            stocks[p] *= np.float32(player.decay)
            stocks[p] += hit * (np.float32(0.6) + np.float32(0.4) * fresh)
            full = stocks[p] / (stocks[p] + np.float32(player.half))
            if player.pull:
                present(felt, p)[...] += np.float32(player.pull) * full
            if p in paired:
                present(paired[p], p)[...] = full
            if p in recent:
                present(recent[p], p)[...] = hit
            if result.touched is not None and result.person is not None:
                result.touched[week, p], result.person[week, p] = hit[0], who
        for a, b, strength in drawn.synergies:
            felt += np.float32(strength) * paired[a] * paired[b]
        visits, forms = _visits(drawn, level, here * habit, rng)
        kept = np.float32(0.0 if drawn.is_hidden else 0.5)
        recent_visits = np.minimum(kept * recent_visits + visits / (1 if drawn.is_hidden else 3), 1)
        points = np.float32(0.8) * points + visits + FORM_POINTS * forms
        nudge = felt * open_to_it
        if result.visits is not None and result.leads is not None and result.score is not None:
            result.visits[week] = (visits + forms)[0]
            result.leads[week], result.score[week] = forms[0], points[0]
        if result.opening is not None and result.winning is not None:
            result.opening[week], result.winning[week] = opening[0], winning[0]
    return result


def _visits(
    drawn: Population, level: Array, pace: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return visits of a week and whether a form was filled; luck is the same in all coalitions."""
    if drawn.is_hidden:
        chance = np.clip(np.float32(0.04) + np.float32(0.12) * level, 0.01, 0.7) * (pace > 0)
        visited = (chance > rng.random(pace.shape, "float32")).astype("float32")
        return visited, np.zeros_like(visited)
    rate = np.float32(VISITS) * np.exp(np.float32(VISITS_PER_INTENT) * level) * pace
    visits = np.zeros_like(rate)
    # Arrivals of a Poisson process of rate 1: a higher rate sees all that a lower one does.
    for arrival in rng.exponential(1, (MOST_VISITS, *pace.shape)).astype("float32").cumsum(axis=0):
        visits += arrival <= rate
    forms = (rng.random(pace.shape, "float32") < 1 - (1 - FORM) ** visits).astype("float32")
    return visits, forms


def observe(drawn: Population, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return what partners report of the world in which everybody delivers."""
    life = walk(drawn, np.random.default_rng([13, seed]), drawn.accounts, coalitions=1)
    rng = np.random.default_rng([14, seed])
    deals = _deals(drawn, life, rng)
    reports = Reports()
    _add_touches(reports, drawn, life, deals, rng)
    _add_milestones(reports, drawn, life, deals, rng)
    accounts = pd.DataFrame(
        {
            "account_id": names("account", np.arange(drawn.accounts)),
            "entered_at_us": at_us(life.entered, 0.0),
            "control_segment": np.array(SEGMENTS)[life.size],
            "control_region": np.array(REGIONS)[life.region],
        }
    )
    until = int(at_us(drawn.weeks, 0.0))
    return accounts, reports.touch_frame(), reports.milestone_frame(until)


@dataclass
class Deals:
    """When each account's deal opened and closed (weeks; past the end = never), and who won."""

    opened: Array
    closed: Array
    won: Array


def _deals(drawn: Population, life: Walk, rng: np.random.Generator) -> Deals:
    assert life.opening is not None and life.winning is not None
    happens = rng.random(life.opening.shape) < life.opening
    week = np.where(happens.any(axis=0), happens.argmax(axis=0), 10**6)
    index = np.minimum(week, drawn.weeks - 1)
    won = rng.random(drawn.accounts) < life.winning[index, np.arange(drawn.accounts)]
    # A deal opens some time in its week; the week's touches may fall before or after that.
    opened = week + rng.random(drawn.accounts)
    lasts = drawn.close_weeks * rng.weibull(1.5, drawn.accounts)
    return Deals(opened, week + 1 + lasts, won)


def _add_touches(
    reports: Reports,
    drawn: Population,
    life: Walk,
    deals: Deals,
    rng: np.random.Generator,
) -> None:
    assert life.touched is not None and life.person is not None and life.visits is not None
    hidden = rng.random((drawn.accounts, PEOPLE)) < drawn.lost_consent
    weeks = np.arange(drawn.weeks)[:, None]
    is_open = (weeks > deals.opened) & (weeks < deals.closed)
    everybody = [player.name for player in drawn.players]
    for p, player in enumerate(drawn.players):
        extra = is_open & (rng.random(is_open.shape) < player.deal_rate)
        for happened in (life.touched[:, p], extra):
            week, account = np.nonzero(happened)
            person = life.person[week, p, account]
            time = at_us(week, rng.random(len(week)))
            offline = player.name.endswith("co_sell")
            seen = offline | ~hidden[account, person]
            week, account, person, time = (a[seen] for a in (week, account, person, time))
            reports.add_touches(account, time, person, player.name)
            twice = rng.random(len(account)) < drawn.reported_twice
            channel = player.name.split(":")[1]
            others = [n for n in everybody if n.endswith(":" + channel) and n != player.name]
            other = others[0] if others else player.name
            late = time[twice] + rng.integers(60_000_000, 36 * 3_600_000_000, twice.sum())
            reports.add_touches(account[twice], late, person[twice], other)
    week, account = (
        index.repeat(life.visits.ravel()) for index in np.indices(life.visits.shape).reshape(2, -1)
    )
    person = rng.integers(0, PEOPLE, len(week))
    seen = ~hidden[account, person]
    times = at_us(week, rng.random(len(week)))
    reports.add_touches(account[seen], times[seen], person[seen], None)


def _add_milestones(
    reports: Reports,
    drawn: Population,
    life: Walk,
    deals: Deals,
    rng: np.random.Generator,
) -> None:
    assert life.visits is not None and life.leads is not None and life.score is not None
    account, opened, won = np.arange(drawn.accounts), deals.opened, deals.won
    cents = (np.exp(rng.normal(10 + 0.5 * life.size, 0.6)) * 100).astype("int64")
    # Whoever fills a form becomes a lead; its score makes it marketing qualified.
    is_lead = life.leads.cumsum(axis=0) > 0
    is_qualified = (is_lead & (life.score >= QUALIFIED)).cumsum(axis=0) > 0
    if drawn.is_hidden:  # no forms: whoever visits is a lead, three visits make it qualified
        activity = life.visits.cumsum(axis=0)
        is_lead, is_qualified = activity >= 1, activity >= 3
    for state, reached in (("lead", is_lead), ("mql", is_qualified)):
        week = (~reached).sum(axis=0)
        some = (week < drawn.weeks) & (week < opened)
        part = rng.random(some.sum())
        reports.add_milestones(account[some], -1, state, at_us(week[some], part), 0)
    some = opened < drawn.weeks
    entered = opened[some] + rng.exponential(2 / 7, some.sum())
    entered = at_us(np.minimum(entered, deals.closed[some]), 0.0)  # at the latest when it closes
    reports.add_milestones(account[some], 0, "opportunity", entered, cents[some])
    for state, which in (("closed_won", some & won), ("closed_lost", some & ~won)):
        reports.add_milestones(
            account[which], 0, state, at_us(deals.closed[which], 0.0), cents[which]
        )
