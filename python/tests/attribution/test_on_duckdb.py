"""Frames from SQL: the rows it says, lazy, and each query by itself."""

from __future__ import annotations

import duckdb
import narwhals as nw

from partner_attribution.attribution.on_duckdb import query

DOUBLED = "select n, 2 * n as doubled from {rows}"


def numbers(connection, most):
    return nw.from_native(connection.sql(f"select n from range({most}) as numbers(n)"))


def test_a_query_gives_a_frame_of_the_same_connection_with_the_rows_it_selects():
    with duckdb.connect() as connection:
        found = query(numbers(connection, 3).filter(nw.col("n") > 0), DOUBLED)
        assert isinstance(found.to_native(), duckdb.DuckDBPyRelation)
        assert found.columns == ["n", "doubled"]
        assert sorted(found.to_native().fetchall()) == [(1, 2), (2, 4)]
        found.to_native().create("doubled")
        assert connection.table("doubled").count("*").fetchall() == [(2,)]


def test_nothing_runs_before_the_result_is_asked_for():
    with duckdb.connect() as connection:
        connection.execute("create table delivered as select 1 as n")
        found = query(nw.from_native(connection.table("delivered")), DOUBLED)
        connection.execute("update delivered set n = 21")
        assert found.to_native().fetchall() == [(21, 42)]


def test_a_later_query_changes_none_that_has_not_run_yet():
    with duckdb.connect() as connection:
        frames = [numbers(connection, most) for most in (1, 2, 3)]
        found = [query(frame, DOUBLED) for frame in frames]
        assert [len(one.to_native().fetchall()) for one in found] == [1, 2, 3]


def test_a_query_of_a_query_and_the_same_frame_twice():
    with duckdb.connect() as connection:
        rows = numbers(connection, 3)
        again = query(query(rows, DOUBLED), "select sum(doubled) as total from {rows}")
        joined = query(rows, DOUBLED).join(query(rows, DOUBLED), on="n")
        assert again.to_native().fetchall() == [(6,)]
        assert sorted(joined.to_native().fetchall()) == [(0, 0, 0), (1, 2, 2), (2, 4, 4)]


def test_rows_named_twice_are_the_same_rows():
    both = "select n from {rows} union all select n + 10 from {rows}"
    with duckdb.connect() as connection:
        found = query(numbers(connection, 2), both)
        assert sorted(found.to_native().fetchall()) == [(0,), (1,), (10,), (11,)]
