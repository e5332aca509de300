"""One raw table from all feeds: every file read, rejects set aside, deliveries restated."""

import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import duckdb

from partner_attribution.feeds.column_history import ColumnsSeen
from partner_attribution.feeds.declarations import TableDeclaration
from partner_attribution.feeds.errors import DeliveryError
from partner_attribution.feeds.feed_list import Feed
from partner_attribution.feeds.file_reader import FeedFiles, FileReader, reading_settings
from partner_attribution.feeds.files import DeliveredFile
from partner_attribution.feeds.logs import Delivery
from partner_attribution.feeds.matching import Match
from partner_attribution.feeds.names import printable, sql_name, sql_text
from partner_attribution.feeds.preparing import prepare
from partner_attribution.feeds.restating import (
    RowCounts,
    drop_absent_keys,
    fill_missing_ids,
    log_dropped,
    number_rows,
    restate_by_key,
)
from partner_attribution.feeds.reusing import FormerLanding, copy_rows, parts_of
from partner_attribution.feeds.staging import WORK_COLUMNS, Stamp, create_landing_table, parts

MAX_ATTEMPTS = 3
RETRY_SECONDS = 0.2
REJECTS_SHOWN_OF_FAILED_FILE = 100
NOTICEABLE_DROP = 0.5

Group = Sequence[tuple[DeliveredFile, Delivery]]
"""The files of one delivery."""


class TableLanding:
    """Builds the landing table of one declared table."""

    def __init__(
        self,
        conn: duckdb.DuckDBPyConnection,
        table: TableDeclaration,
        feeds: Sequence[FeedFiles],
        logs: str,
        former: FormerLanding,
    ) -> None:
        """logs: what the full names of the log tables begin with."""
        self.table = table
        self.schema = sql_name(f"raw_{table.connector}")
        self.name = f"{self.schema}.{sql_name(f'_landing_{table.name}')}"
        self.deliveries: list[Delivery] = []
        self.columns: list[ColumnsSeen] = []
        self._conn = conn
        self._logs = logs
        self._by_no: dict[int, Delivery] = {}
        self._stamps: list[Stamp] = []
        self._numbers: dict[Path, int] = {}
        self._feeds = feeds
        self._number_files(feeds)
        self.parts = parts_of(table, feeds, self._numbers)
        self.kept = former.kept(self.parts)
        """The former parts that stay as they are, by feed_id."""
        self.is_there = former.has_table(self.parts)
        """True if the raw table stays as it is."""
        for feed_id in self.kept:
            self.deliveries += former.deliveries[feed_id, table.name]

    def land(self) -> None:
        """Fill the landing table; afterwards it has exactly the raw table's columns."""
        if self.is_there:
            return
        self._conn.execute(f"create schema if not exists {self.schema}")
        self._conn.execute(create_landing_table(self.name, self.table, self._stamps))
        complete: dict[str, int] = {}
        with tempfile.TemporaryDirectory(prefix="feeds-") as workdir:
            for one in self._feeds:
                if one.feed.feed_id in self.kept:
                    self._keep(one.feed)
                else:
                    complete[one.feed.feed_id] = self._land_feed(one, Path(workdir))
        number_rows(self._conn, self.name)
        self._copy_rejects("_problem is not null")
        self._conn.execute(f"delete from {self.name} where _problem is not null")
        for one in self._feeds:
            if one.feed.feed_id not in self.kept:
                self._restate(one, complete[one.feed.feed_id])
                fill_missing_ids(self._conn, self.name, self.table, one.feed)
        for number, count in self._counts("true").items():
            if number in self._by_no:
                self._by_no[number].rows_landed = count
        self._copy_flags()
        for column in WORK_COLUMNS:
            self._conn.execute(f"alter table {self.name} drop column {column}")

    def _keep(self, feed: Feed) -> None:
        """Take the rows of a part that did not change; they are numbered and restated already."""
        old = self.kept[feed.feed_id]
        new = next(part for part in self.parts if part.feed_id == feed.feed_id)
        raw = f"{self.schema}.{sql_name(self.table.name)}"
        copy_rows(self._conn, raw, self.name, self.table, old, new)

    def _number_files(self, feeds: Sequence[FeedFiles]) -> None:
        """Number the files by their age, so that a new delivery leaves the others' numbers."""
        ranks = {one.feed.feed_id: {at: n for n, at in enumerate(_moments(one))} for one in feeds}
        files = [(_moment(file), one, file) for one in feeds for file in one.files]
        files.sort(key=lambda entry: (entry[0], entry[1].feed.feed_id, entry[2].shown))
        for number, (moment, one, file) in enumerate(files):
            self._numbers[file.path] = number
            delivered_at = file.delivered_at.isoformat(" ") if file.delivered_at else None
            self._stamps.append(
                Stamp(
                    one.feed.partner_id,
                    one.feed.feed_id,
                    delivered_at,
                    file.delivery_id,
                    file.shown,
                    number,
                    ranks[one.feed.feed_id][moment],
                )
            )

    def _land_feed(self, one: FeedFiles, workdir: Path) -> int:
        """Read the feed's deliveries; return the rank of the newest complete one, or -1."""
        groups: list[Group] = [
            [(file, self._delivery(one.feed, file)) for file in one.files if _moment(file) == at]
            for at in _moments(one)
        ]
        if one.feed.delivery_mode == "incremental":
            seen: dict[str, Delivery] = {}
            for group in groups:
                self._land_delivery(one, group, workdir, seen)
            return -1
        groups = self._without_repeats(one, groups, workdir)
        newest, wanted = -1, one.feed.deliveries_compared if one.table.key else 1
        for rank in reversed(range(len(groups))):
            # The newest replaces the older ones; more are read to find the keys that left.
            if wanted == 0:
                for file, delivery in groups[rank]:
                    delivery.status = "superseded"
                    delivery.message = "not read: a newer full delivery replaces it."
                    self._look(self._reader(one, file, workdir))
            elif self._land_delivery(one, groups[rank], workdir, {}):
                newest, wanted = max(newest, rank), wanted - 1
        return newest

    def _without_repeats(self, one: FeedFiles, groups: list[Group], workdir: Path) -> list[Group]:
        """Ignore newest full deliveries that only repeat the one before."""

        def sizes(group: Group) -> list[int]:
            return sorted(file.stamp[0] for file, _ in group)

        def hashes(group: Group) -> list[str]:
            return sorted(
                prepare(
                    file.path, workdir, *reading_settings(one.settings(file), file)
                ).content_hash
                for file, _ in group
            )

        while len(groups) > 1 and sizes(groups[-1]) == sizes(groups[-2]):
            try:
                if hashes(groups[-1]) != hashes(groups[-2]):
                    break
            except (OSError, DeliveryError):
                break
            for _, delivery in groups[-1]:
                delivery.status = "duplicate"
                delivery.message = f"repeats delivery {groups[-2][0][1].delivery_id}; ignored."
            groups = groups[:-1]
        return groups

    def _delivery(self, feed: Feed, file: DeliveredFile) -> Delivery:
        delivery = Delivery(
            feed.feed_id,
            self.table.name,
            file.shown,
            file.delivery_id,
            file.delivered_at,
            file_bytes=file.stamp[0],
        )
        self.deliveries.append(delivery)
        return delivery

    def _land_delivery(
        self, one: FeedFiles, group: Group, workdir: Path, seen: dict[str, Delivery]
    ) -> bool:
        """Read the files of one delivery; False when one of them failed."""
        for file, delivery in group:
            number = self._numbers[file.path]
            self._by_no[number] = delivery
            reader = self._reader(one, file, workdir)
            try:
                _with_retries(delivery, partial(self._read, reader, delivery, seen))
            except DeliveryError as error:
                self._note_columns(reader, error.columns)
                delivery.status = "failed"
                delivery.message = f"{one.feed.feed_id} {self.table.name}: {error}"
                self._copy_rejects(
                    f"_file_no = {number} and _problem is not null"
                    f" order by _line, {', '.join(parts('_problem')[1:])}"
                    f" limit {REJECTS_SHOWN_OF_FAILED_FILE}"
                )
                self._conn.execute(f"delete from {self.name} where _file_no = {number}")
                delivery.rows_refused = delivery.rows_read - delivery.rows_rejected
        return all(delivery.status != "failed" for _, delivery in group)

    def _reader(self, one: FeedFiles, file: DeliveredFile, workdir: Path) -> FileReader:
        stamp, settings = self._stamps[self._numbers[file.path]], one.settings(file)
        return FileReader(
            self._conn, self.name, one.table, settings, one.words, file, stamp, workdir
        )

    def _look(self, reader: FileReader) -> None:
        """Note the columns of a delivery that is not read: since when is it so?"""
        try:
            self._note_columns(reader, reader.look())
        except DeliveryError as error:
            self._note_columns(reader, error.columns)
        except (OSError, EOFError, UnicodeError, zlib.error, duckdb.Error):
            return

    def _note_columns(self, reader: FileReader, match: Match | None) -> None:
        if match is not None:
            file = reader.file
            when = (file.shown, file.delivery_id, file.delivered_at)
            self.columns.append(ColumnsSeen(reader.feed.feed_id, self.table.name, *when, match))

    def _read(self, reader: FileReader, delivery: Delivery, seen: dict[str, Delivery]) -> None:
        file, feed = reader.file, reader.feed
        prepared = prepare(file.path, reader.workdir, *reading_settings(feed, file))
        delivery.content_hash = prepared.content_hash
        first = seen.get(prepared.content_hash)
        if first is not None:
            delivery.status = "duplicate"
            delivery.message = f"same content as {first.file}; ignored."
            return
        self._note_columns(reader, reader.read(prepared))
        self._judge(feed, reader.stamp.file_no, delivery)
        seen[prepared.content_hash] = delivery

    def _judge(self, feed: Feed, number: int, delivery: Delivery) -> None:
        """Count the file's rows; too many rejects fail it."""
        mine = f"_file_no = {number}"
        delivery.rows_read, delivery.rows_rejected = self._conn.execute(
            f"select count(*), count(_problem) from {self.name} where {mine}"
        ).fetchall()[0]
        if not delivery.rows_read:
            delivery.status = "empty"
            delivery.message = "header only: no rows."
        share = delivery.rows_rejected / max(delivery.rows_read, 1)
        if share <= min(feed.warn_reject_share, feed.max_reject_share):
            return
        found = f"{delivery.rows_rejected} of {delivery.rows_read} rows rejected"
        first = self._first_reject(mine)
        if share > feed.max_reject_share:
            raise DeliveryError(
                f"{found}, more than {feed.max_reject_share:.1%}; first: {first}."
                " See raw_feeds.rejects. Ask for it again, or raise max_reject_share in"
                " seeds/feeds.csv."
            )
        delivery.message = f"{found}; first: {first}."

    def _first_reject(self, mine: str) -> str:
        what, column, _ = parts("_problem")
        problem, column, line = self._conn.execute(
            f"select {what}, {column}, _line from {self.name}"
            f" where {mine} and _problem is not null order by _line, _problem limit 1"
        ).fetchall()[0]
        first = f"column {column} {problem}" if column else problem
        return f"{first} in line {line}" if line else str(first)

    def _copy_rejects(self, condition: str) -> None:
        problem, column, value = parts("_problem")
        self._conn.execute(
            f"insert into {self._logs}rejects select _feed_id, {sql_text(self.table.name)}, _file,"
            f" _line, {column}, {value}, {problem}"
            f" from {self.name} where {condition}"
        )

    def _copy_flags(self) -> None:
        for number, count in self._counts("_flag is not null").items():
            self._by_no[number].rows_flagged = count
        flag, column, value = parts("_flag")
        self._conn.execute(
            f"insert into {self._logs}flags select _feed_id, {sql_text(self.table.name)}, _file,"
            f" _line, {column}, {value}, {flag}"
            f" from {self.name} where _flag is not null"
        )

    def _restate(self, one: FeedFiles, complete: int) -> None:
        """Leave the rows that count now; complete: rank of the newest complete full delivery."""
        feed = one.feed
        mine = self._rows_of(feed)
        if one.table.key:
            superseded = restate_by_key(self._conn, self.name, one.table, mine)
            self._add("rows_superseded", superseded)
            if complete >= 0:
                older = f"{mine} and _rank < {complete}"
                log_dropped(
                    self._conn, self.name, one.table, older, f"{self._logs}dropped",
                    self._next_deliveries(feed, complete),
                )  # fmt: skip
                dropped = drop_absent_keys(self._conn, self.name, older)
                self._add("rows_dropped", dropped)
                self._warn_of_drop(feed, sum(dropped.values()), sum(self._counts(mine).values()))
        elif feed.delivery_mode == "full":
            # Without a key, a delivery with a failed part would double the rows it restates.
            newest = (
                complete if complete >= 0 else f"(select max(_rank) from {self.name} where {mine})"
            )
            for number, count in self._counts(f"{mine} and _rank <> {newest}").items():
                self._by_no[number].rows_refused += count
                self._by_no[number].status = "failed"
                self._by_no[number].message = (
                    f"{feed.feed_id} {self.table.name}: not landed, because another part of"
                    f" delivery {self._by_no[number].delivery_id} failed."
                )
            self._conn.execute(f"delete from {self.name} where {mine} and _rank <> {newest}")

    def _rows_of(self, feed: Feed) -> str:
        """Condition of the feed's rows."""
        numbers = [str(one.file_no) for one in self._stamps if one.feed_id == feed.feed_id]
        return f"_file_no in ({', '.join(numbers)})"

    def _next_deliveries(self, feed: Feed, complete: int) -> dict[int, Delivery]:
        """Rank of each delivery of the feed that was read -> the one that came after it."""
        read = {
            self._stamps[number].rank: delivery
            for number, delivery in self._by_no.items()
            if delivery.feed_id == feed.feed_id and delivery.status in {"landed", "empty"}
        }
        ranks = sorted(rank for rank in read if rank <= complete)
        return {rank: read[after] for rank, after in pairwise(ranks)}

    def _warn_of_drop(self, feed: Feed, dropped: int, left: int) -> None:
        if dropped <= NOTICEABLE_DROP * (dropped + left):
            return
        landed = [d for d in self._by_no.values() if d.feed_id == feed.feed_id]
        newest = max(landed, key=lambda d: (d.delivered_at is not None, d.delivered_at, d.file))
        newest.message = (
            f"{newest.message} {dropped} of {dropped + left} keys are gone from this full delivery."
            " If deliveries are increments, write incremental in seeds/feeds.csv."
        ).strip()

    def _counts(self, condition: str) -> RowCounts:
        return dict(
            self._conn.execute(
                f"select _file_no, count(*) from {self.name} where {condition} group by _file_no"
            ).fetchall()
        )

    def _add(self, field: str, counts: RowCounts) -> None:
        for number, count in counts.items():
            delivery = self._by_no[number]
            setattr(delivery, field, getattr(delivery, field) + count)


def _moment(file: DeliveredFile) -> tuple[str, str]:
    """Undated deliveries come before dated ones."""
    return (file.delivered_at.isoformat() if file.delivered_at else "", file.delivery_id)


def _moments(one: FeedFiles) -> list[tuple[str, str]]:
    return sorted({_moment(file) for file in one.files})


def _with_retries(delivery: Delivery, action: Callable[[], None]) -> None:
    for attempt in range(1, MAX_ATTEMPTS + 1):
        delivery.attempts = attempt
        try:
            action()
            return
        except (OSError, duckdb.IOException) as error:
            if attempt == MAX_ATTEMPTS:
                first = printable(str(error).splitlines()[0])
                raise DeliveryError(f"cannot be read after {attempt} attempts: {first}") from error
            time.sleep(RETRY_SECONDS * attempt)
