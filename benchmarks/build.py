"""What `dbt build` takes from touches in Parquet to tested marts, with all methods.

Three builds in fresh warehouses, each a process of its own: `dbt parse` (start-up alone), the same
project on a few touches (the floor: models, tests and seeds without data) and on as many as asked.
The limit is one join, one window and one write of the same touches. CPU is user + system.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import duckdb

from benchmarks.deliveries import generate
from benchmarks.generate import SIZES
from partner_attribution.attribution.registry import REGISTRY
from partner_attribution.feeds.seeds import compose

PROJECT = Path(__file__).resolve().parents[1]
# A seeds folder is inside the checkout, or dbt refuses it.
WORK = PROJECT / "build" / "benchmark-build"
FLOOR_TOUCHES = 2_000
COUNTED = (
    "ledger.int_touches_resolved",
    "marts.fct_conversions",
    "journeys.int_touches_in_window",
    "marts.fct_attribution_credits",
)
DBT = Path(sys.executable).with_name("dbt")

# What any program would have to do: join touches with the journeys they are in, order, write.
LIMIT = """
create table result as
select
    *, row_number() over (partition by conversion_id order by touched_at, touch_id) as position
from (
    select conversions.conversion_id, conversions.amount, touches.*
    from touches
    inner join conversions
        on touches.account_id = conversions.account_id
        and touches.touched_at between conversions.journey_start_at and conversions.cutoff_at
)
"""


def dbt(arguments: list[str], data: Path, folder: Path) -> dict[str, float]:
    """Run dbt in a fresh warehouse and target folder; return CPU seconds, wall and peak memory."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seeds = folder / "seeds"
    compose(PROJECT / "seeds", data / "seeds", seeds)
    variables = json.dumps({"attribution_methods": list(REGISTRY)})
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    environment = {
        **os.environ,
        "DATA_DIR": str(data),
        "SEEDS_DIR": str(seeds.relative_to(PROJECT)),
        "DUCKDB_PATH": str(folder / "warehouse.duckdb"),
        "DUCKDB_TEMP_DIR": str(folder / "spill"),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DO_NOT_TRACK": "1",
    }
    with (folder / "output.txt").open("w") as output:
        started = os.times().elapsed
        process = subprocess.Popen(
            [str(DBT), *arguments, "--vars", variables, *paths],
            cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print((folder / "output.txt").read_text()[-3000:], file=sys.stderr)
        sys.exit(f"dbt {arguments[0]} failed on {data}; all of its output: {folder}/output.txt")
    return {
        "cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": os.times().elapsed - started,
        "peak_mb": used.ru_maxrss / 1024,
    }


def limit(warehouse: Path) -> dict[str, float]:
    """Join, order and write the touches of a built warehouse; in this process, which is fresh."""
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        connection = duckdb.connect(f"{name}/out.duckdb", config={"threads": 2})
        connection.execute(f"attach '{warehouse}' as built (read_only)")
        copies = {
            "touches": "built.ledger.int_touches_resolved",
            "conversions": "(select conversion_id, account_id, journey_start_at, cutoff_at, amount"
            " from built.marts.fct_conversions)",
        }
        for table, origin in copies.items():
            connection.execute(f"copy (from {origin}) to '{name}/{table}.parquet'")
            connection.execute(f"create view {table} as from '{name}/{table}.parquet'")
        before = resource.getrusage(resource.RUSAGE_SELF)
        connection.execute(LIMIT)
        after = resource.getrusage(resource.RUSAGE_SELF)
        connection.close()
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": used}


def node_times(folder: Path) -> dict[str, float]:
    """Return seconds of each node of a run; two run at a time."""
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    return {result["unique_id"]: result["execution_time"] for result in results}


def part_of(node: str, nodes: dict[str, dict[str, object]]) -> str:
    """Name the part of the project that a node belongs to."""
    kind = node.partition(".")[0]
    if kind == "test":
        return "data tests"
    if kind != "model":
        return {"seed": "seeds", "unit_test": "unit tests"}.get(kind, kind)
    return f"models/{str(nodes[node]['path']).split('/')[0]}"


def sums(times: dict[str, float], folder: Path) -> dict[str, tuple[int, float]]:
    """Return nodes and seconds per part of the project."""
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    found: dict[str, list[float]] = defaultdict(list)
    for node, seconds in times.items():
        found[part_of(node, nodes)].append(seconds)
    return {part: (len(seconds), sum(seconds)) for part, seconds in sorted(found.items())}


def rows_of(warehouse: Path, tables: Iterable[str]) -> dict[str, int]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {
            table: connection.execute(f"select count(*) from {table}").fetchall()[0][0]
            for table in tables
        }


def report(size: str, top: int) -> None:
    """Print what the last builds of this size took, and where."""
    asked, floor = WORK / size, WORK / "floor"
    taken = json.loads((asked / "taken.json").read_text())
    start = taken["floor"]["cpu_s"] + taken["limit"]["cpu_s"]
    print("| | CPU s | wall s | peak MB |\n|---|---|---|---|")
    for name, found in taken.items():
        wall, peak = found.get("wall_s", 0), found.get("peak_mb", 0)
        print(f"| {name} | {found['cpu_s']:.1f} | {wall:.0f} | {peak:.0f} |")
    print(f"\nbuild / (floor + limit) = {taken['build']['cpu_s'] / start:.2f}\n")
    for table, rows in rows_of(asked / "warehouse.duckdb", COUNTED).items():
        print(f"{table}: {rows:,} rows")
    times, before = node_times(asked), node_times(floor)
    by_part = sums(before, floor)
    print("\n| part | nodes | seconds | of these on a few touches |\n|---|---|---|---|")
    for part, (count, seconds) in sums(times, asked).items():
        print(f"| {part} | {count} | {seconds:.1f} | {by_part[part][1]:.1f} |")
    print("\n| node | seconds | on a few touches |\n|---|---|---|")
    for node in sorted(times, key=lambda name: -times[name])[:top]:
        print(f"| {node.split('.', 2)[2]} | {times[node]:.1f} | {before[node]:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="1m")
    parser.add_argument("--top", type=int, default=25, help="how many nodes to list")
    parser.add_argument("--limit", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--exclude", nargs="*", default=[], help="passed to dbt, such as reports")
    options = parser.parse_args()
    build = ["build", *(["--exclude", *options.exclude] if options.exclude else [])]
    if options.limit:
        print(json.dumps(limit(options.limit)))
        return
    data = {"floor": WORK / "data-floor", options.size: WORK / f"data-{options.size}"}
    for name, folder in data.items():
        if not (folder / "seeds").exists():
            generate(SIZES.get(name, FLOOR_TOUCHES), folder)
    asked = WORK / options.size
    taken = {
        "start-up (`dbt parse`)": dbt(["parse"], data["floor"], WORK / "parse"),
        "floor": dbt(build, data["floor"], WORK / "floor"),
        "build": dbt(build, data[options.size], asked),
    }
    own = [sys.executable, "-m", "benchmarks.build", "--limit", str(asked / "warehouse.duckdb")]
    done = subprocess.run(own, cwd=PROJECT, check=True, capture_output=True, text=True)
    taken["limit"] = json.loads(done.stdout)
    (asked / "taken.json").write_text(json.dumps(taken, indent=2))
    report(options.size, options.top)


if __name__ == "__main__":
    main()
