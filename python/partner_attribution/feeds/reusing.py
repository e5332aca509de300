"""What a landing may keep of the former one: parts of which nothing changed since.

A part is the files of one feed that belong to one table. What it becomes depends on itself alone:
on its files, the declaration, the seeds' rows for it, and on the code and engine that read it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from partner_attribution.feeds.declarations import TableDeclaration
from partner_attribution.feeds.file_reader import FeedFiles
from partner_attribution.feeds.logs import LOG_TABLES, Delivery, read_deliveries
from partner_attribution.feeds.names import sql_name, sql_text

_LOGS_OF_PARTS = ("rejects", "flags", "dropped", "columns")


@dataclass(frozen=True)
class Part:
    """One feed's files of one table, or, without a feed, the table itself."""

    connector: str
    table_name: str
    feed_id: str | None
    fingerprint: str
    file_numbers: list[int]
    """`_file_no` of each file, in the order of its path."""


@dataclass(frozen=True)
class FormerLanding:
    """The parts in the database; none if other code or another engine landed them."""

    parts: Mapping[tuple[str, str], Mapping[str | None, Part]] = field(default_factory=dict)
    """(connector, table) -> feed_id -> part."""
    deliveries: Mapping[tuple[str, str], Sequence[Delivery]] = field(default_factory=dict)
    """(feed_id, table) -> its files."""
    doubtful: frozenset[str] = frozenset()
    """Feeds with a file that failed or had to be read again: nothing of them is kept."""

    def kept(self, parts: Sequence[Part]) -> dict[str, Part]:
        """Which of these parts of one table need not be read again: feed_id -> the former part."""
        former = self._of_table(parts)
        return {
            part.feed_id: former[part.feed_id]
            for part in parts
            if part.feed_id in former
            and part.feed_id is not None
            and part.feed_id not in self.doubtful
            and former[part.feed_id].fingerprint == part.fingerprint
        }

    def has_table(self, parts: Sequence[Part]) -> bool:
        """True if a table of these parts is in the database, down to the numbers of its files."""
        feeds = [part.feed_id for part in parts if part.feed_id is not None]
        same = {part.feed_id: part for part in parts} == self._of_table(parts)
        return same and self.doubtful.isdisjoint(feeds)

    def _of_table(self, parts: Sequence[Part]) -> Mapping[str | None, Part]:
        return self.parts.get((parts[0].connector, parts[0].table_name), {})


def parts_of(
    table: TableDeclaration, feeds: Sequence[FeedFiles], numbers: Mapping[Path, int]
) -> list[Part]:
    """The table and the parts that it consists of."""
    where = (table.connector, table.name)
    itself = Part(*where, None, digest(table.model_dump(mode="json")), [])
    return [
        itself,
        *(
            Part(
                *where,
                one.feed.feed_id,
                _fingerprint(one),
                [numbers[file.path] for file in _in_order(one)],
            )
            for one in feeds
        ),
    ]


def read_former(conn: duckdb.DuckDBPyConnection, tables: set[tuple[str, str]]) -> FormerLanding:
    """Read what the database holds; tables: schema and name of those that exist."""
    if not {("raw_feeds", log) for log in LOG_TABLES} <= tables:
        return FormerLanding()
    if conn.execute("select code from raw_feeds.landing").fetchall() != [(code_version(),)]:
        return FormerLanding()
    parts: dict[tuple[str, str], dict[str | None, Part]] = {}
    for row in conn.execute("from raw_feeds.parts").fetchall():
        part = Part(*row)
        if (f"raw_{part.connector}", part.table_name) in tables:
            parts.setdefault((part.connector, part.table_name), {})[part.feed_id] = part
    deliveries: dict[tuple[str, str], list[Delivery]] = {}
    doubtful = set()
    for delivery in read_deliveries(conn):
        if delivery.table_name is not None:
            deliveries.setdefault((delivery.feed_id, delivery.table_name), []).append(delivery)
        if delivery.status == "failed" or delivery.attempts > 1:
            doubtful.add(delivery.feed_id)
    return FormerLanding(parts, deliveries, frozenset(doubtful))


def copy_rows(  # noqa: PLR0917
    conn: duckdb.DuckDBPyConnection,
    former: str,
    landing: str,
    table: TableDeclaration,
    old: Part,
    new: Part,
) -> None:
    """Copy a part's rows in their order; files of other feeds may have moved its file numbers."""
    columns = ", ".join([*(sql_name(column.name) for column in table.columns), "_row"])
    moved = dict(zip(old.file_numbers, new.file_numbers, strict=True))
    places = [moved.get(number, -1) for number in range(max(moved) + 1)]
    conn.execute(
        f"insert into {landing} ({columns}, _file_no) select {columns},"
        f" cast({places} as integer[])[_file_no + 1] from {former}"
        f" where _file_no in ({', '.join(str(number) for number in moved)})"
    )


def copy_logs(conn: duckdb.DuckDBPyConnection, logs: str, kept: Sequence[tuple[str, str]]) -> None:
    """Take over what the logs say of kept parts (feed_id, table); logs: begin of the new names."""
    if not kept:
        return
    listed = ", ".join(f"({sql_text(feed_id)}, {sql_text(table)})" for feed_id, table in kept)
    for log in _LOGS_OF_PARTS:
        conn.execute(
            f"insert into {logs}{log} select * from raw_feeds.{log}"
            f" where (feed_id, table_name) in ({listed})"
        )


@cache
def code_version() -> str:
    """Identify the code and the engine: other ones may land the same files otherwise."""
    folder = Path(__file__).parent
    sources = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}
    return digest([duckdb.__version__, sources])


def digest(content: Any) -> str:
    """Hash what JSON can hold."""
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _fingerprint(one: FeedFiles) -> str:
    """Identify all that a part's rows and logs depend on; files by size and times, not content."""
    return digest(
        [
            one.table.model_dump(mode="json"),
            asdict(one.feed),
            asdict(one.words),
            [(file.shown, file.stamp, asdict(one.settings(file))) for file in _in_order(one)],
        ]
    )


def _in_order(one: FeedFiles) -> list[Any]:
    return sorted(one.files, key=lambda file: file.shown)
