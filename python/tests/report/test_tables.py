"""CSV and XLSX: nothing runs, numbers stay numbers, the same bytes every time."""

import csv
import io

import openpyxl
import pytest

from partner_attribution.report import tables
from partner_attribution.report.facts import Facts, read_facts
from tests.report.served import FORMULA, HOSTILE, hostile_world, write_served

RUNS = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    served = write_served(tmp_path_factory.mktemp("serve"), hostile_world())
    return read_facts(served, campaign="ai_launch_tour", window="30d")


def rows_of(facts: Facts) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(tables.contribution_csv(facts), newline="")))


def test_csv_text_never_starts_a_formula_and_numbers_stay_numbers(facts: Facts) -> None:
    rows = rows_of(facts)
    assert len(rows) == len(facts.contributions)
    numbers = {"credited_amount", "gap_to_target", "attainment", "target_amount"}
    for row in rows:
        for name, value in row.items():
            if name in numbers:
                assert value == "" or float(value) is not None
            else:
                assert not value.lstrip(" ").startswith(RUNS), (name, value)
    assert any(float(row["gap_to_target"]) < 0 for row in rows if row["gap_to_target"])


def test_csv_is_exact_to_the_cent(facts: Facts) -> None:
    by_key = {(r["method"], r["milestone"], r["partner_id"]): r for r in rows_of(facts)}
    for row in facts.contributions:
        written = by_key[row.method, row.milestone, row.partner_id]
        assert written["credited_amount"] == str(row.credited_amount)


@pytest.mark.parametrize("text", ["=1+1", " =1+1", "+1", "-1", "@x", "\tx", "\rx", FORMULA, "＝1"])
def test_neutral(text: str) -> None:
    assert tables.neutral(text) == f"'{text}"
    assert tables.neutral("Acme - East") == "Acme - East"


def test_xlsx_holds_no_formula_and_no_link(facts: Facts) -> None:
    book = openpyxl.load_workbook(io.BytesIO(tables.contribution_xlsx(facts)))
    assert book.sheetnames[0] == "Contribution"
    seen = set()
    for sheet in book:
        assert not sheet._hyperlinks
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate)
                seen.add(cell.value)
    assert set(HOSTILE) & seen
    amount = book["Contribution"]["L2"]
    assert isinstance(amount.value, float | int)


def test_same_facts_same_bytes(facts: Facts) -> None:
    assert tables.contribution_xlsx(facts) == tables.contribution_xlsx(facts)
    assert tables.contribution_csv(facts) == tables.contribution_csv(facts)
