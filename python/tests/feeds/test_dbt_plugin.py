"""The dbt plugin lands once per change, whatever dbt opens, and never in parallel."""

import threading
from pathlib import Path

import duckdb

from partner_attribution.feeds.dbt_plugin import Plugin
from tests.feeds.workspace import GOOD, HEADER, Workspace


def plugin(workspace: Workspace, **config: str) -> Plugin:
    where = {"project_dir": str(workspace.root), "data_dir": "data", "seeds_dir": "seeds"}
    return Plugin(name="feeds", plugin_config={**where, **config})


def test_it_lands_on_connect_and_after_a_lock_down(workspace: Workspace) -> None:
    workspace.put("deal.csv", [HEADER, *GOOD])
    plugin(workspace, reporting_currency="EUR").configure_connection(workspace.conn)
    assert len(workspace.ids()) == 9
    currency = "select distinct currency from raw_feeds.feeds"
    assert workspace.rows(currency) == [("EUR",)]
    workspace.conn.execute("set enable_external_access = false")
    workspace.conn.execute("set lock_configuration = true")
    plugin(workspace, reporting_currency="EUR").configure_connection(workspace.conn)
    assert len(workspace.ids()) == 9


def test_connections_opened_at_once_wait_for_each_other(workspace: Workspace) -> None:
    workspace.put("deal.csv", [HEADER, *GOOD])
    one = plugin(workspace)
    failures: list[BaseException] = []

    def connect() -> None:
        try:
            one.configure_connection(workspace.conn.cursor())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=connect) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(workspace.ids()) == 9
    workspace.check()


def test_no_data_folder_and_no_declarations_are_fine(tmp_path: Path) -> None:
    conn = duckdb.connect()
    Plugin(name="feeds", plugin_config={"project_dir": str(tmp_path)}).configure_connection(conn)
    assert conn.execute("from raw_feeds.feeds").fetchall() == []


def test_without_a_currency_the_projects_setting_counts(workspace: Workspace) -> None:
    (workspace.root / "dbt_project.yml").write_text("vars: {reporting_currency: CHF}\n")
    workspace.put("deal.csv", [HEADER, *GOOD])
    plugin(workspace, reporting_currency="").configure_connection(workspace.conn)
    assert workspace.rows("select distinct currency from raw_feeds.feeds") == [("CHF",)]
