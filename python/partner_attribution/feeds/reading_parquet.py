"""How DuckDB reads one Parquet file: every value as text, and what the file says of its types."""

from pathlib import Path
from typing import Any

import duckdb

from partner_attribution.feeds.names import sql_name, sql_text
from partner_attribution.feeds.reading import Source


def parquet_source(conn: duckdb.DuckDBPyConnection, path: Path) -> Source:
    """Read a Parquet file; its types are written as text and validated like everything else."""
    relation = f"read_parquet({sql_text(str(path))}, file_row_number = true)"
    described = conn.sql(f"select * exclude (file_row_number) from {relation}")
    expressions: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for name, dtype in zip(described.columns, described.types, strict=True):
        _flatten(expressions, name, sql_name(name), dtype)
        kinds[name] = _kind(dtype.id)
    return Source(
        relation,
        tuple(expressions),
        lambda name: f"nullif({expressions[name]}, '')",
        row="file_row_number + 1",
        types=kinds,
        times={
            f"nullif({expressions[name]}, '')": sql_name(name)
            for name, dtype in zip(described.columns, described.types, strict=True)
            if dtype.id == "timestamp"
        },
    )


def _flatten(expressions: dict[str, str], name: str, sql: str, dtype: Any) -> None:
    kind = dtype.id
    if kind == "struct":
        for child, child_type in dtype.children:
            _flatten(expressions, f"{name}.{child}", f"{sql}[{sql_text(child)}]", child_type)
    expressions.setdefault(name, _as_text(sql, kind))


def _kind(kind: str) -> str:
    """A type in words that do not change with every loader's upgrade."""
    if "timestamp" in kind or kind == "date":
        return "time"
    if kind in {"varchar", "boolean"}:
        return {"varchar": "text"}.get(kind, kind)
    is_number = kind in {"double", "float", "decimal"} or kind.endswith("int")
    return "number" if is_number or kind.endswith("integer") else "nested"


def _as_text(sql: str, kind: str) -> str:
    if kind in {"struct", "list", "map", "array", "union"}:
        return f"cast(to_json({sql}) as varchar)"
    if kind == "timestamp with time zone":
        return f"cast(make_timestamp(epoch_us({sql})) as varchar) || 'Z'"
    if kind in {"double", "float"}:
        return (
            f"case when isfinite({sql}) and {sql} = trunc({sql}) and abs({sql}) < 1e15"
            f" then cast(cast({sql} as bigint) as varchar) else cast({sql} as varchar) end"
        )
    return f"cast({sql} as varchar)"
