"""What to type when the columns of a file are not those of its table."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from partner_attribution.feeds.declarations import TableDeclaration
from partner_attribution.feeds.feed_list import Feed
from partner_attribution.feeds.names import column_shown, name_key
from partner_attribution.feeds.records import Record

_DELIMITERS = {";": "semicolon", "\t": "tab", "|": "pipe", ",": "comma"}
_NO_TABLE = (
    (r"(?is)\s*<(!doctype|html)\b.*", "a web page: the export failed, or wanted a login"),
    (r"(?is)\s*<\?xml\b.*", "XML, as some systems answer with an error"),
    (r"(?s)PK\x03\x04.*", "a zip archive or a workbook: unpack it, or save it as CSV (UTF-8)"),
)


def on_columns(
    table: TableDeclaration, feed: Feed, delivered: Sequence[str], missing: str, near: str | None
) -> str:
    """The next thing to type for a file without a required column; near: what looks like it."""
    place = f"{feed.partner_id},{feed.connector},{table.name}"
    filled = [name for name in delivered if name]
    if len(filled) == 1:
        for mark, word in _DELIMITERS.items():
            if mark in filled[0] and mark != feed.delimiter:
                return (
                    f"Its cells seem divided by {word}: write delimiter {word} in seeds/feeds.csv."
                )
    if near is not None:
        return f"Map it in seeds/feed_columns.csv: {place},{column_shown(near)},{missing}"
    if any(name[:1].isdigit() for name in delivered):
        return "Is the header line missing?"
    if table.key == (missing,):
        return (
            f"Map the column that holds it in seeds/feed_columns.csv: {place},<column>,{missing}"
            f" - or, if rows have no id, write key none for {table.name} in seeds/feed_files.csv."
        )
    return f"Map the column that holds it in seeds/feed_columns.csv: {place},<column>,{missing}"


def on_header(table: TableDeclaration, records: Iterable[Record], skipped: int) -> str:
    """How many lines to skip, where a line further down looks like the header; else nothing."""
    known = {name_key(name) for c in table.columns for name in (c.name, *c.aliases)}
    for record in records:
        names = [name_key(field) for field in record.fields or []]
        hits = sum(name in known for name in names)
        if hits and 2 * hits >= len(names):
            lines = skipped + record.line - 1
            return (
                f" Line {lines + 1} looks like the header: write skip_lines {lines} in"
                " seeds/feed_files.csv."
            )
    return ""


def on_json(delivered: Sequence[str]) -> str:
    """The field that may hold the rows of a JSON document."""
    fields = [n for n in delivered if n.lower() in {"records", "results", "data", "items", "rows"}
              or n.lower().endswith((".records", ".results", ".items"))]  # fmt: skip
    return f" Do its rows stand in {fields[0]}? Write records {fields[0]}." if fields else ""


def on_content(head: str) -> str:
    """What a file really is, where its first characters say that it is no table."""
    found = next((what for pattern, what in _NO_TABLE if re.fullmatch(pattern, head)), "")
    return f"is {found}." if found else ""


def on_extension(path: Path) -> str:
    """Why a file is of no kind that can be read."""
    ending = path.name.lower().rpartition(".")[2]
    if ending in {"xlsx", "xls", "xlsm", "ods"}:
        return "is a workbook: save each sheet as CSV (UTF-8), named like its table."
    if ending in {"zip", "7z", "rar", "tar", "tgz", "bz2", "xz", "zst"}:
        return "is an archive: unpack it; single files may stay packed as .gz."
    return "is no .csv, .tsv, .txt, .parquet, .json, .jsonl or .ndjson file."
