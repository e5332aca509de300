"""A small project of its own for a test: declarations, seeds, deliveries and a database."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from partner_attribution.feeds.landing import LandingReport, land

PROJECT = Path(__file__).resolve().parents[3]
SOURCES = """
sources:
  - name: crm
    schema: raw_crm
    tables:
      - name: deal
        config: {meta: {key: [id], version: synced_at, file_names: [opportunities]}}
        columns:
          - {name: id, config: {meta: {required: true, aliases: [sf_id]}}}
          - {name: amount, data_type: decimal}
          - {name: close_date, data_type: date, config: {meta: {required: true}}}
          - {name: created_at, data_type: timestamp, config: {meta: {event_time: true}}}
          - {name: closed_at, data_type: milestone_time}
          - {name: is_won, data_type: boolean}
          - {name: seats, data_type: integer}
          - {name: notes}
          - {name: synced_at, data_type: timestamp}
      - name: touch
        columns:
          - {name: touch_id, config: {meta: {required: true}}}
          - {name: kind}
"""
HEADER = "id,amount,close_date,created_at,is_won,notes"
GOOD = [
    f"D{n:03},{n}.50,2026-09-{n:02},2026-08-{n:02} 10:00:00,true,note {n}" for n in range(1, 10)
]


@dataclass
class Workspace:
    """A project folder, its data folder and its database."""

    root: Path
    conn: duckdb.DuckDBPyConnection

    def sources(self, text: str, connector: str = "crm") -> None:
        folder = self.root / "models" / "staging" / connector
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"_{connector}__sources.yml").write_text(text, encoding="utf-8")

    def seed(self, name: str, *lines: str) -> None:
        (self.root / "seeds" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def put(self, path: str, content: bytes | str | Iterable[str], partner: str = "acme") -> Path:
        """Deliver a file of connector crm: bytes, text, or lines."""
        target = self.root / "data" / "partners" / partner / "crm" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes | str):
            content = "\n".join(content) + "\n"
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def land(self, **settings: Any) -> LandingReport:
        root = self.root
        return land(self.conn, root / "data", root / "seeds", root, **settings)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.conn.execute(query).fetchall()

    def ids(self, partner: str = "acme") -> list[str]:
        query = f"select id from raw_crm.deal where _partner_id = '{partner}' order by id"
        return [row[0] for row in self.rows(query)]

    def delivery(self, name: str) -> dict[str, Any]:
        """The log row of the one delivered file with this in its path."""
        cursor = self.conn.execute(
            "select * from raw_feeds.deliveries where contains(file, ?)", [name]
        )
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
        assert len(rows) == 1, rows
        return dict(zip(names, rows[0], strict=True))

    def rejects(self) -> list[tuple[int, str, str, str]]:
        return self.rows(
            "select line, column_name, value, reason from raw_feeds.rejects order by all"
        )

    def check(self) -> None:
        """What must hold after every landing: rows in = rows loaded + what is accounted for."""
        columns = "rows_read, rows_landed, rows_rejected, rows_superseded, rows_dropped"
        for log in ("deliveries", "feeds"):
            unbalanced = self.rows(
                f"select feed_id, {columns}, rows_refused from raw_feeds.{log} where rows_read <>"
                " rows_landed + rows_rejected + rows_superseded + rows_dropped + rows_refused"
            )
            assert unbalanced == [], log
        tables = self.rows(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema like 'raw_%' and table_schema <> 'raw_feeds'"
        )
        assert not [name for _, name in tables if name.startswith("_landing")]
        every = " union all ".join(f'select _feed_id from "{s}"."{t}"' for s, t in tables)
        self._counted("rows_landed", f"select _feed_id, count(*) from ({every}) group by 1")
        for column, log in (("rows_flagged", "flags"), ("rows_dropped", "dropped")):
            self._counted(column, f"select feed_id, count(*) from raw_feeds.{log} group by 1")
        if not self.rows("from raw_feeds.deliveries where status = 'failed'"):
            count = "select feed_id, count(*) from raw_feeds.rejects group by 1"
            self._counted("rows_rejected", count)

    def check_as_from_nothing(self) -> None:
        """What must hold after every landing: the same rows as in a database that was empty."""
        anew = Workspace(self.root, duckdb.connect())
        anew.land()
        landed, expected = everything(self.conn), everything(anew.conn)
        assert list(landed) == list(expected)
        for table, rows in expected.items():
            assert landed[table] == rows, table

    def _counted(self, column: str, count: str) -> None:
        """The log's figure of each feed is the number of rows that are there."""
        logged = f"select feed_id, {column} from raw_feeds.feeds where {column} > 0"
        assert dict(self.rows(logged)) == dict(self.rows(count)), column


def everything(conn: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Every raw table and log of a database with its columns and rows."""
    tables = conn.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema like 'raw_%' order by all"
    ).fetchall()
    found = {}
    for schema, name in tables:
        columns = conn.execute(f'describe "{schema}"."{name}"').fetchall()
        rows = conn.execute(f'from "{schema}"."{name}" order by all').fetchall()
        found[f"{schema}.{name}"] = [tuple(column[:2]) for column in columns] + rows
    return found


@dataclass
class Partner:
    """Partner gamma, who sends files to one connector of the real project."""

    root: Path
    conn: duckdb.DuckDBPyConnection
    connector: str = "template"

    def put(self, path: str, content: str | bytes) -> None:
        target = self.root / "data" / "partners" / "gamma" / self.connector / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def seed(self, name: str, *lines: str) -> None:
        (self.root / "seeds").mkdir(exist_ok=True)
        (self.root / "seeds" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def land(self) -> list[str]:
        """Land everything; return what is wrong, one message per file or feed."""
        declared = f"models/staging/{self.connector}/_{self.connector}__sources.yml"
        copy = self.root / declared
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((PROJECT / declared).read_text())
        report = land(self.conn, self.root / "data", self.root / "seeds", self.root)
        return [status.message for status in report.failed]

    def rows(self, columns: str, table: str) -> list[tuple[Any, ...]]:
        query = f"select {columns} from raw_{self.connector}.{table} order by all"
        return self.conn.execute(query).fetchall()

    def delivered(self, table: str) -> dict[str, Any]:
        """The log row of a table's one file."""
        cursor = self.conn.execute(
            "select * from raw_feeds.deliveries where table_name = ?", [table]
        )
        names = [column[0] for column in cursor.description]
        (row,) = cursor.fetchall()
        return dict(zip(names, row, strict=True))
