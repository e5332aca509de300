"""Run every case in a fresh process, interleaved; write medians and ratios as JSON and Markdown.

CPU is user + system of all threads, from after the imports to the written result; imports (DuckDB,
Narwhals, Arrow) are the same for every case and are printed apart.
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
import narwhals as nw
import pyarrow  # noqa: F401  (Narwhals imports it to read small results)

from benchmarks.engine import ENGINE
from benchmarks.generate import CONVERTING, SIZES, ensure
from benchmarks.limits import LIMITS

HERE = Path(__file__).parent
# What each case of the engine is measured against.
AGAINST = {
    "credits_wide": ("joinwin", "joinwin_wide", "sql_engine"),
    "credits_long": ("joinwin", "joinwin_wide"),
    "sql_engine": ("joinwin", "joinwin_wide"),
    "markov_1": ("window_lag", "path_strings"),
    "markov_3": ("window_lag",),
    "learned_with_intervals": ("learned",),
    "whole_engine": ("window_full",),
    "channel_attribution_rules": ("credits_wide",),
    "mam_rules": ("credits_wide",),
    "path_preparation": ("markov_1",),
    "channel_attribution_markov": ("markov_1",),
    "mam_markov": ("markov_1",),
}
# Other programs, asked in the environment of `make peers`.
PEERS = (
    "path_preparation",
    "channel_attribution_rules",
    "channel_attribution_markov",
    "mam_rules",
    "mam_markov",
)
PEERS_PYTHON = HERE.parent / ".venv-peers" / "bin" / "python"
CONFIG = {"threads": 2, "memory_limit": "4GB", "preserve_insertion_order": "false"}


def run_case(name: str, data: Path) -> None:
    """Run one case in this process and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(config={**CONFIG, "temp_directory": f"{folder}/spill"})
        connection.execute(f"attach '{folder}/out.duckdb' as out")
        nw.from_native(connection.sql("select 1"))  # imports the part of Narwhals for DuckDB
        for table in ("touches", "conversions"):
            connection.execute(f"create view {table} as from '{data}/{table}.parquet'")
        before = cpu_seconds()
        if name in LIMITS:
            connection.execute(f"create table out.result as {LIMITS[name]}")
        else:
            ENGINE[name](connection)
        used = cpu_seconds() - before
    print(json.dumps({"cpu_s": used, "peak_mb": peak_mb(), "imports_s": before}))


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_mb() -> float:
    """Return the most memory held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # Elsewhere ru_maxrss, which on Linux begins at that of the parent.
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure(data: Path, repeats: int, names: list[str]) -> dict[str, dict[str, float]]:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            command = [sys.executable, "-m", "benchmarks.run", "--case", name, "--data", str(data)]
            if name in PEERS:
                command = [str(PEERS_PYTHON), "-m", "benchmarks.peers", name, str(data)]
            done = subprocess.run(
                command, cwd=HERE.parent, check=True, stdout=subprocess.PIPE, text=True,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
    return {
        name: {key: median(run[key] for run in runs) for key in ("cpu_s", "peak_mb", "imports_s")}
        for name, runs in found.items()
    }


def as_markdown(results: dict[str, dict[str, float]]) -> str:
    lines = ["| case | CPU s | peak MB | ratio |", "|---|---|---|---|"]
    for name, result in results.items():
        limits = [limit for limit in AGAINST.get(name, ()) if limit in results]
        ratio = ", ".join(f"{result['cpu_s'] / results[x]['cpu_s']:.2f} x {x}" for x in limits)
        lines.append(f"| {name} | {result['cpu_s']:.2f} | {result['peak_mb']:.0f} | {ratio} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="1m")
    parser.add_argument("--converting", type=float, default=CONVERTING)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[*LIMITS, *ENGINE], metavar="CASE")
    parser.add_argument("--case")
    parser.add_argument("--data", type=Path)
    chosen = parser.parse_args()
    if chosen.case:
        run_case(chosen.case, chosen.data)
        return
    data = ensure(chosen.size, chosen.converting)
    results = measure(data, chosen.repeats, chosen.only)
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
    print(f"imports: {median(result['imports_s'] for result in results.values()):.2f} CPU s")


if __name__ == "__main__":
    main()
