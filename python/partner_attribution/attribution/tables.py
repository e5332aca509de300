"""Small results as Arrow tables, built without pandas: importing it costs more than the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa


def _whole(value: Any) -> int:
    if value != int(value):
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)


_NUMBERS: Mapping[nw.dtypes.DType, tuple[Any, Callable[[Any], Any], Any]] = {
    nw.Int64(): (pa.int64(), _whole, np.int64),
    nw.Float64(): (pa.float64(), float, np.float64),
}


def arrow_table(
    columns: Mapping[str, Sequence[Any]], schema: Mapping[str, nw.dtypes.DType]
) -> pa.Table:
    """Return an Arrow table of these columns: String, Int64, Float64 or Boolean; None is null.

    columns: values by name; those of the schema are taken, in its order.

    `pyarrow.array` asks pandas whether a list is one of its own and so imports it; arrays made of
    buffers do not.
    """
    arrays = [_array(columns[name], kind) for name, kind in schema.items()]
    return pa.Table.from_arrays(arrays, names=list(schema))


def arrow_rows(
    rows: Sequence[Mapping[str, Any]], schema: Mapping[str, nw.dtypes.DType]
) -> pa.Table:
    """Return an Arrow table of these rows; a column that a row lacks is null there."""
    return arrow_table({name: [row.get(name) for row in rows] for name in schema}, schema)


def _array(values: Sequence[Any], kind: nw.dtypes.DType) -> Any:
    known = np.fromiter((value is not None for value in values), dtype=bool, count=len(values))
    valid = None if known.all() else pa.py_buffer(_bits(known))
    if kind == nw.String():
        return _texts(values, valid)
    if kind == nw.Boolean():
        marks = np.fromiter((bool(value) for value in values), dtype=bool, count=len(values))
        return pa.Array.from_buffers(pa.bool_(), len(values), [valid, pa.py_buffer(_bits(marks))])
    arrow, python, numpy = _NUMBERS[kind]
    filled = (python(0 if value is None else value) for value in values)
    numbers = np.fromiter(filled, dtype=numpy, count=len(values))
    return pa.Array.from_buffers(arrow, len(values), [valid, pa.py_buffer(numbers)])


def _texts(values: Sequence[Any], valid: Any) -> Any:
    encoded = [b"" if value is None else value.encode() for value in values]
    ends = np.zeros(len(values) + 1, dtype=np.int32)
    ends[1:] = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    data = pa.py_buffer(b"".join(encoded))
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(ends), data, valid)


def _bits(marks: Any) -> Any:
    return np.packbits(marks, bitorder="little")
