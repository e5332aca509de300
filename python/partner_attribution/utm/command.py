"""`track-source lint-links`: read the links, judge them, print what to mend."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from partner_attribution.errors import UsageError, nearest
from partner_attribution.plan.lookups import read_seed
from partner_attribution.report.tables import neutral
from partner_attribution.utm.contract import Contract, read_contract, slug
from partner_attribution.utm.links import Given, parse, read_links
from partner_attribution.utm.lint import Finding, lint
from partner_attribution.utm.matching import Link

LOOKUPS = (
    "utm_contract",
    "campaigns",
    "campaign_aliases",
    "assets",
    "asset_aliases",
    "partners",
    "partner_aliases",
)
COLUMNS = ("line", "finding", "severity", "parameter", "delivered", "repaired", "message", "fix")


@dataclass(frozen=True)
class Linted:
    """One finding of one line of the file."""

    line: int
    finding: Finding

    def cells(self) -> tuple[str, ...]:
        """In the order of COLUMNS, without control characters."""
        found = self.finding
        row = (
            str(self.line),
            found.rule,
            found.severity,
            found.parameter,
            found.raw,
            found.repaired or "",
            found.message,
            found.fix,
        )
        return tuple("".join(c for c in cell if c.isprintable()) for cell in row)


def project_contract(project: Path) -> Contract:
    """The contract of a project's seeds."""
    return read_contract({name: read_seed(project, name) for name in LOOKUPS})


def lint_file(
    file: Path, contract: Contract, *, campaign: str = "", partner: str = ""
) -> tuple[int, list[Linted]]:
    """How many links a file has, and their findings by line.

    campaign, partner: names or ids that hold for every link that names none of its own.
    """
    if not contract.agreed:
        raise UsageError(
            "No UTM value has been agreed",
            where="seeds/utm_contract.csv",
            expected="a row per campaign, parameter and allowed value",
            do="<campaign_id>,,utm_campaign,<campaign_id>,true, (docs/utm-contract.md)",
        )
    given = read_links(file)
    found = [
        Linted(each.line, finding)
        for each in given
        for finding in _lint_one(each, contract, campaign, partner)
    ]
    return len(given), found


def _lint_one(given: Given, contract: Contract, campaign: str, partner: str) -> Iterable[Finding]:
    named = given.campaign or campaign
    placed_by = given.partner or partner
    where = f"line {given.line}" if given.campaign or given.partner else ""
    campaign_id = _known(named, contract.campaigns, "campaign", where) if named else None
    if campaign_id is None and given.asset:
        asset = _known(given.asset, contract.assets, "asset", where or f"line {given.line}")
        campaign_id = contract.campaign_of_asset.get(asset)
    parsed = parse(given.url)
    yield from parsed.findings
    if any(finding.rule == "unreadable_link" for finding in parsed.findings):
        return
    link = Link(
        parsed.values,
        parsed.path,
        placed_by=_known(placed_by, contract.partners, "partner", where) if placed_by else None,
        campaign=campaign_id,
    )
    elsewhere = {
        finding.parameter
        for finding in parsed.findings
        if finding.rule in {"misnamed_parameter", "tag_after_hash", "swallowed_parameter"}
    }
    mangled = {
        finding.parameter
        for finding in parsed.findings
        if finding.rule in {"encoded_twice", "hidden_character"}
    }
    for finding in lint(link, contract):
        is_said = (
            finding.rule == "unknown_value"
            if finding.parameter in mangled
            else finding.parameter in elsewhere and finding.rule in {"stripped", "missing_required"}
        )
        if not is_said:
            yield finding


def _known(name: str, known: Mapping[str, str], kind: str, where: str) -> str:
    found = known.get(slug(name) or "")
    if found is not None:
        return found
    close = nearest(name, sorted(set(known.values())))
    raise UsageError(
        f'There is no {kind} "{name}"',
        where=where or f"--{kind}",
        expected=f"an id, name or alias in seeds/{kind}s.csv",
        do=f"did you mean {' or '.join(close)}?" if close else f"add it to seeds/{kind}s.csv",
    )


def as_csv(found: Iterable[Linted]) -> None:
    """Write the findings to stdout as CSV; text that begins like a formula is made text."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in found:
        writer.writerow([neutral(cell) for cell in each.cells()])


def as_table(found: Iterable[Linted]) -> None:
    """Print the findings to stdout as a table."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table("line", "finding", "what is wrong", "what to do", header_style="bold")
    for each in found:
        line, rule, severity, *_, message, fix = each.cells()
        table.add_row(line, Text(f"{rule}\n({severity})"), Text(message), Text(fix))
    console = Console()
    if not console.is_terminal:
        console.width = 140
    console.print(table)
