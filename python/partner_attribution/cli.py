"""track-source: build, publish, read out and account for one campaign.

Data goes to stdout, progress and messages to stderr. Exit codes: 0 fine, 1 error, 2 wrong usage,
3 built but partial or escalated.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from partner_attribution.errors import AttributionError, BuildError, UsageError, nearest
from partner_attribution.streams import tell_best_effort

if TYPE_CHECKING:
    from partner_attribution.build import BuildResult, Progress
    from partner_attribution.plan.model import Plan
    from partner_attribution.plan.write import Run
    from partner_attribution.report.facts import Facts

FINE, ERROR, PARTIAL, INTERRUPTED = 0, 1, 3, 130
DETAILS = ("summary", "full")
DIMENSIONS = ("partner", "channel", "asset", "region")
FORMATS = ("html", "md", "csv", "xlsx")
WINDOW = re.compile(r"^([1-9][0-9]{0,3}d|campaign)$")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Attribution of a joint campaign that both partners can sign.",
)
plan_app = typer.Typer(help="Look after plan files.", no_args_is_help=True)
app.add_typer(plan_app, name="plan")

Arguments = ParamSpec("Arguments")


def _told(command: Callable[Arguments, int | None]) -> Callable[Arguments, None]:
    """Run a command; print what went wrong as a message, and leave with its exit code.

    A command that returns None leaves the rest to its subcommand.
    """

    @functools.wraps(command)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            code: int | None = command(*args, **kwargs)
        except AttributionError as error:
            _tell(f"Error: {error}")
            code = error.exit_code
        except KeyboardInterrupt:
            _tell("Interrupted; the last publication stays as it was.")
            code = INTERRUPTED
        if code is not None:
            raise typer.Exit(code)

    return wrapped


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Options:
    """The options of the readout, checked."""

    campaign: str
    window: str
    detail: str
    dimensions: tuple[str, ...]
    attribution_model: str
    formats: tuple[str, ...]
    no_build: bool
    output: Path
    serve_dir: Path
    plans_dir: Path
    project_dir: Path
    quiet: bool


@app.callback(invoke_without_command=True)
@_told
def readout(  # noqa: PLR0917
    context: typer.Context,
    campaign: Annotated[
        str, typer.Option(help="Id or name of the joint campaign.", show_default=False)
    ] = "",
    window: Annotated[
        str, typer.Option(help="7d, 30d, any Nd, or campaign (flight and tail).")
    ] = "30d",
    detail: Annotated[str, typer.Option(help="summary or full.")] = "full",
    dimensions: Annotated[
        str, typer.Option(help="Any of partner,channel,asset,region, with commas.")
    ] = "partner,channel",
    attribution_model: Annotated[
        str,
        typer.Option(help="first-touch, last-touch, multi-touch (the agreed method) or an id."),
    ] = "multi-touch",
    output: Annotated[Path, typer.Option(help="Folder for the readout.")] = Path("output"),
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="html, md, csv or xlsx; repeat for several. Default: all."),
    ] = None,
    no_build: Annotated[
        bool, typer.Option("--no-build", help="Render the published copy as it is.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is missing; build nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    serve_dir: Annotated[Path, typer.Option(help="Folder of the published copy.")] = Path("serve"),
    plans_dir: Annotated[Path, typer.Option(help="Folder of the plans.")] = Path("plans"),
    project_dir: Annotated[Path, typer.Option(help="The dbt project, or below it.")] = Path(),
) -> int | None:
    """Build, publish and read out one campaign."""
    if context.invoked_subcommand is not None:
        return None
    options = Options(
        campaign=_campaign(campaign),
        window=_window(window),
        detail=_one_of(detail, DETAILS, "--detail"),
        dimensions=_dimensions(dimensions),
        attribution_model=attribution_model,
        formats=tuple(_one_of(name, FORMATS, "--format") for name in formats or FORMATS),
        no_build=no_build,
        output=output,
        serve_dir=serve_dir,
        plans_dir=plans_dir,
        project_dir=project_dir.resolve(),
        quiet=quiet,
    )
    return _dry_run(options) if dry_run else _read_out(options)


@app.command("publish")
@_told
def publish_command(
    serve_dir: Annotated[Path, typer.Option(help="Folder of the published copy.")] = Path("serve"),
    project_dir: Annotated[Path, typer.Option(help="The dbt project, or below it.")] = Path(),
    wait: Annotated[float, typer.Option(help="Seconds to wait for another publish.")] = 30.0,
) -> int:
    """Publish the marts and reports of the last successful dbt build."""
    from partner_attribution import build, publish  # noqa: PLC0415

    project = _project(project_dir.resolve())
    fit = publish.check_built(build.target_folder(project))
    made = publish.publish(
        publish.warehouse_path(project),
        serve_dir,
        run_id=publish.free_run_id(serve_dir),
        fit=fit,
        dbt_version=_dbt_version(),
        wait_seconds=wait,
    )
    for reason in fit.withheld:
        _tell(f"Withheld: {reason}")
    _tell(f"Published {len(made.tables)} tables ({made.status}; feeds: {made.feeds}).")
    print(made.path)
    return PARTIAL if fit.withheld else FINE


@app.command("explain")
@_told
def explain_command(
    conversion: Annotated[
        str,
        typer.Argument(
            help="Id of a deal, person or conversion (marts.fct_conversions), or of its record in "
            "any book: <feed_id>:<id in the source>."
        ),
    ],
    attribution_model: Annotated[
        str, typer.Option(help="Only this method; default: every method that ran.")
    ] = "",
    serve_dir: Annotated[Path, typer.Option(help="Folder of the published copy.")] = Path("serve"),
) -> int:
    """Say why each touch of a deal, lead or MQL earned what it did, to be checked by hand."""
    from partner_attribution.report import explain  # noqa: PLC0415

    method = attribution_model.strip().lower().replace("-", "_") or None
    answer = explain.explanations(serve_dir, conversion, method=method)
    print(explain.explained(answer, currency=explain.currency(serve_dir)))
    return FINE


@app.command("unmapped")
@_told
def unmapped_command(
    lookup: Annotated[
        str, typer.Argument(help="Only this lookup, such as stage_map: bare lines.")
    ] = "",
    serve_dir: Annotated[Path, typer.Option(help="Folder of the published copy.")] = Path("serve"),
    project_dir: Annotated[Path, typer.Option(help="The dbt project, or below it.")] = Path(),
) -> int:
    """Print the CSV lines that teach the lookups what they do not know, ready to paste."""
    from partner_attribution.build import project_folder  # noqa: PLC0415
    from partner_attribution.report import unmapped  # noqa: PLC0415

    project = project_folder(project_dir.resolve())
    seeds = project / os.environ.get("SEEDS_DIR", "seeds") if project else None
    lines = unmapped.missing_lines(serve_dir, seeds, lookup=lookup)
    print(unmapped.pasted(lines, bare=bool(lookup)), end="")
    for line in lines:
        _tell(line.why)
    _tell(f"{len(lines)} lines are missing." if lines else "Every name is known.")
    return PARTIAL if lines else FINE


@app.command("lint-links")
@_told
def lint_links_command(
    file: Annotated[
        Path, typer.Argument(help="CSV with a column url, or a link per line.", show_default=False)
    ],
    campaign: Annotated[str, typer.Option(help="Campaign of links that name none.")] = "",
    partner: Annotated[str, typer.Option(help="Partner who places the links.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV instead of a table.")] = False,
    project_dir: Annotated[Path, typer.Option(help="The dbt project, or below it.")] = Path(),
) -> int:
    """Check links against the UTM contract before launch."""
    from partner_attribution.utm import command  # noqa: PLC0415

    contract = command.project_contract(_project(project_dir.resolve()))
    links, found = command.lint_file(file, contract, campaign=campaign, partner=partner)
    if as_csv:
        command.as_csv(found)
    elif found:
        command.as_table(found)
    _tell(f"{links} links, {len(found)} findings.")
    return PARTIAL if found else FINE


@plan_app.command("verify")
@_told
def verify_command(
    file: Annotated[Path, typer.Argument(help="A plan file.", show_default=False)],
) -> int:
    """Check a plan: schema, acyclic graph, hash chain, ledger."""
    from partner_attribution.plan.verify import verify  # noqa: PLC0415

    for line in verify(file):
        print(line)
    return FINE


def main() -> None:
    """Entry point of the console script."""
    tell_best_effort()
    app()


def _campaign(wanted: str) -> str:
    if wanted.strip():
        return wanted
    raise UsageError(
        "No campaign was named",
        where="--campaign",
        expected="a campaign id or name",
        do='track-source --campaign "AI Launch Tour" (see seeds/campaigns.csv)',
    )


def _window(wanted: str) -> str:
    window = wanted.strip().lower()
    if WINDOW.match(window):
        return window
    raise UsageError(
        f'"{wanted}" is no window',
        where="--window",
        expected="7d, 30d, any number of days from 1d to 9999d, or campaign",
        do="--window 30d",
    )


def _one_of(wanted: str, known: tuple[str, ...], option: str) -> str:
    if wanted.strip().lower() in known:
        return wanted.strip().lower()
    close = nearest(wanted, known, 1) or [known[0]]
    raise UsageError(
        f'"{wanted}" is not known',
        where=option,
        expected=f"one of {', '.join(known)}",
        do=f"{option} {close[0]}",
    )


def _dimensions(wanted: str) -> tuple[str, ...]:
    """Checked, each once, in the order of the reports."""
    named = [name for name in wanted.split(",") if name.strip()]
    chosen = {_one_of(name, DIMENSIONS, "--dimensions") for name in named}
    if not chosen:
        raise UsageError(
            "No dimension was named",
            where="--dimensions",
            expected=f"any of {', '.join(DIMENSIONS)}, with commas",
            do="--dimensions partner,channel",
        )
    return tuple(name for name in DIMENSIONS if name in chosen)


def _project(start: Path) -> Path:
    from partner_attribution.build import project_folder  # noqa: PLC0415

    found = project_folder(start)
    if found is None:
        raise UsageError(
            "There is no dbt project here",
            where=str(start),
            expected="dbt_project.yml in this folder or above it",
            do="change into the project, or name it with --project-dir; "
            "--no-build renders the published copy without one",
        )
    return found


def _dbt_version() -> str:
    from importlib.metadata import version  # noqa: PLC0415

    return version("dbt-core")


def _dry_run(options: Options) -> int:
    from partner_attribution.plan import dry_run  # noqa: PLC0415

    project = _project(options.project_dir)
    campaign = dry_run.campaign_id(project, options.campaign)
    found = dry_run.findings(project, campaign, options.window, options.serve_dir)
    for finding in found:
        print(f"{finding.kind}: {finding.what}\n    {finding.fix}")
    if not found:
        print(f"{campaign}: feeds, mappings, targets and owners are all there.")
        return FINE
    _tell(f"{len(found)} things are missing for {campaign}; nothing was built.")
    return PARTIAL


def _read_out(options: Options) -> int:
    """Build unless told not to, render, and write the plan, whatever happened."""
    from partner_attribution.build import project_folder  # noqa: PLC0415
    from partner_attribution.plan import write  # noqa: PLC0415
    from partner_attribution.plan.lookups import Lookups  # noqa: PLC0415
    from partner_attribution.publish import utc_now  # noqa: PLC0415
    from partner_attribution.report.facts import MULTI_TOUCH  # noqa: PLC0415
    from partner_attribution.report.words import multi_touch_note  # noqa: PLC0415

    steps = Steps(options.quiet)
    project = project_folder(options.project_dir)
    variables: dict[str, Any] = {}
    facts: Facts | None = None
    if options.no_build:
        # Wrong usage must not leave a plan behind.
        facts = _facts(options)
    else:
        project = _project(options.project_dir)
        variables = _variables(project, options)
    run_id, plan_id = write.reserve(options.plans_dir)
    run = write.Run(
        run_id=run_id,
        plan_id=plan_id,
        created_at=utc_now(),
        request=_request(options, facts.method if facts else options.attribution_model),
        plans=options.plans_dir,
        lookups=Lookups.read(project),
    )
    try:
        if not options.no_build and project is not None:
            _build_and_publish(run, options, project, variables, steps)
            facts = _facts(options)
            run.request = _request(options, facts.method)
        elif project is not None and facts is not None:
            _recall_build(run, project, facts)
        if facts is None:
            raise AssertionError("the facts are read on both ways")
        run.facts = facts
        run.deliveries = _deliveries(options.serve_dir)
        summary = _render(run, facts, options)
        steps.done("report", f"{len(run.outputs)} files")
    except (AttributionError, OSError) as error:
        run.failure = str(error).splitlines()[0]
        path, _ = write.write_plan(run)
        _tell(f"Plan: {path}")
        raise _as_error(error) from error
    path, plan = write.write_plan(run)
    if options.attribution_model.strip().lower().replace("-", "_") == MULTI_TOUCH:
        steps.say(multi_touch_note(facts.method))
    for file in run.outputs:
        steps.say(f"Wrote {file}")
    steps.say(f"Plan: {path}")
    print(summary)
    verdict = _verdict(plan)
    _tell_the_main_figures(facts, run.outputs, steps)
    return verdict


def _tell_the_main_figures(facts: Facts, outputs: Sequence[Path], steps: Steps) -> None:
    """The last lines of a run: three figures, and where to read the rest."""
    from partner_attribution.report.sections import headline  # noqa: PLC0415

    steps.say("")
    for figure in headline(facts):
        steps.say(f"{figure.label:<20} {figure.value:<9} {figure.note}")
    for file in outputs:
        if file.suffix == ".html":
            steps.say(f"{'Dashboard':<20} {file}")


def _as_error(error: Exception) -> AttributionError:
    if isinstance(error, AttributionError):
        return error
    return AttributionError(
        f"The file system refused: {error}",
        expected="a writable folder with free space",
        do="free some space or choose other folders (--output, --serve-dir, --plans-dir); "
        "the last publication stays as it was",
    )


def _verdict(plan: Plan) -> int:
    from partner_attribution.report.words import ROLES  # noqa: PLC0415

    for step in plan.escalation_ladder:
        if step.is_triggered and plan.status == "escalated":
            name = step.owner or "nobody is named in seeds/owners.csv"
            _tell(f"Escalate to {ROLES[step.role]} ({name}): {'; '.join(step.evidence)}")
    if plan.status in ("degraded", "escalated"):
        _tell(f"The readout is {plan.status}: its first screen and the plan say why.")
        return PARTIAL
    return FINE


def _request(options: Options, method: str) -> dict[str, Any]:
    return {
        "campaign": options.campaign,
        "window": options.window,
        "detail": options.detail,
        "dimensions": list(options.dimensions),
        "attribution_model": options.attribution_model,
        "resolved_method": method,
        "build": not options.no_build,
    }


def _variables(project: Path, options: Options) -> dict[str, Any]:
    """Check campaign and method before minutes of building; the variables the build needs."""
    from partner_attribution.build import project_variables  # noqa: PLC0415
    from partner_attribution.plan import dry_run  # noqa: PLC0415
    from partner_attribution.report.facts import resolve_method  # noqa: PLC0415

    configured = project_variables(project)
    campaign = dry_run.campaign_id(project, options.campaign)
    agreed = dry_run.agreed_method(project, campaign) or configured.get("agreed_method")
    methods = [str(name) for name in configured.get("attribution_methods") or []]
    resolve_method(options.attribution_model, agreed, methods)
    windows = [str(name) for name in configured.get("report_windows") or []]
    return {} if options.window in windows else {"report_windows": [*windows, options.window]}


def _build_and_publish(
    run: Run, options: Options, project: Path, variables: dict[str, Any], steps: Steps
) -> None:
    from partner_attribution import build, publish  # noqa: PLC0415

    dbt = build.Dbt(
        project,
        run_id=run.run_id,
        plans=options.plans_dir.resolve(),
        variables=variables,
        report=steps.progress,
    )
    run.publication = "kept"
    with steps:
        result: BuildResult = dbt.build()
    run.build = result
    warehouse = publish.warehouse_path(project)
    run.rows = build.row_counts(warehouse)
    try:
        fit = publish.check_results(
            result.manifest.get("nodes", {}), result.statuses, result.invocation_id
        )
    except BuildError as error:
        first = next((node.message for node in result.failures if node.message), "")
        if first:
            error.what += f"; the first failure was: {' '.join(first.split())[:300]}"
        if "Out of Memory" in first:
            limit = os.environ.get("DUCKDB_MEMORY_LIMIT", "that of profiles.yml")
            error.do = (
                f"raise DUCKDB_MEMORY_LIMIT (now {limit}) or set DUCKDB_THREADS=1, and run again; "
                "the last publication stays as it was"
            )
        raise
    publish.publish(
        warehouse, options.serve_dir, run_id=run.run_id, fit=fit, dbt_version=_dbt_version()
    )
    run.publication = "new"
    for reason in fit.withheld:
        _tell(f"Withheld: {reason}")


def _recall_build(run: Run, project: Path, facts: Facts) -> None:
    """The build behind the published copy, when its artifacts are still there."""
    from partner_attribution import build, publish  # noqa: PLC0415

    run.build = build.recorded(build.target_folder(project), facts.publication.invocation_id)
    if run.build is not None:
        run.rows = build.row_counts(publish.warehouse_path(project))


def _facts(options: Options) -> Facts:
    from partner_attribution.report.facts import read_facts  # noqa: PLC0415

    return read_facts(
        options.serve_dir,
        campaign=options.campaign,
        window=options.window,
        attribution_model=options.attribution_model,
        dimensions=options.dimensions,
    )


def _deliveries(serve_dir: Path) -> tuple[Any, ...]:
    from partner_attribution.plan.write import DeliveryRow  # noqa: PLC0415
    from partner_attribution.report.facts import select  # noqa: PLC0415

    order = "feed_id, table_name, delivery_id, file"
    return select(serve_dir, DeliveryRow, "fct_feed_deliveries", order)


def _render(run: Run, facts: Facts, options: Options) -> str:
    """Write the files asked for; returns the summary."""
    from partner_attribution.report import files, html, markdown, tables  # noqa: PLC0415

    footer = _footer(run, facts)
    summary = markdown.summary(facts, footer=footer)
    folder = files.readout_folder(
        options.output, facts.campaign.campaign_id, facts.window.window_id
    )
    made: dict[str, tuple[str, Callable[[], str | bytes]]] = {
        "html": (
            "dashboard.html",
            lambda: html.dashboard(facts, detail=options.detail, footer=footer),
        ),
        "md": ("summary.md", lambda: summary),
        "csv": ("contribution.csv", lambda: tables.contribution_csv(facts)),
        "xlsx": ("contribution.xlsx", lambda: tables.contribution_xlsx(facts)),
    }
    for name in FORMATS:
        if name in options.formats:
            file, content = made[name]
            run.outputs.append(files.write(folder / file, content()))
    return summary


def _footer(run: Run, facts: Facts) -> tuple[tuple[str, str], ...]:
    """What differs from run to run: kept apart, so that all else is the same bytes."""
    publication = facts.publication
    return (
        ("Run", run.run_id),
        ("Plan", f"{run.plan_id}.json"),
        ("Publication", f"{publication.run_id}, {publication.published_at:%Y-%m-%d %H:%M} UTC"),
        ("dbt invocation", publication.invocation_id or "not recorded"),
        ("Settings hash", publication.settings_hash or "not recorded"),
        ("Feeds", publication.feeds or "not recorded"),
        ("dbt, DuckDB", f"{publication.dbt_version or '?'}, {publication.duckdb_version or '?'}"),
    )


class Steps:
    """The five steps on stderr: bars on a terminal, one line per finished step elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.bars = (
            not quiet
            and sys.stderr.isatty()
            and not os.environ.get("CI")
            and not os.environ.get("NO_COLOR")
        )
        self.told: set[str] = set()
        self._live: Any = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Steps:
        if self.bars:
            from rich.console import Console  # noqa: PLC0415
            from rich.progress import (  # noqa: PLC0415
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
            )

            from partner_attribution.build import STEPS  # noqa: PLC0415

            self._live = Progress(
                TextColumn("{task.description:<10}"),
                BarColumn(),
                MofNCompleteColumn(),
                console=Console(stderr=True),
            )
            self._live.start()
            self._tasks = {name: self._live.add_task(name, total=None) for name in STEPS[:-1]}
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def progress(self, progress: Progress) -> None:
        """One node is done, or something happened."""
        if progress.message:
            self.say(progress.message)
        if self._live is not None and progress.total:
            self._live.update(
                self._tasks[progress.step], completed=progress.done, total=progress.total
            )
        elif progress.total and progress.done == progress.total:
            self.done(progress.step, f"{progress.done} nodes, {progress.seconds:.0f} s")

    def done(self, step: str, what: str) -> None:
        """A step is finished."""
        from partner_attribution.build import STEPS  # noqa: PLC0415

        if step not in self.told:
            self.told.add(step)
            self.say(f"[{STEPS.index(step) + 1}/{len(STEPS)}] {step:<10} {what}")

    def say(self, message: str) -> None:
        """A line of its own."""
        if self.quiet:
            return
        if self._live is not None:
            self._live.console.print(message, markup=False, highlight=False)
        else:
            _tell(message)


if __name__ == "__main__":
    main()
