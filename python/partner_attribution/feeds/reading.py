"""How DuckDB reads one prepared file: as text, one column per delivered column."""

import codecs
import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TextIO

from partner_attribution.feeds.advice import on_content
from partner_attribution.feeds.errors import DeliveryError
from partner_attribution.feeds.feed_list import Feed
from partner_attribution.feeds.names import name_key, printable, sql_text
from partner_attribution.feeds.preparing import Prepared
from partner_attribution.feeds.records import Record, read_records

MAX_LINE_BYTES = 4_000_000
SCANNED_BYTES = 20_000_000
"""How much of a CSV DuckDB gives to a thread at once: more than a row group, which it would
otherwise put together from copies. It takes its limit of a line for this."""


@dataclass(frozen=True)
class Source:
    """Something to select from, and how to get each delivered column out of it as text."""

    relation: str
    columns: tuple[str, ...]
    text_of: Callable[[str], str]
    """SQL of one delivered column as text, for the first column of that name."""
    line: str = "cast(null as bigint)"
    """SQL of the physical line, where the relation knows it."""
    problem: str = "cast(null as varchar)"
    """SQL of why a whole row cannot be read; NULL for good rows."""
    text: str = "cast(null as varchar)"
    """SQL of the unreadable row's own text."""
    row: str = "cast(null as bigint)"
    """SQL of the row number, where the relation knows it; else insertion order tells."""
    delimiters: str = "cast(null as bigint)"
    """SQL of how many delimiters are in the row's cells."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Delivered column -> number, text, time, ...: where the file itself says so."""
    is_ascii: bool = False
    """True if all of its texts are known to be ASCII."""
    has_exponents: bool = True
    """False if no text of it can be a number such as 1.2E+05."""
    times: Mapping[str, str] = field(default_factory=dict)
    """SQL of a text that was made of a timestamp without a zone -> SQL of the timestamp."""


@dataclass(frozen=True)
class CsvLayout:
    """How the text of a CSV file is divided."""

    columns: tuple[str, ...]
    """Delivered names: of the header line, or declared for files that have none."""
    delimiter: str
    quote: str = '"'
    has_header: bool = True
    skipped: int = 0
    """Lines ahead of the header (or of the first row) that are no data."""
    delimiters_outside_rows: int = 0
    """Delimiters in skipped lines and in the header."""


def csv_layout(prepared: Prepared, feed: Feed, delimiter: str) -> CsvLayout:
    """Read the head of a CSV file. Raises DeliveryError when it is not as declared."""
    if not prepared.size:
        raise DeliveryError("0 bytes: the export failed. Ask for it again.")
    with prepared.path.open("rb") as raw:
        if no_table := on_content(raw.read(4).decode("latin-1")):
            raise DeliveryError(f"{no_table} Ask for it again.")
    with _open_text(prepared.path) as stream:
        return layout_of(stream, feed, delimiter)


def head_of_csv(
    path: Path, encoding: str, delimiter: str | None, quote: str, feed: Feed
) -> CsvLayout:
    """The layout of a delivered CSV file, packed or not, without reading all of it."""
    is_packed = path.suffix.lower() == ".gz"
    codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    with gzip.open(path) if is_packed else path.open("rb") as raw:
        text = io.TextIOWrapper(raw, codec, errors="replace", newline="")
        return layout_of(text, feed, delimiter or "")


def layout_of(stream: TextIO, feed: Feed, delimiter: str) -> CsvLayout:
    """Read the head of a CSV text opened with newline=''."""
    skipped = "".join(stream.readline() for _ in range(feed.skip_lines))
    head = io.StringIO(stream.read(1_000_000), newline="")
    if no_table := on_content(head.getvalue()[:200]):
        raise DeliveryError(f"{no_table} Ask for it again.")
    record = next(read_records(head, delimiter, feed.quote), None)
    outside = skipped.count(delimiter)
    if not feed.has_header:
        if record is not None and _is_header(record, feed.columns):
            raise DeliveryError(
                "the first line holds the column names, but seeds/feed_files.csv says header no."
                " Write header yes for this file, or leave it blank."
            )
        return CsvLayout(feed.columns, delimiter, feed.quote, False, feed.skip_lines, outside)
    if record is None:
        raise DeliveryError("no header line: the file is blank. Ask for it again.")
    if record.fields is None:
        raise DeliveryError(f"the header line is broken: {record.problem}.")
    outside += len(record.fields) - 1 + sum(name.count(delimiter) for name in record.fields)
    names = tuple(name.strip() for name in record.fields)
    return CsvLayout(names, delimiter, feed.quote, True, feed.skip_lines, outside)


def _is_header(record: Record, columns: Sequence[str]) -> bool:
    cells = [name_key(cell) for cell in record.fields or []]
    names = [name_key(name) for name in columns]
    return len(cells) == len(names) and all(n in {"", c} for c, n in zip(cells, names, strict=True))


def csv_source(prepared: Prepared, layout: CsvLayout) -> Source:
    """Read a CSV file the fast way; DuckDB raises on the first row that is not regular.

    Alas it takes surplus empty cells for nothing, which can hide a shifted row: is_whole() tells.
    """
    names = [f"c{number}" for number in range(len(layout.columns))]
    is_long = prepared.longest_line > MAX_LINE_BYTES
    scanned = MAX_LINE_BYTES if is_long else SCANNED_BYTES
    relation = _read_csv(prepared.path, names, layout, scanned)
    delimiter = sql_text(layout.delimiter)
    inside = "cast(null as bigint)"
    if prepared.has_quotes:
        # Joined in a query of its own, because a case repeats the expressions in its branches.
        relation = f"(select *, concat({', '.join(names)}) as cells from {relation})"
        inside = (
            f"case when strlen(cells) > {MAX_LINE_BYTES}"
            " then cast(error('a row of bytes: ' || strlen(cells)) as bigint)"
            f" when contains(cells, {delimiter})"
            f" then strlen(cells) - strlen(replace(cells, {delimiter}, '')) else 0 end"
        )
    return Source(
        relation,
        layout.columns,
        _by_position(layout.columns),
        delimiters=inside,
        is_ascii=prepared.is_ascii,
        has_exponents=prepared.has_exponents,
    )


def is_whole(prepared: Prepared, layout: CsvLayout, rows: int, delimiters: int) -> bool:
    """True if rows read the fast way account for every line and every delimiter of a file.

    delimiters: those inside cells, of a file with quotes. Without quotes a line is a row.
    """
    between = rows * (len(layout.columns) - 1) + layout.delimiters_outside_rows
    ahead = layout.skipped + layout.has_header
    has_every_line = prepared.has_quotes or rows == prepared.lines - ahead
    return has_every_line and prepared.delimiters == between + delimiters


def careful_csv_source(prepared: Prepared, layout: CsvLayout, target: Path) -> Source:
    """Rewrite a CSV file row by row to target: good rows regular, bad rows marked.

    Every data row of the delivered file is one row of the result, in the same order.
    """
    width = len(layout.columns)
    with (
        _open_text(prepared.path) as stream,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        records = _rows(stream, layout)
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([f"c{number}" for number in range(width)] + ["line", "problem", "text"])
        writer.writerows(_marked(record, width) for record in records)
    names = [f"c{number}" for number in range(width)] + ["line", "problem", "text"]
    return Source(
        _read_csv(target, names, CsvLayout((), ",")),
        layout.columns,
        _by_position(layout.columns),
        line="cast(line as bigint)",
        problem="problem",
        text="text",
    )


def as_json(text: str) -> str:
    """SQL of text as JSON; NULL where it is none, of which json_type() raises.

    A bare cast would be done by the CSV reader itself, which raises too.
    """
    return f"try_cast(concat({text}, '') as json)"


def exploded(source: Source, array: str) -> Source:
    """Make a row of every element of a delivered column that holds a JSON array."""
    cell = source.text_of(array)
    row = f"coalesce({source.row}, row_number() over ())"
    is_array = f"coalesce(json_type({as_json(cell)}) = 'ARRAY', false)"
    relation = (
        "(select *, unnest(case"
        f" when {source.problem} is not null then [cast(null as json)]"
        f" when {cell} is null then cast([] as json[])"
        f" when {is_array} then from_json({cell}, '[\"JSON\"]')"
        " else [cast(null as json)] end) as element,"
        f" coalesce({source.problem}, case when {cell} is not null and not {is_array}"
        f" then 'column {printable(array, 60).replace(chr(39), '')} is not a JSON array' end)"
        f" as row_problem, {source.text} as row_text, {source.line} as row_line"
        f" from (select *, {row} as source_row from {source.relation}))"
    )

    def text_of(name: str) -> str:
        first, _, path = name.partition(".")
        if first != "explode":
            return source.text_of(name)
        keys = "".join(f'."{key}"' for key in path.split(".")) if path else ""
        return f"nullif(json_extract_string(element, {sql_text('$' + keys)}), '')"

    return Source(
        relation,
        source.columns,
        text_of,
        line="row_line",
        problem="row_problem",
        text="row_text",
        row="source_row",
    )


def filtered(
    source: Source, conditions: Mapping[str, Sequence[str]], operator: str = "in"
) -> Source:
    """Keep the rows in which each delivered column has one of its values, and unreadable rows.

    operator: `not in` keeps those that have none of them.
    """
    row = f"coalesce({source.row}, row_number() over ())"
    tests = [
        f"coalesce({source.text_of(name)}, '') {operator}"
        f" ({', '.join(sql_text(value) for value in values)})"
        for name, values in conditions.items()
    ]
    relation = (
        f"(select * from (select *, {row} as filtered_row from {source.relation})"
        f" where {source.problem} is not null or ({' and '.join(tests)}))"
    )
    return Source(
        relation,
        source.columns,
        source.text_of,
        source.line,
        source.problem,
        source.text,
        "filtered_row",
    )


def first_records(prepared: Prepared, layout: CsvLayout, count: int) -> list[Record]:
    """The first records of a CSV file, its header among them; lines count from there."""
    with _open_text(prepared.path) as stream:
        for _ in range(layout.skipped):
            stream.readline()
        head = io.StringIO(stream.read(100_000), newline="")
    return list(islice(read_records(head, layout.delimiter, layout.quote), count))


def physical_lines(prepared: Prepared, layout: CsvLayout, rows: set[int]) -> dict[int, int]:
    """Return the physical line of each of these 1-based data rows of a CSV file."""
    if not prepared.has_quotes:
        return {row: row + layout.skipped + layout.has_header for row in rows}
    last = max(rows, default=0)
    lines: dict[int, int] = {}
    with _open_text(prepared.path) as stream:
        for row, record in enumerate(_rows(stream, layout), 1):
            if row in rows:
                lines[row] = record.line
            if row >= last:
                break
    return lines


def _open_text(path: Path) -> io.TextIOWrapper:
    return path.open(encoding="utf-8-sig", newline="")


def _rows(stream: TextIO, layout: CsvLayout) -> Iterator[Record]:
    """The records of a CSV text that are rows, with their physical lines."""
    for _ in range(layout.skipped):
        stream.readline()
    records = read_records(stream, layout.delimiter, layout.quote)
    if layout.has_header:
        next(records, None)
    for record in records:
        yield replace(record, line=record.line + layout.skipped)


def _read_csv(
    path: Path, names: Sequence[str], layout: CsvLayout, scanned: int = MAX_LINE_BYTES
) -> str:
    columns = ", ".join(f"{sql_text(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({sql_text(str(path))}, columns = {{{columns}}}, auto_detect = false,"
        f" header = {str(layout.has_header).lower()}, skip = {layout.skipped},"
        f" delim = {sql_text(layout.delimiter)}, quote = {sql_text(layout.quote)},"
        f" escape = {sql_text(layout.quote)},"
        " nullstr = '', compression = 'none', hive_partitioning = false, strict_mode = true,"
        f" null_padding = false, ignore_errors = false, max_line_size = {scanned})"
    )


def _by_position(header: Sequence[str]) -> Callable[[str], str]:
    positions: dict[str, int] = {}
    for position, name in enumerate(header):
        positions.setdefault(name, position)
    return lambda name: f"c{positions[name]}"


def _marked(record: Record, width: int) -> list[str]:
    if record.fields is not None and len(record.fields) == width:
        return [*record.fields, str(record.line), "", ""]
    reason = record.problem or f"has {len(record.fields or [])} columns, the header has {width}"
    return [""] * width + [str(record.line), reason, record.text.replace("\0", "\\0")[:400]]
