"""Links as people hand them in: a CSV with a column `url`, or text with a link per line."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from partner_attribution.errors import UsageError
from partner_attribution.utm.contract import PARAMETERS
from partner_attribution.utm.lint import AROUND_AT, Finding
from partner_attribution.utm.matching import edit_distance


@dataclass(frozen=True)
class Given:
    """One link of a file, and what the file says about it."""

    line: int
    url: str
    partner: str = ""
    campaign: str = ""
    asset: str = ""


@dataclass(frozen=True)
class Parsed:
    """The link's path, its UTMs (the first of each), and what is wrong with the link itself."""

    path: str
    values: dict[str, str]
    findings: tuple[Finding, ...]


def read_links(file: Path) -> list[Given]:
    """The links of a file; blank lines and lines that begin with # are left out."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The links cannot be read: {error}",
            where=str(file),
            expected="a CSV with a column url, or text with one link per line, in UTF-8",
            do="track-source lint-links links.csv --campaign <campaign_id>",
        ) from error
    lines = text.splitlines()
    header = lines[0].lower() if lines else ""
    found = (
        _from_csv(file, text)
        if file.suffix.lower() == ".csv" or "url" in _cells(header)
        else [
            Given(number, line.strip())
            for number, line in enumerate(lines, start=1)
            if line.strip() and not line.lstrip().startswith("#")
        ]
    )
    if not found:
        raise UsageError(
            "There is no link in the file",
            where=str(file),
            expected="at least one link",
            do="put one link per line, or a column url",
        )
    return found


def _cells(header: str) -> list[str]:
    return [cell.strip().strip('"') for cell in header.replace(";", ",").split(",")]


def _from_csv(file: Path, text: str) -> list[Given]:
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter)
    names = {name.strip().lower(): name for name in reader.fieldnames or [] if name}
    if "url" not in names:
        raise UsageError(
            "The file has no column url",
            where=str(file),
            expected="a header with url, and partner, campaign, asset where they differ by link",
            do=f"rename the column with the links; found: {', '.join(names) or 'nothing'}",
        )

    def cell(row: dict[str, str], name: str) -> str:
        return (row.get(names.get(name, "")) or "").strip()

    return [
        Given(
            reader.line_num,
            cell(row, "url"),
            partner=cell(row, "partner"),
            campaign=cell(row, "campaign"),
            asset=cell(row, "asset"),
        )
        for row in reader
        if cell(row, "url")
    ]


def parse(url: str) -> Parsed:
    """Split a link; a link that nobody can follow has no UTMs, only a finding."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port is None or parts.port else None
    except ValueError:
        host = None
    if host is None or parts.scheme not in {"http", "https"} or any(c.isspace() for c in url):
        return Parsed("", {}, (_unreadable_link(url),))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    values: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(name, value)
    return Parsed(
        parts.path,
        {name: value for name, value in values.items() if name in PARAMETERS},
        (
            *_repeated_parameter(pairs),
            *_misnamed_parameter(values),
            *_tag_after_hash(parts.fragment, values),
            *_swallowed_parameter(parts.path, pairs, values),
            *_encoded_twice(values),
            *_hidden_character(values),
        ),
    )


def _link_finding(  # noqa: PLR0917
    rule: str, severity: str, parameter: str, raw: str, message: str, fix: str
) -> Finding:
    shown, message, fix = (AROUND_AT.sub("***", text) for text in (raw, message, fix))
    return Finding(rule, severity, parameter, shown, None, None, message, fix)


def _unreadable_link(url: str) -> Finding:
    return _link_finding(
        "unreadable_link",
        "error",
        "url",
        url,
        "This is no link that a browser can follow",
        "Begin with https://, and write blanks as %20",
    )


def _repeated_parameter(pairs: list[tuple[str, str]]) -> Iterator[Finding]:
    for name in PARAMETERS:
        given = [value for key, value in pairs if key == name]
        if len(given) > 1:
            yield _link_finding(
                "repeated_parameter",
                "error",
                name,
                " | ".join(given),
                f"{name} stands {len(given)} times; each tool reads another one",
                f"Keep one {name}",
            )


def _misnamed_parameter(values: dict[str, str]) -> Iterator[Finding]:
    for name in values:
        meant = meant_parameter(name)
        if meant is not None:
            yield _link_finding(
                "misnamed_parameter",
                "error",
                meant,
                name,
                f"{name} is read by no tool",
                f"Type {meant}",
            )


def meant_parameter(name: str) -> str | None:
    """Which UTM parameter a name was meant to be; None for a right one and for any other."""
    if name in PARAMETERS:
        return None
    # `&amp;` is how a page's source writes `&`.
    plain = name.strip().lower().removeprefix("amp;").replace("-", "_").replace(" ", "_")
    if plain in PARAMETERS:
        return plain
    near = [
        known
        for known in PARAMETERS
        if plain.startswith("utm") and len(known) >= 8 and edit_distance(plain, known) <= 2
    ]
    return near[0] if len(near) == 1 else None


def _tag_after_hash(fragment: str, values: dict[str, str]) -> Iterator[Finding]:
    for name, value in parse_qsl(fragment.rpartition("?")[2]):
        if name in PARAMETERS and name not in values:
            yield _link_finding(
                "tag_after_hash",
                "error",
                name,
                value,
                f"{name} stands after #, where no tool reads it",
                "Put the UTMs before #",
            )


def _swallowed_parameter(
    path: str, pairs: list[tuple[str, str]], values: dict[str, str]
) -> Iterator[Finding]:
    """A parameter that became part of the path or of another one: `u=https://...?utm_source=x`."""
    places = [("the path", path)]
    for name, value in pairs:
        places += [(name[:30], value), ("the name of a parameter", name)]
    for parameter in PARAMETERS:
        if parameter in values:
            continue
        begins = re.compile(rf"(?:^|[?&;]){parameter}(?:=|%3D)([^?&;#%]*)", re.IGNORECASE)
        for place, text in places:
            found = begins.search(unquote(text))
            if found is not None:
                yield _link_finding(
                    "swallowed_parameter",
                    "error",
                    parameter,
                    found.group(1),
                    f"{parameter} is part of {place}, so the page itself carries none",
                    f"Begin {parameter} with & behind the one ? of the link; for a link inside a"
                    " link, lint the inner one too",
                )
                break


def _encoded_twice(values: dict[str, str]) -> Iterator[Finding]:
    for name in PARAMETERS:
        raw = values.get(name, "")
        if re.search("%[0-9A-Fa-f]{2}", raw):
            yield _link_finding(
                "encoded_twice",
                "error",
                name,
                raw,
                f"{name} is percent-encoded twice: every tool reads {raw}",
                f"Write {name}={quote(unquote(raw), safe='')}",
            )


def _hidden_character(values: dict[str, str]) -> Iterator[Finding]:
    """What nobody sees makes two values of one; bytes that are no text are lost."""
    for name in PARAMETERS:
        raw = values.get(name, "")
        hidden = [c for c in raw if c == "\ufffd" or unicodedata.category(c) in {"Cc", "Cf"}]
        if hidden:
            codes = ", ".join(f"U+{ord(c):04X}" for c in dict.fromkeys(hidden))
            yield _link_finding(
                "hidden_character",
                "error",
                name,
                raw,
                f'{name} "{raw}" holds what nobody can see or read: {codes}',
                f"Type the value of {name} anew",
            )
