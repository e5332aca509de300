"""How people at a partner type what they know: names, websites, countries, addresses."""

from __future__ import annotations

from datetime import datetime
from random import Random

from demo import names
from demo.entities import Account, Person, World

SCORES = {
    "webinar_attended": 25,
    "event_attended": 30,
    "content_download": 20,
    "webinar_registered": 12,
    "event_registered": 8,
    "email_click": 8,
    "ad_click": 5,
    "partner_referral": 45,
}
MQL_SCORE = 45


def account_name(account: Account, partner: str, rng: Random) -> str:
    """The company's name with this partner's idea of legal form, capitals and accents."""
    if account.is_featured or partner == "acme":
        return account.name
    _, _, form, others = names.COUNTRIES[account.country]
    core = account.name.removesuffix(form).strip()
    if account.group:
        return f"{core} {rng.choice((form, *others))}"
    spellings = (
        account.name,
        f"{core} {rng.choice(others)}",
        core,
        account.name.upper(),
        names.ascii_name(f"{core}, {form}"),
    )
    return rng.choices(spellings, weights=(35, 30, 15, 10, 10))[0]


def website(account: Account, partner: str, rng: Random) -> str:
    """The same site as a bare host, with www, with a scheme or with a path."""
    domain = account.other_domain.get(partner, account.domain)
    return rng.choice(
        (
            domain,
            f"www.{domain}",
            f"https://{domain}",
            f"https://www.{domain}/",
            f"http://www.{domain}/en/start?ref=crm",
            f"https://shop.{domain}/about",
            domain.upper(),
        )
    )


def country(account: Account, rng: Random) -> str:
    """A country as sales people spell it."""
    return rng.choice(names.COUNTRY_SPELLINGS.get(account.country, (full_country(account),)))


def full_country(account: Account) -> str:
    """The country's name as analytics tools write it."""
    return names.COUNTRIES[account.country][0]


def email(person: Person, partner: str, world: World, rng: Random) -> str:
    """An address, sometimes with capitals or stray spaces."""
    plain = person.email_for(partner)
    how = rng.random()
    if how < 0.03:
        world.planted[f"e-mail with capitals or spaces at {partner}"] += 1
        return f" {plain.title()} "
    if how < 0.06:
        world.planted[f"e-mail with capitals or spaces at {partner}"] += 1
        return plain.upper()
    return plain


def qualified_at(person: Person, partner: str) -> datetime | None:
    """When the partner's own scoring called the person marketing qualified."""
    score = 0
    for touch in person.touches:
        if partner in touch.recorders and not touch.is_bot:
            score += SCORES.get(touch.kind, 1 if touch.kind == "page_view" else 0)
            if score >= MQL_SCORE:
                return max(touch.at, person.known_since.get(partner, touch.at))
    return None
