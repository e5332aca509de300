"""Numbers and names as people read them."""

from datetime import date
from decimal import Decimal

import pytest

from partner_attribution.report import format as fmt
from tests.report.served import HOSTILE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1131420.33"), "$1.13M"),
        (Decimal("780123"), "$780k"),
        (Decimal("2500"), "$2.5k"),
        (Decimal("999600"), "$1.00M"),
        (Decimal("950.4"), "$950"),
        (Decimal("-412000"), "−$412k"),
        (Decimal("0"), "$0"),
        (Decimal("-0.2"), "$0"),
        (Decimal("4100000000"), "$4.10B"),
        (None, "–"),
    ],
)
def test_money_is_short(value: Decimal | None, text: str) -> None:
    assert fmt.money(value, "USD") == text


def test_other_currencies_keep_their_code() -> None:
    assert fmt.money(Decimal("1500000"), "SEK") == "SEK 1.50M"
    assert fmt.exact_money(Decimal("-1234567.891"), "EUR") == "−€1,234,567.89"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.884, "88%"), (0.0, "0%"), (0.001, "<1%"), (-0.2, "−20%"), (1.25, "125%"), (None, "–")],
)
def test_percent(value: float | None, text: str) -> None:
    assert fmt.percent(value) == text


def test_dates_do_not_depend_on_the_locale() -> None:
    assert fmt.day(date(2026, 10, 7)) == "7 Oct 2026"


def test_names_cannot_reorder_the_text_around_them() -> None:
    cleaned = fmt.clean("Moonlight \u202egpj.exe\u200f\x00")
    assert not set(cleaned) & {"\u202e", "\u200f", "\x00"}
    assert fmt.clean("Re\u0301seau") == "Réseau"
    assert fmt.clean("👩\u200d💻 Ltd") == "👩\u200d💻 Ltd"


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_keeps_names_as_text(name: str) -> None:
    text = fmt.markdown(name)
    assert "<" not in text
    assert "\n" not in text
    for mark in "*`[]|":
        assert text.count(mark) == text.count(f"\\{mark}")
