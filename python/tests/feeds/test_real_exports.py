"""Real exports and data sets of others, onboarded by lookups alone.

They are not part of this project: FEED_SAMPLES names a folder that holds them, one sub-folder each.
The judge reads the same files with Python's csv and json and shares no code with the landing.
"""

from __future__ import annotations

import csv
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.feeds.test_own_words import COLUMNS, FILES, VALUES, file_rule
from tests.feeds.workspace import Partner

SAMPLES = Path(os.environ.get("FEED_SAMPLES", "-"))
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="set FEED_SAMPLES to a folder of exports"
)
Rows = list[dict[str, Any]]


def deliver(tmp_path: Path, connector: str, *files: str) -> Partner:
    partner = Partner(tmp_path, duckdb.connect(), connector)
    for file in files:
        partner.put(Path(file).name, (SAMPLES / file).read_bytes())
    return partner


def read(file: str, encoding: str = "utf-8-sig") -> Rows:
    with (SAMPLES / file).open(encoding=encoding, newline="") as lines:
        return list(csv.DictReader(lines))


def rule(connector: str, table: str, pattern: str = "", **settings: str) -> str:
    return file_rule(table, pattern, **settings).replace('"template"', f'"{connector}"', 1)


def landed(partner: Partner, table: str, *expressions: str) -> tuple[Any, ...]:
    query = f"select {', '.join(expressions)} from raw_{partner.connector}.{table}"
    found: tuple[Any, ...] = partner.conn.execute(query).fetchall()[0]
    return found


def total(rows: Rows, column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows if row[column]), Decimal(0))


def test_a_salesforce_org_that_exports_its_own_names(tmp_path: Path) -> None:
    folder = "npsp_trailhead"
    files = sorted(path.name for path in (SAMPLES / folder).glob("*.csv"))
    partner = deliver(tmp_path, "salesforce", *[f"{folder}/{name}" for name in files])
    assert partner.land() == []
    rows = read(f"{folder}/Opportunity.csv")
    assert landed(partner, "opportunity", "count(*)", "sum(amount)", "count(distinct id)") == (
        len(rows), total(rows, "Amount"), len({row["sf_id"] for row in rows}),
    )  # fmt: skip
    members = read(f"{folder}/CampaignMember.csv")
    assert landed(partner, "campaign_member", "count(*)") == (len(members),)


@pytest.mark.parametrize(
    ("folder", "connector", "pattern", "table", "file", "money"),
    [
        ("fivetran_salesforce", "salesforce", "sf_{table}_data.csv", "opportunity",
         "sf_opportunity_data.csv", "amount"),
        ("fivetran_marketo", "marketo", "marketo_{table}_data.csv", "activity_click_email",
         "marketo_activity_click_email_data.csv", None),
        ("fivetran_linkedin_ads", "linkedin_ads", "linkedin_{table}_data.csv",
         "ad_analytics_by_campaign", "linkedin_ad_analytics_by_campaign_data.csv",
         "cost_in_local_currency"),
        ("fivetran_google_ads", "google_ads", "{table}_data.csv", "campaign_stats",
         "campaign_stats_data.csv", "cost_micros"),
        ("fivetran_hubspot", "hubspot", "{table}_data.csv", "deal", "deal_data.csv",
         "property_amount"),
    ],
)  # fmt: skip
def test_seeds_of_a_package_with_a_prefix_and_a_suffix(  # noqa: PLR0917
    tmp_path: Path,
    folder: str,
    connector: str,
    pattern: str,
    table: str,
    file: str,
    money: str | None,
) -> None:
    names = [f"{folder}/{path.name}" for path in sorted((SAMPLES / folder).glob("*.csv"))]
    partner = deliver(tmp_path, connector, *names)
    partner.seed("feed_files.csv", FILES, rule(connector, "", pattern))
    assert partner.land() == []
    delivered = partner.delivered(table)
    rows = read(f"{folder}/{file}")
    assert delivered["rows_read"] == len(rows)
    assert delivered["rows_landed"] + delivered["rows_superseded"] == len(rows)
    if money and not delivered["rows_superseded"]:
        assert landed(partner, table, f"sum({money})") == (total(rows, money) or None,)


def test_exchange_rates_by_the_names_of_countries(tmp_path: Path) -> None:
    partner = deliver(tmp_path, "template", "reference/monthly.csv")
    euro_and_pound = file_rule("fx_rates", "monthly.csv", where="Country=Euro|United Kingdom")
    partner.seed("feed_files.csv", FILES, euro_and_pound)
    partner.seed(
        "feed_columns.csv", COLUMNS,
        "gamma,template,fx_rates,Country,currency,",
        "gamma,template,fx_rates,Exchange rate,units_per_reporting_currency,",
    )  # fmt: skip
    partner.seed(
        "feed_values.csv", VALUES,
        "gamma,template,fx_rates,currency,Euro,EUR",
        "gamma,template,fx_rates,currency,United Kingdom,GBP",
    )  # fmt: skip
    assert partner.land() == []
    wanted = [
        r for r in read("reference/monthly.csv") if r["Country"] in {"Euro", "United Kingdom"}
    ]
    assert landed(
        partner, "fx_rates", "count(*)", "sum(units_per_reporting_currency)",
        "string_agg(distinct currency, ' ' order by currency)",
    ) == (len(wanted), total(wanted, "Exchange rate"), "EUR GBP")  # fmt: skip


def test_spend_of_an_ads_platform_without_a_connector(tmp_path: Path) -> None:
    file = "fivetran_facebook_ads/facebook_ads_basic_ad_data.csv"
    partner = deliver(tmp_path, "template", file)
    partner.seed("feed_files.csv", FILES, file_rule("spend", "facebook_*"))
    partner.seed(
        "feed_columns.csv", COLUMNS,
        "gamma,template,spend,spend,amount,",
        "gamma,template,spend,ad_id,asset,",
        "gamma,template,spend,,channel,paid_social",
        "gamma,template,spend,,currency,EUR",
    )  # fmt: skip
    assert partner.land() == []
    rows = read(file)
    assert landed(partner, "spend", "count(*)", "sum(amount)", "min(channel)", "max(currency)") == (
        len(rows), total(rows, "spend"), "paid_social", "EUR",
    )  # fmt: skip


def test_a_tree_of_records_with_references(tmp_path: Path) -> None:
    names = ("Accounts", "Contacts", "Leads")
    partner = deliver(tmp_path, "salesforce", *[f"easy_spaces/{name}.json" for name in names])
    tables = ("account", "contact", "lead")
    partner.seed(
        "feed_files.csv", FILES, rule("salesforce", "", records="records"),
        *[rule("salesforce", table, f"{table}s.json") for table in tables],
    )  # fmt: skip
    partner.seed(
        "feed_columns.csv", COLUMNS,
        *[f"gamma,salesforce,{table},attributes.referenceId,id," for table in tables],
    )  # fmt: skip
    records = {
        name: json.loads((SAMPLES / f"easy_spaces/{name}.json").read_text())["records"]
        for name in names
    }
    refs = {row["AccountId"] for row in records["Contacts"]}
    partner.seed(
        "feed_values.csv", VALUES,
        *[f"gamma,salesforce,contact,account_id,{ref},{ref[1:]}" for ref in sorted(refs)],
    )  # fmt: skip
    assert partner.land() == []
    assert landed(partner, "account", "count(*)") == (len(records["Accounts"]),)
    assert landed(partner, "lead", "count(*)") == (len(records["Leads"]),)
    joined = (
        "select count(*), count(email) from raw_salesforce.contact"
        " join raw_salesforce.account on contact.account_id = account.id"
    )
    emails = sum("Email" in row for row in records["Contacts"])
    assert partner.conn.execute(joined).fetchall() == [(len(records["Contacts"]), emails)]


@pytest.mark.parametrize(
    ("file", "settings"),
    [
        ("quotes_and_newlines.csv", {}),
        ("newlines_crlf.csv", {}),
        ("escaped_quotes.csv", {}),
        ("json.csv", {}),
        ("empty.csv", {}),
        ("utf8.csv", {}),
        ("location_coordinates.csv", {"encoding": "latin-1"}),
    ],
)
def test_torture_files(tmp_path: Path, file: str, settings: dict[str, str]) -> None:
    encoding = settings.get("encoding", "utf-8")
    expected = read(f"csv_spectrum/{file}", encoding)
    first, second = list(expected[0])[:2]
    partner = deliver(tmp_path, "template", f"csv_spectrum/{file}")
    partner.seed("feeds.csv", "partner_id,connector,encoding", f"gamma,template,{encoding}")
    partner.seed("feed_files.csv", FILES, file_rule("accounts", "*.csv"))
    partner.seed(
        "feed_columns.csv", COLUMNS,
        f"gamma,template,accounts,{first},account_id,",
        f"gamma,template,accounts,{second},account_name,",
    )  # fmt: skip
    assert partner.land() == []
    assert sorted(partner.rows("account_id, account_name", "accounts")) == sorted(
        (row[first], row[second] or None) for row in expected
    )
