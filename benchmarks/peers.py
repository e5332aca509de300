"""What other programs take for the same touches, the preparation of their paths included.

Runs in the environment of `make test-peers`, one case per process, and imports nothing of this
project. ChannelAttribution takes one row per path; MAM one row per touch or per path. Both get the
paths from pandas, as their documentation does it, with all touches of an account as its journey.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

import pandas as pd


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def paths_of(folder: Path) -> pd.DataFrame:
    """Return one row per account: path, whether it converted, and for how much."""
    names = ["account_id", "touched_at_us", "touch_id", "channel"]
    touches = pd.read_parquet(folder / "touches.parquet", columns=names)
    conversions = pd.read_parquet(folder / "conversions.parquet")
    touches = touches.sort_values(["account_id", "touched_at_us", "touch_id"])
    paths = touches.groupby("account_id", sort=False)["channel"].agg(" > ".join).reset_index()
    paths = paths.merge(conversions[["account_id", "amount_cents"]], on="account_id", how="left")
    paths["won"] = paths["amount_cents"].notna()
    return paths


def by_path(paths: pd.DataFrame) -> pd.DataFrame:
    """Return one row per path: how often it converted, for how much, how often it did not."""
    paths = paths.assign(
        total_conversions=paths["won"].astype(int),
        total_conversion_value=paths["amount_cents"].fillna(0.0),
        total_null=(~paths["won"]).astype(int),
    )
    columns = ["total_conversions", "total_conversion_value", "total_null"]
    return paths.groupby("channel", sort=False)[columns].sum().reset_index()


def channel_attribution_rules(folder: Path) -> Any:
    import ChannelAttribution  # noqa: PLC0415 (each case pays for its own import, before it starts)

    yield
    yield ChannelAttribution.heuristic_models(
        by_path(paths_of(folder)),
        "channel",
        "total_conversions",
        var_value="total_conversion_value",
        flg_pro=False,
    )


def channel_attribution_markov(folder: Path) -> Any:
    import ChannelAttribution  # noqa: PLC0415

    yield
    yield ChannelAttribution.markov_model(
        by_path(paths_of(folder)),
        "channel",
        "total_conversions",
        var_value="total_conversion_value",
        var_null="total_null",
        order=1,
        seed=1,
        verbose=False,
        flg_pro=False,
    )


def _mam(folder: Path) -> Any:
    import mam  # noqa: PLC0415

    yield
    paths = by_path(paths_of(folder))
    won, lost = paths[paths["total_conversions"] > 0], paths[paths["total_null"] > 0]
    parts = [
        pd.DataFrame({"path": won["channel"], "count": won["total_conversions"], "won": True}),
        pd.DataFrame({"path": lost["channel"], "count": lost["total_null"], "won": False}),
    ]
    yield mam.MAM(
        pd.concat(parts, ignore_index=True),
        format_type="grouped_journey",
        channels_colname="path",
        journey_with_conv_colname="won",
        occurrences_colname="count",
    )


def mam_rules(folder: Path) -> Any:
    steps = _mam(folder)
    yield next(steps)
    model = next(steps)
    model.run_first_click()
    model.run_last_click()
    model.run_linear()
    yield model.run_position_based()


def mam_markov(folder: Path) -> Any:
    steps = _mam(folder)
    yield next(steps)
    yield next(steps).run_markov(transition_to_same_state=True)


def path_preparation(folder: Path) -> Any:
    yield
    yield by_path(paths_of(folder))


CASES = {
    "path_preparation": path_preparation,
    "channel_attribution_rules": channel_attribution_rules,
    "channel_attribution_markov": channel_attribution_markov,
    "mam_rules": mam_rules,
    "mam_markov": mam_markov,
}

if __name__ == "__main__":
    name, data = sys.argv[1], Path(sys.argv[2])
    with contextlib.redirect_stdout(sys.stderr):
        steps = CASES[name](data)
        next(steps)
        before = cpu_seconds()
        next(steps)
        used = cpu_seconds() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_s": used, "peak_mb": peak, "imports_s": before}))
