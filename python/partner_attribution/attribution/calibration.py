"""Calibrate what a model says with what experiments found: precision-weighted means.

An experiment measures an effect, a model infers it. Each counts by the inverse of its variance, so
a small test hardly moves a sure model and a large one nearly replaces an unsure one.
"""

from __future__ import annotations

from collections import defaultdict
from math import isfinite, sqrt
from statistics import NormalDist
from typing import Any

import narwhals as nw

from partner_attribution.attribution.tables import arrow_rows, collected
from partner_attribution.errors import AttributionError

_SCHEMA = {
    "player": nw.String(),
    "conversions": nw.Float64(),
    "standard_error": nw.Float64(),
    "lower": nw.Float64(),
    "upper": nw.Float64(),
    "experiments": nw.Int64(),
    "experiment_weight": nw.Float64(),
}


def calibrate(effects: Any, experiments: Any, interval_level: float = 0.9) -> Any:
    """Combine the effects of a model with the results of experiments, per player.

    effects: one row per player: player, conversions, standard_error (> 0, in conversions).
    experiments: experiment_id, player, incremental_conversions, lower, upper, interval_level
        (0..1, of lower and upper). Both in conversions of the same time and accounts as the model.
    interval_level: of the intervals returned.

    Returns an Arrow table of one row per player of `effects`, in their order by name: conversions,
    standard_error, lower, upper, the number of experiments, and the part of the weight that they
    have (0 = the model alone). An experiment on a player without a row is an error: its effect
    would otherwise be lost without a word.

    Assumes normal errors, independent of each other. Neither source's bias is in its interval.
    """
    z = NormalDist().inv_cdf(0.5 + _level(interval_level, "the result") / 2)
    models = {
        player: (conversions, _positive(error, f"the model's standard_error of {player!r}"))
        for player, conversions, error in collected(
            nw.from_native(effects).select("player", "conversions", "standard_error")
        )
    }
    found = _by_player(experiments, models)
    rows = []
    for player in sorted(models, key=str.encode):
        parts = [models[player], *found[player]]
        weights = [1 / error**2 for _, error in parts]
        total = sum(weights)
        pairs = zip(parts, weights, strict=True)
        mean = sum(value * weight for (value, _), weight in pairs) / total
        error = 1 / sqrt(total)
        rows.append(
            {
                "player": player,
                "conversions": mean,
                "standard_error": error,
                "lower": mean - z * error,
                "upper": mean + z * error,
                "experiments": len(parts) - 1,
                "experiment_weight": sum(weights[1:]) / total,
            }
        )
    return arrow_rows(rows, _SCHEMA)


def standard_error(lower: float, upper: float, interval_level: float, name: str) -> float:
    """Return the standard error behind a symmetric interval of an experiment."""
    z = NormalDist().inv_cdf(0.5 + _level(interval_level, name) / 2)
    return _positive((upper - lower) / (2 * z), f"upper minus lower of {name}")


def _by_player(experiments: Any, known: Any) -> dict[str, list[tuple[float, float]]]:
    columns = ("incremental_conversions", "lower", "upper", "interval_level")
    frame = nw.from_native(experiments).select("experiment_id", "player", *columns)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for identifier, player, value, lower, upper, level in sorted(collected(frame)):
        name = f"experiment {identifier!r}"
        if player not in known:
            raise AttributionError(
                f"{name} is about {player!r}, of whom the model says nothing.",
                expected=f"one of {', '.join(sorted(known))}",
                do="correct its partner_id and channel in seeds/experiments.csv",
            )
        if not lower <= value <= upper:
            raise AttributionError(
                f"{name} found {value}, outside its own interval {lower} to {upper}.",
                expected="lower <= incremental_conversions <= upper",
                do="correct seeds/experiments.csv",
            )
        found[player].append((value, standard_error(lower, upper, level, name)))
    return found


def _level(level: float, name: str) -> float:
    if not 0 < level < 1:
        raise AttributionError(
            f"interval_level of {name} is {level}.",
            expected="more than 0 and less than 1, for example 0.9",
            do="write a share, not per cent",
        )
    return level


def _positive(value: float, name: str) -> float:
    if not (isfinite(value) and value > 0):
        raise AttributionError(
            f"{name} is {value}.",
            expected="more than 0",
            do="give an interval with a width; no result is certain",
        )
    return value
