"""How often intervals of incremental deals hold what they should: `make benchmark-coverage-causal`.

Each replication draws a small market (the one that the tests use) with skewed amounts, fits the
causal methods, and fits them again without each of 10 groups of accounts. The expected figure is
the mean over the replications, so the bounds are judged against it, not against the truth.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from partner_attribution.attribution.causal import CausalSettings, causal_credits
from partner_attribution.attribution.incremental_intervals import incremental_intervals
from partner_attribution.attribution.intervals import IntervalSettings
from tests.attribution.causal_worlds import World, played

# Per method a market of about 300 wins; that of `multistate` records leads and MQLs.
MARKETS: dict[str, dict[str, Any]] = {
    "hazard_shapley": {"seed": 7, "players": 4, "accounts": 3300, "weeks": 52, "base": 1.0},
    "multistate": {
        "seed": 7,
        "players": 4,
        "accounts": 2600,
        "weeks": 70,
        "base": 0.25,
        "funnel": True,
    },
}
BUCKETS, GROUPS = 1000, 10


def measured(method: str, number: int) -> pd.DataFrame:
    """Figures and bounds of every player and the baseline in one replication."""
    accounts, touches, milestones, start, end = played(World(**MARKETS[method]), 100 + number)
    bucket = np.random.default_rng(number).integers(0, BUCKETS, len(accounts))
    accounts = accounts.assign(bucket=bucket)
    milestones = milestones.assign(value_cents=_amounts(milestones["opportunity_id"], number))
    settings = CausalSettings(interval_groups=GROUPS, interval_buckets=BUCKETS)
    found = causal_credits(accounts, touches, milestones, [method], settings, start, end)
    bounds = incremental_intervals(
        _sums(found.credits.to_pandas(), milestones, accounts),
        found.influence.append_column("row_kind", pa.array(["influence"] * len(found.influence))),
        IntervalSettings(buckets=BUCKETS, fitted_groups=GROUPS, min_wins=2, low_sample_wins=2),
    )
    effects = found.effects.to_pandas()[["method", "player", "conversions", "value_cents"]]
    both = effects.merge(bounds.to_pandas(), on=["method", "player"], how="left")
    return both.assign(number=number)


def _amounts(opportunity: pd.Series, number: int) -> pd.Series:
    """Cents of each deal: log-normal, the largest hundredth 10 times the middle or more."""
    names = sorted(opportunity.dropna().unique())
    cents = np.random.default_rng(5000 + number).lognormal(11.5, 1.0, len(names)).astype("int64")
    return opportunity.map(dict(zip(names, cents, strict=True))).fillna(0).astype("int64")


def _sums(credits: Any, milestones: Any, accounts: Any) -> pa.Table:
    deals = milestones.dropna(subset=["opportunity_id"])[["opportunity_id", "account_id"]]
    rows = credits.merge(deals.drop_duplicates(), on="opportunity_id")
    rows = rows.merge(accounts[["account_id", "bucket"]], on="account_id")
    rows = rows.assign(share_billionths=(rows["credit_share"] * 1e9).round().astype("int64"))
    keys = ["milestone", "method", "player", "bucket"]
    sums = rows.groupby(keys, as_index=False).agg(
        winning_accounts=("account_id", "nunique"),
        share_billionths=("share_billionths", "sum"),
        credit_cents=("credit_cents", "sum"),
    )
    return pa.Table.from_pandas(sums, preserve_index=False)


def table(found: pd.DataFrame) -> str:
    """The table of docs/intervals.md."""
    text = [
        "| method | | deals | spread | intervals | held | width | amount held | width |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for (method, player), rows in found.groupby(["method", "player"]):
        deals = rows["conversions"]
        shown, held, width = _held(rows, "conversions", "conversions")
        _, amount_held, amount_width = _held(rows, "value_cents", "cents")
        text.append(
            f"| {method} | {player} | {deals.mean():.1f} | {deals.std():.1f} | {shown} |"
            f" {held:.3f} | ±{width:.0%} | {amount_held:.3f} | ±{amount_width:.0%} |"
        )
    return "\n".join(text)


def _held(rows: pd.DataFrame, figure: str, bound: str) -> tuple[int, float, float]:
    """Intervals shown, the part of them that hold the mean of the figure, and their width."""
    mean, shown = rows[figure].mean(), rows[rows[f"{bound}_lower"].notna()]
    held = shown[f"{bound}_lower"].le(mean) & shown[f"{bound}_upper"].ge(mean)
    width = ((shown[f"{bound}_upper"] - shown[f"{bound}_lower"]) / 2).median() / mean
    return len(shown), float(held.mean()), float(width)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 80
    for method in sys.argv[2:] or MARKETS:
        with ProcessPoolExecutor() as pool:
            replications = pd.concat(pool.map(measured, [method] * count, range(count)))
        wins = replications.groupby("number")["conversions"].sum()
        print(f"{method}: {count} replications of {wins.min():.0f} to {wins.max():.0f} wins\n")
        print(table(replications), flush=True)
