"""What is read by a short cut lands exactly as it would the long way."""

import duckdb
import pytest

from partner_attribution.feeds import preparing
from tests.feeds.workspace import HEADER, Workspace

TIMES = [
    "timestamp '2026-09-01 10:00:00'",
    "timestamp '2026-09-01 10:00:00.123456'",
    "timestamp '2026-09-01'",
    "timestamp '2026-03-29 02:30:00'",
    "timestamp '2026-10-25 02:30:00'",
    "timestamp '1970-01-01'",
    "timestamp '0001-01-01'",
    "timestamp '0044-03-15 (BC)'",
    "timestamp '9999-12-31'",
    "timestamp '10000-01-01'",
    "timestamp 'infinity'",
    "timestamp '-infinity'",
    "null",
]
MIDNIGHT_IN_UTC = {
    "UTC": "00:00:00",
    "Europe/Berlin": "22:00:00",
    "Australia/Lord_Howe": "13:30:00",
}


def as_parquet(workspace: Workspace, time: str) -> None:
    rows = ", ".join(f"('D{n:02}', date '2026-09-01', {t})" for n, t in enumerate(TIMES))
    target = workspace.put("deal.parquet", b"")
    columns = ", ".join(f"{time} as {name}" for name in ("created_at", "closed_at", "synced_at"))
    values = f"(values {rows}) as rows (id, close_date, time)"
    duckdb.execute(f"copy (select id, close_date, {columns} from {values}) to '{target}'")


@pytest.mark.parametrize(
    ("zone", "date_format"),
    [
        ("UTC", "iso"),
        ("Europe/Berlin", "iso"),
        ("Australia/Lord_Howe", "iso"),
        # A declared format can say that midnight is a day: a milestone then ends with it.
        ("Europe/Berlin", "%Y-%m-%d 00:00:00"),
    ],
)
def test_a_timestamp_column_lands_like_its_text(
    workspace: Workspace, zone: str, date_format: str
) -> None:
    columns = "partner_id,connector,timezone,date_format,max_reject_share"
    workspace.seed("feeds.csv", columns, f"acme,crm,{zone},{date_format},1", "beta,crm,,,")
    landed = []
    for time in ("time", "cast(time as varchar)"):
        as_parquet(workspace, time)
        assert not workspace.land(force=True).failed
        flags = workspace.rows("from raw_feeds.flags order by all")
        deals = workspace.rows("from raw_crm.deal where _partner_id = 'acme' order by all")
        landed.append((deals, workspace.rejects(), flags))
        workspace.check()
    assert landed[0] == landed[1]
    assert len(landed[0][0]) > 3 and len(landed[0][1]) > 3
    midnight = "select closed_at::time::text from raw_crm.deal where id = 'D02'"
    is_day = date_format != "iso"
    assert workspace.rows(midnight) == [("21:59:59" if is_day else MIDNIGHT_IN_UTC[zone],)]


def test_an_exponent_on_the_edge_of_two_chunks_is_seen(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workspace.put("deal.csv", [HEADER, "1.2E+05,1,2026-09-01,,true,"])
    for size in range(1, 60):
        monkeypatch.setattr(preparing, "_CHUNK", size)
        assert preparing.prepare(path, workspace.root, delimiter=",").has_exponents, size
    workspace.seed("feeds.csv", "partner_id,connector,max_reject_share", "acme,crm,1", "beta,crm,")
    workspace.land()
    assert [(value, reason[:11]) for _, _, value, reason in workspace.rejects()] == [
        ("1.2E+05", "an id in sc")
    ]


def test_what_the_seeds_say_is_checked_in_a_plain_file_too(workspace: Workspace) -> None:
    columns = "partner_id,connector,table_name,delivered_column,declared_column,default_value"
    workspace.seed("feed_columns.csv", columns, "acme,crm,deal,,notes,Cafe\u0301")
    workspace.seed(
        "feed_values.csv",
        "partner_id,connector,table_name,declared_column,delivered_value,meaning",
        "acme,crm,deal,id,D002,1.5e+12",
    )
    workspace.seed("feeds.csv", "partner_id,connector,max_reject_share", "acme,crm,1", "beta,crm,")
    rows = ["D001,1,2026-09-01,,true,", "D002,1,2026-09-01,,true,"]
    workspace.put("deal.csv", [HEADER, *rows])
    workspace.land()
    notes = "select notes from raw_crm.deal where _partner_id = 'acme'"
    assert workspace.rows(notes) == [("Caf\u00e9",)]
    assert [value for _, _, value, _ in workspace.rejects()] == ["1.5e+12"]


@pytest.mark.parametrize("threshold", ["3MB", "16MiB"])
def test_landing_gives_the_settings_of_the_database_back(
    workspace: Workspace, threshold: str
) -> None:
    workspace.conn.execute("set preserve_insertion_order = false")
    workspace.conn.execute(f"set checkpoint_threshold = '{threshold}'")
    settings = "select name, value from duckdb_settings() order by all"
    before = workspace.rows(settings)
    workspace.land()
    assert workspace.rows(settings) == before


@pytest.mark.parametrize(
    "cell",
    ["y" * 4_100_000, '"' + "y" * 4_100_000 + '"', '"' + ("y" * 79 + "\n") * 56_000 + '"'],
)
def test_a_row_of_megabytes_is_refused_alone(workspace: Workspace, cell: str) -> None:
    rows = ["D1,1,2026-09-01,,true,", f"D2,1,2026-09-01,,true,{cell}", "D3,1,2026-09-01,,true,"]
    workspace.seed("feeds.csv", "partner_id,connector,max_reject_share", "acme,crm,1", "beta,crm,")
    workspace.put("deal.csv", [HEADER, *rows])
    workspace.land()
    assert workspace.ids()[0] == "D1" and workspace.ids()[-1] == "D3"
    assert "D2" not in workspace.ids()
    assert workspace.rejects()[0][0] == 3
