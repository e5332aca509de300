"""Who exists: companies with their oddities, the people who work there, and who sells to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from demo import names
from demo.campaign import ACME, CONTOSO, NORTHWIND
from demo.entities import WEEKS, Account, Person, World

ACCOUNTS = 400

# Names that break careless software, on companies that both big partners sell to.
HOSTILE_NAMES = (
    ("=cmd|' /C calc'!A0", "calc-pipe.example", "US"),
    ("<script>alert(1)</script> GmbH", "scriptware.example", "DE"),
    ('O\'Brien & Söhne "Ltd"', "obrien-soehne.example", "GB"),
    ("../../etc/passwd", "dotdot-labs.example", "US"),
    ("Alpha > Beta Holdings", "alphabeta.example", "US"),
    ("\u200fMeridian Trading\u200f LLC", "meridian-trading.example", "US"),
    ("Rocket 🚀 Analytics Inc", "rocket-analytics.example", "US"),
    ("Müller Werke GmbH", "muellerwerke.example", "DE"),
    ("Łukasiewicz Systemy Sp. z o.o.", "lukasiewicz.example", "PL"),
    ("株式会社サクラ電機", "sakura-denki.example", "JP"),
    ("Réseau Énergie SA", "reseau-energie.example", "FR"),
)
GROUPS = (
    "Hanseatic Logistics",
    "Orbis Medical",
    "Tellurian Energy",
    "Corona Freight",
    "Atlas Foods",
)
HOMONYMS = ("Summit Consulting", "Pioneer Software")
CO_UK = ("brightmoor-demo", "penhallow-demo", "wexcombe-demo")


def found_companies(world: World) -> None:
    rng = world.rng("companies")
    countries = rng.choices(
        list(names.COUNTRIES),
        weights=(46, 4, 13, 3, 14, 6, 5, 4, 3, 2),
        k=ACCOUNTS,
    )
    taken: set[str] = set()
    for index in range(ACCOUNTS):
        industry = rng.choice(list(names.SECTORS))
        country = countries[index]
        group, domain, is_parent = "", "", False
        if index < len(HOSTILE_NAMES):
            name, domain, country = HOSTILE_NAMES[index]
        elif index < 11 + 3 * len(GROUPS):
            group = GROUPS[(index - 11) // 3]
            country = ("DE", "GB", "US")[(index - 11) % 3]
            is_parent = country == "DE"
            name = f"{group} {'' if is_parent else {'GB': 'UK ', 'US': 'America '}[country]}"
            name += names.COUNTRIES[country][2]
            domain = f"{names.slug(group)}{'' if is_parent else '-' + country.lower()}.example"
        elif index < 26 + 2 * len(HOMONYMS):
            core = HOMONYMS[(index - 26) // 2]
            country = ("US", "GB")[(index - 26) % 2]
            name = f"{core} {names.COUNTRIES[country][2]}"
            domain = f"{names.slug(core)}-{country.lower()}.example"
        else:
            core = f"{rng.choice(names.STEMS)} {rng.choice(names.SECTORS[industry])}"
            while core in taken:
                core = f"{rng.choice(names.STEMS)} {rng.choice(names.SECTORS[industry])}"
            taken.add(core)
            if index < 30 + len(CO_UK):
                core = CO_UK[index - 30].removesuffix("-demo").title() + " " + core.split()[1]
                country, domain = "GB", f"{CO_UK[index - 30]}.co.uk"
            name = f"{core} {names.COUNTRIES[country][2]}"
        account = Account(
            key=f"A{index + 1:04d}",
            name=name,
            domain=domain or f"{names.slug(name.rsplit(' ', 1)[0])}.example",
            country=country,
            city=rng.choice(names.COUNTRIES[country][1]),
            industry=industry,
            employees=int(min(60000, max(20, rng.lognormvariate(6.2, 1.2)))),
            fit=rng.gauss(0, 0.6),
            intent=rng.gauss(0, 0.7),
            surge_start=rng.randrange(WEEKS),
            surge_weeks=rng.randint(5, 10),
            surge=rng.uniform(0.3, 1.5),
            is_dark=rng.random() < 0.15,
            group=group,
            is_group_parent=is_parent,
            is_featured=index < len(HOSTILE_NAMES),
        )
        if account.is_featured:
            account.fit, account.intent, account.is_dark = 1.1, 0.8, False
        account.known_by = _who_sells_to(account, rng)
        world.accounts.append(account)
    shared = [a for a in world.accounts[33:] if {ACME, NORTHWIND} <= a.known_by]
    for account in rng.sample(shared, 14):
        account.other_domain[NORTHWIND] = account.domain.replace(".example", "-group.example")
    names_used = [account.name for account in world.accounts]
    world.planted["same company under two domains"] = 14
    world.planted["hostile company names"] = 7
    world.planted["company names beyond ASCII"] = sum(not name.isascii() for name in names_used)
    world.planted["subsidiaries of five groups, with other domains"] = 2 * len(GROUPS)
    world.planted["pairs of unrelated companies with one name"] = len(HOMONYMS)
    world.planted["companies on co.uk hosts"] = len(CO_UK)


def _who_sells_to(account: Account, rng: Random) -> set[str]:
    if account.is_featured or account.group:
        return {ACME, NORTHWIND}
    is_american = account.country in ("US", "CA", "JP")
    known_by = {ACME} if rng.random() < (0.88 if is_american else 0.5) else set()
    if rng.random() < (0.38 if is_american else 0.85):
        known_by.add(NORTHWIND)
    if rng.random() < {"GB": 0.6, "IE": 0.5, "FR": 0.15, "NL": 0.2}.get(account.country, 0.05):
        known_by.add(CONTOSO)
    return known_by or {ACME if is_american else NORTHWIND}


def hire_people(world: World) -> None:
    rng = world.rng("people")
    for account in world.accounts:
        size = rng.choices(range(1, 9), weights=(10, 16, 20, 18, 13, 10, 7, 6))[0]
        if account.is_featured:
            size = max(size, 4)
        used: set[str] = set()
        for _ in range(size):
            first, last = rng.choice(names.FIRST_NAMES), rng.choice(names.LAST_NAMES)
            local = f"{names.slug(first)}.{names.slug(last)}"
            while local in used:
                first = rng.choice(names.FIRST_NAMES)
                local = f"{names.slug(first)}.{names.slug(last)}"
            used.add(local)
            person = Person(
                key=f"P{len(world.people) + 1:05d}",
                account=account,
                first=first,
                last=last,
                title=rng.choice(names.TITLES),
                email=f"{local}@{account.domain}",
                engagement=rng.lognormvariate(-0.2, 0.65),
            )
            for partner, domain in account.other_domain.items():
                person.email_at[partner] = f"{local}@{domain}"
            for partner in sorted(account.known_by):
                if rng.random() < 0.62:
                    person.known_since[partner] = datetime(2024, 3, 1, 8, tzinfo=UTC) + timedelta(
                        days=rng.randrange(690), seconds=rng.randrange(36000)
                    )
            account.people.append(person)
            world.people.append(person)
    _give_odd_addresses(world, rng)


def _give_odd_addresses(world: World, rng: Random) -> None:
    ordinary = [p for p in world.people if not p.account.is_featured and not p.account.other_domain]
    odd = rng.sample(ordinary, 75)
    for number, person in enumerate(odd[:60], start=1):
        domain = "gmail.com" if number <= 24 else rng.choice(names.FREE_MAIL)
        first, last = names.slug(person.first), names.slug(person.last)
        person.is_free_mail = True
        person.email = f"{first}.{last}.demo{number:04d}@{domain}"
        if number <= 24:  # the same mailbox, typed differently at each partner
            person.email_at[NORTHWIND] = f"{first}{last}demo{number:04d}@gmail.com"
            person.email_at[CONTOSO] = f"{first}.{last}.demo{number:04d}+tour@gmail.com"
    for person in odd[60:]:
        for colleague in person.account.people[:3]:
            if not colleague.is_free_mail:
                colleague.is_shared_mailbox = True
                colleague.email = f"info@{person.account.domain}"
    world.planted["free-mail addresses"] = 60
    world.planted["gmail address with dots or plus tag at another partner"] = 24
    world.planted["people behind a generic shared mailbox"] = sum(
        p.is_shared_mailbox for p in world.people
    )
