"""Every test gets a project in which one partner's feed is good."""

from pathlib import Path

import duckdb
import pytest

from tests.feeds.workspace import GOOD, HEADER, SOURCES, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Partner beta's feed is good; what goes wrong in acme's must not touch it."""
    (tmp_path / "seeds").mkdir()
    made = Workspace(tmp_path, duckdb.connect())
    made.sources(SOURCES)
    made.seed("feeds.csv", "partner_id,connector,max_reject_share", "acme,crm,0.5", "beta,crm,")
    made.put("deal.csv", [HEADER, *GOOD], partner="beta")
    made.put("touch.csv", ["touch_id,kind", "T1,click"], partner="beta")
    return made
