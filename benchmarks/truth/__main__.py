"""Run the truth benchmark: `python -m benchmarks.truth`, or `make benchmark-truth`."""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from benchmarks.truth.game import Truth
from benchmarks.truth.holdouts import with_holdouts
from benchmarks.truth.methods import printed
from benchmarks.truth.report import page
from benchmarks.truth.score import Score, as_rows, goals, score, summary
from benchmarks.truth.worlds import FAMILIES, kept_truth, world

TRUTHS = Path("build/truth")


def run(family: str, seed: int) -> tuple[Truth, list[Score]]:
    """Score every method in one world."""
    truth = kept_truth(family, seed, TRUTHS)
    found = printed(world(family, seed, with_truth=False))
    if "hazard_shapley" in found:
        found["hazard_shapley_with_holdouts"] = with_holdouts(found["hazard_shapley"], truth, seed)
    return truth, [score(family, seed, name, one, truth) for name, one in found.items()]


def main() -> None:
    """Score every method in every world and write the figures and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=10, help="per family; seeds 1 to this")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/truth/results.json"))
    parser.add_argument("--page", type=Path, default=Path("docs/truth-benchmark.md"))
    given = parser.parse_args()
    keys = [(family, seed) for family in FAMILIES for seed in range(1, given.worlds + 1)]
    with ProcessPoolExecutor(given.jobs) as pool:
        results = list(pool.map(run, *zip(*keys, strict=True)))
    truths: dict[str, list[Truth]] = {family: [] for family in FAMILIES}
    for (family, _), (truth, _) in zip(keys, results, strict=True):
        truths[family].append(truth)
    scores = [one for _, own in results for one in own]
    rows = summary(scores)
    reached = goals(rows)
    figures = {
        "summary": rows,
        "goals": reached,
        "truths": {family: [asdict(truth) for truth in own] for family, own in truths.items()},
        "scores": as_rows(scores),
    }
    given.json.write_text(json.dumps(figures, indent=1) + "\n")
    given.page.write_text(page(rows, reached, truths))
    for goal in reached:
        print(f"{'met    ' if goal['is_met'] else 'NOT MET'} {goal['aim']}: {goal['reached']}")
    print(f"Wrote {given.page} and {given.json}.")


if __name__ == "__main__":
    main()
