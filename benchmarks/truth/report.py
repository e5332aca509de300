"""The benchmark in words: docs/truth-benchmark.md, with nothing in it that was not measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

from benchmarks.truth.game import Truth
from benchmarks.truth.methods import CAUSAL

_HEAD = """# Truth benchmark: how far is each method from what touches caused?

Made by `make benchmark-truth`; seeds are fixed, so the same code prints the same page. The worlds
are simulated (`benchmarks/truth/`), so what every player caused is known exactly: the Shapley value
of the number of won deals when only some players deliver their touches and all else reacts. It says
how methods compare where the truth is known, not how far a figure of your data is off.

- **error**: mean absolute difference between the printed and the true share of a player, in points.
  `uniform` gives every player the same: a method above it is worse than no data at all.
- **rank**: Spearman's correlation between the printed and the true shares.
- **null credit**: points given to players whose touches do nothing.
- **baseline error**: points between the printed and the true part of deals that would have come
  anyway. Only causal methods print one; for the others it is an unsaid zero.
- **says: test first**: worlds in which the method's figures are not labelled incremental
  (`claim`): its misfit is above 2, or the two causal methods disagree by more than 0.2.
- `_at_close`: journeys cut at the close of the deal, not at its creation. The touches that an open
  deal draws then count as its causes.
- `_with_holdouts`: after hold-outs of half the accounts on the two players with the most credit,
  combined by precision (docs/methods.md).
"""

FAMILY_WORDS = {
    "intent": "Accounts buy when a hidden intent is high. Players nudge it with fading, saturating,"
    " partly joint effect; retargeting follows recent visits, sellers a score of visits and forms"
    " and a small hunch of the intent; one or two players do nothing. Visits and forms are"
    " reported, save for lost consent.",
    "funnel": "Accounts move from stage to stage. Each player helps single steps and touches"
    " accounts by the stage they are in. The CRM records most steps days late, some weeks late,"
    " in batches, and skips some.",
    "hidden": "A stress test: as `intent`, but retargeting and sellers follow the intent itself,"
    " and one weak sign of it a week is all that is reported. What drives both touches and deals is"
    " on no record, so no method can be right here; no aim is set for this family.",
}


def page(
    rows: Sequence[Mapping[str, Any]],
    goals: Sequence[Mapping[str, Any]],
    truths: Mapping[str, Sequence[Truth]],
) -> str:
    """Return the page."""
    parts = [_HEAD, *(_family(rows, family, own) for family, own in truths.items())]
    parts.append(_reading(rows))
    if goals:
        parts.append(_goals(goals))
    return "\n".join(parts)


def _family(rows: Sequence[Mapping[str, Any]], family: str, truths: Sequence[Truth]) -> str:
    wins = [truth.total for truth in truths]
    baselines = [truth.baseline_share for truth in truths]
    errors = [truth.share_error for truth in truths]
    lines = [
        f"## Family `{family}`",
        "",
        FAMILY_WORDS[family],
        "",
        f"{len(truths)} worlds, {len(truths[0].players)} players each, {min(wins):.0f} to"
        f" {max(wins):.0f} wins, true baseline {min(baselines):.0%} to {max(baselines):.0%} (median"
        f" {median(baselines):.0%}). Monte-Carlo error of a true share (the world's least certain"
        f" player): mean {fmean(errors):.1f}, at most {max(errors):.1f} points.",
        "",
        "| method | error: mean | median | worst | rank | null credit | baseline error"
        " | better than linear | worse than uniform | says: test first | not estimable |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        if row["family"] == family:
            figures = [_figure(row[name], 1) for name in ("mean", "median", "worst")]
            figures += [_figure(row["rank"], 2), _figure(row["null_credit"], 1)]
            figures += [_figure(row["baseline_error"], 1), f"{row['better_than_linear']:.0%}"]
            figures.append(str(row["worse_than_uniform"]))
            figures.append(str(row["needs_test"]) if row["method"] in CAUSAL else "")
            figures.append(str(row["worlds"] - row["estimable"]))
            lines.append(f"| `{row['method']}` | " + " | ".join(figures) + " |")
    return "\n".join([*lines, ""])


def _reading(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ["## How to read it", ""]
    winners = {}
    for family in dict.fromkeys(row["family"] for row in rows):
        own = [row for row in rows if row["family"] == family and row["mean"] is not None]
        winners[family] = own[0]["method"]
        uniform = next(row["mean"] for row in own if row["method"] == "uniform")
        behind = [f"`{row['method']}`" for row in own if row["mean"] > uniform]
        lines.append(
            f"- `{family}`: the least mean error has `{own[0]['method']}` ({own[0]['mean']:.1f})."
            + (
                f" On average worse than a uniform split ({uniform:.1f}): {', '.join(behind)}."
                if behind
                else ""
            )
        )
    if len(set(winners.values())) > 1:
        lines.append("- No method wins everywhere: which is best depends on how deals come about.")
    for row in rows:
        if row["method"] in CAUSAL and row["worse_than_uniform"]:
            lines.append(
                f"- `{row['method']}` in `{row['family']}` is worse than a uniform split in"
                f" {row['worse_than_uniform']} of {row['worlds']} worlds,"
                f" {row['worse_unwarned']} of them labelled incremental. Its figures alone must not"
                " move a budget: test first."
            )
    return "\n".join([*lines, ""])


def _goals(goals: Sequence[Mapping[str, Any]]) -> str:
    lines = ["## Goals", "", "| aim | reached | |", "|---|---|---|"]
    lines += [
        f"| {goal['aim']} | {goal['reached']} | {'met' if goal['is_met'] else '**not met**'} |"
        for goal in goals
    ]
    return "\n".join([*lines, ""])


def _figure(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"
