"""Arrow tables made of buffers: the same as pyarrow makes of lists, and without pandas."""

import subprocess
import sys
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_attribution.attribution.tables import (
    arrow_rows,
    arrow_table,
    collected,
    eager,
    numbers_of,
    of_kinds,
)

SCHEMA = {
    "name": nw.String(),
    "whole": nw.Int64(),
    "part": nw.Float64(),
    "is_so": nw.Boolean(),
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text(st.characters(exclude_categories=["Cs"])),
    "whole": st.integers(-(2**63), 2**63 - 1),
    "part": st.floats(allow_nan=False),
    "is_so": st.booleans(),
}
ARROW = pa.schema(
    {"name": pa.string(), "whole": pa.int64(), "part": pa.float64(), "is_so": pa.bool_()}
)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.fixed_dictionaries({k: st.none() | v for k, v in VALUES.items()}), max_size=20))
def test_the_table_is_what_pyarrow_makes_of_the_same_rows(rows: list[dict[str, Any]]) -> None:
    table = arrow_rows(rows, SCHEMA)
    table.validate(full=True)
    assert table.equals(pa.Table.from_pylist(rows, schema=ARROW))
    assert [table[name].null_count for name in SCHEMA] == [
        sum(row[name] is None for row in rows) for name in SCHEMA
    ]


def test_a_column_that_a_row_lacks_is_null_there() -> None:
    assert arrow_rows([{"whole": 1}, {"name": "a"}], SCHEMA).to_pydict() == {
        "name": [None, "a"],
        "whole": [1, None],
        "part": [None, None],
        "is_so": [None, None],
    }


def test_columns_stand_in_the_order_of_the_schema_and_others_are_left_out() -> None:
    table = arrow_table(
        {"part": [0.5], "more": [1], "name": ["a"]}, {k: SCHEMA[k] for k in ("name", "part")}
    )
    assert table.to_pydict() == {"name": ["a"], "part": [0.5]}


def test_a_fraction_is_not_cut_to_a_whole_number() -> None:
    with pytest.raises(ValueError, match=r"1\.5 is not a whole number"):
        arrow_table({"whole": [1.0, 1.5]}, {"whole": nw.Int64()})


def test_numbers_of_an_arrow_column_are_read_across_its_chunks() -> None:
    chunks = [pa.array([1, 2, 3]), pa.array([4, 5]).slice(1), pa.array([], pa.int64())]
    for kept in (chunks, chunks[2:], []):
        table = pa.table({"n": pa.chunked_array(kept, pa.int64())})
        series = nw.from_native(table)["n"]
        assert numbers_of(series).tolist() == series.to_list()
        assert numbers_of(series).dtype == "int64"
    assert numbers_of(nw.from_dict({"n": [1, 2]}, backend="pandas")["n"]).tolist() == [1, 2]


def test_no_table_imports_pandas() -> None:
    code = (
        "import sys, narwhals as nw\n"
        "from partner_attribution.attribution.tables import arrow_table\n"
        "kinds = {'a': nw.String(), 'b': nw.Int64(), 'c': nw.Float64(), 'd': nw.Boolean()}\n"
        "arrow_table({'a': ['x', None], 'b': [1, 2], 'c': [0.5, None], 'd': [True, None]}, kinds)\n"
        "sys.exit('pandas' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("missing", [[], [0, 9], range(12)])
def test_arrays_of_numbers_are_taken_as_they_are_and_nan_is_null(missing: list[int]) -> None:
    values = np.arange(12) / 4
    values[list(missing)] = np.nan
    found = arrow_table(
        {"a": values, "b": np.arange(12)[::-1]}, {"a": nw.Float64(), "b": nw.Int64()}
    )
    assert found["a"].to_pylist() == [None if np.isnan(value) else value for value in values]
    assert found["a"].null_count == len(missing)
    assert found["b"].to_pylist() == list(range(12))[::-1]
    found.validate(full=True)


def test_an_array_of_another_kind_becomes_that_of_the_schema() -> None:
    found = arrow_table({"a": np.arange(3), "b": np.array([1.0, 2.0])[[0, 1, 1]]},
                        {"a": nw.Float64(), "b": nw.Int64()})  # fmt: skip
    assert found["a"].to_pylist() == [0.0, 1.0, 2.0]
    assert found["b"].to_pylist() == [1, 2, 2]
    assert [str(one) for one in found.schema.types] == ["double", "int64"]


def test_tables_of_kinds_are_one_with_nulls_where_a_column_is_of_another() -> None:
    names, sums = {"name": nw.String()}, {"name": nw.String(), "part": nw.Float64()}
    found = of_kinds(
        {
            "label": arrow_rows([{"name": "a"}, {"name": "b"}], names),
            "nothing": arrow_rows([], names),
            "sum": arrow_rows([{"name": "c", "part": 0.5}], sums),
        }
    )
    assert found.column_names == ["row_kind", "name", "part"]
    assert [str(kind) for kind in found.schema.types] == ["string", "string", "double"]
    assert found.to_pydict() == {
        "row_kind": ["label", "label", "sum"],
        "name": ["a", "b", "c"],
        "part": [None, None, 0.5],
    }


def test_a_lazy_frame_is_worked_out_and_another_returned_as_it_is() -> None:
    here = nw.from_dict({"n": [1, 2]}, backend="pandas")
    assert eager(here) is here
    lazy = nw.from_native(duckdb.sql("select 1 as n"))
    assert isinstance(lazy, nw.LazyFrame)
    assert eager(lazy)["n"].to_list() == [1]
    assert collected(lazy) == [(1,)]
    assert collected(here) == [(1,), (2,)]
