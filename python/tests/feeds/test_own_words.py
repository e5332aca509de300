"""Exports that nobody has seen before land through the template, by lookups alone."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.feeds.workspace import PROJECT, Partner

FILES = (
    "partner_id,connector,table_name,file_pattern,delimiter,quote,header,columns,skip_lines,"
    "decimal_mark,thousands_mark,date_format,epoch_unit,timezone,records,where,key,delivery_mode"
)
COLUMNS = "partner_id,connector,table_name,delivered_column,declared_column,default_value"
VALUES = "partner_id,connector,table_name,declared_column,delivered_value,meaning"


def file_rule(table: str, pattern: str = "", **settings: str) -> str:
    """A row of seeds/feed_files.csv for partner gamma."""
    given = {
        "partner_id": "gamma", "connector": "template", "table_name": table,
        "file_pattern": pattern, **settings,
    }  # fmt: skip
    assert set(given) <= set(FILES.split(","))
    return ",".join(f'"{given.get(name, "")}"' for name in FILES.split(","))


@pytest.fixture
def gamma(tmp_path: Path) -> Partner:
    return Partner(tmp_path, duckdb.connect())


def test_pipedrive_deals_with_semicolons_decimal_commas_and_month_first_dates(
    gamma: Partner,
) -> None:
    gamma.put(
        "deals-8812.csv",
        "Deal - ID;Deal - Title;Deal - Organization ID;Deal - Value;Deal - Stage;"
        "Deal - Deal created;Deal - Expected close date\n"
        '17;"Acme; renewal";4;"12.345,60 ";Gewonnen;01/31/2026 4:05 PM;03/14/2026\n'
        "18;Globex;5;0,10;In Verhandlung;02/01/2026;03/15/2026\n",
    )
    gamma.seed(
        "feed_files.csv", FILES,
        file_rule("opportunities", "deals-*.csv", delimiter=";", decimal_mark=",",
                  thousands_mark=".", date_format="%m/%d/%Y", timezone="America/New_York"),
    )  # fmt: skip
    gamma.seed(
        "feed_columns.csv", COLUMNS,
        "gamma,template,opportunities,Deal - ID,opportunity_id,",
        "gamma,template,opportunities,Deal - Title,opportunity_name,",
        "gamma,template,opportunities,Deal - Organization ID,account_id,",
        "gamma,template,opportunities,Deal - Value,amount,",
        "gamma,template,opportunities,Deal - Stage,stage,",
        "gamma,template,opportunities,Deal - Deal created,created_at,",
        "gamma,template,opportunities,Deal - Expected close date,close_date,",
        "gamma,template,opportunities,,currency,EUR",
    )  # fmt: skip
    gamma.seed("feed_values.csv", VALUES, "gamma,template,opportunities,stage,Gewonnen,Closed Won")
    assert gamma.land() == []
    assert gamma.rows(
        "opportunity_id, opportunity_name, amount, currency, stage, created_at, close_date",
        "opportunities",
    ) == [
        ("17", "Acme; renewal", Decimal("12345.60"), "EUR", "Closed Won",
         datetime(2026, 1, 31, 21, 5), datetime(2026, 3, 15, 3, 59, 59)),
        ("18", "Globex", Decimal("0.10"), "EUR", "In Verhandlung",
         datetime(2026, 2, 2, 4, 59, 59), datetime(2026, 3, 16, 3, 59, 59)),
    ]  # fmt: skip


def test_zoho_activities_without_ids_in_two_columns_of_time(gamma: Partner) -> None:
    """Two equal rows are two calls; ids are made from the rows and never from addresses."""
    lines = [
        "Email,Activity Type,Date,Time,Campaign Source",
        'jo@customer.example,Webinar,"Mar 04, 2026",10:30 AM,AI Launch Tour',
        'jo@customer.example,Webinar,"Mar 04, 2026",10:30 AM,AI Launch Tour',
        'al@customer.example,Call,"Mar 05, 2026",,',
    ]
    gamma.put("Activities export.csv", "\n".join(lines))
    gamma.seed(
        "feed_files.csv", FILES,
        file_rule("touches", "Activities*", date_format="%b %d, %Y"),
        file_rule("touches", key="none"),
    )  # fmt: skip
    gamma.seed(
        "feed_columns.csv", COLUMNS,
        "gamma,template,touches,Date + Time,touched_at,",
        "gamma,template,touches,Activity Type,touch_type,",
        "gamma,template,touches,Campaign Source,campaign,unnamed",
    )  # fmt: skip
    gamma.seed(
        "feed_values.csv", VALUES,
        "gamma,template,touches,touch_type,Webinar,webinar_attended",
        "gamma,template,touches,touch_type,Call,meeting",
    )  # fmt: skip
    assert gamma.land() == []
    listed = "email, touch_type, touched_at, campaign"
    assert gamma.rows(listed, "touches") == [
        ("al@customer.example", "meeting", datetime(2026, 3, 5), "unnamed"),
        ("jo@customer.example", "webinar_attended", datetime(2026, 3, 4, 10, 30), "AI Launch Tour"),
        ("jo@customer.example", "webinar_attended", datetime(2026, 3, 4, 10, 30), "AI Launch Tour"),
    ]
    ids = gamma.rows("touch_id, email", "touches")
    assert len(set(ids)) == 3
    gamma.put("Activities export.csv", "\n".join([lines[0], lines[3], lines[2], lines[1]]))
    assert gamma.land() == []
    assert gamma.rows("touch_id, email", "touches") == ids
    gamma.put("Activities export.csv", "\n".join(lines).replace("al@", "zo@"))
    gamma.land()
    assert {i for i, _ in gamma.rows("touch_id, email", "touches")} == {i for i, _ in ids}


def test_the_second_delivery_of_a_database_has_no_header_and_no_quotes(gamma: Partner) -> None:
    gamma.put(
        "2026-01-01/leads.csv", '"Lead Id","E-Mail","Created"\n"7","a@x.example","1767225600"\n'
    )
    gamma.put("2026-02-01/leads.csv", '8|b@x.example|web|1769904000\n9|say "hi"|web|1769904001\n')
    gamma.seed(
        "feed_files.csv", FILES,
        file_rule("people", "*/leads.csv"),
        file_rule("people", delivery_mode="incremental"),
        file_rule("people", "2026-02-*/leads.csv", delimiter="pipe", quote="none", header="no",
                  columns="Lead Id|E-Mail||Created"),
    )  # fmt: skip
    gamma.seed(
        "feed_columns.csv", COLUMNS,
        "gamma,template,people,Lead Id,person_id,",
        "gamma,template,people,E-Mail,email,",
        "gamma,template,people,Created,created_at,",
    )  # fmt: skip
    assert gamma.land() == []
    assert gamma.rows("person_id, email, created_at", "people") == [
        ("7", "a@x.example", datetime(2026, 1, 1)),
        ("8", "b@x.example", datetime(2026, 2, 1)),
        ("9", 'say "hi"', datetime(2026, 2, 1, 0, 0, 1)),
    ]
    gamma.put(
        "2026-02-01/leads.csv", "Lead Id|E-Mail|Source|Created\n8|b@x.example|web|1769904000\n"
    )
    (message,) = gamma.land()
    assert (
        "the first line holds the column names, but seeds/feed_files.csv says header no" in message
    )


def test_rejects_of_a_headerless_file_name_the_physical_line(gamma: Partner) -> None:
    gamma.put("spend.csv", "report of May\n2026-05-01;10,5\n2026-05-02;oops\n2026-05-03;1;2\n")
    gamma.seed("feeds.csv", "partner_id,connector,max_reject_share", "gamma,template,0.9")
    gamma.seed(
        "feed_files.csv", FILES,
        file_rule("spend", delimiter=";", header="no", columns="date|amount", skip_lines="1",
                  decimal_mark=","),
    )  # fmt: skip
    gamma.land()
    assert gamma.rows("spend_date, amount", "spend")[0][1] == Decimal("10.5")
    assert gamma.conn.execute(
        "select line, column_name, split_part(reason, ':', 1) from raw_feeds.rejects order by line"
    ).fetchall() == [(3, "amount", "not a decimal"), (4, None, "has 3 columns, the header has 2")]


def test_one_export_of_all_activities_gives_the_touches_it_names(gamma: Partner) -> None:
    gamma.put(
        "activities.json",
        '{"data": [{"id": 1, "type": "meeting", "when": 1767225600000},\n'
        '{"id": 2, "type": "task", "when": 1767225600000},\n'
        '{"id": 3, "type": "call", "when": 60000}]}',
    )
    gamma.seed(
        "feed_files.csv", FILES,
        file_rule("touches", "activities*", records="data", where="type=meeting|call",
                  epoch_unit="ms"),
    )  # fmt: skip
    gamma.seed("feed_columns.csv", COLUMNS, "gamma,template,touches,when,touched_at,",
               "gamma,template,touches,type,touch_type,")  # fmt: skip
    gamma.seed("feeds.csv", "partner_id,connector,max_reject_share", "gamma,template,0.9")
    gamma.land()
    assert gamma.rows("touch_id, touch_type", "touches") == [("1", "meeting")]
    rejects = gamma.conn.execute(
        "select value, split_part(reason, ':', 1) from raw_feeds.rejects"
    ).fetchall()
    assert rejects == [("60000", "implausible date")]


def test_days_of_a_spreadsheet_are_days(gamma: Partner) -> None:
    gamma.put("opportunities.csv", "id,created_at,close_date\nA,46023.5,46024\n")
    gamma.put("spend.csv", "date,amount\n46024,1\n")
    gamma.seed("feed_files.csv", FILES, file_rule("", epoch_unit="excel"))
    assert gamma.land() == []
    assert gamma.rows("created_at, close_date", "opportunities") == [
        (datetime(2026, 1, 1, 12), datetime(2026, 1, 2, 23, 59, 59))
    ]
    assert str(gamma.rows("spend_date, amount", "spend")[0][0]) == "2026-01-02"


def test_a_key_of_the_feeds_own_restates_without_an_id(gamma: Partner) -> None:
    gamma.seed("feed_files.csv", FILES,
               file_rule("touches", key="account_id|touched_at",
                         delivery_mode="incremental"))  # fmt: skip
    header = "account_id,touched_at,touch_type"
    gamma.put(
        "2026-01-01/touches.csv", f"{header}\nA,2026-01-01 10:00,call\nB,2026-01-01 10:00,call\n"
    )
    gamma.put("2026-02-01/touches.csv", f"{header}\nA,2026-01-01 10:00,meeting\n")
    assert gamma.land() == []
    rows = gamma.rows("account_id, touch_type", "touches")
    assert rows == [("A", "meeting"), ("B", "call")]
    assert len(set(gamma.rows("touch_id", "touches"))) == 2


@pytest.mark.parametrize(
    ("lookup", "rows", "message"),
    [
        ("feed_columns.csv", [COLUMNS, "gamma,template,touchs,Wann,touched_at,"],
         "'touchs' is no table of template (closest: touches)"),
        ("feed_columns.csv", [COLUMNS, "gamma,template,touches,Wann,touched,"],
         "'touched' is no column of template touches (closest: touched_at)"),
        ("feed_columns.csv", [COLUMNS, "gamma,template,touches,Kind of tuch,touch_type,"],
         "maps Kind of tuch to touch_type, but the file has [id, touched_at, Kind of touch, url];"
         " closest: Kind of touch"),
        ("feed_files.csv", [FILES, file_rule("touches", header="no")],
         "header is no, so columns must list the files' columns in order"),
        ("feed_files.csv", [FILES, file_rule("touches", key="mail")],
         "'mail' is no column of template touches (closest: email)"),
        ("feed_files.csv", [FILES, file_rule("touches", "t*", key="none")],
         "key holds for a whole table; write it in a row without file_pattern, not for t*"),
        ("feed_files.csv", [FILES, file_rule("touches", where="Kind=x")],
         "missing column Kind, which seeds/feed_files.csv (where) needs for this table"),
        ("feed_files.csv", [FILES, file_rule("touches", epoch_unit="days")],
         "epoch_unit must be s, ms, us or excel, got 'days'"),
    ],
)  # fmt: skip
def test_mistakes_in_the_lookups_name_what_is_nearest(
    gamma: Partner, lookup: str, rows: list[str], message: str
) -> None:
    gamma.put("touches.csv", "id,touched_at,Kind of touch,url\n1,2026-01-01,call,\n")
    gamma.seed(lookup, *rows)
    (found,) = gamma.land()
    assert message in found


def test_one_pattern_names_the_files_of_every_table(gamma: Partner) -> None:
    gamma.put("PD_opportunities_v2.csv", "id,amount\n1,5\n")
    gamma.put("PD_accounts_v2.csv", "id,name\n1,Acme\n")
    gamma.put("PD_products_v2.csv", "id\n1\n")
    gamma.seed("feed_files.csv", FILES, file_rule("", "pd_{table}_v?.csv"))
    assert gamma.land() == []
    assert gamma.rows("opportunity_id", "opportunities") == [("1",)]
    assert gamma.rows("account_name", "accounts") == [("Acme",)]


def test_an_unknown_file_is_offered_a_row_to_paste(gamma: Partner) -> None:
    gamma.put("Touchess from events.csv", "id,touched_at\n1,2026-01-01\n")
    (message,) = gamma.land()
    row = message.rsplit(": ", 1)[1]
    assert row == "gamma,template,touches,Touchess from events*"
    gamma.seed("feed_files.csv", "partner_id,connector,table_name,file_pattern", row)
    assert gamma.land() == []


def test_a_crm_export_cut_to_days_keeps_a_days_touches_ahead_of_its_deal(tmp_path: Path) -> None:
    """A bare creation day is its last second, as close dates and MQL days are."""
    crm = Partner(tmp_path, duckdb.connect(), "salesforce")
    crm.seed("feeds.csv", "partner_id,connector,timezone", "gamma,salesforce,America/New_York")
    crm.put(
        "Opportunity.csv",
        "Id,StageName,Amount,CloseDate,CreatedDate\n1,Won,5,2026-03-01,2026-02-01\n"
        "2,Won,5,2026-03-01,2026-02-01T10:00:00Z\n",
    )
    assert crm.land() == []
    assert crm.rows("created_date", "opportunity") == [
        (datetime(2026, 2, 1, 10),),
        (datetime(2026, 2, 2, 4, 59, 59),),
    ]


def test_the_example_of_the_guide_lands_as_it_says(gamma: Partner) -> None:
    guide = (PROJECT / "docs" / "onboarding.md").read_text()
    diff = guide.split("```diff\n")[1].split("```")[0]
    for lookup in diff.split("--- my-data/seeds/")[1:]:
        name, _, header, *rows = lookup.splitlines()
        added = [row[1:] for row in rows if row.startswith("+gamma")]
        gamma.seed(name, header.strip(), *added)
    gamma.put(
        "Geschäfte-2026-11.csv",
        "Geschäfts-ID;Wert;Phase;Abschlussdatum\nG1;1.234,50;Gewonnen;11/30/2026\n",
    )
    row = '"Sep 02, 2026"'
    gamma.put(
        "2026-10-01/activities.csv", f"Email,Type,Date,Time\nx@y.example,Webinar,{row},10:00\n"
    )
    gamma.put("2026-11-01/activities.csv", "z@y.example|Call|Oct 03, 2026|2:05 PM\n" * 2)
    assert gamma.land() == []
    assert gamma.rows("amount, currency, stage, close_date", "opportunities") == [
        (Decimal("1234.50"), "EUR", "Closed Won", datetime(2026, 11, 30, 22, 59, 59))
    ]
    assert gamma.rows("touch_type, touched_at", "touches") == [
        ("Call", datetime(2026, 10, 3, 12, 5)),
        ("Call", datetime(2026, 10, 3, 12, 5)),
        ("webinar_attended", datetime(2026, 9, 2, 8)),
    ]
