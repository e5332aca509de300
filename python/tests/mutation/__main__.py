"""Plant faults in the attribution code, one at a time, and see whether its tests notice.

    python -m tests.mutation [--file markov.py --file causal/game.py] [--seconds 300] [--workers 2]

Every fault is a process of its own, forked after the libraries are loaded, so that it costs its
tests and little more: those that run the changed statement, the quickest first, until the first
failure. (mutmut 3 leaves out properties and module code, which is all of journey.py
and the registry; cosmic-ray starts a fresh pytest per fault.) Verdicts are kept in
build/mutation: a run continues where the last one stopped, until a file changes. `--sample 60`
judges that many faults of each file, the same in every run.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import hashlib
import importlib.abc
import importlib.util
import json
import os
import pkgutil
import random
import resource
import signal
import sys
import time
import tomllib
import traceback
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.reach import Reach, reaching

HERE = Path(__file__).parent
PROJECT = HERE.parents[2]
PACKAGE = "partner_attribution.attribution"
SOURCES = PROJECT / "python" / PACKAGE.replace(".", "/")
TESTS = SOURCES.parents[1] / "tests/attribution"
VERDICTS = PROJECT / "build" / "mutation"
PLAN = tomllib.loads((HERE / "plan.toml").read_text(encoding="utf-8"))
# A fault that makes a loop endless, waits for ever or fills the memory is noticed.
CPU_SECONDS = 10  # and four times what its tests take
PATIENCE = 10  # times the seconds of CPU, by the clock, for the machine may be busy
MEMORY = 6 * 2**30  # of data in bytes
USAGE_ERROR = 4  # of pytest: there is no such test, or its module cannot be imported
BROKE_DOWN = 99  # outside of pytest
EXAMPLES = 8  # of a property test
FLOOR = 0.95
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "--tb=no")
NOTICED, SURVIVED = "noticed", "survived"


def name_of(path: Path) -> str:
    """What plan.toml calls a file: `markov.py`, `causal/game.py`."""
    return path.relative_to(SOURCES).as_posix()


class OneModule(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from changed source."""

    def __init__(self, name: str, path: Path, source: bytes) -> None:
        self.name, self.path, self.source = name, path, source

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)


def load_libraries() -> None:
    """Import what every child needs, but nothing of the project."""
    names = ["duckdb", "pandas", "pyarrow", "scipy.sparse.linalg", "pytest", "hypothesis"]
    names += ["hypothesis.internal.conjecture.engine", "hypothesis.strategies"]
    names += ["scipy.optimize", "scipy.special", "scipy.stats", "pandas._testing"]
    for engine in ("_pandas_like", "_duckdb", "_arrow"):
        package = importlib.import_module(f"narwhals.{engine}")
        found = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
        names += [module.name for module in found]
    for name in names:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def ending(
    path: Path, source: bytes, selection: Sequence[str], seconds: float, plugin: Any = None
) -> int:
    """Run tests on the source of a file, changed or not, in a child process; return its end.

    0 where all tests pass, what pytest says where not, less than 0 for the signal that ended it.
    """
    child = os.fork()
    if not child:
        status = BROKE_DOWN
        try:
            most = CPU_SECONDS + int(4 * seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (most, most))
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
            signal.alarm(PATIENCE * most)
            status = _run(path, source, selection, [plugin] if plugin else [])
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended)


def _run(path: Path, source: bytes, selection: Sequence[str], plugins: list[Any]) -> int:
    import pytest  # noqa: PLC0415  # loaded already; its settings are the child's own

    assert PACKAGE not in sys.modules
    _shorten_property_tests()
    module = name_of(path).removesuffix(".py").replace("/", ".")
    sys.meta_path.insert(0, OneModule(f"{PACKAGE}.{module}", path, source))
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            try:
                compile(source, str(path), "exec")
                return int(pytest.main([*OPTIONS, *selection], plugins))
            except SyntaxError:
                return 1


def _shorten_property_tests() -> None:
    """A few examples each: a stricter judge of the tests, and a quicker one.

    The first failure is enough: to look for a smaller one takes minutes and changes no verdict.
    """
    import hypothesis  # noqa: PLC0415

    given = hypothesis.settings.__init__
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)

    def fewer(self: hypothesis.settings, parent: Any = None, **chosen: Any) -> None:
        if "max_examples" in chosen:
            chosen["max_examples"] = min(chosen["max_examples"], EXAMPLES)
        given(self, parent, **{"phases": phases, **chosen})

    hypothesis.settings.__init__ = fewer  # type: ignore[method-assign]


def reach_of(path: Path) -> dict[str, Any]:
    """Return what each test of a file runs of it; all tests must pass without any fault."""
    files = [TESTS / one for one in PLAN["tests"][name_of(path)]]
    known = hashlib.sha256(path.read_bytes() + b"".join(one.read_bytes() for one in files))
    out = VERDICTS / f"{_stem(path)}-{known.hexdigest()[:12]}.reach.json"
    if not out.exists():
        selection = [*map(str, files), "-m", "not spark and not slow"]
        if ending(path, path.read_bytes(), selection, 300, Reach(path, out)):
            out.unlink(missing_ok=True)
            raise SystemExit(f"The tests of {name_of(path)} fail without any fault.")
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def judge(path: Path, mutant: Mutant, reach: dict[str, Any]) -> str:
    """Run the tests that reach the changed statement."""
    names, seconds = reaching(reach, path.read_bytes(), mutant.line)
    selection = [str(PROJECT / name) for name in names]
    code = ending(path, mutant.source, selection, seconds)
    if code == USAGE_ERROR:
        # The name of a test may hold a value of the file ("test_thresholds[100-ok]"), which the
        # fault has changed: all values of that test then.
        selection = list(dict.fromkeys(name.partition("[")[0] for name in selection))
        seconds = sum(one[0] for one in reach.values())
        code = ending(path, mutant.source, selection, seconds)
    if code in (USAGE_ERROR, BROKE_DOWN) and ending(path, path.read_bytes(), selection, seconds):
        raise SystemExit(f"{path.name} fails without a fault as well ({code}): {selection}.")
    return NOTICED if code else SURVIVED


def _stem(path: Path) -> str:
    return name_of(path).removesuffix(".py").replace("/", "-")


class File:
    """One source file, its faults and the verdicts so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        source = path.read_bytes()
        self.name = name_of(path)
        self.equivalent = PLAN.get("equivalent", {}).get(self.name, {})
        self.all = mutants(source)
        self.unknown_equivalents = set(self.equivalent) - {mutant.name for mutant in self.all}
        self.mutants = [mutant for mutant in self.all if mutant.name not in self.equivalent]
        self.log = VERDICTS / f"{_stem(path)}-{hashlib.sha256(source).hexdigest()[:12]}.jsonl"
        self.verdicts: dict[str, str] = {}
        if self.log.exists():
            lines = self.log.read_text(encoding="utf-8").splitlines()
            self.verdicts = dict(json.loads(line) for line in lines)

    def left(self, again: bool, sample: int | None) -> list[Mutant]:
        """Faults without a verdict; with `again`, those that nothing has noticed as well."""
        # From all, so that a reason written down later does not change the sample.
        chosen = self.all
        if sample is not None and sample < len(chosen):
            chosen = random.Random(self.name).sample(chosen, sample)
        chosen = [mutant for mutant in chosen if mutant.name not in self.equivalent]
        final = {NOTICED} if again else {NOTICED, SURVIVED}
        return [m for m in chosen if self.verdicts.get(m.name) not in final]

    def survivors(self) -> list[Mutant]:
        """Faults that no test noticed."""
        return [m for m in self.mutants if self.verdicts.get(m.name) == SURVIVED]

    def try_next(self, mutant: Mutant, reach: dict[str, Any]) -> None:
        """Judge one fault and write the verdict down."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps([mutant.name, judge(self.path, mutant, reach)]) + "\n")


def work(file: File, left: Sequence[Mutant], workers: int, until: float) -> None:
    """Judge what is left of a file in several processes, until the time is up."""
    if not left or time.monotonic() > until:
        return
    reach = reach_of(file.path)
    children = []
    for part in range(workers):
        child = os.fork()
        if not child:
            status = 1
            try:
                for mutant in left[part::workers]:
                    if time.monotonic() < until:
                        file.try_next(mutant, reach)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        children.append(child)
    failed = [child for child in children if os.waitpid(child, 0)[1]]
    if failed:
        raise SystemExit(f"A worker on {file.name} broke down.")


def main() -> None:
    """Judge what is left, print the table, and fail below the floor."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--file", action="append", choices=sorted(PLAN["tests"]))
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sample", type=int, help="so many faults of each file")
    parser.add_argument("--again", action="store_true", help="try survivors again")
    chosen = parser.parse_args()
    paths = [SOURCES / name for name in chosen.file or PLAN["tests"]]
    VERDICTS.mkdir(parents=True, exist_ok=True)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    load_libraries()
    until = time.monotonic() + chosen.seconds
    for path in paths:
        file = File(path)
        work(file, file.left(chosen.again, chosen.sample), chosen.workers, until)
    sys.exit(report([File(path) for path in paths]))


def report(files: Sequence[File]) -> bool:
    """Print what was noticed per file; True if something is missing."""
    print(f"{'file':18} {'faults':>7} {'equal':>6} {'judged':>7} {'noticed':>8} {'rate':>7}")
    total = noticed = 0
    short = False
    for file in files:
        judged = sum(m.name in file.verdicts for m in file.mutants)
        good = sum(file.verdicts.get(m.name) == NOTICED for m in file.mutants)
        rate = good / judged if judged else 0.0
        total, noticed = total + judged, noticed + good
        print(
            f"{file.name:18} {len(file.all):7} {len(file.equivalent):6} {judged:7} "
            f"{good:8} {rate:7.1%}"
        )
        short |= judged < len(file.mutants) or rate < FLOOR or bool(file.unknown_equivalents)
        for name in sorted(file.unknown_equivalents):
            print(f"  no such fault any more, take it off plan.toml: {name}")
    print(f"{'all':18} {'':7} {'':6} {total:7} {noticed:8} {noticed / max(total, 1):7.1%}")
    for file in files:
        for mutant in file.survivors():
            print(f"  not noticed, {file.name}:{mutant.line} {mutant.name}")
    return short


main()
