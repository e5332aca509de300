"""Simulated markets whose accounts are drawn alike: the population of the coverage benchmark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

CHANNELS = ("webinar", "email", "paid_social", "event", "referral", "direct")
POPULARITY = np.array([0.28, 0.22, 0.18, 0.14, 0.10, 0.08])
LIFT = np.array([0.5, 0.2, 0.0, 0.7, 0.9, -0.3])
SPREAD_OF_AMOUNTS = 1.2  # sigma of the log: the largest of 400 deals is some 30 times the median
HABIT = 0.3  # a touch repeats the channel before it this often
SECOND_DEALS = 0.15
DAY = 86_400_000_000


@dataclass(frozen=True)
class Sample:
    """Accounts of several replications: `milestone` names the replication."""

    conversions: pd.DataFrame
    touches: pd.DataFrame
    journeys: pd.DataFrame
    accounts: pd.DataFrame


def draw(seed: int, replications: int, accounts: int, channels: int = len(CHANNELS)) -> Sample:
    """Draw replications of a market of so many accounts; about one in eight buys."""
    rng = np.random.default_rng(seed)
    size = replications * accounts
    quality = rng.normal(size=size)
    first = _journeys(rng, quality, np.arange(size), "a", channels)
    won = first[first["is_converted"]]["account"].unique()
    again = rng.permutation(won)[: int(SECOND_DEALS * len(won))]
    second = _journeys(rng, quality[again], again, "b", channels, always=True)
    touches = pd.concat([first, second], ignore_index=True)
    touches["milestone"] = (touches["account"] // accounts).map("r{:05d}".format)
    touches["account_id"] = "acct" + touches["account"].astype(str)
    touches["touch_id"] = touches["journey_id"] + "-" + touches["position"].astype(str)
    touches["partner_id"] = "acme"
    wins = touches[touches["is_converted"]].rename(columns={"journey_id": "conversion_id"})
    conversions = wins.drop_duplicates("conversion_id")
    names = pd.unique(touches["account_id"])
    return Sample(
        conversions[["conversion_id", "milestone", "account_id", "amount_cents"]],
        wins[["conversion_id", "touch_id", "touched_at_us", "channel", "partner_id", "is_direct"]],
        touches.rename(columns={"amount_cents": "value_cents"}),
        pd.DataFrame({"account_id": names, "bucket": rng.integers(0, 1000, len(names))}),
    )


def _journeys(
    rng: np.random.Generator,
    quality: np.ndarray,
    who: np.ndarray,
    kind: str,
    channels: int,
    *,
    always: bool = False,
) -> pd.DataFrame:
    counts = 1 + rng.poisson(1.2 + 0.6 * np.exp(0.4 * quality))
    journey = np.repeat(np.arange(len(who)), counts)
    position = np.arange(len(journey)) - np.repeat(np.cumsum(counts) - counts, counts)
    popularity = POPULARITY[:channels] / POPULARITY[:channels].sum()
    channel = rng.choice(channels, len(journey), p=popularity)
    repeats = (rng.random(len(journey)) < HABIT) & (position > 0)
    for at in np.flatnonzero(repeats):
        channel[at] = channel[at - 1]
    met = np.zeros((len(who), len(CHANNELS)), dtype=bool)
    met[journey, channel] = True
    chance = 1 / (1 + np.exp(2.85 - 0.4 * quality - met @ LIFT))
    converted = np.full(len(who), True) if always else rng.random(len(who)) < chance
    amount = np.exp(rng.normal(11, SPREAD_OF_AMOUNTS, len(who)) + 0.3 * quality) * 100
    return pd.DataFrame(
        {
            "account": who[journey],
            "journey_id": [f"{kind}{who[one]}" for one in journey],
            "position": position,
            "channel": np.array(CHANNELS)[channel],
            "is_direct": channel == CHANNELS.index("direct"),
            "is_converted": converted[journey],
            "touched_at_us": _times(rng, journey),
            "amount_cents": np.where(converted, amount.astype("int64"), 0)[journey],
        }
    )


def _times(rng: np.random.Generator, journey: np.ndarray) -> np.ndarray:
    """Random times within 90 days, rising along each journey."""
    times = rng.integers(0, 90 * DAY, len(journey))
    return times[np.lexsort((times, journey))]
