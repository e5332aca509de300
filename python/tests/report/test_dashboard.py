"""The dashboard: escaped, self-contained, the same bytes every time."""

import html.parser
import re
from dataclasses import replace
from pathlib import Path

import pytest

from partner_attribution.report import words
from partner_attribution.report.facts import Facts, read_facts
from partner_attribution.report.format import money
from partner_attribution.report.html import dashboard
from partner_attribution.report.markdown import summary
from tests.report.served import (
    HOSTILE,
    World,
    empty_world,
    hostile_world,
    one_partner_world,
    write_served,
)

WORLDS = {
    "plain": World(),
    "hostile": hostile_world(),
    "empty": empty_world(),
    "one partner": one_partner_world(),
}


def facts_of(folder: Path, world: World, dimensions: tuple[str, ...] = ("asset",)) -> Facts:
    served = write_served(folder, world)
    return read_facts(served, campaign=world.campaign_id, window="30d", dimensions=dimensions)


@pytest.fixture(scope="module")
def every_facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Facts]:
    return {n: facts_of(tmp_path_factory.mktemp("serve"), w) for n, w in WORLDS.items()}


class Page(html.parser.HTMLParser):
    """Tags, attributes and text of a page, as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("detail", ["summary", "full"])
def test_no_script_no_handler_nothing_from_the_network(
    every_facts: dict[str, Facts], world: str, detail: str
) -> None:
    text = dashboard(every_facts[world], detail=detail)
    page = Page(text)
    assert "script" not in page.tags
    assert page.tags.count("style") == 1
    for name, value in page.attributes:
        assert not name.startswith("on"), (name, value)
        if name in ("href", "src", "action", "xlink:href"):
            assert value.startswith("#"), (name, value)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text


def test_hostile_names_are_text(every_facts: dict[str, Facts]) -> None:
    page = Page(dashboard(every_facts["hostile"]))
    shown = "".join(page.text)
    for name in HOSTILE:
        if "\u202e" not in name:
            assert " ".join(name.split()) in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("world", WORLDS)
def test_every_section_and_method_stands_on_the_page(
    every_facts: dict[str, Facts], world: str
) -> None:
    facts = every_facts[world]
    text = dashboard(facts)
    for name, section in words.SECTIONS.items():
        assert f'id="{name}"' in text, section.title
    assert text.count('type="radio" name="method"') == len(facts.methods)
    checked = re.findall(r'id="method-(\d+)" checked', text)
    assert checked == [str(facts.methods.index(facts.method))]


def test_summary_leaves_out_the_long_tables(every_facts: dict[str, Facts]) -> None:
    text = dashboard(every_facts["plain"], detail="summary")
    assert 'id="target"' in text
    assert 'id="matrix"' not in text
    assert 'id="settings"' not in text


@pytest.mark.parametrize("world", WORLDS)
def test_same_facts_same_bytes(every_facts: dict[str, Facts], world: str) -> None:
    facts = every_facts[world]
    footer = (("Run", "run-1"),)
    assert dashboard(facts, footer=footer) == dashboard(facts, footer=footer)
    other = dashboard(facts, footer=(("Run", "run-2"),))
    assert other.replace("run-2", "run-1") == dashboard(facts, footer=footer)


def test_a_failed_feed_stands_above_the_first_figure(every_facts: dict[str, Facts]) -> None:
    text = dashboard(every_facts["plain"])
    assert text.index("northwind.marketo") < text.index('id="short"')
    assert 'class="banner"' not in dashboard(every_facts["one partner"])


def test_a_withheld_table_is_said_first_and_in_its_place(tmp_path: Path) -> None:
    world = replace(World(), without_tables=("reports.rpt_funnel", "reports.rpt_joint_ledger"))
    text = dashboard(facts_of(tmp_path, world))
    assert text.count("Withheld: reports.rpt_funnel") == 1
    assert text.index("withheld from this build") < text.index('id="short"')


def test_attainment_leaves_out_partners_without_a_target(every_facts: dict[str, Facts]) -> None:
    facts = every_facts["plain"]
    total = facts.total(facts.method)
    assert total and total.targeted_credited_amount and total.target_amount
    assert total.targeted_credited_amount < total.campaign_amount
    assert "91%" in dashboard(facts)


def test_pace_does_not_compare_what_cannot_be_compared(every_facts: dict[str, Facts]) -> None:
    assert "hold partners without a target" in dashboard(every_facts["plain"])
    assert "hold partners without a target" not in dashboard(every_facts["one partner"])


@pytest.mark.parametrize("world", WORLDS)
def test_no_return_and_no_confidence_are_claimed(every_facts: dict[str, Facts], world: str) -> None:
    shown = " ".join(Page(dashboard(every_facts[world])).text).lower()
    assert "roi" not in re.findall(r"[a-z]+", shown)
    assert "confidence" not in shown


def test_amounts_stand_with_their_intervals_and_with_what_these_do_not_say(
    every_facts: dict[str, Facts],
) -> None:
    facts = every_facts["plain"]
    first, second, third = facts.contribution(facts.method)
    found = [words.amount_interval(row, facts) for row in (first, second, third)]
    assert found == [
        f"{money(first.amount_lower, 'USD')} to {money(first.amount_upper, 'USD')}",
        f"{money(second.amount_lower, 'USD')} to {money(second.amount_upper, 'USD')}, low sample",
        "no interval: fewer than 30 wins",
    ]
    page = dashboard(facts)
    section = page[page.index('id="target"') : page.index('id="methods"')]
    assert all(text in section for text in found)
    assert "its 90% interval" in section
    assert "It says nothing of bias" in section
    assert f"(90% interval {found[0]})" in summary(facts).replace("\\", "")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("unsteady", "no interval: unsteady weights"),
        ("not_built", "no interval: not built for this method"),
    ],
)
def test_methods_without_an_interval_say_so(
    every_facts: dict[str, Facts], status: str, said: str
) -> None:
    facts = every_facts["plain"]
    row = facts.contribution(facts.method)[0]
    row = replace(row, interval_status=status, amount_lower=None, amount_upper=None)
    assert words.amount_interval(row, facts) == said


def test_credit_without_any_win_has_no_words_about_intervals(
    every_facts: dict[str, Facts],
) -> None:
    facts = every_facts["empty"]
    assert not any(words.amount_interval(row, facts) for row in facts.contributions)


@pytest.mark.parametrize("world", WORLDS)
def test_the_summary_is_short_and_each_sentence_names_its_source(
    every_facts: dict[str, Facts], world: str
) -> None:
    text = summary(every_facts[world])
    bullets = [line for line in text.splitlines() if line.startswith("- ")]
    assert 1 <= len(bullets) <= 5
    for line in bullets:
        assert re.search(r"`reports\.rpt_\w+`$", line), line
        assert re.search(r"\d", line), line
    assert "<script" not in text
    assert len(text.splitlines()) <= 40


def test_every_sentence_field_is_cleaned() -> None:
    sentence = words.say("{name} leads", name="Evil\u202e{0}")
    assert [part.text for part in sentence.parts] == ["Evil\ufffd{0}", " leads"]


@pytest.mark.parametrize("dimensions", [("partner",), ("partner", "region"), ("asset", "region")])
def test_breakdowns_by_any_dimensions(tmp_path: Path, dimensions: tuple[str, ...]) -> None:
    text = dashboard(facts_of(tmp_path, World(), dimensions))
    assert 'id="breakdown"' in text
    if dimensions == ("asset", "region"):
        assert "holds no breakdown by asset and region" in text


def test_utm_findings_stand_with_the_money_that_rests_on_them(tmp_path: Path) -> None:
    page = dashboard(facts_of(tmp_path, World()), detail="full")
    text = " ".join(Page(page).text)
    assert "Mistyped" in text
    assert "utm_campaign=ai-lauch-tour<script>" in text
    assert "<script>" not in page.split('id="utm"')[1].split('id="health"')[0]
    assert "Mend first what most credit rests on ( $30k of pipeline" in " ".join(text.split())


def test_a_feed_is_shown_against_its_agreed_cadence(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, replace(World(), failed_feed=True))
    text = " ".join(" ".join(Page(dashboard(facts, detail="full")).text).split())
    table = text.split("Deliveries against what was agreed")[1]
    assert [table.count(word) for word in ("on time", "missing", "no cadence")] == [1, 1, 1]
