"""Sections on the data itself: checks, deliveries against what was agreed, and UTMs."""

from __future__ import annotations

from partner_attribution.report import facts as f
from partner_attribution.report import format as fmt
from partner_attribution.report import words
from partner_attribution.report.parts import section, withheld
from partner_attribution.report.view import Block, Cell, Column, Note, Pane, Section, Table, Tone

STATUS_TONES: dict[str, Tone] = {"fail": "low", "warn": "warn", "ok": "good"}
SLA_TONES: dict[str, Tone] = {"missing": "low", "late": "warn", "on time": "good"}
SEVERITY_TONES: dict[str, Tone] = {"error": "low", "warning": "warn"}


def health(facts: f.Facts) -> Section:
    """What is not fine in full, worst first; what is fine by name; and when each feed came."""
    fine = [fmt.clean(words.check_label(row)) for row in facts.health if row.status == "ok"]
    notes: tuple[Block, ...] = (Note(words.fine_checks(sorted(fine))),) if fine else ()
    return _health(facts, (*notes, *_deliveries(facts)))


def health_problems(facts: f.Facts) -> Section:
    """Only the checks that are not fine."""
    return _health(facts, ())


def _health(facts: f.Facts, after: tuple[Block, ...]) -> Section:
    if empty := withheld(facts, "health", "reports.rpt_data_health"):
        return empty
    if not facts.health:
        return section("health", [Pane((Note(words.NO_HEALTH),))])
    table = Table(
        caption="Findings on the data of this build",
        columns=(
            Column("Status", "status"),
            Column("Check", "name"),
            Column("Finding", "text"),
            Column("Rows"),
            Column("At\N{NO-BREAK SPACE}stake"),
            Column("Fix", "text"),
        ),
        rows=tuple(
            (
                Cell(words.STATUSES.get(row.status, row.status), STATUS_TONES.get(row.status, "")),
                Cell(
                    fmt.clean(words.check_label(row)),
                    strong=True,
                    note=words.HEALTH_SECTIONS.get(row.section, row.section),
                ),
                Cell(fmt.clean(row.detail or "")),
                Cell(fmt.count(row.row_count)),
                Cell(fmt.money(row.amount_at_stake, facts.currency)),
                Cell(fmt.clean(row.fix or ""), is_code=True),
            )
            for row in facts.problems
        ),
        style="health",
    )
    blocks: tuple[Block, ...] = (table, *after) if facts.problems else after
    return section(
        "health", [Pane(blocks, words.do_health(facts))], source="reports.rpt_data_health"
    )


def _deliveries(facts: f.Facts) -> tuple[Block, ...]:
    if not facts.feed_slas:
        return ()
    table = Table(
        caption="Deliveries against what was agreed",
        columns=(
            Column("Status", "status"),
            Column("Feed", "name"),
            Column("Last delivery", "text"),
            Column("Age, days"),
            Column("Agreed, days"),
            Column("Deliveries"),
            Column("Late"),
            Column("Owner", "text"),
        ),
        rows=tuple(
            (
                Cell(row.sla_status, SLA_TONES.get(row.sla_status, "")),
                Cell(fmt.clean(row.feed_id), strong=True),
                Cell(fmt.day(row.last_delivered_on) if row.last_delivered_on else "no date"),
                Cell(fmt.count(row.age_days)),
                Cell(fmt.count(row.cadence_days)),
                Cell(fmt.count(row.delivery_count)),
                Cell(fmt.count(row.late_deliveries)),
                Cell(fmt.clean(row.owner or "")),
            )
            for row in facts.feed_slas
        ),
        style="health",
    )
    return (table,)


def utm(facts: f.Facts) -> Section | None:
    """Which UTMs were repaired or are missing, by whom, and how much credit rests on them."""
    if empty := withheld(facts, "utm", "reports.rpt_utm_health"):
        return empty
    if not facts.utm_risks:
        return None
    table = Table(
        caption="Findings on the UTMs of this campaign",
        columns=(
            Column("Finding", "name"),
            Column("For example", "text"),
            Column("Touches"),
            Column("Of the partner's"),
            Column("Pipeline at risk"),
            Column("Revenue at risk"),
            Column("Fix", "text"),
        ),
        rows=tuple(_utm_row(facts, row) for row in facts.utm_risks),
        note=words.UTM_OVERLAP,
        style="health",
    )
    return section("utm", [Pane((table,), words.do_utm(facts))], source="reports.rpt_utm_health")


def _utm_row(facts: f.Facts, row: f.UtmRisk) -> tuple[Cell, ...]:
    is_all = row.finding == f.UTM_ALL
    return (
        Cell(
            words.utm_finding(row.finding),
            SEVERITY_TONES.get(row.severity or "", ""),
            strong=is_all,
            note=fmt.clean(facts.partner_name(row.partner_id)),
        ),
        Cell(fmt.clean(words.utm_example(row)), is_code=True),
        Cell(fmt.count(row.touches)),
        Cell(fmt.percent(row.touch_share)),
        Cell(fmt.money(row.pipeline_at_risk, facts.currency), strong=is_all),
        Cell(fmt.money(row.revenue_at_risk, facts.currency), strong=is_all),
        Cell(fmt.clean(row.fix or "")),
    )
