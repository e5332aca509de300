"""How often intervals of incremental deals hold what they should: `make benchmark-coverage-causal`.

Each replication draws a small market (the one that the tests use), fits a causal method, and fits
it again without each of 10 groups of accounts: six CPU seconds. The expected figure is the mean
over the replications, so the bounds are judged against it, not against the truth.
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

METHOD = "hazard_shapley"
WORLD = {"seed": 7, "players": 4, "accounts": 2500, "weeks": 52, "base": 1.0}
BUCKETS, GROUPS = 1000, 10


def measured(number: int) -> pd.DataFrame:
    """Figures and bounds of every player and the baseline in one replication."""
    accounts, touches, milestones, start, end = played(World(**WORLD), 100 + number)
    bucket = np.random.default_rng(number).integers(0, BUCKETS, len(accounts))
    accounts = accounts.assign(bucket=bucket)
    settings = CausalSettings(interval_groups=GROUPS, interval_buckets=BUCKETS)
    found = causal_credits(accounts, touches, milestones, [METHOD], settings, start, end)
    bounds = incremental_intervals(
        _sums(found.credits.to_pandas(), milestones, accounts),
        found.influence.append_column("row_kind", pa.array(["influence"] * len(found.influence))),
        IntervalSettings(buckets=BUCKETS, fitted_groups=GROUPS, min_wins=2, low_sample_wins=2),
    )
    effects = found.effects.to_pandas()[["player", "conversions"]]
    return effects.merge(bounds.to_pandas(), on="player", how="left").assign(number=number)


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
    text = ["| | deals | spread | intervals | held | width |", "|---|---:|---:|---:|---:|---:|"]
    for player, rows in found.groupby("player"):
        mean, shown = rows["conversions"].mean(), rows[rows["conversions_lower"].notna()]
        held = shown["conversions_lower"].le(mean) & shown["conversions_upper"].ge(mean)
        width = ((shown["conversions_upper"] - shown["conversions_lower"]) / 2).median() / mean
        text.append(
            f"| {player} | {mean:.1f} | {rows['conversions'].std():.1f} | {len(shown)} |"
            f" {held.mean():.3f} | ±{width:.0%} |"
        )
    return "\n".join(text)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 80
    with ProcessPoolExecutor() as pool:
        replications = list(pool.map(measured, range(count)))
    print(f"{METHOD}, {count} replications\n\n{table(pd.concat(replications))}")
