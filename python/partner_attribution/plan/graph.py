"""The run as a graph of tasks, contracted from dbt's own graph.

One task per feed gathered, one per connector normalised, one per layer after that. Edges come
from the manifest (which model reads which) and from the connectors that the feeds land in;
nothing about the shape is typed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from partner_attribution.build import FAILED, LAYER_STEPS, BuildResult, layer_of
from partner_attribution.plan.model import DependencyGraph, Edge, Pattern, System, Task, TaskStatus

SYSTEMS: dict[str, System] = {
    "salesforce": "crm",
    "hubspot": "crm",
    "marketo": "map",
    "ga4": "analytics",
    "segment": "analytics",
    "google_ads": "ads",
    "linkedin_ads": "ads",
    "template": "file",
}
# The staging folder that reads what landing recorded about every feed; it is no system.
DELIVERY_LOG = "feeds"

LAYER_NAMES = {
    "seeds": "load the lookups",
    "conformed": "merge all feeds into one shape",
    "ledger": "resolve people, accounts and deals across partners",
    "journeys": "line up touches with milestones",
    "attribution": "split the credit by every method",
    "marts": "build the marts",
    "reports": "build the report tables",
}


@dataclass(frozen=True)
class Feed:
    """A feed as the served file describes it."""

    feed_id: str
    status: str
    rows_read: int
    rows_landed: int
    messages: tuple[str, ...]

    @property
    def partner_id(self) -> str:
        """The partner that delivers it."""
        return self.feed_id.partition(".")[0]

    @property
    def connector(self) -> str:
        """The system it comes from."""
        return self.feed_id.partition(".")[2]


def system_of(connector: str) -> System:
    """Which kind of system a connector reads."""
    return SYSTEMS.get(connector, "file")


class _Group:
    """The dbt nodes of one task."""

    def __init__(self, key: str, layer: str) -> None:
        self.key = key
        self.layer = layer
        self.nodes: list[str] = []
        self.tests: list[str] = []
        self.needs: set[str] = set()


def tasks_of(
    feeds: Iterable[Feed],
    build: BuildResult | None,
    rows: dict[str, int],
    report_status: TaskStatus,
) -> list[Task]:
    """All tasks of a run, in an order in which each follows what it needs."""
    feeds = sorted(feeds, key=lambda feed: feed.feed_id)
    groups = _groups(build) if build and build.manifest else {}
    needs: dict[str, set[str]] = {key: set(group.needs) for key, group in groups.items()}
    for feed in feeds:
        needs[f"feed:{feed.feed_id}"] = set()
        connector = f"staging:{feed.connector}"
        if connector in needs:
            needs[connector].add(f"feed:{feed.feed_id}")
    ends = _ends(needs)
    needs["readout"] = ends
    order = list(TopologicalSorter({k: sorted(v) for k, v in sorted(needs.items())}).static_order())
    ids = {key: f"T{number:02d}" for number, key in enumerate(order, start=1)}
    by_feed = {f"feed:{feed.feed_id}": feed for feed in feeds}
    tasks: list[Task] = []
    for key in order:
        depends = sorted(ids[parent] for parent in needs[key])
        if key in by_feed:
            tasks.append(_feed_task(ids[key], by_feed[key]))
        elif key == "readout":
            tasks.append(_readout_task(ids[key], depends, report_status))
        else:
            assert build is not None
            tasks.append(_group_task(ids[key], depends, groups[key], build, rows))
    return tasks


def graph_of(tasks: list[Task]) -> DependencyGraph:
    """Nodes and edges of the tasks."""
    return DependencyGraph(
        nodes=[task.task_id for task in tasks],
        edges=[
            Edge(source=parent, target=task.task_id) for task in tasks for parent in task.depends_on
        ],
    )


def cycle_in(tasks: Iterable[Task]) -> list[str]:
    """The tasks of a cycle; empty when there is none."""
    try:
        TopologicalSorter({task.task_id: task.depends_on for task in tasks}).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def pattern_of(tasks: list[Task]) -> Pattern:
    """A diamond when feeds of several partners run side by side and meet in one task."""
    children: dict[str, set[str]] = {task.task_id: set() for task in tasks}
    for task in tasks:
        for parent in task.depends_on:
            children[parent].add(task.task_id)
    feeds = [task for task in tasks if task.step == "gather" and task.partner_id]
    partners = sorted({task.partner_id for task in feeds if task.partner_id})
    below = {task.task_id: _reachable(task.task_id, children) for task in feeds}
    shared = set.intersection(*below.values()) if below else set()
    gate = next((task for task in tasks if task.task_id in shared), None)
    if gate is None or len(partners) < 2:
        return Pattern(
            kind="pipeline",
            merge_gate=None,
            parallel_partners=[],
            reason="Fewer than two partners' feeds meet: the tasks follow one another.",
        )
    return Pattern(
        kind="diamond",
        merge_gate=gate.task_id,
        parallel_partners=partners,
        reason=f"{len(feeds)} feeds of {len(partners)} partners do not depend on each other and "
        f"first meet in {gate.task_id} ({gate.name}).",
    )


def _groups(build: BuildResult) -> dict[str, _Group]:
    nodes: dict[str, Any] = build.manifest.get("nodes", {})
    task_of: dict[str, str] = {}
    groups: dict[str, _Group] = {}
    for unique_id, node in sorted(nodes.items()):
        layer = layer_of(node)
        if node["resource_type"] not in ("model", "seed", "snapshot") or not layer:
            continue
        fqn = node.get("fqn", [])
        after = fqn[fqn.index(layer) + 1 : -1] if layer in fqn else []
        key = f"staging:{after[0]}" if layer == "staging" and after else layer
        groups.setdefault(key, _Group(key, layer)).nodes.append(unique_id)
        task_of[unique_id] = key
    for unique_id, node in sorted(nodes.items()):
        parents = [p for p in node.get("depends_on", {}).get("nodes", []) if p in task_of]
        if unique_id in task_of:
            own = task_of[unique_id]
            groups[own].needs.update(task_of[p] for p in parents if task_of[p] != own)
        elif node["resource_type"] == "test" and parents:
            order = list(LAYER_STEPS)
            last = max(parents, key=lambda p: (order.index(groups[task_of[p]].layer), p))
            groups[task_of[last]].tests.append(unique_id)
    return groups


def _ends(needs: dict[str, set[str]]) -> set[str]:
    needed = {parent for parents in needs.values() for parent in parents}
    return {key for key in needs if key not in needed}


def _reachable(start: str, children: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for child in children[waiting.pop()]:
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def _feed_task(task_id: str, feed: Feed) -> Task:
    return Task(
        task_id=task_id,
        name=f"gather {feed.feed_id}",
        step="gather",
        partner_id=feed.partner_id,
        system=system_of(feed.connector),
        depends_on=[],
        dbt_unique_ids=[],
        status="failed"
        if feed.status == "fail"
        else "warn"
        if feed.status == "warn"
        else "success",
        started_at=None,
        completed_at=None,
        seconds=None,
        rows_in=feed.rows_read,
        rows_out=feed.rows_landed,
        attempts=1,
        messages=list(feed.messages),
    )


def _readout_task(task_id: str, depends: list[str], status: TaskStatus) -> Task:
    return Task(
        task_id=task_id,
        name="publish and render the readout",
        step="report",
        partner_id=None,
        system=None,
        depends_on=depends,
        dbt_unique_ids=[],
        status=status,
        started_at=None,
        completed_at=None,
        seconds=None,
        rows_in=None,
        rows_out=None,
        attempts=1 if status != "not_run" else 0,
        messages=[],
    )


def _group_task(
    task_id: str, depends: list[str], group: _Group, build: BuildResult, rows: dict[str, int]
) -> Task:
    nodes = build.manifest.get("nodes", {})
    results = [build.nodes[n] for n in [*group.nodes, *group.tests] if n in build.nodes]
    statuses = {result.status for result in results}
    status: TaskStatus = "success"
    if not results:
        status = "not_run"
    elif statuses & set(FAILED):
        status = "failed"
    elif "skipped" in statuses:
        status = "skipped"
    elif "warn" in statuses:
        status = "warn"
    started = sorted(r.started_at for r in results if r.started_at)
    completed = sorted(r.completed_at for r in results if r.completed_at)
    connector = group.key.partition(":")[2]
    # Only the step after feeds belongs to one system; partners share it.
    is_log = connector == DELIVERY_LOG
    name = f"normalise {connector}" if connector else LAYER_NAMES.get(group.layer, group.layer)
    if is_log:
        name = "read the log of deliveries"
    return Task.model_validate(
        {
            "task_id": task_id,
            "name": name,
            "step": LAYER_STEPS[group.layer],
            "partner_id": None,
            "system": system_of(connector) if connector and not is_log else None,
            "depends_on": depends,
            "dbt_unique_ids": group.nodes,
            "status": status,
            "started_at": started[0] if started else None,
            "completed_at": completed[-1] if completed else None,
            "seconds": round(sum(r.execution_seconds for r in results), 3) if results else None,
            "rows_in": _rows_in(group, nodes, rows),
            "rows_out": _rows_of(group.nodes, nodes, rows),
            "attempts": max((build.tries[r.unique_id] for r in results), default=0),
            "messages": [
                f"{r.unique_id}: {r.message.splitlines()[0][:300] if r.message else r.status}"
                for r in results
                if r.status in FAILED
            ][:20],
        }
    )


def _rows_of(unique_ids: list[str], nodes: dict[str, Any], rows: dict[str, int]) -> int | None:
    names = [_relation(unique_id, nodes) for unique_id in unique_ids]
    found = [rows[name] for name in names if name in rows]
    return sum(found) if found else None


def _rows_in(group: _Group, nodes: dict[str, Any], rows: dict[str, int]) -> int | None:
    """Rows of everything that the task reads; a view stands for what it reads itself."""
    own = set(group.nodes)
    seen: set[str] = set()
    waiting = list(group.nodes)
    found: list[int] = []
    while waiting:
        for parent in nodes[waiting.pop()].get("depends_on", {}).get("nodes", []):
            if parent in seen or parent in own:
                continue
            seen.add(parent)
            name = _relation(parent, nodes)
            if name in rows:
                found.append(rows[name])
            elif parent in nodes:
                waiting.append(parent)
    return sum(found) if found else None


def _relation(unique_id: str, nodes: dict[str, Any]) -> str:
    """schema.table of a node or a source."""
    if unique_id in nodes:
        node = nodes[unique_id]
        return f"{node['schema']}.{node.get('alias') or node['name']}"
    _, _, source, table = (*unique_id.split(".", 3), "", "", "")[:4]
    return f"raw_{source}.{table}"
