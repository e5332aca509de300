"""A folder of spreadsheets from two partners, and nothing else, gives the right cents.

The judge is template_world.expected_credits, which shares no code with the project.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from partner_attribution.feeds.seeds import compose
from tests.integration.dbt_runs import PROJECT, dbt_build, rows
from tests.integration.template_world import expected_credits, make_world


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(data_dir, seeds_dir) of two partners whose own seeds name them and nothing more."""
    folder = tmp_path_factory.mktemp("workspace")
    data_dir = folder / "data"
    make_world(seed=7).write(data_dir)
    own = folder / "own"
    own.mkdir()
    (own / "partners.csv").write_text(
        "partner_id,partner_name,ledger_priority\nalpha,Alpha Inc,1\nbeta,Beta GmbH,2\n"
    )
    compose(PROJECT / "seeds", own, folder / "seeds")
    return data_dir, folder / "seeds"


def test_credits_equal_an_independent_calculation_to_the_cent(
    workspace: tuple[Path, Path], tmp_path: Path
) -> None:
    data_dir, seeds_dir = workspace
    database = dbt_build(tmp_path, data_dir, seeds_dir=seeds_dir)

    [(as_of,)] = rows(database, "select as_of from conformed.int_as_of")
    assert isinstance(as_of, date)
    expected = expected_credits(make_world(seed=7), as_of)
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
