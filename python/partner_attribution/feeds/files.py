"""Which files arrived, and to which table and delivery each belongs."""

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from partner_attribution.feeds.advice import on_extension
from partner_attribution.feeds.names import name_key, printable

Kind = Literal["csv", "parquet", "json"]

_EXTENSIONS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_MOMENT = re.compile(
    r"(?<!\d)(\d{4})([-_]?)(\d{2})\2(\d{2})"
    r"(?:[T_ -]?(\d{2})[-:_]?(\d{2})(?:[-:_]?(\d{2}))?Z?)?(?!\d)"
)
_PART_WORDS = frozenset(
    {"part", "p", "data", "export", "extract", "full", "delta", "incremental", "snapshot"}
    | {"batch", "chunk", "file", "v", "of", "run"}
)


@dataclass(frozen=True)
class DeliveredFile:
    """One file as it lies in a feed's folder."""

    path: Path
    shown: str
    """Path below data_dir, safe to print."""
    stem: str
    folders: tuple[str, ...]
    """Folders between the feed's folder and the file, outermost first."""
    kind: Kind | None
    """None: not a kind that can be landed."""
    delivery_id: str
    delivered_at: datetime | None
    stamp: tuple[int, int, int]
    """Size, modification and change time: what tells a changed file from an unchanged one."""
    problem: str = ""


def find_feeds(data_dir: Path) -> list[tuple[str, str]]:
    """Return (partner, connector) for every folder `partners/<partner>/<connector>`."""
    return [
        (partner.name, connector.name)
        for partner in _folders(data_dir / "partners")
        for connector in _folders(partner)
    ]


def find_files(data_dir: Path, partner_id: str, connector: str) -> list[DeliveredFile]:
    """Return the files of one feed in a stable order; hidden files are left out.

    Links are followed only where they stay inside the feed's own folder.
    """
    root = data_dir / "partners" / partner_id / connector
    if not root.is_dir() or root.is_symlink() or root.parent.is_symlink():
        return []
    files = [_describe(path, root, data_dir) for path in _walk(root)]
    return sorted(files, key=lambda file: file.shown)


def table_name_of(file: DeliveredFile, names: Iterable[str]) -> str | None:
    """Return the table name that the file's name, or else its folder's name, carries.

    `<table>`, optionally followed by a number, a date, a word such as `part` or `export`, or, after
    a dot or two underscores, by anything. So `deal_stage.csv` is never read as a part of `deal`.
    """
    by_length = sorted(names, key=lambda name: (-len(name_key(name)), name))
    for text in (file.stem, *reversed(file.folders)):
        for name in by_length:
            if _carries(text, name_key(name)):
                return name
    return None


def parse_moment(text: str) -> tuple[str, datetime] | None:
    """Find a date or timestamp in a file or folder name: (delivery_id, moment)."""
    for match in _MOMENT.finditer(text):
        year, _, month, day, hour, minute, second = match.groups()
        try:
            moment = datetime(
                int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0)
            )
        except ValueError:
            continue
        if 1990 <= moment.year <= 2100:
            time = f"T{hour}{minute}{second or ''}" if hour else ""
            return f"{moment:%Y-%m-%d}{time}", moment
    return None


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    entries = [e for e in os.scandir(folder) if e.is_dir(follow_symlinks=False)]
    return [folder / e.name for e in sorted(entries, key=lambda e: e.name) if _is_shown(e.name)]


def _is_shown(name: str) -> bool:
    return not name.startswith((".", "_", "~"))


def _is_hidden_data(name: str) -> bool:
    """True for `_raw_deals.csv`: a mark such as `_SUCCESS` has no such ending."""
    plain = name.lower().removesuffix(".gz")
    return name.startswith("_") and any(plain.endswith(ending) for ending in _EXTENSIONS)


def _walk(folder: Path) -> Iterator[Path]:
    for entry in os.scandir(folder):
        is_folder = entry.is_dir(follow_symlinks=False)
        if not _is_shown(entry.name) and (is_folder or not _is_hidden_data(entry.name)):
            continue
        if is_folder:
            yield from _walk(folder / entry.name)
        else:
            yield folder / entry.name


def _describe(path: Path, root: Path, data_dir: Path) -> DeliveredFile:
    shown = printable(path.relative_to(data_dir).as_posix(), 500)
    name = printable(path.name, 500).removesuffix(".gz").removesuffix(".GZ")
    stem, dot, extension = name.rpartition(".")
    kind = _EXTENSIONS.get(f".{extension.lower()}") if dot else None
    folders = tuple(printable(part) for part in path.relative_to(root).parts[:-1])
    moments = (parse_moment(text) for text in (*reversed(folders), stem))
    delivery_id, delivered_at = next((found for found in moments if found), ("undated", None))
    stamp, problem = (0, 0, 0), ""
    try:
        if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
            problem = "is a link that leaves the feed's folder; deliver the file itself."
        elif not path.is_file():
            problem = "is not a regular file."
        else:
            status = path.stat()
            stamp = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    except (OSError, RuntimeError) as error:
        # Before Python 3.13 a link that leads to itself is a RuntimeError.
        problem = f"cannot be read: {getattr(error, 'strerror', None) or 'a link to itself'}."
    if not problem and path.name.startswith("_"):
        problem = "begins with _, like a file that is still being written: rename it to be read."
    if not problem and kind is None:
        problem = on_extension(path)
    return DeliveredFile(
        path, shown, stem, folders, kind, delivery_id, delivered_at, stamp, problem
    )


def _carries(text: str, key: str) -> bool:
    text = unicodedata.normalize("NFKC", _MOMENT.sub(" ", text)).strip()
    position = 0
    for char in key:
        while position < len(text) and not text[position].isalnum():
            position += 1
        if position == len(text) or text[position].lower() != char:
            return False
        position += 1
    rest = text[position:]
    if not rest or rest.startswith((".", "__")):
        return True
    if rest[0].isalpha():
        return False
    words = [word.lower() for word in re.findall(r"[^\W\d_]+|\d+", rest)]
    return all(word.isdigit() or word in _PART_WORDS for word in words)
