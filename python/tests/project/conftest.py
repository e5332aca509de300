"""The compiled project, made once for all tests of this folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Target folder of `dbt compile`, from an empty data folder: no delivery is needed."""
    work = tmp_path_factory.mktemp("compiled")
    (work / "data").mkdir()
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "--no-use-colors",
            "compile",
            "--target-path",
            str(work / "target"),
            "--log-path",
            str(work / "logs"),
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATA_DIR": str(work / "data"),
            "DUCKDB_PATH": str(work / "warehouse.duckdb"),
            "DBT_PROFILES_DIR": str(PROJECT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    return work / "target"


@pytest.fixture(scope="session")
def manifest(compiled: Path) -> dict[str, Any]:
    """dbt's manifest.json."""
    return dict(json.loads((compiled / "manifest.json").read_text()))
