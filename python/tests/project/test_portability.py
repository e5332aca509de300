"""Every compiled model can move to Spark, Snowflake and BigQuery.

sqlglot translates the DuckDB SQL; what it cannot express is an error, and so are DuckDB's own
idioms outside the dispatched macros. This does not prove equal results there, only that no model
has to be rewritten to get there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

DIALECTS = ("spark", "snowflake", "bigquery")

# Written by dispatched macros, which have their own spelling per engine.
DISPATCHED = {
    "getvariable",
    "from_hex",
    "encode",
    "url_decode",
    "strip_accents",
    "timezone",
    "epoch_us",
    "regexp_matches",
    "json_extract_string",
    "from_base64",
}

FORBIDDEN = {
    exp.Qualify: "qualify",
    exp.Filter: "filter (where)",
    exp.Array: "list literal",
    exp.Struct: "struct literal",
    exp.Lambda: "lambda",
    exp.ILike: "ilike",
}


def compiled_models(target: Path) -> list[Path]:
    return sorted((target / "compiled" / "partner_attribution" / "models").rglob("*.sql"))


def as_elsewhere(tree: exp.Expression) -> exp.Expression:
    """Leave out what only DuckDB's side of a dispatched macro says, or what cannot matter.

    regex_replace adds 'g' on DuckDB alone; url_parameter has its try(). Windows order by keys that
    are never NULL, so where NULLs would go says nothing.
    """
    for call in tree.find_all(exp.RegexpReplace):
        call.set("modifiers", None)
    for attempt in list(tree.find_all(exp.Try)):
        attempt.replace(attempt.this)
    for ordered in tree.find_all(exp.Ordered):
        ordered.set("nulls_first", not ordered.args.get("desc"))
    return tree


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_model_transpiles(compiled: Path, dialect: str) -> None:
    models = [path for path in compiled_models(compiled) if not path.parent.name.endswith(".yml")]
    assert len(models) > 100
    problems = []
    for path in models:
        try:
            for tree in sqlglot.parse(path.read_text(), read="duckdb"):
                assert tree is not None
                as_elsewhere(tree).sql(dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)
        except sqlglot.errors.SqlglotError as problem:
            problems.append(f"{path.stem}: {str(problem).splitlines()[0]}")
    assert not problems, problems


def test_no_model_uses_an_idiom_that_only_duckdb_has(compiled: Path) -> None:
    problems = []
    for path in compiled_models(compiled):
        for tree in sqlglot.parse(path.read_text(), read="duckdb"):
            if tree is None:
                continue
            for kind, name in FORBIDDEN.items():
                if tree.find(kind):
                    problems.append(f"{path.stem}: {name}")
            for function in tree.find_all(exp.Anonymous):
                if function.name.lower() not in DISPATCHED:
                    problems.append(f"{path.stem}: unknown function {function.name}")
    assert not problems, sorted(set(problems))
