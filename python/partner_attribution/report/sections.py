"""Facts to view: which figure stands in which cell of which section.

Selects, sorts and places. Numbers are formatted by `format`, put in position by `geometry` and
explained by `words`; none is computed here.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from partner_attribution.report import facts as f
from partner_attribution.report import format as fmt
from partner_attribution.report import geometry, words
from partner_attribution.report.data_sections import health, health_problems, utm
from partner_attribution.report.parts import section as _section
from partner_attribution.report.parts import withheld as _withheld
from partner_attribution.report.view import (
    Bar,
    Block,
    Cell,
    Chart,
    Column,
    Dot,
    Dots,
    Figure,
    Figures,
    Method,
    Note,
    Page,
    Pane,
    Section,
    Sentences,
    Table,
    Tone,
)

Builder = Callable[[f.Facts], Section | None]
Count = Callable[[f.JointLedger], int | None]
Amount = Callable[[f.JointLedger], Decimal]

MOST_ROWS = 25
PACE_DAYS = 6

VERDICT_TONES: dict[str, Tone] = {"met": "good", "below": "low"}


def page(facts: f.Facts, detail: str, footer: tuple[tuple[str, str], ...] = ()) -> Page:
    """The whole readout; `summary` leaves out the long tables."""
    builders = FULL if detail == "full" else SUMMARY
    methods = facts.methods or (facts.method,)
    return Page(
        title=words.title(facts),
        campaign=fmt.clean(facts.campaign.campaign_name),
        facts_line=words.facts_line(facts),
        banner=words.banner(facts),
        methods=tuple(
            Method(
                index=at,
                label=words.method_label(method),
                chosen=method == facts.method,
                note=words.method_note(facts, method),
            )
            for at, method in enumerate(methods)
        ),
        sections=tuple(section for build in builders if (section := build(facts)) is not None),
        footer=footer,
        closing=words.CLOSING,
        labels=words.LABELS,
    )


def _by_method(facts: f.Facts, build: Callable[[str], Pane]) -> list[Pane]:
    methods = facts.methods or (facts.method,)
    panes = []
    for at, method in enumerate(methods):
        pane = build(method)
        panes.append(Pane(pane.blocks, pane.do, at))
    return panes


def in_short(facts: f.Facts) -> Section:
    """Four or five sentences."""

    def pane(method: str) -> Pane:
        return Pane((Sentences(words.in_short(facts, method)),))

    return _section("short", _by_method(facts, pane))


def figures(facts: f.Facts) -> Section:
    """The headline numbers."""
    return _section(
        "figures", _by_method(facts, lambda method: Pane((_figures(facts, method),))), bare=True
    )


def headline(facts: f.Facts) -> tuple[Figure, Figure, Figure]:
    """Credited revenue, credited pipeline and deals counted once, under the chosen method."""
    revenue, pipeline, _, counted_once, *_ = _figures(facts, facts.method).figures
    return revenue, pipeline, counted_once


def _figures(facts: f.Facts, method: str) -> Figures:
    currency = facts.currency
    revenue, pipeline = facts.total(method), facts.total(method, f.PIPELINE)
    joint = facts.joint_ledger(f.REVENUE)
    nobody = facts.reconciliation(method, f.REVENUE).get(f.UNATTRIBUTED)
    failed = [row for row in facts.health if row.status == "fail"]
    warned = [row for row in facts.health if row.status == "warn"]
    found = [
        Figure(
            "Credited revenue",
            fmt.money(revenue.campaign_amount if revenue else None, currency),
            f"of {fmt.money(revenue.total_amount if revenue else None, currency)} won",
            below=words.amount_interval(revenue, facts) if revenue else "",
        ),
        Figure(
            "Credited pipeline",
            fmt.money(pipeline.campaign_amount if pipeline else None, currency),
            f"of {fmt.money(pipeline.total_amount if pipeline else None, currency)} opened",
            below=words.amount_interval(pipeline, facts) if pipeline else "",
        ),
        Figure(
            "Against target",
            fmt.percent(revenue.attainment if revenue else None),
            f"{fmt.money(revenue.targeted_credited_amount, currency)} of "
            f"{fmt.money(revenue.target_amount, currency)}, partners with a target"
            if revenue and revenue.target_amount is not None
            else "no partner has a target",
            "low" if revenue and revenue.attainment is not None and revenue.attainment < 1 else "",
        ),
        Figure(
            "Deals counted once",
            fmt.count(joint.joint_deals if joint else None),
            f"{fmt.money(joint.double_counted_amount if joint else None, currency)} of double "
            "counting removed",
        ),
        Figure(
            "Unattributed",
            fmt.percent(nobody.share if nobody else None),
            f"{fmt.money(nobody.amount if nobody else None, currency)} without an eligible touch",
        ),
        Figure(
            "Data health",
            f"{len(failed)} failed" if failed else "no failures",
            f"{fmt.plural(len(warned), 'warning')} in {fmt.plural(len(facts.health), 'check')}",
            "low" if failed else "",
        ),
    ]
    return Figures(tuple(found))


def target(facts: f.Facts) -> Section:
    """Contribution against target, revenue and pipeline."""
    if section := _withheld(facts, "target", "reports.rpt_contribution"):
        return section

    def pane(method: str) -> Pane:
        blocks = [_target_table(facts, method, milestone) for milestone in f.MILESTONES]
        return Pane(tuple(blocks), words.do_target(facts, method))

    return _section("target", _by_method(facts, pane), source="reports.rpt_contribution")


def _target_table(facts: f.Facts, method: str, milestone: str) -> Block:
    rows = facts.contribution(method, milestone)
    name = words.MILESTONES[milestone]
    if not rows:
        return Note(f"{name}: {words.NO_DEALS}")
    everyone = [row for row in facts.contributions if row.milestone == milestone]
    top = geometry.top_of(
        [row.credited_amount for row in everyone] + [row.target_amount for row in everyone]
    )
    currency = facts.currency
    cells = tuple(
        (
            Cell(fmt.clean(row.partner_name), strong=True),
            Cell(
                bar=Bar(
                    geometry.place(row.credited_amount, top) or "0",
                    geometry.place(row.target_amount, top),
                    "low" if row.target_status == "below" else "",
                )
            ),
            Cell(
                fmt.money(row.credited_amount, currency),
                below=words.amount_interval(row, facts),
            ),
            Cell(fmt.percent(row.share_of_campaign), below=words.share_interval(row)),
            Cell(fmt.money(row.target_amount, currency)),
            Cell(
                fmt.percent(row.attainment),
                VERDICT_TONES.get(row.target_status, ""),
                strong=True,
            ),
            Cell(words.verdict(row, currency), VERDICT_TONES.get(row.target_status, "muted")),
        )
        for row in rows
    )
    total = facts.total(method, milestone)
    return Table(
        caption=f"{name} by partner, {words.method_label(method).lower()}",
        columns=(
            Column("Partner", "name"),
            Column(f"{name} against target", "picture", ("0", fmt.money(top, currency))),
            Column("Credited"),
            Column("Share"),
            Column("Target"),
            Column("Attained"),
            Column("Verdict", "status"),
        ),
        rows=cells,
        foot=_target_foot(total, facts),
        note=words.interval_note(facts) if milestone == f.MILESTONES[-1] else "",
    )


def _target_foot(total: f.Total | None, facts: f.Facts) -> tuple[tuple[Cell, ...], ...]:
    if total is None:
        return ()
    currency = facts.currency
    everyone = (
        Cell("All partners"),
        Cell(),
        Cell(
            fmt.money(total.campaign_amount, currency),
            below=words.amount_interval(total, facts),
        ),
        Cell(),
        Cell(),
        Cell(),
        Cell(),
    )
    if total.target_amount is None:
        return (everyone,)
    targeted = (
        Cell("Partners with a target"),
        Cell(),
        Cell(fmt.money(total.targeted_credited_amount, currency)),
        Cell(),
        Cell(fmt.money(total.target_amount, currency)),
        Cell(fmt.percent(total.attainment), strong=True),
        Cell(),
    )
    return (everyone, targeted)


def methods(facts: f.Facts) -> Section:
    """All methods side by side; the chosen one is highlighted by the switch."""
    if section := _withheld(facts, "methods", "reports.rpt_method_comparison"):
        return section
    rows = [row for row in facts.comparisons if row.milestone == f.REVENUE]
    names = facts.methods or (facts.method,)
    by_partner: dict[str, list[f.Comparison]] = {}
    for row in rows:
        by_partner.setdefault(row.partner_id, []).append(row)
    if not by_partner or not any(row.highest_amount for row in rows):
        return _section("methods", [Pane((Note(words.NO_DEALS),))])
    top = geometry.top_of(row.highest_amount for row in rows)
    currency = facts.currency
    cells = []
    ordered = sorted(
        by_partner.values(), key=lambda found: (-found[0].highest_amount, found[0].partner_id)
    )
    for found in ordered:
        first = found[0]
        start, width = geometry.between(first.lowest_amount, first.highest_amount, top)
        wide = first.spread_share is not None and first.spread_share > words.WIDE_SPREAD
        dots = tuple(
            Dot(
                geometry.place(row.credited_amount, top) or "0",
                names.index(row.method),
                words.method_mark(row, facts),
            )
            for row in found
            if row.method in names
        )
        spread = "" if first.spread_share is None else "±"
        cells.append(
            (
                Cell(fmt.clean(first.partner_name), strong=True),
                Cell(dots=Dots(dots, start, width)),
                Cell(fmt.money(first.lowest_amount, currency)),
                Cell(fmt.money(first.highest_amount, currency)),
                Cell(
                    f"{spread}{fmt.percent(first.spread_share)}{' ⚠' if wide else ''}",
                    "warn" if wide else "",
                    strong=True,
                ),
            )
        )
    table = Table(
        caption="Credited revenue under every method, by partner",
        columns=(
            Column("Partner", "name"),
            Column("Methods", "picture", ("0", fmt.money(top, currency))),
            Column("Lowest"),
            Column("Highest"),
            Column("Spread"),
        ),
        rows=tuple(cells),
        style="legend",
    )
    return _section(
        "methods",
        [Pane((table,), words.do_methods(facts))],
        source="reports.rpt_method_comparison",
    )


def matrix(facts: f.Facts) -> Section:
    """Partner x channel."""
    if section := _withheld(facts, "matrix", "reports.rpt_breakdown"):
        return section

    def pane(method: str) -> Pane:
        cells = facts.breakdown(method, ("partner", "channel"))
        partners = [row for row in facts.breakdown(method, ("partner",)) if row.credited_amount]
        channels = [row for row in facts.breakdown(method, ("channel",)) if row.credited_amount]
        if not cells or not partners:
            return Pane((Note(words.NO_DEALS),))
        table = _matrix_table(facts, method, cells, partners, channels)
        return Pane((table,), words.do_matrix(cells[0], facts.currency))

    return _section("matrix", _by_method(facts, pane), source="reports.rpt_breakdown")


def _matrix_table(
    facts: f.Facts,
    method: str,
    cells: list[f.Breakdown],
    partners: list[f.Breakdown],
    channels: list[f.Breakdown],
) -> Table:
    """The shorter list stands across, so that the table fits a page and a phone."""
    currency = facts.currency
    at = {(row.partner_id, row.channel): row for row in cells}
    top = geometry.top_of(row.credited_amount for row in cells)
    total = facts.total(method)
    down, across = (partners, channels) if len(partners) > len(channels) else (channels, partners)

    def cell(one: f.Breakdown, other: f.Breakdown) -> Cell:
        key = (one.partner_id or other.partner_id, one.channel or other.channel)
        row = at.get(key)
        if row is None or not row.credited_amount:
            return Cell(fmt.NOTHING, "muted")
        return Cell(
            fmt.money(row.credited_amount, currency),
            shade=geometry.strength(row.credited_amount, top),
            below=words.amount_interval(row, facts) if row.amount_lower is not None else "",
        )

    return Table(
        caption=f"Credited revenue by partner and channel, {words.method_label(method).lower()}",
        columns=(
            Column(words.DIMENSIONS["partner" if down is partners else "channel"], "name"),
            *(Column(_partner_or_channel(row)) for row in across),
            Column(words.LABELS["total"]),
        ),
        rows=tuple(
            (
                Cell(_partner_or_channel(row), strong=True),
                *(cell(row, other) for other in across),
                Cell(
                    fmt.money(row.credited_amount, currency),
                    strong=True,
                    below=words.amount_interval(row, facts),
                ),
            )
            for row in down
        ),
        foot=(
            (
                Cell(words.LABELS["total"]),
                *(
                    Cell(
                        fmt.money(row.credited_amount, currency),
                        below=words.amount_interval(row, facts),
                    )
                    for row in across
                ),
                Cell(
                    fmt.money(total.campaign_amount if total else None, currency),
                    below=words.amount_interval(total, facts) if total else "",
                ),
            ),
        ),
        note=words.interval_note(facts),
        style="matrix",
    )


def _partner_or_channel(row: f.Breakdown) -> str:
    name = (row.partner_name or row.partner_id) if row.partner_id else None
    return fmt.clean(name or row.channel_name or row.channel or fmt.NOTHING)


def breakdown(facts: f.Facts) -> Section | None:
    """The dimensions asked for, unless the matrix already shows them."""
    dimensions = facts.dimensions
    if not dimensions or dimensions == ("partner", "channel"):
        return None
    names = fmt.listed([words.DIMENSIONS[name].lower() for name in dimensions])
    if section := _withheld(facts, "breakdown", "reports.rpt_breakdown"):
        return section

    def pane(method: str) -> Pane:
        rows = facts.breakdown(method, dimensions)
        if not rows:
            has_deals = bool(facts.breakdown(method, ("partner",)))
            return Pane((Note(words.not_built(names) if has_deals else words.NO_DEALS),))
        return Pane((_breakdown_table(facts, method, rows),))

    return _section(
        "breakdown",
        _by_method(facts, pane),
        source="reports.rpt_breakdown",
        dimensions=names,
    )


def _breakdown_table(facts: f.Facts, method: str, rows: list[f.Breakdown]) -> Table:
    currency = facts.currency
    top = geometry.top_of(row.credited_amount for row in rows)
    shown = rows[:MOST_ROWS]
    has_spend = any(row.spend_amount is not None for row in rows)
    return Table(
        caption=f"Credited revenue by {fmt.listed(list(facts.dimensions))}, "
        f"{words.method_label(method).lower()}",
        columns=(
            *(Column(words.DIMENSIONS[name], "name") for name in facts.dimensions),
            Column("Credit", "picture", ("0", fmt.money(top, currency))),
            Column("Credited"),
            Column("Share"),
            Column("Deals touched"),
            *((Column("Spend"),) if has_spend else ()),
        ),
        rows=tuple(
            (
                *(
                    Cell(dimension_value(row, name), strong=at == 0)
                    for at, name in enumerate(facts.dimensions)
                ),
                Cell(bar=Bar(geometry.place(row.credited_amount, top) or "0")),
                Cell(
                    fmt.money(row.credited_amount, currency),
                    below=words.amount_interval(row, facts),
                ),
                Cell(fmt.percent(row.share_of_campaign), below=words.share_interval(row)),
                Cell(fmt.count(row.conversions_touched)),
                *((Cell(fmt.money(row.spend_amount, currency)),) if has_spend else ()),
            )
            for row in shown
        ),
        note=words.breakdown_note(facts, len(shown), len(rows)),
    )


def dimension_value(row: f.Breakdown, dimension: str) -> str:
    """The name in one dimension of a breakdown row."""
    value = {
        "partner": row.partner_name or row.partner_id,
        "channel": row.channel_name or row.channel,
        "asset": row.asset_name or row.asset_id or "no asset",
        "region": words.region_label(row.region),
    }[dimension]
    return fmt.clean(value or fmt.NOTHING)


def ledger(facts: f.Facts) -> Section:
    """Each deal counted once."""
    if section := _withheld(facts, "ledger", "reports.rpt_joint_ledger", half=True):
        return section
    found = {name: facts.joint_ledger(name) for name in f.MILESTONES}
    present = [(words.MILESTONES[name], row) for name, row in found.items() if row is not None]
    if not present:
        return _section("ledger", [Pane((Note(words.NO_DEALS),))], half=True)
    currency = facts.currency
    lines: tuple[tuple[str, Count, Amount], ...] = (
        ("All books added up", lambda row: row.books_deals, lambda row: row.books_amount),
        ("Double counting", lambda row: None, lambda row: row.double_counted_amount),
        ("Counted once", lambda row: row.joint_deals, lambda row: row.joint_amount),
        (
            "Differences to settle",
            lambda row: row.differing_deals,
            lambda row: row.differing_amount,
        ),
    )
    table = Table(
        caption="What the books claim together, and what there is",
        columns=(Column("Count", "name"), *(Column(name) for name, _ in present)),
        rows=tuple(
            (
                Cell(name, strong=name == "Counted once"),
                *(
                    Cell(
                        fmt.exact_money(amount(row), currency),
                        strong=name == "Counted once",
                        note="" if deals(row) is None else fmt.plural(deals(row) or 0, "deal"),
                    )
                    for _, row in present
                ),
            )
            for name, deals, amount in lines
        ),
        style="ledger",
    )
    return _section(
        "ledger",
        [Pane((table,), words.do_ledger(facts))],
        source="reports.rpt_joint_ledger",
        half=True,
    )


def credit(facts: f.Facts) -> Section:
    """This campaign, other touches and unattributed add up."""
    if section := _withheld(facts, "credit", "reports.rpt_reconciliation", half=True):
        return section

    def pane(method: str) -> Pane:
        found = facts.reconciliation(method, f.REVENUE)
        total = facts.total(method)
        if not found or total is None or not total.conversions:
            return Pane((Note(words.NO_DEALS),))
        currency = facts.currency
        table = Table(
            caption=f"Where the won deals' value goes, {words.method_label(method).lower()}",
            columns=(
                Column("Credit", "name"),
                Column("Share of all", "picture"),
                Column("Share"),
                Column("Revenue"),
            ),
            rows=tuple(
                (
                    Cell(words.BUCKETS[bucket]),
                    Cell(
                        bar=Bar(
                            geometry.place(found[bucket].share or 0, 1.0) or "0",
                            tone="" if bucket == "this_campaign" else "muted",
                        )
                    ),
                    Cell(fmt.percent(found[bucket].share, 1)),
                    Cell(fmt.exact_money(found[bucket].amount, currency)),
                )
                for bucket in words.BUCKETS
                if bucket in found
            ),
            foot=(
                (
                    Cell("Deals' total"),
                    Cell(),
                    Cell(),
                    Cell(fmt.exact_money(total.total_amount, currency), strong=True),
                ),
            ),
            style="ledger",
        )
        return Pane((table,), words.do_credit(facts, method))

    return _section(
        "credit", _by_method(facts, pane), source="reports.rpt_reconciliation", half=True
    )


def pace(facts: f.Facts) -> Section:
    """Credited to date against even pace."""
    if section := _withheld(facts, "pace", "reports.rpt_pace"):
        return section

    def pane(method: str) -> Pane:
        days = facts.pace(method)
        if not days:
            return Pane((Note(words.NO_PACE),))
        return Pane(
            (_pace_chart(facts, days), _pace_table(facts, method, days)),
            words.do_pace(facts, method, days[-1]),
        )

    return _section("pace", _by_method(facts, pane), source="reports.rpt_pace")


def _pace_chart(facts: f.Facts, days: list[f.Pace]) -> Chart:
    even = [row.even_pace_amount for row in days if row.even_pace_amount is not None]
    has_even = len(even) == len(days)
    last = days[-1]
    top = geometry.top_of([*(row.cumulative_amount for row in days), *even])
    dates = [row.day for row in days]
    return Chart(
        label=f"Credited revenue to date: {fmt.money(last.cumulative_amount, facts.currency)} on "
        f"{fmt.day(last.day)}; the table gives the days between.",
        line=geometry.polyline(dates, [row.cumulative_amount for row in days], top),
        even=geometry.polyline(dates, even, top) if has_even else None,
        top=fmt.money(top, facts.currency),
        ticks=tuple(fmt.day_and_month(day) for day in geometry.ticks(dates[0], dates[-1], 4)),
        legend=("credited to date", "target spread evenly" if has_even else None),
    )


def _pace_table(facts: f.Facts, method: str, days: list[f.Pace]) -> Table:
    return Table(
        caption=f"Credited revenue to date, {words.method_label(method).lower()}",
        columns=(Column("Day", "name"), Column("Credited to date"), Column("Even pace")),
        rows=tuple(
            (
                Cell(fmt.day_and_month(row.day)),
                Cell(fmt.money(row.cumulative_amount, facts.currency), strong=True),
                Cell(fmt.money(row.even_pace_amount, facts.currency)),
            )
            for row in geometry.spaced(days, PACE_DAYS)
        ),
        style="short",
    )


def assets(facts: f.Facts) -> Section:
    """Credited revenue beside cost."""
    if section := _withheld(facts, "assets", "reports.rpt_asset_return"):
        return section
    currency = facts.currency
    unit = f"credited revenue per\N{NO-BREAK SPACE}{fmt.symbol(currency)}"

    def pane(method: str) -> Pane:
        rows = [row for row in facts.assets(method) if row.credited_amount or row.spend_amount]
        if not rows:
            return Pane((Note(words.NO_ASSETS),))
        scale = geometry.LogScale(
            row.credited_per_spend for row in rows if row.credited_per_spend is not None
        )
        shown = rows[:MOST_ROWS]
        table = Table(
            caption=f"Credited revenue and cost by asset, {words.method_label(method).lower()}",
            columns=(
                Column("Asset", "name"),
                Column("Kind", "text"),
                Column("On a scale of tens", "picture", scale.ends()),
                Column(unit.capitalize()),
                Column("Credited"),
                Column("Spend"),
                Column("Touches"),
            ),
            rows=tuple(_asset_row(row, scale, currency) for row in shown),
            note=words.more_rows(len(shown), len(rows)) if len(rows) > len(shown) else "",
        )
        return Pane((table,), words.do_assets(rows, currency))

    return _section("assets", _by_method(facts, pane), source="reports.rpt_asset_return", unit=unit)


def _asset_row(row: f.AssetReturn, scale: geometry.LogScale, currency: str) -> tuple[Cell, ...]:
    at = scale.place(row.credited_per_spend)
    return (
        Cell(fmt.clean(row.asset_name or row.asset_id), strong=True),
        Cell(fmt.clean(row.asset_type or "").replace("_", " ")),
        Cell(dots=Dots((Dot(at),), reference=scale.place(1.0)) if at is not None else None),
        Cell(fmt.times(row.credited_per_spend), strong=True)
        if at is not None
        else Cell(words.NO_COST, "muted"),
        Cell(fmt.money(row.credited_amount, currency)),
        Cell(fmt.money(row.spend_amount, currency)),
        Cell(fmt.count(row.touches)),
    )


def funnel(facts: f.Facts) -> Section:
    """Conversion from stage to stage, by partner."""
    if section := _withheld(facts, "funnel", "reports.rpt_funnel"):
        return section
    steps = facts.funnel
    stages = sorted({(row.stage_order, row.stage) for row in steps})
    partners = sorted({(row.partner_name, row.partner_id) for row in steps})
    if not any(row.entered for row in steps):
        return _section("funnel", [Pane((Note(words.NO_FUNNEL),))])
    at = {(row.partner_id, row.stage_order): row for row in steps}
    compared = [
        row for row in steps if row.conversion_from_previous is not None and not row.is_small_sample
    ]
    rates = [row.conversion_from_previous or 0.0 for row in compared]
    extremes = (min(rates, default=0.0), max(rates, default=0.0))
    lowest: dict[int, f.FunnelStep] = {}
    for row in sorted(
        compared, key=lambda row: (row.conversion_from_previous or 0, row.partner_id)
    ):
        lowest.setdefault(row.stage_order, row)

    def cell(row: f.FunnelStep | None) -> Cell:
        if row is None:
            return Cell(fmt.NOTHING, "muted")
        if row.conversion_from_previous is None:
            return Cell(fmt.count(row.entered))
        entered = fmt.count(row.entered)
        if row.is_small_sample:
            return Cell(f"{fmt.percent(row.conversion_from_previous)}*", "muted", note=entered)
        is_lowest = lowest.get(row.stage_order) is row and len(partners) > 1
        return Cell(
            f"{fmt.percent(row.conversion_from_previous)}{' ▼' if is_lowest else ''}",
            strong=is_lowest,
            note=entered,
            shade=geometry.loss_strength(row.conversion_from_previous, *extremes),
        )

    table = Table(
        caption="Accounts that reached each step, and their share of the step before",
        columns=(
            Column("Partner", "name"),
            *(Column(words.stage_label(stage)) for _, stage in stages),
        ),
        rows=tuple(
            (
                Cell(fmt.clean(name), strong=True),
                *(cell(at.get((partner_id, order))) for order, _ in stages),
            )
            for name, partner_id in partners
        ),
        style="matrix loss",
    )
    worst = min(
        lowest.values(),
        key=lambda row: (row.conversion_from_previous or 0, row.stage_order),
        default=None,
    )
    return _section("funnel", [Pane((table,), words.do_funnel(worst))], source="reports.rpt_funnel")


def settings(facts: f.Facts) -> Section:
    """Settings and method definitions."""
    if section := _withheld(facts, "settings", "reports.rpt_settings"):
        return section
    definitions = Table(
        caption="Methods in this readout",
        columns=(Column("Method", "name"), Column("Definition", "text"), Column("Id", "text")),
        rows=tuple(
            (
                Cell(words.method_label(method), strong=method == facts.method),
                Cell(words.method_definition(method)),
                Cell(method, is_code=True),
            )
            for method in facts.methods
        ),
    )
    table = Table(
        caption="Settings of this build",
        columns=(
            Column("Setting", "name"),
            Column("Value", "text"),
            Column("Unit", "text"),
            Column("Effect", "text"),
        ),
        rows=tuple(
            (
                Cell(fmt.clean(row.setting), is_code=True),
                Cell(fmt.clean(row.value if row.value is not None else "not set"), strong=True),
                Cell(fmt.clean(row.unit or "")),
                Cell(fmt.clean(row.effect or "")),
            )
            for row in facts.settings
        ),
    )
    return _section(
        "settings",
        [Pane((definitions, table), words.do_settings())],
        source="reports.rpt_settings",
    )


SUMMARY: tuple[Builder, ...] = (
    in_short,
    figures,
    target,
    methods,
    ledger,
    credit,
    health_problems,
)
FULL: tuple[Builder, ...] = (
    in_short,
    figures,
    target,
    methods,
    matrix,
    breakdown,
    ledger,
    credit,
    pace,
    assets,
    funnel,
    utm,
    health,
    settings,
)
