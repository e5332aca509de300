"""How DuckDB reads JSON: a file of objects, or rows that stand as objects in one column."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from partner_attribution.feeds.errors import DeliveryError
from partner_attribution.feeds.names import printable, sql_text
from partner_attribution.feeds.preparing import Prepared
from partner_attribution.feeds.reading import MAX_LINE_BYTES, Source, as_json


def json_source(
    conn: duckdb.DuckDBPyConnection, prepared: Prepared, records: str = ""
) -> Source | None:
    """Read a JSON array of objects, objects one per line, or objects laid out over several lines.

    records: the field that holds the array, where the file is one object around it.
    Nested fields are named `parent.field`. None for an empty array: a valid zero.
    """
    style = _json_style(conn, prepared.path)
    if records and "'array'" not in style:
        style = "format = 'unstructured'"
    objects = f"read_json_objects({sql_text(str(prepared.path))}, {style})"
    if records:
        array = f"json_extract(json, {sql_text(_json_path(records))})"
        objects = f"(select unnest(from_json({array}, '[\"JSON\"]')) as json from {objects})"
    relation = f"(select json, json_type(json) as kind from {objects})"
    rows, text = conn.execute(
        "select count(*), json_group_structure(case when kind = 'OBJECT' then json end)"
        f" from {relation}"
    ).fetchall()[0]
    if not rows and records:
        raise DeliveryError(
            f"field {records}, which seeds/feed_files.csv (records) names, holds no rows."
        )
    if not rows:
        return None
    paths = _named_paths(text, rows)
    return Source(
        relation,
        tuple(paths),
        lambda name: f"nullif(json_extract_string(json, {sql_text(paths[name])}), '')",
        problem="case when kind is distinct from 'OBJECT' then 'not a JSON object' end",
        text="cast(json as varchar)",
    )


def unwrapped(conn: duckdb.DuckDBPyConnection, source: Source, column: str) -> Source:
    """Take each row out of the JSON object in one of its columns; the other columns stay."""
    cell = as_json(source.text_of(column))
    relation = f"(select *, {cell} as wrapped from {source.relation})"
    rows, text = conn.execute(
        "select count(*), json_group_structure("
        f"case when json_type(wrapped) = 'OBJECT' then wrapped end) from {relation}"
    ).fetchall()[0]
    if not rows:
        return source
    paths = _named_paths(text, rows)
    others = tuple(name for name in source.columns if name not in paths)

    def text_of(name: str) -> str:
        if name not in paths:
            return source.text_of(name)
        return f"nullif(json_extract_string(wrapped, {sql_text(paths[name])}), '')"

    what = sql_text(f"column {printable(column, 60)} holds no JSON object")
    return replace(
        source,
        relation=relation,
        columns=(*paths, *others),
        text_of=text_of,
        problem=f"coalesce({source.problem}, case when"
        f" json_type(wrapped) is distinct from 'OBJECT' then {what} end)",
        text=f"coalesce({source.text}, cast({source.text_of(column)} as varchar))",
        types={},
    )


def json_lines(prepared: Prepared, rows: set[int]) -> dict[int, int]:
    """Return the physical line of each 1-based object of a file with one per line."""
    with prepared.path.open("rb") as stream:
        filled = (line for line, text in enumerate(stream, 1) if text.strip())
        lines = {row: line for row, line in enumerate(filled, 1) if row in rows}
    return lines


def _named_paths(structure: str | None, rows: int) -> dict[str, str]:
    """`parent.field` -> JSON path, of the shape that rows of JSON objects have."""
    shape = json.loads(structure or "null")
    if not isinstance(shape, dict):
        raise DeliveryError(f"none of its {rows} rows is a JSON object. Ask for it again.")
    paths: dict[str, str] = {}
    for path in _paths(shape, ()):
        keys = "".join(f'."{key}"' for key in path)
        paths.setdefault(".".join(path), "$" + keys)
    return paths


def _json_style(conn: duckdb.DuckDBPyConnection, path: Path) -> str:
    """How read_json_objects() must read the file."""
    with path.open("rb") as stream:
        lines = iter(lambda: stream.readline(MAX_LINE_BYTES), b"")
        filled = (line.lstrip(b"\xef\xbb\xbf").strip() for line in lines)
        first = next((line for line in filled if line), b"")
    if not first:
        raise DeliveryError("0 bytes: the export failed. Ask for it again.")
    if first.startswith(b"["):
        return "format = 'array'"
    by_line = "format = 'newline_delimited', ignore_errors = true"
    if not first.startswith(b"{") or _is_json(first):
        return by_line
    # An object over several lines, or a first line that is broken: then each line is judged alone.
    laid_out = "format = 'unstructured'"
    try:
        conn.execute(
            f"select count(*) from read_json_objects({sql_text(str(path))}, {laid_out})"
        ).fetchall()
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return by_line
    return laid_out


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _json_path(name: str) -> str:
    return "$" + "".join(f'."{key}"' for key in name.replace('"', "").split("."))


def _paths(shape: Any, prefix: tuple[str, ...]) -> list[tuple[str, ...]]:
    if not isinstance(shape, dict):
        return [prefix] if prefix else []
    found = [prefix] if prefix else []
    for key, inner in shape.items():
        if '"' not in key:
            found += _paths(inner, (*prefix, key))
    return found
