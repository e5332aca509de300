"""The answer sheet: true entities, what each partner calls them, and what really happened."""

from __future__ import annotations

import json
from pathlib import Path

from demo import campaign, files
from demo.campaign import ASSETS, PARTNERS
from demo.entities import World
from demo.files import naive

ACCOUNT_IDS = ("acme_account_id", "northwind_company_id", "contoso_account_id")
PERSON_IDS = (
    "acme_contact_id",
    "acme_lead_id",
    "acme_marketo_id",
    "northwind_contact_id",
    "contoso_person_id",
)
DEAL_IDS = ("acme_opportunity_id", "northwind_deal_id", "contoso_opportunity_id")


def write(world: World, folder: Path) -> None:
    """Write accounts, people, opportunities, touches and the tally of planted faults.

    Several ids of one entity are joined by `|`; times are UTC without saying so; the ids of touches
    are those of the project (`feed_id:source_touch_id`).
    """
    _write_accounts(world, folder)
    _write_people(world, folder)
    _write_opportunities(world, folder)
    _write_touches(world, folder)
    files.write_table(
        folder / "planted.csv",
        "fault count",
        [{"fault": fault, "count": n} for fault, n in sorted(world.planted.items())],
    )


def _ids(world: World, key: str, columns: tuple[str, ...]) -> dict[str, object]:
    return {column: "|".join(world.ids[key].get(column, [])) for column in columns}


def _write_accounts(world: World, folder: Path) -> None:
    files.write_table(
        folder / "accounts.csv",
        ("account_id", "account_name", "domain", "country", "industry", "employees", "group_name",
         "responds_to_marketing", *ACCOUNT_IDS),
        [
            {
                "account_id": account.key,
                "account_name": account.name,
                "domain": account.domain,
                "country": account.country,
                "industry": account.industry,
                "employees": account.employees,
                "group_name": account.group,
                "responds_to_marketing": not account.is_dark,
            }
            | _ids(world, account.key, ACCOUNT_IDS)
            for account in world.accounts
        ],
    )  # fmt: skip


def _write_people(world: World, folder: Path) -> None:
    files.write_table(
        folder / "people.csv",
        ("person_id", "account_id", "email", "is_free_mail", "is_shared_mailbox", *PERSON_IDS),
        [
            {
                "person_id": person.key,
                "account_id": person.account.key,
                "email": person.email,
                "is_free_mail": person.is_free_mail,
                "is_shared_mailbox": person.is_shared_mailbox,
            }
            | _ids(world, person.key, PERSON_IDS)
            for person in world.people
        ],
    )


def _write_opportunities(world: World, folder: Path) -> None:
    rows: list[dict[str, object]] = []
    for deal in world.deals:
        row: dict[str, object] = {
            "opportunity_id": deal.key,
            "account_id": deal.account.key,
            "created_at": naive(deal.created_at),
            "closed_on": deal.closes_on if deal.outcome != "open" else "",
            "outcome": deal.outcome,
            "amount_usd": deal.amount_usd,
            "books": "|".join(deal.bookings),
            "committee": "|".join(person.key for person in deal.committee),
            "campaign_touches_before": deal.touches_before,
            "baseline_share": f"{deal.baseline_share:.4f}",
            "causes": json.dumps(deal.effects),
        }
        for partner in PARTNERS:
            booking = deal.bookings.get(partner)
            if booking:
                row[f"{partner}_amount"] = booking.amount
                row[f"{partner}_currency"] = booking.currency
        rows.append(row | _ids(world, deal.key, DEAL_IDS))
    booked = [f"{partner}_{what}" for partner in PARTNERS for what in ("amount", "currency")]
    files.write_table(
        folder / "opportunities.csv",
        ("opportunity_id", "account_id", "created_at", "closed_on", "outcome", "amount_usd",
         "books", *DEAL_IDS, *booked, "committee", "campaign_touches_before",
         "baseline_share", "causes"),
        rows,
    )  # fmt: skip


def _write_touches(world: World, folder: Path) -> None:
    files.write_table(
        folder / "touches.csv",
        """touch_id person_id account_id touched_at touch_type channel campaign_id asset_id
        partner_id asset_owner is_bot is_caused_by_deal in_tour_flight effect records""",
        [
            {
                "touch_id": touch.key,
                "person_id": touch.person.key if touch.person else "",
                "account_id": touch.account.key if touch.account else "",
                "touched_at": naive(touch.at),
                "touch_type": touch.kind,
                "channel": touch.channel,
                "campaign_id": touch.campaign,
                "asset_id": touch.asset,
                "partner_id": touch.partner,
                "asset_owner": ASSETS[touch.asset].owner if touch.asset else "",
                "is_bot": touch.is_bot,
                "is_caused_by_deal": touch.is_caused_by_deal,
                "in_tour_flight": campaign.FLIGHT[0] <= touch.at.date() <= campaign.FLIGHT[1],
                "effect": touch.effect,
                "records": "|".join(touch.records),
            }
            for touch in world.touches
        ],
    )
