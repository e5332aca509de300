"""What the partners planned: campaigns, assets, send dates and the UTM contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

ACME, NORTHWIND, CONTOSO = "acme", "northwind", "contoso"
PARTNERS = (ACME, NORTHWIND, CONTOSO)
SITES = {ACME: "www.acme.example", NORTHWIND: "www.northwind.example", CONTOSO: "contoso.example"}

TOUR = "ai-launch-tour"
SECURITY = "acme-spring-security"
ALWAYS_ON = "northwind-always-on"

TYPOS = {TOUR: "ai-lauch-tour", SECURITY: "acme-sprng-security", ALWAYS_ON: "northwind-alwayson"}

SPLIT = {ACME: 0.5, NORTHWIND: 0.35, CONTOSO: 0.15}  # of whatever is jointly owned

FIRST_DAY = date(2026, 2, 1)
AS_OF = date(2026, 10, 31)
FLIGHT = (date(2026, 4, 13), date(2026, 10, 16))
EARLIER_DELIVERY = date(2026, 10, 15)
LATEST_DELIVERY = date(2026, 11, 1)


@dataclass(frozen=True)
class Asset:
    """One thing people respond to; `host` is the partner whose systems record the response."""

    asset_id: str
    name: str
    kind: str
    campaign: str
    owner: str  # a partner, or `joint`
    host: str
    held_at: datetime | None = None  # webinars and events: when it begins
    regions: tuple[str, ...] = ()  # events: countries people come from


def _at(month: int, day: int, hour: int) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


ASSETS = {
    asset.asset_id: asset
    for asset in (
        Asset("ai-webinar-production", "AI in Production", "webinar", TOUR, "joint", ACME,
              _at(4, 29, 15)),
        Asset("ai-webinar-scale", "From Pilot to Scale", "webinar", TOUR, NORTHWIND, NORTHWIND,
              _at(6, 17, 13)),
        Asset("ai-webinar-governance", "Governed AI", "webinar", TOUR, "joint", ACME,
              _at(9, 9, 14)),
        Asset("ai-roadshow-new-york", "Roadshow New York", "event", TOUR, ACME, ACME,
              _at(5, 20, 13), ("US", "CA")),
        Asset("ai-roadshow-berlin", "Roadshow Berlin", "event", TOUR, NORTHWIND, NORTHWIND,
              _at(6, 3, 8), ("DE", "PL", "NL", "SE", "FR")),
        Asset("ai-roadshow-london", "Roadshow London", "event", TOUR, "joint", CONTOSO,
              _at(9, 23, 9), ("GB", "IE", "FR", "NL")),
        Asset("ai-ebook-playbook", "The AI Launch Playbook", "ebook", TOUR, "joint", ACME),
        Asset("ai-checklist-readiness", "Readiness > Quickstart checklist", "checklist", TOUR,
              NORTHWIND, NORTHWIND),
        Asset("ai-email-acme", "Tour newsletter Acme", "email", TOUR, ACME, ACME),
        Asset("ai-email-northwind", "Tour newsletter Northwind", "email", TOUR, NORTHWIND,
              NORTHWIND),
        Asset("ai-email-contoso", "Tour newsletter Contoso", "email", TOUR, CONTOSO, CONTOSO),
        Asset("ai-linkedin-video", "LinkedIn launch video", "paid_social", TOUR, ACME, ACME),
        Asset("ai-linkedin-carousel", "LinkedIn customer carousel", "paid_social", TOUR, ACME,
              ACME),
        Asset("ai-search-dach", "Search ads DACH", "paid_search", TOUR, NORTHWIND, NORTHWIND),
        Asset("ai-search-uk", "Search ads UK", "paid_search", TOUR, NORTHWIND, NORTHWIND),
        Asset("ai-display-retargeting", "Display retargeting", "display", TOUR, NORTHWIND,
              NORTHWIND),
        Asset("ai-referral-acme", "Referral by Acme", "referral", TOUR, ACME, NORTHWIND),
        Asset("ai-referral-northwind", "Referral by Northwind", "referral", TOUR, NORTHWIND, ACME),
        Asset("ai-referral-contoso", "Referral by Contoso", "referral", TOUR, CONTOSO, ACME),
        Asset("ai-landing-page", "Tour landing page", "landing_page", TOUR, "joint", ACME),
        Asset("security-whitepaper", "Zero Trust white paper", "whitepaper", SECURITY, ACME,
              ACME),
        Asset("security-email", "Security newsletter", "email", SECURITY, ACME, ACME),
        Asset("security-linkedin", "LinkedIn security sponsored post", "paid_social", SECURITY,
              ACME, ACME),
        Asset("data-guide", "Data platform guide", "ebook", ALWAYS_ON, NORTHWIND, NORTHWIND),
        Asset("data-email", "Northwind monthly", "email", ALWAYS_ON, NORTHWIND, NORTHWIND),
        Asset("data-search-brand", "Brand search ads", "paid_search", ALWAYS_ON, NORTHWIND,
              NORTHWIND),
    )
}  # fmt: skip

# (sending partner, e-mail asset) -> the days it went out
MAILINGS: dict[tuple[str, str], tuple[date, ...]] = {
    (ACME, "ai-email-acme"): tuple(
        date(2026, m, d) for m, d in ((4, 14), (5, 5), (5, 27), (6, 23), (8, 18), (9, 15), (10, 6))
    ),
    (ACME, "security-email"): tuple(
        date(2026, m, d) for m, d in ((2, 17), (3, 10), (3, 31), (4, 21))
    ),
    (NORTHWIND, "ai-email-northwind"): tuple(
        date(2026, m, d) for m, d in ((4, 16), (5, 12), (6, 9), (7, 14), (9, 8), (10, 1))
    ),
    (NORTHWIND, "data-email"): tuple(
        date(2026, m, d) for m, d in ((2, 10), (3, 10), (4, 7), (5, 19), (6, 30), (8, 11), (9, 22))
    ),
    (CONTOSO, "ai-email-contoso"): tuple(
        date(2026, m, d) for m, d in ((4, 23), (5, 21), (6, 25), (9, 3), (10, 8))
    ),
}

# How much one touch multiplies the weekly chance of a new deal while fresh (half-life 28 days).
EFFECTS = {
    ("webinar", "webinar_attended"): 1.2,
    ("webinar", "webinar_registered"): 0.2,
    ("event", "event_attended"): 1.9,
    ("event", "event_registered"): 0.1,
    ("ebook", "content_download"): 0.7,
    ("whitepaper", "content_download"): 0.5,
    ("checklist", "content_download"): 0.4,
    ("email", "email_click"): 0.3,
    ("paid_search", "ad_click"): 0.6,
    ("paid_social", "ad_click"): 0.15,
    ("referral", "partner_referral"): 3.5,
}
EFFECT_HALF_LIFE_DAYS = 28.0
