"""The demo generator's output, made once for all tests of this folder."""

import csv
import gzip
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from demo.generate import generate  # noqa: E402


def read_csv(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines(keepends=True)))


@dataclass(frozen=True)
class Demo:
    """Paths of one generated demo, and short ways to its tables."""

    output: Path
    truth_folder: Path

    def delivered(self, feed: str, table: str, day: str = "2026-11-01") -> list[dict[str, str]]:
        partner, connector = feed.split(".")
        folder = self.output / "partners" / partner / connector / day
        return read_csv(next(folder.glob(f"{table}.csv*")))

    def truth(self, name: str) -> list[dict[str, str]]:
        return read_csv(self.truth_folder / f"{name}.csv")

    def planted(self) -> dict[str, int]:
        return {row["fault"]: int(row["count"]) for row in self.truth("planted")}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    made = Demo(folder / "deliveries", folder / "truth")
    generate(made.output, made.truth_folder)
    return made


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
