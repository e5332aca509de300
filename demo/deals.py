"""Which deals began, how they went, who booked them at what, and the touches they caused.

Deals start by chance, week by week. A company's chance rises with its own intent, which also makes
its people respond more (so response and success are confounded, as in life), and with fresh
campaign touches. `Deal.effects` keeps how much of each chance every partner's touches had caused.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from demo import campaign
from demo.campaign import ACME, ASSETS, CONTOSO, NORTHWIND, PARTNERS
from demo.entities import CLOSING, OPENING, WEEKS, Account, Booking, Deal, Touch, Visit, World
from demo.touches import add, cookie_of, poisson

SHARED_DEALS = {(ACME, NORTHWIND): 48, (ACME, CONTOSO): 7, (NORTHWIND, CONTOSO): 5}
BASE_HAZARD = 0.0108
WIN_RATE = 0.315


def _fresh_effects(touches: Iterable[Touch], at: datetime) -> dict[str, float]:
    """Decayed effect per `partner/channel` of the touches before `at`."""
    effects: dict[str, float] = defaultdict(float)
    for touch in touches:
        age = (at - touch.at).total_seconds() / 86400
        if touch.effect and 0 <= age <= 180:
            weight = touch.effect * 0.5 ** (age / campaign.EFFECT_HALF_LIFE_DAYS)
            owner = ASSETS[touch.asset].owner
            shares = campaign.SPLIT if owner == "joint" else {owner: 1.0}
            for partner, share in shares.items():
                effects[f"{partner}/{touch.channel}"] += weight * share
    return effects


def start_deals(world: World) -> None:
    rng = world.rng("deals")
    for account in world.accounts:
        busy_until, found = OPENING - timedelta(days=1), 0
        for week in range(WEEKS):
            start = OPENING + timedelta(days=7 * week)
            if start < busy_until:
                continue
            effects = _fresh_effects(account.touches, start)
            stock = sum(effects.values())
            lift = 4.0 * (1 - math.exp(-stock / 4.0))  # the tenth touch does less than the first
            base = BASE_HAZARD * math.exp(0.7 * account.fit + 0.7 * account.intent_in(week))
            hazard = base * (1 + lift) * (0.5 if found else 1.0)
            if rng.random() >= 1 - math.exp(-hazard):
                continue
            found += 1
            created = start + timedelta(
                days=rng.randrange(5), hours=rng.randrange(13, 21), seconds=rng.randrange(3600)
            )
            scale = lift / (1 + lift) / stock if stock else 0.0
            deal = _new_deal(account, created, rng)
            deal.baseline_share = round(1 / (1 + lift), 4)
            deal.effects = {player: round(e * scale, 4) for player, e in sorted(effects.items())}
            deal.touches_before = sum(
                t.at <= created and not t.is_bot and t.kind != "page_view" for t in account.touches
            )
            world.deals.append(deal)
            busy_until = created + timedelta(days=45)
    world.deals.sort(key=lambda d: (d.created_at, d.account.key))
    for number, deal in enumerate(world.deals, start=1):
        deal.key = f"D{number:04d}"


def _new_deal(account: Account, created: datetime, rng: Random) -> Deal:
    cycle = round(min(120, max(20, rng.lognormvariate(3.85, 0.45))))
    closes_on = (created + timedelta(days=cycle)).date()
    while closes_on.weekday() > 4:
        closes_on += timedelta(days=1)
    is_won = rng.random() < WIN_RATE
    outcome = ("won" if is_won else "lost") if closes_on <= campaign.AS_OF else "open"
    amount = rng.lognormvariate(10.9, 0.75) * (account.employees / 500) ** 0.15
    size = min(len(account.people), rng.randint(1, 5))
    return Deal(
        key="",
        account=account,
        created_at=created,
        closes_on=closes_on,
        outcome=outcome,
        amount_usd=float(round(min(400_000, max(8_000, amount)), -2)),
        committee=rng.sample(account.people, size),
        baseline_share=1.0,
        effects={},
        stages=_stage_path(created, closes_on, outcome, rng),
        touches_before=0,
    )


def _stage_path(
    created: datetime, closes_on: date, outcome: str, rng: Random
) -> list[tuple[str, datetime]]:
    closed = datetime.combine(closes_on, time(15), UTC) + timedelta(seconds=rng.randrange(14000))
    cycle = closed - created
    path = [("opportunity", created)]
    last = {"won": 4, "lost": rng.randint(1, 4), "open": 4}[outcome]
    for stage, share in (("qualified", 0.2), ("proposal", 0.45), ("negotiation", 0.75))[: last - 1]:
        path.append((stage, created + cycle * (share + rng.uniform(-0.08, 0.08))))
    if outcome != "open":
        path.append((outcome, closed))
    return [(stage, at.replace(microsecond=0)) for stage, at in path if at <= CLOSING]


# ---------------------------------------------------------------- bookings


def usd_rate(currency: str, day: date) -> float:
    """Units of `currency` for one US dollar: invented, smooth, with small daily moves."""
    level, swing, phase = {
        "USD": (1.0, 0.0, 0),
        "EUR": (0.862, 0.016, 3),
        "GBP": (0.748, 0.012, 11),
    }[currency]
    n = (day - campaign.FIRST_DAY).days
    wave = math.sin((n + phase * 7) / 41) + 0.35 * math.sin((n * 7 + phase) / 13)
    return round(level + swing * wave, 4)


def book_deals(world: World) -> None:
    rng = world.rng("bookings")
    waiting = list(world.deals)
    books: dict[str, tuple[str, ...]] = {}
    for pair, count in SHARED_DEALS.items():
        able = [d for d in waiting if set(pair) <= d.account.known_by and d.key not in books]
        if CONTOSO not in pair:
            able.sort(key=lambda d: not d.account.is_featured)
            featured = sum(d.account.is_featured for d in able)
            ordinary = able[featured:]
            chosen = able[:featured] + rng.sample(ordinary, len(ordinary))
        else:
            chosen = rng.sample(able, len(able))
        for deal in chosen[:count]:
            books[deal.key] = pair
    for deal in world.deals:
        sellers = sorted(deal.account.known_by, key=PARTNERS.index)
        weights = [{ACME: 55, NORTHWIND: 40, CONTOSO: 14}[seller] for seller in sellers]
        partners = books.get(deal.key) or tuple(rng.choices(sellers, weights=weights))
        for partner in partners:
            deal.bookings[partner] = _booking(world, deal, partner, len(partners) > 1, rng)
        world.planted["deals that two partners book"] += len(partners) > 1
    _restate(world, rng)
    _add_look_alike(world, world.rng("look-alike"))


def _booking(world: World, deal: Deal, partner: str, is_shared: bool, rng: Random) -> Booking:
    account = deal.account
    currency = "USD"
    if partner == NORTHWIND:
        currency = "GBP" if account.country in ("GB", "IE") else "EUR"
    elif partner == CONTOSO:
        currency = "GBP"
    created, closes_on, factor = deal.created_at, deal.closes_on, 1.0
    is_second = is_shared and partner != next(iter(deal.account.known_by & {ACME}), NORTHWIND)
    if is_second:
        created += timedelta(days=rng.randrange(-3, 10), seconds=rng.randrange(20000))
        created = min(created, CLOSING - timedelta(hours=2), deal.stages[-1][1])
        if deal.outcome != "open":
            moved = closes_on + timedelta(days=rng.randrange(-4, 5))
            closes_on = moved if created.date() < moved <= campaign.AS_OF else closes_on
        draw = rng.random()
        if draw < 0.25:
            factor = 1 + rng.choice((-1, 1)) * rng.uniform(0.03, 0.08)
            world.planted["shared deals booked 3-8 % apart"] += 1
        elif draw < 0.33:
            factor = 1 + rng.choice((-1, 1)) * rng.uniform(0.18, 0.22)
            world.planted["shared deals booked about 20 % apart"] += 1
    amount = deal.amount_usd * factor * usd_rate(currency, min(closes_on, campaign.AS_OF))
    if currency != "USD":
        amount = round(amount, -2) if rng.random() < 0.6 else round(amount, 2)
    name = account.name.replace("\u200f", "")
    title = {
        ACME: f"{name} - {rng.choice(('AI Platform', 'New Business', 'Expansion', 'Pilot'))}",
        NORTHWIND: f"{name} | {rng.choice(('Neugeschäft', 'Launch Tour', 'Data & AI'))}",
        CONTOSO: f"{name} ({deal.created_at:%b %Y})",
    }[partner]
    return Booking(partner, title, round(amount, 2), currency, created, closes_on)


def _add_look_alike(world: World, rng: Random) -> None:
    """Another project of one company, at the other partner, that looks like the first one."""
    deal = next(
        d
        for d in world.deals
        if list(d.bookings) == [ACME]
        and NORTHWIND in d.account.known_by
        and d.outcome == "lost"
        and d.created_at.month >= 5
        and not d.account.group
    )
    later = timedelta(days=11, hours=2)
    other = replace(
        deal,
        key=f"D{len(world.deals) + 1:04d}",
        created_at=deal.created_at + later,
        closes_on=deal.closes_on + later,
        amount_usd=float(round(deal.amount_usd * 1.04, -2)),
        baseline_share=1.0,
        effects={},
        stages=[(stage, at + later) for stage, at in deal.stages],
        bookings={},
    )
    other.bookings[NORTHWIND] = _booking(world, other, NORTHWIND, False, rng)
    other.bookings[NORTHWIND].name = f"{deal.account.name} | Schulung"
    world.deals.append(other)
    world.planted["two deals that look like one, kept apart by match_overrides"] = 1


def _restate(world: World, rng: Random) -> None:
    """What the partners' second delivery says otherwise than their first."""
    cut = datetime.combine(campaign.EARLIER_DELIVERY, time(), UTC)
    for partner, count in ((ACME, 9), (NORTHWIND, 6)):
        older = [d for d in world.deals if partner in d.bookings and d.created_at < cut]
        for deal in rng.sample(older, count):
            booking = deal.bookings[partner]
            booking.earlier_amount = round(booking.amount * rng.choice((0.8, 0.9, 1.1, 1.25)), 2)
            world.planted[f"amounts restated by {partner}'s second delivery"] += 1
    # One deal given up before the first delivery and won after it.
    candidates = [
        d
        for d in world.deals
        if ACME in d.bookings and d.outcome == "open" and d.created_at < cut - timedelta(days=25)
    ]
    deal = max(candidates, key=lambda d: (len(d.bookings) == 1, d.touches_before, d.key))
    lost, again, won = (datetime(2026, 10, day, 16, 20, tzinfo=UTC) for day in (9, 19, 23))
    deal.stages = [(s, at) for s, at in deal.stages if at < lost]
    deal.stages += [("lost", lost), ("negotiation", again), ("won", won)]
    deal.outcome, deal.closes_on = "won", won.date()
    for booking in deal.bookings.values():
        booking.closes_on, booking.earlier_outcome = deal.closes_on, "lost"
    world.planted["deal gone from lost to won between deliveries"] = 1
    archived = [d for d in world.deals if list(d.bookings) == [NORTHWIND] and d.outcome == "lost"]
    for deal in archived[:4]:
        deal.bookings[NORTHWIND].is_archived = True
    world.planted["archived HubSpot deals"] = len(archived[:4])


def work_on_deals(world: World) -> None:
    """Touches that a deal causes: meetings, visits to read the offer, mails to the committee."""
    rng = world.rng("selling")
    for deal in world.deals:
        seller = next(iter(deal.bookings))
        last = min(CLOSING, deal.stages[-1][1] if deal.outcome != "open" else CLOSING)
        span = (last - deal.created_at).total_seconds()
        if span < 86400:
            continue
        for person in deal.committee:
            for _ in range(poisson(1.6, rng)):
                at = deal.created_at + timedelta(seconds=int(rng.uniform(3600, span)))
                site = seller
                visit = Visit(site, cookie_of(person, site, rng), ("/pricing", "/docs"), {}, "")
                touch = add(world, person, at, "page_view", "direct", None, site, (), visit)
                touch.is_caused_by_deal = True
            if CONTOSO in deal.bookings and rng.random() < 0.8:
                at = deal.created_at + timedelta(seconds=int(rng.uniform(3600, span)))
                touch = add(world, person, at, "meeting", "meeting", None, CONTOSO)
                touch.is_caused_by_deal = True
    world.planted["touches caused by a deal (after its creation)"] = sum(
        t.is_caused_by_deal for t in world.touches
    )
    world.planted["deals without a campaign touch before creation"] = sum(
        not d.touches_before for d in world.deals
    )
