"""Running dbt: what is retried, what never is, and what is kept of each attempt."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from partner_attribution import build
from partner_attribution.errors import BuildError, BusyError
from tests.plan.fake_dbt import all_green, calls, install

LOCKED = "IO Error: Could not set lock on file warehouse.duckdb: Conflicting lock is held in PID 7"
FAILED_MODEL = "Database Error: division by zero"


def green() -> dict[str, Any]:
    return {"exit": 0, "results": all_green()}


def failing(message: str, status: str = "error") -> dict[str, Any]:
    results = {**all_green(), "model.p.int_credits": [status, message]}
    return {"exit": 1, "results": results}


def run(
    tmp_path: Path, scenario: list[dict[str, Any]], **options: Any
) -> tuple[build.BuildResult, list[build.Progress]]:
    heard: list[build.Progress] = []
    dbt = build.Dbt(
        tmp_path,
        run_id="run-1",
        plans=tmp_path / "plans",
        executable=str(install(tmp_path, scenario)),
        backoff_seconds=0.0,
        report=heard.append,
        **options,
    )
    return dbt.build(), heard


def commands(tmp_path: Path) -> list[str]:
    return [call[3] for call in calls(tmp_path)]


def test_a_green_build_is_one_attempt_with_five_visible_steps(tmp_path: Path) -> None:
    result, heard = run(tmp_path, [green()])
    assert result.is_green
    assert commands(tmp_path) == ["build"]
    finished = [p.step for p in heard if p.total and p.done == p.total]
    assert finished == ["gather", "normalise", "insights", "attribute"]
    assert result.invocation_id == "invocation-1"


def test_a_lock_without_results_runs_again_in_full(tmp_path: Path) -> None:
    locked = {"exit": 2, "results": None, "errors": [LOCKED]}
    result, _ = run(tmp_path, [locked, locked, green()])
    assert result.is_green
    assert commands(tmp_path) == ["build", "build", "build"]
    assert [a.retried_because for a in result.attempts] == [None, LOCKED, LOCKED]


def test_a_transient_node_is_retried_alone_and_results_are_merged(tmp_path: Path) -> None:
    again = {"exit": 0, "results": {"model.p.int_credits": ["success", "OK"]}}
    result, _ = run(tmp_path, [failing("Connection reset by peer"), again])
    assert commands(tmp_path) == ["build", "retry"]
    assert set(result.statuses.values()) == {"success"}
    assert result.tries["model.p.int_credits"] == 2
    kept = [json.loads((tmp_path / "plans" / str(a.run_results)).read_text())
            for a in result.attempts]  # fmt: skip
    assert [len(k["results"]) for k in kept] == [len(all_green()), 1]
    assert result.attempts[0].run_results == "run-1/attempt-1/run_results.json"


def test_at_most_two_retries(tmp_path: Path) -> None:
    result, _ = run(tmp_path, [failing("timeout")] * 4)
    assert commands(tmp_path) == ["build", "retry", "retry"]
    assert not result.is_green
    assert [node.unique_id for node in result.failures] == ["model.p.int_credits"]


@pytest.mark.parametrize(
    "scene",
    [
        failing(FAILED_MODEL),
        failing("Got 3 results, configured to fail if != 0", "fail"),
        failing("This model has an enforced contract that failed."),
    ],
)
def test_models_tests_and_contracts_are_never_retried(
    tmp_path: Path, scene: dict[str, Any]
) -> None:
    result, _ = run(tmp_path, [scene, green()])
    assert commands(tmp_path) == ["build"]
    assert len(result.failures) == 1


def test_one_lasting_failure_among_transient_ones_is_not_retried(tmp_path: Path) -> None:
    scene = failing("timeout")
    scene["results"]["model.p.rpt_pace"] = ["error", FAILED_MODEL]
    run(tmp_path, [scene, green()])
    assert commands(tmp_path) == ["build"]


def test_results_of_an_older_command_are_not_taken_for_ours(tmp_path: Path) -> None:
    """After a parse error dbt leaves the old run_results.json; `dbt retry` would run it again."""
    run(tmp_path, [green()])
    parse_error = {
        "exit": 2,
        "results": None,
        "stale": True,
        "errors": ["Parsing Error: timeout is not a config"],
    }
    with pytest.raises(BuildError, match="Parsing Error"):
        run(tmp_path, [parse_error, parse_error, parse_error])
    assert "retry" not in commands(tmp_path)


def test_nothing_selected_is_an_error_though_dbt_says_0(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="built nothing"):
        run(tmp_path, [{"exit": 0, "results": {}}])


def test_variables_reach_every_attempt_and_only_their_names_are_kept(tmp_path: Path) -> None:
    again = {"exit": 0, "results": all_green()}
    result, _ = run(
        tmp_path, [failing("timeout"), again], variables={"report_windows": ["45d", "canary"]}
    )
    for call in calls(tmp_path):
        assert json.loads(call[call.index("--vars") + 1]) == {"report_windows": ["45d", "canary"]}
    assert "canary" not in str([a.command for a in result.attempts])
    assert result.attempts[0].command == ("dbt", "build", "--vars", "(report_windows)")


def test_text_that_is_no_event_is_kept_as_the_reason(tmp_path: Path) -> None:
    scene = {"exit": 1, "results": None, "text": "ModuleNotFoundError: No module named 'x'"}
    with pytest.raises(BuildError, match="ModuleNotFoundError"):
        run(tmp_path, [scene])


def test_a_broken_database_is_named_left_alone_and_rebuilt_from_the_deliveries(
    tmp_path: Path,
) -> None:
    reason = '_duckdb.IOException: IO Error: The file "w.duckdb" exists, but it is not a valid'
    reason += " DuckDB database file!"
    trouble = {"exit": 2, "results": None, "errors": ["Encountered an error:", f"Trace\n{reason}"]}
    with pytest.raises(BuildError) as error:
        run(tmp_path, [trouble])
    assert '"w.duckdb"' in str(error.value)
    assert "made again from the deliveries" in str(error.value)
    assert commands(tmp_path) == ["build"], "nothing is retried, nothing is deleted"


def test_a_missing_dbt_says_so(tmp_path: Path) -> None:
    dbt = build.Dbt(tmp_path, run_id="r", plans=tmp_path / "p", executable=str(tmp_path / "none"))
    with pytest.raises(BuildError, match="could not be started"):
        dbt.build()


def test_two_builds_at_once_are_refused(tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    plans.mkdir()
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with build.held_lock(plans / ".build.lock", 0.0, "build"):
            held.set()
            leave.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    try:
        with pytest.raises(BusyError, match="Another build is running: pid"):
            run(tmp_path, [green()])
    finally:
        leave.set()
        holder.join()
