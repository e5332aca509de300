"""How a user describes a feed that spells, writes or lays out things in its own way.

Three lookups hold it: seeds/feed_files.csv (which files are which table, and how they are read),
seeds/feed_columns.csv (which column is which, and what stands in for a missing one) and
seeds/feed_values.csv (which value means what).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from partner_attribution.feeds.declarations import TableDeclaration
from partner_attribution.feeds.feed_list import (
    FILE_SETTINGS,
    TABLE_SETTINGS,
    Feed,
    read_rows,
    with_settings,
)
from partner_attribution.feeds.files import DeliveredFile
from partner_attribution.feeds.names import closest

FIRST_FILLED = " | "
"""Between columns of which the first that is filled counts, row by row."""
_PLACE = ("partner_id", "connector", "table_name")


@dataclass(frozen=True)
class ColumnWords:
    """One table of one feed, by declared column."""

    renames: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Delivered names, the first that is filled counts; `Date + Time` joins two columns."""
    defaults: dict[str, str] = field(default_factory=dict)
    """Text of empty cells, or of every row where the column is not delivered."""
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    """Delivered text -> what it means, nothing if that is empty; other texts stay."""

    def delivered(self, declared: str) -> tuple[str, ...]:
        """Names under which a declared column may arrive, best first."""
        names = self.renames.get(declared, ())
        return (FIRST_FILLED.join(names), *names) if len(names) > 1 else names


@dataclass(frozen=True)
class FileRule:
    """Settings of the files of a feed that a pattern names."""

    table_name: str
    """Empty: of every table."""
    pattern: str
    """Of the file's name, or of its path below the feed's folder. Empty: all files.

    `{table}` stands for the name of whichever table: `sf_{table}_data.csv`.
    """
    settings: dict[str, str] = field(default_factory=dict)

    def names(self, file: DeliveredFile, table: str = "*") -> bool:
        """True if the pattern names this file; table: a name to stand for `{table}`."""
        path = "/".join((*file.folders, file.path.name)).lower()
        name = path.rsplit("/", 1)[-1]
        texts = {path, path.removesuffix(".gz"), name, name.removesuffix(".gz")}
        pattern = self.pattern.replace("{table}", table).lower()
        return any(fnmatchcase(text, pattern) for text in texts)


@dataclass(frozen=True)
class OwnWords:
    """The three lookups."""

    columns: dict[tuple[str, str], ColumnWords] = field(default_factory=dict)
    """(feed_id, table) -> its words."""
    files: dict[str, list[FileRule]] = field(default_factory=dict)
    """feed_id -> rules in the order of the lookup."""

    def of(self, feed: Feed, table: TableDeclaration) -> ColumnWords:
        """The words of one table of a feed."""
        return self.columns.get((feed.feed_id, table.name), ColumnWords())

    def claims(
        self, feed: Feed, file: DeliveredFile, tables: Sequence[TableDeclaration]
    ) -> set[str]:
        """Tables that a pattern of seeds/feed_files.csv gives this file to."""
        claimed: set[str] = set()
        for rule in self.files.get(feed.feed_id, []):
            if rule.table_name and rule.pattern and rule.names(file):
                claimed.add(rule.table_name)
            elif "{table}" in rule.pattern:
                claimed |= {
                    table.name
                    for table in tables
                    for name in table.delivered_names(feed.dialect)
                    if rule.names(file, name)
                }
        return claimed

    def read_as(self, feed: Feed, table: TableDeclaration, file: DeliveredFile | None) -> Feed:
        """The feed as one file of a table is read; without a file, what holds for the table.

        Rows apply from the top, so a later row refines an earlier one.
        """
        for rule in self.files.get(feed.feed_id, []):
            fits_table = rule.table_name in {"", table.name}
            fits_file = not rule.pattern or (file is not None and rule.names(file))
            if fits_table and fits_file:
                feed = with_settings(feed, rule.settings, "seeds/feed_files.csv")
        return feed


def read_own_words(seeds_dir: Path) -> OwnWords:
    """Read the three lookups; each may be absent."""
    words = OwnWords()

    def of(row: dict[str, str]) -> ColumnWords:
        where = (f"{row['partner_id']}.{row['connector']}", row["table_name"])
        return words.columns.setdefault(where, ColumnWords())

    columns = (*_PLACE, "delivered_column", "declared_column")
    for row in read_rows(seeds_dir / "feed_columns.csv", columns, ("default_value",)):
        declared, known = row["declared_column"], of(row)
        if row["delivered_column"]:
            delivered = (*known.renames.get(declared, ()), row["delivered_column"])
            known.renames[declared] = delivered
        if row.get("default_value"):
            known.defaults[declared] = row["default_value"]
    needed = (*_PLACE, "declared_column", "delivered_value", "meaning")
    for row in read_rows(seeds_dir / "feed_values.csv", needed):
        meanings = of(row).values.setdefault(row["declared_column"], {})
        meanings[row["delivered_value"]] = row["meaning"]
    settings_known = (*FILE_SETTINGS, *TABLE_SETTINGS)
    for row in read_rows(seeds_dir / "feed_files.csv", (*_PLACE, "file_pattern"), settings_known):
        settings = {name: row[name] for name in settings_known if row.get(name)}
        rule = FileRule(row["table_name"], row["file_pattern"], settings)
        words.files.setdefault(f"{row['partner_id']}.{row['connector']}", []).append(rule)
    return words


def problem_of(feed: Feed, tables: Sequence[TableDeclaration], words: OwnWords) -> str:
    """What is wrong with the lookups' rows for a feed, naming what is nearest; empty: nothing.

    tables: those of the feed's connector.
    """
    known = {table.name: table for table in tables}
    for (feed_id, name), of_table in words.columns.items():
        if feed_id != feed.feed_id:
            continue
        where = "seeds/feed_columns.csv and feed_values.csv"
        if name not in known:
            return _unknown(where, f"table of {feed.connector}", name, known)
        columns = [column.name for column in known[name].columns]
        for column in (*of_table.renames, *of_table.defaults, *of_table.values):
            if column not in columns:
                return _unknown(where, f"column of {feed.connector} {name}", column, columns)
    for rule in words.files.get(feed.feed_id, []):
        if problem := _problem_of_rule(feed, rule, known):
            return problem
    return ""


def nobodys_feeds(words: OwnWords, feeds: Sequence[Feed]) -> tuple[Feed, ...]:
    """Feeds that the lookups name, and that nobody declared or delivered: a slip, most often."""
    known = [feed.feed_id for feed in feeds]
    named = {feed_id for feed_id, _ in words.columns} | set(words.files)
    found = []
    for feed_id in sorted(named - set(known)):
        partner_id, _, connector = feed_id.partition(".")
        problem = (
            "seeds/feed_columns.csv, feed_values.csv or feed_files.csv have rows of"
            f" {feed_id}, which has no row in seeds/feeds.csv and no folder (closest:"
            f" {closest(feed_id, known)}). Correct or delete them."
        )
        found.append(Feed(partner_id, connector, is_declared=False, problem=problem))
    return tuple(found)


def as_declared(feed: Feed, table: TableDeclaration) -> TableDeclaration:
    """The table under the key that the feed has; what was its key need not be delivered."""
    if feed.key is None:
        return table
    columns = tuple(
        column.model_copy(update={"required": False, "not_null": False})
        if column.name in table.key and column.name not in feed.key
        else column
        for column in table.columns
    )
    return table.model_copy(update={"columns": columns, "key": feed.key})


def _problem_of_rule(feed: Feed, rule: FileRule, known: dict[str, TableDeclaration]) -> str:
    where = "seeds/feed_files.csv"
    if rule.table_name and rule.table_name not in known:
        return _unknown(where, f"table of {feed.connector}", rule.table_name, known)
    if rule.pattern and (misplaced := sorted(set(rule.settings) & set(TABLE_SETTINGS))):
        return (
            f"{where}: {misplaced[0]} holds for a whole table; write it in a row without"
            f" file_pattern, not for {rule.pattern}."
        )
    changed = with_settings(feed, rule.settings, where)
    if not rule.table_name and changed.key is not None:
        return f"{where}: key needs a table_name."
    for column in (changed.key or ()) if rule.table_name else ():
        columns = [one.name for one in known[rule.table_name].columns]
        if column not in columns:
            return _unknown(where, f"column of {feed.connector} {rule.table_name}", column, columns)
    return changed.problem


def _unknown(where: str, what: str, name: str, candidates: Iterable[str]) -> str:
    near = closest(name, candidates)
    return (
        f"{where}: {name!r} is no {what}"
        f" ({f'closest: {near}' if near else 'have ' + ', '.join(sorted(candidates))})."
    )
