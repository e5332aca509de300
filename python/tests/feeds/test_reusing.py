"""A change lands what it touches, and the result is that of a landing from nothing."""

import random
from collections.abc import Callable, Mapping

import duckdb
import pytest

from partner_attribution.feeds import landing, reusing
from tests.feeds.workspace import GOOD, HEADER, SOURCES, Workspace

FEEDS = ("partner_id,connector,timezone,max_reject_share", "acme,crm,Europe/Berlin,0.5")
DEALS = [HEADER, *GOOD]
BROKEN = "D999,much,2026-09-01,2026-03-29 02:30:00,true,"
IN_A_GAP = "D998,1,2026-09-01,2026-03-29 02:30:00,true,"
ACME, BETA, GAMMA = (
    {(f"{partner}.crm", table) for table in ("deal", "touch")}
    for partner in ("acme", "beta", "gamma")
)


def prepare(workspace: Workspace) -> None:
    """Rejects, flags, dropped rows and renamed columns in feeds that then do not change."""
    workspace.seed("feeds.csv", *FEEDS, "beta,crm,Europe/Berlin,0.5", "gamma,crm,,")
    for partner in ("acme", "beta"):
        workspace.put("2026-10-01/deal.csv", [*DEALS, "D900,1,2026-09-01,,,old"], partner)
        rows = [HEADER.replace("notes", "Notes,extra"), *(f"{row},x" for row in GOOD)]
        workspace.put("2026-10-08/deal.csv", [*rows, f"{BROKEN},x", f"{IN_A_GAP},x"], partner)
        workspace.put("touch.csv", ["touch_id,kind", "T1,click", "T2,view"], partner)
    workspace.put("2026-10-05/deal.csv", DEALS, "gamma")
    workspace.put("2026-10-05/touch.csv", ["touch_id,kind", "T1,click"], "gamma")
    workspace.put("odd.csv", ["a,b"], "gamma")


def change_a_file(workspace: Workspace) -> None:
    workspace.put("2026-10-08/deal.csv", [HEADER, *GOOD[1:], BROKEN])


def add_an_older_file(workspace: Workspace) -> None:
    workspace.put("2026-09-01/deal.csv", [HEADER, GOOD[0], "D901,1,2026-09-01,,,"])


def delete_a_file(workspace: Workspace) -> None:
    (workspace.root / "data/partners/acme/crm/2026-10-01/deal.csv").unlink()


def rename_a_file(workspace: Workspace) -> None:
    folder = workspace.root / "data/partners/acme/crm"
    (folder / "touch.csv").rename(folder / "touch_2026-11-01.csv")


def add_a_file_of_nobody(workspace: Workspace) -> None:
    workspace.put("nonsense.csv", ["a,b"])


def map_a_column(workspace: Workspace) -> None:
    columns = "partner_id,connector,table_name,delivered_column,declared_column"
    workspace.seed("feed_columns.csv", columns, "acme,crm,touch,kind,touch_id")


def change_a_setting(workspace: Workspace) -> None:
    rows = ("acme,crm,America/New_York,0.5", "beta,crm,Europe/Berlin,0.5", "gamma,crm,,")
    workspace.seed("feeds.csv", FEEDS[0], *rows)


def declare_a_column(workspace: Workspace) -> None:
    workspace.sources(SOURCES + "          - {name: channel}\n")


def deliver_from_another(workspace: Workspace) -> None:
    workspace.put("2026-10-02/touch.csv", ["touch_id,kind", "T7,click"], "aaa")


EVERY = ACME | BETA | GAMMA
CHANGES: Mapping[Callable[[Workspace], None], set[tuple[str, str]]] = {
    change_a_file: {("acme.crm", "deal")},
    add_an_older_file: {("acme.crm", "deal")},
    delete_a_file: {("acme.crm", "deal")},
    rename_a_file: {("acme.crm", "touch")},
    add_a_file_of_nobody: set(),
    map_a_column: {("acme.crm", "touch")},
    change_a_setting: ACME,
    declare_a_column: {feed for feed in EVERY if feed[1] == "touch"},
    deliver_from_another: {("aaa.crm", "touch")},
}
"""What happens -> the parts that are read again."""


def test_a_change_lands_what_it_touches_as_if_all_were_landed(workspace: Workspace) -> None:
    prepare(workspace)
    workspace.land()
    for log in ("rejects", "flags", "dropped", "columns"):
        assert workspace.rows(f"from raw_feeds.{log} where feed_id = 'beta.crm'"), log
    changes = list(CHANGES.items())
    random.Random(0).shuffle(changes)
    there = set(EVERY)
    for change, read in changes:
        change(workspace)
        there |= read
        report = workspace.land()
        assert not report.skipped and report.kept == there - read, change.__name__
        workspace.check()
        workspace.check_as_from_nothing()


def test_a_table_without_changes_is_not_even_copied(workspace: Workspace) -> None:
    def number(name: str) -> object:
        query = "select table_oid from duckdb_tables() where schema_name || '.' || table_name = ?"
        return workspace.conn.execute(query, [name]).fetchall()

    prepare(workspace)
    workspace.sources(SOURCES.replace("crm", "erp"), "erp")
    workspace.land()
    names = ("raw_crm.deal", "raw_crm.touch", "raw_erp.deal")
    before = {name: number(name) for name in names}
    change_a_file(workspace)
    workspace.land()
    kept = {name for name in names if number(name) == before[name]}
    assert kept == {"raw_crm.touch", "raw_erp.deal"}


def test_a_feed_that_failed_is_read_again_whole(workspace: Workspace) -> None:
    prepare(workspace)
    workspace.put("2026-10-09/deal.csv", "")
    workspace.land()
    workspace.put("touch.csv", ["touch_id", "T9"], "gamma")
    assert workspace.land().kept == EVERY - ACME - {("gamma.crm", "touch")}
    workspace.check_as_from_nothing()


def test_nothing_stays_of_a_feed_that_left(workspace: Workspace) -> None:
    prepare(workspace)
    workspace.put("2026-10-09/deal.csv", "", "gamma")
    workspace.land()
    assert workspace.ids("gamma")
    (workspace.root / "data/partners/gamma").rename(workspace.root / "gone")
    assert workspace.land().kept == ACME | BETA
    assert workspace.ids("gamma") == []
    workspace.check_as_from_nothing()


@pytest.mark.parametrize("step", ["copy_logs", "_sums"])
def test_a_landing_killed_at_any_step_is_made_good_by_the_next(
    workspace: Workspace, step: str
) -> None:
    prepare(workspace)
    workspace.land()
    change_a_file(workspace)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing, step, lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            workspace.land()
    add_an_older_file(workspace)
    workspace.land()
    workspace.check()
    workspace.check_as_from_nothing()


def test_another_code_or_engine_keeps_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(workspace)
    workspace.land()
    here = reusing.code_version()
    reusing.code_version.cache_clear()
    monkeypatch.setattr(duckdb, "__version__", "0.0.1")
    assert reusing.code_version() != here
    assert workspace.land().kept == frozenset()
    reusing.code_version.cache_clear()


def test_force_reads_everything_again(workspace: Workspace) -> None:
    prepare(workspace)
    workspace.land()
    assert workspace.land(force=True).kept == frozenset()
    assert workspace.land().skipped
