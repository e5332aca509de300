"""The text of each declared column: joined, split by type, translated or standing in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from partner_attribution.feeds.declarations import TableDeclaration
from partner_attribution.feeds.names import name_key, sql_text
from partner_attribution.feeds.own_words import ColumnWords
from partner_attribution.feeds.reading import Source


def with_joined_columns(source: Source, wanted: Iterable[str]) -> Source:
    """Add the columns that are made of several: `Date + Time` joins, `amount*` is split by type.

    wanted: names from seeds/feed_columns.csv and from the dialect.
    """
    made: dict[str, str] = {}
    for name in sorted(set(wanted) - set(source.columns)):
        if name.endswith("*"):
            parts = [c for c in source.columns if _is_typed_name(c, name[:-1])]
            if parts:
                made[name] = f"coalesce({', '.join(source.text_of(part) for part in parts)})"
            continue
        keys = [name_key(part) for part in name.split(" + ")]
        parts = [next((c for c in source.columns if name_key(c) == key), "") for key in keys]
        if len(parts) > 1 and all(parts):
            texts = ", ".join(source.text_of(part) for part in parts)
            made[name] = f"nullif(concat_ws(' ', {texts}), '')"
    if not made:
        return source

    def text_of(name: str) -> str:
        return made[name] if name in made else source.text_of(name)

    return replace(source, columns=(*source.columns, *made), text_of=text_of)


def _is_typed_name(column: str, name: str) -> bool:
    rest = column.lower().removeprefix(name.lower())
    return column.lower().startswith(name.lower()) and bool(re.fullmatch("(__[a-z]+)?", rest))


def delivered_texts(
    table: TableDeclaration, source: Source, found: Mapping[str, str], words: ColumnWords
) -> dict[str, str]:
    """SQL of the text of each declared column that is delivered or has a default."""
    texts: dict[str, str] = {}
    for column in (column.name for column in table.columns):
        default = words.defaults.get(column)
        if column in found:
            text = source.text_of(found[column])
            if meanings := words.values.get(column):
                cases = [f"when {sql_text(k)} then {sql_text(v)}" for k, v in meanings.items()]
                text = f"case trim({text}) {' '.join(cases)} else {text} end"
            texts[column] = f"coalesce({text}, {sql_text(default)})" if default else text
        elif default:
            # A constant would be typed once, while planning, where a misfit is an error.
            texts[column] = (
                f"concat({sql_text(default)}, left({source.text_of(source.columns[0])}, 0))"
            )
    return texts
