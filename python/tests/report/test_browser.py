"""The dashboard in a real browser: no request, no sideways scroll, the switch works without JS."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partner_attribution.report.facts import read_facts
from partner_attribution.report.html import dashboard
from tests.report.served import World, empty_world, hostile_world, write_served

pytestmark = pytest.mark.browser

WORLDS = {"plain": World(), "hostile": hostile_world(), "empty": empty_world()}
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

# Contrast of every visible text against the nearest filled background, by the WCAG formula.
# Text over a partly transparent shade is judged on the shade blended into what lies below.
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
  const light = colour => colour.map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const layers = [];
    for (let at = element; at; at = at.parentElement)
      layers.push(getComputedStyle(at).backgroundColor);
    let ground = [255, 255, 255];
    for (const layer of layers.reverse()) ground = over(rgba(layer), ground);
    const ink = over(rgba(getComputedStyle(element).color), ground);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) poor.push([walker.currentNode.data.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return poor;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "these tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield made
        made.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for name, world in WORLDS.items():
        folder = tmp_path_factory.mktemp("page")
        facts = read_facts(
            write_served(folder, world),
            campaign=world.campaign_id,
            window="30d",
            dimensions=("asset",),
        )
        made[name] = folder / "dashboard.html"
        made[name].write_text(dashboard(facts))
    return made


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_request_no_sideways_scroll_and_readable(
    browser: Any, pages: dict[str, Path], world: str, scheme: str, size: dict[str, int]
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, offline=True)
    page = context.new_page()
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(pages[world].as_uri())
    assert requests == [pages[world].as_uri()]
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.evaluate(CONTRAST) == []
    context.close()


def test_the_method_switch_works_without_javascript(browser: Any, pages: dict[str, Path]) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(pages["plain"].as_uri())
    chosen = page.locator("#target .pane:visible caption").first
    assert "position based" in chosen.inner_text()
    before = page.locator("#figures .value:visible").first.inner_text()
    page.locator("label.chip", has_text="Linear").click()
    assert "linear" in page.locator("#target .pane:visible caption").first.inner_text()
    assert page.locator("#figures .value:visible").first.inner_text() != before
    page.keyboard.press("ArrowRight")
    assert "position based" in page.locator("#target .pane:visible caption").first.inner_text()
    for section in ("short", "target", "matrix", "credit", "pace", "assets"):
        assert page.locator(f"#{section} .pane:visible").count() == 1
    context.close()


def test_the_theme_switch_works_without_javascript(browser: Any, pages: dict[str, Path]) -> None:
    context = browser.new_context(color_scheme="light", java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(pages["plain"].as_uri())
    light = page.screenshot()
    page.locator(".theme label", has_text="dark").click()
    assert page.screenshot() != light
    context.close()


def test_numbers_keep_their_labels_on_a_phone(browser: Any, pages: dict[str, Path]) -> None:
    context = browser.new_context(viewport=PHONE, offline=True)
    page = context.new_page()
    page.goto(pages["plain"].as_uri())
    unlabelled = page.evaluate(
        """() => [...document.querySelectorAll('td.number')].filter(cell => cell.checkVisibility())
        .filter(cell => getComputedStyle(cell, '::before').content !== `"${cell.dataset.label}"`)
        .map(cell => cell.textContent)"""
    )
    assert unlabelled == []
    context.close()


def test_it_prints(browser: Any, pages: dict[str, Path]) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(pages["plain"].as_uri())
    document = page.pdf(prefer_css_page_size=True, tagged=True)
    assert document.startswith(b"%PDF")
    assert 2 <= document.count(b"/Type /Page\n") + document.count(b"/Type /Page ") <= 9
    context.close()
