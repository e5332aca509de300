"""Why a deal's credit fell as it did: the explanations of one opportunity, read and placed.

Selects and sorts; every figure and every rule in words comes from marts.fct_credit_explanations.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from partner_attribution.errors import PublicationError, UsageError, nearest
from partner_attribution.report import facts
from partner_attribution.report import format as fmt

if TYPE_CHECKING:
    import duckdb

TABLE = "marts.fct_credit_explanations"


@dataclass(frozen=True)
class Explanation:
    """One eligible touch under one method; touch_id None = nothing was eligible."""

    milestone: str
    method: str
    position: int | None
    of_touches: int
    touch_id: str | None
    touched_at: datetime | None
    partner_id: str
    channel: str
    age_days_before_milestone: float | None
    age_days_before_cutoff: float | None
    weight: float
    weight_total: float
    credit_share: float
    credited_amount: Decimal
    rule: str


def explanations(
    serve_dir: Path, opportunity_id: str, *, method: str | None = None
) -> list[Explanation]:
    """The explanations of one opportunity: by milestone, method, then journey order.

    method: only this one. Raises UsageError for an opportunity or a method without explanations,
    naming the nearest that have some, and PublicationError where nothing readable is served.
    """
    with facts.open_served(serve_dir) as connection:
        _check_served(connection, serve_dir)
        columns = ", ".join(field.name for field in fields(Explanation))
        rows = connection.execute(
            f"select {columns} from {TABLE} where opportunity_id = ? "
            "order by milestone, method, position nulls last, touch_id",
            [opportunity_id],
        ).fetchall()
        if not rows:
            raise _unknown_opportunity(connection, opportunity_id)
    found = [Explanation(*row) for row in rows]
    chosen = [row for row in found if method in (None, row.method)]
    if not chosen:
        methods = sorted({row.method for row in found})
        raise UsageError(
            f"Method {method!r} credits no touch of {opportunity_id!r}",
            expected=f"one of {', '.join(methods)}",
            do="name one of these, or add the method to attribution_methods and build again",
        )
    return chosen


def currency(serve_dir: Path) -> str:
    """The reporting currency of the served copy."""
    with facts.open_served(serve_dir) as connection:
        found = connection.execute(
            "select value from reports.rpt_settings where setting = 'reporting_currency'"
        ).fetchall()
    return str(found[0][0]) if found else ""


def explained(rows: list[Explanation], opportunity_id: str, *, currency: str) -> str:
    """Explanations as Markdown: a section per milestone and method, a row per touch."""
    lines = [f"# {fmt.markdown(opportunity_id)}", ""]
    for (milestone, method), touches in groupby(rows, key=lambda row: (row.milestone, row.method)):
        lines += [
            f"## {fmt.markdown(milestone)}, {fmt.markdown(method)}",
            "",
            "| # | touched at (UTC) | partner | channel | days before cut-off | credit | why |",
            "|--:|---|---|---|--:|--:|---|",
            *(_line(row, currency) for row in touches),
            "",
        ]
    return "\n".join(lines)


def _line(row: Explanation, currency: str) -> str:
    age = row.age_days_before_cutoff
    cells = (
        fmt.NOTHING if row.position is None else str(row.position),
        fmt.NOTHING if row.touched_at is None else f"{row.touched_at:%Y-%m-%d %H:%M}",
        fmt.markdown(row.partner_id),
        fmt.markdown(row.channel),
        fmt.NOTHING if age is None else f"{age:.2f}",
        fmt.exact_money(row.credited_amount, currency),
        fmt.markdown(row.rule),
    )
    return f"| {' | '.join(cells)} |"


def _check_served(connection: duckdb.DuckDBPyConnection, serve_dir: Path) -> None:
    schema, table = TABLE.split(".")
    known = connection.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchall()
    if not known:
        raise PublicationError(
            f"The published copy has no {TABLE}",
            where=str(serve_dir),
            do="build and publish again: `dbt build` and `track-source publish`",
        )


def _unknown_opportunity(connection: duckdb.DuckDBPyConnection, opportunity_id: str) -> UsageError:
    rows = connection.execute(f"select distinct opportunity_id from {TABLE}").fetchall()
    close = nearest(opportunity_id, [name for (name,) in rows])
    return UsageError(
        f"No opportunity {opportunity_id!r} has a conversion",
        expected="<feed_id>:<id in the source> of the leading book, as in marts.fct_conversions",
        do=f"try {fmt.listed(close)}" if close else "look it up in marts.fct_opportunity_books",
    )
