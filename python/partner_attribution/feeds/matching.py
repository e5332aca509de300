"""Which delivered column is which declared one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from partner_attribution.feeds.advice import on_columns
from partner_attribution.feeds.declarations import TableDeclaration
from partner_attribution.feeds.errors import DeliveryError
from partner_attribution.feeds.feed_list import Feed
from partner_attribution.feeds.names import closest, column_shown, name_key
from partner_attribution.feeds.own_words import ColumnWords

ELEMENT = "explode"
"""In a dialect's columns: the element of the exploded array, or `explode.<field>` of it."""


@dataclass(frozen=True)
class Drift:
    """A difference between what was declared and what arrived."""

    kind: str
    """extra, missing or renamed."""
    delivered_column: str | None
    declared_column: str | None
    message: str = ""


@dataclass(frozen=True)
class Match:
    """Declared column -> delivered column; what is not in it is missing."""

    columns: Mapping[str, str]
    drift: tuple[Drift, ...]
    types: Mapping[str, str] = field(default_factory=dict)
    """Declared column -> what the file itself says its values are; text files say nothing."""


def match_columns(
    table: TableDeclaration,
    feed: Feed,
    delivered: Sequence[str],
    words: ColumnWords,
    types: Mapping[str, str] | None = None,
) -> Match:
    """Match delivered column names to declared ones.

    Names written in seeds/feed_columns.csv come first, then the dialect's, then the declared name
    (case and separators ignored), then its aliases. types: delivered column -> what the file says
    its values are. Raises DeliveryError for a missing
    required column, for two columns that claim the same declared one, and for a name in
    seeds/feed_columns.csv that the file does not have.
    """
    spelling = table.dialect(feed.dialect)
    found: dict[str, str] = {}
    for column in table.columns:
        own = words.delivered(column.name)
        spelled = spelling.columns.get(column.name)
        element = spelled if spelling.explode and not own else None
        if element and (element == ELEMENT or element.startswith(ELEMENT + ".")):
            found[column.name] = element
            continue
        for name in (*own, spelled, column.name, *column.aliases):
            hits = _hits(name, delivered) if name else []
            if len(hits) > 1:
                shown = ", ".join(column_shown(hit) for hit in hits)
                raise DeliveryError(
                    f"column {column.name} arrives {len(hits)} times ({shown}). Deliver it once."
                )
            if hits:
                found[column.name] = hits[0]
                break
        if own and column.name not in found and column.name not in words.defaults:
            raise DeliveryError(_not_there(words.renames[column.name], column.name, delivered))
    kinds = {column: types[name] for column, name in found.items() if types and name in types}
    match = Match(found, _drift(table, found, delivered, spelling.explode), kinds)
    try:
        _check_required(table, feed, {**dict.fromkeys(words.defaults, ""), **found}, delivered)
    except DeliveryError as error:
        raise DeliveryError(str(error), match) from None
    return match


def _not_there(own: Sequence[str], declared: str, delivered: Sequence[str]) -> str:
    near = next((near for name in own if (near := closest(name, delivered))), None)
    nearest = f"; closest: {column_shown(near)}" if near else ""
    return (
        f"seeds/feed_columns.csv maps {' or '.join(own)} to {declared}, but the file has"
        f" {_listed(delivered)}{nearest}."
    )


def _hits(name: str, delivered: Sequence[str]) -> list[str]:
    exact = [column for column in delivered if column == name]
    return exact or [column for column in delivered if name_key(column) == name_key(name)]


def _check_required(
    table: TableDeclaration, feed: Feed, found: Mapping[str, str], delivered: Sequence[str]
) -> None:
    # A key may hold optional columns (`_fivetran_start` of history mode), but not only absent ones.
    has_key = any(name in found for name in table.key)
    needed = [c for c in table.columns if c.required or (c.name in table.key and not has_key)]
    free = _unused(found, delivered)
    for column in needed:
        if column.name not in found:
            near = closest(column.name, free)
            advice = on_columns(table, feed, delivered, column.name, near)
            nearest = f"; closest: {column_shown(near)}" if near else ""
            raise DeliveryError(
                f"missing required column {column.name}; file has {_listed(delivered)}{nearest}."
                f" {advice}".rstrip()
            )
    if not any(source in delivered for source in found.values()):
        raise DeliveryError(
            f"no declared column found; file has {_listed(delivered)}. Is the header line missing?"
        )


def _listed(delivered: Sequence[str], limit: int = 12) -> str:
    names = [column_shown(name) for name in delivered]
    more = [f"... {len(names) - limit} more"] if len(names) > limit else []
    return f"[{', '.join(names[:limit] + more)}]"


def _unused(found: Mapping[str, str], delivered: Sequence[str]) -> list[str]:
    parts = [part for source in found.values() for part in re.split(r" \+ | \| ", source)]
    parts += [part.partition(".")[0] for part in parts if part not in delivered]
    used = {name_key(part) for part in parts}
    used |= {name_key(source) for source in found.values()}
    split = tuple(source[:-1].lower() for source in found.values() if source.endswith("*"))
    return [
        column
        for column in delivered
        if name_key(column) not in used and not (split and column.lower().startswith(split))
    ]


def _drift(
    table: TableDeclaration,
    found: Mapping[str, str],
    delivered: Sequence[str],
    exploded: str | None,
) -> tuple[Drift, ...]:
    extra = [
        name for name in dict.fromkeys(_unused(found, delivered)) if name not in {exploded, ""}
    ]
    drift = [Drift("extra", column_shown(name), None, _repeated(name, delivered)) for name in extra]
    for column in table.columns:
        source = found.get(column.name)
        if source is None:
            near = closest(column.name, extra)
            hint = f"closest: {column_shown(near)}" if near else ""
            drift.append(Drift("missing", None, column.name, hint))
        elif name_key(source) != name_key(column.name):
            drift.append(Drift("renamed", column_shown(source), column.name))
    return tuple(drift)


def _repeated(name: str, delivered: Sequence[str]) -> str:
    times = list(delivered).count(name)
    return f"the header has it {times} times" if times > 1 else ""
