"""Two partners who send spreadsheets, and a slow, plain calculation of what each touch earns.

The calculation shares no code with the project: it reads the same rows, follows docs/methods.md in
exact fractions, and splits cents by the rules written in docs/methods.md.
"""

from __future__ import annotations

import csv
import hashlib
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, getcontext
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil
from pathlib import Path
from typing import Any

getcontext().prec = 60
CHANNELS = ("webinar", "email", "direct", "paid_search", "event", "organic_search")
LOOKBACK = timedelta(days=180)
Row = dict[str, Any]


@dataclass
class World:
    """CSV rows per partner and file, as a partner would type them."""

    files: dict[str, dict[str, list[Row]]] = field(default_factory=dict)

    def write(self, data_dir: Path) -> None:
        """Write partners/<partner>/template/<file>.csv."""
        for partner, files in self.files.items():
            folder = data_dir / "partners" / partner / "template"
            folder.mkdir(parents=True)
            for name, records in files.items():
                with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
                    writer = csv.DictWriter(handle, fieldnames=list(records[0]))
                    writer.writeheader()
                    writer.writerows(records)


def make_world(seed: int) -> World:
    """Random accounts, people, deals and touches of partners `alpha` and `beta`.

    Companies are shared by website, people by e-mail (beta hashes its own), no deal is in both
    books. Touches name a person, an address, a hash or a company.
    """
    chance = random.Random(seed)
    world = World({"alpha": defaultdict(list), "beta": defaultdict(list)})
    domains = [f"company{number}.example" for number in range(14)]
    people = {domain: [f"p{n}@{domain}" for n in range(chance.randint(1, 3))] for domain in domains}
    start = datetime(2026, 1, 5, tzinfo=UTC)
    touch_number = 0
    for partner, prefix in (("alpha", "A"), ("beta", "B")):
        files = world.files[partner]
        known = [domain for domain in domains if chance.random() < 0.8]
        ids: dict[str, str] = {}
        for number, domain in enumerate(known):
            account = f"{prefix}-{number:03d}"
            files["accounts"].append(
                {
                    "account_id": account,
                    "account_name": f"Company {domain[7:-8]}",
                    "website": chance.choice([f"https://www.{domain}/en", domain, f"WWW.{domain}"]),
                    "country": chance.choice(["DE", "United States", "FRA", ""]),
                    "industry": "",
                    "employees": chance.randint(1, 9000),
                }
            )
            for address in people[domain]:
                person = f"{prefix}P{len(files['people']):03d}"
                ids[address] = person
                hashed = hashlib.sha256(address.encode()).hexdigest()
                files["people"].append(
                    {
                        "person_id": person,
                        "email": "" if partner == "beta" else f" {address.upper()}",
                        "email_hash": hashed if partner == "beta" else "",
                        "account_id": account,
                        "created_at": _day_or_time(chance, start),
                        "mql_at": _day_or_time(chance, start),
                    }
                )
            for _ in range(chance.randint(0, 3)):
                created = start + timedelta(seconds=chance.randint(0, 250 * 86400))
                stage = chance.choice(["Closed Won", "Closed Lost", "Negotiation", "Closed Won"])
                files["opportunities"].append(
                    {
                        "opportunity_id": f"{prefix}O{len(files['opportunities']):03d}",
                        "account_id": account,
                        "opportunity_name": f"Deal {len(files['opportunities'])}",
                        "amount": chance.choice(
                            ["100.00", "0.01", "0", f"{chance.randint(1, 10**8) / 100:.2f}"]
                        )
                        if partner == "alpha"
                        else f"{chance.randint(10**9, 2 * 10**9) / 100:.2f}",
                        "currency": "USD" if partner == "alpha" else chance.choice(["EUR", "USD"]),
                        "stage": stage,
                        "created_at": chance.choice(
                            [created.strftime("%Y-%m-%d %H:%M:%S"), created.strftime("%Y-%m-%d")]
                        ),
                        "close_date": (created + timedelta(days=chance.randint(1, 90))).strftime(
                            "%Y-%m-%d"
                        ),
                        "primary_campaign": "",
                        "owner": "",
                    }
                )
        for _ in range(260):
            domain = chance.choice(known)
            address = chance.choice(people[domain])
            touched = start + timedelta(seconds=chance.randint(-200 * 86400, 250 * 86400))
            if chance.random() < 0.1 and files["touches"]:
                touched = datetime.fromisoformat(files["touches"][-1]["touched_at"] + "+00:00")
            who: Row = {"person_id": "", "email": "", "email_hash": "", "account_id": ""}
            how = chance.choice(list(who))
            who[how] = {
                "person_id": ids[address],
                "email": address.title(),
                "email_hash": hashlib.sha256(address.encode()).hexdigest(),
                "account_id": f"{prefix}-{known.index(domain):03d}",
            }[how]
            files["touches"].append(
                {
                    "touch_id": f"T{touch_number:05d}",
                    **who,
                    "touched_at": touched.strftime("%Y-%m-%d %H:%M:%S"),
                    "touch_type": "other",
                    "channel": chance.choice(CHANNELS),
                    "campaign": f"row {touch_number}",
                }
            )
            touch_number += 1
    day = date(2025, 12, 1)
    while day < date(2027, 1, 31):
        world.files["beta"]["fx_rates"].append(
            {
                "rate_date": day.isoformat(),
                "currency": "EUR",
                "units_per_reporting_currency": f"0.9{day.toordinal() % 10000:04d}",
            }
        )
        day += timedelta(days=1)
    return world


def _day_or_time(chance: random.Random, start: datetime) -> str:
    """A time, a day, or nothing: what people.csv says of a lead."""
    at = start + timedelta(seconds=chance.randint(-100 * 86400, 250 * 86400))
    return chance.choice(["", at.strftime("%Y-%m-%d %H:%M:%S"), at.strftime("%Y-%m-%d")])


Touches = dict[str, list[tuple[datetime, str, str]]]


@dataclass
class Resolved:
    """Who is who: account -> domain, person -> hashed address -> domain, domain -> touches."""

    domain_of: dict[tuple[str, str], str]
    address_of: dict[tuple[str, str], str]
    domain_of_hash: dict[str, str]
    touches_of: Touches


def resolved(world: World) -> Resolved:
    """Resolve people by address and companies by website, by hand."""
    domain_of: dict[tuple[str, str], str] = {}
    address_of: dict[tuple[str, str], str] = {}
    by_hash: dict[str, str] = {}
    for partner, files in world.files.items():
        for row in files["accounts"]:
            website = str(row["website"]).lower().removeprefix("https://").removeprefix("www.")
            domain_of[partner, row["account_id"]] = website.split("/")[0]
        for row in files["people"]:
            if row["email"]:
                address = str(row["email"]).strip().lower()
                by_hash[hashlib.sha256(address.encode()).hexdigest()] = address
    for files in world.files.values():
        for row in files["touches"]:
            if row["email"]:
                address = row["email"].lower()
                by_hash[hashlib.sha256(address.encode()).hexdigest()] = address
    domain_of_hash: dict[str, str] = {}
    for partner, files in world.files.items():
        for row in files["people"]:
            hashed = (
                row["email_hash"]
                or hashlib.sha256(str(row["email"]).strip().lower().encode()).hexdigest()
            )
            address_of[partner, row["person_id"]] = hashed
            domain_of_hash[hashed] = domain_of[partner, row["account_id"]]

    touches_of: Touches = defaultdict(list)
    for partner, files in world.files.items():
        for row in files["touches"]:
            if row["account_id"]:
                domain = domain_of[partner, row["account_id"]]
            elif row["person_id"]:
                domain = domain_of_hash[address_of[partner, row["person_id"]]]
            elif row["email"]:
                domain = row["email"].lower().split("@")[1]
            else:
                domain = domain_of_hash[row["email_hash"]]
            at = datetime.fromisoformat(row["touched_at"])
            touches_of[domain].append((at, f"{partner}.template:{row['touch_id']}", row["channel"]))

    return Resolved(domain_of, address_of, domain_of_hash, touches_of)


def expected_lead_shares(world: World) -> dict[tuple[str, str, str, str | None], Fraction]:
    """(least record of the person, milestone, method, touch id or None) -> share of the lead.

    A person is a lead from the first record that any partner made of it, else from its MQL date;
    people without either are none.
    """
    who = resolved(world)
    records: dict[str, list[tuple[str, Row]]] = defaultdict(list)
    for partner, files in world.files.items():
        for row in files["people"]:
            key = f"{partner}.template:{row['person_id']}"
            records[who.address_of[partner, row["person_id"]]].append((key, row))
    expected: dict[tuple[str, str, str, str | None], Fraction] = {}
    for address, rows in records.items():
        created = [_end_of_day(row["created_at"]) for _, row in rows if row["created_at"]]
        qualified = [_end_of_day(row["mql_at"]) for _, row in rows if row["mql_at"]]
        reached = {"lead": min(created or qualified, default=None)}
        reached["mql"] = min(qualified, default=None)
        for milestone, at in reached.items():
            if at is None:
                continue
            touches = who.touches_of[who.domain_of_hash[address]]
            journey = sorted(touch for touch in touches if at - LOOKBACK <= touch[0] <= at)
            for method, shares in _shares(journey).items():
                for touch, share in shares.items():
                    if share:
                        person = min(key for key, _ in rows)
                        expected[person, milestone, method, touch] = share
    return expected


def expected_credits(world: World, as_of: date) -> dict[tuple[str, str, str, str | None], int]:
    """(deal, milestone, method, touch id or None) -> cents; zero credits are left out."""
    who = resolved(world)
    rates = {
        date.fromisoformat(row["rate_date"]): Decimal(row["units_per_reporting_currency"])
        for row in world.files["beta"]["fx_rates"]
    }
    credits: dict[tuple[str, str, str, str | None], int] = {}
    for partner, files in world.files.items():
        for row in files["opportunities"]:
            created = _end_of_day(row["created_at"])
            closed = datetime.fromisoformat(row["close_date"]) + timedelta(seconds=86399)
            is_closed = row["stage"].startswith("Closed")
            amount = Decimal(row["amount"])
            if row["currency"] == "EUR":
                rate_day = min(closed.date(), as_of) if is_closed else as_of
                amount = amount / rates[rate_day]
            cents = int(amount.quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)
            touches = who.touches_of[who.domain_of[partner, row["account_id"]]]
            journey = sorted(
                touch for touch in touches if created - LOOKBACK <= touch[0] <= created
            )
            milestones = ["opportunity"] + (["closed_won"] if row["stage"] == "Closed Won" else [])
            for milestone in milestones:
                for method, shares in _shares(journey).items():
                    for touch, part in _split(cents, method, shares).items():
                        if part:
                            key = (f"{partner}.template:{row['opportunity_id']}", milestone)
                            credits[*key, method, touch] = part
    return credits


def _end_of_day(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if ":" in text else at + timedelta(seconds=86399)


def _shares(journey: list[tuple[datetime, str, str]]) -> dict[str, dict[str | None, Fraction]]:
    methods = ("first_touch", "last_touch", "last_non_direct", "linear", "position", "time_decay")
    if not journey:
        return {method: {None: Fraction(1)} for method in methods}
    ids = [touch for _, touch, _ in journey]
    count = len(ids)
    named = [touch for _, touch, channel in journey if channel != "direct"]
    position = {touch: Fraction(0) for touch in ids}
    if count <= 2:
        position = {touch: Fraction(1, count) for touch in ids}
    else:
        position = {touch: Fraction(1, 5) / (count - 2) for touch in ids}
        position[ids[0]] = position[ids[-1]] = Fraction(2, 5)
    newest = journey[-1][0]
    half_life = Decimal(7 * 86400)
    weights = {
        touch: Fraction(Decimal(2) ** (-Decimal((newest - at).total_seconds()) / half_life))
        for at, touch, _ in journey
    }
    total = sum(weights.values())
    return {
        "first_touch": {ids[0]: Fraction(1)},
        "last_touch": {ids[-1]: Fraction(1)},
        "last_non_direct": {(named or ids)[-1]: Fraction(1)},
        "linear": {touch: Fraction(1, count) for touch in ids},
        "position": dict(position),
        "time_decay": {touch: weight / total for touch, weight in weights.items()},
    }


def _split(cents: int, method: str, shares: dict[str | None, Fraction]) -> dict[str | None, int]:
    """Share cents among touches, which stand in the order of the journey."""
    exact = {touch: abs(cents) * share for touch, share in shares.items()}
    if method == "time_decay":
        given = [ceil(total) for total in accumulate(exact.values())]
        steps = [now - before for before, now in pairwise([0, *given])]
        parts = dict(zip(exact, steps, strict=True))
    else:
        parts = {touch: int(value) for touch, value in exact.items()}
        left = abs(cents) - sum(parts.values())
        # Sorting is stable: equal remainders stay in the order of the journey.
        for touch in sorted(exact, key=lambda touch: parts[touch] - exact[touch])[:left]:
            parts[touch] += 1
    return {touch: part if cents >= 0 else -part for touch, part in parts.items()}
