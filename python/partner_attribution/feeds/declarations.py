"""What the raw layer must look like: the source declarations of the staging folders."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from partner_attribution.feeds.errors import FeedsError
from partner_attribution.feeds.names import closest, name_key

DataType = Literal["text", "decimal", "integer", "boolean", "date", "timestamp", "milestone_time"]

SQL_TYPES: Mapping[DataType, str] = {
    "text": "varchar",
    "decimal": "decimal(28, 10)",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "milestone_time": "timestamp",
}

META_COLUMNS: Mapping[str, str] = {
    "_file_no": "integer",
    "_partner_id": "varchar",
    "_feed_id": "varchar",
    "_delivered_at": "timestamp",
    "_delivery_id": "varchar",
    "_file": "varchar",
    "_row": "bigint",
}
"""The columns that every raw table has beside its declared ones; `_file_no` says which file."""

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Every start of dbt reads the declarations: a sixth of the time where libyaml is there."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dialect(_Strict):
    """How one extraction tool spells a table.

    `table`: its name for the file, or several. `columns`: declared column -> delivered column;
    `amount*` also means `amount__double` and the like, into which a loader splits mixed types; with
    `explode`, the word `explode` means the array's element and `explode.field` a field of it.
    `where`: only rows in which the delivered column (or `explode.field`) equals the value belong
    to the table.
    """

    table: str | tuple[str, ...] | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    explode: str | None = None
    where: dict[str, str] = Field(default_factory=dict)

    @field_validator("where", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in value.items()}


class ColumnDeclaration(_Strict):
    """One column of a raw table.

    `required`: its absence fails the file. `not_null`: an empty cell rejects the row.
    `event_time`: a time that must lie between 1990 and the delivery. `address`: an e-mail address
    or its hash, by which people of two partners are matched.
    """

    name: str
    data_type: DataType = "text"
    required: bool = False
    not_null: bool = False
    event_time: bool = False
    address: bool = False
    aliases: tuple[str, ...] = ()


class TableDeclaration(_Strict):
    """One raw table: `raw_<connector>.<name>`.

    `naive_times`: what a time without a zone means: the feed's zone (people type so), or UTC
    (loaders write so). A bare date is a day in the feed's zone either way.
    """

    connector: str
    name: str
    columns: tuple[ColumnDeclaration, ...]
    key: tuple[str, ...] = ()
    version: str | None = None
    file_names: tuple[str, ...] = ()
    naive_times: Literal["feed_zone", "utc"] = "feed_zone"
    dialects: dict[str, Dialect] = Field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name used in messages."""
        return f"{self.connector} {self.name}"

    def dialect(self, name: str) -> Dialect:
        """Return the spelling of a dialect; without an entry, the declared names."""
        return self.dialects.get(name, Dialect())

    def delivered_names(self, dialect: str) -> set[str]:
        """Names under which files of this table arrive."""
        table = self.dialect(dialect).table
        if not table:
            return {self.name, *self.file_names}
        return {table} if isinstance(table, str) else set(table)

    @model_validator(mode="after")
    def _consistent(self) -> "TableDeclaration":
        names = [column.name for column in self.columns]
        keys = [name_key(name) for name in names]
        repeated = sorted({name for name in names if keys.count(name_key(name)) > 1})
        if repeated:
            raise ValueError(f"columns declared twice: {repeated}")
        reserved = sorted(set(names) & set(META_COLUMNS))
        if reserved:
            raise ValueError(f"reserved column names: {reserved}")
        referred = [*self.key, *([self.version] if self.version else [])]
        referred += [column for dialect in self.dialects.values() for column in dialect.columns]
        for name in referred:
            if name not in names:
                raise ValueError(
                    f"{name!r} in key, version or dialects is no declared column"
                    f" (closest: {closest(name, names)})"
                )
        return self


def load_declarations(project_dir: Path) -> tuple[TableDeclaration, ...]:
    """Read every `models/staging/<connector>/_<connector>__sources.yml`.

    Raises FeedsError naming the file, the table and what to change.
    """
    tables: list[TableDeclaration] = []
    for path in sorted((project_dir / "models" / "staging").glob("*/_*__sources.yml")):
        tables += _read(path, path.relative_to(project_dir).as_posix())
    seen: set[tuple[str, str]] = set()
    for table in tables:
        where = (table.connector.lower(), table.name.lower())
        if where in seen:
            raise FeedsError(f"{table.label} is declared twice in models/staging. Keep one.")
        seen.add(where)
    return tuple(tables)


def _read(path: Path, shown: str) -> list[TableDeclaration]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _LOADER) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FeedsError(f"{shown}: not readable as YAML: {error}") from error
    tables = []
    for source in content.get("sources") or []:
        connector = source.get("name")
        if source.get("schema", f"raw_{connector}") != f"raw_{connector}":
            raise FeedsError(f"{shown}: source {connector} must have schema: raw_{connector}.")
        shared = _meta(source, {"naive_times"})
        for table in source.get("tables") or []:
            place = f"{shown}, table {table.get('name')}"
            tables.append(_table(connector, table, shared, place))
    return tables


def _table(
    connector: str, raw: dict[str, Any], shared: dict[str, Any], shown: str
) -> TableDeclaration:
    try:
        known = {"key", "version", "file_names", "naive_times", "dialects"}
        meta = {**shared, **_meta(raw, known)}
        meta["key"] = [meta["key"]] if isinstance(meta.get("key"), str) else meta.get("key") or ()
        columns = []
        for column in raw.get("columns") or []:
            allowed = {"required", "not_null", "event_time", "address", "aliases"}
            data_type = str(column.get("data_type", "text")).lower()
            if data_type not in get_args(DataType):
                raise ValueError(
                    f"column {column.get('name')}: unknown data_type {data_type!r};"
                    f" use one of {', '.join(get_args(DataType))}"
                )
            columns.append(
                ColumnDeclaration(
                    name=column.get("name"),
                    data_type=cast(DataType, data_type),
                    **_meta(column, allowed),
                )
            )
        if not columns:
            raise ValueError("no columns declared")
        return TableDeclaration(
            connector=connector, name=str(raw.get("name")), columns=tuple(columns), **meta
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        what = f"{place} {first['msg'].removeprefix('Value error, ')}".strip()
        raise FeedsError(f"{shown}: {what}") from error
    except ValueError as error:
        raise FeedsError(f"{shown}: {error}") from error


def _meta(raw: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """Our settings of a table or column; other people's meta keys are left alone."""
    meta = {**(raw.get("meta") or {}), **((raw.get("config") or {}).get("meta") or {})}
    return {name: value for name, value in meta.items() if name in known and value is not None}
