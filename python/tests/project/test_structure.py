"""The folder tree is the architecture: references point one way, imports too."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from partner_attribution.feeds.declarations import load_declarations
from tests.project.conftest import PROJECT

LAYERS = ("staging", "conformed", "ledger", "journeys", "attribution", "marts", "reports")
PACKAGE = PROJECT / "python" / "partner_attribution"

# Who may import whom inside the package. The reporter reads contracted tables, never methods.
ALLOWED_IMPORTS = {
    "attribution": {"attribution", "errors"},
    "feeds": {"feeds", "errors"},
    "report": {"report", "errors"},
    "plan": {"plan", "report", "build", "publish", "errors"},
}


def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }


def layer(node: dict[str, Any]) -> int:
    return LAYERS.index(Path(node["original_file_path"]).parts[1])


def test_references_point_one_way(manifest: dict[str, Any]) -> None:
    nodes = models(manifest)
    backwards = [
        f"{node['name']} ({node['original_file_path']}) refers to {nodes[parent]['name']}"
        for node in nodes.values()
        for parent in node["depends_on"]["nodes"]
        if parent in nodes and layer(nodes[parent]) > layer(node)
    ]
    assert not backwards, backwards


def test_connectors_know_nothing_of_each_other(manifest: dict[str, Any]) -> None:
    nodes = models(manifest)
    mixed = [
        f"{node['name']} refers to {nodes[parent]['name']}"
        for node in nodes.values()
        if layer(node) == 0
        for parent in node["depends_on"]["nodes"]
        if parent in nodes
        and Path(nodes[parent]["original_file_path"]).parts[2]
        not in {Path(node["original_file_path"]).parts[2], "feeds"}
    ]
    assert not mixed, mixed


def test_sources_are_read_in_staging_only(manifest: dict[str, Any]) -> None:
    leaks = [
        node["name"]
        for node in models(manifest).values()
        if layer(node) > 0
        for parent in node["depends_on"]["nodes"]
        if parent.startswith("source.")
    ]
    assert not leaks, leaks


def test_every_connector_supplies_what_the_list_says(manifest: dict[str, Any]) -> None:
    import yaml  # noqa: PLC0415  # only here

    connectors = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]["connectors"]
    listed = {
        f"int_{name}__{entity}" for name, entities in connectors.items() for entity in entities
    }
    built = {node["name"] for node in models(manifest).values() if layer(node) == 0}
    assert listed <= built, listed - built
    connectors_built = {
        Path(node["original_file_path"]).parts[2]
        for node in models(manifest).values()
        if layer(node) == 0
    }
    assert connectors_built - {"feeds"} == set(connectors)


def test_both_doors_have_contracts(manifest: dict[str, Any]) -> None:
    loose = [
        node["name"]
        for node in models(manifest).values()
        if (LAYERS[layer(node)] in {"marts", "reports"} and not node["name"].startswith("int_"))
        or node["name"].endswith("_unioned")
        if not node["config"]["contract"]["enforced"]
    ]
    assert not loose, loose


def test_every_model_says_what_a_row_is(manifest: dict[str, Any]) -> None:
    silent = [node["name"] for node in models(manifest).values() if not node["description"].strip()]
    assert not silent, silent


def test_no_model_or_macro_is_a_page_too_long() -> None:
    long = [
        f"{path.relative_to(PROJECT)}: {count}"
        for path in sorted((PROJECT / "models").rglob("*.sql"))
        if (count := len(path.read_text().splitlines())) > (86 if "staging" in path.parts else 200)
    ]
    macros = [
        f"{path.name}: {text.split('%}')[0].strip()}: {count}"
        for path in sorted((PROJECT / "macros").glob("*.sql"))
        for text in re.findall(r"\{%-? macro (.*?endmacro)", path.read_text(), re.DOTALL)
        if (count := len(text.splitlines())) > 40
    ]
    assert not long + macros, long + macros


def test_no_model_and_no_reader_asks_the_clock() -> None:
    """Figures depend on what was delivered; only run ids and locks may know what time it is."""
    asks = re.compile(
        r"current_(timestamp|date|time)\b|\bnow\(|\bgetdate\(|localtimestamp|date\.today"
        r"|(datetime|utc)\.?now\(|time\.time\(|run_started_at",
        re.IGNORECASE,
    )
    folders = ("models", "macros", "tests", "python/partner_attribution/feeds",
               "python/partner_attribution/attribution")  # fmt: skip
    files = [path for folder in folders for path in sorted((PROJECT / folder).rglob("*.*"))]
    found = [
        f"{path.relative_to(PROJECT)}: {line.strip()}"
        for path in files
        if path.suffix in {".sql", ".py"}
        for line in path.read_text(encoding="utf-8").splitlines()
        if asks.search(line)
    ]
    assert len(files) > 200
    assert not found, found


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_every_column_that_becomes_a_key_is_declared_an_address() -> None:
    """Else a feed that hashes in another way would be matched before anybody knows."""
    declared = {(t.connector, t.name): t.columns for t in load_declarations(PROJECT)}
    found = set()
    for path in (PROJECT / "models" / "staging").glob("*/stg_*.sql"):
        connector, table = path.stem.removeprefix("stg_").split("__", 1)
        for name in re.findall(r"email_key(?:_of_hash)?\('(\w+)'", path.read_text()):
            found |= {(connector, table, c.name, c.address) for c in declared[connector, table]
                      if c.name == name}  # fmt: skip
    assert len(found) > 10
    assert [column for column in sorted(found) if not column[3]] == []


@pytest.mark.parametrize("folder", sorted(ALLOWED_IMPORTS))
def test_packages_import_one_way(folder: str) -> None:
    wrong = [
        f"{path.name} imports {name}"
        for path in (PACKAGE / folder).rglob("*.py")
        for name in _imports(path)
        if name.startswith("partner_attribution.")
        and name.split(".")[1] not in ALLOWED_IMPORTS[folder]
    ]
    assert not wrong, wrong


def test_attribution_knows_no_engine() -> None:
    engines = {"duckdb", "pandas", "pyspark", "dbt", "pyarrow"}
    wrong = [
        f"{path.name} imports {name}"
        for path in (PACKAGE / "attribution").rglob("*.py")
        for name in _imports(path)
        if name.split(".")[0] in engines
    ]
    assert not wrong, wrong
