"""The generator: the same bytes for the same seed, the promised size, and quick."""

import subprocess
import sys
from collections import Counter
from pathlib import Path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run_script(root: Path, folder: Path, *options: str) -> dict[str, bytes]:
    command = [sys.executable, "demo/generate.py", "--output", str(folder / "deliveries")]
    command += ["--truth", str(folder / "truth"), *options]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return contents(folder)


def test_two_runs_are_byte_identical(demo, root, tmp_path):
    again = run_script(root, tmp_path)
    assert again == contents(demo.output.parent)


def test_another_seed_tells_another_story(demo, root, tmp_path):
    other = run_script(root, tmp_path, "--seed", "7")
    mine = contents(demo.output.parent)
    assert other.keys() == mine.keys()
    assert other["truth/opportunities.csv"] != mine["truth/opportunities.csv"]


def test_a_second_run_replaces_the_first(root, tmp_path):
    stray = tmp_path / "deliveries" / "partners" / "acme" / "salesforce" / "2020-01-01" / "x.csv"
    stray.parent.mkdir(parents=True)
    stray.write_text("id\n1\n")
    run_script(root, tmp_path)
    assert not stray.exists()


def test_the_world_has_the_promised_size(demo):
    outcomes = Counter(row["outcome"] for row in demo.truth("opportunities"))
    shared = sum("|" in row["books"] for row in demo.truth("opportunities"))
    assert len(demo.truth("accounts")) == 400
    assert 1400 <= len(demo.truth("people")) <= 1700
    assert 220 <= sum(outcomes.values()) <= 280
    assert 70 <= outcomes["won"] <= 80
    assert outcomes["open"] >= 25
    assert shared == 60
    assert 10_000 <= len(demo.truth("touches")) <= 20_000


def test_amounts_and_cycles_are_plausible(demo):
    deals = demo.truth("opportunities")
    amounts = [float(row["amount_usd"]) for row in deals]
    assert min(amounts) >= 8_000
    assert max(amounts) <= 400_000
    decided = [row for row in deals if row["outcome"] != "open"]
    won = sum(row["outcome"] == "won" for row in decided)
    assert 0.28 <= won / len(decided) <= 0.45
    assert all(row["closed_on"] <= "2026-10-31" for row in decided)
    assert all(row["created_at"][:10] < row["closed_on"] for row in decided)
