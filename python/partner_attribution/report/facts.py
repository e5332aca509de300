"""The figures of one readout, read from the served file.

Everything here selects and sorts. No figure is added up, divided or rounded: the reports schema
decides every number, so BI tools and this readout can never disagree. A report table that is not
in the served file is listed as withheld, and its section says so.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from partner_attribution.errors import PublicationError, UsageError, nearest

if TYPE_CHECKING:
    import duckdb

SERVED_FILE = "attribution.duckdb"
REVENUE = "closed_won"
PIPELINE = "opportunity"
MILESTONES = (REVENUE, PIPELINE)
UNATTRIBUTED = "unattributed"
MULTI_TOUCH = "multi_touch"
# Methods without credit per deal, and what to type instead.
PLAYERS_ONLY = {
    "markov_global": "choose markov_path (the same effects, shared within each journey), "
    "shapley_set or the agreed method"
}
DIMENSIONS = ("partner", "channel", "asset", "region")

# A reader of the served file can neither reach other files nor load code nor change this.
LOCKED_DOWN = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}


@dataclass(frozen=True)
class Publication:
    """marts.publication: which run made the served file."""

    run_id: str
    invocation_id: str | None
    published_at: datetime
    dbt_version: str | None
    duckdb_version: str | None
    settings_hash: str | None
    feeds: str | None
    status: str


@dataclass(frozen=True)
class Campaign:
    """marts.dim_campaign."""

    campaign_id: str
    campaign_name: str
    objective: str | None
    campaign_type: str | None
    flight_start: date | None
    flight_end: date | None
    tail_days: int | None
    readout_cadence_days: int | None
    agreed_method: str | None


@dataclass(frozen=True)
class Window:
    """reports.rpt_windows; both ends are included."""

    campaign_id: str
    window_id: str
    window_start: date
    window_end: date
    as_of: date
    days: int
    is_complete: bool


@dataclass(frozen=True)
class Total:
    """reports.rpt_campaign_totals: one row per method and milestone."""

    method: str
    milestone: str
    conversions: int
    total_amount: Decimal
    campaign_amount: Decimal
    other_touches_amount: Decimal
    unattributed_amount: Decimal
    campaign_conversions: float
    target_amount: Decimal | None
    targeted_credited_amount: Decimal | None
    attainment: float | None
    spend_amount: Decimal | None
    credited_per_spend: float | None
    share_of_deals: float | None
    winning_accounts: int
    interval_status: str
    conversions_lower: float | None
    conversions_upper: float | None
    amount_lower: Decimal | None
    amount_upper: Decimal | None
    share_lower: float | None
    share_upper: float | None


@dataclass(frozen=True)
class Contribution:
    """reports.rpt_contribution: one row per method, milestone and partner."""

    method: str
    milestone: str
    partner_id: str
    partner_name: str
    credited_amount: Decimal
    credited_conversions: float
    conversions_touched: int
    share_of_campaign: float | None
    target_amount: Decimal | None
    target_conversions: float | None
    gap_to_target: Decimal | None
    attainment: float | None
    target_status: str
    spend_amount: Decimal | None
    winning_accounts: int
    interval_status: str
    conversions_lower: float | None
    conversions_upper: float | None
    amount_lower: Decimal | None
    amount_upper: Decimal | None
    share_lower: float | None
    share_upper: float | None


@dataclass(frozen=True)
class Breakdown:
    """reports.rpt_breakdown: one row per method, milestone and combination of dimensions."""

    method: str
    milestone: str
    dimensions: str
    partner_id: str | None
    channel: str | None
    asset_id: str | None
    region: str | None
    partner_name: str | None
    channel_name: str | None
    asset_name: str | None
    credited_amount: Decimal
    credited_conversions: float
    conversions_touched: int
    share_of_campaign: float | None
    spend_amount: Decimal | None
    winning_accounts: int
    interval_status: str
    conversions_lower: float | None
    conversions_upper: float | None
    amount_lower: Decimal | None
    amount_upper: Decimal | None
    share_lower: float | None
    share_upper: float | None


@dataclass(frozen=True)
class Comparison:
    """reports.rpt_method_comparison: one row per milestone, partner and method."""

    milestone: str
    partner_id: str
    partner_name: str
    method: str
    credited_amount: Decimal
    lowest_amount: Decimal
    highest_amount: Decimal
    spread_share: float | None
    is_agreed_method: bool
    winning_accounts: int
    interval_status: str
    conversions_lower: float | None
    conversions_upper: float | None
    amount_lower: Decimal | None
    amount_upper: Decimal | None
    share_lower: float | None
    share_upper: float | None


@dataclass(frozen=True)
class Reconciliation:
    """reports.rpt_reconciliation: this campaign, other touches and unattributed add up."""

    method: str
    milestone: str
    bucket: str
    amount: Decimal
    conversions: float
    share: float | None


@dataclass(frozen=True)
class JointLedger:
    """reports.rpt_joint_ledger: what all books claim together, and each deal counted once."""

    milestone: str
    books_amount: Decimal
    books_deals: int
    joint_amount: Decimal
    joint_deals: int
    double_counted_amount: Decimal
    shared_deals: int
    differing_deals: int
    differing_amount: Decimal


@dataclass(frozen=True)
class Pace:
    """reports.rpt_pace: one row per method, milestone and day with credit, and both edges."""

    method: str
    milestone: str
    day: date
    credited_amount: Decimal
    cumulative_amount: Decimal
    even_pace_amount: Decimal | None


@dataclass(frozen=True)
class AssetReturn:
    """reports.rpt_asset_return: one row per method, milestone and asset."""

    method: str
    milestone: str
    asset_id: str
    asset_name: str | None
    asset_type: str | None
    owner_partner_id: str | None
    credited_amount: Decimal
    credited_conversions: float
    touches: int
    spend_amount: Decimal | None
    credited_per_spend: float | None


@dataclass(frozen=True)
class FunnelStep:
    """reports.rpt_funnel: one row per partner and stage."""

    partner_id: str
    partner_name: str
    stage_order: int
    stage: str
    entered: int
    conversion_from_previous: float | None
    is_small_sample: bool


@dataclass(frozen=True)
class HealthCheck:
    """reports.rpt_data_health: one row per check, for the whole build."""

    check_id: str
    section: str
    partner_id: str | None
    feed_id: str | None
    check_name: str
    status: str
    row_count: int | None
    amount_at_stake: Decimal | None
    detail: str | None
    fix: str | None


@dataclass(frozen=True)
class FeedSla:
    """reports.rpt_feed_sla: one row per feed, and whether it came as often as agreed."""

    feed_id: str
    partner_id: str
    connector: str
    owner: str | None
    cadence_days: int | None
    delivery_count: int
    first_delivered_on: date | None
    last_delivered_on: date | None
    age_days: int | None
    days_late: int | None
    longest_gap_days: int | None
    late_deliveries: int
    sla_status: str
    adherence_share: float | None


UTM_ALL = "all"


@dataclass(frozen=True)
class UtmRisk:
    """reports.rpt_utm_health: credit that rests on UTMs repaired or missing, per partner."""

    partner_id: str
    finding: str
    severity: str | None
    touches: int
    touch_share: float | None
    pipeline_at_risk: Decimal
    revenue_at_risk: Decimal
    example_parameter: str | None
    example_raw_value: str | None
    fix: str | None


@dataclass(frozen=True)
class UtmFinding(UtmRisk):
    """The same with its campaign and window, for readers of all of them."""

    campaign_id: str
    window_id: str


@dataclass(frozen=True)
class Setting:
    """reports.rpt_settings: the settings that made these figures."""

    setting: str
    value: str | None
    unit: str | None
    effect: str | None


Interval = Total | Contribution | Breakdown | Comparison
LOW_SAMPLE, SUPPRESSED, UNSTEADY = "low_sample", "suppressed", "unsteady"
NOT_BUILT = "not_built"


@dataclass(frozen=True)
class Facts:
    """Everything one readout shows."""

    publication: Publication
    campaign: Campaign
    window: Window
    method: str
    methods: tuple[str, ...]
    dimensions: tuple[str, ...]
    totals: tuple[Total, ...]
    contributions: tuple[Contribution, ...]
    breakdowns: tuple[Breakdown, ...]
    comparisons: tuple[Comparison, ...]
    reconciliations: tuple[Reconciliation, ...]
    joint_ledgers: tuple[JointLedger, ...]
    paces: tuple[Pace, ...]
    asset_returns: tuple[AssetReturn, ...]
    funnel: tuple[FunnelStep, ...]
    health: tuple[HealthCheck, ...]
    feed_slas: tuple[FeedSla, ...]
    utm_risks: tuple[UtmRisk, ...]
    settings: tuple[Setting, ...]
    withheld: tuple[str, ...]

    @functools.cached_property
    def currency(self) -> str:
        """The one currency of every amount."""
        return self.setting("reporting_currency")

    def setting(self, name: str) -> str:
        """The value that a setting had in this build; nothing if it was not published."""
        found = [s.value for s in self.settings if s.setting == name and s.value]
        return found[0] if found else ""

    def total(self, method: str, milestone: str = REVENUE) -> Total | None:
        """The campaign's totals under one method."""
        return next(
            (t for t in self.totals if t.method == method and t.milestone == milestone), None
        )

    def contribution(self, method: str, milestone: str = REVENUE) -> list[Contribution]:
        """Partners by credit, largest first."""
        rows = [c for c in self.contributions if c.method == method and c.milestone == milestone]
        return sorted(rows, key=lambda row: (-row.credited_amount, row.partner_id))

    def leader(self, method: str) -> Contribution | None:
        """The partner with the most credited revenue, if there is any and one is ahead."""
        rows = self.contribution(method)
        if not rows or rows[0].credited_amount <= 0:
            return None
        if len(rows) > 1 and rows[1].credited_amount == rows[0].credited_amount:
            return None
        return rows[0]

    def methods_led_by(self, partner_id: str) -> list[str]:
        """The methods under which this partner is credited with the most revenue."""
        leaders = [(method, self.leader(method)) for method in self.methods]
        return [method for method, first in leaders if first and first.partner_id == partner_id]

    def furthest_below(self, method: str) -> Contribution | None:
        """The partner with the most money missing to its target."""
        rows = [
            row
            for row in self.contribution(method)
            if row.target_status == "below" and row.gap_to_target is not None
        ]
        return min(rows, key=lambda row: (row.gap_to_target, row.partner_id), default=None)

    def breakdown(
        self, method: str, dimensions: tuple[str, ...], milestone: str = REVENUE
    ) -> list[Breakdown]:
        """One breakdown under one method, largest credit first."""
        wanted = ",".join(dimensions)
        rows = [
            row
            for row in self.breakdowns
            if row.method == method and row.milestone == milestone and row.dimensions == wanted
        ]
        return sorted(
            rows,
            key=lambda row: (
                -row.credited_amount,
                row.partner_id or "",
                row.channel or "",
                row.asset_id or "",
                row.region or "",
            ),
        )

    def reconciliation(self, method: str, milestone: str) -> dict[str, Reconciliation]:
        """Where the deals' money went, by bucket."""
        return {
            row.bucket: row
            for row in self.reconciliations
            if row.method == method and row.milestone == milestone
        }

    def pace(self, method: str, milestone: str = REVENUE) -> list[Pace]:
        """Day by day, oldest first."""
        return [row for row in self.paces if row.method == method and row.milestone == milestone]

    def untargeted(self, method: str) -> list[Contribution]:
        """Partners with credit and no target: their credit is in totals, not in attainment."""
        return [
            row
            for row in self.contribution(method)
            if row.target_status == "no_target" and row.credited_amount
        ]

    def assets(self, method: str, milestone: str = REVENUE) -> list[AssetReturn]:
        """Assets by credit, largest first."""
        rows = [a for a in self.asset_returns if a.method == method and a.milestone == milestone]
        return sorted(rows, key=lambda row: (-row.credited_amount, row.asset_id))

    def joint_ledger(self, milestone: str) -> JointLedger | None:
        """The two-sided count of one milestone."""
        return next((row for row in self.joint_ledgers if row.milestone == milestone), None)

    def partner_name(self, partner_id: str) -> str:
        """The partner's name, or its id where no contribution names it."""
        names = {row.partner_id: row.partner_name for row in self.contributions}
        return names.get(partner_id, partner_id)

    @functools.cached_property
    def failed_feeds(self) -> list[HealthCheck]:
        """Feeds whose data is not in these figures."""
        return [row for row in self.health if row.section == "feeds" and row.status == "fail"]

    @functools.cached_property
    def failed_checks(self) -> list[HealthCheck]:
        """Failures other than feeds: the data arrived, and something is wrong with it."""
        return [row for row in self.health if row.section != "feeds" and row.status == "fail"]

    @functools.cached_property
    def problems(self) -> list[HealthCheck]:
        """Checks that are not fine: failures first, then by money at stake."""
        return [row for row in self.health if row.status != "ok"]

    @functools.cached_property
    def is_partial(self) -> bool:
        """Whether something is missing that a reader must know first."""
        return bool(self.failed_feeds or self.withheld)


Row = TypeVar("Row")

_TABLES: dict[type, tuple[str, str]] = {
    Total: ("rpt_campaign_totals", "method, milestone"),
    Contribution: ("rpt_contribution", "method, milestone, partner_id"),
    Breakdown: ("rpt_breakdown", "method, milestone, dimensions, partner_id, channel, asset_id"),
    Comparison: ("rpt_method_comparison", "milestone, partner_id, method"),
    Reconciliation: ("rpt_reconciliation", "method, milestone, bucket"),
    JointLedger: ("rpt_joint_ledger", "milestone"),
    Pace: ("rpt_pace", "method, milestone, day"),
    AssetReturn: ("rpt_asset_return", "method, milestone, asset_id"),
}

# The order in which a reader meets methods, simplest first; others follow by name.
METHOD_ORDER = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position",
    "u_shaped",
    "w_shaped",
    "full_path",
    "time_decay",
)


@contextmanager
def open_served(serve_dir: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The served file, read-only and locked down."""
    import duckdb  # noqa: PLC0415

    path = serve_dir.joinpath(SERVED_FILE)
    if not path.is_file():
        raise PublicationError(
            "There is no published copy to read",
            where=str(path),
            expected="the file that `track-source publish` writes after a successful dbt build",
            do="run `track-source --campaign ...` without --no-build, "
            "or `dbt build` and `track-source publish`",
        )
    try:
        connection = duckdb.connect(str(path), read_only=True, config=dict(LOCKED_DOWN))
    except duckdb.Error as error:
        raise PublicationError(
            "The published copy cannot be opened",
            where=str(path),
            expected=f"a DuckDB file; DuckDB says: {str(error).splitlines()[0]}",
            do="move the file away and publish again: `track-source publish`",
        ) from error
    try:
        yield connection
    finally:
        connection.close()


def read_facts(
    serve_dir: Path,
    *,
    campaign: str,
    window: str,
    attribution_model: str = "multi-touch",
    dimensions: tuple[str, ...] = ("partner", "channel"),
) -> Facts:
    """The facts of one campaign and window.

    Raises UsageError for a campaign, window or method that was not built, naming what was.
    """
    with open_served(serve_dir) as connection:
        reader = _Reader(connection)
        found = find_campaign(reader, campaign)
        chosen_window = _find_window(reader, found, window)
        where = {"campaign_id": found.campaign_id, "window_id": chosen_window.window_id}
        totals: tuple[Total, ...] = reader.rows(Total, *_TABLES[Total], where)
        settings = reader.rows(Setting, "rpt_settings", "setting_order, setting", {})
        contributions = reader.rows(Contribution, *_TABLES[Contribution], where)
        agreed = next((s.value for s in settings if s.setting == "agreed_method"), None)
        methods = _in_reading_order(
            {row.method for row in totals} | {row.method for row in contributions}
        )
        return Facts(
            publication=reader.publication(),
            campaign=found,
            window=chosen_window,
            method=resolve_method(attribution_model, found.agreed_method or agreed, methods),
            methods=methods,
            dimensions=dimensions,
            totals=totals,
            contributions=contributions,
            breakdowns=reader.rows(Breakdown, *_TABLES[Breakdown], where),
            comparisons=reader.rows(Comparison, *_TABLES[Comparison], where),
            reconciliations=reader.rows(Reconciliation, *_TABLES[Reconciliation], where),
            joint_ledgers=reader.rows(JointLedger, *_TABLES[JointLedger], where),
            paces=reader.rows(Pace, *_TABLES[Pace], where),
            asset_returns=reader.rows(AssetReturn, *_TABLES[AssetReturn], where),
            funnel=reader.rows(FunnelStep, "rpt_funnel", "partner_id, stage_order", where),
            health=reader.rows(
                HealthCheck,
                "rpt_data_health",
                "case status when 'fail' then 0 when 'warn' then 1 else 2 end, "
                "amount_at_stake desc nulls last, check_id",
                {},
            ),
            feed_slas=reader.rows(FeedSla, "rpt_feed_sla", "feed_id", {}),
            utm_risks=reader.rows(
                UtmRisk,
                "rpt_utm_health",
                f"partner_id, case finding when '{UTM_ALL}' then 0 else 1 end, "
                "pipeline_at_risk desc, touches desc, finding",
                where,
            ),
            settings=settings,
            withheld=tuple(reader.withheld),
        )


def resolve_method(wanted: str, agreed: str | None, built: Sequence[str]) -> str:
    """The method id that was asked for; multi-touch is the campaign's agreed method.

    `-` and `_` are one, and so are upper and lower case. Raises UsageError if it was not built, or
    if it credits no deal.
    """
    method = wanted.strip().lower().replace("-", "_")
    if method == MULTI_TOUCH:
        method = agreed or ""
    if method in PLAYERS_ONLY:
        raise UsageError(
            f'Attribution model "{wanted}" credits players and no deal'
            + (f" (it means {method} here)" if method != wanted else ""),
            where="--attribution-model",
            expected="a model that credits touches, so that every deal adds up",
            do=f"{PLAYERS_ONLY[method]}; its figures per player stand in marts.fct_player_effects",
        )
    if method in built or not built:
        return method
    close = nearest(method, built)
    raise UsageError(
        f'Attribution model "{wanted}" is not in this build'
        + (f" (it means {method} here)" if method and method != wanted else ""),
        where="--attribution-model",
        expected=f"one of {', '.join(built)}" + (f"; closest: {', '.join(close)}" if close else ""),
        do=f"add {method or 'the method'} to attribution_methods in dbt_project.yml and build "
        "again, or choose another model",
    )


def select(
    serve_dir: Path, kind: type[Row], table: str, order_by: str, schema: str = "marts"
) -> tuple[Row, ...]:
    """All rows of one published table; none if it was withheld."""
    with open_served(serve_dir) as connection:
        return _Reader(connection).rows(kind, table, order_by, {}, schema)


def find_campaign(reader: _Reader, wanted: str) -> Campaign:
    """The published campaign with this id, name or alias."""
    campaigns = reader.rows(Campaign, "dim_campaign", "campaign_id", {}, schema="marts")
    names = [(row.campaign_id, row.campaign_name) for row in campaigns]
    campaign_id = match_campaign(wanted, names, reader.aliases())
    return next(row for row in campaigns if row.campaign_id == campaign_id)


def match_campaign(
    wanted: str, campaigns: list[tuple[str, str]], aliases: list[tuple[str, str]]
) -> str:
    """The id of the campaign with this id, name or alias; case and outer spaces do not matter.

    campaigns: (campaign_id, campaign_name); aliases: (campaign_id, alias).
    Raises UsageError naming the nearest names, or the candidates when there are several.
    """
    ids = {campaign_id for campaign_id, _ in campaigns}
    if wanted.strip() in ids:
        return wanted.strip()
    key = " ".join(wanted.split()).casefold()
    called = [*((one, one) for one in ids), *campaigns, *aliases]
    found = sorted({one for one, name in called if name.casefold() == key and one in ids})
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f'"{wanted}" names {len(found)} campaigns',
            where="--campaign",
            expected=f"one of the ids {', '.join(found)}",
            do=f"type the id: --campaign {found[0]}",
        )
    known = [name for one, name in called if one in ids]
    close = nearest(wanted, known) or [name for _, name in campaigns[:5]]
    if not close:
        raise UsageError(
            f'Unknown campaign "{wanted}"',
            where="--campaign",
            expected="a campaign; there is none yet",
            do="add the campaign to seeds/campaigns.csv and build again",
        )
    raise UsageError(
        f'Unknown campaign "{wanted}"',
        where="--campaign",
        expected=f"a campaign id or name; nearest: {', '.join(close)}",
        do=f'--campaign "{close[0]}", or add the campaign to seeds/campaigns.csv (another name '
        "for one to seeds/campaign_aliases.csv) and build again",
    )


def _find_window(reader: _Reader, campaign: Campaign, wanted: str) -> Window:
    windows = reader.rows(
        Window, "rpt_windows", "days, window_id", {"campaign_id": campaign.campaign_id}
    )
    found = [row for row in windows if row.window_id == wanted]
    if found:
        return found[0]
    built = [row.window_id for row in windows]
    listed = ", ".join(f'"{name}"' for name in [*built, wanted])
    raise UsageError(
        f"Window {wanted} was not built for {campaign.campaign_name}",
        where="--window",
        expected=f"one of {', '.join(built) or 'none (no report windows are published)'}",
        do="leave out --no-build (the command then builds the window itself), "
        f"or `dbt build --vars 'report_windows: [{listed}]'` and `track-source publish`",
    )


def _in_reading_order(methods: set[str]) -> tuple[str, ...]:
    known = [method for method in METHOD_ORDER if method in methods]
    return (*known, *sorted(methods.difference(known)))


class _Reader:
    """Selects from the served file into dataclasses: a field is a column of the same name."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.withheld: list[str] = []
        found = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
        ).fetchall()
        self.columns: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in found:
            self.columns.setdefault((schema, table), set()).add(column)

    def rows(
        self,
        kind: type[Row],
        table: str,
        order_by: str,
        where: dict[str, Any],
        schema: str = "reports",
    ) -> tuple[Row, ...]:
        """All rows of a table that match, in this order; none, and noted, if it is withheld."""
        if (schema, table) not in self.columns:
            self.withheld.append(f"{schema}.{table}")
            return ()
        fields = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
        missing = [name for name in fields if name not in self.columns[schema, table]]
        if missing:
            raise PublicationError(
                f"{schema}.{table} has no column {', '.join(missing)}",
                where=SERVED_FILE,
                expected="a file published by this version of the project",
                do="build and publish again: `dbt build` and `track-source publish`",
            )
        condition = " and ".join(f"{column} = ?" for column in where) or "true"
        statement = (
            f"select {', '.join(fields)} from {schema}.{table} "
            f"where {condition} order by {order_by}"
        )
        found = self.connection.execute(statement, list(where.values())).fetchall()
        return tuple(kind(*row) for row in found)

    def publication(self) -> Publication:
        found = self.rows(Publication, "publication", "published_at desc", {}, schema="marts")
        if not found:
            raise PublicationError(
                "The served file holds no publication row",
                where=SERVED_FILE,
                expected="a file written by `track-source publish`",
                do="publish again: `track-source publish`",
            )
        return found[0]

    def aliases(self) -> list[tuple[str, str]]:
        """(campaign_id, alias) of every published alias."""
        if ("marts", "campaign_aliases") not in self.columns:
            return []
        statement = "select campaign_id, alias from marts.campaign_aliases order by 1, 2"
        return [(str(a), str(b)) for a, b in self.connection.execute(statement).fetchall()]
