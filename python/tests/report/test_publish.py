"""Publishing is one step for the reader, and a killed one never happened."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from partner_attribution import publish
from partner_attribution.errors import BuildError, BusyError, PublicationError
from partner_attribution.report.facts import read_facts
from tests.report.served import World, write_served

KILLED_AT = ("_copy_comments", "_settings_hash", "_sync", "_point_to")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built file: the public schemas, a lookup, and things that nobody else may see."""
    folder = tmp_path_factory.mktemp("built")
    built = write_served(folder, World(without_tables=("marts.campaign_aliases",)))
    path = built / "attribution.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table marts.publication")
        connection.execute("create schema lookups; create schema staging; create schema raw_x")
        connection.execute(
            "create table lookups.campaign_aliases as "
            "select 'ai_launch_tour' as campaign_id, 'AILT' as alias, null as partner_id"
        )
        connection.execute("create table lookups.owners as select 'someone' as owner")
        connection.execute("create table raw_x.people as select 'a@example.com' as email")
        connection.execute("create table marts.old_table as select 1 as stale")
        connection.execute("comment on table reports.rpt_pace is 'One row per day: it''s pace.'")
        connection.execute("comment on column reports.rpt_pace.day is 'The day.'")
    return path


def fit(warehouse: Path, *without: str) -> publish.Fit:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('marts', 'reports')"
        ).fetchall()
    names = {row[0] for row in rows} - {"marts.old_table", *without}
    return publish.Fit(
        "invocation-1", frozenset(names), tuple(f"{name} (fail)" for name in without)
    )


def test_a_publication_is_readable_and_holds_only_what_is_public(
    warehouse: Path, tmp_path: Path
) -> None:
    made = publish.publish(warehouse, tmp_path, run_id="run-1", fit=fit(warehouse))
    facts = read_facts(tmp_path, campaign="ailt", window="30d")
    assert facts.publication.run_id == "run-1"
    assert facts.publication.invocation_id == "invocation-1"
    assert facts.publication.status == "partial"  # one feed of this world failed
    assert facts.publication.feeds == made.feeds == "5 ok, 1 failed"
    with duckdb.connect(str(made.path), read_only=True) as connection:
        schemas = connection.execute("select distinct schema_name from duckdb_tables()").fetchall()
        comments = connection.execute(
            "select comment from duckdb_tables() where table_name = 'rpt_pace'"
        ).fetchall()
        stale = connection.execute(
            "select 1 from duckdb_tables() where table_name in ('old_table', 'owners', 'people')"
        ).fetchall()
    assert sorted(schemas) == [("marts",), ("reports",)]
    assert comments == [("One row per day: it's pace.",)]
    assert stale == []


def test_the_file_has_the_format_that_older_clients_open(warehouse: Path, tmp_path: Path) -> None:
    made = publish.publish(warehouse, tmp_path, run_id="run-1", fit=fit(warehouse))
    header = made.path.read_bytes()[:64]
    # The version of the storage format stands after the checksum and the letters DUCK.
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") <= 67


def test_parquet_per_run_and_a_pointer(warehouse: Path, tmp_path: Path) -> None:
    publish.publish(warehouse, tmp_path, run_id="run-1", fit=fit(warehouse))
    publish.publish(warehouse, tmp_path, run_id="run-2", fit=fit(warehouse))
    parquet = tmp_path / "parquet"
    assert (parquet / "current").read_text() == "run-2\n"
    assert (parquet / "run-1" / "reports" / "rpt_contribution.parquet").is_file()
    file = parquet / "run-2" / "marts" / "publication.parquet"
    assert duckdb.sql(f"select run_id from '{file}'").fetchall() == [("run-2",)]
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_withheld_table_is_not_published(warehouse: Path, tmp_path: Path) -> None:
    publish.publish(warehouse, tmp_path, run_id="run-1", fit=fit(warehouse, "reports.rpt_pace"))
    assert read_facts(tmp_path, campaign="ailt", window="30d").withheld == ("reports.rpt_pace",)


@pytest.mark.parametrize("step", KILLED_AT)
def test_a_killed_publish_leaves_the_last_one_and_the_next_one_works(
    warehouse: Path, tmp_path: Path, step: str
) -> None:
    publish.publish(warehouse, tmp_path, run_id="run-1", fit=fit(warehouse))
    before = (tmp_path / "attribution.duckdb").read_bytes()
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from partner_attribution import publish\n"
        f"publish.{step} = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"fit = publish.Fit('i', frozenset({sorted(fit(warehouse).tables)!r}), ())\n"
        f"publish.publish(Path({str(warehouse)!r}), Path({str(tmp_path)!r}), "
        "run_id='run-2', fit=fit)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    if step == "_point_to":
        # Killed between the two replacements: the file is new and whole, the pointer still old.
        assert read_facts(tmp_path, campaign="ailt", window="30d").publication.run_id == "run-2"
        assert (tmp_path / "parquet" / "current").read_text() == "run-1\n"
    else:
        assert (tmp_path / "attribution.duckdb").read_bytes() == before
    publish.publish(warehouse, tmp_path, run_id="run-3", fit=fit(warehouse))
    assert read_facts(tmp_path, campaign="ailt", window="30d").publication.run_id == "run-3"
    assert not list(tmp_path.rglob("*.tmp"))


def test_killed_at_any_moment(warehouse: Path, tmp_path: Path) -> None:
    publish.publish(warehouse, tmp_path, run_id="run-0", fit=fit(warehouse))
    code = (
        "import itertools\n"
        "from pathlib import Path\n"
        "from partner_attribution import publish\n"
        "print('ready', flush=True)\n"
        f"fit = publish.Fit('i', frozenset({sorted(fit(warehouse).tables)!r}), ())\n"
        "for n in itertools.count():\n"
        f"    publish.publish(Path({str(warehouse)!r}), Path({str(tmp_path)!r}), "
        f"run_id=f'run-{{__import__('os').getpid()}}-{{n}}', fit=fit)\n"
    )
    for wait in (0.05, 0.17, 0.31, 0.44):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        time.sleep(wait)
        process.kill()
        process.wait()
        process.stdout.close()
        facts = read_facts(tmp_path, campaign="ailt", window="30d")
        assert facts.contributions


def test_readers_during_publishes_see_one_complete_generation(
    warehouse: Path, tmp_path: Path
) -> None:
    publish.publish(warehouse, tmp_path, run_id="run-0", fit=fit(warehouse))
    expected = len(read_facts(tmp_path, campaign="ailt", window="30d").contributions)
    errors: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                facts = read_facts(tmp_path, campaign="ailt", window="30d")
                assert len(facts.contributions) == expected
            except BaseException as error:
                errors.append(error)
                return

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 4):
        publish.publish(warehouse, tmp_path, run_id=f"run-{number}", fit=fit(warehouse))
    stop.set()
    reader.join()
    assert not errors


def test_a_second_publisher_waits_then_names_the_first(warehouse: Path, tmp_path: Path) -> None:
    with publish.publish_lock(tmp_path):
        with pytest.raises(BusyError) as caught:
            publish.publish(
                warehouse, tmp_path, run_id="run-1", fit=fit(warehouse), wait_seconds=0.2
            )
        assert f"pid {os.getpid()}" in str(caught.value)
    publish.publish(warehouse, tmp_path, run_id="run-1", fit=fit(warehouse), wait_seconds=0.2)


def test_a_lock_of_a_dead_process_is_free(warehouse: Path, tmp_path: Path) -> None:
    tmp_path.joinpath(publish.LOCK_FILE).write_text(
        '{"pid": 1, "host": "gone", "start": "2026-01-01T00:00:00"}'
    )
    publish.publish(warehouse, tmp_path, run_id="run-1", fit=fit(warehouse), wait_seconds=0.2)


def test_a_warehouse_in_use_is_busy(warehouse: Path, tmp_path: Path) -> None:
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(warehouse.read_bytes())
    code = (
        f"import duckdb, sys\nc = duckdb.connect({str(copy)!r})\n"
        "print('open', flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout and holder.stdin
        holder.stdout.readline()
        with pytest.raises(BusyError, match="warehouse"):
            publish.publish(copy, tmp_path / "serve", run_id="run-1", fit=fit(warehouse))
        holder.stdin.close()
    assert not (tmp_path / "serve" / "attribution.duckdb").exists()


def test_a_warehouse_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    broken = tmp_path / "warehouse.duckdb"
    broken.write_bytes(b"no database" * 1000)
    nothing = publish.Fit("i", frozenset({"marts.fct_touches"}), ())
    with pytest.raises(PublicationError, match="made again from the deliveries"):
        publish.publish(broken, tmp_path / "serve", run_id="run-1", fit=nothing)
    assert broken.read_bytes() == b"no database" * 1000
    assert not (tmp_path / "serve" / "attribution.duckdb").exists()


def test_no_warehouse_says_what_to_run(tmp_path: Path) -> None:
    nothing = publish.Fit("i", frozenset(), ())
    with pytest.raises(PublicationError, match="dbt build"):
        publish.publish(tmp_path / "none.duckdb", tmp_path, run_id="run-1", fit=nothing)


def nodes(*more: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for name in (*publish.CORE, "reports.rpt_pace"):
        schema, _, table = name.partition(".")
        found[f"model.p.{table}"] = {
            "resource_type": "model",
            "schema": schema,
            "name": table,
            "depends_on": {"nodes": []},
        }
    for node in more:
        found[node["unique_id"]] = node
    return found


def statuses(**changed: str) -> dict[str, str]:
    return {unique_id: changed.get(unique_id.split(".")[-1], "success") for unique_id in nodes()}


def a_test_of(name: str) -> dict[str, Any]:
    return {
        "unique_id": "test.p.t",
        "resource_type": "test",
        "schema": "tests",
        "name": "t",
        "depends_on": {"nodes": [f"model.p.{name}"]},
    }


def test_everything_green_is_fit() -> None:
    assert len(publish.check_results(nodes(), statuses(), "i").tables) == len(nodes())


@pytest.mark.parametrize("status", ["error", "skipped", "fail"])
def test_a_core_table_that_is_not_green_stops_the_publication(status: str) -> None:
    with pytest.raises(BuildError, match="rpt_contribution"):
        publish.check_results(nodes(), statuses(rpt_contribution=status), "i")


def test_a_core_table_with_a_failed_test_stops_the_publication() -> None:
    failed = {**statuses(), "test.p.t": "fail"}
    with pytest.raises(BuildError, match="test t: fail"):
        publish.check_results(nodes(a_test_of("rpt_contribution")), failed, "i")


def test_another_table_is_withheld() -> None:
    fitting = publish.check_results(nodes(), statuses(rpt_pace="error"), "i")
    assert "reports.rpt_pace" not in fitting.tables
    assert fitting.withheld == ("reports.rpt_pace (error)",)
    failed = {**statuses(), "test.p.t": "fail"}
    fitting = publish.check_results(nodes(a_test_of("rpt_pace")), failed, "i")
    assert fitting.withheld == ("reports.rpt_pace (test t: fail)",)
    warned = {**statuses(), "test.p.t": "warn"}
    assert not publish.check_results(nodes(a_test_of("rpt_pace")), warned, "i").withheld


def test_a_run_of_a_selection_is_not_fit(tmp_path: Path) -> None:
    only = {"model.p.rpt_pace": "success"}
    tmp_path.joinpath("manifest.json").write_text(json.dumps({"nodes": nodes()}))
    tmp_path.joinpath("run_results.json").write_text(
        json.dumps(
            {
                "metadata": {"invocation_id": "i"},
                "results": [{"unique_id": u, "status": s} for u, s in only.items()],
            }
        )
    )
    with pytest.raises(BuildError, match="not in this run"):
        publish.check_built(tmp_path)
    with pytest.raises(BuildError, match="dbt build"):
        publish.check_built(tmp_path / "elsewhere")
