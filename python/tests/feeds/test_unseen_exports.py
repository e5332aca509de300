"""Exports of systems without a connector, as their users click them together."""

import json
from pathlib import Path

import duckdb
import pytest

from tests.feeds.workspace import Partner

COLUMNS = "partner_id,connector,table_name,delivered_column,declared_column,default_value"
VALUES = "partner_id,connector,table_name,declared_column,delivered_value,meaning"


@pytest.fixture
def gamma(tmp_path: Path) -> Partner:
    return Partner(tmp_path, duckdb.connect())


def maps(gamma: Partner, table: str, **columns: str) -> None:
    """declared=delivered, several delivered ones with `;`."""
    rows = [
        f"gamma,{gamma.connector},{table},{name},{declared},"
        for declared, names in columns.items()
        for name in names.split(";")
    ]
    gamma.seed("feed_columns.csv", COLUMNS, *rows)


def test_the_first_filled_of_several_columns_counts(gamma: Partner) -> None:
    """A deal is won, lost or open, and each has its day in another column."""
    header = "Deal - ID,Deal - Status,Deal - Won time,Deal - Lost time,Deal - Expected close date"
    gamma.put(
        "deals-4711.csv",
        f"{header}\n1,Won,2026-03-01 10:00:00,,2026-09-01\n2,Lost,,2026-03-02 10:00:00,2026-09-01\n"
        "3,Open,,,2026-09-01\n4,Open,,,\n",
    )
    gamma.seed("feed_files.csv", "partner_id,connector,table_name,file_pattern",
               "gamma,template,opportunities,deals-*.csv")  # fmt: skip
    maps(
        gamma,
        "opportunities",
        opportunity_id="Deal - ID",
        stage="Deal - Status",
        close_date="Deal - Won time;Deal - Lost time;Deal - Expected close date;Closed",
    )
    assert gamma.land() == []
    assert gamma.rows("opportunity_id, close_date::text", "opportunities") == [
        ("1", "2026-03-01 10:00:00"),
        ("2", "2026-03-02 10:00:00"),
        ("3", "2026-09-01 23:59:59"),
        ("4", None),
    ]
    drift = gamma.conn.execute(
        "select delivered_column from raw_feeds.columns where kind = 'extra'"
    ).fetchall()
    assert drift == []


AMOUNTS = [
    ("$", "", "$1,234.50", "1234.50"),
    ("$", "", " $ 1,234.50 ", "1234.50"),
    ("$", "", "($1,234.50)", "-1234.50"),
    ("$", "", "$(1,234.50)", "-1234.50"),
    ("$", "", "-$5", "-5"),
    ("$", "", "$-5", "-5"),
    ("$", "", "(5.25)", "-5.25"),
    ("$", "", "7", "7"),
    ("$", "", "€7", None),
    ("$", "", "$7 $", None),
    ("$", "", "(-5)", None),
    ("$", "", "(5", None),
    ("€|EUR", "de", "1.234,50 €", "1234.50"),
    ("€|EUR", "de", "EUR\xa01.234,50", "1234.50"),
    ("€|EUR", "de", "-1.234,50\u202f€", "-1234.50"),
    ("Rs.", "", "Rs. 12,345.00", "12345"),
]


@pytest.mark.parametrize(("mark", "locale", "text", "amount"), AMOUNTS)
def test_a_declared_currency_mark_is_read_around_amounts(
    gamma: Partner, mark: str, locale: str, text: str, amount: str | None
) -> None:
    decimal, thousands = ('","', ".") if locale else (".", '","')
    gamma.seed(
        "feed_files.csv",
        "partner_id,connector,table_name,file_pattern,currency_mark,decimal_mark,thousands_mark",
        f"gamma,template,opportunities,,{mark},{decimal},{thousands}",
    )
    gamma.put("opportunities.csv", f'opportunity_id,amount\n1,"{text}"\n')
    errors = gamma.land()
    wanted = [] if amount is None else [(True,)]
    assert gamma.rows(f"amount = {amount or 0}", "opportunities") == wanted
    assert bool(errors) == (amount is None)


def test_a_currency_sign_says_what_to_declare(gamma: Partner) -> None:
    for text in ("$5.00", "5 €", "Rs. 5", "(USD 5)"):
        gamma.put("opportunities.csv", f"opportunity_id,amount\n1,{text}\n")
        (message,) = gamma.land()
        assert "write it as currency_mark in seeds/feed_files.csv" in message, text


def test_years_of_two_digits_are_declared_not_guessed(gamma: Partner) -> None:
    rows = "opportunity_id,close_date\n1,5/9/26\n2,5/10/2026\n"
    gamma.put("opportunities.csv", rows)
    gamma.put("spend.csv", "spend_date,amount\n5/9/26,1\n")
    head = "partner_id,connector,date_format,max_reject_share"
    gamma.seed("feeds.csv", head, "gamma,template,%m/%d/%Y,1")
    gamma.land()
    assert gamma.rows("opportunity_id", "opportunities") == [("2",)]
    assert gamma.rows("spend_date", "spend") == [], "the year 26 is no year"
    reasons = gamma.conn.execute("select distinct reason from raw_feeds.rejects").fetchall()
    assert [reason.split(":")[0] for (reason,) in reasons] == ["a year of two digits"]
    gamma.seed("feeds.csv", head, "gamma,template,%m/%d/%Y|%m/%d/%y,1")
    assert gamma.land() == []
    assert gamma.rows("opportunity_id, close_date::text", "opportunities") == [
        ("1", "2026-05-09 23:59:59"),
        ("2", "2026-05-10 23:59:59"),
    ]


def test_a_log_of_changes_is_its_newest_row(gamma: Partner) -> None:
    """Whatever the order of rows, and though an older row says the greater things."""
    gamma.put(
        "deals.csv",
        "deal_id,changed,amount,stage\n1,2026-03-03,10,Closed Won\n1,2026-03-01,90,Prospecting\n"
        "1,2026-03-02,50,Zzz\n2,2026-03-01,7,Closed Won\n",
    )
    maps(gamma, "opportunities", updated_at="changed")
    assert gamma.land() == []
    assert gamma.rows("opportunity_id, amount::int, stage", "opportunities") == [
        ("1", 10, "Closed Won"),
        ("2", 7, "Closed Won"),
    ]
    assert gamma.delivered("opportunities")["rows_superseded"] == 2


def test_a_report_with_a_title_and_a_total_row(gamma: Partner) -> None:
    gamma.put(
        "Deals_Report.csv",
        "CRM - Deals Report\r\n\r\nRecord Id,Deal Name,Amount\r\n1,A,5\r\n2,B,N/A\r\nTotal,,5\r\n",
    )
    gamma.seed("feed_files.csv", "partner_id,connector,table_name,file_pattern,skip_lines,where",
               "gamma,template,opportunities,Deals_Report.csv,2,Deal Name!=")  # fmt: skip
    maps(gamma, "opportunities", opportunity_id="Record Id")
    gamma.seed("feed_values.csv", VALUES, "gamma,template,opportunities,amount,N/A,")
    assert gamma.land() == []
    assert gamma.rows("opportunity_id, amount::int", "opportunities") == [("1", 5), ("2", None)]


DEALS = [
    {"Id": f"00{n}", "Amount": n + 0.5, "Stage": {"Name": "Closed Won"}, "Meta": "x"}
    for n in range(1, 4)
]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_rows_that_stand_as_json_in_one_column(gamma: Partner, kind: str) -> None:
    """A loader's raw table: an id, a time, and the record as JSON text."""
    rows = [(f"ab-{n}", "2026-06-01", json.dumps(deal)) for n, deal in enumerate(DEALS)]
    table = gamma.conn.from_arrow(
        __import__("pyarrow").table(
            dict(zip(("_raw_id", "_at", "_data"), zip(*rows, strict=True), strict=True))
        )
    )
    target = gamma.root / "data" / "partners" / "gamma" / "template" / f"raw_opportunities.{kind}"
    target.parent.mkdir(parents=True)
    (table.write_csv if kind == "csv" else table.write_parquet)(str(target))
    gamma.seed("feed_files.csv", "partner_id,connector,table_name,file_pattern,records",
               f"gamma,template,opportunities,raw_{{table}}.{kind},_data")  # fmt: skip
    maps(gamma, "opportunities", opportunity_id="Id", stage="Stage.Name", updated_at="_at")
    assert gamma.land() == []
    assert gamma.rows("opportunity_id, amount::text, stage, updated_at::text", "opportunities") == [
        (f"00{n}", f"{n}.5000000000", "Closed Won", "2026-06-01 00:00:00") for n in range(1, 4)
    ]


def test_a_raw_row_that_is_no_json_is_a_reject(gamma: Partner) -> None:
    gamma.put("opportunities.csv", 'data\n"{""Id"": ""1""}"\nbroken\n')
    gamma.seed("feeds.csv", "partner_id,connector,max_reject_share", "gamma,template,0.5")
    gamma.seed("feed_files.csv", "partner_id,connector,table_name,file_pattern,records",
               "gamma,template,opportunities,,data")  # fmt: skip
    gamma.land()
    assert gamma.rows("opportunity_id", "opportunities") == [("1",)]
    rejects = gamma.conn.execute("select reason from raw_feeds.rejects").fetchall()
    assert rejects == [("column data holds no JSON object",)]


ATTRIBUTES = json.dumps({"Webpage URL": "/x", "Query Parameters": "?utm_source=mail"})
PAIRS = [
    {"key": "page_location", "value": {"string_value": "https://x.example/?utm_source=web"}},
    {"key": "ga_session_id", "value": {"int_value": "77"}},
    {"key": "medium", "value": "cpc"},
]


def test_fields_of_json_text_are_columns(gamma: Partner) -> None:
    """In a CSV cell, in pairs of key and value, in a Parquet map; wrong names are told."""
    quoted = ATTRIBUTES.replace('"', '""')
    gamma.put("touches.csv", f'touch_id,touched_at,attributes\nc1,2026-03-01,"{quoted}"\n')
    event = {"touch_id": "j1", "touched_at": "2026-03-01", "params": PAIRS}
    gamma.put("touches.part2.jsonl", json.dumps(event) + "\n")
    target = gamma.root / "data" / "partners" / "gamma" / "template" / "touches.part3.parquet"
    gamma.conn.execute(
        "copy (select 'p1' as touch_id, date '2026-03-01' as touched_at,"
        f" map {{'page_location': '/p', 'medium': 'email'}} as params) to '{target}'"
    )
    maps(
        gamma,
        "touches",
        url="attributes.Query Parameters;params.page_location",
        utm_medium="params.medium",
        utm_id="params.ga_session_id",
    )
    rows = (gamma.root / "seeds" / "feed_columns.csv").read_text().splitlines()
    rows += ["gamma,template,touches,,utm_medium,none", "gamma,template,touches,,utm_id,none"]
    gamma.seed("feed_columns.csv", *rows)
    assert gamma.land() == []
    assert gamma.rows("touch_id, url, utm_medium, utm_id", "touches") == [
        ("c1", "?utm_source=mail", "none", "none"),
        ("j1", "https://x.example/?utm_source=web", "cpc", "77"),
        ("p1", "/p", "email", "none"),
    ]
    maps(gamma, "touches", url="attributes.Query Parameter;params.page_locations")
    messages = gamma.land()
    assert "maps attributes.Query Parameter or params.page_locations to url" in messages[0]


def test_a_file_that_begins_with_an_underscore_is_not_passed_over(gamma: Partner) -> None:
    gamma.put("touches.csv", "touch_id,touched_at\n1,2026-03-01\n")
    gamma.put("_touches.csv", "touch_id,touched_at\n2,2026-03-01\n")
    gamma.put("_SUCCESS", "")
    gamma.land()
    told = gamma.conn.execute(
        "select file, message from raw_feeds.deliveries where status = 'ignored'"
    ).fetchall()
    assert told == [
        (
            "partners/gamma/template/_touches.csv",
            "begins with _, like a file that is still being written: rename it to be read.",
        )
    ]
