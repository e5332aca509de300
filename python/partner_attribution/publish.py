"""Publishing: the tested marts and reports of a build become the copy that people read.

dbt never builds in the file that people read. Publishing copies the schemas `marts` and `reports`
into a new file beside the old one and then takes its place in one step, so a reader sees one
complete generation and a killed publish leaves the last one as it was.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from partner_attribution.errors import (
    BROKEN_DATABASE,
    REBUILD,
    BuildError,
    BusyError,
    PublicationError,
)

if TYPE_CHECKING:
    import duckdb

SERVED_FILE = "attribution.duckdb"
PUBLIC_SCHEMAS = ("marts", "reports")

# Older DuckDB clients and BI drivers can open this format.
STORAGE_VERSION = "v1.4.0"

# Lookups that readers of the served file need and no mart holds: published beside the marts.
PUBLIC_LOOKUPS = ("campaign_aliases",)
LOOKUPS_SCHEMA = "lookups"

# Without these there is no readout, and no way to say what is missing from it.
CORE = (
    "marts.dim_campaign",
    "reports.rpt_campaign_totals",
    "reports.rpt_contribution",
    "reports.rpt_data_health",
    "reports.rpt_settings",
    "reports.rpt_windows",
)

LOCK_FILE = ".publish.lock"
POINTER = "current"


@dataclass(frozen=True)
class Published:
    """What a publication holds."""

    path: Path
    run_id: str
    published_at: datetime
    invocation_id: str
    status: str
    feeds: str
    settings_hash: str
    tables: dict[str, int]


def utc_now() -> datetime:
    """Now, as a naive UTC timestamp: only for run ids and publication rows, never for figures."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def warehouse_path(project: Path) -> Path:
    """The file that dbt builds in, as in profiles.yml."""
    return project.joinpath(os.environ.get("DUCKDB_PATH", "warehouse.duckdb"))


def free_run_id(serve_dir: Path) -> str:
    """A run id under which nothing was published yet."""
    name = f"run-{utc_now():%Y%m%dT%H%M%SZ}"
    taken = serve_dir / "parquet"
    numbered = (f"{name}-{number:04x}" for number in range(1, 0x10000))
    return (
        name
        if not (taken / name).exists()
        else next(one for one in numbered if not (taken / one).exists())
    )


@dataclass(frozen=True)
class Fit:
    """What of a build may be published."""

    invocation_id: str
    tables: frozenset[str]
    withheld: tuple[str, ...]


def check_built(target: Path) -> Fit:
    """What of the last dbt run in this target folder may be published; see check_results."""
    manifest, results = target / "manifest.json", target / "run_results.json"
    if not manifest.is_file() or not results.is_file():
        raise BuildError(
            "There is no dbt run to publish",
            where=str(target),
            expected="manifest.json and run_results.json of a `dbt build`",
            do="run `dbt build`, then `track-source publish`",
        )
    nodes = json.loads(manifest.read_text())["nodes"]
    run = json.loads(results.read_text())
    return check_results(
        nodes,
        {row["unique_id"]: row["status"] for row in run["results"]},
        run["metadata"]["invocation_id"],
    )


def check_results(
    nodes: dict[str, dict[str, Any]], statuses: dict[str, str], invocation_id: str
) -> Fit:
    """What may be published: models of the public schemas that were built and whose tests passed.

    A model that failed, or one of whose tests did, is withheld and the readout says so. Raises
    BuildError when one that the readout cannot do without is unfit: then nothing is published.
    """
    public = {
        unique_id: f"{node['schema']}.{node.get('alias') or node['name']}"
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and node["schema"] in PUBLIC_SCHEMAS
    }
    unfit = {
        name: f"{name} ({statuses.get(unique_id, 'not in this run')})"
        for unique_id, name in public.items()
        if statuses.get(unique_id) != "success"
    }
    for unique_id, status in statuses.items():
        node = nodes.get(unique_id)
        if node is None or status not in ("fail", "error") or node["resource_type"] != "test":
            continue
        for parent in node.get("depends_on", {}).get("nodes", []):
            if parent in public:
                name = public[parent]
                unfit.setdefault(name, f"{name} (test {node['name']}: {status})")
    for name in CORE:
        if name not in public.values():
            unfit.setdefault(name, f"{name} (not in this project)")
    lacking = [unfit[name] for name in sorted(unfit) if name in CORE]
    if lacking:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        raise BuildError(
            f"The last dbt run is not fit to publish: {', '.join(lacking[:3])}{more}",
            where="run_results.json",
            expected="the tables that every readout needs built, and their tests passed",
            do="mend the first of them, run `dbt build`, then `track-source publish`; "
            "the last publication stays as it was",
        )
    return Fit(
        invocation_id,
        frozenset(name for name in public.values() if name not in unfit),
        tuple(unfit[name] for name in sorted(unfit)),
    )


@contextmanager
def publish_lock(serve_dir: Path, wait_seconds: float = 30.0) -> Iterator[None]:
    """One publisher at a time. The lock ends with its process, however that ends."""
    serve_dir.mkdir(parents=True, exist_ok=True)
    with held_lock(serve_dir / LOCK_FILE, wait_seconds, "publish"):
        yield


@contextmanager
def held_lock(path: Path, wait_seconds: float, doing: str) -> Iterator[None]:
    """Hold an exclusive file lock; raise BusyError naming the holder after the wait."""
    with path.open("a+") as file:
        deadline = time.monotonic() + wait_seconds
        while not _try_lock(file):
            if time.monotonic() >= deadline:
                raise BusyError(
                    f"Another {doing} is running: {_holder(file)}",
                    where=str(path),
                    expected=f"it to finish within {wait_seconds:g} seconds",
                    do="wait for it and run the command again; if that process is gone for good, "
                    "the lock is free already",
                )
            time.sleep(min(0.1, wait_seconds))
        file.seek(0)
        file.truncate()
        json.dump(
            {"pid": os.getpid(), "host": socket.gethostname(), "start": utc_now().isoformat()},
            file,
        )
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_UN)


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        found = json.loads(file.read())
        return f"pid {found['pid']} on {found['host']}, since {found['start']} UTC"
    except (ValueError, KeyError, TypeError):
        return "it has not said who it is yet"


def publish(
    warehouse: Path,
    serve_dir: Path,
    *,
    run_id: str,
    fit: Fit,
    dbt_version: str = "",
    wait_seconds: float = 30.0,
    published_at: datetime | None = None,
) -> Published:
    """Copy the tables that are fit into the served file and Parquet, atomically."""
    if not warehouse.is_file():
        raise PublicationError(
            "There is no warehouse to publish from",
            where=str(warehouse),
            expected="the file that dbt builds (environment variable DUCKDB_PATH)",
            do="run `dbt build`, or set DUCKDB_PATH to the file that it built",
        )
    with publish_lock(serve_dir, wait_seconds):
        _clear_leftovers(serve_dir)
        temporary = serve_dir / f".{run_id}.duckdb.tmp"
        parquet = serve_dir / "parquet" / f".{run_id}.tmp"
        try:
            made = _copy(
                warehouse,
                temporary,
                parquet,
                run_id=run_id,
                fit=fit,
                dbt_version=dbt_version,
                published_at=published_at or utc_now(),
                served=serve_dir / SERVED_FILE,
            )
            _sync(temporary)
            final = serve_dir / "parquet" / run_id
            if final.exists():
                raise PublicationError(
                    "This run was published before",
                    where=str(final),
                    expected="a new run id for every publication",
                    do="run the command again",
                )
            parquet.rename(final)
            temporary.replace(serve_dir / SERVED_FILE)
            _point_to(serve_dir / "parquet", run_id)
            _sync(serve_dir)
        finally:
            _clear_leftovers(serve_dir)
    return made


def _copy(
    warehouse: Path,
    temporary: Path,
    parquet: Path,
    *,
    run_id: str,
    fit: Fit,
    dbt_version: str,
    published_at: datetime,
    served: Path,
) -> Published:
    import duckdb  # noqa: PLC0415

    connection = duckdb.connect(":memory:")
    try:
        try:
            connection.execute(f"attach {_text(warehouse)} as built (read_only)")
        except duckdb.Error as error:
            if BROKEN_DATABASE in str(error):
                raise PublicationError(
                    "The warehouse is broken, or is no DuckDB file",
                    where=str(warehouse),
                    expected="the file that dbt build made",
                    do=REBUILD,
                ) from error
            raise BusyError(
                f"The warehouse cannot be opened: {str(error).splitlines()[0]}",
                where=str(warehouse),
                expected="a DuckDB file that no other process is writing",
                do="wait for the build to end and run the command again",
            ) from error
        connection.execute(
            f"attach {_text(temporary)} as served (storage_version '{STORAGE_VERSION}')"
        )
        built = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'built' order by 1, 2"
        ).fetchall()
        tables = [row for row in built if f"{row[0]}.{row[1]}" in fit.tables]
        sources = {row: f"{row[0]}.{_name(row[1])}" for row in tables}
        for lookup in PUBLIC_LOOKUPS:
            if ("marts", lookup) not in sources and (LOOKUPS_SCHEMA, lookup) in built:
                sources["marts", lookup] = f"{LOOKUPS_SCHEMA}.{_name(lookup)}"
        counts: dict[str, int] = {}
        for schema in PUBLIC_SCHEMAS:
            connection.execute(f"create schema served.{schema}")
            (parquet / schema).mkdir(parents=True)
        for (schema, table), source in sources.items():
            name = f"{schema}.{_name(table)}"
            connection.execute(f"create table served.{name} as select * from built.{source}")
            connection.execute(
                f"copy served.{name} to {_text(parquet / schema / f'{table}.parquet')} "
                "(format parquet)"
            )
            counts[f"{schema}.{table}"] = _count(connection, f"served.{name}")
        _copy_comments(connection, counts)
        feeds, failed = _feed_summary(connection, counts)
        status = "partial" if failed or fit.withheld else "complete"
        settings_hash = _settings_hash(connection, counts)
        connection.execute(
            "create table served.marts.publication (run_id varchar, invocation_id varchar, "
            "published_at timestamp, dbt_version varchar, duckdb_version varchar, "
            "settings_hash varchar, feeds varchar, status varchar)"
        )
        connection.execute(
            "insert into served.marts.publication values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run_id,
                fit.invocation_id,
                published_at,
                dbt_version,
                duckdb.__version__,
                settings_hash,
                feeds,
                status,
            ],
        )
        connection.execute(
            f"copy served.marts.publication to "
            f"{_text(parquet / 'marts' / 'publication.parquet')} (format parquet)"
        )
        connection.execute("checkpoint served")
        connection.execute("detach served")
    finally:
        connection.close()
    return Published(
        path=served,
        run_id=run_id,
        published_at=published_at,
        invocation_id=fit.invocation_id,
        status=status,
        feeds=feeds,
        settings_hash=settings_hash,
        tables=counts,
    )


def _copy_comments(connection: duckdb.DuckDBPyConnection, tables: dict[str, int]) -> None:
    """Descriptions follow the tables: BI tools show them."""
    for schema, table, comment in connection.execute(
        "select schema_name, table_name, comment from duckdb_tables() "
        "where database_name = 'built' and comment is not null"
    ).fetchall():
        if f"{schema}.{table}" in tables:
            connection.execute(
                f"comment on table served.{schema}.{_name(table)} is {_text(comment)}"
            )
    for schema, table, column, comment in connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where database_name = 'built' and comment is not null"
    ).fetchall():
        if f"{schema}.{table}" in tables:
            name = f"served.{schema}.{_name(table)}.{_name(column)}"
            connection.execute(f"comment on column {name} is {_text(comment)}")


def _feed_summary(connection: duckdb.DuckDBPyConnection, tables: dict[str, int]) -> tuple[str, int]:
    """Feeds in words, and how many of them failed."""
    if "reports.rpt_data_health" not in tables:
        return "not known", 0
    failed, feeds = connection.execute(
        "select count(distinct case when status = 'fail' then feed_id end), "
        "count(distinct feed_id) from served.reports.rpt_data_health where section = 'feeds'"
    ).fetchall()[0]
    return (f"{feeds - failed} ok, {failed} failed" if failed else f"{feeds} ok"), failed


def _settings_hash(connection: duckdb.DuckDBPyConnection, tables: dict[str, int]) -> str:
    if "reports.rpt_settings" not in tables:
        return ""
    found = connection.execute(
        "select setting, value from served.reports.rpt_settings order by 1, 2"
    ).fetchall()
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])


def _clear_leftovers(serve_dir: Path) -> None:
    """Remove what a killed publish left behind; the lock is held, so nobody is using it."""
    for pattern in (".*.duckdb.tmp", ".*.duckdb.tmp.wal", "parquet/.*.tmp"):
        for path in serve_dir.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _point_to(parquet: Path, run_id: str) -> None:
    temporary = parquet / f".{POINTER}.tmp"
    temporary.write_text(f"{run_id}\n")
    _sync(temporary)
    temporary.replace(parquet / POINTER)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _text(value: object) -> str:
    """A SQL string literal."""
    escaped = str(value).replace("'", "''")
    return f"'{escaped}'"


def _name(value: str) -> str:
    """A SQL identifier."""
    escaped = value.replace('"', '""')
    return f'"{escaped}"'
