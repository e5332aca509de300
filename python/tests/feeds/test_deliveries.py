"""Files and deliveries: which table, which delivery, and which rows count in the end."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from partner_attribution.feeds import table_landing
from partner_attribution.feeds.files import find_files, parse_moment, table_name_of
from tests.feeds.workspace import GOOD, HEADER, Workspace

KEYED = "id,close_date,notes,synced_at"
TABLES = ["deal", "deal_stage", "opportunity_contact_role", "touch", "product_2"]


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("deal.csv", "deal"),
        ("Deal.CSV", "deal"),
        ("OpportunityContactRole.csv", "opportunity_contact_role"),
        ("opportunity contact role 2026-10-01.csv.gz", "opportunity_contact_role"),
        ("deal_stage_2026-10-01.parquet", "deal_stage"),
        ("deal_part_3.jsonl", "deal"),
        ("deal-20261001T060000Z (1).csv", "deal"),
        ("product_2.csv", "product_2"),
        ("deal__emea.csv", "deal"),
        ("deal.emea.csv", "deal"),
        ("deal_history.csv", None),
        ("dealers.csv", None),
        ("touch/part-0001.snappy.parquet", "touch"),
        ("touch/2026-10-01/0001.csv", "touch"),
        ("2026-10-01/other.csv", None),
    ],
)
def test_a_file_name_carries_its_table(tmp_path: Path, path: str, table: str | None) -> None:
    target = tmp_path / "partners" / "acme" / "crm" / path
    target.parent.mkdir(parents=True)
    target.touch()
    (file,) = find_files(tmp_path, "acme", "crm")
    assert not file.problem
    assert table_name_of(file, TABLES) == table


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-10-01", ("2026-10-01", datetime(2026, 10, 1))),
        ("2026-10-01T0600", ("2026-10-01T0600", datetime(2026, 10, 1, 6))),
        ("touches_20261001", ("2026-10-01", datetime(2026, 10, 1))),
        ("date=2026_10_01_x", ("2026-10-01", datetime(2026, 10, 1))),
        ("touches_2026-13-01", None),
        ("touches_1759276800000", None),
        ("touches_12345678", None),
    ],
)
def test_a_date_in_a_name_is_the_delivery(text: str, found: tuple[str, datetime] | None) -> None:
    assert parse_moment(text) == found


def deal(*rows: str) -> list[str]:
    """Rows like `D1:new:5`: id, notes, and optionally the day of the version."""
    lines = [KEYED]
    for row in rows:
        one, notes, *version = row.split(":")
        lines.append(f"{one},2026-09-01,{notes},{f'2026-09-0{version[0]}' if version else ''}")
    return lines


def notes(workspace: Workspace) -> dict[str, str]:
    workspace.check()
    return dict(workspace.rows("select id, notes from raw_crm.deal where _partner_id = 'acme'"))


def test_a_newer_full_delivery_restates_and_drops(workspace: Workspace) -> None:
    workspace.put("2026-10-01/deal.csv", deal("D1:old:9", "D2:old", "D3:gone"))
    workspace.put("2026-10-02/deal.csv", deal("D1:new:1", "D2:new", "D4:new"))
    workspace.land()
    assert notes(workspace) == {"D1": "new", "D2": "new", "D4": "new"}
    old = workspace.delivery("2026-10-01")
    assert (old["rows_superseded"], old["rows_dropped"], old["rows_landed"]) == (2, 1, 0)
    workspace.put("2026-10-03/deal.csv", deal("D9:new"))
    workspace.land()
    assert notes(workspace) == {"D9": "new"}
    assert workspace.delivery("2026-10-01")["status"] == "superseded"
    assert "keys are gone from this full delivery" in workspace.delivery("2026-10-03")["message"]


def test_an_incremental_delivery_keeps_older_keys(workspace: Workspace) -> None:
    workspace.seed("feeds.csv", "partner_id,connector,delivery_mode", "acme,crm,incremental")
    workspace.put("deal.csv", deal("D0:undated", "D1:undated"))
    workspace.put("deal_2026-10-02.csv", deal("D2:second"))
    workspace.put("deal_2026-10-01.csv", deal("D1:first", "D2:first"))
    workspace.put("deal_2026-10-03.csv", deal("D1:first", "D2:first"))
    workspace.put("touch_2026-10-01.csv", ["touch_id,kind", "T1,a", "T1,a"])
    workspace.put("touch_2026-10-02.csv", ["touch_id,kind", "T1,a", "T2,a"])
    workspace.land()
    assert notes(workspace) == {"D0": "undated", "D1": "first", "D2": "second"}
    assert workspace.delivery("deal_2026-10-03")["status"] == "duplicate"
    touches = "select touch_id from raw_crm.touch where _partner_id = 'acme' order by all"
    assert workspace.rows(touches) == [("T1",), ("T1",), ("T1",), ("T2",)]


def test_without_a_key_the_newest_full_delivery_replaces(workspace: Workspace) -> None:
    workspace.put("2026-10-01/touch.csv", ["touch_id,kind", "T1,old", "T2,old"])
    workspace.put("2026-10-02/touch.csv", ["touch_id,kind", "T3,new", "T3,new"])
    workspace.land()
    touches = "select touch_id from raw_crm.touch where _partner_id = 'acme'"
    assert workspace.rows(touches) == [("T3",), ("T3",)]


def test_within_a_delivery_the_version_decides_then_the_content(workspace: Workspace) -> None:
    workspace.put(
        "deal.csv", deal("D1:b:2", "D1:c:1", "D1:a", "D2:a:1", "D2:b:1", "D3:same", "D3:same")
    )
    workspace.land()
    assert notes(workspace) == {"D1": "b", "D2": "b", "D3": "same"}
    assert workspace.delivery("acme")["rows_superseded"] == 4


def test_the_same_delivery_again_changes_nothing(workspace: Workspace) -> None:
    workspace.put("2026-10-01/deal.csv", deal("D1:a", "D2:b"))
    workspace.put("2026-10-01/touch.csv", ["touch_id", "T1"])
    workspace.land()
    before = workspace.rows("from raw_crm.deal order by all"), workspace.rows("from raw_crm.touch")
    for day in ("2026-10-02", "2026-10-03"):
        workspace.put(f"{day}/deal.csv", deal("D1:a", "D2:b"))
        workspace.put(f"{day}/touch.csv", ["touch_id", "T1"])
    assert not workspace.land().skipped
    assert workspace.rows("from raw_crm.deal order by all") == before[0]
    assert workspace.rows("from raw_crm.touch") == before[1]
    assert workspace.rows("select status, count(*) from raw_feeds.deliveries"
                          " where feed_id = 'acme.crm' group by all order by all") == [
        ("duplicate", 4), ("landed", 2)]  # fmt: skip


def test_parts_are_one_delivery(workspace: Workspace) -> None:
    workspace.put("2026-10-01/deal_part_1.csv", deal("D1:a", "D2:a"))
    workspace.put("2026-10-01/deal_part_2.csv", deal("D3:a"))
    workspace.put("2026-10-01/deal_part_3.csv", deal("D3:a"))
    workspace.land()
    assert notes(workspace) == {"D1": "a", "D2": "a", "D3": "a"}
    assert workspace.delivery("part_3")["status"] == "duplicate"


def test_a_failed_part_never_drops_or_doubles_rows(workspace: Workspace) -> None:
    workspace.put("2026-10-01/deal.csv", deal("D1:old", "D2:old"))
    workspace.put("2026-10-02/deal_part_1.csv", deal("D1:new"))
    workspace.put("2026-10-02/deal_part_2.csv", "")
    workspace.put("2026-10-01/touch.csv", ["touch_id", "T1", "T2"])
    workspace.put("2026-10-02/touch_part_1.csv", ["touch_id", "T1"])
    workspace.put("2026-10-02/touch_part_2.csv", "")
    workspace.land()
    assert notes(workspace) == {"D1": "new", "D2": "old"}
    touches = "select touch_id from raw_crm.touch where _partner_id = 'acme' order by all"
    assert workspace.rows(touches) == [("T1",), ("T2",)]
    assert (
        "another part of delivery 2026-10-02 failed"
        in workspace.delivery("touch_part_1")["message"]
    )


def test_rows_carry_where_they_came_from(workspace: Workspace) -> None:
    workspace.put("2026-10-01T0600/deal_part_1.csv", deal("D1:a", "D2:a"))
    workspace.put(
        "2026-10-01T0600/deal_part_2.csv", [KEYED, "", 'D3,2026-09-01,"x\ny",', "D4,2026-09-01,,"]
    )
    workspace.conn.execute("set preserve_insertion_order = false")
    workspace.land()
    rows = workspace.rows(
        "select id, _feed_id, _delivered_at, _delivery_id, _file, _row from raw_crm.deal"
        " where _partner_id = 'acme' order by id"
    )
    at, where = datetime(2026, 10, 1, 6), "partners/acme/crm/2026-10-01T0600/deal_part_"
    assert rows == [
        (one, "acme.crm", at, "2026-10-01T0600", f"{where}{part}.csv", row)
        for one, part, row in (("D1", 1, 1), ("D2", 1, 2), ("D3", 2, 1), ("D4", 2, 2))
    ]
    setting = workspace.rows("select current_setting('preserve_insertion_order')")
    assert setting == [(False,)]


def test_nothing_changed_is_skipped_and_any_change_is_not(workspace: Workspace) -> None:
    path = workspace.put("deal.csv", [HEADER, *GOOD])
    assert not workspace.land().skipped
    assert workspace.land().skipped
    stat = path.stat()
    path.write_bytes(path.read_bytes().replace(b"note 1", b"note X"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not workspace.land().skipped, "same size and time, other content"
    assert notes(workspace)["D001"] == "note X"
    workspace.seed("feeds.csv", "partner_id,connector,currency", "acme,crm,EUR", "beta,crm,")
    assert not workspace.land().skipped
    workspace.conn.execute("drop table raw_crm.touch")
    assert not workspace.land().skipped
    assert not workspace.land(reporting_currency="CHF").skipped
    assert not workspace.land(reporting_currency="CHF", force=True).skipped
    assert workspace.land(reporting_currency="CHF").skipped


def test_without_any_data_every_table_exists_empty(workspace: Workspace) -> None:
    workspace.seed("feeds.csv", "partner_id,connector", "acme,crm")
    (workspace.root / "data").rename(workspace.root / "elsewhere")
    report = workspace.land()
    assert [feed.status for feed in report.failed] == ["missing"]
    types = workspace.rows("select column_name, column_type from (describe raw_crm.deal)")
    assert dict(types)["amount"] == "DECIMAL(28,10)"
    assert [name for name, _ in types[-6:]] == [
        "_partner_id", "_feed_id", "_delivered_at", "_delivery_id", "_file", "_row"
    ]  # fmt: skip
    for table in ("raw_crm.deal", "raw_crm.touch", "raw_feeds.rejects", "raw_feeds.columns"):
        assert workspace.rows(f"from {table}") == []


def test_a_transient_error_is_retried_at_most_twice(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = table_landing.prepare, []

    def flaky(path: Path, *args: object, **kwargs: object) -> object:
        calls.append(path.parts[-3])
        failures = 2 if "acme" in calls[-1] else 99
        if calls.count(calls[-1]) <= failures:
            raise OSError(5, "Input/output error")
        return real(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(table_landing, "prepare", flaky)
    monkeypatch.setattr(table_landing, "RETRY_SECONDS", 0)
    workspace.put("deal.csv", [HEADER, *GOOD])
    (workspace.root / "data/partners/beta/crm/touch.csv").unlink()
    workspace.land()
    log = "select feed_id, status, attempts, message from raw_feeds.deliveries order by all"
    assert workspace.rows(log) == [
        ("acme.crm", "landed", 3, ""),
        ("beta.crm", "failed", 3,
         "beta.crm deal: cannot be read after 3 attempts: [Errno 5] Input/output error"),
    ]  # fmt: skip


def test_a_killed_landing_leaves_the_former_tables(workspace: Workspace) -> None:
    workspace.put("deal.csv", [HEADER, *GOOD])
    workspace.land()
    workspace.put("deal.csv", [HEADER, GOOD[0]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("partner_attribution.feeds.landing.write_rows", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            workspace.land()
    assert len(workspace.ids()) == 9
    assert not workspace.land().skipped
    assert workspace.ids() == ["D001"]
    workspace.check()


def test_too_little_memory_leaves_the_former_tables(workspace: Workspace) -> None:
    workspace.put("deal.csv", [HEADER, *GOOD])
    workspace.land()
    before = workspace.rows("from raw_crm.deal order by all")
    workspace.put("deal.csv", [HEADER, *(f"D{n},1,2026-09-01,,,{n:0100}" for n in range(60_000))])
    workspace.conn.execute("set temp_directory = ''; set memory_limit = '8MB'")
    with pytest.raises(duckdb.OutOfMemoryException):
        workspace.land()
    assert workspace.rows("from raw_crm.deal order by all") == before
    assert workspace.ids("beta") == [f"D{n:03}" for n in range(1, 10)]
    workspace.conn.execute("set memory_limit = '1GB'")
    assert not workspace.land().skipped
    workspace.check()
    assert len(workspace.ids()) == 60_000
    assert workspace.ids("beta") == [f"D{n:03}" for n in range(1, 10)]


def test_feeds_without_a_row_a_folder_or_a_connector(workspace: Workspace) -> None:
    workspace.seed(
        "feeds.csv", "partner_id,connector,timezone", "gamma,crm,", "delta,crm,Mars/Base"
    )
    workspace.put("deal.csv", [HEADER, *GOOD])
    workspace.put("nonsense.csv", [HEADER], partner="epsilon")
    other = workspace.root / "data/partners/acme/erp"
    other.mkdir()
    (other / "x.csv").write_text("a\n")
    workspace.land()
    found = {
        row[0]: row[1:]
        for row in workspace.rows("select feed_id, status, message from raw_feeds.feeds")
    }
    assert {feed: status for feed, (status, _) in found.items()} == {
        "acme.crm": "undeclared",
        "acme.erp": "failed",
        "beta.crm": "undeclared",
        "delta.crm": "failed",
        "epsilon.crm": "failed",
        "gamma.crm": "missing",
    }
    assert "unknown connector 'erp'" in found["acme.erp"][1]
    assert "unknown timezone 'Mars/Base'" in found["delta.crm"][1]
    assert "no table of crm has this name" in found["epsilon.crm"][1]


def test_a_renamed_file_is_mapped_in_the_seed(workspace: Workspace) -> None:
    workspace.put("Pipeline Dump.csv", [HEADER, *GOOD])
    workspace.seed(
        "feed_files.csv",
        "partner_id,connector,table_name,file_pattern",
        "acme,crm,deal,Pipeline Dump*",
    )
    workspace.land()
    assert len(workspace.ids()) == 9


def test_landing_works_in_a_database_file_that_others_read(workspace: Workspace) -> None:
    workspace.conn = duckdb.connect(workspace.root / "x.duckdb")
    workspace.put("deal.csv", [HEADER, *GOOD])
    workspace.land()
    workspace.conn.execute("create view seen as select * from raw_crm.deal")
    workspace.put("deal.csv", [HEADER, *GOOD[:2]])
    workspace.land()
    assert workspace.rows("select count(*) from seen") == [(11,)]
    workspace.conn.close()
    workspace.conn = duckdb.connect(workspace.root / "x.duckdb")
    assert workspace.land().skipped
    assert len(workspace.ids()) == 2


LANDED = """
import hashlib, sys
from pathlib import Path
import duckdb
from tests.feeds.workspace import Workspace

workspace = Workspace(Path(sys.argv[1]), duckdb.connect())
workspace.land()
tables = workspace.rows(
    "select table_schema || '.' || table_name from information_schema.tables"
    " where table_schema like 'raw_%' and table_name <> 'landing' order by 1"
)
for (table,) in tables:
    rows = sorted(repr(row) for row in workspace.rows(f"from {table}"))
    print(table, len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
"""


def test_zone_locale_and_hash_seed_of_the_machine_change_nothing(workspace: Workspace) -> None:
    columns = "partner_id,connector,timezone,max_reject_share"
    workspace.seed("feeds.csv", columns, "acme,crm,America/New_York,0.5")
    rows = ["D1,1.5,2026-09-01,2026-03-08 02:30:00,x", "D2,1,2026-09-01,2026-08-01T10:00:00Z,é"]
    header = "id,amount,close_date,created_at,extra"
    workspace.put("2026-10-01/deal.csv", [header, *rows])
    workspace.put("2026-10-02/deal.csv", [header, rows[1], "D3,x,,,"])
    found = set()
    for zone, locale, seed in (("UTC", "C", "0"), ("Asia/Tokyo", "de_DE.UTF-8", "7")):
        run = subprocess.run(
            [sys.executable, "-c", LANDED, str(workspace.root)],
            env={**os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": seed,
                 "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        )  # fmt: skip
        found.add(run.stdout)
    assert len(found) == 1
    assert "raw_feeds.rejects 1 " in run.stdout and "raw_feeds.dropped 1 " in run.stdout
