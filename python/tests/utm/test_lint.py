"""The linter: links from a file to findings, for any value, and the command around it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from partner_attribution.cli import app
from partner_attribution.errors import UsageError
from partner_attribution.utm.command import lint_file
from partner_attribution.utm.contract import PARAMETERS, Contract, slug
from partner_attribution.utm.links import parse, read_links
from partner_attribution.utm.lint import lint
from partner_attribution.utm.matching import Link, edit_distance, is_typo
from tests.utm.conftest import SEEDS

RIGHT = {
    "utm_source": "acme",
    "utm_medium": "partner-email",
    "utm_campaign": "ai-tour-2026",
    "utm_content": "mail-acme",
}
PAGE = "https://acme.example/x"


def link(**changes: str) -> str:
    return f"{PAGE}?{urlencode({**RIGHT, **changes})}"


def rules(url: str, contract: Contract, **known: str) -> list[str]:
    parsed = parse(url)
    found = [*parsed.findings, *lint(Link(parsed.values, parsed.path, **known), contract)]
    return [f"{finding.parameter}:{finding.rule}" for finding in found]


values = st.text(max_size=30) | st.sampled_from(
    ["acme", "AITour", " ai_tour_2026", "mail-blue", "Tour eBook", "cpc", "spring-push"]
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(PARAMETERS), values), st.sampled_from([None, "acme", "x"]))
def test_a_repair_is_agreed_or_none(
    contract: Contract, given_values: dict[str, str], partner: str | None
) -> None:
    agreed = {(row.parameter, row.value) for row in contract.agreed if row.value != "*"}
    for finding in lint(Link(given_values, placed_by=partner), contract):
        assert finding.repaired is None or (finding.parameter, finding.repaired) in agreed
        assert (finding.repaired is None) == (finding.confidence is None)
        assert finding.message
        assert finding.fix


@given(st.data())
def test_a_link_built_from_the_contract_is_clean(contract: Contract, data: st.DataObject) -> None:
    campaign = data.draw(st.sampled_from(sorted({row.campaign_id for row in contract.agreed})))
    partner = data.draw(st.sampled_from(["acme", "blue"]))
    chosen = {}
    for name in PARAMETERS:
        rows = [row for row in contract.rows(campaign, name) if row.partner_id in {None, partner}]
        if rows and (any(row.is_required for row in rows) or data.draw(st.booleans())):
            value = data.draw(st.sampled_from(sorted({row.value for row in rows})))
            chosen[name] = "anything" if value == "*" else value
    assert (
        lint(Link(parse(f"{PAGE}?{urlencode(chosen)}").values, placed_by=partner), contract) == []
    )


@given(st.text(max_size=40))
def test_any_line_can_be_judged(contract: Contract, line: str) -> None:
    parsed = parse(line)
    assert parsed.findings or parsed.values is not None
    lint(Link(parsed.values, parsed.path), contract)


@pytest.mark.parametrize(
    ("left", "right", "edits"),
    [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("tour", "tuor", 2), ("abc", "abc", 0)],
)
def test_edit_distance(left: str, right: str, edits: int) -> None:
    assert edit_distance(left, right) == edit_distance(right, left) == edits


def test_numbers_and_short_values_are_no_typing_errors() -> None:
    assert is_typo("webnar-1", "webinar-1")
    assert not is_typo("webinar-2", "webinar-1")
    assert not is_typo("cpm", "cpc")
    assert not is_typo(None, "cpc")


def test_slug_is_the_one_of_the_models() -> None:
    assert slug(" AI_Tour  2026 ") == "ai-tour-2026"
    assert slug(" - ") is None


def test_the_caller_knows_the_campaign_best(contract: Contract) -> None:
    url = f"{PAGE}?utm_source=acme&utm_medium=partner-email&utm_content=mail-acme"
    assert rules(url, contract, campaign="spring-push") == [
        "utm_medium:unknown_value",
        "utm_campaign:missing_required",
    ]
    assert rules(link(), contract, campaign="spring-push") == [
        "utm_medium:unknown_value",
        "utm_campaign:mixed",
    ]


def test_nobody_is_foreign_while_the_placer_is_unknown(contract: Contract) -> None:
    shared = link(utm_source="linkedin", utm_medium="cpc", utm_content="mail-blue")
    assert rules(shared, contract) == []
    assert rules(shared, contract, placed_by="acme") == [
        "utm_medium:foreign",
        "utm_content:foreign",
    ]


def test_a_link_without_any_campaign_is_told_so(contract: Contract) -> None:
    assert rules(PAGE, contract) == ["utm_campaign:stripped"]
    assert rules(f"{PAGE}?utm_source=acme", contract) == ["utm_campaign:missing_required"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("acme.example/x?utm_source=acme", ["url:unreadable_link"]),
        ("https://acme.example/a b", ["url:unreadable_link"]),
        ("https://[broken/", ["url:unreadable_link"]),
        (f"{link()}&utm_source=blue", ["utm_source:repeated_parameter"]),
        (link().replace("utm_source", "UTM-Source"), ["utm_source:misnamed_parameter"]),
        (link().replace("utm_content", "utm_contnet"), ["utm_content:misnamed_parameter"]),
        (f"{link()}&utm_source_platform=x&utmost=1", []),
        (link().replace("?", "#/?"), [f"{name}:tag_after_hash" for name in RIGHT]),
    ],
)
def test_the_link_itself(url: str, expected: list[str], contract: Contract) -> None:
    assert [f"{f.parameter}:{f.rule}" for f in parse(url).findings] == expected


def test_files_are_csv_or_lines(tmp_path: Path) -> None:
    lines = tmp_path / "links.txt"
    lines.write_text(f"\ufeff# launch\n\n{PAGE}\n", encoding="utf-8")
    assert [(each.line, each.url) for each in read_links(lines)] == [(3, PAGE)]
    table = tmp_path / "links.csv"
    table.write_text(f"Partner;URL\nacme;{PAGE}\nblue;\n")
    assert [(each.line, each.url, each.partner) for each in read_links(table)] == [
        (2, PAGE, "acme")
    ]


@pytest.mark.parametrize("content", ["", "# nothing\n", "name,link\na,b\n"])
def test_a_file_without_links_is_wrong_usage(content: str, tmp_path: Path) -> None:
    file = tmp_path / "links.csv"
    file.write_text(content)
    with pytest.raises(UsageError):
        read_links(file)


def test_a_column_beats_the_option_and_unknown_names_are_told(
    contract: Contract, tmp_path: Path
) -> None:
    file = tmp_path / "links.csv"
    file.write_text(f"url,partner,asset\n{link()},Acme Inc,Acme Mailing\n{link()},,\n")
    links, found = lint_file(file, contract, partner="blue")
    assert links == 2
    assert {each.line for each in found} == {3}
    file.write_text(f"url,partner\n{link()},acne\n")
    with pytest.raises(UsageError, match="acne"):
        lint_file(file, contract)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    (tmp_path / "dbt_project.yml").write_text("name: x\n")
    monkeypatch.setenv("SEEDS_DIR", str(SEEDS))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["lint-links", *arguments])


def test_exit_codes_and_output(run: object, tmp_path: Path) -> None:
    file = tmp_path / "links.txt"
    file.write_text(link() + "\n")
    clean: Result = run(str(file), "--campaign", "AI Tour", "--partner", "acme")
    assert (clean.exit_code, clean.stdout) == (0, "")

    file.write_text(link(utm_content="=1+1", utm_source="[red]x\x1b[2J") + "\n")
    dirty: Result = run(str(file))
    assert dirty.exit_code == 3
    assert "[red]x" in dirty.stdout
    assert "\x1b[2J" not in dirty.stdout
    assert "2 findings" in dirty.stderr
    listed = list(csv.DictReader(io.StringIO(run(str(file), "--csv").stdout)))
    assert [(row["finding"], row["delivered"]) for row in listed] == [
        ("hidden_character", "[red]x[2J"),
        ("unknown_value", "'=1+1"),
    ]

    assert run(str(file), "--campaign", "nobody").exit_code == 2
    assert run(str(tmp_path / "none.txt")).exit_code == 2


HOSTILE = {
    "r?u=https://y.example/?utm_source=a&utm_medium=b": {"utm_source:swallowed_parameter"},
    "?url=https%3A%2F%2Fy.example%2F%3Futm_source%3Da%26utm_id%3Db":
        {"utm_source:swallowed_parameter", "utm_id:swallowed_parameter"},
    "?utm_source=a?utm_medium=b": {"utm_medium:swallowed_parameter"},
    "?ref=1?utm_source=a": {"utm_source:swallowed_parameter"},
    "?utm_source=a;utm_medium=b": {"utm_medium:swallowed_parameter"},
    "?utm_source%3Da%26utm_medium%3Db":
        {"utm_source:swallowed_parameter", "utm_medium:swallowed_parameter"},
    "&utm_source=a": {"utm_source:swallowed_parameter"},
    "?utm_source=a&amp;utm_medium=b": {"utm_medium:misnamed_parameter"},
    "?utm_source=a%2520b": {"utm_source:encoded_twice"},
    "?utm_source=a%E2%80%8Bb": {"utm_source:hidden_character"},
    "?utm_source=%FF%FE": {"utm_source:hidden_character"},
    "?utm_source=a%00": {"utm_source:hidden_character"},
    "?utm_source=a+b&=x&&": set(),
    "?my_utm_source=a&q=utm_sources=1": set(),
}  # fmt: skip


@pytest.mark.parametrize("rest", HOSTILE)
def test_what_is_wrong_with_a_hostile_link(rest: str) -> None:
    found = parse(f"https://m\u00fcnchen.example/{rest}").findings
    assert {f"{finding.parameter}:{finding.rule}" for finding in found} == HOSTILE[rest]
    assert all(finding.message and finding.fix for finding in found)


@pytest.mark.parametrize("link", ["https://x.example:99999/?utm_source=a", "https://[::1/", "//x"])
def test_a_link_that_no_browser_follows_is_told(link: str) -> None:
    assert [finding.rule for finding in parse(link).findings] == ["unreadable_link"]


@pytest.mark.parametrize(
    "rest",
    ["u=/?utm_source=jane@corp.example", "utm_source=jane%2540corp.example", " jane@x.example"],
)
def test_no_finding_repeats_an_address(contract: Contract, rest: str) -> None:
    parsed = parse(f"https://x.example/?{rest}")
    for finding in (*parsed.findings, *lint(Link(parsed.values, parsed.path), contract)):
        assert "jane" not in f"{finding.raw}{finding.message}{finding.fix}"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_no_link_is_too_odd_to_be_judged(contract: Contract, rest: str) -> None:
    for url in (rest, f"https://x.example/?{rest}", f"https://x.example/?utm_source={rest}"):
        parsed = parse(url)
        for finding in (*parsed.findings, *lint(Link(parsed.values, parsed.path), contract)):
            assert finding.rule and finding.message and finding.fix
