"""A served file made by hand: three partners, one campaign, every report table, no dbt.

`World` holds what varies between tests (names, targets, methods, whether there are any deals);
`write_served` derives consistent report rows from it, so totals reconcile as the real ones do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

SCRIPT = "</script><script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"
REVERSED = "Moonlight \u202egpj.exe\u200f"
LONG = "Consolidated International Partner Alliance for Very Long Names " * 4
ATTRIBUTE = '" onmouseover="alert(1)" x="'
STYLE = "</style><style>*{display:none}</style>"
MARKDOWN = "[click](javascript:alert(1)) **bold** | <b>cell</b> `code`"
TEMPLATE = "{{ 7 * 7 }} {% raw %}"
HOSTILE = (SCRIPT, FORMULA, REVERSED, LONG, ATTRIBUTE, STYLE, MARKDOWN, TEMPLATE)

TABLES = {
    "marts.dim_campaign": "campaign_id varchar, campaign_name varchar, objective varchar, "
    "campaign_type varchar, flight_start date, flight_end date, tail_days integer, "
    "readout_cadence_days integer, agreed_method varchar",
    "marts.campaign_aliases": "campaign_id varchar, alias varchar, partner_id varchar",
    "marts.publication": "run_id varchar, invocation_id varchar, published_at timestamp, "
    "dbt_version varchar, duckdb_version varchar, settings_hash varchar, feeds varchar, "
    "status varchar",
    "marts.fct_feed_deliveries": "feed_id varchar, table_name varchar, file varchar, "
    "delivery_id varchar, delivered_at timestamp, "
    "content_hash varchar, rows_read bigint, rows_landed bigint, rows_rejected bigint, "
    "rows_superseded bigint, status varchar, message varchar",
    "reports.rpt_windows": "campaign_id varchar, window_id varchar, campaign_name varchar, "
    "window_start date, window_end date, as_of date, days bigint, is_complete boolean",
    "reports.rpt_campaign_totals": "campaign_id varchar, window_id varchar, method varchar, "
    "milestone varchar, conversions bigint, total_amount decimal(18,2), "
    "campaign_amount decimal(18,2), other_touches_amount decimal(18,2), "
    "unattributed_amount decimal(18,2), campaign_conversions double, "
    "target_amount decimal(18,2), targeted_credited_amount decimal(18,2), attainment double, "
    "spend_amount decimal(18,2), credited_per_spend double",
    "reports.rpt_contribution": "campaign_id varchar, window_id varchar, method varchar, "
    "milestone varchar, partner_id varchar, campaign_name varchar, partner_name varchar, "
    "window_start date, window_end date, credited_amount decimal(18,2), "
    "credited_conversions double, conversions_touched bigint, share_of_campaign double, "
    "target_amount decimal(18,2), target_conversions double, gap_to_target decimal(18,2), "
    "attainment double, target_status varchar, spend_amount decimal(18,2)",
    "reports.rpt_breakdown": "campaign_id varchar, window_id varchar, method varchar, "
    "milestone varchar, dimensions varchar, partner_id varchar, channel varchar, "
    "asset_id varchar, region varchar, partner_name varchar, channel_name varchar, "
    "asset_name varchar, credited_amount decimal(18,2), credited_conversions double, "
    "conversions_touched bigint, share_of_campaign double, spend_amount decimal(18,2)",
    "reports.rpt_method_comparison": "campaign_id varchar, window_id varchar, "
    "milestone varchar, partner_id varchar, method varchar, partner_name varchar, "
    "credited_amount decimal(18,2), lowest_amount decimal(18,2), "
    "highest_amount decimal(18,2), spread_share double, is_agreed_method boolean",
    "reports.rpt_reconciliation": "campaign_id varchar, window_id varchar, method varchar, "
    "milestone varchar, bucket varchar, amount decimal(18,2), conversions double, share double",
    "reports.rpt_joint_ledger": "campaign_id varchar, window_id varchar, milestone varchar, "
    "books_amount decimal(18,2), books_deals bigint, joint_amount decimal(18,2), "
    "joint_deals bigint, double_counted_amount decimal(18,2), shared_deals bigint, "
    "differing_deals bigint, differing_amount decimal(18,2)",
    "reports.rpt_pace": "campaign_id varchar, window_id varchar, method varchar, "
    "milestone varchar, day date, credited_amount decimal(18,2), "
    "cumulative_amount decimal(18,2), even_pace_amount decimal(18,2)",
    "reports.rpt_asset_return": "campaign_id varchar, window_id varchar, method varchar, "
    "milestone varchar, asset_id varchar, asset_name varchar, asset_type varchar, "
    "owner_partner_id varchar, credited_amount decimal(18,2), credited_conversions double, "
    "touches bigint, spend_amount decimal(18,2), credited_per_spend double",
    "reports.rpt_funnel": "campaign_id varchar, window_id varchar, partner_id varchar, "
    "stage_order bigint, stage varchar, partner_name varchar, entered bigint, "
    "conversion_from_previous double, is_small_sample boolean",
    "reports.rpt_data_health": "check_id varchar, section varchar, partner_id varchar, "
    "feed_id varchar, check_name varchar, status varchar, row_count bigint, "
    "amount_at_stake decimal(18,2), detail varchar, fix varchar",
    "reports.rpt_feed_sla": "feed_id varchar, partner_id varchar, connector varchar, "
    "owner varchar, cadence_days integer, delivery_count bigint, first_delivered_on date, "
    "last_delivered_on date, age_days integer, days_late integer, longest_gap_days integer, "
    "late_deliveries bigint, sla_status varchar, adherence_share double",
    "reports.rpt_utm_health": "campaign_id varchar, window_id varchar, partner_id varchar, "
    "finding varchar, severity varchar, touches bigint, touch_share double, "
    "pipeline_at_risk decimal(18,2), revenue_at_risk decimal(18,2), "
    "example_parameter varchar, example_raw_value varchar, fix varchar",
    "reports.rpt_settings": "setting varchar, value varchar, unit varchar, effect varchar, "
    "setting_order bigint",
}

INTERVAL = (
    ", winning_accounts bigint, interval_status varchar, conversions_lower double, "
    "conversions_upper double, amount_lower decimal(18,2), amount_upper decimal(18,2), "
    "share_lower double, share_upper double"
)
TABLES["reports.rpt_campaign_totals"] += ", share_of_deals double"
for _table in ("campaign_totals", "contribution", "breakdown", "method_comparison"):
    TABLES[f"reports.rpt_{_table}"] += INTERVAL

CHANNELS = (
    ("webinar", "Webinar"),
    ("partner_email", "Partner e-mail"),
    ("paid_social", "Paid social"),
    ("content_syndication", "Content syndication"),
    ("event", "Event"),
)
ASSETS = (
    ("keynote_webinar", "AI Launch Tour keynote webinar", "webinar", "webinar", 18_000),
    ("reference_pdf", "Joint reference architecture", "e-book", "content_syndication", 9_000),
    ("roadshow_austin", "Roadshow booth, Austin", "event", "event", 38_000),
    ("launch_newsletter", "Launch newsletter", "e-mail", "partner_email", 2_500),
    ("cobrand_video", "Co-branded video", "paid media", "paid_social", 19_500),
    ("referral_page", "Referral landing page", "page", "partner_email", None),
)
REGIONS = ("americas", "emea", "apac")
STAGES = ("engaged", "opportunity", "proposal", "closed_won")


@dataclass(frozen=True)
class Partner:
    partner_id: str
    name: str
    revenue: int
    target: int | None
    pipeline_target: int | None = None


@dataclass(frozen=True)
class World:
    campaign_id: str = "ai_launch_tour"
    campaign_name: str = "AI Launch Tour"
    partners: tuple[Partner, ...] = (
        Partner("acme", "Acme Analytics", 1_131_420, 900_000, 3_000_000),
        Partner("northwind", "Northwind Cloud", 638_310, 1_150_000, 3_500_000),
        Partner("contoso", "Contoso Systems", 212_875, None),
    )
    methods: tuple[str, ...] = (
        "first_touch",
        "last_touch",
        "last_non_direct",
        "linear",
        "position",
        "time_decay",
    )
    agreed_method: str = "position"
    has_deals: bool = True
    channel_names: tuple[str, ...] = tuple(name for _, name in CHANNELS)
    asset_names: tuple[str, ...] = tuple(row[1] for row in ASSETS)
    failed_feed: bool = True
    without_tables: tuple[str, ...] = ()
    currency: str = "USD"
    windows: tuple[str, ...] = ("7d", "30d", "campaign")


def hostile_world() -> World:
    names = list(HOSTILE)
    return World(
        campaign_name=SCRIPT,
        partners=tuple(
            Partner(f"p{n}", name, 500_000 - 40_000 * n, 400_000 if n % 2 else None)
            for n, name in enumerate(names)
        ),
        channel_names=tuple(names[: len(CHANNELS)]),
        asset_names=tuple(names[: len(ASSETS)]),
    )


def empty_world() -> World:
    return World(has_deals=False)


def one_partner_world() -> World:
    return replace(World(), partners=World().partners[:1], failed_feed=False)


def _cents(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def _split(amount: Decimal, weights: Sequence[float]) -> list[Decimal]:
    """Split to the cent; the pieces add up to the amount."""
    total = sum(weights)
    pieces, done, running = [], Decimal(0), 0.0
    for weight in weights:
        running += weight
        upto = _cents(float(amount) * running / total)
        pieces.append(upto - done)
        done = upto
    return pieces


def interval(amount: Decimal, share: float | None, wins: int) -> tuple[Any, ...]:
    """Interval columns of a figure: none under 30 wins, a low sample under 100."""
    if wins < 30 or not amount:
        return (wins if amount else 0, "suppressed", None, None, None, None, None, None)
    status = "low_sample" if wins < 100 else "ok"
    bounds = (_cents(float(amount) * 0.8), _cents(float(amount) * 1.25))
    shares = (None, None) if share is None else (share * 0.9, min(1.0, share * 1.1))
    return (wins, status, 2.5, 4.5, *bounds, *shares)


WINS = (140, 45, 12)  # of the first, the second and every further partner


class _Rows(dict[str, list[tuple[Any, ...]]]):
    def add(self, table: str, *values: Any) -> None:
        self.setdefault(table, []).append(values)


def _shifts(world: World, method: str) -> list[float]:
    at = world.methods.index(method)
    return [1 + 0.06 * ((at + 2 * n) % 5 - 2) for n in range(len(world.partners))]


def rows(world: World) -> _Rows:
    out = _Rows()
    start, end = date(2026, 10, 17), date(2026, 11, 15)
    key = (world.campaign_id, "30d")
    out.add(
        "marts.dim_campaign", world.campaign_id, world.campaign_name, "Joint pipeline for AI",
        "co_marketing", date(2026, 9, 1), date(2026, 11, 30), 30, 7, world.agreed_method,
    )  # fmt: skip
    out.add(
        "marts.dim_campaign", "cloud_week", "Cloud Week", None, None,
        date(2026, 5, 1), date(2026, 5, 8), 30, None, None,
    )  # fmt: skip
    out.add("marts.campaign_aliases", world.campaign_id, "AILT-2026", "acme")
    out.add(
        "marts.publication", "run-20261116T060000Z", "0b6f1f2e-6b7a-4d9e-9a59-2f5a1c0c9d11",
        datetime(2026, 11, 16, 6, 0), "1.11.16", "2.0.0", "5f0c2a9be77d41aa", "5 ok, 1 failed",
        "partial" if world.failed_feed else "complete",
    )  # fmt: skip
    for window in world.windows:
        out.add(
            "reports.rpt_windows", world.campaign_id, window, world.campaign_name,
            start, end, end, 30, True,
        )  # fmt: skip
    factor = 1 if world.has_deals else 0
    for milestone, scale, deals in (("closed_won", 1.0, 41), ("opportunity", 4.2, 163)):
        for method in world.methods:
            _method_rows(out, world, key, milestone, method, scale * factor, deals * factor)
        _comparison(out, world, key, milestone)
        joint = _cents(2_380_000 * scale * factor)
        double = _cents(417_300.55 * scale * factor)
        out.add(
            "reports.rpt_joint_ledger", *key, milestone, joint + double, (deals + 9) * factor,
            joint, deals * factor, double, 9 * factor, 3 * factor, _cents(38_250 * factor),
        )  # fmt: skip
    for n, partner in enumerate(world.partners):
        entered = 1184 - 210 * n
        for order, stage in enumerate(STAGES):
            rate = None if order == 0 else 0.42 - 0.03 * ((n + order) % 4)
            entered = entered if rate is None else int(entered * rate)
            shown = entered * factor
            out.add(
                "reports.rpt_funnel", *key, partner.partner_id, order, stage, partner.name,
                shown, rate if factor else None, shown < 30,
            )  # fmt: skip
    _health(out, world)
    _deliveries(out, world)
    _utm(out, world, key)
    settings = (
        ("reporting_currency", world.currency, "ISO 4217", "Every amount is in this currency."),
        ("agreed_method", "position", "method id", "What multi-touch resolves to."),
        ("lookback_days", "180", "days", "How far before the cut-off a touch may lie."),
        ("half_life_days", "7", "days", "Age at which a touch weighs half as much."),
        ("interval_level", "0.9", "share", "How many of the intervals should hold."),
        ("interval_min_wins", "30", "wins", "Fewer winning accounts have no interval."),
        ("interval_low_wins", "100", "wins", "Fewer winning accounts are a low sample."),
    )
    for order, setting in enumerate(settings):
        out.add("reports.rpt_settings", *setting, order)
    return out


def _method_rows(  # noqa: PLR0917
    out: _Rows, world: World, key: tuple[str, str], milestone: str, method: str,
    scale: float, deals: int,
) -> None:  # fmt: skip
    shifts = _shifts(world, method)
    credited = [
        _cents(p.revenue * scale * shift) for p, shift in zip(world.partners, shifts, strict=True)
    ]
    campaign = sum(credited, Decimal(0))
    other, rest = _cents(310_000 * scale), _cents(95_500.25 * scale)
    total = campaign + other + rest
    targets = [p.target if milestone == "closed_won" else p.pipeline_target for p in world.partners]
    targeted = [c for c, t in zip(credited, targets, strict=True) if t is not None]
    target = Decimal(sum(t for t in targets if t is not None)) if targeted else None
    spend = _cents(sum(a[4] or 0 for a in ASSETS))
    out.add(
        "reports.rpt_campaign_totals", *key, method, milestone, deals, total, campaign, other,
        rest, float(deals) * 0.8, target, sum(targeted, Decimal(0)) if targeted else None,
        float(sum(targeted, Decimal(0)) / target) if target else None, spend,
        float(campaign / spend), float(campaign / total) if total else None,
        *interval(campaign, float(campaign / total) if total else None, 197),
    )  # fmt: skip
    for bucket, amount in (
        ("this_campaign", campaign), ("other_touches", other), ("unattributed", rest),
    ):  # fmt: skip
        share = float(amount / total) if total else None
        out.add(
            "reports.rpt_reconciliation", *key, method, milestone, bucket, amount,
            deals * (share or 0), share,
        )  # fmt: skip
    for n, (partner, amount, goal) in enumerate(
        zip(world.partners, credited, targets, strict=True)
    ):
        status = "no_target" if goal is None else "met" if amount >= goal else "below"
        out.add(
            "reports.rpt_contribution", *key, method, milestone, partner.partner_id,
            world.campaign_name, partner.name, date(2026, 10, 17), date(2026, 11, 15), amount,
            deals * 0.8 / len(world.partners), int(deals * 0.5),
            float(amount / campaign) if campaign else None, goal, None,
            None if goal is None else amount - goal, None if goal is None else float(amount / goal),
            status, _cents(29_000 + 1000 * n),
            *interval(amount, float(amount / campaign) if campaign else None, WINS[min(n, 2)]),
        )  # fmt: skip
    _breakdowns(out, world, key, milestone, method, credited, campaign)
    _pace_and_assets(out, world, key, milestone, method, campaign, target)


def _breakdowns(  # noqa: PLR0917
    out: _Rows, world: World, key: tuple[str, str], milestone: str, method: str,
    credited: list[Decimal], campaign: Decimal,
) -> None:  # fmt: skip
    head = (*key, method, milestone)

    def add(dimensions: str, ids: tuple[Any, ...], names: tuple[Any, ...], amount: Decimal) -> None:
        share = float(amount / campaign) if campaign else None
        out.add(
            "reports.rpt_breakdown", *head, dimensions, *ids, *names, amount, 3.5, 7, share, None,
            *interval(amount, share, 140 if dimensions in ("partner", "channel") else 12),
        )  # fmt: skip

    none = (None, None, None)
    by_channel = [Decimal(0)] * len(CHANNELS)
    for n, (partner, amount) in enumerate(zip(world.partners, credited, strict=True)):
        who = partner.partner_id
        add("partner", (who, *none), (partner.name, None, None), amount)
        weights = [1 + (3 * at + 5 * n) % 7 for at in range(len(CHANNELS))]
        weights[(n + 3) % len(CHANNELS)] = 0
        pieces = _split(amount, weights)
        for at, piece in enumerate(pieces):
            by_channel[at] += piece
            if piece:
                channel, name = CHANNELS[at][0], world.channel_names[at]
                add(
                    "partner,channel", (who, channel, None, None), (partner.name, name, None), piece
                )
        regional = _split(amount, (5, 3, 2))
        for region, piece in zip(REGIONS, regional, strict=True):
            add("partner,region", (who, None, None, region), (partner.name, None, None), piece)
    for at, amount in enumerate(by_channel):
        add(
            "channel",
            (None, CHANNELS[at][0], None, None),
            (None, world.channel_names[at], None),
            amount,
        )
    for (asset, _, _, _, _), name, piece in zip(
        ASSETS, world.asset_names, _split(campaign, (6, 4, 3, 5, 2, 1)), strict=True
    ):
        add("asset", (None, None, asset, None), (None, None, name), piece)
    for region, piece in zip(REGIONS, _split(campaign, (5, 3, 2)), strict=True):
        add("region", (None, None, None, region), none, piece)


def _pace_and_assets(  # noqa: PLR0917
    out: _Rows, world: World, key: tuple[str, str], milestone: str, method: str,
    campaign: Decimal, target: Decimal | None,
) -> None:  # fmt: skip
    weights = [0 if n % 7 in (0, 1) else 1 + (n * 5 + len(method)) % 4 for n in range(30)]
    done = Decimal(0)
    for n, piece in enumerate(_split(campaign, weights)):
        done += piece
        even = None if target is None else _cents(float(target) * (n + 1) / 30)
        out.add(
            "reports.rpt_pace", *key, method, milestone, date(2026, 10, 17) + timedelta(days=n),
            piece, done, even,
        )  # fmt: skip
    pieces = _split(campaign, (6, 4, 3, 5, 2, 1))
    for (asset, _, kind, _, spend), name, piece in zip(
        ASSETS, world.asset_names, pieces, strict=True
    ):
        out.add(
            "reports.rpt_asset_return", *key, method, milestone, asset, name, kind,
            world.partners[0].partner_id, piece, 4.0, 320, spend,
            None if spend is None else float(piece / spend),
        )  # fmt: skip


def _comparison(out: _Rows, world: World, key: tuple[str, str], milestone: str) -> None:
    amounts: dict[str, dict[str, Decimal]] = {}
    for row in out["reports.rpt_contribution"]:
        if row[3] == milestone:
            amounts.setdefault(row[4], {})[row[2]] = row[9]
    for partner in world.partners:
        found = amounts[partner.partner_id]
        low, high = min(found.values()), max(found.values())
        mean = sum(found.values(), Decimal(0)) / len(found)
        for method, amount in found.items():
            out.add(
                "reports.rpt_method_comparison", *key, milestone, partner.partner_id, method,
                partner.name, amount, low, high,
                float((high - low) / 2 / mean) if mean else None, method == world.agreed_method,
                *interval(amount, None, WINS[min(world.partners.index(partner), 2)]),
            )  # fmt: skip


def _health(out: _Rows, world: World) -> None:
    table = "reports.rpt_data_health"
    for n, partner in enumerate(world.partners[:3]):
        for connector in ("salesforce", "marketo"):
            feed = f"{partner.partner_id}.{connector}"
            failed = world.failed_feed and n == 1 and connector == "marketo"
            status = "failed" if failed else "ok"
            out.add(
                table, feed, "feeds", partner.partner_id, feed, "arrival",
                "fail" if failed else "ok", 0 if failed else 1800 - 90 * n, None,
                "activities.csv: missing primary_attribute_value; closest primaryattributevalue2"
                if failed else "delivered 15 Nov 2026, no rejects",
                "ask for a corrected delivery, then run the build again" if failed else None,
            )  # fmt: skip
            out.add(
                "marts.fct_feed_deliveries", feed, "activities",
                f"partners/{partner.partner_id}/{connector}/activities.csv", "2026-11-15",
                datetime(2026, 11, 15), f"{n}{connector}", 1800, 0 if failed else 1790,
                1800 if failed else 10, 0, status, None,
            )  # fmt: skip
    out.add(
        table, "taxonomy.campaigns_unmapped", "taxonomy", None, None, "Unmapped campaign names",
        "warn", 14, Decimal("84200.00"),
        '"AI-Tour_LI_Q4" and "ailt nov" are in no row of campaign_aliases',
        "add to seeds/campaign_aliases.csv: ai_launch_tour,AI-Tour_LI_Q4,northwind",
    )  # fmt: skip
    out.add(
        table, "identity.match_confidence", "identity", None, None, "People matched across books",
        "ok", 412, None, "96% matched on an e-mail key", None,
    )  # fmt: skip
    out.add(
        table, "money.fx_rate_stale", "money", "northwind", None, "Stale FX rates",
        "warn", 2, Decimal("18100.00"), "2 deals in SEK use a rate 5 days old",
        "deliver dated_conversion_rate up to the close date, or add a row to seeds/fx_rates.csv",
    )  # fmt: skip


def _deliveries(out: _Rows, world: World) -> None:
    for n, partner in enumerate(world.partners[:3]):
        failed = world.failed_feed and n == 1
        out.add(
            "reports.rpt_feed_sla", f"{partner.partner_id}.salesforce", partner.partner_id,
            "salesforce", "Dana Whitfield" if n else None, None if n == 2 else 14, 2,
            date(2026, 11, 1), date(2026, 11, 15), 0, None if n == 2 else 0, 14, 0,
            "missing" if failed else "no cadence" if n == 2 else "on time",
            0.5 if world.failed_feed else 1.0,
        )  # fmt: skip


def _utm(out: _Rows, world: World, key: tuple[str, str]) -> None:
    table, partner = "reports.rpt_utm_health", world.partners[0]
    out.add(
        table, *key, partner.partner_id, "all", None, 31, 0.12, Decimal("32150.10"),
        Decimal("4100.00"), None, None, None,
    )  # fmt: skip
    out.add(
        table, *key, partner.partner_id, "typo", "warning", 27, 0.105, Decimal("29656.81"),
        Decimal("2679.25"), "utm_campaign", "ai-lauch-tour<script>",
        "Type utm_campaign=ai-launch-tour. Tell Marcus Iyer.",
    )  # fmt: skip
    out.add(
        table, *key, partner.partner_id, "stripped", "error", 4, 0.015, Decimal("2493.29"),
        Decimal("1420.75"), "utm_campaign", None, "Tag the link. Tell Marcus Iyer.",
    )  # fmt: skip


def _batches(found: list[tuple[Any, ...]], size: int = 200) -> list[list[tuple[Any, ...]]]:
    return [found[at : at + size] for at in range(0, len(found), size)]


def write_served(serve_dir: Path, world: World | None = None) -> Path:
    """Write serve_dir/attribution.duckdb with this world; returns serve_dir."""
    chosen = world or World()
    serve_dir.mkdir(parents=True, exist_ok=True)
    path = serve_dir / "attribution.duckdb"
    path.unlink(missing_ok=True)
    made = rows(chosen)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema reports")
        for table, columns in TABLES.items():
            if table in chosen.without_tables:
                continue
            connection.execute(f"create table {table} ({columns})")
            for some in _batches(made.get(table, [])):
                marks = ", ".join(f"({', '.join('?' for _ in row)})" for row in some)
                values = [value for row in some for value in row]
                connection.execute(f"insert into {table} values {marks}", values)
    return serve_dir
