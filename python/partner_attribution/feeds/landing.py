"""Gather every partner delivery and land it as typed raw tables and logs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb

from partner_attribution.feeds.column_history import column_runs
from partner_attribution.feeds.declarations import TableDeclaration, load_declarations
from partner_attribution.feeds.feed_list import Feed, read_feeds
from partner_attribution.feeds.file_reader import FeedFiles
from partner_attribution.feeds.files import DeliveredFile, find_feeds, find_files, table_name_of
from partner_attribution.feeds.hash_check import checked, is_hash_check
from partner_attribution.feeds.logs import (
    LOG_TABLES,
    Delivery,
    FeedStatus,
    create_log_table,
    delivery_row,
    feed_row,
    feed_status,
    write_rows,
)
from partner_attribution.feeds.names import closest, sql_name
from partner_attribution.feeds.own_words import (
    OwnWords,
    as_declared,
    nobodys_feeds,
    problem_of,
    read_own_words,
)
from partner_attribution.feeds.reusing import (
    FormerLanding,
    code_version,
    copy_logs,
    digest,
    read_former,
)
from partner_attribution.feeds.table_landing import TableLanding


@dataclass(frozen=True)
class LandingReport:
    """What one landing did."""

    skipped: bool
    """True when nothing had changed since the last landing."""
    feeds: tuple[FeedStatus, ...] = ()
    rows: Mapping[str, int] | None = None
    """Sums over all files: rows_read, rows_landed, rows_rejected, ..."""
    kept: frozenset[tuple[str, str]] = frozenset()
    """(feed_id, table) whose rows were kept, because nothing of them had changed."""

    @property
    def failed(self) -> tuple[FeedStatus, ...]:
        """The feeds whose data is missing, wholly or in part."""
        return tuple(feed for feed in self.feeds if feed.status in {"failed", "missing"})


def land(
    conn: duckdb.DuckDBPyConnection,
    data_dir: Path | str,
    seeds_dir: Path | str,
    project_dir: Path | str,
    *,
    reporting_currency: str = "USD",
    force: bool = False,
) -> LandingReport:
    """Land all deliveries below `<data_dir>/partners` into schemas raw_<connector> and raw_feeds.

    data_dir may be absent: every declared table then exists, empty. One broken file or feed never
    stops the others; what happened is in raw_feeds.feeds, deliveries, rejects and columns. Until
    the last statement the former raw tables stay as they are; then all change at once.

    Skips the work when neither the files nor the declarations, seeds and settings changed, and
    keeps the rows of each feed and table of which nothing changed. force: reads all again.
    Raises FeedsError when the project's own files are wrong.
    """
    data_dir, seeds_dir, project_dir = Path(data_dir), Path(seeds_dir), Path(project_dir)
    tables = load_declarations(project_dir)
    words = read_own_words(seeds_dir)
    feeds = tuple(
        feed if feed.problem else replace(feed, problem=problem_of(feed, mine, words))
        for feed in read_feeds(seeds_dir, find_feeds(data_dir), reporting_currency)
        for mine in [[table for table in tables if table.connector == feed.connector]]
    )
    files = {
        feed.feed_id: find_files(data_dir, feed.partner_id, feed.connector)
        for feed in feeds
        if "/" not in feed.feed_id
    }
    feeds = (*feeds, *nobodys_feeds(words, feeds))
    feeds = tuple(checked(feed, files.get(feed.feed_id, ())) for feed in feeds)
    fingerprint = _fingerprint(tables, words, feeds, files)
    there = _tables(conn)
    if not force and _is_landed(conn, tables, there, fingerprint):
        return LandingReport(skipped=True)
    former = FormerLanding() if force else read_former(conn, there)
    with _landing_settings(conn):
        return _land(conn, tables, words, feeds, files, fingerprint, former)


def _land(  # noqa: PLR0917
    conn: duckdb.DuckDBPyConnection,
    tables: Sequence[TableDeclaration],
    words: OwnWords,
    feeds: Sequence[Feed],
    files: Mapping[str, Sequence[DeliveredFile]],
    fingerprint: str,
    former: FormerLanding,
) -> LandingReport:
    conn.execute("create schema if not exists raw_feeds")
    for log in LOG_TABLES:
        conn.execute(create_log_table(log, f"raw_feeds._landing_{log}"))
    assigned, deliveries = _assign(tables, words, feeds, files)
    landings = []
    for table in tables:
        of_table = assigned[table.connector, table.name]
        landing = TableLanding(conn, table, of_table, "raw_feeds._landing_", former)
        landing.land()
        deliveries += landing.deliveries
        landings.append(landing)
    connectors = sorted({table.connector for table in tables})
    statuses = tuple(
        feed_status(feed, [d for d in deliveries if d.feed_id == feed.feed_id], connectors)
        for feed in feeds
    )
    deliveries.sort(key=lambda d: (d.feed_id, d.table_name or "", d.file))
    logs = {
        "feeds": [feed_row(status) for status in statuses],
        "deliveries": [delivery_row(delivery) for delivery in deliveries],
        "columns": column_runs(seen for landing in landings for seen in landing.columns),
        "parts": [vars(part) for landing in landings for part in landing.parts],
        "landing": [{"fingerprint": fingerprint, "code": code_version()}],
    }
    for log, rows in logs.items():
        write_rows(conn, log, f"raw_feeds._landing_{log}", rows)
    kept = sorted((feed_id, one.table.name) for one in landings for feed_id in one.kept)
    copy_logs(conn, "raw_feeds._landing_", kept)
    _publish(conn, landings)
    return LandingReport(False, statuses, _sums(deliveries), frozenset(kept))


def _assign(
    tables: Sequence[TableDeclaration],
    words: OwnWords,
    feeds: Sequence[Feed],
    files: Mapping[str, Sequence[DeliveredFile]],
) -> tuple[dict[tuple[str, str], list[FeedFiles]], list[Delivery]]:
    """Give each table its feeds and files; files that no table claims become deliveries."""
    assigned: dict[tuple[str, str], list[FeedFiles]] = {
        (table.connector, table.name): [] for table in tables
    }
    unclaimed: list[Delivery] = []
    for feed in feeds:
        if feed.problem:
            continue
        mine = [table for table in tables if table.connector == feed.connector]
        names = {table.name: table.delivered_names(feed.dialect) for table in mine}
        every = sorted({name for some in names.values() for name in some})
        claims: dict[str, list[DeliveredFile]] = {table.name: [] for table in mine}
        for file in files.get(feed.feed_id, ()):
            if is_hash_check(file):
                continue
            claimants = [] if file.problem else sorted(words.claims(feed, file, mine))
            if not claimants and not file.problem:
                name = table_name_of(file, every)
                # Stitch makes a table of every array: contacts__list_memberships is no contacts.
                if name and feed.dialect == "stitch" and file.stem.count("__") > name.count("__"):
                    name = None
                claimants = [table.name for table in mine if name in names[table.name]]
            for claimant in claimants:
                claims[claimant].append(file)
            if not claimants:
                unclaimed.append(_unclaimed(feed, file, mine, every))
        for table in mine:
            if claims[table.name]:
                as_table = words.read_as(feed, table, None)
                assigned[table.connector, table.name].append(
                    FeedFiles(
                        as_table,
                        as_declared(as_table, table),
                        claims[table.name],
                        [words.read_as(feed, table, file) for file in claims[table.name]],
                        words.of(feed, table),
                    )
                )
    return assigned, unclaimed


def _unclaimed(
    feed: Feed, file: DeliveredFile, tables: Sequence[TableDeclaration], names: Sequence[str]
) -> Delivery:
    """A file that no table claims, with advice on what to write where."""
    dialects = sorted({dialect for table in tables for dialect in table.dialects})
    near = closest(file.stem, names)
    table = next((t.name for t in tables if near in t.delivered_names(feed.dialect)), near)
    message = file.problem or f"{file.shown}: no table of {feed.connector} has this name."
    spoken = [
        dialect
        for dialect in dialects
        if table_name_of(file, {n for table in tables for n in table.delivered_names(dialect)})
    ]
    if spoken and not file.problem:
        message += f" It is one of dialect {spoken[0]}: declare that in seeds/feeds.csv."
    elif near and not file.problem:
        message += (
            f" If it is {table}, rename it, or add to seeds/feed_files.csv:"
            f" {feed.partner_id},{feed.connector},{table},{file.stem}*"
        )
    elif not file.problem:
        message += (
            f" Add to seeds/feed_files.csv: {feed.partner_id},{feed.connector},<table>,{file.stem}*"
            f" - tables: {', '.join(t.name for t in tables)}."
        )
    return Delivery(
        feed.feed_id,
        None,
        file.shown,
        file.delivery_id,
        file.delivered_at,
        status="ignored",
        message=message,
        file_bytes=file.stamp[0],
    )


def _publish(conn: duckdb.DuckDBPyConnection, landings: Sequence[TableLanding]) -> None:
    """Replace the former raw tables by the landed ones, all in one transaction."""
    pairs = [(landing.schema, landing.table.name) for landing in landings if not landing.is_there]
    pairs += [("raw_feeds", log) for log in LOG_TABLES]
    conn.execute("begin transaction")
    try:
        for schema, name in pairs:
            landed = sql_name(f"_landing_{name}")
            conn.execute(f"drop table if exists {schema}.{sql_name(name)}")
            conn.execute(f"alter table {schema}.{landed} rename to {sql_name(name)}")
        conn.execute("commit")
    except BaseException:
        conn.execute("rollback")
        raise


def _tables(conn: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """Schema and name of every table of the database."""
    return set(
        conn.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_catalog = current_database() and table_type = 'BASE TABLE'"
        ).fetchall()
    )


def _is_landed(
    conn: duckdb.DuckDBPyConnection,
    tables: Sequence[TableDeclaration],
    there: set[tuple[str, str]],
    fingerprint: str,
) -> bool:
    """True when the database holds exactly this landing and no raw table is gone."""
    wanted = {(f"raw_{table.connector}", table.name) for table in tables}
    wanted |= {("raw_feeds", log) for log in LOG_TABLES}
    if not wanted <= there:
        return False
    return conn.execute("select fingerprint from raw_feeds.landing").fetchall() == [(fingerprint,)]


def _fingerprint(
    tables: Sequence[TableDeclaration],
    words: OwnWords,
    feeds: Sequence[Feed],
    files: Mapping[str, Sequence[DeliveredFile]],
) -> str:
    """Identify everything that the raw layer depends on; files by size and times, not content."""
    content = {
        "code": code_version(),
        "tables": [table.model_dump(mode="json") for table in tables],
        "columns": sorted((where, asdict(one)) for where, one in words.columns.items()),
        "rules": {feed_id: [asdict(rule) for rule in one] for feed_id, one in words.files.items()},
        "feeds": [asdict(feed) for feed in feeds],
        "files": {
            feed_id: [(file.shown, file.stamp, file.problem) for file in found]
            for feed_id, found in files.items()
        },
    }
    return digest(content)


@contextmanager
def _landing_settings(conn: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Settings of a landing. Row numbers come from insertion order, so it must be kept.

    A checkpoint after every file would write each file's last rows again; a threshold that somebody
    chose stays, because only the default can be set back exactly.
    """

    def current(name: str) -> object:
        return conn.execute(f"select current_setting('{name}')").fetchall()[0][0]

    is_ordered = current("preserve_insertion_order")
    is_default = current("checkpoint_threshold") == "16.0 MiB"
    conn.execute("set preserve_insertion_order = true")
    if is_default:
        conn.execute("set checkpoint_threshold = '1GB'")
    try:
        yield
    finally:
        conn.execute(f"set preserve_insertion_order = {is_ordered}")
        if is_default:
            conn.execute("reset checkpoint_threshold")


def _sums(deliveries: Sequence[Delivery]) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for delivery in deliveries:
        for name, value in delivery_row(delivery).items():
            if name.startswith("rows_"):
                sums[name] += value
    return dict(sums)
