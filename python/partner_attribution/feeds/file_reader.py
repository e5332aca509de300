"""One delivered file into the landing table, by the fast way or the careful one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from partner_attribution.feeds.advice import on_header, on_json
from partner_attribution.feeds.casting import Locale
from partner_attribution.feeds.column_texts import (
    delivered_texts,
    with_made_columns,
    with_nested_columns,
)
from partner_attribution.feeds.declarations import TableDeclaration
from partner_attribution.feeds.errors import DeliveryError
from partner_attribution.feeds.feed_list import Feed
from partner_attribution.feeds.files import DeliveredFile
from partner_attribution.feeds.matching import ELEMENT, Match, match_columns
from partner_attribution.feeds.names import closest, column_shown, name_key, printable
from partner_attribution.feeds.own_words import ColumnWords
from partner_attribution.feeds.preparing import Prepared, bad_byte, plain_link, wrong_encoding
from partner_attribution.feeds.reading import (
    CsvLayout,
    Source,
    careful_csv_source,
    csv_layout,
    csv_source,
    exploded,
    filtered,
    first_records,
    head_of_csv,
    is_whole,
    physical_lines,
)
from partner_attribution.feeds.reading_json import json_lines, json_source, unwrapped
from partner_attribution.feeds.reading_parquet import parquet_source
from partner_attribution.feeds.staging import Stamp, insert_file

_IRREGULAR = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException)
_NOT_THE_FILES_FAULT = (duckdb.OutOfMemoryException, duckdb.FatalException)


@dataclass(frozen=True)
class FeedFiles:
    """The files of one feed that belong to one table, and how the user says they are read."""

    feed: Feed
    """With the settings that hold for the table."""
    table: TableDeclaration
    """As this feed delivers it."""
    files: Sequence[DeliveredFile]
    read_as: Sequence[Feed]
    """Per file: the feed with the settings of that file."""
    words: ColumnWords

    def settings(self, file: DeliveredFile) -> Feed:
        """The feed as one of its files is read."""
        return self.read_as[self.files.index(file)]


def reading_settings(feed: Feed, file: DeliveredFile) -> tuple[str, str | None, str]:
    """Encoding, delimiter and quote of a file; no delimiter for what is no CSV."""
    if file.kind != "csv":
        return "utf-8", None, ""
    is_tsv = file.path.name.lower().endswith((".tsv", ".tsv.gz"))
    return feed.encoding, "\t" if is_tsv else feed.delimiter, feed.quote


@dataclass(frozen=True)
class FileReader:
    """Reads one prepared file for one table."""

    conn: duckdb.DuckDBPyConnection
    landing: str
    table: TableDeclaration
    feed: Feed
    words: ColumnWords
    file: DeliveredFile
    stamp: Stamp
    workdir: Path

    def look(self) -> Match | None:
        """The columns of a file that is not read, from its head; None where that says nothing."""
        if self.file.kind == "csv":
            layout = head_of_csv(self.file.path, *reading_settings(self.feed, self.file), self.feed)
            source = Source("", layout.columns, str)
        elif self.file.kind == "parquet" and self.file.path.suffix.lower() != ".gz":
            source = parquet_source(self.conn, plain_link(self.file.path, self.workdir))
        else:
            return None
        return self._matched(source)[1]

    def read(self, prepared: Prepared) -> Match | None:
        """Insert every row, bad ones marked; return how the columns match the declared.

        Raises DeliveryError if the file as a whole cannot be read, OSError and
        duckdb.IOException when the disk fails.
        """
        try:
            if self.file.kind == "csv":
                return self._read_csv(prepared)
            if self.file.kind == "parquet":
                match = self._insert(parquet_source(self.conn, prepared.path))[1]
                self._fill_lines(lambda rows: {row: row for row in rows})
                return match
            source = json_source(self.conn, prepared, self.feed.records)
            if source is None:
                return None
            try:
                match = self._insert(source)[1]
            except DeliveryError as error:
                advice = on_json(source.columns) if error.columns is not None else ""
                raise DeliveryError(f"{error}{advice}", error.columns) from error
            by_line = "'newline_delimited'" in source.relation
            self._fill_lines(
                lambda rows: json_lines(prepared, rows) if by_line else {row: row for row in rows}
            )
            return match
        except UnicodeDecodeError as error:
            offset = bad_byte(prepared.path)
            raise wrong_encoding(offset or error.start, self.feed.encoding) from error
        except _NOT_THE_FILES_FAULT:
            raise
        except duckdb.IOException as error:
            if self.file.kind == "csv" or "pace" in str(error):
                raise
            raise self._unreadable(error) from error
        except duckdb.Error as error:
            raise self._unreadable(error) from error

    def _read_csv(self, prepared: Prepared) -> Match:
        delimiter = reading_settings(self.feed, self.file)[1] or ""
        layout = csv_layout(prepared, self.feed, delimiter)
        try:
            return self._read_rows(prepared, layout)
        except DeliveryError as error:
            if error.columns is None or not layout.has_header:
                raise
            advice = on_header(self.table, first_records(prepared, layout, 20)[1:], layout.skipped)
            raise DeliveryError(f"{error}{advice}", error.columns) from error

    def _read_rows(self, prepared: Prepared, layout: CsvLayout) -> Match:
        # A lone column can be blank: only the careful reader tells that from a blank line.
        if not prepared.has_nul and len(layout.columns) > 1:
            source = csv_source(prepared, layout)
            try:
                rows, match = self._insert(source)
                counts = self._counts(source, rows)
            except _IRREGULAR:
                counts = (-1, 0)
            if is_whole(prepared, layout, *counts):
                self._fill_lines(lambda rows: physical_lines(prepared, layout, rows))
                return match
            self.conn.execute(f"delete from {self.landing} where _file_no = {self.stamp.file_no}")
        target = self.workdir / "careful.csv"
        return self._insert(careful_csv_source(prepared, layout, target))[1]

    def _counts(self, source: Source, inserted: int) -> tuple[int, int]:
        """Rows of the file, and the delimiters inside their cells."""
        spelling = self.table.dialect(self.feed.dialect)
        counted = f"select {inserted}, coalesce(sum(_delimiters), 0) from {self.landing}"
        counted += f" where _file_no = {self.stamp.file_no}"
        if spelling.explode or spelling.where or self.feed.where:
            counted = f"select count(*), coalesce(sum({source.delimiters}), 0)"
            counted += f" from {source.relation}"
        rows, delimiters = self.conn.execute(counted).fetchall()[0]
        return int(rows), int(delimiters)

    def _matched(self, source: Source) -> tuple[Source, Match]:
        spelling = self.table.dialect(self.feed.dialect)
        own = [name for declared in self.words.renames for name in self.words.delivered(declared)]
        if self.feed.records and self.file.kind != "json":
            column = self._column(source, self.feed.records)
            source = source if not source.relation else unwrapped(self.conn, source, column)
        wanted = [*own, *spelling.columns.values()]
        delivered = set(source.columns)
        source = with_nested_columns(source, wanted)
        source = self._without_empty(source, [c for c in source.columns if c not in delivered])
        source = with_made_columns(source, wanted)
        match = match_columns(self.table, self.feed, source.columns, self.words, source.types)
        addresses = [c.name for c in self.table.columns if c.address and c.name in match.columns]
        if self.feed.distrust and addresses:
            refused = f"holds addresses ({addresses[0]}), and {self.feed.distrust}"
            raise DeliveryError(refused, match)
        return source, match

    def _without_empty(self, source: Source, nested: Sequence[str]) -> Source:
        """Leave out fields of JSON text that no row has: a wrong name must not be read as empty."""
        if not nested or not source.relation:
            return source
        counted = ", ".join(f"count({source.text_of(name)})" for name in nested)
        counts = self.conn.execute(f"select {counted} from {source.relation}").fetchall()[0]
        absent = {name for name, count in zip(nested, counts, strict=True) if not count}
        return replace(source, columns=tuple(c for c in source.columns if c not in absent))

    def _insert(self, source: Source) -> tuple[int, Match]:
        feed = self.feed
        spelling = self.table.dialect(feed.dialect)
        source, match = self._matched(source)
        whole: dict[str, tuple[str, ...]] = {}
        of_element: dict[str, tuple[str, ...]] = {}
        for name, value in spelling.where.items():
            if spelling.explode and name.startswith(f"{ELEMENT}."):
                of_element[name] = (value,)
            else:
                whole[self._column(source, name)] = (value,)
        if feed.where and feed.where[0].endswith("!"):
            name = self._column(source, feed.where[0][:-1].strip())
            source = filtered(source, {name: feed.where[1]}, "not in")
        elif feed.where:
            whole[self._column(source, feed.where[0])] = feed.where[1]
        if whole:
            source = filtered(source, whole)
        if spelling.explode:
            source = exploded(source, self._column(source, spelling.explode))
        if of_element:
            source = filtered(source, of_element)
        # Parquet and JSON carry numbers of their own; only CSV text follows the feed's marks.
        marks = (feed.decimal_mark, feed.thousands_mark) if self.file.kind == "csv" else (".", "")
        naive = "UTC" if self.table.naive_times == "utc" else feed.timezone
        locale = Locale(
            feed.timezone,
            *marks,
            feed.date_format,
            self.file.delivered_at,
            naive,
            feed.epoch_unit,
            feed.currency_mark if self.file.kind == "csv" else "",
            feed.number_suffix,
            feed.month_names,
        )
        texts = delivered_texts(self.table, source, match.columns, self.words)
        statement = insert_file(self.landing, self.table, source, texts, locale, self.stamp)
        return int(self.conn.execute(statement).fetchall()[0][0]), match

    def _column(self, source: Source, name: str) -> str:
        """The delivered column that the dialect or seeds/feed_files.csv names."""
        for column in source.columns:
            if name_key(column) == name_key(name):
                return column
        near = closest(name, source.columns)
        who = f"dialect {self.feed.dialect}"
        if self.feed.where and name == self.feed.where[0].removesuffix("!").strip():
            who = "seeds/feed_files.csv (where)"
        raise DeliveryError(
            f"missing column {name}, which {who} needs for this table"
            f"{f'; closest: {column_shown(near)}' if near else ''}."
        )

    def _fill_lines(self, lines_of: Callable[[set[int]], Mapping[int, int]]) -> None:
        """Give rejects and flagged rows their physical lines; lines_of: row of the file -> line."""
        mine = f"_file_no = {self.stamp.file_no}"
        first = f"(select min(rowid) from {self.landing} where {mine})"
        rows = dict(
            self.conn.execute(
                f"select rowid, coalesce(_row, rowid + 1 - {first})"
                f" from {self.landing} where {mine}"
                " and (_problem is not null or _flag is not null)"
            ).fetchall()
        )
        if not rows:
            return
        lines = lines_of(set(rows.values()))
        self.conn.execute(
            f"update {self.landing} as landed set _line = known.line"
            " from (select unnest($rows) as row_id, unnest($lines) as line) as known"
            " where landed.rowid = known.row_id",
            {"rows": list(rows), "lines": [lines.get(row) for row in rows.values()]},
        )

    def _unreadable(self, error: duckdb.Error) -> DeliveryError:
        copies = re.escape(str(self.workdir)) + r"/[\w.]+"
        first = re.sub(copies, lambda _: self.file.shown, str(error).splitlines()[0])
        return DeliveryError(f"not readable as {self.file.kind}: {printable(first)}")
