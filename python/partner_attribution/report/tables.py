"""Tables for finance: contribution as CSV, and a workbook with everything behind the readout.

Names come from CRMs and may look like formulas. In CSV a text cell that a spreadsheet would run
gets a leading apostrophe; in XLSX every text is written as a string. Numbers stay numbers.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from partner_attribution.report import facts as f

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

Value = str | int | float | Decimal | date | bool | None

RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LONGEST_CELL = 32_767

CONTRIBUTION_COLUMNS = (
    "campaign_id",
    "campaign_name",
    "window_id",
    "window_start",
    "window_end",
    "currency",
    "is_chosen_method",
)


def contribution_csv(facts: f.Facts) -> str:
    """Pipeline and revenue against target, per method, milestone and partner, to the cent."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    head, rows = _contribution(facts)
    writer.writerow(head)
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
    return out.getvalue()


def neutral(text: str) -> str:
    """Text that no spreadsheet runs; an apostrophe in front says "this is text"."""
    return f"'{text}" if text.lstrip(" ").startswith(RUNS_AS_FORMULA) else text


def _csv_cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return repr(value) if isinstance(value, float) else str(value)
    if isinstance(value, date):
        return value.isoformat()
    return neutral(value)


def _contribution(facts: f.Facts) -> tuple[list[str], list[list[Value]]]:
    names = [field.name for field in dataclasses.fields(f.Contribution)]
    head = [*CONTRIBUTION_COLUMNS, *names]
    common: list[Value] = [
        facts.campaign.campaign_id,
        facts.campaign.campaign_name,
        facts.window.window_id,
        facts.window.window_start,
        facts.window.window_end,
        facts.currency,
    ]
    rows = [
        [*common, row.method == facts.method, *dataclasses.astuple(row)]
        for row in sorted(
            facts.contributions,
            key=lambda row: (row.method != facts.method, row.method, row.milestone, row.partner_id),
        )
    ]
    return head, rows


def contribution_xlsx(facts: f.Facts) -> bytes:
    """The workbook: contribution, breakdown, reconciliation, assets, UTMs, data health,
    deliveries, settings."""
    import xlsxwriter  # noqa: PLC0415

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        # The clock must not reach the bytes: the workbook carries the day of its data.
        as_of = facts.window.as_of
        created = datetime(as_of.year, as_of.month, as_of.day)
        book.set_properties({"title": f"{facts.campaign.campaign_id}", "created": created})
        formats = _formats(book)
        head, rows = _contribution(facts)
        _sheet(book, formats, "Contribution", head, rows)
        _sheet(book, formats, "Breakdown", *_table(_breakdown(facts)))
        _sheet(book, formats, "Methods", *_table(facts.comparisons))
        _sheet(book, formats, "Reconciliation", *_table(facts.reconciliations))
        _sheet(book, formats, "Joint ledger", *_table(facts.joint_ledgers))
        _sheet(book, formats, "Assets", *_table(facts.asset_returns))
        _sheet(book, formats, "UTMs", *_table(facts.utm_risks))
        _sheet(book, formats, "Data health", *_table(facts.health))
        _sheet(book, formats, "Deliveries", *_table(facts.feed_slas))
        _sheet(book, formats, "Settings", *_table(facts.settings))
    return out.getvalue()


def _breakdown(facts: f.Facts) -> list[f.Breakdown]:
    wanted = ",".join(facts.dimensions)
    return [row for row in facts.breakdowns if row.dimensions == wanted]


def _table(found: Iterable[Any]) -> tuple[list[str], list[list[Value]]]:
    rows = list(found)
    if not rows:
        return ["no rows"], []
    head = [field.name for field in dataclasses.fields(rows[0])]
    return head, [list(dataclasses.astuple(row)) for row in rows]


def _formats(book: Workbook) -> dict[str, Format]:
    return {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "text": book.add_format({"num_format": "@"}),
        "money": book.add_format({"num_format": "#,##0.00"}),
        "share": book.add_format({"num_format": "0.0%"}),
        "count": book.add_format({"num_format": "#,##0"}),
        "number": book.add_format({"num_format": "#,##0.00"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
    }


SHARES = (
    "share",
    "attainment",
    "share_of_campaign",
    "share_lower",
    "share_upper",
    "spread_share",
    "conversion_from_previous",
)


def _sheet(
    book: Workbook,
    formats: dict[str, Format],
    name: str,
    head: Sequence[str],
    rows: Sequence[Sequence[Value]],
) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for column, label in enumerate(head):
        sheet.write_string(0, column, label, formats["head"])
        longest = max((len(str(row[column])) for row in rows), default=0)
        sheet.set_column(column, column, min(max(len(label), longest, 8), 44) + 2)
    for at, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, bool):
                sheet.write_boolean(at, column, value)
            elif isinstance(value, int | float | Decimal):
                kind = _number_format(head[column], value)
                sheet.write_number(at, column, float(value), formats[kind])
            elif isinstance(value, date):
                sheet.write_datetime(at, column, _midnight(value), formats["date"])
            else:
                sheet.write_string(at, column, value[:LONGEST_CELL], formats["text"])


def _number_format(column: str, value: int | float | Decimal) -> str:
    if isinstance(value, Decimal):
        return "money"
    if column in SHARES:
        return "share"
    return "count" if isinstance(value, int) else "number"


def _midnight(value: date) -> datetime:
    return datetime(value.year, value.month, value.day)
