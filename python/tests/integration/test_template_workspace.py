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
