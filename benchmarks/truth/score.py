"""How far what a method prints is from the truth of a world, and what that says of the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.truth.game import Truth
from benchmarks.truth.methods import CAUSAL, Printed

AIMED_AT = ("intent", "funnel")  # no aim for `hidden`, where no method can be right
NULL_SHARE = 0.005  # a player that adds less than this part of the total adds nothing


@dataclass(frozen=True)
class Score:
    """Of one method in one world.

    error: mean absolute difference of the players' shares, in points; None = not estimable.
    rank: Spearman's correlation of the shares.
    null_credit: points of share given to players that add nothing.
    baseline_error: printed less true share of deals that would have come anyway, in points.
    needs_test: the method itself says so of its figures.
    """

    family: str
    seed: int
    method: str
    error: float | None
    rank: float | None = None
    null_credit: float | None = None
    baseline_error: float | None = None
    needs_test: bool = False


def score(family: str, seed: int, method: str, printed: Printed, truth: Truth) -> Score:
    """Score one method in one world."""
    if not printed.shares:
        return Score(family, seed, method, None)
    true = np.array([truth.shares[player] for player in truth.players])
    said = np.array([printed.shares[player] for player in truth.players])
    same = bool(np.ptp(said) == 0)
    baseline = printed.baseline_share
    return Score(
        family=family,
        seed=seed,
        method=method,
        error=float(np.abs(said - true).mean() * 100),
        rank=None if same else float(spearmanr(said, true).statistic),
        null_credit=float(said[true < NULL_SHARE].sum() * 100),
        baseline_error=None if baseline is None else (baseline - truth.baseline_share) * 100,
        needs_test=printed.needs_test,
    )


def summary(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Return one row per family and method, the least mean error first."""
    by_world: dict[tuple[str, str], dict[int, Score]] = {}
    for one in scores:
        by_world.setdefault((one.family, one.method), {})[one.seed] = one
    rows = []
    for (family, method), own in by_world.items():
        linear, uniform = by_world[family, "linear"], by_world[family, "uniform"]
        known = {seed: one.error for seed, one in own.items() if one.error is not None}
        baselines = [abs(e) for one in own.values() if (e := one.baseline_error) is not None]
        rows.append(
            {
                "family": family,
                "method": method,
                "worlds": len(own),
                "estimable": len(known),
                "mean": _mean(known.values()),
                "median": median(known.values()) if known else None,
                "worst": max(known.values(), default=None),
                "rank": _mean(one.rank for one in own.values()),
                "null_credit": _mean(one.null_credit for one in own.values()),
                "baseline_error": _mean(baselines),
                "better_than_linear": _part(known, linear),
                "worse_than_uniform": sum(
                    error > (uniform[seed].error or 0) for seed, error in known.items()
                ),
                "needs_test": sum(one.needs_test for one in own.values()),
                "worse_unwarned": sum(
                    error > (uniform[seed].error or 0) and not own[seed].needs_test
                    for seed, error in known.items()
                ),
            }
        )
    return sorted(rows, key=lambda row: (row["family"], row["mean"] is None, row["mean"]))


def goals(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what was aimed at, what was reached, and whether that is enough."""
    found = {(row["family"], row["method"]): row for row in rows}
    if ("intent", "hazard_shapley") not in found:
        return []

    def below_linear(family: str, method: str) -> float:
        return 1 - float(
            (found[family, method]["mean"] or np.inf) / found[family, "linear"]["mean"]
        )

    def behind_best(family: str) -> float:
        means = [found[family, name]["mean"] or np.inf for name in CAUSAL]
        return float(means[2] / min(means[:2]) - 1)

    hazard, multistate = below_linear("intent", CAUSAL[0]), below_linear("funnel", CAUSAL[1])
    often = found["intent", CAUSAL[0]]["better_than_linear"]
    baselines = {
        f"{family} {name}": found[family, name]["baseline_error"] or np.inf
        for family in AIMED_AT
        for name in CAUSAL
    }
    worst = max(baselines, key=lambda name: baselines[name])
    ours = [row for row in rows if row["method"] in CAUSAL and row["family"] in AIMED_AT]
    worse = sum(row["worse_than_uniform"] for row in ours)
    claimed = sum(row["estimable"] - row["needs_test"] for row in ours)
    unwarned = sum(row["worse_unwarned"] for row in ours)
    behind = {family: behind_best(family) for family in AIMED_AT}
    return [
        _goal("hazard_shapley in intent: 50 % below linear", f"{hazard:.0%}", hazard >= 0.5),
        _goal("hazard_shapley in intent: better in 90 % of worlds", f"{often:.0%}", often >= 0.9),
        _goal("multistate in funnel: 35 % below linear", f"{multistate:.0%}", multistate >= 0.35),
        _goal(
            "causal_auto within 10 % of the better, both families",
            ", ".join(f"{family} {value:+.0%}" for family, value in behind.items()),
            max(behind.values()) <= 0.1,
        ),
        _goal(
            "baseline within 8 points, every causal method and family",
            f"worst {baselines[worst]:.1f} ({worst})",
            baselines[worst] <= 8,
        ),
        _goal(
            "nothing labelled incremental worse than uniform in any world of the two",
            f"{unwarned} of {claimed} labelled so; {worse - unwarned} that say `test first`",
            unwarned == 0,
        ),
    ]


def _goal(aim: str, reached: str, is_met: bool) -> dict[str, Any]:
    return {"aim": aim, "reached": reached, "is_met": bool(is_met)}


def _mean(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _part(known: Mapping[int, float], linear: Mapping[int, Score]) -> float:
    better = [error < (linear[seed].error or 0) for seed, error in known.items()]
    return sum(better) / len(linear)


def as_rows(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Return scores as plain rows for JSON."""
    return [asdict(one) for one in scores]
