"""How often intervals of what is learned of players hold what they should.

The population value is the mean over the replications: its own error is a seventeenth of a
standard error, which costs no measurable coverage.
"""

from __future__ import annotations

import pandas as pd

from benchmarks.intervals.world import draw
from partner_attribution.attribution import Settings
from partner_attribution.attribution.effects import UNATTRIBUTED
from partner_attribution.attribution.player_intervals import learn_players

METHODS = ["markov_global", "shapley_set", "shapley_rate"]
BLOCKS, AT_ONCE, ACCOUNTS = 6, 50, 3300
FIGURES = (
    ("markov_global", "effect", "removal effect", "effect"),
    ("markov_global", "conversions", "count", "credited_conversions"),
    ("markov_global", "cents", "revenue", "credit_cents"),
    ("markov_global", "share", "share of the count", "share"),
    ("shapley_set", "effect", "Shapley value", "effect"),
    ("shapley_rate", "effect", "Shapley value", "effect"),
)


def measured(block: int) -> pd.DataFrame:
    """Figures of every player of a block of markets, and their bounds."""
    sample, settings = draw(400_000 + block, AT_ONCE, ACCOUNTS), Settings(markov_order=1)
    learned = learn_players(sample.journeys, sample.accounts, METHODS, settings)
    bounds, weights = learned.intervals, learned.weights
    found = bounds.to_pandas().merge(weights.to_pandas(), on=["milestone", "method", "player"])
    found = found[found["player"] != UNATTRIBUTED]
    whole = found.groupby(["milestone", "method"])["credited_conversions"].transform("sum")
    return found.assign(share=found["credited_conversions"] / whole)


def lines() -> list[str]:
    """The table of docs/intervals.md."""
    found = pd.concat([measured(block) for block in range(BLOCKS)], ignore_index=True)
    text = [
        f"### Players ({BLOCKS * AT_ONCE} replications of markets on 6 channels)",
        "",
        "| method | figure | intervals | held | width |",
        "|---|---|---:|---:|---:|",
    ]
    for method, name, title, column in FIGURES:
        own = found[found["method"] == method]
        shown = own[own[f"{name}_lower"].notna()]
        value = own.groupby("player")[column].transform("mean").loc[shown.index]
        held = shown[f"{name}_lower"].le(value) & value.le(shown[f"{name}_upper"])
        span = shown[f"{name}_upper"] - shown[f"{name}_lower"]
        width = (span / shown[column].abs()).median() / 2
        text.append(f"| {method} | {title} | {len(shown):,} | {held.mean():.3f} | ±{width:.0%} |")
    return text
