"""The plan: what one run was asked to do, what it did, and what it hands over.

These models are the schema that is published as plan.schema.json. A plan is written once and
never changed; the next one names it, and the hashes chain them.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

SCHEMA_VERSION = "1.0"
SCHEMA_FILE = Path(__file__).with_name("plan.schema.json")
NO_HASH = "0" * 64

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]
TaskStatus = Literal["success", "warn", "failed", "skipped", "not_run"]
System = Literal["crm", "map", "analytics", "ads", "partner_portal", "file"]


class Block(BaseModel):
    """Base of all blocks: unknown keys are an error, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Versions(Block):
    """What ran."""

    track_source: str
    python: str
    dbt_core: str
    dbt_duckdb: str
    duckdb: str


class Request(Block):
    """What was asked for."""

    campaign: str
    window: Annotated[str, Field(pattern="^([1-9][0-9]{0,3}d|campaign)$")]
    detail: Literal["summary", "full"]
    dimensions: list[Literal["partner", "channel", "asset", "region"]]
    attribution_model: str
    resolved_method: str
    build: bool


class Campaign(Block):
    """Which campaign, and which days of it."""

    campaign_id: str
    campaign_name: str
    flight_start: date | None
    flight_end: date | None
    window_start: date
    window_end: date
    as_of: date


class Pattern(Block):
    """The shape of the run, read off its graph."""

    kind: Literal["pipeline", "diamond"]
    merge_gate: str | None = Field(description="The task where parallel feeds meet.")
    parallel_partners: list[str] = Field(
        description="Partners whose feeds reach the gate on separate ways."
    )
    reason: str


class Task(Block):
    """A piece of the run: one feed gathered, one connector normalised, one layer built."""

    task_id: Annotated[str, Field(pattern=r"^T\d{2,3}$")]
    name: str
    step: Literal["gather", "normalise", "attribute", "insights", "report"]
    partner_id: str | None
    system: System | None
    depends_on: list[str]
    dbt_unique_ids: list[str]
    status: TaskStatus
    started_at: str | None
    completed_at: str | None
    seconds: Annotated[float, Field(ge=0)] | None
    rows_in: Annotated[int, Field(ge=0)] | None
    rows_out: Annotated[int, Field(ge=0)] | None
    attempts: Annotated[int, Field(ge=0, le=3)]
    messages: list[str]


class Edge(Block):
    """One dependency: target needs source."""

    source: str
    target: str


class DependencyGraph(Block):
    """The tasks as a graph; it has no cycle."""

    nodes: list[str]
    edges: list[Edge]


class Delivery(Block):
    """One file that was read, or that failed."""

    table_name: str | None
    file: str | None
    delivery_id: str | None
    delivered_at: str | None
    content_hash: str | None
    rows_read: int | None
    rows_landed: int | None
    rows_rejected: int | None
    rows_superseded: int | None
    status: str | None
    message: str | None


class DataSource(Block):
    """One feed: what it delivered, and how fresh that is."""

    feed_id: str
    partner_id: str
    connector: str
    system: System
    status: Literal["ok", "warn", "fail"]
    rows_read: int
    rows_landed: int
    rows_rejected: int
    content_hash: Sha256 = Field(description="Of all content hashes of its deliveries.")
    freshness: str | None
    deliveries: list[Delivery]


class Setting(Block):
    """One setting as it was when the figures were made."""

    setting: str
    value: str | None
    unit: str | None


class Method(Block):
    """The method of the readout."""

    method: str
    definition: str
    is_agreed_method: bool
    settings_hash: str | None


class DbtAttempt(Block):
    """One dbt invocation."""

    attempt: Annotated[int, Field(ge=1, le=3)]
    command: list[str]
    started_at: AwareDatetime
    completed_at: AwareDatetime
    exit_code: int
    dbt_invocation_id: str | None
    run_results: str | None
    run_results_sha256: Sha256 | None
    error: str | None
    retried_because: str | None


class ErrorHandling(Block):
    """What was retried, and what is never retried."""

    retry_limit: Annotated[int, Field(ge=0, le=2)] = 2
    retryable: list[str]
    not_retryable: list[str]
    attempts: list[DbtAttempt]
    failed_nodes: list[str]
    publication: Literal["new", "kept", "read_only"]


class EscalationStep(Block):
    """One step of the ladder."""

    level: Annotated[int, Field(ge=1, le=3)]
    role: str
    owner: str | None
    substitute: str | None
    trigger: str
    is_triggered: bool
    evidence: list[str]


class Owner(Block):
    """Who answers for what, and who stands in."""

    scope: str
    scope_id: str
    role: str
    owner: str | None
    substitute: str | None


class SuccessMetric(Block):
    """A measure of the run itself; null always has a reason."""

    name: Literal["attribution_confidence", "sla_adherence", "partner_satisfaction"]
    definition: str
    unit: str
    guardrail: float | None
    actual: float | None
    status: Literal["met", "at_risk", "missed", "not_measured"]
    reason: str


class CheckItem(Block):
    """One question of the review before the run."""

    item: str
    is_confirmed: bool
    evidence: str


class SignOff(Block):
    """The analytics lead's word on data and insights; empty until it is given."""

    role: str
    owner: str | None
    status: Literal["pending", "blocked"]
    reason: str


class Recommendation(Block):
    """Something to do that follows from a figure."""

    recommendation_id: str
    action: str
    because: str
    evidence: str
    amount_at_stake: str | None
    owner: str | None
    handed_to: str


class Readout(Block):
    """How often the campaign is read out, and when next."""

    cadence_days: int | None
    next_readout: date | None
    reason: str


class Change(Block):
    """One difference from the previous plan of this campaign, chained by hash."""

    seq: Annotated[int, Field(ge=1)]
    kind: Literal["first_plan", "model", "source", "setting", "cadence", "headline", "none"]
    item: str
    before: str | None
    after: str | None
    cause: str
    prev_hash: Sha256
    hash: Sha256


class Headline(Block):
    """A figure that the next plan compares with; amounts as exact text."""

    name: str
    value: str | None
    source: str


class Output(Block):
    """A file that was written."""

    path: str
    bytes: int
    sha256: Sha256


class Previous(Block):
    """The plan before this one, of the same campaign."""

    plan_id: str
    plan_hash: Sha256


class Plan(Block):
    """The audit trail of one run."""

    schema_version: Literal["1.0"] = "1.0"
    plan_id: Annotated[str, Field(pattern=r"^plan-\d{8}T\d{6}Z(-[0-9a-f]{4})?$")]
    run_id: str
    created_at: AwareDatetime
    status: Literal["succeeded", "degraded", "escalated", "failed"]
    versions: Versions
    request: Request
    campaign: Campaign | None
    objective: str | None
    pattern: Pattern
    tasks: list[Task]
    dependency_graph: DependencyGraph
    data_sources: list[DataSource]
    settings: list[Setting]
    method: Method | None
    models: dict[str, str] = Field(description="Model -> checksum of its code, first 12 digits.")
    error_handling: ErrorHandling
    escalation_ladder: list[EscalationStep]
    owners: list[Owner]
    success_metrics: Annotated[list[SuccessMetric], Field(min_length=3, max_length=3)]
    review_checklist: list[CheckItem]
    sign_off: SignOff
    recommendations: list[Recommendation]
    readout: Readout
    headlines: list[Headline]
    outputs: list[Output]
    input_digest: Sha256 = Field(description="Of sources and settings together.")
    previous: Previous | None
    change_log: Annotated[list[Change], Field(min_length=1)]
    plan_hash: Sha256 = Field(description="Of all the rest of this plan as canonical JSON.")


def json_schema() -> dict[str, Any]:
    """The published schema, draft 2020-12."""
    made = Plan.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text() -> str:
    """plan.schema.json as it must stand in the package."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text())
