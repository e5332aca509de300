"""Whether a plan file holds together: schema, graph, hashes and the plans before it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from partner_attribution.errors import PlanError
from partner_attribution.plan import graph
from partner_attribution.plan.chain import digest, without
from partner_attribution.plan.model import NO_HASH, Plan
from partner_attribution.plan.write import LEDGER


def verify(path: Path) -> list[str]:
    """What was found to hold, one line each. Raises PlanError at the first thing that does not."""
    held = _read(path)
    plan = _validate(held, path)
    found = [f"schema {plan.schema_version}: valid"]
    found.append(_check_graph(plan, path))
    found.append(_check_changes(held, path))
    found.append(_check_hash(held, path))
    found.append(_check_previous(plan, path))
    found.append(_check_ledger(plan, path))
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _broken(path, f"The plan cannot be read: {error.strerror}", "a plan file") from error
    except ValueError as error:
        raise _broken(
            path, f"The plan is not JSON: {error}", "a file written by track-source"
        ) from (error)
    if not isinstance(held, dict):
        raise _broken(path, "The plan is not a JSON object", "a file written by track-source")
    return held


def _validate(held: dict[str, Any], path: Path) -> Plan:
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        return Plan.model_validate(held)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _broken(
            path,
            f"The plan does not follow its schema at {where}: {first['msg']} "
            f"({error.error_count()} findings)",
            "the shape of plan.schema.json",
        ) from error


def _check_graph(plan: Plan, path: Path) -> str:
    ids = [task.task_id for task in plan.tasks]
    unknown = sorted({p for task in plan.tasks for p in task.depends_on} - set(ids))
    if len(set(ids)) != len(ids) or unknown:
        raise _broken(
            path,
            f"The tasks depend on {', '.join(unknown)}, which are not there"
            if unknown
            else "Two tasks have one id",
            "each task once, depending on tasks of this plan",
        )
    cycle = graph.cycle_in(plan.tasks)
    if cycle:
        raise _broken(path, f"The tasks form a cycle: {' -> '.join(cycle)}", "a graph without one")
    if graph.graph_of(plan.tasks) != plan.dependency_graph:
        raise _broken(
            path, "dependency_graph is not that of the tasks", "the same edges in both places"
        )
    return f"graph: {len(ids)} tasks, no cycle, {plan.pattern.kind}"


def _check_changes(held: dict[str, Any], path: Path) -> str:
    previous = held["previous"]["plan_hash"] if held["previous"] else NO_HASH
    for number, change in enumerate(held["change_log"], start=1):
        body = without(change, "hash")
        if change["seq"] != number or change["prev_hash"] != previous:
            raise _broken(
                path,
                f"The change log is broken before entry {number}: one was removed, added or moved",
                "entries chained by prev_hash",
            )
        if digest(body) != change["hash"]:
            raise _broken(
                path, f"Entry {number} of the change log was edited", "the hash of its content"
            )
        previous = change["hash"]
    return f"change log: {len(held['change_log'])} entries, chain whole"


def _check_hash(held: dict[str, Any], path: Path) -> str:
    if digest(without(held, "plan_hash")) != held["plan_hash"]:
        raise _broken(path, "The plan was edited after it was written", "plan_hash of its content")
    return f"plan hash: {held['plan_hash'][:16]} holds"


def _check_previous(plan: Plan, path: Path) -> str:
    if plan.previous is None:
        return "previous plan: none, this is the campaign's first"
    before = path.with_name(f"{plan.previous.plan_id}.json")
    if not before.is_file():
        return f"previous plan: {plan.previous.plan_id} is not in this folder, not checked"
    if _read(before).get("plan_hash") != plan.previous.plan_hash:
        raise _broken(
            path,
            f"{before.name} is not the plan that this one followed",
            f"plan_hash {plan.previous.plan_hash[:16]}",
        )
    _check_hash(_read(before), before)
    return f"previous plan: {plan.previous.plan_id} holds"


def _check_ledger(plan: Plan, path: Path) -> str:
    ledger = path.with_name(LEDGER)
    if not ledger.is_file():
        return "ledger: not in this folder, not checked"
    lines = [json.loads(line) for line in ledger.read_text().splitlines() if line.strip()]
    entries = [line for line in lines if line.get("plan_id") == plan.plan_id]
    if [line.get("plan_hash") for line in entries] != [plan.plan_hash]:
        raise _broken(
            path,
            f"{LEDGER} holds {'another hash' if entries else 'no entry'} for this plan",
            f"one line with plan_hash {plan.plan_hash[:16]}",
        )
    return "ledger: holds"


def _broken(path: Path, what: str, expected: str) -> PlanError:
    return PlanError(
        what,
        where=str(path),
        expected=expected,
        do="take the file from your backup or version control; a plan is never mended by hand",
    )
