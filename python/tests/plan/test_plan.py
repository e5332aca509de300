"""The plan: valid, chained, never overwritten, and honest about what is not known."""

import copy
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from partner_attribution.build import Dbt
from partner_attribution.errors import PlanError
from partner_attribution.plan import graph, model, write
from partner_attribution.plan.chain import chained, digest, without
from partner_attribution.plan.lookups import Lookups
from partner_attribution.plan.verify import verify
from partner_attribution.report.facts import read_facts, select
from tests.plan.fake_dbt import all_green, install
from tests.report.served import World, empty_world, hostile_world, one_partner_world, write_served

OWNERS = Lookups(
    owners=(
        {
            "scope": "campaign",
            "scope_id": "ai_launch_tour",
            "role": "analytics_lead",
            "owner": "Dana",
            "substitute": "Jana",
        },
        {
            "scope": "campaign",
            "scope_id": "ai_launch_tour",
            "role": "partner_marketer",
            "owner": "Marcus",
            "substitute": None,
        },
    ),
    feed_owners={"northwind.marketo": "Olga"},
)


def a_run(folder: Path, world: World, **options: Any) -> write.Run:
    folder.mkdir(exist_ok=True)
    serve = write_served(folder / "serve", world)
    run_id, plan_id = write.reserve(folder / "plans")
    facts = read_facts(serve, campaign=world.campaign_id, window="30d")
    made: dict[str, Any] = {
        "run_id": run_id,
        "plan_id": plan_id,
        "created_at": datetime(2026, 11, 16, 6, 1),
        "request": {
            "campaign": world.campaign_name,
            "window": "30d",
            "detail": "full",
            "dimensions": ["partner", "channel"],
            "attribution_model": "multi-touch",
            "resolved_method": facts.method,
            "build": False,
        },
        "plans": folder / "plans",
        "lookups": OWNERS,
        "facts": facts,
        "deliveries": select(
            serve, write.DeliveryRow, "fct_feed_deliveries", "feed_id, table_name, file"
        ),
    }
    return write.Run(**{**made, **options})


def built(folder: Path) -> Any:
    project = folder / "project"
    project.mkdir()
    executable = install(project, [{"exit": 0, "results": all_green()}])
    dbt = Dbt(project, run_id="run-1", plans=folder / "plans", executable=str(executable))
    return dbt.build()


def held(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_the_published_schema_is_up_to_date() -> None:
    assert model.SCHEMA_FILE.read_text() == model.schema_text(), (
        "run: python -m partner_attribution.plan.model"
    )
    jsonschema.Draft202012Validator.check_schema(model.json_schema())


@pytest.mark.parametrize(
    "world", [World(), hostile_world(), empty_world(), one_partner_world()], ids=str
)
def test_a_plan_is_valid_and_verifies(tmp_path: Path, world: World) -> None:
    path, _ = write.write_plan(a_run(tmp_path, world))
    jsonschema.validate(held(path), held(model.SCHEMA_FILE))
    assert len(verify(path)) == 6


def test_a_failed_run_leaves_a_plan_too(tmp_path: Path) -> None:
    run = a_run(tmp_path, World(), facts=None, deliveries=(), failure="dbt built nothing")
    path, plan = write.write_plan(run)
    assert plan.status == "failed"
    assert plan.campaign is None
    assert plan.escalation_ladder[0].evidence == ["run failed: dbt built nothing"]
    verify(path)


def test_the_graph_comes_from_the_manifest(tmp_path: Path) -> None:
    run = a_run(tmp_path, World(), build=built(tmp_path), rows={"staging.x": 3})
    plan = write.make_plan(run)
    by_name = {task.name: task for task in plan.tasks}
    normalise = by_name["normalise salesforce"]
    feeds = {by_name[f"gather {p}.salesforce"].task_id for p in ("acme", "contoso", "northwind")}
    assert feeds == set(normalise.depends_on)
    merge = by_name["merge all feeds into one shape"]
    assert normalise.task_id in merge.depends_on
    assert merge.attempts == 1
    assert merge.seconds == 0.5
    assert plan.pattern.kind == "diamond"
    assert plan.pattern.parallel_partners == ["acme", "contoso", "northwind"]
    # Marketo lands in no model of this project, so its feeds meet the others at the readout.
    assert plan.pattern.merge_gate == by_name["publish and render the readout"].task_id
    assert not graph.cycle_in(plan.tasks)


def test_feeds_that_meet_in_the_union_make_it_the_gate() -> None:
    feeds = [
        graph.Feed("acme.salesforce", "ok", 10, 10, ()),
        graph.Feed("northwind.hubspot", "ok", 10, 9, ()),
    ]
    tasks = graph.tasks_of(feeds, None, {}, "success")
    assert graph.pattern_of(tasks).kind == "diamond"
    alone = graph.tasks_of(feeds[:1], None, {}, "success")
    assert graph.pattern_of(alone).kind == "pipeline"


def test_the_union_is_the_merge_gate(tmp_path: Path) -> None:
    result = built(tmp_path)
    feeds = [
        graph.Feed("acme.salesforce", "ok", 10, 10, ()),
        graph.Feed("northwind.hubspot", "ok", 10, 9, ()),
    ]
    tasks = graph.tasks_of(feeds, result, {"conformed.int_accounts_unioned": 19}, "success")
    gate = next(task for task in tasks if task.task_id == graph.pattern_of(tasks).merge_gate)
    assert gate.name == "merge all feeds into one shape"
    assert gate.rows_out == 19


def test_a_failed_feed_degrades_and_names_who_acts(tmp_path: Path) -> None:
    plan = write.make_plan(a_run(tmp_path, World()))
    assert plan.status == "degraded"
    assert plan.sign_off.status == "blocked"
    first = plan.recommendations[0]
    assert first.owner == "Olga"
    assert first.handed_to == "Marcus"
    assert "northwind.marketo" in first.because
    triggered = [step.level for step in plan.escalation_ladder if step.is_triggered]
    assert triggered == [1]


def test_recommendations_follow_from_figures(tmp_path: Path) -> None:
    plan = write.make_plan(a_run(tmp_path, World()))
    for recommendation in plan.recommendations:
        assert recommendation.evidence.startswith("reports.")
    money = [r.amount_at_stake for r in plan.recommendations]
    assert "84200.00" in money


def test_what_is_not_measured_says_why(tmp_path: Path) -> None:
    plan = write.make_plan(a_run(tmp_path, World()))
    metrics = {metric.name: metric for metric in plan.success_metrics}
    assert set(metrics) == {"attribution_confidence", "sla_adherence", "partner_satisfaction"}
    for metric in metrics.values():
        if metric.actual is None:
            assert metric.status == "not_measured"
            assert metric.reason


def test_the_same_failure_on_other_inputs_escalates_a_rerun_does_not(tmp_path: Path) -> None:
    write.write_plan(a_run(tmp_path, World()))
    _, rerun = write.write_plan(a_run(tmp_path, World()))
    assert rerun.status == "degraded"
    other = a_run(tmp_path, World())
    other.deliveries = tuple(replace(row, content_hash="new") for row in other.deliveries)
    _, second = write.write_plan(other)
    assert second.status == "escalated"
    assert [s.level for s in second.escalation_ladder if s.is_triggered] == [1, 2]


def test_plans_chain_and_changes_name_their_cause(tmp_path: Path) -> None:
    first, _ = write.write_plan(a_run(tmp_path, World()))
    partners = tuple(
        replace(p, revenue=p.revenue + 1000 if p.partner_id == "acme" else p.revenue)
        for p in World().partners
    )
    run = a_run(tmp_path, World(partners=partners))
    run.deliveries = tuple(
        replace(row, content_hash="new") if row.feed_id == "acme.salesforce" else row
        for row in run.deliveries
    )
    second, plan = write.write_plan(run)
    assert plan.previous and plan.previous.plan_hash == held(first)["plan_hash"]
    kinds = [change.kind for change in plan.change_log]
    assert kinds[0] == "source"
    headline = [change for change in plan.change_log if change.kind == "headline"]
    assert headline
    assert "acme.salesforce" in headline[0].cause
    third, same = write.write_plan(
        a_run(tmp_path, World(partners=partners), deliveries=run.deliveries)
    )
    assert [change.kind for change in same.change_log] == ["none"]
    for path in (first, second, third):
        verify(path)
    assert len({first, second, third}) == 3


def test_an_unexplained_change_says_so(tmp_path: Path) -> None:
    write.write_plan(a_run(tmp_path, World()))
    partners = tuple(replace(p, revenue=p.revenue + 1000) for p in World().partners)
    _, plan = write.write_plan(a_run(tmp_path, World(partners=partners)))
    assert "Nothing recorded explains it" in plan.change_log[-1].cause


def test_a_plan_is_never_overwritten(tmp_path: Path) -> None:
    run = a_run(tmp_path, World())
    path, _ = write.write_plan(run)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        write.write_plan(run)
    assert path.read_bytes() == before


def edit(path: Path, change: Any) -> None:
    document = held(path)
    change(document)
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("edited after", lambda d: d["headlines"][0].update(value="1.00")),
        ("entry 1 of the change log was edited", lambda d: d["change_log"][0].update(item="x")),
        ("schema", lambda d: d.update(extra=1)),
        ("schema", lambda d: d["error_handling"].update(retry_limit=3)),
        ("schema", lambda d: d.update(created_at="2026-11-16T06:01:00")),
        ("schema", lambda d: d["success_metrics"].pop()),
        ("dependency_graph", lambda d: d["dependency_graph"]["edges"].pop()),
        ("not there", lambda d: d["tasks"][0].update(depends_on=["T99"])),
        (
            "cycle",
            lambda d: (
                d["tasks"][0].update(depends_on=[d["tasks"][-1]["task_id"]]),
                d["tasks"][-1].update(depends_on=[d["tasks"][0]["task_id"]]),
            ),
        ),
    ],
)
def test_verify_sees(tmp_path: Path, what: str, change: Any) -> None:
    path, _ = write.write_plan(a_run(tmp_path, World()))
    edit(path, change)
    with pytest.raises(PlanError, match=f"(?i){what}"):
        verify(path)


def test_verify_sees_a_removed_entry_and_another_history(tmp_path: Path) -> None:
    first, _ = write.write_plan(a_run(tmp_path, World()))
    run = a_run(tmp_path, World())
    run.deliveries = tuple(replace(row, content_hash="new") for row in run.deliveries)
    second, _ = write.write_plan(run)
    document = held(second)
    cut = copy.deepcopy(document)
    cut["change_log"].pop(0)
    second.write_text(json.dumps(cut))
    with pytest.raises(PlanError, match="change log is broken"):
        verify(second)
    # Cutting the last entry leaves the chain whole; the hash of the plan and the ledger do not.
    cut = copy.deepcopy(document)
    cut["change_log"].pop()
    cut["plan_hash"] = digest(without(cut, "plan_hash"))
    second.write_text(json.dumps(cut))
    with pytest.raises(PlanError, match="another hash"):
        verify(second)
    second.write_text(json.dumps(document))
    edit(first, lambda d: d.update(objective="other"))
    with pytest.raises(PlanError, match="edited after"):
        verify(second)


def test_verify_says_what_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be read"):
        verify(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(PlanError, match="not JSON"):
        verify(tmp_path / "text.json")


def test_chain_by_hand() -> None:
    one, two = chained([{"item": "a"}, {"item": "b"}], model.NO_HASH)
    assert one["hash"] == digest({"item": "a", "seq": 1, "prev_hash": model.NO_HASH})
    assert two["prev_hash"] == one["hash"]
    with pytest.raises(ValueError, match="JSON"):
        digest(float("nan"))


def test_the_model_refuses_what_the_schema_cannot_say() -> None:
    with pytest.raises(ValidationError):
        model.DbtAttempt.model_validate({"attempt": 4})
