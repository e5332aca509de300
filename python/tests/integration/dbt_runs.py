"""Run dbt as users do, in a folder of its own, and read what it built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from partner_attribution.feeds.seeds import compose

PROJECT = Path(__file__).resolve().parents[3]
# `make dbt-test` runs every data test on the demo.
WITHOUT_TESTS = ("--exclude", "resource_type:test", "resource_type:unit_test")


@contextmanager
def two_partners_lookups(work: Path, more: Mapping[str, str] | None = None) -> Iterator[Path]:
    """Lookups of partners alpha and beta and `more` (name -> CSV), composed as in `make build`."""
    own = work / "own"
    own.mkdir()
    (own / "partners.csv").write_text(
        "partner_id,partner_name,ledger_priority\nalpha,Alpha Inc,1\nbeta,Beta GmbH,2\n"
    )
    for name, text in (more or {}).items():
        (own / f"{name}.csv").write_text(text)
    composed = PROJECT / "build" / f"test-{os.getpid()}-{work.name}"
    compose(PROJECT / "seeds", own, composed)
    try:
        yield composed
    finally:
        shutil.rmtree(composed)


def dbt_build(
    work: Path,
    data_dir: Path,
    *,
    seeds_dir: Path | None = None,
    settings: Mapping[str, Any] | None = None,
    arguments: tuple[str, ...] = ("--exclude", "test_type:unit"),
    threads: int = 2,
) -> Path:
    """Build the project from `data_dir` and return the path of the DuckDB file.

    seeds_dir: a folder inside the checkout, as for users. Fails with dbt's own last words.
    """
    work.mkdir(parents=True, exist_ok=True)
    database = work / "warehouse.duckdb"
    environment = {
        **os.environ,
        "DATA_DIR": str(data_dir),
        "DUCKDB_PATH": str(database),
        "DUCKDB_TEMP_DIR": str(work / "spill"),
        "DBT_THREADS": str(threads),
        "DUCKDB_THREADS": str(threads),
        "DBT_PROFILES_DIR": str(PROJECT),
    }
    if seeds_dir is not None:
        environment["SEEDS_DIR"] = str(seeds_dir.relative_to(PROJECT))
    command = [
        str(Path(sys.executable).with_name("dbt")),
        "--no-use-colors",
        "build",
        "--target-path",
        str(work / "target"),
        "--log-path",
        str(work / "logs"),
        *arguments,
    ]
    if settings:
        command += ["--vars", json.dumps(dict(settings))]
    run = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    return database


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    """All rows of a query on a built database, read-only."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()
