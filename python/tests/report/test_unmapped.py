"""The lines that lookups lack: grouped, each once, whole CSV lines whatever the name holds."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from partner_attribution.cli import app
from partner_attribution.errors import PublicationError, UsageError
from partner_attribution.report.unmapped import missing_lines, pasted

STAGE = 'Exec, "Review"'
NARNIA = "country_aliases.csv: narnia,<country_code>"
ROWS = tuple(
    (check, status, rows, amount, f"{check}.", f"seeds/{line}")
    for check, status, rows, amount, line in (
        ("stage", "warn", 3, 500, 'stage_map.csv: hubspot,b,"Exec, ""Review""",<stage>'),
        ("stage", "warn", 1, 900, "stage_map.csv: salesforce,a,=1+1,<stage>"),
        ("country", "warn", 2, None, NARNIA),
        ("country", "warn", 5, 70, NARNIA),
        ("partner", "warn", 1, None, "partners.csv: gamma,<name>,<priority>"),
        ("rate", "ok", 1, 5, "fx_rates.csv: USD,EUR,<date>,<units>,<source>"),
        ("arrival", "fail", 0, None, "feeds.csv has a row for it; put files under partners/x/."),
    )
)


def serve(folder: Path, rows: tuple[tuple[object, ...], ...]) -> Path:
    with duckdb.connect(str(folder / "attribution.duckdb")) as connection:
        connection.execute("create schema reports")
        connection.execute(
            "create table reports.rpt_data_health (check_id varchar, section varchar,"
            " partner_id varchar, feed_id varchar, check_name varchar, status varchar,"
            " row_count bigint, amount_at_stake decimal(18,2), detail varchar, fix varchar)"
        )
        for number, row in enumerate(rows):
            connection.execute(
                "insert into reports.rpt_data_health values"
                " (?, 'taxonomy', 'p', 'p.crm', ?, ?, ?, ?, ?, ?)",
                [str(number), *row],
            )
    return folder


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "partners.csv").write_text("partner_id,partner_name,ledger_priority,zone\n")
    (folder / "stage_map.csv").write_text("connector,partner_id,raw_stage,stage\n")
    return folder


def test_lines_are_grouped_by_seed_most_money_first_and_filled_up(
    tmp_path: Path, seeds: Path
) -> None:
    lines = missing_lines(serve(tmp_path, ROWS), seeds)
    assert pasted(lines) == (
        "# seeds/country_aliases.csv\n"
        "narnia,<country_code>\n"
        "# seeds/partners.csv: partner_id,partner_name,ledger_priority,zone\n"
        "gamma,<name>,<priority>,\n"
        "# seeds/stage_map.csv: connector,partner_id,raw_stage,stage\n"
        "salesforce,a,=1+1,<stage>\n"
        'hubspot,b,"Exec, ""Review""",<stage>\n'
    )
    assert [(line.rows, str(line.amount)) for line in lines] == [
        (7, "70.00"), (1, "0"), (1, "900.00"), (3, "500.00")
    ]  # fmt: skip


def test_bare_lines_of_one_lookup_can_be_appended(tmp_path: Path, seeds: Path) -> None:
    text = pasted(
        missing_lines(serve(tmp_path, ROWS), seeds, lookup="seeds/stage_map.csv"), bare=True
    )
    with (seeds / "stage_map.csv").open("a") as handle:
        handle.write(text)
    with (seeds / "stage_map.csv").open() as handle:
        assert [row["raw_stage"] for row in csv.DictReader(handle)] == ["=1+1", STAGE]


def test_an_unknown_lookup_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        missing_lines(serve(tmp_path, ROWS), None, lookup="stagemap")
    assert "track-source unmapped stage_map" in str(error.value)


def test_a_withheld_data_health_is_not_taken_for_a_clean_one(tmp_path: Path) -> None:
    with pytest.raises(PublicationError, match="data health is not in the served file"):
        missing_lines(serve(tmp_path, ()), None)


@pytest.mark.parametrize(("rows", "code"), [(ROWS, 3), (ROWS[-1:], 0)])
def test_exit_codes_and_output(
    tmp_path: Path, rows: tuple[tuple[object, ...], ...], code: int
) -> None:
    serve(tmp_path, rows)
    run = CliRunner().invoke(
        app, ["unmapped", "--serve-dir", str(tmp_path), "--project-dir", str(tmp_path)]
    )
    assert run.exit_code == code
    assert ("narnia,<country_code>\n" in run.stdout) == bool(code)
    assert ("4 lines are missing." if code else "Every name is known.") in run.stderr
