"""What must be true of frames that people hand to `attribute`, said before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import narwhals as nw

from partner_attribution.attribution.journey import CONVERSION, TOUCH, TOUCHED_AT
from partner_attribution.errors import AttributionError, nearest

AMOUNT = "amount_cents"
_TO_MICROSECONDS = (
    "pandas: touches.touched_at.astype('datetime64[us]').astype('int64'); "
    "Polars: pl.col('touched_at').dt.epoch('us'); DuckDB: epoch_us(touched_at)"
)


def check_inputs(conversions: Any, touches: Any) -> None:
    """Refuse frames whose credits would be wrong without a word.

    Types are always looked at. Rows only of frames in memory: to look at those of a lazy one would
    run its query twice. Raises AttributionError naming the frame, the column and what to type.
    """
    frames = {
        "conversions": _read("conversions", conversions),
        "touches": _read("touches", touches),
    }
    engines = {name: frame.implementation.name.lower() for name, frame in frames.items()}
    if len(set(engines.values())) > 1:
        raise AttributionError(
            f"conversions are {engines['conversions']}, touches {engines['touches']}.",
            expected="both frames of one engine",
            do="convert one of them",
        )
    for name, frame in frames.items():
        if frame.implementation.is_pyarrow():
            raise AttributionError(
                f"{name} is an Arrow table, which has no window functions.",
                expected="pandas, Polars, a DuckDB relation or Spark",
                do="pass duckdb.from_arrow(table), or table.to_pandas()",
            )
    _check_types(frames["conversions"], frames["touches"])
    if all(isinstance(frame, nw.DataFrame) for frame in frames.values()):
        _check_rows(frames["conversions"], frames["touches"])


def missing_column(frame: str, column: str, found: Iterable[str]) -> AttributionError:
    """Return an error for a column that a frame lacks, which says how to come by it."""
    columns = sorted(found)
    close = nearest(column, columns)
    if column == TOUCHED_AT:
        do = _TO_MICROSECONDS
    elif column.startswith("player_weight_"):
        do = "learn it with player_effects and add it with with_player_weights (docs/python.md)"
    else:
        do = f"add it, or rename {' or '.join(close)}" if close else "add it"
    return AttributionError(
        f"{frame} has no column {column!r}.", expected=f"it beside {', '.join(columns)}", do=do
    )


def _read(name: str, native: Any) -> Any:
    try:
        return nw.from_native(native)
    except TypeError:
        raise AttributionError(
            f"{name} is a {type(native).__name__}.",
            expected="pandas, Polars, a DuckDB relation or Spark",
            do=f"make a frame of it, for example pandas.DataFrame({name})",
        ) from None


def _check_types(conversions: Any, touches: Any) -> None:
    of_conversions, of_touches = conversions.collect_schema(), touches.collect_schema()
    amount, touched_at = of_conversions.get(AMOUNT), of_touches.get(TOUCHED_AT)
    if amount is not None and not (amount.is_numeric() or amount == nw.Object):
        raise AttributionError(
            f"conversions.{AMOUNT} is {amount}.",
            expected="a whole number of cents; 0 where a conversion only counts",
        )
    if touched_at is not None and not touched_at.is_integer():
        raise AttributionError(
            f"touches.{TOUCHED_AT} is {touched_at}, or has no value somewhere.",
            expected="whole microseconds since 1970, UTC, of every touch",
            do=_TO_MICROSECONDS,
        )
    for column, kind in of_touches.items():
        if column.startswith("is_") and kind == nw.String and not _is_empty(touches, column):
            raise AttributionError(
                f"touches.{column} is text.",
                expected="true, false or nothing",
                do=f"compare it, for example touches.{column} == 'yes'",
            )
    ids = [schema.get(CONVERSION) for schema in (of_conversions, of_touches)]
    if nw.String in ids and any(kind is not None and kind.is_numeric() for kind in ids):
        raise AttributionError(
            f"{CONVERSION} is {ids[0]} in conversions and {ids[1]} in touches.",
            expected="the same ids in both",
            do="make text of both",
        )


def _is_empty(frame: Any, column: str) -> bool:
    """Return whether a column of a frame in memory has no value: pandas calls that text."""
    return isinstance(frame, nw.DataFrame) and frame[column].null_count() == len(frame)


def _check_rows(conversions: Any, touches: Any) -> None:
    """Look at ids and fractions of cents; missing columns are the engine's to name."""
    if AMOUNT in conversions.columns:
        amounts = conversions[AMOUNT].drop_nulls()
        if amounts.dtype.is_float() and (amounts != amounts.round(0)).any():
            raise AttributionError(
                f"conversions.{AMOUNT} has fractions of a cent.",
                expected="a whole number of cents",
                do="multiply amounts by 100 and round them",
            )
    if CONVERSION in conversions.columns:
        _check_ids("conversions", conversions.select(CONVERSION))
    if {CONVERSION, TOUCH} <= set(touches.columns):
        _check_ids("touches", touches.select(CONVERSION, TOUCH))
    if TOUCHED_AT in touches.columns and (missing := touches[TOUCHED_AT].null_count()):
        raise AttributionError(
            f"{missing} touches have no {TOUCHED_AT}.",
            expected="a time of every touch, or nobody can say which came first",
            do="leave these touches out",
        )


def _check_ids(name: str, ids: Any) -> None:
    key = " and ".join(ids.columns)
    for column in ids.columns:
        if missing := ids[column].null_count():
            raise AttributionError(
                f"{missing} rows of {name} have no {column}.", expected=f"one row per {key}"
            )
    repeated = ids.filter(ids.is_duplicated())
    if len(repeated):
        example = ", ".join(str(value) for value in repeated.row(0))
        raise AttributionError(
            f"{name} have {len(repeated)} rows that repeat a {key}, for example {example}.",
            expected=f"one row per {key}",
            do="leave out the repeats, or number what are separate touches",
        )
