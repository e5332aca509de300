"""Small simulated partner worlds with known incremental effects, to test the causal methods on.

A world draws its own accounts, intent, touches and funnel; `simulate` plays it once for the data
and once per coalition of players for the truth, with the same random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
import pandas as pd

WEEK_US = 7 * 86_400_000_000
START_US = 1_735_689_600_000_000  # 2025-01-01
STATES = ("lead", "mql", "opportunity", "closed_won", "closed_lost")


@dataclass
class World:
    """What moves accounts. Rows of `effects` are transitions, columns players."""

    seed: int
    funnel: bool = False
    accounts: int = 3000
    weeks: int = 75
    players: int = 8
    chase: float = 0.6  # how strongly the chasing players follow intent
    retarget: float = 0.8  # how strongly the retargeting players follow organic visits
    mediation: float = 0.0  # intent that a unit of stock adds
    synergy: float = 0.0
    late_weeks: float = 0.0
    consent_loss: float = 0.0
    duplicates: float = 0.0
    reactive: float = 1.5  # extra touches while a deal is open
    intent: float = 0.7
    base: float = 0.0

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        players = self.players
        self.rate = np.log(rng.uniform(0.01, 0.06, players))
        self.chases = np.where(rng.random(players) < 0.4, self.chase, 0.0) * rng.uniform(
            0.5, 1.5, players
        )
        self.retargets = np.where(rng.random(players) < 0.25, self.retarget, 0.0)
        self.targets = rng.normal(0, 0.4, (players, 3))
        transitions = 4 if self.funnel else 2
        null = rng.random(players) < 0.25
        if self.funnel:
            effects = np.zeros((transitions, players))
            for player in range(players):
                stages = rng.choice(3, size=rng.integers(1, 3), replace=False)
                effects[stages, player] = rng.gamma(2.0, 0.7, len(stages))
            effects *= ~null
            self.alpha = np.array([-4.9, -3.1, -3.2, -0.7]) + self.base
            self.gain = np.array([0.5, 0.5, 0.5, 0.2]) * self.intent / 0.7
            self.by_state = rng.normal(0, 0.8, (4, players))
            self.by_state[0] = 0.0
        else:
            effects = np.zeros((transitions, players))
            effects[0] = rng.gamma(1.5, 0.8, players) * ~null
            self.alpha = np.array([-6.3 + self.base, -0.7])
            self.gain = np.array([1.0, 0.3]) * self.intent
            self.by_state = np.zeros((2, players))
        self.effects = effects
        self.half_life = rng.choice([1.5, 3.0, 5.0], players)
        self.pair = rng.choice(players, 2, replace=False)
        self.open_bonus = np.where(rng.random(players) < 0.4, self.reactive, 0.0)

    @property
    def transitions(self) -> tuple[str, ...]:
        return STATES[:4] if self.funnel else STATES[2:4]


def simulate(world: World, coalitions: np.ndarray, accounts: int, seed: int):
    """Play the world for several coalitions at once, on common random numbers.

    Returns wins per coalition, and the records of coalition 0: touches, organic, reached weeks.
    """
    rng = np.random.default_rng(seed)
    many, players = coalitions.shape
    segment = rng.integers(0, 3, accounts)
    fixed = rng.normal(0, 0.6, accounts) + 0.4 * (segment - 1)
    moving = rng.normal(0, 0.8, accounts)
    stock = np.zeros((many, accounts, players), dtype=np.float32)
    decay = (0.5 ** (1 / world.half_life)).astype(np.float32)
    last_organic = np.zeros((many, accounts), dtype=np.float32)
    warmth = np.zeros((many, accounts), dtype=np.float32)
    steps = len(world.transitions)
    state = np.zeros((many, accounts), dtype=np.int8)
    opened = np.full((many, accounts), -1, dtype=np.int16)
    effects = world.effects.astype(np.float32)
    records: dict[str, list] = {"touch": [], "organic": [], "reach": []}
    entry = np.where(rng.random(accounts) < 0.7, 0, rng.integers(0, world.weeks // 2, accounts))
    outcome = rng.random(accounts)
    length = 3 + rng.integers(0, 9, accounts)
    on = coalitions.astype(np.float32)[:, None, :]
    for week in range(world.weeks):
        moving = 0.9 * moving + rng.normal(0, 0.35, accounts)
        intent = (fixed + moving).astype(np.float32)[None, :] + warmth
        alive = (entry <= week)[None, :] & (state < steps)
        is_open = state == steps - 1
        level = world.rate + world.targets[:, segment].T
        rate = level.astype(np.float32)[None] + world.chases.astype(np.float32) * intent[..., None]
        rate = rate + world.retargets.astype(np.float32) * np.minimum(last_organic, 3)[..., None]
        rate = rate + world.by_state.astype(np.float32)[np.minimum(state, steps - 1)]
        rate = rate + is_open[..., None] * world.open_bonus.astype(np.float32)
        drawn = rng.random((accounts, players), dtype=np.float32)[None]
        touched = (drawn < 1 - np.exp(-np.exp(rate))) * on * alive[..., None]
        visits = 0.3 * np.exp(0.7 * intent)
        u_visit = rng.random(accounts, dtype=np.float32)[None]
        organic = np.zeros_like(visits)
        total, term = np.exp(-visits), np.exp(-visits)
        for k in range(1, 6):
            organic += u_visit > total
            term = term * visits / k
            total = total + term
        organic = organic * alive
        stock = stock * decay + touched
        warmth = warmth * 0.8 + world.mediation * np.minimum(touched.sum(-1), 2) * 0.3
        heard = 1 - np.exp(-0.8 * stock)
        both = heard[..., world.pair[0]] * heard[..., world.pair[1]]
        draws = rng.random((steps, accounts))
        before = state.copy()
        moved = np.zeros_like(alive)
        for step in range(steps - 1):
            eta = world.alpha[step] + world.gain[step] * intent + heard @ effects[step]
            eta = eta + world.synergy * both
            passes = alive & (before == step) & (draws[step][None] < 1 / (1 + np.exp(-eta)))
            state = np.where(passes, step + 1, state)
            opened = np.where(passes & (step == steps - 2), week, opened)
            if passes[0].any():
                records["reach"] += [(a, step, week) for a in np.flatnonzero(passes[0])]
            moved |= passes
        closing = (before == steps - 1) & (week - opened >= length[None]) & (state == steps - 1)
        win_eta = world.alpha[-1] + world.gain[-1] * fixed[None] + heard @ effects[-1]
        wins = closing & (outcome[None] < 1 / (1 + np.exp(-win_eta)))
        state = np.where(wins, steps, np.where(closing, steps + 1, state))
        records["reach"] += [(a, steps - 1, week) for a in np.flatnonzero(wins[0])]
        records["reach"] += [(a, steps, week) for a in np.flatnonzero(closing[0] & ~wins[0])]
        rows, columns = np.nonzero(touched[0])
        records["touch"] += list(zip(rows, columns, [week] * len(rows), strict=True))
        visited = np.repeat(np.arange(accounts), organic[0].astype(int))
        records["organic"] += list(zip(visited, [week] * len(visited), strict=True))
        last_organic = organic
    return (state == steps).sum(1), records, {"segment": segment, "entry": entry}


def frames(world: World, records: dict, known: dict):
    """Turn the records of a played world into what a ledger would hold of it."""
    rng = np.random.default_rng(world.seed + 10_000)
    accounts = pd.DataFrame(
        {
            "account_id": [f"a{i:05d}" for i in range(len(known["segment"]))],
            "entered_at_us": START_US + known["entry"] * WEEK_US,
            "control_segment": [f"s{s}" for s in known["segment"]],
        }
    )
    touch = np.array(records["touch"], dtype=np.int64).reshape(-1, 3)
    organic = np.array(records["organic"], dtype=np.int64).reshape(-1, 2)
    kept = rng.random(len(touch)) >= world.consent_loss * (touch[:, 1] % 2)
    touch = touch[kept]
    again = touch[rng.random(len(touch)) < world.duplicates * (touch[:, 1] % 3 == 0)]
    touch = np.vstack([touch, again])
    both = pd.DataFrame(
        {
            "account": np.r_[touch[:, 0], organic[:, 0]],
            "player": [f"p{p}" for p in touch[:, 1]] + ["organic"] * len(organic),
            "week": np.r_[touch[:, 2], organic[:, 1]],
        }
    )
    both["touched_at_us"] = START_US + both.week * WEEK_US + rng.integers(0, WEEK_US, len(both))
    both["account_id"] = [f"a{i:05d}" for i in both.account]
    both["touch_id"] = [f"t{i:07d}" for i in range(len(both))]
    both["is_control"] = both.player == "organic"
    reach = pd.DataFrame(records["reach"], columns=["account", "step", "week"])
    names = (*world.transitions, "closed_lost")
    late = rng.geometric(1 / (1 + world.late_weeks), len(reach)) - 1
    reach["at"] = START_US + (reach.week + late) * WEEK_US + rng.integers(0, WEEK_US, len(reach))
    reach = reach.sort_values(["account", "step"])
    reach["at"] = reach.groupby("account")["at"].cummax()
    end = START_US + world.weeks * WEEK_US
    reach = reach[reach["at"] < end]
    opportunity = world.transitions.index("opportunity")
    milestones = pd.DataFrame(
        {
            "account_id": [f"a{i:05d}" for i in reach.account],
            "opportunity_id": [
                f"o{a:05d}" if s >= opportunity else None
                for a, s in zip(reach.account, reach.step, strict=True)
            ],
            "state": [names[s] for s in reach.step],
            "reached_at_us": reach["at"].to_numpy(),
            "value_cents": 100_000,
        }
    )
    columns = ["account_id", "touch_id", "touched_at_us", "player", "is_control"]
    return accounts, both[columns], milestones, START_US, end


def played(world: World, again: int = 1):
    """Return the frames of the world in which everybody delivers."""
    coalition = np.ones((1, world.players), dtype=int)
    _, records, known = simulate(world, coalition, world.accounts, world.seed + again)
    return frames(world, records, known)


def shapley(values: np.ndarray, players: int) -> np.ndarray:
    """Exact Shapley values of v given per bit mask."""
    out = np.zeros(players)
    masks = np.arange(2**players)
    sizes = np.array([bin(m).count("1") for m in masks])
    for player in range(players):
        without = masks[(masks >> player) & 1 == 0]
        weight = np.array(
            [factorial(s) * factorial(players - s - 1) / factorial(players) for s in sizes[without]]
        )
        out[player] = (weight * (values[without | 1 << player] - values[without])).sum()
    return out


def play(world: World, truth_accounts: int = 1500):
    """Return the frames and the truth: shares of incremental deals per player, baseline share."""
    players = world.players
    masks = np.arange(2**players)
    coalitions = (masks[:, None] >> np.arange(players)) & 1
    _, records, known = simulate(world, np.ones((1, players), int), world.accounts, world.seed + 1)
    values = np.concatenate(
        [
            simulate(world, coalitions[i : i + 32], truth_accounts, world.seed + 2)[0]
            for i in range(0, len(masks), 32)
        ]
    ).astype(float)
    effects = shapley(values, players)
    return frames(world, records, known), effects, values[0] / values[-1], values


def frames_of(accounts, touches, milestones, weeks: int, entered=None):
    """What `build_panel` reads, from rows written by hand, all times in weeks.

    touches: (account, time, player or None); milestones: (account, deal, state, time).
    """
    touch = pd.DataFrame(
        [
            (a, f"t{i}", int(START_US + at * WEEK_US), p or "own", p is None)
            for i, (a, at, p) in enumerate(touches)
        ],
        columns=["account_id", "touch_id", "touched_at_us", "player", "is_control"],
    )
    reached = pd.DataFrame(
        [(a, o, s, int(START_US + at * WEEK_US), 100) for a, o, s, at in milestones],
        columns=["account_id", "opportunity_id", "state", "reached_at_us", "value_cents"],
    )
    since = [START_US + at * WEEK_US for at in entered or [0] * len(accounts)]
    people = pd.DataFrame({"account_id": accounts, "entered_at_us": since})
    return people, touch, reached, START_US, START_US + weeks * WEEK_US
