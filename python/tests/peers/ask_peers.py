"""Ask the peers, in their own environment, and print their answers as JSON.

Run by test_peers.py with the interpreter of .venv-peers; imports nothing of this project.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import ChannelAttribution
import mam
import pandas as pd

PATHS = "path", "total_conversions", "total_conversion_value", "total_null"
SIMULATIONS = 2e7


def by_channel(frame: pd.DataFrame, channel: str, column: str) -> dict[str, float]:
    return dict(zip(frame[channel].astype(str), frame[column].astype(float), strict=True))


def channel_attribution(paths: pd.DataFrame) -> dict[str, Any]:
    path, conversions, value, nulls = PATHS
    table = ChannelAttribution.heuristic_models(
        paths, path, conversions, var_value=value, flg_pro=False
    )
    rules = {
        f"{rule}_{what}": by_channel(table, "channel_name", f"{rule}_{what}")
        for rule in ("first_touch", "last_touch", "linear_touch")
        for what in ("conversions", "value")
    }
    effects = {}
    for order in (1, 2, 3):
        found = ChannelAttribution.markov_model(
            paths,
            path,
            conversions,
            var_value=value,
            var_null=nulls,
            order=order,
            out_more=True,
            nsim_start=SIMULATIONS,
            max_step=1000,
            nfold=1,
            seed=1,
            verbose=False,
            flg_pro=False,
        )
        removal = found["removal_effects"]
        effects[order] = by_channel(removal, "channel_name", "removal_effects_conversion")
    return {**rules, "removal_effects": effects}


def grouped(paths: pd.DataFrame) -> pd.DataFrame:
    """One row per path and outcome, as MAM takes them."""
    path, conversions, _, nulls = PATHS
    won = paths[paths[conversions] > 0]
    lost = paths[paths[nulls] > 0]
    return pd.concat(
        [
            pd.DataFrame({"path": won[path], "count": won[conversions], "won": True}),
            pd.DataFrame({"path": lost[path], "count": lost[nulls], "won": False}),
        ],
        ignore_index=True,
    )


def of_mam(journeys: pd.DataFrame) -> Any:
    return mam.MAM(
        journeys,
        format_type="grouped_journey",
        channels_colname="path",
        journey_with_conv_colname="won",
        occurrences_colname="count",
    )


def totals(result: Any) -> dict[str, float]:
    return by_channel(result.to_pandas(), "channels", "attribution")


def models_and_analysis(paths: pd.DataFrame, timed: pd.DataFrame, few: pd.DataFrame) -> Any:
    """MAM: all paths; journeys with hours before the conversion; journeys of five channels."""
    every = of_mam(grouped(paths))
    answers: dict[str, Any] = {
        "first_touch": totals(every.run_first_click()),
        "last_touch": totals(every.run_last_click()),
        "linear": totals(every.run_linear()),
        "position": totals(every.run_position_based()),
    }
    for repeats in (False, True):
        markov = every.run_markov(transition_to_same_state=repeats)
        removal = markov.metadata["removal_effect"].reset_index(names="channel")
        name = "with_repeats" if repeats else "without_repeats"
        answers[f"removal_effects_{name}"] = by_channel(removal, "channel", "removal_effect")
        answers[f"markov_path_{name}"] = totals(markov)
    decay = mam.MAM(
        timed,
        format_type="journey",
        channels_colname="path",
        journey_with_conv_colname="won",
        user_id_colname="id",
        time_till_conv_colname="hours",
    )
    answers["time_decay"] = totals(decay.run_time_decay(half_life_hours=168.0))
    shapley = of_mam(few).run_shapley(max_size=5, value_column="conv_rate")
    table = shapley.metadata["conv_table"].to_pandas()
    together = table[table["combinations"].str.count(" > ") == 4].iloc[0]
    answers["shapley_of_all_five"] = dict(
        zip(together["combinations"].split(" > "), map(float, together.iloc[-1]), strict=True)
    )
    return answers


def main(folder: Path) -> None:
    paths = pd.read_csv(folder / "paths.csv")
    timed, few = pd.read_csv(folder / "timed.csv"), pd.read_csv(folder / "few.csv")
    with contextlib.redirect_stdout(sys.stderr):
        answers = {
            "channel_attribution": channel_attribution(paths),
            "mam": models_and_analysis(paths, timed, few),
        }
    print(json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
