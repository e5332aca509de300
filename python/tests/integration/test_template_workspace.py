"""A folder of spreadsheets from two partners, and nothing else, gives the right cents.

The judge is template_world.expected_credits, which shares no code with the project.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.integration.dbt_runs import (
    PROJECT,
    WITHOUT_TESTS,
    dbt_build,
    rows,
    two_partners_lookups,
)
from tests.integration.template_world import expected_credits, expected_lead_shares, make_world

SEED = int(os.environ.get("WORLD_SEED", "7"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two partners whose own seeds name them and nothing more, built."""
    folder = tmp_path_factory.mktemp("workspace")
    make_world(seed=SEED).write(folder / "data")
    with two_partners_lookups(folder) as seeds_dir:
        return dbt_build(
            folder / "built", folder / "data", seeds_dir=seeds_dir, arguments=WITHOUT_TESTS
        )


def test_credits_equal_an_independent_calculation_to_the_cent(database: Path) -> None:
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


def test_leads_and_mqls_are_shared_as_an_independent_calculation_shares_them(
    database: Path,
) -> None:
    expected = expected_lead_shares(make_world(seed=SEED))
    built = {
        (person, milestone, method, touch): share
        for person, milestone, method, touch, share in rows(
            database,
            "with people as (select person_id, min(person_key) as person_key"
            " from ledger.int_people_resolved where not is_implied group by person_id)"
            " select person_key, credits.milestone, method, touch_id, credit_share"
            " from marts.fct_attribution_credits as credits"
            " join marts.fct_conversions using (conversion_id) join people using (person_id)"
            " where credit_share > 0",
        )
    }
    assert built.keys() == expected.keys()
    assert built == pytest.approx({key: float(share) for key, share in expected.items()}, abs=1e-9)
    assert {milestone for _, milestone, _, _ in built} == {"lead", "mql"}
    assert len(built) > 1000


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
