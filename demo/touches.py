"""What people did: answering campaigns, following links, and browsing on their own account."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from demo import campaign
from demo.campaign import ACME, ASSETS, CONTOSO, NORTHWIND, Asset
from demo.entities import OPENING, WEEKS, Person, Touch, Visit, World


def _moment(day: date, rng: Random, first_hour: int = 7, last_hour: int = 21) -> datetime:
    seconds = rng.randrange(first_hour * 3600, last_hour * 3600)
    return datetime.combine(day, time(), UTC) + timedelta(seconds=seconds)


def _week_of(at: datetime) -> int:
    return max(0, min(WEEKS, (at - OPENING).days // 7))


def _response(person: Person, at: datetime) -> float:
    if person.account.is_dark:
        return 0.0
    return person.engagement * math.exp(0.7 * person.account.intent_in(_week_of(at)))


def cookie_of(person: Person, site: str, rng: Random) -> str:
    device = 1 if rng.random() < 0.8 else 2
    number = int(person.key[1:]) * 10 + device
    return f"{(number * 2654435761 + len(site)) % 2**31}.{1769900000 + number}"


def _utm(asset: Asset, source: str, medium: str) -> dict[str, str]:
    return {
        "source": source,
        "medium": medium,
        "campaign": asset.campaign,
        "content": asset.asset_id,
        "id": asset.campaign if asset.campaign == campaign.TOUR else "",
    }


def _spoil(utm: dict[str, str], world: World, rng: Random) -> dict[str, str]:
    """UTMs as people really type them; what was spoilt is tallied."""
    if "campaign" not in utm:
        return utm
    spoilt = dict(utm)
    draw = rng.random()
    name = spoilt["campaign"]
    if draw < 0.06:
        spoilt["campaign"] = name.title() if draw < 0.03 else name.upper()
        spoilt["id"] = ""
        fault = "UTM campaign in other case"
    elif draw < 0.09:
        spoilt["campaign"], spoilt["id"] = name.replace("-", "_"), ""
        fault = "UTM campaign with underscores"
    elif draw < 0.11:
        spoilt["campaign"], spoilt["id"] = campaign.TYPOS[name], ""
        fault = "UTM campaign with a typo"
    elif draw < 0.14:
        spoilt["medium"] = f"{spoilt['medium'].capitalize()} "
        fault = "UTM medium capitalised with trailing space"
    elif draw < 0.18:
        spoilt, fault = {}, "UTMs stripped altogether"
    elif draw < 0.195:
        spoilt["campaign"], spoilt["id"] = "(not set)", ""
        fault = "UTM campaign (not set)"
    elif draw < 0.22 and name == campaign.TOUR:
        spoilt["campaign"], spoilt["id"] = "AITour26", ""
        fault = "UTM campaign by alias"
    else:
        return spoilt
    world.planted[fault] += 1
    return spoilt


def add(  # noqa: PLR0917
    world: World,
    person: Person | None,
    at: datetime,
    kind: str,
    channel: str,
    asset: Asset | None,
    partner: str,
    recorders: tuple[str, ...] = (),
    visit: Visit | None = None,
    sent_at: datetime | None = None,
) -> Touch:
    account = person.account if person else None
    touch = Touch(
        key="",
        person=person,
        account=account,
        at=at,
        kind=kind,
        channel=channel,
        campaign=asset.campaign if asset else "",
        asset=asset.asset_id if asset else "",
        partner=partner,
        recorders=recorders or (partner,),
        effect=campaign.EFFECTS.get((asset.kind, kind), 0.0) if asset else 0.0,
        visit=visit,
        sent_at=sent_at,
    )
    world.touches.append(touch)
    if person and account:
        person.touches.append(touch)
        account.touches.append(touch)
    return touch


def _landing(  # noqa: PLR0917
    world: World, person: Person, site: str, asset: Asset, utm: dict[str, str], rng: Random
) -> Visit | None:
    if site == CONTOSO:
        return Visit(site, "", (f"/{asset.asset_id}",), _spoil(utm, world, rng))
    pages = [f"/{asset.campaign}/{asset.asset_id}"]
    if rng.random() < 0.4:
        pages.append(rng.choice(("/product", "/pricing", "/customers", "/blog/ai-adoption")))
    clicked = "g" + f"{rng.getrandbits(60):015x}" if utm.get("medium") == "cpc" else ""
    referrer = {"linkedin": "https://www.linkedin.com/", "google": "https://www.google.com/"}.get(
        utm.get("source", ""), ""
    )
    return Visit(
        site, cookie_of(person, site, rng), tuple(pages), _spoil(utm, world, rng), referrer, clicked
    )


def run_campaigns(world: World) -> None:
    rng = world.rng("campaigns")
    _send_mailings(world, rng)
    _hold_webinars_and_events(world, rng)
    _offer_content(world, rng)
    _place_ads(world, rng)
    _refer(world, rng)
    _remember_last_autumn(world, rng)


def _send_mailings(world: World, rng: Random) -> None:
    for (partner, asset_id), days in campaign.MAILINGS.items():
        asset = ASSETS[asset_id]
        is_joint = asset.campaign == campaign.TOUR
        channel, medium = ("cobranded_email", "partner-email") if is_joint else ("email", "email")
        for day in days:
            for person in world.people:
                sent = datetime.combine(day, time(8 + len(partner) % 5), UTC)
                if partner not in person.known_since or person.known_since[partner] > sent:
                    continue
                response = _response(person, sent)
                opened = sent + timedelta(seconds=int(rng.expovariate(1 / 30000)))
                if rng.random() < min(0.5, 0.06 + 0.09 * response):
                    add(world, person, opened, "email_open", channel, asset, partner,
                         (), None, sent)  # fmt: skip
                    if rng.random() < min(0.6, 0.22 * response):
                        utm = _utm(asset, partner, medium)
                        clicked = opened + timedelta(seconds=rng.randrange(5, 400))
                        visit = _landing(world, person, partner, asset, utm, rng)
                        add(world, person, clicked, "email_click", channel, asset, partner,
                             (), visit, sent)  # fmt: skip
                if rng.random() < 0.02:
                    touch = add(
                        world,
                        person,
                        sent + timedelta(seconds=rng.randrange(1, 9)),
                        "email_click",
                        channel,
                        asset,
                        partner,
                        (),
                        Visit(partner, "", (f"/{asset.asset_id}",), _utm(asset, partner, medium)),
                        sent,
                    )
                    touch.is_bot, touch.effect = True, 0.0
                    world.planted[f"bot clicks by mail scanners at {partner}"] += 1


def _invited_by(asset: Asset, rng: Random) -> str:
    """The utm_source of the registration link: the host, another partner or an advertisement."""
    how = rng.random()
    if how < 0.6:
        return asset.host
    return "linkedin" if how < 0.75 else NORTHWIND if asset.host == ACME else ACME


def _hold_webinars_and_events(world: World, rng: Random) -> None:
    for asset in ASSETS.values():
        if asset.held_at is None:
            continue
        share = 0.085 if asset.kind == "webinar" else 0.15
        for person in world.people:
            if asset.regions and person.account.country not in asset.regions:
                continue
            is_reachable = asset.host in person.account.known_by or asset.owner == "joint"
            odds = share * _response(person, asset.held_at) * (1.0 if is_reachable else 0.35)
            if rng.random() >= min(0.6, odds):
                continue
            registered = asset.held_at - timedelta(
                days=rng.randrange(1, 15), seconds=rng.randrange(80000)
            )
            recorders: tuple[str, ...] = (asset.host,)
            if asset.owner == "joint" and rng.random() < 0.5:
                other = NORTHWIND if asset.host == ACME else ACME
                recorders = (asset.host, other)
                world.planted["webinar or event touches that two partners recorded"] += 1
            utm = _utm(asset, _invited_by(asset, rng), asset.kind)
            visit = _landing(world, person, asset.host, asset, utm, rng)
            add(world, person, registered, f"{asset.kind}_registered", asset.kind, asset,
                 asset.host, recorders, visit)  # fmt: skip
            if rng.random() < 0.6:
                arrived = asset.held_at + timedelta(seconds=rng.randrange(-300, 1500))
                add(world, person, arrived, f"{asset.kind}_attended", asset.kind, asset,
                     asset.host, recorders)  # fmt: skip


def _some_day(first: date, last: date, rng: Random) -> date:
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def _offer_content(world: World, rng: Random) -> None:
    offers = (
        ("ai-ebook-playbook", 0.09, *campaign.FLIGHT),
        ("ai-checklist-readiness", 0.035, date(2026, 6, 1), campaign.FLIGHT[1]),
        ("security-whitepaper", 0.05, date(2026, 2, 10), date(2026, 5, 20)),
        ("data-guide", 0.05, campaign.FIRST_DAY, campaign.AS_OF),
    )
    for asset_id, share, first, last in offers:
        asset = ASSETS[asset_id]
        for person in world.people:
            at = _moment(_some_day(first, last, rng), rng)
            host = asset.host
            if asset.owner == "joint" and rng.random() < 0.45:
                host = NORTHWIND
            weight = 1.0 if host in person.account.known_by else 0.4
            if rng.random() >= share * weight * _response(person, at):
                continue
            source, medium, channel = rng.choice(
                ((host, "email", "email"), ("linkedin", "paid_social", "paid_social"),
                 ("google", "organic", "organic_search"), (CONTOSO, "partner", "partner_referral"),
                 ("techreview.example", "syndication", "content_syndication"))
            )  # fmt: skip
            utm = _utm(asset, source, medium)
            if medium == "organic":
                utm = {"source": source, "medium": medium}
            visit = _landing(world, person, host, asset, utm, rng)
            add(world, person, at, "content_download", channel, asset, host, (), visit)


def _place_ads(world: World, rng: Random) -> None:
    placements = (
        ("ai-linkedin-video", "linkedin", 0.10, *campaign.FLIGHT),
        ("ai-linkedin-carousel", "linkedin", 0.06, date(2026, 6, 1), campaign.FLIGHT[1]),
        ("security-linkedin", "linkedin", 0.06, date(2026, 2, 10), date(2026, 5, 20)),
        ("ai-search-dach", "google", 0.2, *campaign.FLIGHT),
        ("ai-search-uk", "google", 0.2, *campaign.FLIGHT),
        ("data-search-brand", "google", 0.07, campaign.FIRST_DAY, campaign.AS_OF),
    )
    regions = {"ai-search-dach": ("DE", "PL", "NL", "SE", "FR"), "ai-search-uk": ("GB", "IE")}
    for asset_id, source, share, first, last in placements:
        asset = ASSETS[asset_id]
        for person in world.people:
            at = _moment(_some_day(first, last, rng), rng)
            if person.account.country not in regions.get(asset_id, (person.account.country,)):
                continue
            if rng.random() >= share * _response(person, at):
                continue
            utm = _utm(asset, source, "cpc" if source == "google" else "paid_social")
            visit = _landing(world, person, asset.host, asset, utm, rng)
            add(world, person, at, "ad_click", asset.kind, asset, asset.host, (), visit)


def _refer(world: World, rng: Random) -> None:
    """A partner introduces an account to another, who records it; Contoso writes it down too."""
    routes = (("ai-referral-northwind", ACME, 20), ("ai-referral-acme", NORTHWIND, 14),
              ("ai-referral-contoso", ACME, 22))  # fmt: skip
    for asset_id, receiver, count in routes:
        asset = ASSETS[asset_id]
        pool = [a for a in world.accounts if not a.is_dark and asset.owner in a.known_by]
        weights = [math.exp(0.5 * a.intent) for a in pool]
        for account in rng.choices(pool, weights=weights, k=count):
            person = rng.choice(account.people)
            at = _moment(_some_day(*campaign.FLIGHT, rng), rng)
            recorders = (receiver, CONTOSO) if asset.owner == CONTOSO else (receiver,)
            add(
                world,
                person,
                at,
                "partner_referral",
                "partner_referral",
                asset,
                asset.owner,
                recorders,
            )


def _remember_last_autumn(world: World, rng: Random) -> None:
    """Responses to a campaign long over: older than any sensible lookback."""
    held = datetime(2025, 10, 14, 15, tzinfo=UTC)
    known = [p for p in world.people if ACME in p.known_since and p.known_since[ACME] < held]
    for person in rng.sample(known, 120):
        at = held + timedelta(seconds=rng.randrange(-300, 1200))
        add(world, person, at, "webinar_attended", "webinar", None, ACME)
    world.planted["touches of autumn 2025, older than the lookback"] = 120


def browse(world: World) -> None:
    """Visits nobody paid for: a sign of intent, not its cause."""
    rng = world.rng("browsing")
    sources: tuple[tuple[str, dict[str, str], str], ...] = (
        ("organic_search", {"source": "google", "medium": "organic"}, "https://www.google.com/"),
        ("direct", {}, ""),
        ("referral", {"source": "techreview.example", "medium": "referral"},
         "https://techreview.example/articles/ai-vendors"),
        ("organic_social", {"source": "linkedin.com", "medium": "social"},
         "https://www.linkedin.com/"),
    )  # fmt: skip
    for person in world.people:
        sites = sorted(person.account.known_by) or [ACME]
        for week in range(WEEKS):
            rate = 0.075 * person.engagement * math.exp(0.6 * person.account.intent_in(week))
            for _ in range(poisson(rate * (0.25 if person.account.is_dark else 1.0), rng)):
                day = campaign.FIRST_DAY + timedelta(days=7 * week + rng.randrange(7))
                site = rng.choice(sites)
                channel, utm, referrer = rng.choices(sources, weights=(44, 36, 11, 9))[0]
                visit = Visit(site, cookie_of(person, site, rng), _pages(rng), dict(utm), referrer)
                add(world, person, _moment(day, rng), "page_view", channel, None, site, (), visit)
    for number in range(420):  # people who never say who they are
        site = rng.choice((ACME, NORTHWIND))
        channel, utm, referrer = rng.choices(sources, weights=(50, 30, 10, 10))[0]
        visit = Visit(site, f"77{number % 310:06d}.1770000000", _pages(rng), dict(utm), referrer)
        visit.is_bot = site == NORTHWIND and number % 6 == 0
        at = _moment(_some_day(campaign.FIRST_DAY, campaign.AS_OF, rng), rng)
        touch = add(world, None, at, "page_view", channel, None, site, (), visit)
        touch.is_bot = visit.is_bot
        world.planted["page views by crawlers"] += visit.is_bot
    world.planted["visits that are never identified"] = 420


def _pages(rng: Random) -> tuple[str, ...]:
    pool = ("/", "/product", "/pricing", "/customers", "/blog/ai-adoption", "/docs", "/about")
    return tuple(rng.choice(pool) for _ in range(rng.choices((1, 2, 3), weights=(60, 28, 12))[0]))


def poisson(rate: float, rng: Random) -> int:
    count, product, limit = 0, rng.random(), math.exp(-rate)
    while product > limit:
        count += 1
        product *= rng.random()
    return count


def number_in_order(world: World) -> None:
    """Number touches by time, so keys do not depend on the order in which they were invented."""
    world.touches.sort(
        key=lambda t: (t.at, t.person.key if t.person else "", t.kind, t.asset, t.partner)
    )
    for number, touch in enumerate(world.touches, start=1):
        touch.key = f"T{number:06d}"
    for account in world.accounts:
        account.touches.sort(key=lambda touch: touch.key)
    for person in world.people:
        person.touches.sort(key=lambda touch: touch.key)
