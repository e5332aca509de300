"""Making a plan from a run, chaining it to the previous one, and writing it once."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from partner_attribution.build import BuildResult
from partner_attribution.plan import graph
from partner_attribution.plan.chain import chained, digest, without
from partner_attribution.plan.lookups import Lookups
from partner_attribution.plan.model import NO_HASH, Plan
from partner_attribution.publish import utc_now
from partner_attribution.report import facts as f
from partner_attribution.report import words

LEDGER = "ledger.ndjson"
SLA_GUARDRAIL = 0.9
MOST_RECOMMENDATIONS = 10

LADDER = (
    (
        1,
        "analytics_lead",
        "A feed or a check failed, or a part of the readout was withheld.",
    ),
    (
        2,
        "revops",
        "The same failure stood in the previous plan too, on other inputs.",
    ),
    (
        3,
        "executive_sponsor",
        "RevOps and finance were called by the previous plan and the failure is still there.",
    ),
)


@dataclass(frozen=True)
class DeliveryRow:
    """marts.fct_feed_deliveries."""

    feed_id: str
    table_name: str | None
    file: str | None
    delivery_id: str | None
    delivered_at: datetime | None
    content_hash: str | None
    rows_read: int | None
    rows_landed: int | None
    rows_rejected: int | None
    rows_superseded: int | None
    status: str | None
    message: str | None


@dataclass
class Run:
    """What a plan is made of."""

    run_id: str
    plan_id: str
    created_at: datetime
    request: dict[str, Any]
    plans: Path
    lookups: Lookups
    facts: f.Facts | None = None
    deliveries: tuple[DeliveryRow, ...] = ()
    build: BuildResult | None = None
    rows: dict[str, int] = field(default_factory=dict)
    publication: str = "read_only"
    outputs: list[Path] = field(default_factory=list)
    failure: str | None = None


def reserve(plans: Path) -> tuple[str, str]:
    """A run id and a plan id that nobody else has: (run-<time>, plan-<time>)."""
    plans.mkdir(parents=True, exist_ok=True)
    stamp = utc_now().strftime("%Y%m%dT%H%M%SZ")
    for number in range(0x10000):
        name = stamp if not number else f"{stamp}-{number:04x}"
        if (plans / f"plan-{name}.json").exists():
            continue
        try:
            (plans / f"run-{name}").mkdir()
        except FileExistsError:
            continue
        return f"run-{name}", f"plan-{name}"
    raise FileExistsError(plans)


def write_plan(run: Run) -> tuple[Path, Plan]:
    """Write plans/<plan_id>.json and append its hash to the ledger. Never overwrites."""
    plan = make_plan(run)
    path = run.plans / f"{plan.plan_id}.json"
    text = json.dumps(plan.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    line = {
        "plan_id": plan.plan_id,
        "campaign_id": plan.campaign.campaign_id if plan.campaign else None,
        "plan_hash": plan.plan_hash,
        "previous": plan.previous.plan_id if plan.previous else None,
    }
    with (run.plans / LEDGER).open("a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(line, sort_keys=True) + "\n")
    folder = run.plans / run.run_id
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return path, plan


def make_plan(run: Run) -> Plan:
    """The plan of a run, chained to the campaign's previous plan."""
    body = _body(run)
    previous = _previous(run.plans, body)
    body["previous"] = (
        {"plan_id": previous["plan_id"], "plan_hash": previous["plan_hash"]} if previous else None
    )
    body["escalation_ladder"] = _ladder(run, body, previous)
    body["status"] = _status(run, body)
    start = previous["plan_hash"] if previous else NO_HASH
    body["change_log"] = chained(_changes(body, previous), start)
    # Through the model and back, so that the hash covers exactly what the file will hold.
    held = Plan.model_validate({**body, "plan_hash": NO_HASH}).model_dump(mode="json")
    return Plan.model_validate({**held, "plan_hash": digest(without(held, "plan_hash"))})


def _body(run: Run) -> dict[str, Any]:
    facts = run.facts
    feeds = _feeds(run)
    report_status: Any = "failed" if run.failure else "not_run" if facts is None else "success"
    if report_status == "success" and facts is not None and facts.is_partial:
        report_status = "warn"
    tasks = graph.tasks_of(feeds, run.build, run.rows, report_status)
    sources = _sources(run, feeds)
    settings = [
        {"setting": s.setting, "value": s.value, "unit": s.unit}
        for s in (facts.settings if facts else ())
    ]
    models = _models(run.build)
    return {
        "schema_version": "1.0",
        "plan_id": run.plan_id,
        "run_id": run.run_id,
        "created_at": run.created_at.replace(tzinfo=UTC),
        "versions": _versions(facts),
        "request": run.request,
        "campaign": _campaign(facts),
        "objective": facts.campaign.objective if facts else None,
        "pattern": graph.pattern_of(tasks).model_dump(),
        "tasks": [task.model_dump() for task in tasks],
        "dependency_graph": graph.graph_of(tasks).model_dump(),
        "data_sources": sources,
        "settings": settings,
        "method": _method(facts),
        "models": models,
        "error_handling": _error_handling(run),
        "owners": _owners(run),
        "success_metrics": _metrics(facts),
        "review_checklist": _checklist(run),
        "sign_off": _sign_off(run),
        "recommendations": _recommendations(run),
        "readout": _readout(facts),
        "headlines": _headlines(facts),
        "outputs": [_output(path) for path in run.outputs],
        "input_digest": digest([[[s["feed_id"], s["content_hash"]] for s in sources], settings]),
    }


def _versions(facts: f.Facts | None) -> dict[str, str]:
    def installed(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "not installed"

    publication = facts.publication if facts else None
    return {
        "track_source": installed("partner-attribution"),
        "python": platform.python_version(),
        "dbt_core": (publication.dbt_version if publication else "") or installed("dbt-core"),
        "dbt_duckdb": installed("dbt-duckdb"),
        "duckdb": (publication.duckdb_version if publication else "") or installed("duckdb"),
    }


def _campaign(facts: f.Facts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    return {
        "campaign_id": facts.campaign.campaign_id,
        "campaign_name": facts.campaign.campaign_name,
        "flight_start": facts.campaign.flight_start,
        "flight_end": facts.campaign.flight_end,
        "window_start": facts.window.window_start,
        "window_end": facts.window.window_end,
        "as_of": facts.window.as_of,
    }


def _method(facts: f.Facts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    return {
        "method": facts.method,
        "definition": words.method_definition(facts.method),
        "is_agreed_method": facts.method == facts.campaign.agreed_method,
        "settings_hash": facts.publication.settings_hash,
    }


def _health_of_feeds(facts: f.Facts | None) -> dict[str, list[f.HealthCheck]]:
    found: dict[str, list[f.HealthCheck]] = {}
    for row in facts.health if facts else ():
        if row.section == "feeds" and row.feed_id:
            found.setdefault(row.feed_id, []).append(row)
    return found


def _feeds(run: Run) -> list[graph.Feed]:
    health = _health_of_feeds(run.facts)
    names = sorted({*health, *(row.feed_id for row in run.deliveries)})
    made = []
    for name in names:
        files = [row for row in run.deliveries if row.feed_id == name]
        checks = health.get(name, [])
        status = "fail" if any(c.status == "fail" for c in checks) else "ok"
        if status == "ok" and any(c.status == "warn" for c in checks):
            status = "warn"
        made.append(
            graph.Feed(
                feed_id=name,
                status=status,
                rows_read=sum(row.rows_read or 0 for row in files),
                rows_landed=sum(row.rows_landed or 0 for row in files),
                messages=tuple(c.detail or c.check_name for c in checks if c.status != "ok"),
            )
        )
    return made


def _sources(run: Run, feeds: list[graph.Feed]) -> list[dict[str, Any]]:
    health = _health_of_feeds(run.facts)
    made = []
    for feed in feeds:
        files = sorted(
            (row for row in run.deliveries if row.feed_id == feed.feed_id),
            key=lambda row: (row.table_name or "", row.delivery_id or "", row.file or ""),
        )
        fresh = [c.detail for c in health.get(feed.feed_id, []) if c.check_name == "freshness"]
        made.append(
            {
                "feed_id": feed.feed_id,
                "partner_id": feed.partner_id,
                "connector": feed.connector,
                "system": graph.system_of(feed.connector),
                "status": feed.status,
                "rows_read": feed.rows_read,
                "rows_landed": feed.rows_landed,
                "rows_rejected": sum(row.rows_rejected or 0 for row in files),
                "content_hash": digest([[row.file, row.content_hash] for row in files]),
                "freshness": fresh[0] if fresh else None,
                "deliveries": [
                    {
                        "table_name": row.table_name,
                        "file": row.file,
                        "delivery_id": row.delivery_id,
                        "delivered_at": row.delivered_at.isoformat() if row.delivered_at else None,
                        "content_hash": row.content_hash,
                        "rows_read": row.rows_read,
                        "rows_landed": row.rows_landed,
                        "rows_rejected": row.rows_rejected,
                        "rows_superseded": row.rows_superseded,
                        "status": row.status,
                        "message": row.message,
                    }
                    for row in files
                ],
            }
        )
    return made


def _models(build: BuildResult | None) -> dict[str, str]:
    nodes = build.manifest.get("nodes", {}) if build else {}
    return {
        node["name"]: str((node.get("checksum") or {}).get("checksum", ""))[:12]
        for _, node in sorted(nodes.items())
        if node["resource_type"] in ("model", "seed")
    }


def _error_handling(run: Run) -> dict[str, Any]:
    build = run.build
    return {
        "retry_limit": 2,
        "retryable": ["lock", "connection", "timeout"],
        "not_retryable": ["parse error", "contract", "data test", "model error"],
        "attempts": [
            {
                "attempt": attempt.attempt,
                "command": list(attempt.command),
                "started_at": attempt.started_at.replace(tzinfo=UTC),
                "completed_at": attempt.completed_at.replace(tzinfo=UTC),
                "exit_code": attempt.exit_code,
                "dbt_invocation_id": attempt.invocation_id,
                "run_results": attempt.run_results,
                "run_results_sha256": attempt.run_results_sha256,
                "error": attempt.error,
                "retried_because": attempt.retried_because,
            }
            for attempt in (build.attempts if build else [])
        ],
        "failed_nodes": sorted(node.unique_id for node in (build.failures if build else [])),
        "publication": run.publication,
    }


def _owners(run: Run) -> list[dict[str, Any]]:
    campaign = run.facts.campaign.campaign_id if run.facts else None
    partners = {row.partner_id for row in (run.facts.contributions if run.facts else ())}
    return [
        row
        for row in run.lookups.owners
        if row["scope"] == "project"
        or (row["scope"] == "campaign" and row["scope_id"] == campaign)
        or (row["scope"] == "partner" and row["scope_id"] in partners)
        or (row["scope"] == "feed" and (row["scope_id"] or "").partition(".")[0] in partners)
    ]


def _owner_of(run: Run, role: str) -> tuple[str | None, str | None]:
    """Who answers for a role, and who stands in; one name per partner for a role of partners."""
    found = [row for row in _owners(run) if row["role"] == role]
    if found and found[0]["scope"] != "partner":
        found = found[:1]
    owners = [row["owner"] for row in found if row["owner"]]
    substitutes = [row["substitute"] for row in found if row["substitute"]]
    return ", ".join(owners) or None, ", ".join(substitutes) or None


def _metrics(facts: f.Facts | None) -> list[dict[str, Any]]:
    slas = facts.feed_slas if facts else ()
    share = slas[0].adherence_share if slas else None
    on_time = sum(row.sla_status == "on time" for row in slas)
    agreed = sum(row.sla_status in ("on time", "late", "missing") for row in slas)
    return [
        {
            "name": "attribution_confidence",
            "definition": "Trust in the data behind the credit, 0 to 100.",
            "unit": "points",
            "guardrail": 70.0,
            "actual": None,
            "status": "not_measured",
            "reason": "The trust score is not part of this version; data health stands in for it.",
        },
        {
            "name": "sla_adherence",
            "definition": "Share of feeds whose last delivery is within their agreed cadence.",
            "unit": "share",
            "guardrail": SLA_GUARDRAIL,
            "actual": share,
            "status": "not_measured"
            if share is None
            else "met"
            if share >= SLA_GUARDRAIL
            else "missed",
            "reason": "No feed has an agreed cadence (seeds/feeds.csv, cadence_days)."
            if share is None
            else f"{on_time} of {agreed} feeds were on time.",
        },
        {
            "name": "partner_satisfaction",
            "definition": "What partners answered when asked about the joint campaign.",
            "unit": "share",
            "guardrail": None,
            "actual": None,
            "status": "not_measured",
            "reason": "No survey is connected; it is not inferred from anything else.",
        },
    ]


def _checklist(run: Run) -> list[dict[str, Any]]:
    facts = run.facts
    failed = facts.failed_feeds if facts else []
    roles = {row["role"] for row in _owners(run)}
    wanted = {"analytics_lead", "partner_marketer", "executive_sponsor"}
    taxonomy = [c for c in (facts.problems if facts else []) if c.section == "taxonomy"]
    untargeted = sorted({c.partner_id for c in (facts.untargeted(facts.method) if facts else [])})
    return [
        _item(
            "Owners are named",
            wanted <= roles,
            f"missing roles: {', '.join(sorted(wanted - roles))}"
            if wanted - roles
            else "analytics lead, partner marketer and executive sponsor in seeds/owners.csv",
        ),
        _item(
            "Every declared feed arrived",
            facts is not None and not failed,
            f"failed: {', '.join(sorted({c.feed_id or '' for c in failed}))}"
            if failed
            else "reports.rpt_data_health",
        ),
        _item(
            "Names are mapped",
            facts is not None and not taxonomy,
            f"{len(taxonomy)} findings in reports.rpt_data_health"
            if taxonomy
            else "reports.rpt_data_health",
        ),
        _item(
            "Every partner with credit has a target",
            facts is not None and not untargeted,
            f"no target: {', '.join(untargeted)}" if untargeted else "reports.rpt_contribution",
        ),
        _item(
            "The deliverables were written",
            bool(run.outputs),
            f"{len(run.outputs)} files" if run.outputs else run.failure or "nothing was rendered",
        ),
    ]


def _item(item: str, confirmed: bool, evidence: str) -> dict[str, Any]:
    return {"item": item, "is_confirmed": confirmed, "evidence": evidence}


def _sign_off(run: Run) -> dict[str, Any]:
    owner, _ = _owner_of(run, "analytics_lead")
    blocked = run.facts is None or run.facts.is_partial
    return {
        "role": "analytics_lead",
        "owner": owner,
        "status": "blocked" if blocked else "pending",
        "reason": "Something is missing from the figures; mend it before signing."
        if blocked
        else "Waits for the analytics lead's word on data and insights.",
    }


def _recommendations(run: Run) -> list[dict[str, Any]]:
    facts = run.facts
    if facts is None:
        return []
    marketer, _ = _owner_of(run, "partner_marketer")
    lead, _ = _owner_of(run, "analytics_lead")
    found: list[tuple[str, str, str, str | None, str | None]] = [
        (
            row.fix,
            f"{words.check_label(row)}: {row.detail or row.status}",
            "reports.rpt_data_health",
            str(row.amount_at_stake) if row.amount_at_stake is not None else None,
            run.lookups.feed_owners.get(row.feed_id or "") or lead,
        )
        for row in facts.problems
        if row.fix
    ]
    found += [
        (
            f"Agree a target for {row.partner_name} and add it to seeds/targets.csv.",
            f"{row.partner_name} has credit and no target for {facts.window.window_id}.",
            "reports.rpt_contribution",
            str(row.credited_amount),
            marketer,
        )
        for row in facts.untargeted(facts.method)
    ]
    found += [
        (
            f"Record the cost of {row.asset_name or row.asset_id}.",
            "It has credit and no spend, so it cannot be compared.",
            "reports.rpt_asset_return",
            str(row.credited_amount),
            marketer,
        )
        for row in facts.assets(facts.method)
        if row.spend_amount is None and row.credited_amount and row.asset_id != "none"
    ]
    return [
        {
            "recommendation_id": f"R{number:02d}",
            "action": action,
            "because": because,
            "evidence": evidence,
            "amount_at_stake": amount,
            "owner": owner,
            "handed_to": marketer or "partner marketer",
        }
        for number, (action, because, evidence, amount, owner) in enumerate(
            found[:MOST_RECOMMENDATIONS], start=1
        )
    ]


def _readout(facts: f.Facts | None) -> dict[str, Any]:
    cadence = facts.campaign.readout_cadence_days if facts else None
    if facts is None or not cadence:
        return {
            "cadence_days": None,
            "next_readout": None,
            "reason": "No cadence is agreed (seeds/campaigns.csv, readout_cadence_days).",
        }
    following: date = facts.window.as_of + timedelta(days=cadence)
    return {
        "cadence_days": cadence,
        "next_readout": following,
        "reason": f"{cadence} days after the data's as-of date.",
    }


def _headlines(facts: f.Facts | None) -> list[dict[str, Any]]:
    if facts is None:
        return []
    scope = f"{facts.window.window_id}, {facts.method}"
    made: list[tuple[str, object, str]] = []
    for milestone, name in words.MILESTONES.items():
        total = facts.total(facts.method, milestone)
        if total:
            source = "reports.rpt_campaign_totals"
            made.append((f"credited {name.lower()}", total.campaign_amount, source))
            made.append((f"unattributed {name.lower()}", total.unattributed_amount, source))
    made += [
        (f"credited revenue of {row.partner_id}", row.credited_amount, "reports.rpt_contribution")
        for row in sorted(facts.contribution(facts.method), key=lambda row: row.partner_id)
    ]
    return [
        {"name": f"{name} ({scope})", "value": str(value), "source": source}
        for name, value, source in made
    ]


def _output(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {
        "path": str(path),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _previous(plans: Path, body: dict[str, Any]) -> dict[str, Any] | None:
    """The latest readable plan of the same campaign."""
    campaign = (body["campaign"] or {}).get("campaign_id")
    for path in sorted(plans.glob("plan-*.json"), key=lambda path: path.stem, reverse=True):
        try:
            found: dict[str, Any] = json.loads(path.read_text())
            if (found["campaign"] or {}).get("campaign_id") == campaign:
                return found
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return None


def _ladder(
    run: Run, body: dict[str, Any], previous: dict[str, Any] | None
) -> list[dict[str, Any]]:
    evidence = _evidence(run)
    before = {
        step["level"]: set(step["evidence"])
        for step in (previous or {}).get("escalation_ladder", [])
        if step["is_triggered"]
    }
    # A rerun on the same inputs proves nothing new.
    is_new = previous is not None and previous["input_digest"] != body["input_digest"]
    again = sorted(before.get(1, set()) & set(evidence)) if is_new else []
    third = sorted(before.get(2, set()) & set(evidence)) if is_new else []
    found = {1: evidence, 2: again, 3: third}
    made = []
    for level, role, trigger in LADDER:
        owner, substitute = _owner_of(run, role)
        made.append(
            {
                "level": level,
                "role": role,
                "owner": owner,
                "substitute": substitute,
                "trigger": trigger,
                "is_triggered": bool(found[level]),
                "evidence": found[level],
            }
        )
    return made


def _evidence(run: Run) -> list[str]:
    found = [f"run failed: {run.failure}"] if run.failure else []
    if run.facts:
        found += [f"{words.check_label(c)} failed" for c in run.facts.health if c.status == "fail"]
        found += [f"{name} withheld" for name in run.facts.withheld]
    return sorted(set(found))


def _status(run: Run, body: dict[str, Any]) -> str:
    if run.failure or run.facts is None:
        return "failed"
    if any(step["is_triggered"] and step["level"] > 1 for step in body["escalation_ladder"]):
        return "escalated"
    if run.facts.is_partial or (run.build is not None and run.build.failures):
        return "degraded"
    return "succeeded"


def _changes(body: dict[str, Any], previous: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What changed since the previous plan; headline figures last, with what can explain them."""
    if previous is None:
        return [_change("first_plan", body["plan_id"], None, None, "No plan of it came before.")]
    inputs = [
        *_differences(
            "source",
            _by(previous["data_sources"], "feed_id", "content_hash"),
            _by(body["data_sources"], "feed_id", "content_hash"),
            "The feed delivered other files.",
        ),
        *_differences(
            "setting",
            _by(previous["settings"], "setting", "value"),
            _by(body["settings"], "setting", "value"),
            "Changed in dbt_project.yml or by --vars.",
        ),
    ]
    if previous["models"] and body["models"]:
        inputs += _differences(
            "model", previous["models"], body["models"], "The code of the model changed."
        )
    inputs += _differences(
        "cadence",
        {"cadence_days": _text(previous["readout"]["cadence_days"])},
        {"cadence_days": _text(body["readout"]["cadence_days"])},
        "Changed in seeds/campaigns.csv.",
    )
    causes = _causes(inputs)
    figures = _differences(
        "headline",
        _by(previous["headlines"], "name", "value"),
        _by(body["headlines"], "name", "value"),
        causes or "Nothing recorded explains it: ask for the reason before using the figure.",
        shared_only=True,
    )
    return [*inputs, *figures] or [
        _change("none", "everything", None, None, "Same inputs, same figures.")
    ]


def _causes(inputs: list[dict[str, Any]]) -> str:
    by_kind: dict[str, list[str]] = {}
    for change in inputs:
        if change["kind"] != "cadence":
            by_kind.setdefault(change["kind"], []).append(change["item"])
    parts = []
    for kind, items in by_kind.items():
        more = f" and {len(items) - 5} more" if len(items) > 5 else ""
        parts.append(f"{kind} {', '.join(items[:5])}{more}")
    return f"Changed since: {'; '.join(parts)}." if parts else ""


def _differences(
    kind: str,
    before: dict[str, str | None],
    after: dict[str, str | None],
    cause: str,
    *,
    shared_only: bool = False,
) -> Iterable[dict[str, Any]]:
    names = before.keys() & after.keys() if shared_only else before.keys() | after.keys()
    return [
        _change(kind, name, before.get(name), after.get(name), cause)
        for name in sorted(names)
        if before.get(name) != after.get(name)
    ]


def _change(
    kind: str, item: str, before: str | None, after: str | None, cause: str
) -> dict[str, Any]:
    return {"kind": kind, "item": item, "before": before, "after": after, "cause": cause}


def _by(rows: list[dict[str, Any]], key: str, value: str) -> dict[str, str | None]:
    return {row[key]: row[value] for row in rows}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
