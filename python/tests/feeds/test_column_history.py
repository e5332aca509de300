"""Since when columns are not as declared, whether it is over, and what a file says of its types."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from tests.feeds.workspace import Workspace

RUN = (
    "kind, coalesce(delivered_column, declared_column), first_delivery_id, last_delivery_id,"
    " next_delivery_id, first_delivery_no, last_delivery_no"
)
OPTIONAL = "'amount', 'created_at', 'closed_at', 'is_won', 'seats', 'synced_at'"


def runs(workspace: Workspace) -> list[tuple[object, ...]]:
    """What changed, apart from the declared columns that none of these files has."""
    return workspace.rows(
        f"select {RUN} from raw_feeds.columns where feed_id = 'acme.crm'"
        f" and coalesce(delivered_column, declared_column) not in ({OPTIONAL}) order by all"
    )


def deliver(workspace: Workspace, headers: Sequence[str]) -> None:
    for day, header in enumerate(headers, 1):
        cells = ",".join([f"D{day}", "2026-09-01", "x", "y"][: header.count(",") + 1])
        workspace.put(f"2026-10-0{day}/deal.csv", [header, cells])


@pytest.mark.parametrize("mode", ["full", "incremental"])
def test_a_change_of_columns_has_a_beginning_and_an_end(workspace: Workspace, mode: str) -> None:
    """Full deliveries that are not read any more count as much as those that are."""
    workspace.seed("feeds.csv", "partner_id,connector,delivery_mode", f"acme,crm,{mode}")
    deliver(
        workspace,
        [
            "id,close_date,notes,junk",
            "id,close_date,notes,junk",
            "id,close_date,junk",
            "id,close_date,notes",
            "id,close_date,notes,junk",
            "id,Close-Date,notes,junk",
        ],
    )
    workspace.land()
    workspace.check()
    assert runs(workspace) == [
        ("extra", "junk", "2026-10-01", "2026-10-03", "2026-10-04", 1, 3),
        ("extra", "junk", "2026-10-05", "2026-10-06", None, 5, 6),
        ("missing", "notes", "2026-10-03", "2026-10-03", "2026-10-04", 3, 3),
    ]
    seen = workspace.rows("select distinct deliveries_seen from raw_feeds.columns"
                          " where feed_id = 'acme.crm'")  # fmt: skip
    assert seen == [(6,)]


def test_a_column_that_refuses_its_file_is_in_the_history_too(workspace: Workspace) -> None:
    deliver(workspace, ["id,close_date,notes", "id,close_date,notes", "id,closing,notes"])
    workspace.land()
    assert workspace.delivery("2026-10-03")["status"] == "failed"
    assert runs(workspace) == [
        ("extra", "closing", "2026-10-03", "2026-10-03", None, 3, 3),
        ("missing", "close_date", "2026-10-03", "2026-10-03", None, 3, 3),
    ]


def test_heads_that_cannot_be_looked_at_break_no_run(workspace: Workspace) -> None:
    header = "id,close_date,junk"
    deliver(workspace, [header] * 5)
    workspace.put("2026-10-02/deal.csv", b"")
    workspace.put("2026-10-03/deal.csv.gz", b"no archive")
    (workspace.root / "data/partners/acme/crm/2026-10-03/deal.csv").unlink()
    workspace.put("2026-10-04/deal.csv", ["id,close_date", "D1,2026-09-02"])
    workspace.put("2026-10-05/deal.csv", ["id,close_date", "D1,2026-09-03"])
    workspace.land()
    workspace.check()
    first, *_ = runs(workspace)
    assert first == ("extra", "junk", "2026-10-01", "2026-10-01", "2026-10-04", 1, 1)


def test_parquet_says_when_a_type_changes(workspace: Workspace, tmp_path: Path) -> None:
    for day, id_type, amount in (
        (1, "varchar", "1::integer"), (2, "varchar", "1.5::double"), (3, "bigint", "'1.5'")
    ):  # fmt: skip
        file = workspace.put(f"2026-10-0{day}/deal.parquet", b"")
        duckdb.sql(
            f"copy (select '7'::{id_type} as id, date '2026-09-01' as close_date, {amount}"
            f" as amount, null::varchar as notes) to '{file}' (format parquet)"
        )
    workspace.land()
    workspace.check()
    retyped = workspace.rows(
        "select declared_column, message, first_delivery_id from raw_feeds.columns"
        " where kind = 'retyped' order by all"
    )
    assert retyped == [
        ("amount", "number before, text now", "2026-10-03"),
        ("id", "text before, number now", "2026-10-03"),
    ]
    assert workspace.ids() == ["7"]
