"""Percent cells, amounts with a suffix and months in words are read where a feed declares them."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from partner_attribution.feeds.feed_list import Feed, with_settings
from tests.feeds.workspace import Workspace

DECLARED = "partner_id,connector,table_name,file_pattern"


def deals(workspace: Workspace, column: str, cells: list[str], settings: str, values: str) -> None:
    """Deliver one deal per cell, read by these settings."""
    workspace.seed("feeds.csv", "partner_id,connector,max_reject_share", "acme,crm,1", "beta,crm,")
    workspace.seed("feed_files.csv", f"{DECLARED},{settings}", f"acme,crm,deal,,{values}")
    header = "id\tclose_date" if column != "close_date" else "id"
    day = "\t2026-09-01" if column != "close_date" else ""
    rows = [f"D{number:02}{day}\t{cell}" for number, cell in enumerate(cells)]
    workspace.put("deal.tsv", [f"{header}\t{column}", *rows])
    workspace.land()
    workspace.check()


def landed(workspace: Workspace, column: str) -> list[object]:
    query = f"select {column} from raw_crm.deal where _partner_id = 'acme' order by id"
    return [row[0] for row in workspace.rows(query)]


@pytest.mark.parametrize(
    ("cells", "settings", "values", "amounts"),
    [
        (["12,5 %", "-3%", "100", "0,01\u00a0%"], "number_suffix,decimal_mark", '%=0.01,","',
         ["0.125", "-0.03", "100", "0.0001"]),
        (["12.5%"], "number_suffix", "%=1", ["12.5"]),
        (["12k", "1.2M", "1.2 Mio", "7", "-0.5k"], "number_suffix", "k=1000|M=1000000|Mio=1000000",
         ["12000", "1200000", "1200000", "7", "-500"]),
        (["$1.2M", "($12k)", "$1,200k"], "number_suffix,currency_mark,thousands_mark",
         'k=1000|M=1000000,$,","', ["1200000", "-12000", "1200000"]),
        (["999999.99bn", "1.23456789bn"], "number_suffix", "bn=1000000000",
         ["999999990000000", "1234567890"]),
    ],
)  # fmt: skip
def test_a_declared_suffix_is_its_factor(
    workspace: Workspace, cells: list[str], settings: str, values: str, amounts: list[str]
) -> None:
    deals(workspace, "amount", cells, settings, values)
    assert landed(workspace, "amount") == [Decimal(amount) for amount in amounts]


def test_what_fits_no_declared_suffix_is_a_reject(workspace: Workspace) -> None:
    cells = ["12K", "k", "1.2.3k", "1k k", "1000000000000k", "12 %", "9999999999999999k", "NaNk"]
    deals(workspace, "amount", [*cells, "12k"], "number_suffix", "k=1000")
    assert landed(workspace, "amount") == [Decimal(12000)]
    assert [value for _, _, value, _ in workspace.rejects()] == cells


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("12.5 %", "a percentage; declare number_suffix in seeds/feed_files.csv: %=0.01"),
        ("12k", "with a unit; declare number_suffix in seeds/feed_files.csv, such as k=1000"),
        ("€1.2M", "with a unit; declare number_suffix"),
        ("12 EUR", "with a currency sign"),
    ],
)
def test_an_undeclared_suffix_says_what_to_declare(
    workspace: Workspace, cell: str, said: str
) -> None:
    deals(workspace, "amount", [cell], "number_suffix", "")
    assert landed(workspace, "amount") == []
    assert [said in reason for *_, reason in workspace.rejects()] == [True]


@pytest.mark.parametrize(
    ("language", "date_format", "cells"),
    [
        ("de", "%d. %B %Y", ["3. März 2026", "03. MÄRZ 2026", "3. Ma\u0308rz 2026", "3. Mär 2026"]),
        ("de", "%d. %b %Y|%d. %b. %Y", ["3. Mrz 2026", "3. Mär. 2026", "2026-03-03"]),
        ("fr", "%d %B %Y", ["3 mars 2026", "03 Mars 2026"]),
        ("es", "%d de %B de %Y", ["3 de marzo de 2026", "03 de Marzo de 2026"]),
        ("", "%d %B %Y", ["3 March 2026"]),
    ],
)
def test_months_in_words_are_read_in_the_declared_language(
    workspace: Workspace, language: str, date_format: str, cells: list[str]
) -> None:
    settings = f"{date_format},{language}"
    deals(workspace, "close_date", cells, "date_format,month_names", settings)
    assert landed(workspace, "close_date") == [date(2026, 3, 3)] * len(cells)


MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre",
}


@pytest.mark.parametrize("language", MONTHS)
def test_every_month_has_its_name(workspace: Workspace, language: str) -> None:
    cells = [f"28. {name} 2026 14:05" for name in MONTHS[language].split()]
    deals(workspace, "created_at", cells, "date_format,month_names", f"%d. %B %Y,{language}")
    times = [datetime(2026, month, 28, 14, 5) for month in range(1, 13)]
    assert landed(workspace, "created_at") == times


def test_a_month_of_another_language_says_what_to_declare(workspace: Workspace) -> None:
    cells = ["3. mars 2026", "31. Februar 2026", "März 2026", "3. Märzen 2026"]
    deals(workspace, "close_date", cells, "date_format,month_names", "%d. %B %Y,de")
    assert landed(workspace, "close_date") == []
    assert len(workspace.rejects()) == 4
    said = {value: reason for _, _, value, reason in workspace.rejects()}
    assert "month_names in seeds/feed_files.csv" in said["3. mars 2026"]


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("month_names", "it", "month_names must be de, fr or es, got 'it'"),
        ("number_suffix", "k", "number_suffix must be like k=1000"),
        ("number_suffix", "k=0", "number_suffix must be like k=1000"),
        ("number_suffix", "k=1e3", "number_suffix must be like k=1000"),
        ("number_suffix", "5=1000", "number_suffix must be like k=1000"),
        ("number_suffix", "k=12345678901", "Factors have up to 10 digits"),
    ],
)
def test_a_wrong_declaration_says_what_is_possible(setting: str, value: str, message: str) -> None:
    feed = with_settings(Feed("acme", "crm"), {setting: value}, "seeds/feed_files.csv")
    assert message in feed.problem
