"""Small results as Arrow tables, built without pandas: importing it costs more than the results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np

# Arrays that are Arrow's buffers already.
_KINDS = {np.dtype(np.int64): nw.Int64(), np.dtype(np.float64): nw.Float64()}


def arrow_table(columns: Mapping[str, Sequence[Any]], schema: Mapping[str, nw.dtypes.DType]) -> Any:
    """Return an Arrow table of these columns: String, Int64, Float64 or Boolean; None is null.

    columns: values by name; those of the schema are taken, in its order. In a numpy array of floats
    nan is null.

    `pyarrow.array` asks pandas whether a list is one of its own and so imports it; arrays made of
    buffers do not.
    """
    pa = nw.Implementation.PYARROW.to_native_namespace()  # Narwhals knows engines, nobody else here
    arrays = [_array(pa, columns[name], kind) for name, kind in schema.items()]
    return pa.Table.from_arrays(arrays, names=list(schema))


def arrow_rows(rows: Sequence[Mapping[str, Any]], schema: Mapping[str, nw.dtypes.DType]) -> Any:
    """Return an Arrow table of these rows; a column that a row lacks is null there."""
    return arrow_table({name: [row.get(name) for row in rows] for name in schema}, schema)


def of_kinds(tables: Mapping[str, Any]) -> Any:
    """Return Arrow tables as one, row_kind saying which each row is of: all columns, null where one
    belongs to another."""
    pa = nw.Implementation.PYARROW.to_native_namespace()
    kind = {"row_kind": nw.String()}
    parts = [
        table.add_column(0, "row_kind", arrow_table({"row_kind": [name] * len(table)}, kind)[0])
        for name, table in tables.items()
    ]
    return pa.concat_tables(parts, promote_options="default")


def eager(frame: Any) -> Any:
    """Return a Narwhals frame in memory; a lazy one is worked out now."""
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


def collected(frame: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a small result, whatever the engine."""
    return list(eager(frame).iter_rows())


def numbers_of(series: Any) -> Any:
    """Return the numbers of a Narwhals series without nulls as a numpy array.

    Arrow's own way imports pandas; each of its buffers is an array already.
    """
    if not series.implementation.is_pyarrow():
        return series.to_numpy()
    native = series.to_native()
    kind = native.type.to_pandas_dtype()
    parts = [
        np.frombuffer(chunk.buffers()[1], kind)[chunk.offset : chunk.offset + len(chunk)]
        for chunk in native.chunks
        if len(chunk)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def _array(pa: Any, values: Sequence[Any], kind: nw.dtypes.DType) -> Any:
    if isinstance(values, np.ndarray) and _KINDS.get(values.dtype) == kind:
        return pa.Array.from_buffers(*_of_numbers(pa, values))
    size = len(values)

    def bits(marks: Iterable[bool]) -> Any:
        return pa.py_buffer(np.packbits(np.fromiter(marks, bool, size), bitorder="little"))

    valid = bits(value is not None for value in values) if None in values else None
    if kind == nw.Boolean():
        return pa.Array.from_buffers(pa.bool_(), size, [valid, bits(map(bool, values))])
    if kind == nw.String():
        texts = [b"" if value is None else value.encode() for value in values]
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
        data = pa.py_buffer(b"".join(texts))
        return pa.StringArray.from_buffers(size, pa.py_buffer(ends), data, valid)
    arrow, python = (pa.int64(), _whole) if kind == nw.Int64() else (pa.float64(), float)
    filled = (python(0 if value is None else value) for value in values)
    numbers = np.fromiter(filled, arrow.to_pandas_dtype(), size)
    return pa.Array.from_buffers(arrow, size, [valid, pa.py_buffer(numbers)])


def _of_numbers(pa: Any, values: Any) -> tuple[Any, int, list[Any]]:
    """What an Arrow array of these numbers is made of."""
    kind = pa.int64() if values.dtype == np.int64 else pa.float64()
    known = ~np.isnan(values)
    valid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return kind, len(values), [valid, pa.py_buffer(np.ascontiguousarray(values))]


def _whole(value: Any) -> int:
    if value != int(value):
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)
