"""Contoso's spreadsheets: the template connector's CSV files, typed and exported by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

from demo import campaign, files, spelling
from demo.campaign import ASSETS, CONTOSO
from demo.deals import usd_rate
from demo.entities import Deal, Person, Touch, World
from demo.files import digest, local, sha256_of_email

FEED = "contoso.template"
ZONE = "Europe/London"
COLUMNS = {
    "accounts": "account_id account_name website country industry employees",
    "people": "person_id email_hash account_id created_at mql_at",
    "opportunities": """opportunity_id account_id opportunity_name amount currency stage created_at
        close_date primary_campaign owner""",
    "opportunity_people": "opportunity_id person_id role is_primary",
    "touches": """touch_id person_id email_hash account_id touched_at touch_type channel campaign
        asset utm_source utm_medium utm_campaign utm_content utm_term utm_id url""",
    "spend": "spend_date campaign channel asset amount currency",
    "deal_registrations": """registration_id account_name website submitted_at approved_at
        expires_at status opportunity_id expected_amount currency""",
    "fx_rates": "rate_date currency units_per_reporting_currency",
}
STAGES = {
    "opportunity": "Intro call",
    "qualified": "Scoping",
    "proposal": "Quote out",
    "negotiation": "Commercials",
    "won": "Won",
    "lost": "Lost",
}
CAMPAIGN_NAMES = ("AI Launch Tour", "AI launch tour 2026", "ai-launch-tour", "Launch Tour")

Rows = list[dict[str, object]]


def deliver(world: World, folder: Path) -> None:
    """Write the eight files of Contoso's only delivery, as a spreadsheet would: CRLF, one BOM."""
    rng = world.rng("contoso")
    account_ids = _account_ids(world)
    person_ids = _person_ids(world)
    deals = [d for d in world.deals if CONTOSO in d.bookings]
    for number, deal in enumerate(deals, start=1):
        world.ids[deal.key]["contoso_opportunity_id"].append(f"{number:06d}")
    touches = _touches(world, account_ids, person_ids, rng)
    tables = {
        "accounts": _accounts(world, account_ids, rng),
        "people": _people(world, account_ids, person_ids),
        "opportunities": [_opportunity(world, d, account_ids) for d in deals],
        "opportunity_people": _opportunity_people(world, deals, person_ids),
        "touches": touches,
        "spend": _spend(rng),
        "deal_registrations": _registrations(world, deals, rng),
        "fx_rates": _rates(),
    }
    middle = len(touches) // 2
    broken = {
        middle: "CT-BAD-1,,,,2026-07-01 10:00:00,meeting,sales",
        middle
        + 40: 'CT-BAD-2,,,,2026-07-03 11:15:00,meeting,"Sales, London",a,b,c,d,e,f,g,h,i,j,k',
    }
    touches[middle + 20]["touched_at"] = "sometime in July"
    world.planted["ragged rows in Contoso's touches.csv"] = len(broken)
    world.planted["cell that is no time in Contoso's touches.csv"] = 1
    for name, rows in tables.items():
        files.write_table(
            folder / "template" / str(campaign.LATEST_DELIVERY) / f"{name}.csv",
            COLUMNS[name],
            rows,
            byte_order_mark=name == "accounts",
            line_end="\r\n",
            broken_lines=broken if name == "touches" else None,
        )


def _account_ids(world: World) -> dict[str, str]:
    known = [a for a in world.accounts if CONTOSO in a.known_by]
    ids = {}
    for number, account in enumerate(known, start=1):
        ids[account.key] = f"{number:05d}"  # text with leading zeros
        world.ids[account.key]["contoso_account_id"].append(ids[account.key])
    world.planted["Contoso ids with leading zeros"] = len(ids)
    return ids


def _person_ids(world: World) -> dict[str, str]:
    known = [p for p in world.people if CONTOSO in p.known_since]
    ids = {}
    for number, person in enumerate(known):
        # Every fourth pair of ids is alike but for its capitals.
        base = f"p{digest('contoso', number // 2)[:6]}"
        is_pair = number // 2 % 4 == 0 and base.upper() != base
        ids[person.key] = base.upper() if number % 2 and is_pair else f"{base}{number % 2}"
        if is_pair and number % 2 == 0:
            ids[person.key] = base
        world.ids[person.key]["contoso_person_id"].append(ids[person.key])
    lowered = [i.lower() for i in ids.values()]
    world.planted["Contoso person ids that differ only by case (pairs)"] = len(lowered) - len(
        set(lowered)
    )
    return ids


def _accounts(world: World, account_ids: dict[str, str], rng: Random) -> Rows:
    return [
        {
            "account_id": account_ids[account.key],
            "account_name": spelling.account_name(account, CONTOSO, rng),
            "website": spelling.website(account, CONTOSO, rng) if rng.random() < 0.85 else "",
            "country": spelling.country(account, rng),
            "industry": account.industry,
            "employees": account.employees,
        }
        for account in world.accounts
        if account.key in account_ids
    ]


def _people(world: World, account_ids: dict[str, str], person_ids: dict[str, str]) -> Rows:
    world.planted["people delivered with a hashed e-mail only"] = len(person_ids)
    return [
        {
            "person_id": person_ids[person.key],
            "email_hash": sha256_of_email(person.email_for(CONTOSO)),
            "account_id": account_ids[person.account.key],
            "created_at": local(person.known_since[CONTOSO], ZONE),
            "mql_at": local(spelling.qualified_at(person, CONTOSO), ZONE),
        }
        for person in world.people
        if person.key in person_ids
    ]


def _opportunity(world: World, deal: Deal, account_ids: dict[str, str]) -> dict[str, object]:
    booking = deal.bookings[CONTOSO]
    is_tour = any(t.campaign == campaign.TOUR for t in deal.account.touches)
    return {
        "opportunity_id": world.ids[deal.key]["contoso_opportunity_id"][0],
        "account_id": account_ids[deal.account.key],
        "opportunity_name": booking.name,
        "amount": booking.amount,
        "currency": booking.currency,
        "stage": STAGES[deal.stages[-1][0]],
        "created_at": local(booking.created_at, ZONE),
        "close_date": booking.closes_on,
        "primary_campaign": CAMPAIGN_NAMES[int(deal.key[1:]) % 4] if is_tour else "",
        "owner": ("Priya", "Tom")[int(deal.key[1:]) % 2],
    }


def _opportunity_people(world: World, deals: list[Deal], person_ids: dict[str, str]) -> Rows:
    return [
        {
            "opportunity_id": world.ids[deal.key]["contoso_opportunity_id"][0],
            "person_id": person_ids[person.key],
            "role": "Buyer" if place == 0 else "User",
            "is_primary": place == 0,
        }
        for deal in deals
        for place, person in enumerate(deal.committee)
        if person.key in person_ids
    ]


def _touches(
    world: World, account_ids: dict[str, str], person_ids: dict[str, str], rng: Random
) -> Rows:
    rows: Rows = []
    for touch in world.touches:
        if CONTOSO not in touch.recorders or touch.person is None or touch.is_bot:
            continue
        number = f"CT-{len(rows) + 1:05d}"
        rows.append(
            {"touch_id": number}
            | _who(touch.person, account_ids, person_ids, rng)
            | _what(touch, rng)
        )
        touch.records.append(f"{FEED}:{number}")
    rows.append(
        {
            "touch_id": "CT-FUTURE",
            "account_id": next(iter(account_ids.values())),
            "touched_at": "2027-01-05 09:30:00",
            "touch_type": "meeting",
            "channel": "sales",
        }
    )
    world.planted["touch dated in the future"] = 1
    return rows


def _who(
    person: Person, account_ids: dict[str, str], person_ids: dict[str, str], rng: Random
) -> dict[str, object]:
    """One way of naming a person, whichever the author of that spreadsheet had at hand."""
    how = rng.random()
    if how < 0.55 and person.key in person_ids:
        return {"person_id": person_ids[person.key]}
    if how < 0.93:
        return {"email_hash": sha256_of_email(person.email_for(CONTOSO))}
    return {"account_id": account_ids.get(person.account.key, "")}


def _what(touch: Touch, rng: Random) -> dict[str, object]:
    utm = touch.visit.utm if touch.visit else {}
    asset = ASSETS.get(touch.asset)
    row: dict[str, object] = {
        "touched_at": local(touch.at, ZONE),
        "touch_type": touch.kind,
        "channel": "",
        "asset": rng.choice((asset.name, asset.asset_id)) if asset else "",
        "campaign": rng.choice(CAMPAIGN_NAMES) if asset and rng.random() < 0.85 else "",
    }
    if touch.kind == "meeting":
        row["channel"] = "sales"
    elif touch.kind.startswith("event"):
        row["channel"] = rng.choice(("event", "Roadshow", ""))
    row |= {f"utm_{key}": value for key, value in utm.items()}
    if touch.visit:
        row["url"] = f"https://{campaign.SITES[CONTOSO]}{touch.visit.pages[0]}"
    return row


def _spend(rng: Random) -> Rows:
    rows: Rows = []
    for days in campaign.MAILINGS[(CONTOSO, "ai-email-contoso")]:
        rows.append(_cost(days, "AI Launch Tour", "co-branded e-mail", "ai-email-contoso", 640.0))
    for offset, share in ((-40, 0.3), (-14, 0.5), (2, 0.2)):
        day = date(2026, 9, 23) + timedelta(days=offset)
        rows.append(
            _cost(day, "AI launch tour 2026", "event", "Roadshow London", round(21500 * share, 2))
        )
    for month in range(4, 11):
        amount = round(rng.uniform(800, 1300), 2)
        rows.append(
            _cost(date(2026, month, 28), "ai-launch-tour", "partner", "ai-referral-contoso", amount)
        )
    rows.append(
        _cost(date(2026, 6, 2), "Launch Tour", "event", "Roadshow Berlin", 1850.0)
        | {"currency": "EUR"}
    )
    rows.append(_cost(date(2026, 5, 6), "Trade press ads", "display", "Banner May", 2400.0))
    return rows


def _cost(day: date, name: str, channel: str, asset: str, amount: float) -> dict[str, object]:
    return {
        "spend_date": day,
        "campaign": name,
        "channel": channel,
        "asset": asset,
        "amount": amount,
        "currency": "GBP",
    }


def _registrations(world: World, deals: list[Deal], rng: Random) -> Rows:
    """Deals that Contoso claims: most in its own book, some that only Acme or Northwind books."""
    others = [d for d in world.deals if CONTOSO in d.account.known_by and CONTOSO not in d.bookings]
    rows: Rows = []
    claimed = [*deals, *rng.sample(others, min(6, len(others)))]
    for number, deal in enumerate(claimed, start=1):
        submitted = deal.created_at - timedelta(days=rng.randrange(2, 45), hours=3)
        status = ("approved", "approved", "approved", "rejected", "pending")[number % 5]
        days = 20 if number % 6 == 0 else 180  # a few run out before the deal exists
        approved = submitted + timedelta(days=3) if status == "approved" else None
        expires = submitted + timedelta(days=days)
        own = world.ids[deal.key]["contoso_opportunity_id"]
        rows.append(
            {
                "registration_id": f"REG-{number:03d}",
                "account_name": spelling.account_name(deal.account, CONTOSO, rng),
                "website": spelling.website(deal.account, CONTOSO, rng),
                "submitted_at": local(submitted, ZONE),
                "approved_at": local(approved, ZONE),
                "expires_at": expires.date(),
                "status": status,
                "opportunity_id": own[0] if own else "",
                "expected_amount": round(deal.amount_usd * usd_rate("GBP", submitted.date()), -3),
                "currency": "GBP",
            }
        )
    world.planted["deal registrations, not all approved or still valid"] = len(rows)
    return rows


def _rates() -> Rows:
    """Weekly rates; days between use the last one, as long as it is a week old at most."""
    rows: Rows = []
    day = date(2026, 1, 26)
    while day <= campaign.AS_OF:
        for currency in ("EUR", "GBP"):
            rows.append(
                {
                    "rate_date": day,
                    "currency": currency,
                    "units_per_reporting_currency": f"{usd_rate(currency, day):.4f}",
                }
            )
        day += timedelta(days=7)
    return rows
