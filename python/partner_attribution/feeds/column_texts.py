"""The text of each declared column: joined, split by type, nested, translated or standing in."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from partner_attribution.feeds.declarations import TableDeclaration
from partner_attribution.feeds.names import name_key, sql_text
from partner_attribution.feeds.own_words import FIRST_FILLED, ColumnWords
from partner_attribution.feeds.reading import Source, as_json

_SEVERAL = re.compile(r" \+ | \| ")
_VALUES = ("value", *(f"value.{kind}_value" for kind in ("string", "int", "float", "double")))
"""Where the value of a `{key, value}` pair stands; Google Analytics has one field per type."""


def with_nested_columns(source: Source, wanted: Iterable[str]) -> Source:
    """Add the columns that are fields of JSON text: `params.source` of column params.

    Either a field of the object, or the value of that key in an array of pairs. wanted: names from
    seeds/feed_columns.csv and from the dialect.
    """
    names = {part for name in wanted for part in _SEVERAL.split(name)}
    return _with(source, names, _nested)


def with_made_columns(source: Source, wanted: Iterable[str]) -> Source:
    """Add the columns that are made of others.

    `Date + Time` joins; of `Won on | Lost on` the first that is filled counts; `amount*` is split
    by type.
    """
    single = _with(source, wanted, _made_of_several)
    return _with(single, [name for name in wanted if FIRST_FILLED in name], _first_filled)


def _with(
    source: Source, names: Iterable[str], make: Callable[[Source, str], str | None]
) -> Source:
    texts = {name: make(source, name) for name in sorted(set(names) - set(source.columns))}
    made = {name: text for name, text in texts.items() if text is not None}
    if not made:
        return source

    def text_of(name: str) -> str:
        return made[name] if name in made else source.text_of(name)

    return replace(source, columns=(*source.columns, *made), text_of=text_of)


def _first_filled(source: Source, name: str) -> str | None:
    parts = [_column_text(source, part) for part in name.split(FIRST_FILLED)]
    there = [part for part in parts if part]
    return f"coalesce({', '.join(there)})" if there else None


def _made_of_several(source: Source, name: str) -> str | None:
    if name.endswith("*"):
        split = [c for c in source.columns if _is_typed_name(c, name[:-1])]
        return f"coalesce({', '.join(source.text_of(one) for one in split)})" if split else None
    parts = [_column_text(source, part) for part in name.split(" + ")]
    if FIRST_FILLED in name or len(parts) < 2 or not all(parts):
        return None
    return f"nullif(concat_ws(' ', {', '.join(part or '' for part in parts)}), '')"


def _column_text(source: Source, name: str) -> str | None:
    column = next((c for c in source.columns if name_key(c) == name_key(name)), None)
    return source.text_of(column) if column is not None else None


def _nested(source: Source, name: str) -> str | None:
    places = [place for place, char in enumerate(name) if char == "."]
    for place in reversed(places):
        if name[:place] in source.columns and name[place + 1 :]:
            break
    else:
        return None
    field = name[place + 1 :].replace('"', "")
    cell = as_json(source.text_of(name[:place]))
    pairs = f"case when json_type({cell}) = 'ARRAY' then from_json({cell}, '[\"JSON\"]') end"
    pair = (
        f"list_filter({pairs}, lambda pair : json_extract_string(pair, '$.key')"
        f" = {sql_text(field)})[1]"
    )
    texts = [f"json_extract_string({cell}, {sql_text(_path(path))})"
             for path in dict.fromkeys([f'"{field}"', field])]  # fmt: skip
    texts += [
        f"case when json_type({pair}, {sql_text(_path(path))}) <> 'OBJECT'"
        f" then json_extract_string({pair}, {sql_text(_path(path))}) end"
        for path in _VALUES
    ]
    return f"nullif(coalesce({', '.join(texts)}), '')"


def _path(field: str) -> str:
    keys = [field] if field.startswith('"') else [f'"{key}"' for key in field.split(".")]
    return "$" + "".join(f".{key}" for key in keys)


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
                cases = [
                    f"when {sql_text(k)} then {sql_text(v or None)}" for k, v in meanings.items()
                ]
                text = f"case trim({text}) {' '.join(cases)} else {text} end"
            texts[column] = f"coalesce({text}, {sql_text(default)})" if default else text
        elif default:
            # A constant would be typed once, while planning, where a misfit is an error.
            texts[column] = (
                f"concat({sql_text(default)}, left({source.text_of(source.columns[0])}, 0))"
            )
    return texts
