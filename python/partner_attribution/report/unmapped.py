"""Which lines the lookups lack: the data health's advice, by seed, as CSV that can be pasted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from partner_attribution.errors import PublicationError, UsageError, nearest
from partner_attribution.report import facts

_ADVICE = re.compile(r"seeds/(\w+)[.]csv: (\S.*)", re.DOTALL)


@dataclass(frozen=True)
class MissingLine:
    """One line for one seed; `<...>` stands where somebody has to decide.

    why: what the line is for, with rows and money.
    """

    lookup: str
    header: tuple[str, ...]
    line: str
    rows: int
    amount: Decimal
    why: str


def missing_lines(
    serve_dir: Path, seeds: Path | None, *, lookup: str = ""
) -> tuple[MissingLine, ...]:
    """The lines that reports.rpt_data_health asks for, each once, most money first.

    seeds: the folder of lookups, for their headers: lines are filled up to all columns. lookup:
    only lines of this seed. Raises UsageError for a lookup that no line is missing of, though
    lines of others are, and PublicationError where nothing readable is served.
    """
    checks = facts.select(
        serve_dir, facts.HealthCheck, "rpt_data_health", "check_id", schema="reports"
    )
    if not checks:
        raise PublicationError(
            "The data health is not in the served file",
            where=str(serve_dir / facts.SERVED_FILE),
            expected="reports.rpt_data_health with at least a row per feed",
            do="make build publish, and read what is withheld",
        )
    advised = [
        (match.group(1), match.group(2), check)
        for check in checks
        if check.status != "ok" and check.fix and (match := _ADVICE.fullmatch(check.fix))
    ]
    wanted = lookup.strip().lower().removeprefix("seeds/").removesuffix(".csv")
    known = sorted({name for name, _, _ in advised})
    if wanted and known and wanted not in known:
        close = nearest(wanted, known) or known
        raise UsageError(
            f"No line is missing in seeds/{wanted}.csv",
            expected=f"one of {', '.join(known)}",
            do=f"track-source unmapped {close[0]}",
        )
    advised = [each for each in advised if wanted in ("", each[0])]
    by_line: dict[tuple[str, str], list[facts.HealthCheck]] = {}
    for name, line, check in advised:
        by_line.setdefault((name, line), []).append(check)
    found = [_missing(name, line, given, seeds) for (name, line), given in by_line.items()]
    return tuple(sorted(found, key=lambda each: (each.lookup, -abs(each.amount), each.line)))


def pasted(lines: Sequence[MissingLine], *, bare: bool = False) -> str:
    """Lines grouped by seed, each group under `# seeds/<lookup>.csv: <header>` unless bare."""
    text = ""
    for name, group in groupby(lines, key=lambda each: each.lookup):
        members = list(group)
        if not bare:
            text += f"# seeds/{name}.csv: {','.join(members[0].header)}".rstrip(": ") + "\n"
        text += "".join(f"{each.line}\n" for each in members)
    return text


def _missing(
    name: str, line: str, checks: Sequence[facts.HealthCheck], seeds: Path | None
) -> MissingLine:
    header = _header(seeds / f"{name}.csv") if seeds else ()
    cells = next(csv.reader([line]))
    filled = io.StringIO()
    blanks = [""] * (len(header) - len(cells))
    csv.writer(filled, lineterminator="").writerow([*cells, *blanks])
    rows = sum(check.row_count or 0 for check in checks)
    amount = sum((check.amount_at_stake or Decimal(0) for check in checks), Decimal(0))
    details = list(dict.fromkeys(check.detail or "" for check in checks))
    why = f"{name}: {rows} rows, {amount} at stake. {details[0]}"
    return MissingLine(name, header, filled.getvalue(), rows, amount, why)


def _header(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return tuple(next(csv.reader(handle), []))
