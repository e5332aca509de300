"""Compose the lookups of a workspace: its own seeds, and the project's reference seeds.

A data folder may carry `seeds/`. What it has replaces the project's file of that name; reference
lookups that it leaves out (countries, channel rules, ...) are taken from the project; lookups that
name partners, campaigns or people and are left out are taken as empty, so that nothing of the demo
leaks into somebody's figures.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import shutil
import sys
from pathlib import Path

REFERENCE_SEEDS = frozenset(
    {
        "channel_aliases",
        "channel_rules",
        "channels",
        "countries",
        "country_aliases",
        "currencies",
        "free_mail_domains",
        "funnel_stages",
        "source_categories",
        "stage_map",
    }
)
"""Lookups that hold for everyone until somebody says otherwise."""


class SeedsError(ValueError):
    """A workspace seed that the project does not know or cannot use."""


def compose(project: Path, own: Path, output: Path) -> list[Path]:
    """Write one complete seeds folder to `output` and return its CSV files, sorted.

    project: the project's seeds folder (its file names and headers are the contract).
    own: the workspace's seeds folder; any subset of those files, columns in any order.

    Raises SeedsError for a file name that no model reads or a header without a needed column.
    """
    known = {path.stem: path for path in sorted(project.glob("*.csv"))}
    for path in sorted(own.glob("*.csv")):
        if path.stem not in known:
            close = difflib.get_close_matches(path.stem, known, n=1)
            hint = f" Did you mean {close[0]}.csv?" if close else f" Known: {', '.join(known)}."
            raise SeedsError(f"Unknown lookup {path.name} in {own}.{hint}")
    if output.exists():
        shutil.rmtree(output)
    output.mkdir(parents=True)
    return [_compose_one(path, own / path.name, output / path.name) for path in known.values()]


def _compose_one(theirs: Path, own: Path, target: Path) -> Path:
    with theirs.open(encoding="utf-8", newline="") as handle:
        columns = next(csv.reader(handle))
    if own.exists():
        _write(own, columns, target)
    elif theirs.stem in REFERENCE_SEEDS:
        shutil.copy(theirs, target)
    else:
        target.write_text(",".join(columns) + "\n", encoding="utf-8")
    return target


def _write(own: Path, columns: list[str], target: Path) -> None:
    """Bring a seed into the project's column order; columns that are left out become empty."""
    with own.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        given = [name.strip() for name in reader.fieldnames or columns]
        rows = list(reader)
    unknown = [name for name in given if name not in columns]
    if unknown:
        close = difflib.get_close_matches(unknown[0], columns, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise SeedsError(
            f"{own}: unknown column {unknown[0]}.{hint} Expected: {', '.join(columns)}."
        )
    with target.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            values = {name.strip(): value for name, value in row.items() if name}
            writer.writerow([(values.get(column) or "").strip() for column in columns])


def main(arguments: list[str] | None = None) -> int:
    """Run as `python -m partner_attribution.feeds.seeds --project seeds --own X --output Y`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--own", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        compose(options.project, options.own, options.output)
    except SeedsError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
