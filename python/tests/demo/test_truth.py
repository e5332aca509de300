"""The truth and the deliveries tell one story: every id, amount and cause can be followed."""

import json
from collections import Counter

import pytest

BOOKS = {
    "acme": ("acme.salesforce", "opportunity", "id", "acme_opportunity_id", "amount"),
    "northwind": ("northwind.hubspot", "deals", "id", "northwind_deal_id", "properties_amount"),
    "contoso": (
        "contoso.template",
        "opportunities",
        "opportunity_id",
        "contoso_opportunity_id",
        "amount",
    ),
}
ENTITIES = (
    ("accounts", "acme_account_id", "acme.salesforce", "account", "id"),
    ("accounts", "northwind_company_id", "northwind.hubspot", "companies", "id"),
    ("accounts", "contoso_account_id", "contoso.template", "accounts", "account_id"),
    ("people", "acme_contact_id", "acme.salesforce", "contact", "id"),
    ("people", "acme_lead_id", "acme.salesforce", "lead", "id"),
    ("people", "contoso_person_id", "contoso.template", "people", "person_id"),
)


def true_ids(rows, column):
    return Counter(one for row in rows for one in row[column].split("|") if one)


@pytest.mark.parametrize("partner", BOOKS)
def test_every_booked_deal_is_true_once(demo, partner):
    feed, table, key, truth_key, amount = BOOKS[partner]
    truth = {row[truth_key]: row for row in demo.truth("opportunities") if row[truth_key]}
    delivered = [row for row in demo.delivered(feed, table) if row.get("is_deleted") != "true"]
    assert {row[key] for row in delivered} == set(truth)
    assert len(delivered) == len(truth)
    for row in delivered:
        assert row[amount] == truth[row[key]][f"{partner}_amount"]


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity[1])
def test_every_record_has_one_true_owner(demo, entity):
    truth, column, feed, table, key = entity
    owners = true_ids(demo.truth(truth), column)
    delivered = {row[key] for row in demo.delivered(feed, table)}
    assert max(owners.values()) == 1
    assert set(owners) <= delivered
    nobody = [
        row
        for row in demo.delivered(feed, table)
        if row[key] not in owners and row.get("is_deleted") != "true"
    ]
    assert not nobody


def test_won_deals_are_won_in_every_book(demo):
    truth = {row["acme_opportunity_id"]: row for row in demo.truth("opportunities")}
    for row in demo.delivered("acme.salesforce", "opportunity"):
        if row["is_deleted"] == "false":
            assert (row["is_won"] == "true") == (truth[row["id"]]["outcome"] == "won")
    truth = {row["northwind_deal_id"]: row for row in demo.truth("opportunities")}
    for row in demo.delivered("northwind.hubspot", "deals"):
        won = row["properties_hs_is_closed_won"] == "true"
        assert won == (truth[row["id"]]["outcome"] == "won")


def test_causes_sum_to_the_whole_chance(demo):
    for row in demo.truth("opportunities"):
        causes = json.loads(row["causes"])
        assert all(share >= 0 for share in causes.values())
        total = float(row["baseline_share"]) + sum(causes.values())
        assert total == pytest.approx(1, abs=0.005)


def test_touches_name_known_people_and_follow_time(demo):
    people = {row["person_id"]: row["account_id"] for row in demo.truth("people")}
    touches = demo.truth("touches")
    assert [row["touch_id"] for row in touches] == sorted(row["touch_id"] for row in touches)
    assert [row["touched_at"] for row in touches] == sorted(row["touched_at"] for row in touches)
    for row in touches:
        if row["person_id"]:
            assert people[row["person_id"]] == row["account_id"]


def test_no_record_belongs_to_two_touches(demo):
    records = true_ids(demo.truth("touches"), "records")
    assert max(records.values()) == 1


def test_records_of_touches_were_delivered(demo):
    wanted = true_ids(demo.truth("touches"), "records")
    ids = {
        "acme.salesforce": ("campaign_member",),
        "acme.marketo": (
            "activity_open_email",
            "activity_click_email",
            "activity_fill_out_form",
            "activity_change_status_in_progression",
        ),
        "northwind.segment": ("pages",),
        "northwind.hubspot": ("email_events",),
    }
    for feed, tables in ids.items():
        delivered = {row["id"] for table in tables for row in demo.delivered(feed, table)}
        mine = {r.removeprefix(f"{feed}:") for r in wanted if r.startswith(f"{feed}:")}
        assert {r for r in mine if not r.startswith("form:")} <= delivered
    forms = {r["conversionId"] for r in demo.delivered("northwind.hubspot", "form_submissions")}
    assert {r.split(":")[2] for r in wanted if ":form:" in r} == forms


def test_nothing_a_deal_causes_comes_before_it(demo):
    first_deal: dict[str, str] = {}
    for row in demo.truth("opportunities"):
        first = first_deal.get(row["account_id"], row["created_at"])
        first_deal[row["account_id"]] = min(first, row["created_at"])
    caused = [row for row in demo.truth("touches") if row["is_caused_by_deal"] == "true"]
    assert caused
    assert all(row["touched_at"] > first_deal[row["account_id"]] for row in caused)
    assert all(row["effect"] in ("0.0", "0.00") for row in caused)


def test_some_deals_have_no_campaign_touch(demo):
    alone = [r for r in demo.truth("opportunities") if r["campaign_touches_before"] == "0"]
    assert len(alone) >= 10
    assert all(row["causes"] == "{}" for row in alone)
