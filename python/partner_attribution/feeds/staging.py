"""One file into the landing table: typed rows, and marked rows for what cannot be typed."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from partner_attribution.feeds.casting import (
    Locale,
    clock_flag,
    is_bad,
    null_value,
    reason,
    typed,
    typed_time,
)
from partner_attribution.feeds.declarations import (
    META_COLUMNS,
    SQL_TYPES,
    ColumnDeclaration,
    TableDeclaration,
)
from partner_attribution.feeds.names import sql_name, sql_text
from partner_attribution.feeds.reading import Source

WORK_COLUMNS: Mapping[str, str] = {
    "_rank": "integer",
    "_line": "bigint",
    "_delimiters": "bigint",
    "_problem": "varchar",
    "_flag": "varchar",
}
"""Columns of the landing table only: dropped before it becomes the raw table."""

_SEPARATOR = "chr(31)"


@dataclass(frozen=True)
class Stamp:
    """What every row of a file carries."""

    partner_id: str
    feed_id: str
    delivered_at: str | None
    delivery_id: str
    file: str
    file_no: int
    rank: int
    """Position of the delivery among the feed's deliveries of this table, oldest 0."""


def create_landing_table(name: str, table: TableDeclaration, stamps: Sequence[Stamp]) -> str:
    """SQL that makes the empty landing table.

    stamps: of every file, in the order of their numbers. What all rows of a file share is stored
    once per file: written in every row, it would cost a sixth of the reading.
    """
    types = {column.name: SQL_TYPES[column.data_type] for column in table.columns}
    shared: Mapping[str, Sequence[str | None]] = {
        "_partner_id": [stamp.partner_id for stamp in stamps],
        "_feed_id": [stamp.feed_id for stamp in stamps],
        "_delivered_at": [stamp.delivered_at for stamp in stamps],
        "_delivery_id": [stamp.delivery_id for stamp in stamps],
        "_file": [stamp.file for stamp in stamps],
        "_rank": [str(stamp.rank) for stamp in stamps],
    }
    columns = []
    for column, kind in {**types, **META_COLUMNS, **WORK_COLUMNS}.items():
        by_file = ""
        if column in shared:
            values = ", ".join(sql_text(value) for value in shared[column])
            by_file = f" generated always as (cast([{values}] as {kind}[])[_file_no + 1]) virtual"
        columns.append(f"{sql_name(column)} {kind}{by_file}")
    return f"create or replace table {name} ({', '.join(columns)})"


def parts(packed: str) -> tuple[str, str, str]:
    """SQL of the three texts in `_problem` or `_flag`: what it is, its column, its value."""
    what, column, value = (f"split_part({packed}, {_SEPARATOR}, {place})" for place in (1, 2, 3))
    return f"nullif({what}, '')", f"nullif({column}, '')", f"nullif({value}, '')"


def _packed(what: str, column: str, value: str) -> str:
    """SQL of one text in place of three: nearly all rows have none, and each column costs.

    The separator is a control character, which no value has here.
    """
    texts = ", ".join(f"coalesce({text}, '')" for text in (column, value))
    return f"concat_ws({_SEPARATOR}, {what}, {texts})"


def insert_file(  # noqa: PLR0917
    name: str,
    table: TableDeclaration,
    source: Source,
    found: Mapping[str, str],
    locale: Locale,
    stamp: Stamp,
) -> str:
    """SQL that reads, types and checks one file in a single pass.

    found: declared column -> SQL of its delivered text. Rows that cannot be typed arrive with
    `_problem`.
    """
    columns = list(enumerate(table.columns))
    texts = [f"{found.get(c.name, 'cast(null as varchar)')} as t{i}" for i, c in columns]
    cells = {c.name: f"t{i}" for i, c in columns if c.name in found}
    values = []
    for i, column in columns:
        if column.name not in found:
            values.append(f"{null_value(column)} as v{i}")
        elif _is_time(source, found[column.name], column, locale):
            texts[i] = f"{source.times[found[column.name]]} as t{i}"
            cells[column.name] = f"cast(t{i} as varchar)"
            values.append(f"{typed_time(f't{i}', locale)} as v{i}")
        elif column.data_type == "text" and source.is_ascii and _is_plain(found[column.name]):
            values.append(f"t{i} as v{i}")
        else:
            values.append(f"{typed(f't{i}', column, locale)} as v{i}")
    # Surrounding blanks mean nothing in numbers and times; in text they are kept.
    trimmed = [
        f"nullif(trim(t{i}), '') as t{i}"
        for i, c in columns
        if c.data_type != "text" and cells.get(c.name) == f"t{i}"
    ]
    trim = f" replace ({', '.join(trimmed)})" if trimmed else ""
    # What the seeds put in place of a text is in the SQL, not in the file.
    exponents = {n for n, sql in found.items() if source.has_exponents or "E+" in sql.upper()}
    bad, problem = _checks(table, cells, locale, exponents)
    odd, flag = _flags(table, cells, locale)
    typed_columns = ", ".join(f"v{i} as {sql_name(c.name)}" for i, c in columns)
    return f"""
        insert into {name} by name
        select
            {typed_columns},
            {stamp.file_no} as _file_no,
            source_row as _row,
            source_line as _line,
            source_delimiters as _delimiters,
            {problem} as _problem,
            {flag} as _flag
        from (
            select *, {bad} as bad, {odd} as odd from (
                select *, {", ".join(values)} from (
                    select *{trim} from (
                        select
                            {", ".join(texts)},
                            {source.row} as source_row,
                            {source.line} as source_line,
                            {source.delimiters} as source_delimiters,
                            {source.problem} as source_problem,
                            {source.text} as source_text
                        from {source.relation}
                    )
                )
            )
        )
    """


def _is_plain(sql: str) -> bool:
    """True if the SQL adds nothing beyond ASCII: no word of a seed, no escape of JSON."""
    return sql.isascii() and "json" not in sql.lower()


def _is_time(source: Source, text: str, column: ColumnDeclaration, locale: Locale) -> bool:
    """True if the delivered column is a timestamp already, and its text would say the same."""
    is_time = column.data_type in {"timestamp", "milestone_time"}
    return is_time and text in source.times and locale.date_format == "iso"


def _checks(
    table: TableDeclaration, cells: Mapping[str, str], locale: Locale, exponents: Set[str]
) -> tuple[str, str]:
    """SQL of: number of the first bad column (NULL: none); reason, its name and its safe value.

    cells: delivered column -> SQL of its text. exponents: those that may hold a 1.2E+05.
    """
    bad = ["when source_problem is not null then -1"]
    why, what = ["when -1 then source_problem"], ["when -1 then source_text"]
    which = ["when -1 then cast(null as varchar)"]
    for i, column in enumerate(table.columns):
        if column.name not in cells:
            continue
        text, value = cells[column.name], f"v{i}"
        suspect = column.name in exponents
        condition = is_bad(text, value, column, locale, has_exponents=suspect)
        if condition:
            bad.append(f"when {condition} then {i}")
            why.append(f"when {i} then {reason(text, value, column, locale)}")
            which.append(f"when {i} then {sql_text(column.name)}")
            what.append(f"when {i} then {text}")
    if table.key:
        names = [column.name for column in table.columns]
        empty = " and ".join(f"v{names.index(key)} is null" for key in table.key)
        bad.append(f"when {empty} then -2")
        why.append("when -2 then 'empty key'")
        which.append(f"when -2 then {sql_text(', '.join(table.key))}")
    reason_of, column_of, value_of = (f"case bad {' '.join(of)} end" for of in (why, which, what))
    # Good rows, nearly all, must not pay for explanations: those are behind one test.
    packed = _packed(reason_of, column_of, _neutral(value_of))
    return f"case {' '.join(bad)} end", f"case when bad is not null then {packed} end"


def _flags(table: TableDeclaration, cells: Mapping[str, str], locale: Locale) -> tuple[str, str]:
    """SQL of what is odd about a row (NULL: nothing); the same with its column and value."""
    flags = {
        column.name: clock_flag(cells[column.name], column, locale)
        for column in table.columns
        if column.name in cells
    }
    odd = {name: flag for name, flag in flags.items() if flag}
    if not odd:
        return ("cast(null as varchar)",) * 2
    names = [f"when {flag} is not null then {sql_text(name)}" for name, flag in odd.items()]
    values = [f"when {flag} is not null then {cells[name]}" for name, flag in odd.items()]
    packed = _packed("odd", f"case {' '.join(names)} end", f"case {' '.join(values)} end")
    return (
        f"coalesce({', '.join(odd.values())})",
        f"case when odd is not null then {packed} end",
    )


def _neutral(value: str) -> str:
    """SQL of a rejected value that is safe to show: masked e-mails, no controls, no formula."""
    masked = f"regexp_replace(left({value}, 400), '[^\\s,;:\"<>]+@[^\\s,;:\"<>]+', '***@***', 'g')"
    plain = f"left(regexp_replace({masked}, '[\\p{{Cc}}\\p{{Cf}}]', ' ', 'g'), 200)"
    return f"regexp_replace({plain}, '^([=+@-])', '''\\1')"
