"""A small contract of two partners and two campaigns, in seeds/ beside the tests."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from partner_attribution.utm.contract import Contract, read_contract

SEEDS = Path(__file__).parent / "seeds"


@pytest.fixture(scope="session")
def contract() -> Contract:
    seeds = {}
    for path in SEEDS.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            seeds[path.stem] = list(csv.DictReader(file))
    return read_contract(seeds)
