"""How deliveries are written: tables as CSV, byte for byte the same for the same rows."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

Row = Mapping[str, object]


def write_table(
    path: Path,
    columns: str | Iterable[str],
    rows: Iterable[Row],
    *,
    byte_order_mark: bool = False,
    line_end: str = "\n",
    broken_lines: Mapping[int, str] | None = None,
) -> None:
    """Write `rows` with exactly `columns`; absent values are empty, unknown ones an error.

    A path ending in `.gz` is compressed. `broken_lines` puts raw text in front of the row of that
    number, for rows that no writer would produce.
    """
    names = columns.split() if isinstance(columns, str) else list(columns)
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator=line_end)
    writer.writeheader()
    for number, row in enumerate(rows):
        if broken_lines and number in broken_lines:
            text.write(broken_lines[number] + line_end)
        writer.writerow({name: _text(value) for name, value in row.items()})
    content = text.getvalue().encode("utf-8-sig" if byte_order_mark else "utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    # No name and no time in the gzip header, or no two runs would be alike.
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        raise TypeError("Write times through iso, utc, epoch_ms or local: vendors differ.")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value)


def iso(at: datetime | None) -> str:
    """2026-05-03T14:12:09.000Z, as APIs write instants."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z" if at else ""


def utc(at: datetime | None) -> str:
    """2026-05-03 14:12:09 UTC, as a BigQuery export of Fivetran tables writes instants."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""


def naive(at: datetime | None) -> str:
    """2026-05-03 14:12:09, in UTC but without saying so."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


def local(at: datetime | None, zone: str) -> str:
    """2026-05-03 15:12:09, in the zone of whoever typed it, without saying so."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}" if at else ""


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970."""
    return int(at.astimezone(UTC).timestamp()) * 1000


def digest(*parts: object) -> str:
    """A stable hexadecimal id made of its parts."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def sha256_of_email(email: str) -> str:
    """SHA-256 (hex) of the trimmed, lower-case address: the scheme `lower_trim`."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def salesforce_id(prefix: str, number: int) -> str:
    """The 18-character id of record `number`: 15 where case matters, 3 that say which."""
    scrambled = number * 7919 % 62**4
    tail = ""
    for _ in range(4):
        scrambled, digit = divmod(scrambled, 62)
        tail += _DIGITS[digit]
    return with_salesforce_suffix(f"{prefix}8d00000Q{tail}")


def with_salesforce_suffix(short: str) -> str:
    """Append Salesforce's three check characters to a 15-character id."""
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << i for i, char in enumerate(short[start : start + 5]) if char.isupper())
        suffix += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
    return short + suffix
