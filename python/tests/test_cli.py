"""The command: what it prints where, what it leaves behind, and its exit codes."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from partner_attribution.cli import app
from tests.plan.fake_dbt import all_green, calls, install
from tests.report.served import World, one_partner_world, write_served

Run = Callable[..., Result]
CAMPAIGN = ("--campaign", "AI Launch Tour")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("DUCKDB_PATH", "DATA_DIR", "SEEDS_DIR", "DBT_TARGET_PATH"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def run(here: Path) -> Run:
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def project(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose dbt is a stand-in and whose warehouse is already there."""
    (here / "seeds").mkdir()
    (here / "dbt_project.yml").write_text(
        "vars:\n  agreed_method: position\n  attribution_methods: [linear, position]\n"
        '  report_windows: ["7d", "30d", campaign]\n'
    )
    seed(here, "campaigns", campaign_id="ai_launch_tour", campaign_name="AI Launch Tour",
         agreed_method="position")  # fmt: skip
    seed(here, "campaign_aliases", campaign_id="ai_launch_tour", alias="AILT")
    write_served(here / "built", replace(one_partner_world(), windows=("30d", "45d")))
    (here / "built" / "attribution.duckdb").rename(here / "warehouse.duckdb")
    with duckdb.connect(str(here / "warehouse.duckdb")) as connection:
        connection.execute("drop table marts.publication")
        # rpt rows exist for 30d only; give 45d the same, so that any window reads.
        for table in ("rpt_campaign_totals", "rpt_contribution"):
            connection.execute(
                f"insert into reports.{table} select * replace ('45d' as window_id) "
                f"from reports.{table}"
            )
    play(here, monkeypatch, {"exit": 0, "results": all_green()})
    return here


def play(here: Path, monkeypatch: pytest.MonkeyPatch, *scenario: dict[str, Any]) -> None:
    monkeypatch.setenv("TRACK_SOURCE_DBT", str(install(here, list(scenario))))


def seed(here: Path, name: str, **row: str) -> None:
    path = here / "seeds" / f"{name}.csv"
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, row)
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def _by_name(folder: Path) -> list[Path]:
    return sorted(folder.glob("plan-*.json"), key=lambda path: path.stem)


def plans(here: Path) -> list[dict[str, Any]]:
    return [json.loads(p.read_text()) for p in _by_name(here / "plans")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--campaign"),
        ((*CAMPAIGN, "--window", "month"), "7d, 30d"),
        ((*CAMPAIGN, "--window", "0d"), "is no window"),
        ((*CAMPAIGN, "--detail", "ful"), "--detail full"),
        ((*CAMPAIGN, "--dimensions", "partner,chanel"), "--dimensions channel"),
        ((*CAMPAIGN, "--dimensions", ","), "No dimension"),
        ((*CAMPAIGN, "--format", "pdf"), "html, md, csv, xlsx"),
        ((*CAMPAIGN, "--nonsense"), "No such option"),
        ((*CAMPAIGN, "--no-build", "--attribution-model", "w-shaped"), "attribution_methods"),
        (("--campaign", "AI Lunch", "--no-build"), "AI Launch Tour"),
        ((*CAMPAIGN, "--no-build", "--window", "45d"), "report_windows"),
        ((*CAMPAIGN,), "dbt_project.yml"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_to_type(
    here: Path, run: Run, arguments: tuple[str, ...], said: str
) -> None:
    write_served(here / "serve")
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert result.stdout == ""
    assert not (here / "plans").exists()
    assert not (here / "output").exists()


def test_no_build_renders_the_published_copy(here: Path, run: Run) -> None:
    write_served(here / "serve", one_partner_world())
    result = run(*CAMPAIGN, "--no-build")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("# AI Launch Tour: who earned the revenue?")
    assert "multi-touch is position based (position)" in result.stderr
    folder = here / "output" / "ai_launch_tour-30d"
    names = ["contribution.csv", "contribution.xlsx", "dashboard.html", "summary.md"]
    assert sorted(p.name for p in folder.iterdir()) == names
    (plan,) = plans(here)
    assert plan["status"] == "succeeded"
    assert plan["error_handling"]["publication"] == "read_only"
    assert len(plan["outputs"]) == 4
    assert plan["plan_id"] in (folder / "dashboard.html").read_text()


def test_same_inputs_same_bytes_apart_from_the_run(here: Path, run: Run) -> None:
    write_served(here / "serve", one_partner_world())
    folder = here / "output" / "ai_launch_tour-30d"
    found = []
    for _ in range(2):
        assert run(*CAMPAIGN, "--no-build", "--quiet").exit_code == 0
        plan = plans(here)[-1]
        page = (folder / "dashboard.html").read_text()
        page = page.replace(plan["plan_id"], "P").replace(plan["run_id"], "R")
        tables = [(folder / f"contribution.{kind}").read_bytes() for kind in ("csv", "xlsx")]
        found.append((page, *tables))
    assert found[0] == found[1]


def test_a_failed_feed_is_exit_3(here: Path, run: Run) -> None:
    write_served(here / "serve")
    result = run(*CAMPAIGN, "--no-build")
    assert result.exit_code == 3
    assert "degraded" in result.stderr
    assert "northwind.marketo" in result.stdout


@pytest.mark.parametrize("gone", [">/dev/full", "2>/dev/full", ">&-", "2>&-", "| true"])
def test_nobody_to_tell_changes_neither_plan_nor_exit_code(here: Path, gone: str) -> None:
    """Standard output and error are all that notifies: a full disk, a closed stream or pipe."""
    write_served(here / "serve")
    code = "from partner_attribution.cli import main; main()"
    command = f"'{sys.executable}' -c '{code}' --campaign 'AI Launch Tour' --no-build {gone}"
    shell = ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"]
    told = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert told.returncode == 3, told.stderr
    assert "Traceback" not in told.stderr and "Exception" not in told.stderr
    assert len(list((here / "output").rglob("*.*"))) == 4
    (plan,) = plans(here)
    assert plan["status"] == "degraded"


def test_quiet_and_one_format(here: Path, run: Run) -> None:
    write_served(here / "serve", one_partner_world())
    result = run(*CAMPAIGN, "--no-build", "--quiet", "--format", "md", "--output", "elsewhere")
    assert result.stderr == ""
    assert [p.name for p in (here / "elsewhere").rglob("*.*")] == ["summary.md"]


def test_nothing_published_is_exit_1(here: Path, run: Run) -> None:
    result = run(*CAMPAIGN, "--no-build")
    assert result.exit_code == 1
    assert "track-source publish" in result.stderr


def test_build_publish_and_read_out(project: Path, run: Run) -> None:
    result = run(*CAMPAIGN, "--window", "45d")
    assert result.exit_code == 0, result.output
    for number, step in enumerate(("gather", "normalise", "attribute", "insights", "report"), 1):
        assert f"[{number}/5] {step}" in result.stderr
    (call,) = calls(project)
    assert json.loads(call[call.index("--vars") + 1]) == {
        "report_windows": ["7d", "30d", "campaign", "45d"]
    }
    (plan,) = plans(project)
    assert plan["error_handling"]["publication"] == "new"
    kept = project / "plans" / plan["error_handling"]["attempts"][0]["run_results"]
    assert kept.is_file()
    assert (project / "serve" / "parquet" / "current").read_text().strip() == plan["run_id"]
    assert plan["tasks"][-1]["rows_out"] is None
    verified = run("plan", "verify", project / "plans" / f"{plan['plan_id']}.json")
    assert verified.exit_code == 0
    assert "no cycle" in verified.stdout


def test_no_build_recalls_the_graph_of_the_build_that_was_published(
    project: Path, run: Run
) -> None:
    assert run(*CAMPAIGN, "--quiet").exit_code == 0
    assert run(*CAMPAIGN, "--quiet", "--no-build").exit_code == 0
    built, recalled = plans(project)
    assert built["dependency_graph"] == recalled["dependency_graph"]
    assert built["models"] == recalled["models"] != {}
    assert recalled["error_handling"]["attempts"] == []
    assert [change["kind"] for change in recalled["change_log"]] == ["none"]


def test_a_built_window_needs_no_variable(project: Path, run: Run) -> None:
    assert run(*CAMPAIGN, "--quiet").exit_code == 0
    assert "--vars" not in calls(project)[0]


def test_campaign_and_method_are_checked_before_the_build(project: Path, run: Run) -> None:
    assert run("--campaign", "AI Lunch Tour").exit_code == 2
    assert run(*CAMPAIGN, "--attribution-model", "time-decay").exit_code == 2
    assert calls(project) == []
    assert not (project / "plans").exists()


def test_a_failed_model_is_exit_1_and_keeps_the_last_publication(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(*CAMPAIGN, "--quiet").exit_code == 0
    before = (project / "serve" / "attribution.duckdb").read_bytes()
    failed = {**all_green(), "model.p.rpt_contribution": ["error", "division by zero"]}
    play(project, monkeypatch, {"exit": 1, "results": failed})
    result = run(*CAMPAIGN)
    assert result.exit_code == 1
    assert "rpt_contribution (error)" in result.stderr
    assert "division by zero" in result.stderr
    assert (project / "serve" / "attribution.duckdb").read_bytes() == before
    assert plans(project)[-1]["status"] == "failed"
    assert plans(project)[-1]["error_handling"]["publication"] == "kept"


def test_too_little_memory_is_exit_1_and_says_what_to_raise(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(*CAMPAIGN, "--quiet").exit_code == 0
    before = (project / "serve" / "attribution.duckdb").read_bytes()
    monkeypatch.setenv("DUCKDB_MEMORY_LIMIT", "60MB")
    message = "Out of Memory Error: could not allocate block of size 256.0 KiB"
    failed = {**all_green(), "model.p.rpt_contribution": ["error", message]}
    play(project, monkeypatch, {"exit": 1, "results": failed})
    result = run(*CAMPAIGN)
    assert result.exit_code == 1
    assert "could not allocate block" in result.stderr
    assert "raise DUCKDB_MEMORY_LIMIT (now 60MB)" in result.stderr
    assert (project / "serve" / "attribution.duckdb").read_bytes() == before
    assert plans(project)[-1]["error_handling"]["publication"] == "kept"


def test_a_failed_side_table_is_withheld_and_exit_3(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {**all_green(), "model.p.rpt_pace": ["error", "division by zero"]}
    play(project, monkeypatch, {"exit": 1, "results": failed})
    result = run(*CAMPAIGN)
    assert result.exit_code == 3, result.output
    assert "Withheld: reports.rpt_pace (error)" in result.stderr
    page = (project / "output" / "ai_launch_tour-30d" / "dashboard.html").read_text()
    assert "Withheld: reports.rpt_pace" in page
    assert plans(project)[-1]["error_handling"]["failed_nodes"] == ["model.p.rpt_pace"]


def test_publish_alone(project: Path, run: Run) -> None:
    none = run("publish")
    assert none.exit_code == 1
    assert "dbt build" in none.stderr
    assert run(*CAMPAIGN, "--quiet").exit_code == 0
    result = run("publish")
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == "serve/attribution.duckdb"


def test_dry_run_says_what_is_missing_and_builds_nothing(project: Path, run: Run) -> None:
    seed(project, "campaign_partners", campaign_id="ai_launch_tour", partner_id="acme")
    seed(project, "partners", partner_id="acme")
    seed(project, "feeds", partner_id="acme", connector="salesforce")
    seed(project, "assets", asset_id="a", campaign_id="ai_launch_tour")
    result = run("--campaign", "ailt", "--dry-run")
    assert result.exit_code == 3
    for line in (
        "feeds: acme.salesforce is declared and has no files",
        "targets: acme has no closed_won target for window 30d",
        "add to seeds/targets.csv: ai_launch_tour,30d,acme,closed_won,<amount>,",
        "owners: no analytics lead is named",
        "utms: the partners agreed on no UTM values",
    ):
        assert line in result.stdout
    assert calls(project) == []
    assert not (project / "plans").exists()
    folder = project / "demo" / "deliveries" / "partners" / "acme" / "salesforce"
    folder.mkdir(parents=True)
    (folder / "account.csv").write_text("id\n")
    for milestone in ("closed_won", "opportunity"):
        seed(project, "targets", campaign_id="ai_launch_tour", window_id="30d",
             partner_id="acme", milestone=milestone, target_amount="1")  # fmt: skip
    for role in ("analytics_lead", "partner_marketer", "executive_sponsor"):
        seed(project, "owners", scope="campaign", scope_id="ai_launch_tour", role=role,
             owner="A", substitute="B")  # fmt: skip
    seed(project, "utm_contract", campaign_id="ai_launch_tour", partner_id="northwind",
         parameter="utm_source", allowed_value="northwind")  # fmt: skip
    unnamed = run("--campaign", "ailt", "--dry-run")
    assert unnamed.exit_code == 3
    assert "utms: acme has no agreed utm_source" in unnamed.stdout
    seed(project, "utm_contract", campaign_id="ai_launch_tour", partner_id="acme",
         parameter="utm_source", allowed_value="acme")  # fmt: skip
    fine = run("--campaign", "ailt", "--dry-run")
    assert fine.exit_code == 0, fine.output
    assert "all there" in fine.stdout


def test_a_hostile_campaign_id_stays_in_the_output_folder(here: Path, run: Run) -> None:
    world = replace(World(), campaign_id="../../escape", campaign_name="Escape")
    write_served(here / "serve", world)
    assert run("--campaign", "Escape", "--no-build", "--quiet").exit_code == 3
    (folder,) = (here / "output").iterdir()
    assert folder.name.startswith("escape-")
    assert not (here.parent / "escape-30d").exists()


def test_an_output_that_cannot_be_written_is_exit_1_with_a_plan(here: Path, run: Run) -> None:
    write_served(here / "serve")
    (here / "output").write_text("a file")
    result = run(*CAMPAIGN, "--no-build")
    assert result.exit_code == 1
    assert "--output" in result.stderr
    assert plans(here)[-1]["status"] == "failed"


def test_a_broken_plan_is_exit_1(here: Path, run: Run) -> None:
    (here / "plan.json").write_text("{}")
    result = run("plan", "verify", "plan.json")
    assert result.exit_code == 1
    assert "schema" in result.stderr


def test_heavy_imports_wait(here: Path) -> None:
    code = (
        "import sys, partner_attribution.cli\n"
        "heavy = {'duckdb', 'jinja2', 'pydantic', 'xlsxwriter', 'rich.progress', 'pandas', 'dbt'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
