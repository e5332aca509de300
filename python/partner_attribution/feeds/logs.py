"""What the landing says about itself: the tables of schema raw_feeds."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

import duckdb

from partner_attribution.feeds.feed_list import Feed
from partner_attribution.feeds.names import sql_name

Status = Literal["landed", "empty", "failed", "duplicate", "superseded", "ignored"]


@dataclass
class Delivery:
    """One delivered file, as read for one table.

    rows_read = rows_landed + rows_rejected + rows_superseded + rows_dropped + rows_refused.
    """

    feed_id: str
    table_name: str | None
    file: str
    delivery_id: str
    delivered_at: datetime | None
    content_hash: str | None = None
    status: Status = "landed"
    message: str = ""
    rows_read: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    """Rows in raw_feeds.rejects."""
    rows_superseded: int = 0
    """Rows restated by another row of the same key, or delivered twice."""
    rows_dropped: int = 0
    """Rows whose key is absent from the newest full delivery."""
    rows_refused: int = 0
    """Good rows of a file that failed as a whole."""
    rows_flagged: int = 0
    """Landed rows with something odd about them, in raw_feeds.flags."""
    file_bytes: int = 0
    attempts: int = 1


@dataclass(frozen=True)
class FeedStatus:
    """How one feed fared."""

    feed: Feed
    status: Literal["ok", "failed", "missing", "undeclared"]
    message: str
    deliveries: tuple[Delivery, ...]


LOG_TABLES: Mapping[str, Mapping[str, str]] = {
    "feeds": {
        "feed_id": "varchar",
        "partner_id": "varchar",
        "connector": "varchar",
        "status": "varchar",
        "message": "varchar",
        "is_declared": "boolean",
        "is_required": "boolean",
        "dialect": "varchar",
        "currency": "varchar",
        "timezone": "varchar",
        "email_hash_scheme": "varchar",
        "encoding": "varchar",
        "delimiter": "varchar",
        "decimal_mark": "varchar",
        "thousands_mark": "varchar",
        "date_format": "varchar",
        "delivery_mode": "varchar",
        "cadence_days": "double",
        "warn_reject_share": "double",
        "max_reject_share": "double",
        "deliveries_compared": "integer",
        "owner": "varchar",
        "files": "bigint",
        "rows_read": "bigint",
        "rows_landed": "bigint",
        "rows_rejected": "bigint",
        "rows_superseded": "bigint",
        "rows_dropped": "bigint",
        "rows_refused": "bigint",
        "rows_flagged": "bigint",
        "last_delivered_at": "timestamp",
    },
    "deliveries": {
        "feed_id": "varchar",
        "table_name": "varchar",
        "file": "varchar",
        "delivery_id": "varchar",
        "delivered_at": "timestamp",
        "content_hash": "varchar",
        "status": "varchar",
        "message": "varchar",
        "rows_read": "bigint",
        "rows_landed": "bigint",
        "rows_rejected": "bigint",
        "rows_superseded": "bigint",
        "rows_dropped": "bigint",
        "rows_refused": "bigint",
        "rows_flagged": "bigint",
        "file_bytes": "bigint",
        "attempts": "integer",
    },
    "rejects": {
        "feed_id": "varchar",
        "table_name": "varchar",
        "file": "varchar",
        "line": "bigint",
        "column_name": "varchar",
        "value": "varchar",
        "reason": "varchar",
    },
    "flags": {
        "feed_id": "varchar",
        "table_name": "varchar",
        "file": "varchar",
        "line": "bigint",
        "column_name": "varchar",
        "value": "varchar",
        "flag": "varchar",
    },
    "dropped": {
        "feed_id": "varchar",
        "table_name": "varchar",
        "record_key": "varchar",
        "record": "varchar",
        "file": "varchar",
        "delivery_id": "varchar",
        "dropped_in_delivery": "varchar",
        "dropped_at": "timestamp",
    },
    "columns": {
        "feed_id": "varchar",
        "table_name": "varchar",
        "kind": "varchar",
        "delivered_column": "varchar",
        "declared_column": "varchar",
        "message": "varchar",
        "first_file": "varchar",
        "first_delivery_id": "varchar",
        "first_delivered_at": "timestamp",
        "first_delivery_no": "bigint",
        "last_file": "varchar",
        "last_delivery_id": "varchar",
        "last_delivered_at": "timestamp",
        "last_delivery_no": "bigint",
        "next_delivery_id": "varchar",
        "next_delivered_at": "timestamp",
        "deliveries_seen": "bigint",
    },
    "parts": {
        "connector": "varchar",
        "table_name": "varchar",
        "feed_id": "varchar",
        "fingerprint": "varchar",
        "file_numbers": "integer[]",
    },
    "landing": {"fingerprint": "varchar", "code": "varchar"},
}
"""Tables of raw_feeds and their columns; they always exist."""


def create_log_table(table: str, name: str) -> str:
    """SQL that makes one empty log table under the given full name."""
    columns = ", ".join(f"{sql_name(c)} {kind}" for c, kind in LOG_TABLES[table].items())
    return f"create or replace table {name} ({columns})"


def write_rows(
    conn: duckdb.DuckDBPyConnection, table: str, name: str, rows: list[dict[str, Any]]
) -> None:
    """Append rows to a log table."""
    if not rows:
        return
    columns = LOG_TABLES[table]
    # One statement: a commit per row costs more than landing a small feed.
    values = ", ".join(f"unnest(cast(? as {kind}[]))" for kind in columns.values())
    conn.execute(f"insert into {name} select {values}", [[row[c] for row in rows] for c in columns])


def read_deliveries(conn: duckdb.DuckDBPyConnection) -> list[Delivery]:
    """The former landing's rows of raw_feeds.deliveries."""
    columns = ", ".join(item.name for item in fields(Delivery))
    rows = conn.execute(f"select {columns} from raw_feeds.deliveries").fetchall()
    return [Delivery(*row) for row in rows]


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """The row of raw_feeds.deliveries."""
    return {item.name: getattr(delivery, item.name) for item in fields(delivery)}


def feed_row(status: FeedStatus) -> dict[str, Any]:
    """The row of raw_feeds.feeds: settings, outcome and sums over the feed's files."""
    feed, deliveries = status.feed, status.deliveries
    sums = {
        name: sum(getattr(delivery, name) for delivery in deliveries)
        for name in LOG_TABLES["feeds"]
        if name.startswith("rows_")
    }
    dates = [d.delivered_at for d in deliveries if d.delivered_at and d.status != "failed"]
    return {
        **{item.name: getattr(feed, item.name) for item in fields(feed)},
        **sums,
        "feed_id": feed.feed_id,
        "status": status.status,
        "message": status.message,
        "files": len({delivery.file for delivery in deliveries}),
        "last_delivered_at": max(dates, default=None),
    }


def feed_status(feed: Feed, deliveries: list[Delivery], known_connectors: list[str]) -> FeedStatus:
    """Decide how a feed fared from its row in the seed and from its files."""
    mine = tuple(deliveries)
    if feed.problem:
        return FeedStatus(feed, "failed", feed.problem, mine)
    if feed.connector not in known_connectors:
        message = (
            f"{feed.feed_id}: unknown connector {feed.connector!r}; have {known_connectors}."
            " Rename the folder, or add models/staging/<connector>."
        )
        return FeedStatus(feed, "failed", message, mine)
    if not mine:
        message = (
            f"{feed.feed_id}: no files. Put them in"
            f" partners/{feed.partner_id}/{feed.connector}/ of the data folder."
        )
        return FeedStatus(feed, "missing", message, mine)
    failures = [delivery.message for delivery in mine if delivery.status == "failed"]
    if feed.distrust and not failures:
        failures = [f"{feed.feed_id}: {feed.distrust}"]
    if failures or not any(d.table_name for d in mine):
        first = (failures or [delivery.message for delivery in mine])[0]
        others = f" ({len(failures) - 1} more)" if len(failures) > 1 else ""
        return FeedStatus(feed, "failed", first + others, mine)
    if not feed.is_declared:
        message = f"{feed.feed_id}: landed with default settings. Add a row to seeds/feeds.csv."
        return FeedStatus(feed, "undeclared", message, mine)
    return FeedStatus(feed, "ok", "", mine)
