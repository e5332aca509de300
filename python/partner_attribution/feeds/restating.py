"""Which rows stay when several deliveries, or one delivery twice, carry the same key."""

from collections.abc import Mapping

import duckdb
import numpy as np

from partner_attribution.feeds.declarations import TableDeclaration
from partner_attribution.feeds.feed_list import Feed
from partner_attribution.feeds.logs import Delivery
from partner_attribution.feeds.names import sql_name, sql_text

ROWS_SORTED_AT_ONCE = 10_000_000
"""80 MB of hashes."""

RowCounts = dict[int, int]
"""Rows per file number."""


def restate_by_key(
    conn: duckdb.DuckDBPyConnection, name: str, table: TableDeclaration, mine: str
) -> RowCounts:
    """Keep one row per key of a feed and count the others; mine: condition of the feed's rows.

    The newest delivery wins, within it the highest version, then the greater content; so neither
    the order of files nor of rows decides. NULLs in a key are equal to each other.
    """
    keys = [sql_name(column) for column in table.key]
    listed = ", ".join(keys)
    if not _has_repeats(conn, name, listed, mine):
        return {}
    conn.execute(
        f"create or replace temp table restated_keys as select {listed} from {name}"
        f" where {mine} group by {listed} having count(*) > 1"
    )
    if not _count(conn, "select count(*) from restated_keys"):
        return {}
    best_first = ["_rank desc"]
    if table.version:
        best_first.append(f"{sql_name(table.version)} desc nulls last")
    best_first += [f"{sql_name(column.name)} desc nulls last" for column in table.columns]
    same = " and ".join(f"landed.{key} is not distinct from restated_keys.{key}" for key in keys)
    conn.execute(
        f"""
        create or replace temp table losing_rows as
        select row_id, file_no from (
            select
                landed.rowid as row_id,
                landed._file_no as file_no,
                row_number() over (
                    partition by {", ".join(f"landed.{key}" for key in keys)}
                    order by {", ".join(f"landed.{term}" for term in best_first)}, landed._file
                ) as place
            from {name} as landed
            inner join restated_keys on {same}
            where {mine}
        )
        where place > 1
        """
    )
    counts = _delete(conn, name, "select row_id, file_no from losing_rows")
    conn.execute("drop table losing_rows")
    conn.execute("drop table restated_keys")
    return counts


def drop_absent_keys(conn: duckdb.DuckDBPyConnection, name: str, older: str) -> RowCounts:
    """Remove what older deliveries still hold after restating: keys absent from the newest."""
    return _delete(
        conn, name, f"select rowid as row_id, _file_no as file_no from {name} where {older}"
    )


def log_dropped(  # noqa: PLR0917
    conn: duckdb.DuckDBPyConnection,
    name: str,
    table: TableDeclaration,
    condition: str,
    log: str,
    next_deliveries: Mapping[int, Delivery],
) -> None:
    """Keep the rows that are about to be dropped, with the delivery that no longer has them.

    Of each row only key, numbers, dates and flags are kept: a deleted person's name must not stay.
    next_deliveries: rank of a delivery -> the one after it.
    """
    if not next_deliveries:
        return
    key = " || ' | ' || ".join(
        f"coalesce(cast({sql_name(column)} as varchar), '')"
        for column in table.key
        if "email" not in column
    )
    key = key or "''"
    kept = [column.name for column in table.columns if column.data_type != "text"]
    record = ", ".join(f"{sql_text(column)}: {sql_name(column)}" for column in kept)
    record = f"cast(to_json({{{record}}}) as varchar)" if kept else "cast(null as varchar)"
    ranks = ", ".join(
        f"({rank}, {sql_text(after.delivery_id)},"
        f" {sql_text(after.delivered_at.isoformat(' ') if after.delivered_at else None)})"
        for rank, after in next_deliveries.items()
    )
    conn.execute(
        f"insert into {log} select _feed_id, {sql_text(table.name)}, {key}, {record}, _file,"
        f" _delivery_id, nexts.delivery_id, cast(nexts.delivered_at as timestamp) from {name}"
        f" inner join (values {ranks}) as nexts (rank, delivery_id, delivered_at)"
        f" on _rank = nexts.rank where {condition}"
    )


def fill_missing_ids(
    conn: duckdb.DuckDBPyConnection, name: str, table: TableDeclaration, feed: Feed
) -> None:
    """Make the ids of rows that were delivered without one, from what the rows say.

    Only where the feed declares its own key (or none) and the connector's is one column. Equal
    rows are numbered, so each keeps an id of its own, in any order of the rows. Addresses and
    their hashes take part in the order only: an id must not reveal them.
    """
    if feed.key is None or len(table.key) != 1:
        return
    (missing,) = table.key
    every = [column.name for column in table.columns if column.name != missing]
    said = [c for c in (feed.key or every) if "email" not in c and c != missing]
    content = ", ".join(f"coalesce(cast({sql_name(c)} as varchar), '')" for c in said) or "''"
    order = ", ".join(f"{sql_name(c)} nulls first" for c in every)
    conn.execute(
        f"""
        update {name} as landed
        set {sql_name(missing)} = 'row-' || left(ids.content, 20) || '-' || ids.place
        from (
            select row_id, content, row_number() over (
                partition by content order by {order}, row_id
            ) as place
            from (
                select *, rowid as row_id, md5(concat_ws(chr(31), {content})) as content
                from {name}
                where _feed_id = {sql_text(feed.feed_id)} and {sql_name(missing)} is null
            )
        ) as ids
        where landed.rowid = ids.row_id
        """
    )


def number_rows(conn: duckdb.DuckDBPyConnection, name: str) -> None:
    """Fill `_row` where the file's reader knew none: from the order in which rows were inserted.

    Numbering while reading would force one thread; this costs a tenth of it.
    """
    first_rows = dict(
        conn.execute(
            f"select _file_no, min(rowid) from {name} where _row is null group by _file_no"
        ).fetchall()
    )
    if not first_rows:
        return
    before = [first_rows.get(number, 0) - 1 for number in range(max(first_rows) + 1)]
    conn.execute(f"update {name} set _row = rowid - ({before})[_file_no + 1] where _row is null")


def _has_repeats(conn: duckdb.DuckDBPyConnection, name: str, keys: str, mine: str) -> bool:
    """False if no key can occur twice; to sort their hashes costs a fifth of grouping by them."""
    rows = _count(conn, f"select count(*) from {name} where {mine}")
    parts = rows // ROWS_SORTED_AT_ONCE + 1
    for part in range(parts):
        hashes = conn.execute(
            f"select hash({keys}) as key_hash from {name}"
            f" where {mine} and hash({keys}) % {parts} = {part}"
        ).fetchnumpy()["key_hash"]
        ordered = np.sort(np.asarray(hashes, dtype=np.uint64))
        if bool((ordered[1:] == ordered[:-1]).any()):
            return True
    return False


def _delete(conn: duckdb.DuckDBPyConnection, name: str, rows: str) -> RowCounts:
    conn.execute(f"create or replace temp table deleted_rows as {rows}")
    counts = dict(
        conn.execute("select file_no, count(*) from deleted_rows group by file_no").fetchall()
    )
    if counts:
        conn.execute(f"delete from {name} where rowid in (select row_id from deleted_rows)")
    conn.execute("drop table deleted_rows")
    return counts


def _count(conn: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(conn.execute(query).fetchall()[0][0])
