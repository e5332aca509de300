"""Running `dbt build` as a subprocess, watching it, and retrying what is worth retrying.

A subprocess, because dbt's in-process runner keeps the DuckDB file locked afterwards. Progress
comes from dbt's JSON log. At most two retries, and only for faults that pass by themselves:
locks, connections, timeouts. A data test, a contract or a parse error is never retried.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from partner_attribution.errors import BROKEN_DATABASE, REBUILD, BuildError
from partner_attribution.publish import held_lock, utc_now

RETRY_LIMIT = 2
BACKOFF_SECONDS = 5.0
STEPS = ("gather", "normalise", "attribute", "insights", "report")

# The folders of models/, in the order in which data passes them, and the step each belongs to.
LAYER_STEPS = {
    "seeds": "gather",
    "staging": "normalise",
    "conformed": "normalise",
    "ledger": "normalise",
    "journeys": "normalise",
    "attribution": "attribute",
    "marts": "insights",
    "reports": "insights",
}

TRANSIENT = re.compile(
    r"could not set lock|conflicting lock|database is locked|lock on file|"
    r"connection (was )?(refused|reset|aborted|closed|lost|timed out)|could not connect|"
    r"unable to connect|timed out|timeout|temporarily unavailable|resource temporarily|"
    r"service unavailable|too many requests",
    re.IGNORECASE,
)
FAILED = ("error", "fail", "runtime error")

# dbt says a node is done in one of these events; their data carry node_info.
NODE_DONE = re.compile(r"^(Log\w+Result|SkippingDetails|LogSkipBecauseError)$")


@dataclass(frozen=True)
class NodeResult:
    """What became of one node in one attempt."""

    unique_id: str
    status: str
    message: str
    started_at: str | None
    completed_at: str | None
    execution_seconds: float


@dataclass(frozen=True)
class Attempt:
    """One dbt invocation."""

    attempt: int
    command: tuple[str, ...]
    started_at: datetime
    completed_at: datetime
    exit_code: int
    invocation_id: str | None
    run_results: str | None
    run_results_sha256: str | None
    error: str | None
    is_transient: bool
    retried_because: str | None = None


@dataclass
class BuildResult:
    """All attempts of one build, and the last word on every node."""

    run_id: str
    attempts: list[Attempt] = field(default_factory=list)
    nodes: dict[str, NodeResult] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def is_green(self) -> bool:
        """Whether dbt left without any failure in the end."""
        return bool(self.attempts) and self.attempts[-1].exit_code == 0

    @property
    def invocation_id(self) -> str:
        """Of the last attempt that dbt named."""
        named = [a.invocation_id for a in self.attempts if a.invocation_id]
        return named[-1] if named else ""

    @property
    def statuses(self) -> dict[str, str]:
        """unique_id -> status, all attempts merged."""
        return {unique_id: node.status for unique_id, node in self.nodes.items()}

    @property
    def failures(self) -> list[NodeResult]:
        """Nodes that failed in the end."""
        return [node for node in self.nodes.values() if node.status in FAILED]


@dataclass(frozen=True)
class Progress:
    """One thing worth telling while dbt runs."""

    step: str
    done: int
    total: int
    message: str = ""
    seconds: float = 0.0


Report = Callable[[Progress], None]


def layer_of(node: dict[str, Any]) -> str:
    """The folder of models/ a node stands in; tests and seeds by what they are."""
    if node["resource_type"] == "seed":
        return "seeds"
    fqn = [part for part in node.get("fqn", []) if part in LAYER_STEPS]
    return fqn[0] if fqn else ""


def step_of(node: dict[str, Any], nodes: dict[str, Any]) -> str:
    """The visible step a node belongs to; a test belongs to the latest layer it looks at."""
    layer = layer_of(node)
    if not layer and node["resource_type"] in ("test", "unit_test"):
        parents = [nodes[p] for p in node.get("depends_on", {}).get("nodes", []) if p in nodes]
        layers = [layer_of(parent) for parent in parents]
        order = list(LAYER_STEPS)
        layer = max((found for found in layers if found), key=order.index, default="")
    return LAYER_STEPS.get(layer, "gather")


class Dbt:
    """dbt in one project folder, with the run's variables."""

    def __init__(
        self,
        project: Path,
        *,
        run_id: str,
        plans: Path,
        variables: dict[str, Any] | None = None,
        executable: str | None = None,
        backoff_seconds: float = BACKOFF_SECONDS,
        report: Report | None = None,
    ) -> None:
        self.project = project
        self.run_id = run_id
        self.attempts_folder = plans / run_id
        self.variables = variables or {}
        self.executable = executable or os.environ.get("TRACK_SOURCE_DBT") or find_dbt()
        self.backoff_seconds = backoff_seconds
        self.report = report or (lambda progress: None)
        self.target = target_folder(project)
        self._events: list[dict[str, Any]] = []

    def build(self) -> BuildResult:
        """Build everything, retrying transient faults at most twice.

        Never raises for a failed node: the result says what failed. Raises BuildError when dbt
        could not start, read the project or leave results at all.
        """
        result = BuildResult(self.run_id)
        command, because = "build", None
        with held_lock(self._lock_file(), 0.0, "build"):
            for number in range(1, RETRY_LIMIT + 2):
                attempt = self._attempt(number, command, because, result)
                result.attempts.append(attempt)
                if attempt.exit_code == 0 or not attempt.is_transient or number > RETRY_LIMIT:
                    break
                # Without results of our own invocation, `dbt retry` would rerun an older command.
                command = "retry" if attempt.run_results else "build"
                because = attempt.error
                self.report(Progress("gather", 0, 0, f"retry {number}: {because}"))
                time.sleep(self.backoff_seconds * 2 ** (number - 1))
        if not result.nodes:
            raise _nothing_built(result.attempts[-1])
        return result

    def _lock_file(self) -> Path:
        self.attempts_folder.parent.mkdir(parents=True, exist_ok=True)
        return self.attempts_folder.parent / ".build.lock"

    def _attempt(
        self, number: int, command: str, because: str | None, result: BuildResult
    ) -> Attempt:
        shown = ["dbt", command]
        call = [
            self.executable,
            "--log-format",
            "json",
            "--no-use-colors",
            command,
            "--project-dir",
            str(self.project),
            "--target-path",
            str(self.target),
        ]
        if "DBT_PROFILES_DIR" not in os.environ and (self.project / "profiles.yml").is_file():
            call += ["--profiles-dir", str(self.project)]
        if self.variables:
            # Values can be personal or secret: the plan keeps the names only.
            call += ["--vars", json.dumps(self.variables)]
            shown += ["--vars", f"({', '.join(sorted(self.variables))})"]
        if command == "build":
            # Unit tests judge the code, not the data: they belong to `make test`.
            call += ["--exclude-resource-type", "unit_test"]
        started = utc_now()
        code, errors = self._run(call)
        invocation = next(
            (e["info"]["invocation_id"] for e in self._events if e["info"].get("invocation_id")),
            None,
        )
        kept = self._keep_results(number, invocation)
        results = kept[2] if kept else []
        for node in results:
            result.nodes[node.unique_id] = node
            result.tries[node.unique_id] += 1
        result.manifest = self._read("manifest.json") or result.manifest
        failed = [node for node in results if node.status in FAILED]
        messages = [node.message for node in failed] or errors
        return Attempt(
            attempt=number,
            command=tuple(shown),
            started_at=started,
            completed_at=utc_now(),
            exit_code=code,
            invocation_id=invocation,
            run_results=kept[0] if kept else None,
            run_results_sha256=kept[1] if kept else None,
            error=_first_line(messages) if code else None,
            is_transient=bool(code) and bool(messages) and all(map(_is_transient, messages)),
            retried_because=because,
        )

    def _run(self, call: list[str]) -> tuple[int, list[str]]:
        self._events = []
        errors: list[str] = []
        try:
            process = subprocess.Popen(
                call,
                cwd=self.project,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise BuildError(
                f"dbt could not be started: {error.strerror}",
                where=self.executable,
                expected="dbt on the PATH (it is installed with this package)",
                do="activate the environment that holds this package, "
                "or use --no-build to render the published copy",
            ) from error
        watch = _Watch(self)
        try:
            for event in _events(process, errors):
                self._events.append(event)
                watch.see(event, errors)
            return process.wait(), errors
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=30)
            raise

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads((self.target / name).read_text())
        except (OSError, ValueError):
            return None
        return found

    def _keep_results(
        self, number: int, invocation: str | None
    ) -> tuple[str, str, list[NodeResult]] | None:
        """Copy this attempt's run_results.json, if it is this attempt's: retries overwrite it."""
        found = self._read("run_results.json")
        if not found or invocation is None:
            return None
        if found.get("metadata", {}).get("invocation_id") != invocation:
            return None
        folder = self.attempts_folder / f"attempt-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        copy = folder / "run_results.json"
        shutil.copyfile(self.target / "run_results.json", copy)
        digest = hashlib.sha256(copy.read_bytes()).hexdigest()
        nodes = [_node_result(row) for row in found.get("results", [])]
        relative = copy.relative_to(self.attempts_folder.parent)
        return str(relative), digest, nodes


class _Watch:
    """Turns dbt's events into the five visible steps."""

    def __init__(self, dbt: Dbt) -> None:
        self.dbt = dbt
        self.steps: dict[str, str] = {}
        self.totals: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.started = time.monotonic()

    def see(self, event: dict[str, Any], errors: list[str]) -> None:
        info, data = event["info"], event.get("data") or {}
        if info.get("level") == "error" and info.get("msg"):
            errors.append(str(info["msg"]).strip())
        name = str(info.get("name"))
        if name != "LogStartLine" and not NODE_DONE.match(name):
            return
        node = data.get("node_info") or {}
        unique_id = node.get("unique_id")
        if not unique_id:
            return
        if not self.totals:
            self._plan()
        if name != "LogStartLine":
            step = self.steps.get(unique_id, "gather")
            self.done[step] += 1
            status = str(node.get("node_status", ""))
            message = ""
            if status in ("error", "fail", "warn"):
                message = f"{status}: {node.get('node_name') or unique_id}"
            self.dbt.report(
                Progress(
                    step,
                    self.done[step],
                    max(self.totals[step], self.done[step]),
                    message,
                    time.monotonic() - self.started,
                )
            )

    def _plan(self) -> None:
        manifest = self.dbt._read("manifest.json") or {}
        nodes: dict[str, Any] = manifest.get("nodes", {})
        for unique_id, node in nodes.items():
            if node.get("resource_type") in ("model", "seed", "test", "snapshot"):
                step = step_of(node, nodes)
                self.steps[unique_id] = step
                self.totals[step] += 1


def recorded(target: Path, invocation_id: str | None) -> BuildResult | None:
    """The build that left its artifacts in this folder, if it is that one; without attempts."""
    try:
        manifest = json.loads((target / "manifest.json").read_text())
        run = json.loads((target / "run_results.json").read_text())
    except (OSError, ValueError):
        return None
    if not invocation_id or run.get("metadata", {}).get("invocation_id") != invocation_id:
        return None
    nodes = [_node_result(row) for row in run.get("results", [])]
    return BuildResult(
        run_id="",
        nodes={node.unique_id: node for node in nodes},
        tries=Counter(node.unique_id for node in nodes),
        manifest=manifest,
    )


def target_folder(project: Path) -> Path:
    """Where dbt leaves its artifacts."""
    return project / os.environ.get("DBT_TARGET_PATH", "target")


def find_dbt() -> str:
    """dbt beside this interpreter, else on the PATH."""
    import sys  # noqa: PLC0415

    beside = Path(sys.executable).parent / "dbt"
    return str(beside) if beside.is_file() else "dbt"


def project_folder(start: Path) -> Path | None:
    """The dbt project at or above a folder."""
    return next(
        (folder for folder in (start, *start.parents) if (folder / "dbt_project.yml").is_file()),
        None,
    )


def project_variables(project: Path) -> dict[str, Any]:
    """The vars of dbt_project.yml."""
    import yaml  # noqa: PLC0415

    found = yaml.safe_load((project / "dbt_project.yml").read_text()) or {}
    return dict(found.get("vars") or {})


def row_counts(warehouse: Path) -> dict[str, int]:
    """schema.table -> rows, for every table of the built warehouse."""
    import duckdb  # noqa: PLC0415

    try:
        connection = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.Error:
        return {}
    try:
        found = connection.execute(
            "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
        ).fetchall()
    finally:
        connection.close()
    return {str(name): int(size) for name, size in found}


def _events(process: subprocess.Popen[str], errors: list[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        text = line.strip()
        try:
            event = json.loads(text)
        except ValueError:
            # What is not an event is a warning or a traceback of the interpreter itself.
            if text:
                errors.append(text)
            continue
        if isinstance(event, dict) and isinstance(event.get("info"), dict):
            yield event


def _node_result(row: dict[str, Any]) -> NodeResult:
    timing = [part for part in row.get("timing", []) if part.get("name") == "execute"]
    return NodeResult(
        unique_id=row["unique_id"],
        status=row["status"],
        message=str(row.get("message") or ""),
        started_at=timing[0].get("started_at") if timing else None,
        completed_at=timing[0].get("completed_at") if timing else None,
        execution_seconds=float(row.get("execution_time") or 0.0),
    )


def _is_transient(message: str) -> bool:
    return bool(TRANSIENT.search(message))


def _first_line(messages: list[str]) -> str | None:
    lines = [line.strip() for message in messages for line in message.splitlines()]
    # This one hides below dbt's own traceback.
    broken = [line for line in lines if BROKEN_DATABASE in line]
    return next((line[:300] for line in (*broken, *lines) if line), None)


def _nothing_built(attempt: Attempt) -> BuildError:
    if BROKEN_DATABASE in (attempt.error or ""):
        return BuildError(
            f"dbt could not open its database: {attempt.error}",
            expected="the DuckDB file that an earlier build made, or none",
            do=REBUILD,
        )
    return BuildError(
        f"dbt built nothing: {attempt.error or f'it left with exit code {attempt.exit_code}'}",
        where=" ".join(attempt.command),
        expected="a project that dbt can read, and a selection with nodes in it",
        do="run `dbt build` yourself to see all of it; --no-build renders the published copy",
    )
