"""Facts are selected, never computed; what is missing is said."""

import ast
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

import partner_attribution.report
from partner_attribution.errors import PublicationError, UsageError
from partner_attribution.report.facts import open_served, read_facts, resolve_method
from tests.report.served import World, empty_world, write_served

REPORT = Path(partner_attribution.report.__file__).parent
DECIDED_ELSEWHERE = ("facts.py", "sections.py", "words.py", "markdown.py", "view.py", "tables.py")


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_served(tmp_path_factory.mktemp("serve"))


@pytest.mark.parametrize(
    "name", ["ai_launch_tour", "AI Launch Tour", " ai  launch tour ", "ailt-2026"]
)
def test_a_campaign_is_found_by_id_name_or_alias(serve: Path, name: str) -> None:
    assert read_facts(serve, campaign=name, window="30d").campaign.campaign_id == "ai_launch_tour"


def test_an_unknown_campaign_names_the_nearest(serve: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_facts(serve, campaign="AI Lunch Tour", window="30d")
    assert "AI Launch Tour" in str(caught.value)
    assert "seeds/campaign_aliases.csv" in str(caught.value)


def test_a_window_that_was_not_built_says_which_var_to_set(serve: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_facts(serve, campaign="ai_launch_tour", window="45d")
    assert "--vars 'report_windows: [" in str(caught.value)
    assert '"45d"]' in str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "method"),
    [("multi-touch", "position"), ("first-touch", "first_touch"), ("Time_Decay", "time_decay")],
)
def test_a_method_resolves(serve: Path, wanted: str, method: str) -> None:
    facts = read_facts(serve, campaign="ai_launch_tour", window="30d", attribution_model=wanted)
    assert facts.method == method


def test_a_method_that_did_not_run_names_those_that_did() -> None:
    with pytest.raises(UsageError, match="attribution_methods"):
        resolve_method("multi-touch", "w_shaped", ("linear", "position"))


@pytest.mark.parametrize(
    ("wanted", "agreed"), [("multi-touch", "markov_global"), ("Markov-Global", "position")]
)
def test_a_method_that_credits_no_deal_cannot_be_the_model(wanted: str, agreed: str) -> None:
    with pytest.raises(UsageError) as error:
        resolve_method(wanted, agreed, ("linear", "markov_global", "position"))
    assert "credits players and no deal" in str(error.value)
    assert "markov_path" in str(error.value)


def test_a_campaign_without_agreed_method_uses_the_setting(tmp_path: Path) -> None:
    served = write_served(tmp_path)
    with duckdb.connect(str(served / "attribution.duckdb")) as connection:
        connection.execute("update marts.dim_campaign set agreed_method = null")
    assert read_facts(served, campaign="ai_launch_tour", window="30d").method == "position"


def test_a_withheld_table_is_named_and_the_rest_still_reads(tmp_path: Path) -> None:
    world = replace(World(), without_tables=("reports.rpt_pace",))
    facts = read_facts(write_served(tmp_path, world), campaign="ai_launch_tour", window="30d")
    assert facts.withheld == ("reports.rpt_pace",)
    assert facts.is_partial
    assert facts.total(facts.method)


def test_no_deals_is_a_valid_empty_readout(tmp_path: Path) -> None:
    facts = read_facts(
        write_served(tmp_path, empty_world()), campaign="ai_launch_tour", window="30d"
    )
    assert facts.leader(facts.method) is None


def test_a_missing_file_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(PublicationError, match="track-source publish"):
        read_facts(tmp_path, campaign="any", window="30d")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    tmp_path.joinpath("attribution.duckdb").write_text("not a database, but long enough " * 200)
    with pytest.raises(PublicationError, match="cannot be opened"):
        read_facts(tmp_path, campaign="any", window="30d")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_text('/etc/hostname')",
        "attach ':memory:' as other",
        "create table reports.mine (one integer)",
        "set enable_external_access = true",
        "copy (select 1) to '/tmp/out.csv'",
    ],
)
def test_the_served_file_is_opened_read_only_and_locked_down(serve: Path, statement: str) -> None:
    with open_served(serve) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement).fetchall()


def test_the_report_never_imports_the_attribution_code_or_pandas() -> None:
    for path in REPORT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert not name.startswith(
                    ("partner_attribution.attribution", "pandas", "numpy", "polars")
                ), f"{path.name} imports {name}"


@pytest.mark.parametrize("name", DECIDED_ELSEWHERE)
def test_figures_are_decided_in_sql_not_in_the_report(name: str) -> None:
    """A sum here would be a second answer to a question that the marts answer already."""
    source = REPORT.joinpath(name).read_text()
    assert "group by" not in source.lower().replace("no group by", "")
    forbidden = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, forbidden):
            pytest.fail(f"{name}:{node.lineno} computes: {ast.unparse(node)}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("sum", "round", "fsum"), f"{name}:{node.lineno}"


def test_templates_compute_nothing() -> None:
    for path in REPORT.joinpath("templates").glob("*.j2"):
        text = path.read_text()
        for inside in text.replace("{{", "\0{{").split("\0{{")[1:]:
            expression = inside.partition("}}")[0]
            for operator in (" * ", " / ", " - ", " + ", "|sum", "|round"):
                assert operator not in expression, f"{path.name}: {expression}"
