"""Errors that tell the reader what to type next.

Every error that a user can cause or mend is an AttributionError. The command prints it without a
traceback and leaves with its exit code: 1 error, 2 wrong usage.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class AttributionError(Exception):
    """What was wrong, where it was seen, what was expected, and what to type next."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", expected: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.expected = expected
        self.do = do

    def __str__(self) -> str:
        lines = [self.what if not self.where else f"{self.what} ({self.where})"]
        if self.expected:
            lines.append(f"Expected: {self.expected}")
        if self.do:
            lines.append(f"Do: {self.do}")
        return "\n".join(lines)


class UsageError(AttributionError):
    """The command was called with something it cannot know or accept."""

    exit_code = 2


class BusyError(AttributionError):
    """Another process holds what this one needs."""


class BuildError(AttributionError):
    """dbt did not build what the readout needs; the last publication stays as it was."""


class PublicationError(AttributionError):
    """The served copy is missing, incomplete or not ours."""


class PlanError(AttributionError):
    """A plan file does not hold together."""


BROKEN_DATABASE = "not a valid DuckDB database"
REBUILD = (
    "move that file away and run `dbt build`: everything in it is made again from the deliveries; "
    "the last publication stays as it was"
)


def nearest(wanted: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names closest to the wanted one, best first; case does not matter."""
    by_folded = {name.casefold(): name for name in known}
    found = get_close_matches(wanted.casefold(), list(by_folded), n=count, cutoff=0.4)
    return [by_folded[name] for name in found]
