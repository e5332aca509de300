"""The order of all tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the builds first: of several processes none works alone at the end (`make unit`)."""
    items.sort(key=lambda item: "integration" not in item.path.parts)
