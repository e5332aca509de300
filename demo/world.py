"""The true world, made in the order in which it happens."""

from __future__ import annotations

from demo import companies, deals, touches
from demo.entities import World


def build(seed: int) -> World:
    """Make the whole true world of one seed."""
    world = World(seed, [], [], [], [])
    companies.found_companies(world)
    companies.hire_people(world)
    touches.run_campaigns(world)
    touches.browse(world)
    touches.number_in_order(world)
    deals.start_deals(world)
    deals.book_deals(world)
    deals.work_on_deals(world)
    touches.number_in_order(world)
    _discover_people(world)
    return world


def _discover_people(world: World) -> None:
    """Set when each partner learned of a person, and when its site learned whose cookie it was."""
    for touch in world.touches:
        person = touch.person
        if person is None or touch.is_bot:
            continue
        reveals = touch.kind not in ("page_view", "ad_click", "email_open")
        for recorder in touch.recorders:
            if reveals:
                person.known_since.setdefault(recorder, touch.at)
                person.identified_at.setdefault(recorder, touch.at)
    world.planted["anonymous visits of people identified later"] = sum(
        touch.at < touch.person.identified_at.get(touch.visit.site, touch.at)
        for touch in world.touches
        if touch.person and touch.visit
    )
    for deal in world.deals:
        for partner, booking in deal.bookings.items():
            for person in deal.committee:
                person.known_since.setdefault(partner, booking.created_at)
    for person in world.people:
        person.account.known_by |= set(person.known_since)
