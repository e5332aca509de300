"""How often intervals of removal effects and of global Markov credit hold what they should.

The population value is the mean over the replications: its own error is a seventeenth of a
standard error, which costs no measurable coverage.
"""

from __future__ import annotations

import pandas as pd

from benchmarks.intervals.world import draw
from partner_attribution.attribution import Settings
from partner_attribution.attribution.effects import UNATTRIBUTED, player_effects
from partner_attribution.attribution.influence import player_influence
from partner_attribution.attribution.intervals import IntervalSettings
from partner_attribution.attribution.player_intervals import player_intervals

METHODS = ["markov_global"]
BLOCKS, AT_ONCE, ACCOUNTS = 6, 50, 3300
FIGURES = {
    "effect": ("removal effect", "effect"),
    "conversions": ("count", "credited_conversions"),
    "cents": ("revenue", "credit_cents"),
    "share": ("share of the count", "share"),
}


def measured(block: int) -> pd.DataFrame:
    """Figures of every player of a block of markets, and their bounds."""
    sample, settings = draw(400_000 + block, AT_ONCE, ACCOUNTS), Settings(markov_order=1)
    weights = player_effects(sample.journeys, METHODS, settings)
    influence = player_influence(sample.journeys, sample.accounts, weights, METHODS, settings)
    bounds = player_intervals(
        sample.journeys, sample.accounts, weights, influence, settings, IntervalSettings()
    )
    found = bounds.to_pandas().merge(weights.to_pandas(), on=["milestone", "method", "player"])
    found = found[found["player"] != UNATTRIBUTED]
    whole = found.groupby("milestone")["credited_conversions"].transform("sum")
    return found.assign(share=found["credited_conversions"] / whole)


def lines() -> list[str]:
    """The table of docs/intervals.md."""
    found = pd.concat([measured(block) for block in range(BLOCKS)], ignore_index=True)
    text = [
        "### Players of `markov_global` "
        f"({BLOCKS * AT_ONCE} replications of markets on 6 channels)",
        "",
        "| figure | intervals | held | width |",
        "|---|---:|---:|---:|",
    ]
    for name, (title, column) in FIGURES.items():
        shown = found[found[f"{name}_lower"].notna()]
        value = found.groupby("player")[column].transform("mean").loc[shown.index]
        held = shown[f"{name}_lower"].le(value) & value.le(shown[f"{name}_upper"])
        width = ((shown[f"{name}_upper"] - shown[f"{name}_lower"]) / shown[column]).median() / 2
        text.append(f"| {title} | {len(shown):,} | {held.mean():.3f} | ±{width:.0%} |")
    return text
