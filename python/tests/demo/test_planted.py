"""Every fault that demo/README.md promises is in the delivered files, as often as it says."""

import csv
import io
import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

SALESFORCE, HUBSPOT, CONTOSO = "acme.salesforce", "northwind.hubspot", "contoso.template"
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script> GmbH",
    'O\'Brien & Söhne "Ltd"',
    "../../etc/passwd",
    "Alpha > Beta Holdings",
    "\u200fMeridian Trading\u200f LLC",
    "Rocket 🚀 Analytics Inc",
)


def first_delivery(demo, feed, table):
    return demo.delivered(feed, table, "2026-10-15")


def test_the_readme_lists_exactly_what_is_planted(demo, root):
    text = (root / "demo" / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([^|]+) \| (\d+) \|", text, re.MULTILINE)
    assert {fault: int(count) for fault, count in listed} == demo.planted()


def test_soft_deleted_salesforce_rows(demo):
    planted = demo.planted()
    for table, name in (
        ("opportunity", "soft-deleted Salesforce opportunities"),
        ("campaign_member", "soft-deleted Salesforce campaign members"),
    ):
        rows = demo.delivered(SALESFORCE, table)
        assert sum(row["is_deleted"] == "true" for row in rows) == planted[name]
    # One deal still stood in the first delivery: a tombstone must take it back.
    rows = first_delivery(demo, SALESFORCE, "opportunity")
    assert sum(row["is_deleted"] == "true" for row in rows) == 4


def test_salesforce_merges_name_their_survivor(demo):
    planted = demo.planted()
    for table, name in (
        ("account", "duplicate Salesforce accounts, merged (master_record_id)"),
        ("contact", "Salesforce contacts merged (master_record_id)"),
    ):
        rows = {row["id"]: row for row in demo.delivered(SALESFORCE, table)}
        losers = [row for row in rows.values() if row["master_record_id"]]
        assert len(losers) == planted[name]
        assert all(row["is_deleted"] == "true" for row in losers)
        assert all(rows[row["master_record_id"]]["is_deleted"] == "false" for row in losers)
    merged = {row["id"] for row in demo.delivered(SALESFORCE, "contact") if row["master_record_id"]}
    members = demo.delivered(SALESFORCE, "campaign_member")
    used = sum(row["contact_id"] in merged for row in members)
    assert used == planted["campaign members under a merged contact's old id"] > 0


def test_an_account_is_merged_between_the_deliveries(demo):
    before = {row["id"]: row for row in first_delivery(demo, SALESFORCE, "account")}
    changed = [
        row["id"]
        for row in demo.delivered(SALESFORCE, "account")
        if row["master_record_id"] and not before[row["id"]]["master_record_id"]
    ]
    assert len(changed) == 1


def test_leads_convert_to_existing_contacts(demo):
    leads = demo.delivered(SALESFORCE, "lead")
    contacts = {row["id"] for row in demo.delivered(SALESFORCE, "contact")}
    converted = [row for row in leads if row["is_converted"] == "true"]
    assert len(converted) == demo.planted()["leads converted to contacts"]
    assert all(row["converted_contact_id"] in contacts for row in converted)
    assert 0 < len(converted) < len(leads)


def test_hubspot_merges_and_archives(demo):
    planted = demo.planted()
    now = demo.delivered(HUBSPOT, "contacts")
    merged = [row["properties_hs_merged_object_ids"] for row in now]
    old_ids = {one for one in merged if one}
    assert len(old_ids) == planted["HubSpot contacts merged (hs_merged_object_ids)"]
    assert not old_ids & {row["id"] for row in now}
    assert old_ids <= {row["id"] for row in first_delivery(demo, HUBSPOT, "contacts")}
    archived = [row for row in demo.delivered(HUBSPOT, "deals") if row["archived"] == "true"]
    assert len(archived) == planted["archived HubSpot deals"]
    assert not [r for r in first_delivery(demo, HUBSPOT, "deals") if r["archived"] == "true"]


def test_marketo_merges_still_have_old_activities(demo):
    merges = demo.delivered("acme.marketo", "activity_merge_leads")
    leads = {row["id"] for row in demo.delivered("acme.marketo", "lead")}
    old = {row["merge_ids"].strip("[]") for row in merges}
    assert len(merges) == demo.planted()["Marketo leads merged (merge_ids)"] == len(old)
    assert all(row["lead_id"] in leads for row in merges)
    opened = {row["lead_id"] for row in demo.delivered("acme.marketo", "activity_open_email")}
    assert old <= opened
    assert len(demo.delivered("acme.marketo", "activity_delete_lead")) == 3


def test_scanners_and_crawlers_act(demo):
    planted = demo.planted()
    clicks = demo.delivered("acme.marketo", "activity_click_email")
    scanners = [r for r in clicks if re.search("Barracuda|Mimecast|Proofpoint", r["user_agent"])]
    assert 0.9 * planted["bot clicks by mail scanners at acme"] <= len(scanners) > 50
    opens = demo.delivered("acme.marketo", "activity_open_email")
    assert sum(row["user_agent"] == "Mozilla/5.0" for row in opens) > 20
    events = demo.delivered(HUBSPOT, "email_events")
    filtered = sum(row["filteredEvent"] == "true" for row in events)
    assert filtered == planted["HubSpot filteredEvent"] > 0
    unfiltered = sum("Mimecast" in r["userAgent"] and r["filteredEvent"] == "false" for r in events)
    assert unfiltered > 0
    pages = demo.delivered("northwind.segment", "pages")
    assert (
        sum("Googlebot" in r["context_user_agent"] for r in pages)
        >= planted["page views by crawlers"]
    )


def test_addresses_come_in_every_shape(demo):
    planted = demo.planted()
    contacts = demo.delivered(SALESFORCE, "contact") + demo.delivered(SALESFORCE, "lead")
    odd = sum(row["email"] != row["email"].strip().lower() for row in contacts)
    assert odd > 20
    recipients = [row["properties_email"] for row in demo.delivered(HUBSPOT, "contacts")]
    typed = sum(one != one.strip().lower() for one in recipients)
    assert 0 < typed <= planted["e-mail with capitals or spaces at northwind"]
    shared = Counter(row["email"].strip().lower() for row in contacts)
    assert max(shared[one] for one in shared if one.startswith("info@")) > 1
    people = demo.truth("people")
    assert sum(row["is_free_mail"] == "true" for row in people) == planted["free-mail addresses"]


def test_contoso_delivers_hashes_and_no_address(demo):
    people = demo.delivered(CONTOSO, "people")
    assert all(re.fullmatch("[0-9a-f]{64}", row["email_hash"]) for row in people)
    folder = demo.output / "partners" / "contoso"
    assert not [p for p in folder.rglob("*.csv") if b"@" in p.read_bytes()]


def test_gmail_matches_under_the_google_scheme_only(demo):
    acme: dict[str, str] = {}
    for row in demo.delivered(SALESFORCE, "contact") + demo.delivered(SALESFORCE, "lead"):
        acme[row["id"]] = row["email"].strip().lower()
    northwind = {r["id"]: r["properties_email"].strip().lower()
                 for r in demo.delivered(HUBSPOT, "contacts")}  # fmt: skip
    pairs = []
    for person in demo.truth("people"):
        ours = person["acme_contact_id"] or person["acme_lead_id"]
        theirs = person["northwind_contact_id"]
        if ours and theirs:
            pair = (acme[ours.split("|")[0]], northwind[theirs.split("|")[0]])
            if pair[0].endswith("@gmail.com"):
                pairs.append(pair)
    differing = [pair for pair in pairs if pair[0] != pair[1]]
    assert differing
    for left, right in differing:
        assert left.split("@")[0].replace(".", "") == right.split("@")[0].replace(".", "")


def test_the_second_delivery_restates_the_first(demo):
    planted = demo.planted()
    before = {row["id"]: row for row in first_delivery(demo, SALESFORCE, "opportunity")}
    now = {row["id"]: row for row in demo.delivered(SALESFORCE, "opportunity")}
    both = before.keys() & now.keys()
    amounts = sum(before[one]["amount"] != now[one]["amount"] for one in both)
    assert amounts == planted["amounts restated by acme's second delivery"]
    saved = [
        one
        for one in both
        if before[one]["stage_name"] == "Closed Lost" and now[one]["stage_name"] == "Closed Won"
    ]
    assert len(saved) == planted["deal gone from lost to won between deliveries"]
    history = demo.delivered(SALESFORCE, "opportunity_history")
    stages = [row["stage_name"] for row in history if row["opportunity_id"] == saved[0]]
    assert stages[-3:] == ["Closed Lost", "Negotiation/Review", "Closed Won"]
    old = {row["id"]: row for row in first_delivery(demo, HUBSPOT, "deals")}
    new = {row["id"]: row for row in demo.delivered(HUBSPOT, "deals")}
    changed = sum(
        old[one]["properties_amount"] != new[one]["properties_amount"] for one in old.keys() & new
    )
    assert changed == planted["amounts restated by northwind's second delivery"]


def test_close_dates_are_midnights_first_and_bare_dates_later(demo):
    before = first_delivery(demo, SALESFORCE, "opportunity")
    live = [row for row in before if row["name"] != "TEST - please ignore"]
    assert all(row["close_date"].endswith(" 00:00:00") for row in live)
    now = demo.delivered(SALESFORCE, "opportunity")
    assert all(date.fromisoformat(row["close_date"]) for row in now)


def test_utms_are_spoilt_in_every_way(demo):
    campaigns: Counter[str] = Counter()
    media: Counter[str] = Counter()
    for row in demo.delivered("northwind.segment", "pages"):
        campaigns[row["context_campaign_name"]] += 1
        media[row["context_campaign_medium"]] += 1
    for row in demo.delivered("acme.ga4", "event"):
        campaigns[row["collected_traffic_source_manual_campaign_name"]] += 1
        media[row["collected_traffic_source_manual_medium"]] += 1
    for name in ("ai-launch-tour", "AI-LAUNCH-TOUR", "Ai-Launch-Tour", "ai_launch_tour",
                 "ai-lauch-tour", "AITour26", "(not set)", ""):  # fmt: skip
        assert campaigns[name] > 0, name
    assert media["Webinar "] > 0
    assert all(count > 0 for fault, count in demo.planted().items() if fault.startswith("UTM"))


@pytest.mark.parametrize(
    ("feed", "table", "column"),
    [
        (SALESFORCE, "account", "name"),
        (HUBSPOT, "companies", "properties_name"),
    ],
)
def test_hostile_names_arrive_unchanged(demo, feed, table, column):
    names = {row[column] for row in demo.delivered(feed, table)}
    assert set(HOSTILE) <= names
    assert {"Müller Werke GmbH", "株式会社サクラ電機", "Réseau Énergie SA"} <= names
    assert "Łukasiewicz Systemy Sp. z o.o." in names


def test_hostile_companies_have_deals(demo):
    deals = demo.delivered(SALESFORCE, "opportunity")
    for name in ("=cmd|", "<script>", "O'Brien", "../../etc", "Alpha > Beta"):
        assert any(row["name"].startswith(name) for row in deals), name


def test_companies_repeat_split_and_share_names(demo):
    planted = demo.planted()
    accounts = {row["id"]: row for row in demo.delivered(SALESFORCE, "account")}
    twins = [
        ids
        for row in demo.truth("accounts")
        if len(ids := row["acme_account_id"].split("|")) > 1
        and all(accounts[one]["is_deleted"] == "false" for one in ids)
    ]
    assert len(twins) == planted["duplicate Salesforce accounts, never merged"]
    groups = defaultdict(set)
    for row in demo.truth("accounts"):
        if row["group_name"]:
            groups[row["group_name"]].add((row["domain"], row["country"]))
    assert all(len(members) == 3 for members in groups.values())
    assert sum(bool(row["parent_id"]) for row in accounts.values()) == 10
    companies = {row["id"]: row for row in demo.delivered(HUBSPOT, "companies")}
    differing = other_domain = 0
    for row in demo.truth("accounts"):
        if row["acme_account_id"] and row["northwind_company_id"]:
            company = companies[row["northwind_company_id"]]
            differing += company["properties_name"] != row["account_name"]
            other_domain += company["properties_domain"].endswith("-group.example")
    assert differing > 50
    assert other_domain > 5


def test_websites_come_in_every_form(demo):
    sites = " ".join(row["website"] for row in demo.delivered(SALESFORCE, "account"))
    for form in ("https://www.", "http://www.", " www.", "/en/start?ref=crm", "shop.", ".co.uk"):
        assert form in sites


def test_ids_differ_only_by_case(demo):
    deals = [row["id"] for row in demo.delivered(SALESFORCE, "opportunity")]
    short = Counter(one[:15].lower() for one in deals)
    assert max(short.values()) == 2
    people = [row["person_id"] for row in demo.delivered(CONTOSO, "people")]
    pairs = len(people) - len({one.lower() for one in people})
    assert pairs == demo.planted()["Contoso person ids that differ only by case (pairs)"] > 5
    assert len(people) == len(set(people))


def test_a_stage_is_in_no_map(demo, root):
    known = {row["raw_stage"].lower() for row in seed(root, "stage_map")}
    unknown = [
        row
        for row in demo.delivered(SALESFORCE, "opportunity")
        if row["stage_name"].lower() not in known
    ]
    assert len(unknown) == demo.planted()["open deals in a stage that no map knows"]


def test_contoso_touches_have_broken_rows_below_the_threshold(demo):
    path = demo.output / "partners" / "contoso" / "template" / "2026-11-01" / "touches.csv"
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"))))
    ragged = [row for row in rows if len(row) != len(rows[0])]
    assert sorted(len(row) for row in ragged) == [7, 18]
    assert [row for row in rows if "sometime in July" in row]
    assert [row for row in rows if row[4] > "2027"][-1][0] == "CT-FUTURE"
    assert 4 / (len(rows) - 1) < 0.01


def test_spend_comes_in_three_currencies(demo):
    assert {r["currency"] for r in demo.delivered(CONTOSO, "spend")} == {"GBP", "EUR"}
    accounts = demo.delivered("northwind.google_ads", "account_history")
    assert {r["currency_code"] for r in accounts} == {"EUR"}
    linkedin = demo.delivered("acme.linkedin_ads", "account_history")
    assert {r["currency"] for r in linkedin} == {"USD"}
    by_campaign = demo.delivered("acme.linkedin_ads", "ad_analytics_by_campaign")
    by_creative = demo.delivered("acme.linkedin_ads", "ad_analytics_by_creative")
    total = sum(round(float(r["cost_in_usd"]) * 100) for r in by_campaign)
    assert total == sum(round(float(r["cost_in_usd"]) * 100) for r in by_creative)


def test_the_display_campaign_earns_nothing(demo):
    touches = demo.truth("touches")
    assert not [row for row in touches if row["asset_id"] == "ai-display-retargeting"]
    names = {r["id"]: r["name"] for r in demo.delivered("northwind.google_ads", "campaign_history")}
    spent = sum(
        int(row["cost_micros"])
        for row in demo.delivered("northwind.google_ads", "campaign_stats")
        if "Display" in names[row["id"]]
    )
    assert spent > 1_000_000_000


def test_files_are_encoded_as_their_makers_do(demo):
    partners = demo.output / "partners"
    marketo = partners / "acme" / "marketo" / "2026-11-01"
    assert (marketo / "activity_open_email.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    contoso = partners / "contoso" / "template" / "2026-11-01"
    assert (contoso / "accounts.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in (contoso / "spend.csv").read_bytes()


def seed(root: Path, name: str) -> list[dict[str, str]]:
    with (root / "seeds" / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
