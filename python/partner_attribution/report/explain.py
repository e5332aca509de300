"""Why credit fell as it did: the explanations of a deal, lead or MQL, read and placed.

Selects and sorts; every figure and every rule in words comes from the marts.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from partner_attribution.errors import PublicationError, UsageError
from partner_attribution.report import facts
from partner_attribution.report import format as fmt

if TYPE_CHECKING:
    import duckdb

EXPLANATIONS = "marts.fct_credit_explanations"
LEFT_OUT_AT_MOST = 100
COUNT_ONLY = "count_only"

# What may be asked for: conversions, the deals and people behind them, any book's record of these.
_KNOWN = """
    with ids as (
        select conversion_id as id, 'conversion_id' as kind from marts.fct_conversions
        union
        select opportunity_id, 'opportunity_id' from marts.fct_conversions
        union
        select person_id, 'person_id' from marts.fct_conversions
    )
    select id as name, id, kind from ids where id is not null
    union
    select matches.record_key, ids.id, ids.kind from marts.fct_identity_matches as matches
    inner join ids on matches.resolved_id = ids.id and matches.entity || '_id' = ids.kind
"""

_REASONS = {
    "before_lookback": "before the lookback",
    "accelerated": "after the cut-off, while the deal went on",
    "after_milestone": "after the end",
    "bot": "a bot",
    "duplicate": "recorded twice",
}


@dataclass(frozen=True)
class Conversion:
    """One milestone of one deal or person, and the journey that led to it."""

    conversion_id: str
    milestone: str
    milestone_at: datetime
    journey_start_at: datetime
    cutoff_at: datetime
    amount: Decimal
    amount_status: str


@dataclass(frozen=True)
class Explanation:
    """One eligible touch under one method; touch_id None = nothing was eligible, or baseline."""

    conversion_id: str
    milestone: str
    method: str
    position: int | None
    of_touches: int
    touch_id: str | None
    touched_at: datetime | None
    partner_id: str
    channel: str
    age_days_before_cutoff: float | None
    is_lead_anchor: bool
    is_mql_anchor: bool
    is_opportunity_anchor: bool
    is_close_anchor: bool
    weight: float
    weight_total: float
    credit_share: float
    credited_amount: Decimal
    rule: str


@dataclass(frozen=True)
class LeftOut:
    """One touch of the same people that earned nothing, and why."""

    conversion_id: str
    touch_id: str
    touched_at: datetime
    partner_id: str
    reason: str


@dataclass(frozen=True)
class Answer:
    """Everything about what was asked for, in reading order."""

    asked: str
    conversions: list[Conversion]
    touches: list[Explanation]
    left_out: list[LeftOut]


Row = TypeVar("Row", Conversion, Explanation, LeftOut)


def explanations(serve_dir: Path, asked: str, *, method: str | None = None) -> Answer:
    """The explanations of a conversion, or of all conversions of a deal or person.

    asked: a conversion_id, opportunity_id or person_id of marts.fct_conversions, or the id of the
    record in any partner's book (<feed_id>:<id in the source>). method: only this one. Raises
    UsageError for an id or a method without explanations, naming the nearest that have some, and
    PublicationError where nothing readable is served.
    """
    with facts.open_served(serve_dir) as connection:
        _check_served(connection, serve_dir)
        column, name = _resolved(connection, asked.strip())
        where = f"where {column} = ?"
        conversions = _read(
            connection, Conversion, f"marts.fct_conversions {where} order by milestone_at, 1", name
        )
        touches = _read(
            connection,
            Explanation,
            f"{EXPLANATIONS} {where} order by conversion_id, method, position nulls last, touch_id",
            name,
        )
        left_out = _read(
            connection,
            LeftOut,
            "marts.fct_journey_exclusions where conversion_id in (select conversion_id from "
            f"marts.fct_conversions {where}) order by conversion_id, touched_at, touch_id",
            name,
        )
    chosen = [row for row in touches if method in (None, row.method)]
    if not chosen:
        methods = sorted({row.method for row in touches})
        raise UsageError(
            f"Method {method!r} credits no touch of {asked!r}",
            expected=f"one of {', '.join(methods)}",
            do="name one of these, or add the method to attribution_methods and build again",
        )
    return Answer(asked, conversions, chosen, left_out)


def currency(serve_dir: Path) -> str:
    """The reporting currency of the served copy."""
    with facts.open_served(serve_dir) as connection:
        found = connection.execute(
            "select value from reports.rpt_settings where setting = 'reporting_currency'"
        ).fetchall()
    return str(found[0][0]) if found else ""


def explained(answer: Answer, *, currency: str) -> str:
    """The answer as Markdown: a section per conversion, a table per method, a row per touch."""
    lines = [f"# {fmt.markdown(answer.asked)}", ""]
    for conversion in answer.conversions:
        own = [row for row in answer.touches if row.conversion_id == conversion.conversion_id]
        money = None if conversion.amount_status == COUNT_ONLY else currency
        lines += [f"## {fmt.markdown(conversion.milestone)}", "", _journey(conversion, money), ""]
        for method, touches in groupby(own, key=lambda row: row.method):
            lines += [
                f"### {fmt.markdown(conversion.milestone)}, {fmt.markdown(method)}",
                "",
                "| # | touched at (UTC) | partner | channel | days before cut-off | anchor of "
                "| weight | share | credit | why | touch |",
                "|--:|---|---|---|--:|---|--:|--:|--:|---|---|",
                *(_line(row, money) for row in touches),
                "",
            ]
        lines += _left_out(
            [row for row in answer.left_out if row.conversion_id == conversion.conversion_id]
        )
    return "\n".join(lines)


def _journey(conversion: Conversion, currency: str | None) -> str:
    worth = "counted, no money" if currency is None else _money(conversion.amount, currency)
    return (
        f"{fmt.markdown(conversion.conversion_id)}: reached {_time(conversion.milestone_at)}, "
        f"{worth}. Touches from {_time(conversion.journey_start_at)} to the cut-off "
        f"{_time(conversion.cutoff_at)}, both ends included (UTC)."
    )


def _line(row: Explanation, currency: str | None) -> str:
    age = row.age_days_before_cutoff
    anchors = {
        "lead": row.is_lead_anchor,
        "MQL": row.is_mql_anchor,
        "opportunity": row.is_opportunity_anchor,
        "close": row.is_close_anchor,
    }
    cells = (
        fmt.NOTHING if row.position is None else str(row.position),
        fmt.NOTHING if row.touched_at is None else _time(row.touched_at),
        fmt.markdown(row.partner_id),
        fmt.markdown(row.channel),
        fmt.NOTHING if age is None else f"{age:.2f}",
        ", ".join(name for name, holds in anchors.items() if holds) or fmt.NOTHING,
        f"{row.weight:.6g} of {row.weight_total:.6g}",
        f"{row.credit_share:.6f}",
        fmt.NOTHING if currency is None else _money(row.credited_amount, currency),
        fmt.markdown(row.rule),
        fmt.NOTHING if row.touch_id is None else fmt.markdown(row.touch_id),
    )
    return f"| {' | '.join(cells)} |"


def _left_out(rows: list[LeftOut]) -> list[str]:
    if not rows:
        return []
    more = len(rows[LEFT_OUT_AT_MOST:])
    return [
        "### Left out",
        "",
        "| touched at (UTC) | partner | why | touch |",
        "|---|---|---|---|",
        *(
            f"| {_time(row.touched_at)} | {fmt.markdown(row.partner_id)} "
            f"| {fmt.markdown(_REASONS.get(row.reason, row.reason))} "
            f"| {fmt.markdown(row.touch_id)} |"
            for row in rows[:LEFT_OUT_AT_MOST]
        ),
        *([f"\n{more} more in marts.fct\\_journey\\_exclusions."] if more else []),
        "",
    ]


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _money(amount: Decimal, currency: str) -> str:
    return fmt.exact_money(amount, currency)


def _read(
    connection: duckdb.DuckDBPyConnection, kind: type[Row], rest: str, name: str
) -> list[Row]:
    columns = ", ".join(field.name for field in fields(kind))
    rows = connection.execute(f"select {columns} from {rest}", [name]).fetchall()
    return [kind(*row) for row in rows]


def _check_served(connection: duckdb.DuckDBPyConnection, serve_dir: Path) -> None:
    needed = {
        "marts.fct_conversions": _columns(Conversion) | {"opportunity_id", "person_id"},
        EXPLANATIONS: _columns(Explanation) | {"opportunity_id", "person_id"},
        "marts.fct_journey_exclusions": _columns(LeftOut),
        "marts.fct_identity_matches": {"entity", "record_key", "resolved_id"},
    }
    rows = connection.execute(
        "select table_schema || '.' || table_name, column_name from information_schema.columns"
    ).fetchall()
    for table, wanted in needed.items():
        found = {column for name, column in rows if name == table}
        if not wanted <= found:
            raise PublicationError(
                f"The published copy has no {table}" + (" of this version" if found else ""),
                where=str(serve_dir),
                do="build and publish again: `dbt build` and `track-source publish`",
            )


def _columns(kind: type[Row]) -> set[str]:
    return {field.name for field in fields(kind)}


def _resolved(connection: duckdb.DuckDBPyConnection, asked: str) -> tuple[str, str]:
    """The column of the marts and the value in it that an id means."""
    rows = connection.execute(
        f"select kind, id from ({_KNOWN}) as known where name = ? order by kind", [asked]
    ).fetchall()
    if rows:
        return str(rows[0][0]), str(rows[0][1])
    # A partner has the id of its own CRM, which is all but the feed before the last colon.
    close = connection.execute(
        f"select name from ({_KNOWN}) as known group by name order by greatest("
        "jaro_winkler_similarity(lower(name), lower($asked)), "
        "jaro_winkler_similarity(lower(regexp_extract(name, '[^:]*$')), lower($asked))) desc, "
        "name limit 3",
        {"asked": asked},
    ).fetchall()
    raise UsageError(
        f"No deal, lead or MQL {asked!r} has a conversion",
        expected="an id of marts.fct_conversions, or <feed_id>:<id in the source> of any book",
        do=f"try {fmt.listed([fmt.clean(name) for (name,) in close])}"
        if close
        else "look it up in marts.fct_identity_matches",
    )
