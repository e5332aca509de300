"""One file into the landing table: typed rows, and marked rows for what cannot be typed."""

from collections.abc import Mapping
from dataclasses import dataclass

from partner_attribution.feeds.casting import (
    Locale,
    clock_flag,
    is_bad,
    null_value,
    reason,
    typed,
)
from partner_attribution.feeds.declarations import META_COLUMNS, SQL_TYPES, TableDeclaration
from partner_attribution.feeds.names import sql_name, sql_text
from partner_attribution.feeds.reading import Source

WORK_COLUMNS: Mapping[str, str] = {
    "_file_no": "integer",
    "_rank": "integer",
    "_known_row": "bigint",
    "_line": "bigint",
    "_delimiters": "bigint",
    "_problem": "varchar",
    "_problem_column": "varchar",
    "_problem_value": "varchar",
    "_flag": "varchar",
    "_flag_column": "varchar",
    "_flag_value": "varchar",
}
"""Columns of the landing table only: dropped before it becomes the raw table."""


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


def create_landing_table(name: str, table: TableDeclaration) -> str:
    """SQL that makes the empty landing table; number_rows() adds `_row` at last."""
    types = {column.name: SQL_TYPES[column.data_type] for column in table.columns}
    columns = {**types, **META_COLUMNS, **WORK_COLUMNS}
    del columns["_row"]
    listed = ", ".join(f"{sql_name(column)} {kind}" for column, kind in columns.items())
    return f"create or replace table {name} ({listed})"


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
    values = []
    for i, column in columns:
        if column.name not in found:
            values.append(f"{null_value(column)} as v{i}")
        else:
            values.append(f"{typed(f't{i}', column, locale)} as v{i}")
    # Surrounding blanks mean nothing in numbers and times; in text they are kept.
    trimmed = [
        f"nullif(trim(t{i}), '') as t{i}"
        for i, c in columns
        if c.data_type != "text" and c.name in found
    ]
    trim = f" replace ({', '.join(trimmed)})" if trimmed else ""
    bad, why, which, what = _checks(table, found, locale)
    flag, flag_column, flag_value = _flags(table, found, locale)
    typed_columns = ", ".join(f"v{i} as {sql_name(c.name)}" for i, c in columns)
    return f"""
        insert into {name} by name
        select
            {typed_columns},
            {sql_text(stamp.partner_id)} as _partner_id,
            {sql_text(stamp.feed_id)} as _feed_id,
            cast({sql_text(stamp.delivered_at)} as timestamp) as _delivered_at,
            {sql_text(stamp.delivery_id)} as _delivery_id,
            {sql_text(stamp.file)} as _file,
            source_row as _known_row,
            {stamp.file_no} as _file_no,
            {stamp.rank} as _rank,
            source_line as _line,
            source_delimiters as _delimiters,
            {why} as _problem,
            {which} as _problem_column,
            {what} as _problem_value,
            flag as _flag,
            {flag_column} as _flag_column,
            {flag_value} as _flag_value
        from (
            select *, {bad} as bad, {flag} as flag from (
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


def _checks(
    table: TableDeclaration, found: Mapping[str, str], locale: Locale
) -> tuple[str, str, str, str]:
    """SQL of: number of the first bad column (NULL: none), reason, its name, its safe value."""
    bad = ["when source_problem is not null then -1"]
    why, what = ["when -1 then source_problem"], ["when -1 then source_text"]
    which = ["when -1 then cast(null as varchar)"]
    for i, column in enumerate(table.columns):
        text, value = f"t{i}", f"v{i}"
        condition = is_bad(text, value, column, locale) if column.name in found else None
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
    value = f"case bad {' '.join(what)} end"
    # Good rows, nearly all, must not pay for explanations: those are behind one test.
    return (
        f"case {' '.join(bad)} end",
        f"case when bad is not null then case bad {' '.join(why)} end end",
        f"case when bad is not null then case bad {' '.join(which)} end end",
        f"case when bad is not null then {_neutral(value)} end",
    )


def _flags(
    table: TableDeclaration, found: Mapping[str, str], locale: Locale
) -> tuple[str, str, str]:
    """SQL of what is odd about a good row (NULL: nothing), the first such column, its value."""
    flags = {
        i: clock_flag(f"t{i}", column, locale)
        for i, column in enumerate(table.columns)
        if column.name in found
    }
    odd = {i: flag for i, flag in flags.items() if flag}
    if not odd:
        return ("cast(null as varchar)",) * 3
    names = [f"when {flag} is not null then {sql_text(table.columns[i].name)}"
             for i, flag in odd.items()]  # fmt: skip
    values = [f"when {flag} is not null then t{i}" for i, flag in odd.items()]
    return (
        f"coalesce({', '.join(odd.values())})",
        f"case when flag is not null then case {' '.join(names)} end end",
        f"case when flag is not null then case {' '.join(values)} end end",
    )


def _neutral(value: str) -> str:
    """SQL of a rejected value that is safe to show: masked e-mails, no controls, no formula."""
    masked = f"regexp_replace(left({value}, 400), '[^\\s,;:\"<>]+@[^\\s,;:\"<>]+', '***@***', 'g')"
    plain = f"left(regexp_replace({masked}, '[\\p{{Cc}}\\p{{Cf}}]', ' ', 'g'), 200)"
    return f"regexp_replace({plain}, '^([=+@-])', '''\\1')"
