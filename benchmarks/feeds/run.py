"""What landing touches costs, beside DuckDB's own reading of the same files as text.

Each measurement is a fresh process with a database file of its own; the two take turns, and the
medians of CPU seconds (user and system) are compared. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.feeds.generate import generate
from partner_attribution.feeds.landing import land

PROJECT = Path(__file__).resolve().parents[2]
DECLARED = "models/staging/template/_template__sources.yml"


SMALL = {
    "people": "person_id,email",
    "touches": "touch_id,person_id,touched_at,touch_type",
}
"""Headers of the files of a feed beside the large one; a line more is a change."""


def connect(work: Path) -> duckdb.DuckDBPyConnection:
    """A database file with the settings of profiles.yml."""
    return duckdb.connect(
        work / "bench.duckdb",
        config={"threads": 2, "memory_limit": "4GB", "preserve_insertion_order": "false"},
    )


def own_read(conn: duckdb.DuckDBPyConnection, paths: list[Path]) -> int:
    """DuckDB's own reading: every column as text, into a table."""
    listed = ", ".join(f"'{path}'" for path in paths)
    if paths[0].suffix == ".csv":
        names = duckdb.connect().read_csv(str(paths[0]), all_varchar=True).columns
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        relation = (
            f"select * from read_csv([{listed}], columns = {{{columns}}}, header = true,"
            " auto_detect = false, delim = ',', quote = '\"', escape = '\"', strict_mode = true)"
        )
    else:
        relation = f"select columns(*)::varchar from read_parquet([{listed}])"
    conn.execute(f"create table touches as {relation}")
    return int(conn.execute("select count(*) from touches").fetchall()[0][0])


def landing(conn: duckdb.DuckDBPyConnection, paths: list[Path], work: Path) -> int:
    """The project's reading: typed, checked, counted, rejects set aside."""
    declared = work / DECLARED
    declared.parent.mkdir(parents=True, exist_ok=True)
    declared.write_text((PROJECT / DECLARED).read_text())
    (work / "seeds").mkdir(exist_ok=True)
    report = land(conn, paths[0].parents[4], work / "seeds", work)
    assert not report.failed, report.failed
    return int((report.rows or {}).get("rows_landed", 0))


def changes(kind: str, rows: int, folder: Path) -> str:
    """CPU of landing: all, then a small feed's change in the large table, in another, in none."""
    paths = generate(folder, rows, kind)
    taken = []
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        linked = [work / path.relative_to(paths[0].parents[4]) for path in paths]
        linked[0].parent.mkdir(parents=True)
        for path, link in zip(paths, linked, strict=True):
            os.link(path, link)
        small = work / "partners" / "beta" / "template" / "2026-11-01"
        small.mkdir(parents=True)
        with connect(work) as conn:
            for changed in ("people", "touches", "people", None):
                if changed:
                    with (small / f"{changed}.csv").open("a") as file:
                        file.write(f"{SMALL[changed]}\n")
                before = os.times()
                landing(conn, linked, work)
                after = os.times()
                taken.append(after.user - before.user + after.system - before.system)
    return f"| {kind} | {rows:,} | " + " | ".join(f"{cpu:.2f}" for cpu in taken) + " |"


def measure(what: str, kind: str, rows: int, folder: Path) -> dict[str, float]:
    """Run one reading in this process and tell what it cost."""
    paths = generate(folder, rows, kind)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        conn = connect(work)
        before = os.times()
        count = own_read(conn, paths) if what == "own" else landing(conn, paths, work)
        conn.close()
        after = os.times()
    assert count == rows, (count, rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    cpu = after.user - before.user + after.system - before.system
    return {"cpu": cpu, "wall": after.elapsed - before.elapsed, "peak": peak}


def compare(kind: str, rows: int, folder: Path, rounds: int) -> str:
    """One line of the table."""
    generate(folder, rows, kind)
    taken: dict[str, list[dict[str, float]]] = {"own": [], "land": []}
    for _ in range(rounds):
        for what, results in taken.items():
            command = [sys.executable, "-m", "benchmarks.feeds.run", "--one", what]
            command += ["--kind", kind, "--rows", str(rows), "--folder", str(folder)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            results.append(json.loads(run.stdout))

    def median(what: str, name: str) -> float:
        return statistics.median(result[name] for result in taken[what])

    own, landed = median("own", "cpu"), median("land", "cpu")
    return (
        f"| {kind} | {rows:,} | {own:.1f} | {landed:.1f} | {landed / own:.2f} |"
        f" {median('own', 'peak'):.2f} | {median('land', 'peak'):.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", choices=("own", "land"))
    parser.add_argument("--kind", choices=("csv", "parquet"))
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=PROJECT / "build" / "benchmarks")
    parser.add_argument("--changes", action="store_true", help="what a change costs instead")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.one:
        print(json.dumps(measure(options.one, options.kind, options.rows, options.folder)))
        return
    kinds = [options.kind] if options.kind else ["csv", "parquet"]
    if options.changes:
        print("| files | rows | all: CPU s | a file in the same table | in another table | none |")
        print("|---|---|---|---|---|---|")
        for kind in kinds:
            print(changes(kind, options.rows, options.folder), flush=True)
        return
    print("| files | rows | DuckDB, all text: CPU s | landing: CPU s | ratio | peak GB | peak GB |")
    print("|---|---|---|---|---|---|---|")
    for kind in kinds:
        print(compare(kind, options.rows, options.folder, options.rounds), flush=True)


if __name__ == "__main__":
    main()
