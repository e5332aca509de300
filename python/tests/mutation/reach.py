"""Which tests run which lines of a file: a fault costs only those that can notice it."""

from __future__ import annotations

import ast
import json
import sys
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest


class Reach:
    """A pytest plugin: lines of one file and seconds per test, those of its fixtures included."""

    def __init__(self, source: Path, out: Path) -> None:
        self.source, self.out = str(source), out
        self.lines: set[int] = set()
        self.fixtures: dict[str, set[int]] = defaultdict(set)
        self.setup: dict[str, float] = defaultdict(float)
        self.tests: dict[str, Any] = {}

    def _enter(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        return self._step if frame.f_code.co_filename == self.source else None

    def _step(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        self.lines.add(frame.f_lineno)
        return self._step

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, None, None]:
        """Keep what a fixture runs apart: each test that asks for it reaches it."""
        before, self.lines = self.lines, set()
        started = time.process_time()
        yield
        self.setup[fixturedef.argname] += time.process_time() - started
        self.fixtures[fixturedef.argname] |= self.lines
        self.lines = before

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: Any) -> Generator[None, None, None]:
        """Trace one test."""
        self.lines = set()
        started = time.process_time()
        yield
        seconds = time.process_time() - started
        self.tests[item.nodeid] = [seconds, self.lines, list(item.fixturenames)]

    def pytest_sessionstart(self) -> None:
        """Begin to trace."""
        sys.settrace(self._enter)

    def pytest_sessionfinish(self) -> None:
        """Write down what each test reached."""
        sys.settrace(None)
        found = {}
        for name, (seconds, lines, asked) in self.tests.items():
            own = lines.union(*(self.fixtures[one] for one in asked))
            found[name] = [seconds + sum(self.setup[one] for one in asked), sorted(own)]
        self.out.write_text(json.dumps(found), encoding="utf-8")


def reaching(tests: dict[str, Any], source: bytes, line: int) -> tuple[list[str], float]:
    """Tests that run the statement of a line, the quickest first, and their seconds.

    All of them where none does: module code, defaults, and what a cache keeps from being run.
    """
    lines = _statement(source, line)
    own = {name: one for name, one in tests.items() if not lines.isdisjoint(one[1])} or tests
    names = sorted(own, key=lambda name: own[name][0])
    return names, sum(one[0] for one in own.values())


def _statement(source: bytes, line: int) -> set[int]:
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                continue
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            own = set(range(node.lineno, max(last, node.lineno) + 1))
            found = own if line in own else found
    return found
