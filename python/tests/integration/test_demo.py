"""The demo campaign, built as a user builds it: golden figures, matches, determinism.

The golden figures are few enough to read in a diff. A change that moves one says so in its commit.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from tests.integration.dbt_runs import PROJECT, WITHOUT_TESTS, dbt_build, rows
from tests.integration.match_quality import (
    ACCOUNT_COLUMNS,
    DEAL_COLUMNS,
    PERSON_COLUMNS,
    quality,
)

# What a file is called, and on which line a row stood, is not a figure.
ABOUT_FILES = {"fct_feed_deliveries", "fct_feed_rejects"}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with `deliveries/` and `truth/` of the default seed."""
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run(
        [
            sys.executable,
            str(PROJECT / "demo" / "generate.py"),
            "--output",
            str(folder / "deliveries"),
            "--truth",
            str(folder / "truth"),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="session")
def built(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's DuckDB file."""
    return dbt_build(tmp_path_factory.mktemp("built"), demo / "deliveries", arguments=WITHOUT_TESTS)


def fingerprint(database: Path) -> dict[str, str]:
    """Hash of the content of every mart and report."""
    prints = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema in ('marts', 'reports') order by 1, 2"
        ).fetchall()
        for schema, table in tables:
            if table not in ABOUT_FILES:
                content = connection.execute(
                    f"select * from {schema}.{table} order by all"
                ).fetchall()
                prints[f"{schema}.{table}"] = hashlib.sha256(repr(content).encode()).hexdigest()
    return prints


def test_golden_figures(built: Path) -> None:
    figures = rows(
        built,
        """
        select partner_id, milestone, credited_amount, target_amount
        from reports.rpt_contribution
        where campaign_id = 'ai-launch-tour' and window_id = 'campaign' and method = 'position'
            and milestone in ('opportunity', 'closed_won')
        order by milestone, partner_id
        """,
    )
    assert [(partner, milestone, str(amount)) for partner, milestone, amount, _ in figures] == [
        ("acme", "closed_won", "531433.76"),
        ("contoso", "closed_won", "21259.64"),
        ("northwind", "closed_won", "412300.69"),
        ("acme", "opportunity", "2446641.61"),
        ("contoso", "opportunity", "286488.44"),
        ("northwind", "opportunity", "1498983.88"),
    ]


def test_golden_leads(built: Path) -> None:
    figures = rows(
        built,
        """
        select partner_id, milestone, round(credited_conversions, 3), credited_amount
        from reports.rpt_contribution
        where campaign_id = 'ai-launch-tour' and window_id = 'campaign' and method = 'position'
            and milestone in ('lead', 'mql')
        order by milestone, partner_id
        """,
    )
    assert [
        (partner, milestone, leads, str(money)) for partner, milestone, leads, money in figures
    ] == [
        ("acme", "lead", 53.751, "0.00"),
        ("contoso", "lead", 7.39, "0.00"),
        ("northwind", "lead", 40.929, "0.00"),
        ("acme", "mql", 73.894, "0.00"),
        ("contoso", "mql", 19.469, "0.00"),
        ("northwind", "mql", 58.114, "0.00"),
    ]


def test_every_deal_is_counted_once(built: Path) -> None:
    [(books, joint, double_counted, shared)] = rows(
        built,
        """
        select books_amount, joint_amount, double_counted_amount, shared_deals
        from reports.rpt_joint_ledger
        where campaign_id = 'ai-launch-tour' and window_id = 'campaign' and milestone = 'closed_won'
        """,
    )
    assert books - joint == double_counted
    assert double_counted > 0
    assert shared > 10


def test_matches_are_right(built: Path, demo: Path) -> None:
    truth = demo / "truth"
    accounts = quality(
        built,
        truth / "accounts.csv",
        "account_id",
        ACCOUNT_COLUMNS,
        "select account_key, account_id from ledger.int_accounts_resolved where not is_implied",
    )
    people = quality(
        built,
        truth / "people.csv",
        "person_id",
        PERSON_COLUMNS,
        "select person_key, person_id from ledger.int_people_resolved where not is_implied",
    )
    deals = quality(
        built,
        truth / "opportunities.csv",
        "opportunity_id",
        DEAL_COLUMNS,
        "select opportunity_key, opportunity_id from ledger.int_opportunity_books",
    )
    print(f"accounts: {accounts}\npeople: {people}\ndeals: {deals}")
    assert accounts.precision >= 0.99
    assert accounts.recall >= 0.99
    assert people.precision >= 0.99
    assert people.recall >= 0.95
    assert deals.precision >= 0.95
    assert deals.recall >= 0.90


def test_names_in_data_reach_no_mart_as_addresses(built: Path) -> None:
    """No raw e-mail address in any text of any public table."""
    leaks = []
    with duckdb.connect(str(built), read_only=True) as connection:
        columns = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where table_schema in ('marts', 'reports') and data_type = 'VARCHAR'"
        ).fetchall()
        for schema, table, column in columns:
            [(count,)] = connection.execute(
                f"select count(*) from {schema}.{table}"
                f" where regexp_matches({column}, '[a-z0-9._+-]+@[a-z0-9-]+[.][a-z]', 'i')"
            ).fetchall()
            if count:
                leaks.append(f"{schema}.{table}.{column}: {count}")
    assert not leaks, leaks


def shuffle(folder: Path, seed: int) -> None:
    """Put the rows of every delivered CSV in another order, header first.

    Files that were equal stay equal: a delivery that came twice is a fact, not an order.
    """
    for path in sorted(folder.rglob("*.csv*")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="") as handle:
            text = handle.read()
        header, *records = _records(text)
        random.Random(f"{seed} {text}").shuffle(records)
        with opened(path, "wt", encoding="utf-8", newline="") as handle:
            handle.write("".join([header, *records]))


def _records(text: str) -> Iterable[str]:
    """Physical records of a CSV text, quoted line breaks kept inside."""
    record = ""
    for line in text.splitlines(keepends=True):
        record += line
        if record.count('"') % 2 == 0:
            yield record if record.endswith("\n") else record + "\n"
            record = ""
    if record:
        yield record


@pytest.mark.slow
def test_row_order_threads_and_an_earlier_build_change_nothing(
    demo: Path, built: Path, tmp_path: Path
) -> None:
    """All three at once: each alone would take another build."""
    shutil.copytree(demo / "deliveries", tmp_path / "deliveries")
    shuffle(tmp_path / "deliveries", seed=3)
    before = fingerprint(built)
    shutil.copy(built, tmp_path / "warehouse.duckdb")
    again = dbt_build(tmp_path, tmp_path / "deliveries", threads=1, arguments=WITHOUT_TESTS)
    assert fingerprint(again) == before


def test_the_answer_sheet_is_not_read_by_the_build() -> None:
    """Truth stands beside the deliveries, where no feed looks."""
    with (PROJECT / "seeds" / "feeds.csv").open(encoding="utf-8") as handle:
        assert all("truth" not in ",".join(row) for row in csv.reader(handle))
