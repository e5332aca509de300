"""Family `funnel`: accounts move through the stages of a funnel; players act on single steps.

Who touches an account depends on the stage it is in, so a player late in the funnel is seen on
every win. Touches add to the chance of a step; accounts grow stale in a stage; lost ones come back.
The CRM learns of every step late and skips some.

Most steps are entered within days, by hand or by a sync at most a week apart; a minority weeks
later, when somebody cleans up. Longer delays for all would leave the order of touches and steps
without meaning: touches jump at the true step, so all of them would seem to come before it.
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

UNAWARE, LEAD, MQL, OPPORTUNITY, WON, LOST = range(6)
STATES = ("unaware", "lead", "mql", "opportunity", "closed_won", "closed_lost")
PLAYERS = (
    "acme:content",
    "acme:email",
    "acme:event",
    "contoso:co_sell",
    "contoso:webinar",
    "northwind:co_sell",
    "northwind:email",
    "northwind:webinar",
)
# Touches per week and stage (unaware .. lost), and the steps that each kind of player helps.
KINDS = {
    "awareness": ((0.035, 0.03, 0.02, 0.015, 0.0, 0.01), (UNAWARE,)),
    "broad": ((0.025, 0.025, 0.025, 0.025, 0.01, 0.02), (UNAWARE, LEAD)),
    "nurture": ((0.004, 0.11, 0.09, 0.04, 0.01, 0.04), (LEAD, MQL)),
    "qualify": ((0.002, 0.03, 0.12, 0.09, 0.0, 0.01), (MQL,)),
    "closing": ((0.0, 0.01, 0.06, 0.22, 0.02, 0.01), (OPPORTUNITY,)),
    "chasing": ((0.004, 0.02, 0.09, 0.2, 0.02, 0.01), ()),
    "idle": ((0.03, 0.03, 0.03, 0.03, 0.01, 0.02), ()),
}
LAYOUT = ("awareness", "awareness", "broad", "nurture", "nurture", "qualify", "closing", "chasing")
BASE = (0.010, 0.028, 0.035, 0.028)  # chance per week to leave a stage without any touch
EFFECT = (0.02, 0.04, 0.045, 0.035)  # what a fresh touch adds to it
RECYCLED_AFTER = 16  # weeks
MEAN_DELAY_DAYS = {LEAD: 2.0, MQL: 7.0, OPPORTUNITY: 5.0, WON: 2.0, LOST: 10.0}
SKIPPED = {LEAD: 0.1, MQL: 0.25}
SEGMENTS = ("smb", "mid_market", "enterprise")
REGIONS = ("amer", "apac", "emea")


@dataclass(frozen=True)
class Player:
    """How often one player touches accounts of each stage, and which steps it helps."""

    name: str
    rate: Array  # per stage
    calendar: Array  # per week
    helps: Array  # per stage: added to the chance to leave it
    lasts: float  # part of the effect left after a week
    by_interest: float  # leans to accounts that move anyway


@dataclass(frozen=True)
class Population:
    """Everything that is fixed in one world."""

    players: tuple[Player, ...]
    accounts: int
    weeks: int
    pace: float
    losing: float
    spread: float
    batch_days: int
    stragglers: float
    lost_consent: float
    reported_twice: float


def population(seed: int) -> Population:
    """Draw a world, then set its pace so that it has as many wins as it should."""
    rng = np.random.default_rng([21, seed])
    weeks = int(rng.integers(65, 105))
    kinds = [str(kind) for kind in rng.permutation(LAYOUT)]
    if rng.random() < 0.5:
        kinds[kinds.index("awareness")] = "idle"
    drawn = Population(
        players=tuple(_player(rng, n, kind, weeks) for n, kind in zip(PLAYERS, kinds, strict=True)),
        accounts=int(rng.integers(2500, 4001)),
        weeks=weeks,
        pace=1.0,
        losing=float(rng.uniform(0.04, 0.08)),
        spread=float(rng.uniform(0.3, 0.7)),
        batch_days=int(rng.choice([1, 7])),
        stragglers=float(rng.uniform(0.04, 0.12)),
        lost_consent=float(rng.uniform(0.05, 0.25)),
        reported_twice=float(rng.uniform(0.03, 0.12)),
    )
    return _with_wins(drawn, float(rng.uniform(0.12, 0.2)) * drawn.accounts, seed)


def _player(rng: np.random.Generator, name: str, kind: str, weeks: int) -> Player:
    rate, steps = KINDS[kind]
    calendar = np.ones(weeks)
    if kind in ("awareness", "broad"):
        calendar *= 0.4
        for start in rng.integers(0, weeks, max(3, weeks // 12)):
            calendar[start : start + 3] = rng.uniform(2, 4)
    helps = np.zeros(6)
    for step in steps:
        helps[step] = EFFECT[step] * np.exp(rng.normal(0, 0.4)) / len(steps) ** 0.5
    return Player(
        name=name,
        rate=(np.array(rate) * np.exp(rng.normal(0, 0.3))).astype("float32"),
        calendar=calendar.astype("float32"),
        helps=helps.astype("float32"),
        lasts=float(rng.uniform(0.55, 0.85)),
        by_interest=float(rng.uniform(0, 0.8)),
    )


def _with_wins(drawn: Population, wins: float, seed: int) -> Population:
    low, high = 0.1, 6.0
    for _ in range(9):
        drawn = replace(drawn, pace=(low * high) ** 0.5)
        found = walk(drawn, np.random.default_rng([22, seed]), 1500, coalitions=1).wins.sum()
        if found * drawn.accounts / 1500 > wins:
            high = drawn.pace
        else:
            low = drawn.pace
    return drawn


def values(drawn: Population, rng: np.random.Generator, accounts: int) -> Array:
    """Return the won deals of each coalition, among accounts drawn afresh."""
    found: Array = walk(drawn, rng, accounts, 2 ** len(drawn.players)).wins.sum(axis=1)
    return found


@dataclass
class Walk:
    """Won deals to expect per coalition and account and, of one coalition, all that happened."""

    wins: Array
    state: Array
    size: Array
    region: Array
    touched: Array | None = None  # week, player, account
    states: Array | None = None  # week, account: before the week's step
    visited: Array | None = None


def walk(drawn: Population, rng: np.random.Generator, n: int, coalitions: int) -> Walk:
    """Let n accounts live in every coalition at once, with the same luck in each.

    coalitions: all of them, or 1 = everybody delivers, which is also recorded.
    """
    size = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    region = rng.choice(3, n)
    # Interest that nobody records makes an account quicker at every step.
    interest = np.exp(rng.normal(0, drawn.spread, n) + 0.25 * (size - 0.7)).astype("float32")
    state = np.zeros((coalitions, n), "int64")
    age = np.zeros((coalitions, n), "float32")
    stocks = [np.zeros_like(present(age, p)) for p in range(len(drawn.players))]
    base = np.array([*BASE, 0, 0], "float32") * np.float32(drawn.pace)
    wins = np.zeros_like(age)
    result = Walk(wins, state, size, region)
    if coalitions == 1:
        result.touched = np.zeros((drawn.weeks, len(drawn.players), n), bool)
        result.states = np.zeros((drawn.weeks, n), "int8")
        result.visited = np.zeros((drawn.weeks, n), bool)
    for week in range(drawn.weeks):
        if result.states is not None and result.visited is not None:
            result.states[week] = state[0]
            visiting = np.array([0.01, 0.05, 0.12, 0.15, 0.08, 0.02])[state[0]]
            result.visited[week] = rng.random(n) < visiting * np.minimum(interest, 3)
        leaving = np.take(base, state) * (interest / (1 + np.float32(0.03) * age))
        for p, player in enumerate(drawn.players):
            if player.helps.any():
                added = np.take(player.helps, present(state, p)) * np.minimum(stocks[p], 1)
                present(leaving, p)[...] += added * np.float32(min(drawn.pace, 1.0))
        # The chance of a win, summed while a deal is open, varies less than the wins themselves.
        leaving = np.minimum(leaving, 0.6)
        wins += leaving * (state == OPPORTUNITY)
        _step(state, age, leaving, drawn.losing, rng.random(n, "float32"))
        for p, player in enumerate(drawn.players):
            lean = interest ** np.float32(player.by_interest) * player.calendar[week]
            hit = np.take(player.rate, present(state, p)) * lean > rng.random(n, "float32")
            stocks[p] *= np.float32(player.lasts)
            stocks[p] += hit
            if result.touched is not None:
                result.touched[week, p] = hit[0]
    return result


def _step(state: Array, age: Array, leaving: Array, losing: float, luck: Array) -> None:
    """Move accounts on, in place."""
    open_ = state <= OPPORTUNITY
    moved = open_ & (luck < leaving)
    lost = (state == OPPORTUNITY) & ~moved & (luck > 1 - losing)
    back = (state == LOST) & (age >= RECYCLED_AFTER)
    age += 1
    state[moved] += 1
    state[lost] = LOST
    state[back] = LEAD
    age[moved | lost | back] = 0


def observe(drawn: Population, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return what partners report of the world in which everybody delivers."""
    life = walk(drawn, np.random.default_rng([23, seed]), drawn.accounts, coalitions=1)
    rng = np.random.default_rng([24, seed])
    reports = Reports()
    _add_touches(reports, drawn, life, rng)
    _add_milestones(reports, drawn, life, rng)
    accounts = pd.DataFrame(
        {
            "account_id": names("account", np.arange(drawn.accounts)),
            "entered_at_us": at_us(np.zeros(drawn.accounts), 0.0),
            "control_segment": np.array(SEGMENTS)[life.size],
            "control_region": np.array(REGIONS)[life.region],
        }
    )
    until = int(at_us(drawn.weeks, 0.0))
    return accounts, reports.touch_frame(), reports.milestone_frame(until)


def _add_touches(reports: Reports, drawn: Population, life: Walk, rng: np.random.Generator) -> None:
    assert life.touched is not None and life.visited is not None
    hidden = rng.random((drawn.accounts, 4)) < drawn.lost_consent
    everybody = [player.name for player in drawn.players]
    for p, player in enumerate(drawn.players):
        week, account = np.nonzero(life.touched[:, p])
        person = rng.integers(0, 4, len(week))
        time = at_us(week, rng.random(len(week)))
        seen = player.name.endswith("co_sell") | ~hidden[account, person]
        account, person, time = account[seen], person[seen], time[seen]
        reports.add_touches(account, time, person, player.name)
        twice = rng.random(len(account)) < drawn.reported_twice
        channel = player.name.split(":")[1]
        others = [n for n in everybody if n.endswith(":" + channel) and n != player.name]
        late = time[twice] + rng.integers(60_000_000, 36 * 3_600_000_000, twice.sum())
        reports.add_touches(
            account[twice], late, person[twice], others[0] if others else player.name
        )
    week, account = np.nonzero(life.visited)
    person = rng.integers(0, 4, len(week))
    seen = ~hidden[account, person]
    times = at_us(week, rng.random(len(week)))
    reports.add_touches(account[seen], times[seen], person[seen], None)


def _add_milestones(
    reports: Reports, drawn: Population, life: Walk, rng: np.random.Generator
) -> None:
    """Record every step late: after a delay, at the next batch, never before an earlier step."""
    assert life.states is not None
    n = drawn.accounts
    states = np.vstack([life.states, life.state])
    cents = (np.exp(rng.normal(10 + 0.5 * life.size, 0.6)) * 100).astype("int64")
    round_, known = np.zeros(n, "int64"), np.zeros(n)
    for week in range(drawn.weeks):
        before, after = states[week], states[week + 1]
        for state in (LEAD, MQL, OPPORTUNITY, WON, LOST):
            account = np.flatnonzero((after == state) & (before != state))
            if not len(account):
                continue
            delay = rng.random(len(account)) + rng.exponential(
                MEAN_DELAY_DAYS[state] / 7, len(account)
            )
            late = rng.random(len(account)) < drawn.stragglers
            delay += late * rng.uniform(2, 6, len(account))
            batch = drawn.batch_days / 7
            at = np.ceil((week + delay) / batch) * batch + rng.random(len(account)) / 24 / 7
            at = np.maximum(at, known[account] + 1e-6)
            known[account] = at
            if state == LEAD:
                # Back from a lost deal: the next deal is another one, its lead stage known already.
                new = round_[account] == 0
                account, at = account[new], at[new]
            told = rng.random(len(account)) >= SKIPPED.get(state, 0.0)
            account, at = account[told], at[told]
            deal = round_[account] if state >= OPPORTUNITY else np.full(len(account), -1)
            value = cents[account] if state >= OPPORTUNITY else np.zeros(len(account), "int64")
            reports.add_milestones(account, deal, STATES[state], at_us(0, at), value)
            if state == LOST:
                round_[account] += 1
