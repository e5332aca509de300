"""Run every case in a fresh process, interleaved; write medians and ratios as JSON and Markdown.

CPU is user + system of all threads, from after the imports to the written result.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.engine import ENGINE
from benchmarks.generate import CONVERTING, SIZES, ensure
from benchmarks.limits import LIMITS

HERE = Path(__file__).parent
# What each case of the engine is measured against.
AGAINST = {
    "credits_wide": "joinwin",
    "credits_long": "joinwin",
    "markov_1": "window_lag",
    "markov_3": "window_lag",
}
CONFIG = {"threads": 2, "memory_limit": "4GB", "preserve_insertion_order": "false"}


def run_case(name: str, data: Path) -> None:
    """Run one case in this process and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(config={**CONFIG, "temp_directory": f"{folder}/spill"})
        connection.execute(f"attach '{folder}/out.duckdb' as out")
        for table in ("touches", "conversions"):
            connection.execute(f"create view {table} as from '{data}/{table}.parquet'")
        before = cpu_seconds()
        if name in LIMITS:
            connection.execute(f"create table out.result as {LIMITS[name]}")
        else:
            ENGINE[name](connection)
        used = cpu_seconds() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_s": used, "peak_mb": peak}))


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(data: Path, repeats: int) -> dict[str, dict[str, float]]:
    names = [*LIMITS, *ENGINE]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            command = [sys.executable, "-m", "benchmarks.run", "--case", name, "--data", str(data)]
            done = subprocess.run(
                command, cwd=HERE.parent, check=True, stdout=subprocess.PIPE, text=True,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
    return {
        name: {key: median(run[key] for run in runs) for key in ("cpu_s", "peak_mb")}
        for name, runs in found.items()
    }


def as_markdown(results: dict[str, dict[str, float]]) -> str:
    lines = ["| case | CPU s | peak MB | ratio |", "|---|---|---|---|"]
    for name, result in results.items():
        limit = AGAINST.get(name)
        ratio = f"{result['cpu_s'] / results[limit]['cpu_s']:.2f} x {limit}" if limit else ""
        lines.append(f"| {name} | {result['cpu_s']:.2f} | {result['peak_mb']:.0f} | {ratio} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="1m")
    parser.add_argument("--converting", type=float, default=CONVERTING)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case")
    parser.add_argument("--data", type=Path)
    chosen = parser.parse_args()
    if chosen.case:
        run_case(chosen.case, chosen.data)
        return
    data = ensure(chosen.size, chosen.converting)
    results = measure(data, chosen.repeats)
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, 2 threads",
        "duckdb": version("duckdb"),
        "narwhals": version("narwhals"),
        "data": data.name,
        "repeats": chosen.repeats,
    }
    (data / "results.json").write_text(json.dumps({"about": about, "cases": results}, indent=2))
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    print(as_markdown(results))


if __name__ == "__main__":
    main()
