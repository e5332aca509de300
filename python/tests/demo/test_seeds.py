"""The lookups of the demo campaign agree with one another and with what is delivered."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest


def seed(root: Path, name: str) -> list[dict[str, str]]:
    with (root / "seeds" / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def campaign_names(root) -> set[str]:
    names = {row["alias"].lower() for row in seed(root, "campaign_aliases")}
    for row in seed(root, "campaigns"):
        names |= {row["campaign_id"].lower(), row["campaign_name"].lower()}
    return names


@pytest.fixture(scope="module")
def asset_names(root) -> set[str]:
    names = {row["alias"].lower() for row in seed(root, "asset_aliases")}
    for row in seed(root, "assets"):
        names |= {row["asset_id"].lower(), row["asset_name"].lower()}
    return names


def test_every_feed_is_declared_and_delivered(demo, root):
    declared = {(row["partner_id"], row["connector"]) for row in seed(root, "feeds")}
    folders = {
        (folder.parent.name, folder.name) for folder in (demo.output / "partners").glob("*/*")
    }
    assert declared == folders


def test_shares_of_a_campaign_sum_to_one(root):
    shares = defaultdict(float)
    for row in seed(root, "campaign_partners"):
        shares[row["campaign_id"]] += float(row["split_share"])
    assert set(shares) == {row["campaign_id"] for row in seed(root, "campaigns")}
    assert all(share == pytest.approx(1) for share in shares.values())


def test_aliases_assets_and_targets_name_known_things(root):
    campaigns = {row["campaign_id"] for row in seed(root, "campaigns")}
    assets = {row["asset_id"] for row in seed(root, "assets")}
    partners = {row["partner_id"] for row in seed(root, "partners")}
    for name in ("campaign_aliases", "assets", "targets", "campaign_partners"):
        assert {row["campaign_id"] for row in seed(root, name)} <= campaigns, name
    assert {row["asset_id"] for row in seed(root, "asset_aliases")} <= assets
    assert {row["owner_partner_id"] for row in seed(root, "assets")} <= {*partners, "joint", ""}
    for name in ("partner_aliases", "feeds", "targets", "campaign_partners"):
        assert {row["partner_id"] for row in seed(root, name)} <= partners, name


def test_seeded_assets_are_the_generators(root):
    from demo.campaign import ASSETS, SPLIT, TOUR  # noqa: PLC0415

    seeded = {
        row["asset_id"]: (
            row["asset_name"],
            row["asset_type"],
            row["campaign_id"],
            row["owner_partner_id"],
        )
        for row in seed(root, "assets")
    }
    planned = {a.asset_id: (a.name, a.kind, a.campaign, a.owner) for a in ASSETS.values()}
    assert seeded == planned
    shares = {
        row["partner_id"]: float(row["split_share"])
        for row in seed(root, "campaign_partners")
        if row["campaign_id"] == TOUR
    }
    assert shares == SPLIT


def test_delivered_campaign_names_are_known(demo, campaign_names):
    delivered = {row["name"] for row in demo.delivered("acme.salesforce", "campaign")} | {
        row["name"] for row in demo.delivered("acme.marketo", "program")
    }
    delivered |= {row["name"] for row in demo.delivered("northwind.hubspot", "campaigns")}
    delivered |= {row["name"] for row in demo.delivered("acme.linkedin_ads", "campaign_history")}
    delivered |= {
        row["name"]
        for row in demo.delivered("northwind.google_ads", "campaign_history")
        if row["_fivetran_active"] == "true"
    }
    delivered |= {r["campaign"] for r in demo.delivered("contoso.template", "spend")}
    unknown = {name for name in delivered if name.lower() not in campaign_names}
    # One campaign is over and one is nobody's: both must show up as unmapped.
    assert unknown == {"Autumn Webinar 2025", "Trade press ads"}


def test_delivered_asset_names_are_known(demo, asset_names):
    delivered = {row["name"] for row in demo.delivered("northwind.hubspot", "forms")}
    delivered |= {row["subject"] for row in demo.delivered("northwind.hubspot", "campaigns")}
    delivered |= {row["name"] for row in demo.delivered("northwind.google_ads", "ad_history")}
    delivered |= {row["id"] for row in demo.delivered("acme.linkedin_ads", "creative_history")}
    for table in ("activity_open_email", "activity_fill_out_form"):
        rows = demo.delivered("acme.marketo", table)
        delivered |= {row["primary_attribute_value"] for row in rows}
    assert {name for name in delivered if name.lower() not in asset_names} == set()


def test_stages_are_mapped(demo, root):
    known = {row["raw_stage"].lower() for row in seed(root, "stage_map")}
    stages = {row["stage"].lower() for row in demo.delivered("contoso.template", "opportunities")}
    assert stages <= known


def test_the_override_keeps_two_true_deals_apart(demo, root):
    owner = {}
    for row in demo.truth("opportunities"):
        owner[f"acme.salesforce:{row['acme_opportunity_id']}"] = row
        owner[f"northwind.hubspot:{row['northwind_deal_id']}"] = row
    (decision,) = seed(root, "match_overrides")
    left, right = owner[decision["left_key"]], owner[decision["right_key"]]
    assert decision["decision"] == "different"
    assert left["opportunity_id"] != right["opportunity_id"]
    assert left["account_id"] == right["account_id"]
    assert float(left["amount_usd"]) == pytest.approx(float(right["amount_usd"]), rel=0.05)
