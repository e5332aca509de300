"""How names are compared, and how text is placed into SQL."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

_ADDRESS = re.compile(r"[^\s,;:\"<>]+@[^\s,;:\"<>]+")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def name_key(name: str) -> str:
    """Fold a name so that `StageName`, `stage_name` and `Stage Name` are equal."""
    return _NOT_ALPHANUMERIC.sub("", unicodedata.normalize("NFKC", name)).lower()


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that looks most like the name, or None when nothing is near."""
    by_key = {name_key(candidate): candidate for candidate in candidates}
    near = difflib.get_close_matches(name_key(name), by_key, n=1, cutoff=0.6)
    return by_key[near[0]] if near else None


def sql_text(value: str | None) -> str:
    """Quote a value as a SQL string literal."""
    if value is None:
        return "null"
    return "'" + value.replace("'", "''") + "'"


def sql_name(name: str) -> str:
    """Quote a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def printable(text: str, limit: int = 200) -> str:
    """Make foreign text safe for a message: no control characters, no broken Unicode, cut."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    clean = "".join(char if char.isprintable() else "?" for char in clean)
    return clean if len(clean) <= limit else clean[:limit] + "..."


def column_shown(name: str) -> str:
    """A delivered column name for messages; without a header line it can be anybody's data."""
    return _ADDRESS.sub("***@***", printable(name, 60))
