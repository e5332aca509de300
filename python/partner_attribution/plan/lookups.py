"""The lookups that a plan and a dry run need, read from the seeds as they stand."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, field
from pathlib import Path

Row = dict[str, str]


def seeds_folder(project: Path) -> Path:
    """Where the lookups live: seeds/, or SEEDS_DIR."""
    return project.joinpath(os.environ.get("SEEDS_DIR", "seeds"))


def read_seed(project: Path, name: str) -> list[Row]:
    """The rows of one lookup; none when the file does not exist."""
    path = seeds_folder(project) / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            {key: (value or "").strip() for key, value in row.items() if key}
            for row in csv.DictReader(file)
        ]


@dataclass(frozen=True)
class Lookups:
    """Owners of campaigns, partners and feeds."""

    owners: tuple[dict[str, str | None], ...] = ()
    feed_owners: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, project: Path | None) -> Lookups:
        """From the project's seeds; empty without a project."""
        if project is None:
            return cls()
        feeds = {
            f"{row.get('partner_id')}.{row.get('connector')}": row["owner"]
            for row in read_seed(project, "feeds")
            if row.get("owner")
        }
        return cls(tuple(_owner(row) for row in read_seed(project, "owners")), feeds)


def _owner(row: Row) -> dict[str, str | None]:
    return {
        "scope": row.get("scope", ""),
        "scope_id": row.get("scope_id", ""),
        "role": row.get("role", ""),
        "owner": row.get("owner") or None,
        "substitute": row.get("substitute") or None,
    }
