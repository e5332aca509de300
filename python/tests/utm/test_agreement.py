"""The models and the linter judge alike: the same links through both, by hand and at random.

cases.csv is the list of rules by example: a link, who delivered or sent it, and what must be found
(parameter:finding:repaired value:repair rule, in the order of the parameters).
"""

from __future__ import annotations

import csv
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from partner_attribution.feeds.seeds import compose
from partner_attribution.utm.contract import PARAMETERS, Contract
from partner_attribution.utm.links import parse
from partner_attribution.utm.lint import Finding, lint
from partner_attribution.utm.matching import Link, campaign_of
from tests.integration.dbt_runs import PROJECT, dbt_build, rows
from tests.utm.conftest import SEEDS

Judged = tuple[str, str, str | None, str | None, float | None, str]


@dataclass(frozen=True)
class Example:
    name: str
    partner: str
    touch_type: str
    url: str

    def link(self) -> Link:
        parsed = parse(self.url)
        is_mailing = self.touch_type == "email_click"
        return Link(
            parsed.values,
            parsed.path,
            placed_by=self.partner if is_mailing else None,
            delivered_by=self.partner,
        )


def read_cases() -> list[tuple[Example, str]]:
    with Path(__file__).with_name("cases.csv").open(encoding="utf-8") as file:
        return [
            (
                Example(row["case"], row["partner"], row["touch_type"], row["url"]),
                row["findings"],
            )
            for row in csv.DictReader(file)
        ]


CASES = read_cases()


def short(finding: Finding) -> str:
    parts = (finding.parameter, finding.rule, finding.repaired, finding.repair_rule)
    return ":".join(part for part in parts if part)


@pytest.mark.parametrize(("example", "expected"), CASES, ids=[case.name for case, _ in CASES])
def test_the_linter_finds_what_the_cases_say(
    example: Example, expected: str, contract: Contract
) -> None:
    found = lint(example.link(), contract)
    assert " ".join(short(finding) for finding in found) == expected


def test_every_rule_has_a_case() -> None:
    from partner_attribution.utm.lint import RULES  # noqa: PLC0415

    seen = {part.split(":")[1] for _, findings in CASES for part in findings.split()}
    assert seen == {rule.id for rule in RULES}


def _damaged(value: str, rng: random.Random) -> str:
    def swap(text: str) -> str:
        at = rng.randrange(max(1, len(text)))
        letter = rng.choice("abz0-_ ")
        return text[:at] + rng.choice((letter, "", letter + text[at : at + 1])) + text[at + 1 :]

    return rng.choice(
        (
            lambda: value,
            lambda: value,
            value.upper,
            value.title,
            lambda: f" {value} ",
            lambda: value.replace("-", "_"),
            lambda: value.replace("_", " ").replace("-", " "),
            lambda: swap(value),
            lambda: swap(swap(value)),
            lambda: rng.choice(("", "(not set)", "null", "{ad}", "[CAMPAIGN]", "a@b.example", "x")),
        )
    )()


def random_examples(contract: Contract, count: int) -> Iterator[Example]:
    rng = random.Random(20261031)
    pools = {
        name: sorted(
            {row.value for row in contract.agreed if row.parameter == name}
            | {"acme-news", "AITour", "The eBook", "spring-paper", "unused-asset"}
        )
        for name in PARAMETERS
    }
    for number in range(count):
        values = {
            name: _damaged(rng.choice(pools[name]), rng)
            for name in PARAMETERS
            if rng.random() < (0.9 if name not in {"utm_id", "utm_term"} else 0.25)
        }
        if not any(value.strip() for value in values.values()):
            continue
        path = rng.choice(("x", "tour-ebook", "ai-tour-2026/x", "spring-push/spring-paper"))
        yield Example(
            f"random {number}",
            rng.choice(("acme", "blue")),
            rng.choice(("email_click", "page_view")),
            f"https://acme.example/{path}?{urlencode(values)}",
        )


@pytest.fixture
def seeds_dir() -> Iterator[Path]:
    folder = PROJECT / "build" / f"test-utm-seeds-{os.getpid()}"
    compose(PROJECT / "seeds", SEEDS, folder)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
def test_the_models_judge_like_the_linter(
    contract: Contract, tmp_path: Path, seeds_dir: Path
) -> None:
    examples = [case for case, _ in CASES] + list(random_examples(contract, 600))
    for partner in ("acme", "blue"):
        folder = tmp_path / "data" / "partners" / partner / "template"
        folder.mkdir(parents=True)
        with (folder / "touches.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("touch_id", "account_id", "touched_at", "touch_type", "url"))
            for number, example in enumerate(examples):
                if example.partner == partner:
                    writer.writerow((number, "A", "2026-03-01", example.touch_type, example.url))
    database = dbt_build(
        tmp_path / "work",
        tmp_path / "data",
        seeds_dir=seeds_dir,
        arguments=(
            "--select", "+int_utm_findings",
            "--exclude", "resource_type:test", "resource_type:unit_test",
        ),
    )  # fmt: skip

    built: dict[str, list[Judged]] = {}
    for touch, *judged in rows(
        database,
        "select touch_id, parameter, finding, repaired_value, repair_rule, repair_confidence,"
        " severity from conformed.int_utm_findings",
    ):
        built.setdefault(str(touch), []).append(tuple(judged))
    wrong = []
    for number, example in enumerate(examples):
        found = built.get(f"{example.partner}.template:{number}", [])
        expected: list[Judged] = [
            (f.parameter, f.rule, f.repaired, f.repair_rule, f.confidence, f.severity)
            for f in lint(example.link(), contract)
        ]
        if campaign_of(example.link(), contract)[0] is None:
            # A touch of no campaign is nobody's concern; a link about to be placed is.
            expected = []
        order = {name: place for place, name in enumerate(PARAMETERS)}
        if sorted(found, key=lambda row: order[row[0]]) != expected:
            wrong.append((example, found, expected))
    assert not wrong, f"{len(wrong)} of {len(examples)} differ: {wrong[:3]}"
    assert sum(len(found) for found in built.values()) > 500

    # A repair is a value of the contract or none, whatever was delivered.
    agreed = {(row.parameter, row.value) for row in contract.agreed if row.value != "*"}
    repaired = rows(
        database,
        "select distinct parameter, repaired_value from conformed.int_utm_repairs"
        " where repaired_value is not null",
    )
    assert set(repaired) <= agreed
