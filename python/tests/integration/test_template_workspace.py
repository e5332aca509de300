"""A folder of spreadsheets from two partners, and nothing else, gives the right cents.

The judge is template_world.expected_credits, which shares no code with the project.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.integration.dbt_runs import PROJECT, dbt_build, rows, two_partners_lookups
from tests.integration.template_world import expected_credits, make_world

SEED = int(os.environ.get("WORLD_SEED", "7"))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """(data_dir, seeds_dir) of two partners whose own seeds name them and nothing more."""
    folder = tmp_path_factory.mktemp("workspace")
    make_world(seed=SEED).write(folder / "data")
    with two_partners_lookups(folder) as seeds_dir:
        yield folder / "data", seeds_dir


def test_credits_equal_an_independent_calculation_to_the_cent(
    workspace: tuple[Path, Path], tmp_path: Path
) -> None:
    data_dir, seeds_dir = workspace
    database = dbt_build(tmp_path, data_dir, seeds_dir=seeds_dir)

    [(as_of,)] = rows(database, "select as_of from conformed.int_as_of")
    assert isinstance(as_of, date)
    expected = expected_credits(make_world(seed=SEED), as_of)
    built = {
        (opportunity, milestone, method, touch): int(amount * 100)
        for opportunity, milestone, method, touch, amount in rows(
            database,
            "select opportunity_id, milestone, method, touch_id, credited_amount"
            " from marts.fct_attribution_credits where credited_amount <> 0",
        )
    }
    wrong = {
        key: (expected.get(key), built.get(key))
        for key in expected.keys() | built.keys()
        if expected.get(key) != built.get(key)
    }
    assert not wrong, f"{len(wrong)} of {len(expected)} differ, e.g. {list(wrong.items())[:6]}"
    assert len(expected) > 1000


def test_two_files_and_no_lookup_are_enough(tmp_path: Path) -> None:
    """Touches and opportunities of a partner nobody declared, beside lookups of somebody else."""
    folder = tmp_path / "data" / "partners" / "gamma" / "template"
    folder.mkdir(parents=True)
    (folder / "touches.csv").write_text(
        "touch_id,account_id,touched_at,channel\n"
        "t1,A1,2026-03-01,webinar\n"
        "t2,A1,2026-03-05 10:00:00,direct\n"
        "t3,A1,2026-03-09 23:59:59,email\n"
        "t4,A1,2026-03-10 00:00:00,email\n"
        "t5,A2,2026-03-01 08:00:00,email\n"
    )
    (folder / "opportunities.csv").write_text(
        "opportunity_id,account_id,amount,currency,stage,created_at,close_date\n"
        "o1,A1,100.00,USD,Closed Won,2026-03-09,2026-04-01\n"
        "o2,A3,50,USD,Prospecting,2026-03-09,2026-05-01\n"
        "o3,,70,XXQ,Prospecting,2026-03-09,2026-05-01\n"
    )
    database = dbt_build(tmp_path / "work", tmp_path / "data")

    linear = rows(
        database,
        "select opportunity_id, touch_id, channel, credited_amount"
        " from marts.fct_attribution_credits where method = 'linear'"
        " and milestone = 'opportunity' order by 1, 2",
    )
    assert [(deal, touch, channel, str(amount)) for deal, touch, channel, amount in linear] == [
        ("gamma.template:o1", "gamma.template:t1", "webinar", "33.34"),
        ("gamma.template:o1", "gamma.template:t2", "direct", "33.33"),
        ("gamma.template:o1", "gamma.template:t3", "email", "33.33"),
        ("gamma.template:o2", None, "unattributed", "50.00"),
        ("gamma.template:o3", None, "unattributed", "0.00"),
    ]
    checks = rows(database, "select feed_id, check_name, status from reports.rpt_data_health")
    assert ("gamma.template", "arrival", "warn") in checks
    assert ("acme.salesforce", "arrival", "fail") in checks
    assert ("gamma.template", "deal amount: unknown_currency", "fail") in checks
    excluded = rows(
        database,
        "select touch_id, reason from marts.fct_journey_exclusions where conversion_id ="
        " 'gamma.template:o1:opportunity'",
    )
    assert excluded == [("gamma.template:t4", "accelerated")]


def test_lookups_outside_the_checkout_are_refused_before_dbt_could_overwrite_them(
    tmp_path: Path,
) -> None:
    precious = tmp_path / "partners.csv"
    precious.write_text("partner_id\nalpha\n")
    run = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "seed", "--target-path", str(tmp_path / "t")],
        cwd=PROJECT,
        env={**os.environ, "SEEDS_DIR": str(tmp_path), "DUCKDB_PATH": str(tmp_path / "w.duckdb")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "SEEDS_DIR must be a folder inside the checkout" in run.stdout
    assert precious.read_text() == "partner_id\nalpha\n"
