"""Which feeds there are: the rows of seeds/feeds.csv and the folders that arrived."""

import codecs
import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from partner_attribution.feeds.errors import FeedsError
from partner_attribution.feeds.month_names import LANGUAGES
from partner_attribution.feeds.names import closest

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_FACTOR = re.compile(r"(?!0+(\.0+)?$)(?=[\d.]{1,11}$)\d{1,10}(\.\d{1,8})?")
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
    currency_mark: str = ""
    """What stands around amounts, `€` or `USD|US$`; amounts in brackets are then negative."""
    number_suffix: tuple[tuple[str, str], ...] = ()
    """What may follow an amount, and its factor: `k=1000|M=1000000`, `%=0.01`."""
    date_format: str = "iso"
    """iso, or strptime formats with `|` between them, of which the first that fits counts."""
    month_names: str = ""
    """Language of the month names in date_format; empty: English."""
    epoch_unit: str = ""
    """s, ms, us or excel (days since 1899-12-30): what a bare number means as a time."""
    quote: str = '"'
    """Empty: cells are never quoted."""
    has_header: bool = True
    columns: tuple[str, ...] = ()
    """Delivered column names, in order, of files without a header line; empty ones are skipped."""
    skip_lines: int = 0
    records: str = ""
    """Field of a JSON document that holds the array of rows."""
    where: tuple[str, tuple[str, ...]] | None = None
    """Delivered column and its values: only these rows belong to the table. A column that ends with
    `!`: only the others do."""
    key: tuple[str, ...] | None = None
    """Declared columns that identify a row; () for none, None for the connector's own."""
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
    distrust: str = ""
    """Why addresses of this feed cannot be matched; files that hold some are refused."""
    problem: str = ""
    """Why the row in seeds/feeds.csv cannot be used; empty when it is fine."""

    @property
    def feed_id(self) -> str:
        """`acme.salesforce`."""
        return f"{self.partner_id}.{self.connector}"


def read_feeds(
    seeds_dir: Path, found: Iterable[tuple[str, str]], reporting_currency: str
) -> tuple[Feed, ...]:
    """Return every feed: declared rows first, then folders (partner, connector) without a row."""
    feeds: dict[str, Feed] = {}
    for row in read_rows(seeds_dir / "feeds.csv", ("partner_id", "connector"), FEED_SETTINGS):
        feed = _feed(row, reporting_currency)
        if feed.feed_id in feeds:
            feed = replace(feed, problem="seeds/feeds.csv has two rows for this feed. Keep one.")
        feeds[feed.feed_id] = feed
    for partner_id, connector in sorted(found):
        folder = Feed(partner_id, connector, currency=reporting_currency, is_declared=False)
        feeds.setdefault(folder.feed_id, folder)
    return tuple(feeds[feed_id] for feed_id in sorted(feeds))


def read_rows(
    path: Path, needed: tuple[str, ...], optional: tuple[str, ...] = ()
) -> list[dict[str, str]]:
    """Return the filled rows of a lookup, cells stripped; none when the file is absent.

    Raises FeedsError for a needed column that is not there, and for one that nobody reads.
    """
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            header = reader.fieldnames or []
            missing = [name for name in needed if name not in header]
            if missing:
                raise FeedsError(f"seeds/{path.name}: missing column {missing[0]}; have {header}.")
            known = (*needed, *optional)
            for name in header:
                if name not in known:
                    near = closest(name, known)
                    raise FeedsError(
                        f"seeds/{path.name}: unknown column {name}"
                        f" ({f'closest: {near}' if near else 'have ' + ', '.join(known)})."
                    )
            rows = [
                {k: (v or "").strip() for k, v in row.items() if k is not None} for row in reader
            ]
    except (csv.Error, UnicodeDecodeError) as error:
        raise FeedsError(f"seeds/{path.name}: not readable as UTF-8 CSV: {error}") from error
    return [row for row in rows if any(row.values())]


def with_settings(feed: Feed, given: dict[str, str], where: str) -> Feed:
    """Return the feed read by these settings too; what is wrong with them is its `problem`.

    given: column of a lookup -> text, not blank. where: the lookup, for messages.
    """
    try:
        values = {_FIELDS.get(k, k): _PARSED.get(k, str)(text) for k, text in given.items()}
        changed = replace(feed, **values)
        _check(changed)
    except ValueError as error:
        return replace(feed, problem=f"{where}: {error}")
    return changed


def _feed(row: dict[str, str], reporting_currency: str) -> Feed:
    feed = Feed(row["partner_id"], row["connector"], currency=reporting_currency)
    given = {name: row[name] for name in FEED_SETTINGS if row.get(name)}
    return with_settings(feed, given, "seeds/feeds.csv")


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


def _lines(text: str) -> int:
    if not text.isdigit() or int(text) > 1000:
        raise ValueError(f"skip_lines must be a number of lines, got {text!r}.")
    return int(text)


def _where(text: str) -> tuple[str, tuple[str, ...]]:
    column, mark, values = text.partition("=")
    is_filled = column.endswith("!")
    if not (column.strip(" !") and mark and (values or is_filled)):
        raise ValueError(f"where must be like Type=Webinar|Event or Type!=Total, got {text!r}.")
    return column.strip(), tuple(value.strip() for value in values.split("|"))


def _suffixes(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [(one.partition("=")[0].strip(), one.partition("=")[2]) for one in text.split("|")]
    for suffix, factor in pairs:
        if not suffix or re.search(r"[\d.,]", suffix) or not _FACTOR.fullmatch(factor):
            raise ValueError(
                f"number_suffix must be like k=1000|M=1000000 or %=0.01, got {text!r}."
                " Factors have up to 10 digits."
            )
    return tuple(pairs)


def _key(text: str) -> tuple[str, ...]:
    return () if text.lower() == "none" else _names(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split("|"))


FEED_SETTINGS = (
    "dialect",
    "currency",
    "timezone",
    "email_hash_scheme",
    "encoding",
    "delimiter",
    "decimal_mark",
    "thousands_mark",
    "date_format",
    "delivery_mode",
    "cadence_days",
    "warn_reject_share",
    "max_reject_share",
    "deliveries_compared",
    "owner",
    "is_required",
)
"""Columns of seeds/feeds.csv: what holds for the feed."""

FILE_SETTINGS = (
    "encoding",
    "delimiter",
    "quote",
    "header",
    "columns",
    "skip_lines",
    "decimal_mark",
    "thousands_mark",
    "currency_mark",
    "number_suffix",
    "date_format",
    "month_names",
    "epoch_unit",
    "timezone",
    "records",
    "where",
)
"""Columns of seeds/feed_files.csv: what may differ between the files of a feed."""

TABLE_SETTINGS = ("key", "delivery_mode")
"""Columns of seeds/feed_files.csv that hold for all files of a table."""

_FIELDS = {"header": "has_header"}
_PARSED: dict[str, Callable[[str], Any]] = {
    "delimiter": lambda text: _DELIMITERS.get(text.lower(), text),
    "thousands_mark": lambda text: {"space": " ", "nbsp": "\xa0"}.get(text.lower(), text),
    "quote": lambda text: "" if text.lower() == "none" else text,
    "delivery_mode": str.lower,
    "dialect": str.lower,
    "number_suffix": _suffixes,
    "month_names": str.lower,
    "epoch_unit": str.lower,
    "currency": str.upper,
    "warn_reject_share": partial(_share, "warn_reject_share"),
    "max_reject_share": partial(_share, "max_reject_share"),
    "deliveries_compared": partial(_count, "deliveries_compared"),
    "cadence_days": partial(_days, "cadence_days"),
    "is_required": partial(_flag, "is_required"),
    "header": partial(_flag, "header"),
    "skip_lines": _lines,
    "columns": _names,
    "where": _where,
    "key": _key,
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
    formats = feed.date_format.split("|")
    if feed.date_format != "iso" and not all(
        {"%Y", "%y"} & set(re.findall(r"%-?[A-Za-z]", one)) for one in formats
    ):
        raise ValueError(f"date_format must be iso or like %d/%m/%Y, got {feed.date_format!r}.")
    _check_layout(feed)
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


def _check_layout(feed: Feed) -> None:
    if len(feed.quote) > 1 or feed.quote == feed.delimiter or not feed.quote.isascii():
        raise ValueError(f"quote must be one character or none, got {feed.quote!r}.")
    if feed.month_names not in {"", *LANGUAGES}:
        raise ValueError(
            f"month_names must be {', '.join(LANGUAGES[:-1])} or {LANGUAGES[-1]}, got"
            f" {feed.month_names!r}; blank is English."
        )
    if feed.epoch_unit not in {"", "s", "ms", "us", "excel"}:
        raise ValueError(f"epoch_unit must be s, ms, us or excel, got {feed.epoch_unit!r}.")
    if not feed.has_header and not any(feed.columns):
        raise ValueError(
            "header is no, so columns must list the files' columns in order, such as"
            " id|email||created (blank: not read)."
        )
