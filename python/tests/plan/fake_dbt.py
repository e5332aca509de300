"""A stand-in for dbt: plays a scenario, one entry per invocation, and leaves what dbt leaves.

Scenario (JSON list in <project>/scenario.json), each entry:
  exit: exit code
  results: {unique_id: [status, message]} or null for "no run_results written"
  errors: messages logged at level error
  stale: keep the run_results.json that stands there (as after a parse error)
  text: a line on stdout that is no JSON
What was called goes to <project>/calls.json.
"""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

LAYERS = {
    "seed.p.partners": ("seed", "lookups", ["p", "partners"], []),
    "model.p.stg_salesforce__account": (
        "model",
        "staging",
        ["p", "staging", "salesforce", "stg_salesforce__account"],
        ["source.p.salesforce.account"],
    ),
    "model.p.stg_hubspot__company": (
        "model",
        "staging",
        ["p", "staging", "hubspot", "stg_hubspot__company"],
        ["source.p.hubspot.company"],
    ),
    "model.p.int_accounts_unioned": (
        "model",
        "conformed",
        ["p", "conformed", "int_accounts_unioned"],
        [
            "model.p.stg_salesforce__account",
            "model.p.stg_hubspot__company",
            "seed.p.partners",
        ],
    ),
    "model.p.int_credits": (
        "model",
        "attribution",
        ["p", "attribution", "int_credits"],
        ["model.p.int_accounts_unioned"],
    ),
}
CORE = {
    "marts": ["dim_campaign"],
    "reports": [
        "rpt_campaign_totals",
        "rpt_contribution",
        "rpt_data_health",
        "rpt_settings",
        "rpt_windows",
        "rpt_breakdown",
        "rpt_method_comparison",
        "rpt_reconciliation",
        "rpt_joint_ledger",
        "rpt_pace",
        "rpt_asset_return",
        "rpt_funnel",
        "rpt_feed_sla",
        "rpt_utm_health",
    ],
}


def manifest() -> dict[str, Any]:
    nodes: dict[str, Any] = {}
    for unique_id, (kind, schema, fqn, parents) in LAYERS.items():
        nodes[unique_id] = _node(unique_id, kind, schema, fqn, parents)
    for schema, names in CORE.items():
        for name in [*names, *(["fct_feed_deliveries"] if schema == "marts" else [])]:
            unique_id = f"model.p.{name}"
            nodes[unique_id] = _node(
                unique_id, "model", schema, ["p", schema, name], ["model.p.int_credits"]
            )
    nodes["test.p.credits_add_up"] = _node(
        "test.p.credits_add_up", "test", "tests", ["p", "credits_add_up"], ["model.p.int_credits"]
    )
    return {"nodes": nodes, "unit_tests": {}}


def _node(
    unique_id: str, kind: str, schema: str, fqn: list[str], parents: list[str]
) -> dict[str, Any]:
    return {
        "unique_id": unique_id,
        "resource_type": kind,
        "schema": schema,
        "name": fqn[-1],
        "alias": fqn[-1],
        "fqn": fqn,
        "depends_on": {"nodes": parents},
        "checksum": {"name": "sha256", "checksum": f"{len(unique_id):064d}"},
    }


def all_green() -> dict[str, list[str]]:
    return {unique_id: ["success", "OK"] for unique_id in manifest()["nodes"]}


def install(project: Path, scenario: list[dict[str, Any]]) -> Path:
    """Write the scenario and an executable that plays it; returns the executable."""
    project.joinpath("scenario.json").write_text(json.dumps(scenario))
    project.joinpath("calls.json").write_text("[]")
    executable = project / "dbt"
    here = Path(__file__).resolve().parents[2]
    executable.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(here)!r})\n"
        f"from tests.plan.fake_dbt import play\nplay({str(project)!r})\n"
    )
    executable.chmod(executable.stat().st_mode | stat.S_IXUSR)
    return executable


def calls(project: Path) -> list[list[str]]:
    found: list[list[str]] = json.loads(project.joinpath("calls.json").read_text())
    return found


def play(folder: str) -> None:
    project = Path(folder)
    made = calls(project)
    scene = json.loads(project.joinpath("scenario.json").read_text())[len(made)]
    made.append(sys.argv[1:])
    project.joinpath("calls.json").write_text(json.dumps(made))
    target = Path(sys.argv[sys.argv.index("--target-path") + 1])
    target.mkdir(parents=True, exist_ok=True)
    # Never the same twice, though the calls of an earlier scenario are forgotten.
    log = project / "invocations.log"
    with log.open("a") as file:
        file.write("called\n")
    invocation = f"invocation-{len(log.read_text().splitlines())}"
    _say(invocation, "MainReportVersion", "info", "Running with dbt")
    if scene.get("text"):
        print(scene["text"])
    if not scene.get("stale"):
        target.joinpath("manifest.json").write_text(json.dumps(manifest()))
    for unique_id, (status, _) in (scene.get("results") or {}).items():
        node = {"unique_id": unique_id, "node_status": status, "node_name": unique_id}
        _say(invocation, "LogStartLine", "info", "start", {"node_info": node})
        _say(invocation, "LogModelResult", "info", "done", {"node_info": node})
    for message in scene.get("errors", []):
        _say(invocation, "MainEncounteredError", "error", message)
    if scene.get("results") is not None:
        results = [
            {
                "unique_id": unique_id,
                "status": status,
                "message": message,
                "execution_time": 0.5,
                "timing": [
                    {
                        "name": "execute",
                        "started_at": "2026-11-16T06:00:00Z",
                        "completed_at": "2026-11-16T06:00:01Z",
                    }
                ],
            }
            for unique_id, (status, message) in scene["results"].items()
        ]
        document = {"metadata": {"invocation_id": invocation}, "results": results}
        target.joinpath("run_results.json").write_text(json.dumps(document))
    sys.exit(scene["exit"])


def _say(
    invocation: str, name: str, level: str, message: str, data: dict[str, Any] | None = None
) -> None:
    info = {"invocation_id": invocation, "name": name, "level": level, "msg": message}
    print(json.dumps({"info": info, "data": data or {}}), flush=True)
