"""Which feeds there are: the rows of seeds/feeds.csv and the folders that arrived."""

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from partner_attribution.feeds.errors import FeedsError

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass(frozen=True)
class Feed:
    """One partner's deliveries from one system, with the settings they are read by."""

    partner_id: str
    connector: str
    dialect: str = "fivetran"
    currency: str = "USD"
    timezone: str = "UTC"
    email_hash_scheme: str = "lower_trim"
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal_mark: str = "."
    thousands_mark: str = ""
    date_format: str = "iso"
    delivery_mode: str = "full"
    cadence_days: float = 7.0
    warn_reject_share: float = 0.0
    """Above it the file is warned of; above max_reject_share it fails."""
    max_reject_share: float = 0.01
    deliveries_compared: int = 2
    """How many of the newest full deliveries are read to find what left since."""
    owner: str = ""
    is_required: bool = False
    is_declared: bool = True
    problem: str = ""
    """Why the row in seeds/feeds.csv cannot be used; empty when it is fine."""

    @property
    def feed_id(self) -> str:
        """`acme.salesforce`."""
        return f"{self.partner_id}.{self.connector}"


@dataclass(frozen=True)
class Overrides:
    """Renames that a user wrote into seeds/feed_columns.csv, keyed by feed and table."""

    columns: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """(feed_id, table) -> {declared column: delivered column}."""
    tables: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """(feed_id, table) -> further names of its files."""


def read_feeds(
    seeds_dir: Path, found: Iterable[tuple[str, str]], reporting_currency: str
) -> tuple[Feed, ...]:
    """Return every feed: declared rows first, then folders (partner, connector) without a row."""
    feeds: dict[str, Feed] = {}
    for row in _rows(seeds_dir / "feeds.csv", ("partner_id", "connector")):
        feed = _feed(row, reporting_currency)
        if feed.feed_id in feeds:
            feed = replace(feed, problem="seeds/feeds.csv has two rows for this feed. Keep one.")
        feeds[feed.feed_id] = feed
    for partner_id, connector in sorted(found):
        folder = Feed(partner_id, connector, currency=reporting_currency, is_declared=False)
        feeds.setdefault(folder.feed_id, folder)
    return tuple(feeds[feed_id] for feed_id in sorted(feeds))


def read_overrides(seeds_dir: Path) -> Overrides:
    """Read seeds/feed_columns.csv; the file may be absent.

    A row renames a column; where `delivered_column` is blank, `declared_column` holds a further
    name under which files of the table arrive.
    """
    overrides = Overrides()
    needed = ("partner_id", "connector", "table_name", "delivered_column", "declared_column")
    for row in _rows(seeds_dir / "feed_columns.csv", needed):
        where = (f"{row['partner_id']}.{row['connector']}", row["table_name"])
        if row["delivered_column"]:
            renames = overrides.columns.setdefault(where, {})
            renames[row["declared_column"]] = row["delivered_column"]
        elif row["declared_column"]:
            overrides.tables.setdefault(where, set()).add(row["declared_column"])
    return overrides


def _rows(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            header = reader.fieldnames or []
            missing = [name for name in needed if name not in header]
            if missing:
                raise FeedsError(f"seeds/{path.name}: missing column {missing[0]}; have {header}.")
            rows = [
                {k: (v or "").strip() for k, v in row.items() if k is not None} for row in reader
            ]
    except (csv.Error, UnicodeDecodeError) as error:
        raise FeedsError(f"seeds/{path.name}: not readable as UTF-8 CSV: {error}") from error
    return [row for row in rows if any(row.values())]


def _feed(row: dict[str, str], reporting_currency: str) -> Feed:
    known = {item.name for item in fields(Feed)} - {"is_declared", "problem"}
    given = {name: value for name, value in row.items() if name in known and value}
    texts = {k: v for k, v in given.items() if k not in _PARSED}
    feed = Feed(**{"currency": reporting_currency, "partner_id": "", "connector": "", **texts})  # type: ignore[arg-type]
    feed = replace(
        feed,
        delimiter=_DELIMITERS.get(feed.delimiter.lower(), feed.delimiter),
        delivery_mode=feed.delivery_mode.lower(),
        dialect=feed.dialect.lower(),
        currency=feed.currency.upper(),
    )
    try:
        values = {
            name: parse(name, given[name]) for name, parse in _PARSED.items() if name in given
        }
        feed = replace(feed, **values)  # type: ignore[arg-type]
        _check(feed)
    except ValueError as error:
        feed = replace(feed, problem=f"seeds/feeds.csv: {error}")
    return feed


def _share(name: str, text: str) -> float:
    share = _number(text)
    if not 0 <= share <= 1:
        raise ValueError(
            f"{name} must be a share from 0 to 1, got {text!r}. Write 0.01 for one percent."
        )
    return share


def _days(name: str, text: str) -> float:
    days = _number(text)
    if not 0 < days < 10_000:
        raise ValueError(f"{name} must be a number of days, got {text!r}.")
    return days


def _count(name: str, text: str) -> int:
    count = _number(text)
    if not 2 <= count <= 1000 or count != int(count):
        raise ValueError(f"{name} must be a whole number from 2 to 1000, got {text!r}.")
    return int(count)


def _flag(name: str, text: str) -> bool:
    if text.lower() not in {"true", "false", "yes", "no", "1", "0", "t", "f"}:
        raise ValueError(f"{name} must be true or false, got {text!r}.")
    return text.lower() in {"true", "yes", "1", "t"}


def _number(text: str) -> float:
    """NaN, which no range holds, for what is no number."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


_PARSED: Mapping[str, Callable[[str, str], float | bool]] = {
    "warn_reject_share": _share,
    "max_reject_share": _share,
    "deliveries_compared": _count,
    "cadence_days": _days,
    "is_required": _flag,
}


def _check(feed: Feed) -> None:
    for name in ("partner_id", "connector"):
        if not _SLUG.fullmatch(getattr(feed, name)):
            raise ValueError(f"{name} must be letters, digits, - and _: {getattr(feed, name)!r}.")
    if feed.delivery_mode not in {"full", "incremental"}:
        raise ValueError(f"delivery_mode must be full or incremental, got {feed.delivery_mode!r}.")
    if feed.warn_reject_share > feed.max_reject_share:
        raise ValueError(
            f"warn_reject_share {feed.warn_reject_share:g} is above max_reject_share"
            f" {feed.max_reject_share:g}, at which the file fails. Lower it, or raise the other."
        )
    if len(feed.delimiter) != 1 or feed.delimiter in '"\r\n\0' or not feed.delimiter.isascii():
        raise ValueError(f"delimiter must be one character, got {feed.delimiter!r}.")
    if feed.decimal_mark not in {".", ","}:
        raise ValueError(f"decimal_mark must be . or , but is {feed.decimal_mark!r}.")
    if feed.thousands_mark == feed.decimal_mark or len(feed.thousands_mark) > 1:
        raise ValueError("thousands_mark must be one character other than the decimal_mark.")
    if feed.date_format != "iso" and not {"%Y", "%y"} & set(
        re.findall(r"%-?[A-Za-z]", feed.date_format)
    ):
        raise ValueError(f"date_format must be iso or like %d/%m/%Y, got {feed.date_format!r}.")
    try:
        codecs.lookup(feed.encoding)
    except LookupError:
        raise ValueError(f"unknown encoding {feed.encoding!r}.") from None
    try:
        ZoneInfo(feed.timezone)
    except Exception:
        raise ValueError(
            f"unknown timezone {feed.timezone!r}; write it as Europe/Berlin."
        ) from None
