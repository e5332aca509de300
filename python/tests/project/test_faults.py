"""docs/faults.md is kept: every fault has its line, and every test that it names is there."""

from __future__ import annotations

import re

import yaml

from tests.project.conftest import PROJECT

LINE = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.*?) ?\|$", re.MULTILINE)


def known_tests() -> set[str]:
    """pytest functions, singular dbt tests and dbt unit tests."""
    python = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (PROJECT / "python" / "tests").rglob("test_*.py")
    )
    names = set(re.findall(r"^def (test_\w+)", python, re.MULTILINE))
    names |= {path.stem for path in (PROJECT / "tests").glob("assert_*.sql")}
    for path in (PROJECT / "models").rglob("*.yml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        names |= {test["name"] for test in content.get("unit_tests") or []}
    return names


def test_every_fault_is_tested_or_said_to_be_open() -> None:
    lines = LINE.findall((PROJECT / "docs" / "faults.md").read_text(encoding="utf-8"))
    assert [int(number) for number, *_ in lines] == list(range(1, 63))
    named = {number: re.findall(r"`(\w+)`", tests) for number, _, _, tests in lines}
    missing = {name for names in named.values() for name in names} - known_tests()
    assert not missing, f"docs/faults.md names tests that are not there: {sorted(missing)}"
    for number, fault, what, _ in lines:
        assert named[number] or "*open*" in what, f"{number} {fault}: no test, and not said so"
    tested = sum(bool(names) for names in named.values())
    print(f"{tested} of {len(lines)} faults are tested")
