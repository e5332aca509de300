"""The nouns of the true world: companies, people, touches, deals and their bookings."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from random import Random

from demo import campaign

OPENING = datetime.combine(campaign.FIRST_DAY, time(), UTC)
CLOSING = datetime.combine(campaign.AS_OF, time(23, 0), UTC)
WEEKS = (campaign.AS_OF - campaign.FIRST_DAY).days // 7


@dataclass
class Account:
    """One real company (a subsidiary is its own company with a `group`)."""

    key: str
    name: str
    domain: str
    country: str
    city: str
    industry: str
    employees: int
    fit: float
    intent: float
    surge_start: int
    surge_weeks: int
    surge: float
    is_dark: bool
    group: str = ""
    is_group_parent: bool = False
    known_by: set[str] = field(default_factory=set)
    other_domain: dict[str, str] = field(default_factory=dict)
    is_featured: bool = False
    people: list[Person] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)

    def intent_in(self, week: int) -> float:
        surging = self.surge_start <= week < self.surge_start + self.surge_weeks
        return self.intent + (self.surge if surging else 0.0)


@dataclass
class Person:
    """One real human; `known_since` says when each partner's systems first held a record."""

    key: str
    account: Account
    first: str
    last: str
    title: str
    email: str
    engagement: float
    is_free_mail: bool = False
    is_shared_mailbox: bool = False
    email_at: dict[str, str] = field(default_factory=dict)
    known_since: dict[str, datetime] = field(default_factory=dict)
    identified_at: dict[str, datetime] = field(default_factory=dict)
    touches: list[Touch] = field(default_factory=list)

    def email_for(self, partner: str) -> str:
        return self.email_at.get(partner, self.email)


@dataclass
class Visit:
    """A browsing session on one partner's site, with the UTMs exactly as they arrived."""

    site: str
    cookie: str
    pages: tuple[str, ...]
    utm: dict[str, str]
    referrer: str = ""
    gclid: str = ""
    is_bot: bool = False


@dataclass
class Touch:
    """One true interaction. `partner` ran it; `recorders` are the partners whose systems saw it."""

    key: str
    person: Person | None
    account: Account | None
    at: datetime
    kind: str  # the project's touch_type vocabulary
    channel: str
    campaign: str
    asset: str
    partner: str
    recorders: tuple[str, ...]
    effect: float = 0.0
    is_caused_by_deal: bool = False
    is_bot: bool = False
    visit: Visit | None = None
    sent_at: datetime | None = None  # e-mails: when the mail went out
    records: list[str] = field(default_factory=list)


@dataclass
class Booking:
    """One partner's version of a deal."""

    partner: str
    name: str
    amount: float
    currency: str
    created_at: datetime
    closes_on: date
    earlier_amount: float | None = None
    earlier_outcome: str | None = None
    is_archived: bool = False


@dataclass
class Deal:
    """One true opportunity."""

    key: str
    account: Account
    created_at: datetime
    closes_on: date
    outcome: str  # won, lost, open
    amount_usd: float
    committee: list[Person]
    baseline_share: float
    effects: dict[str, float]
    stages: list[tuple[str, datetime]]
    touches_before: int
    bookings: dict[str, Booking] = field(default_factory=dict)


@dataclass
class World:
    """Everything that happened, and a tally of the faults planted while telling it."""

    seed: int
    accounts: list[Account]
    people: list[Person]
    touches: list[Touch]
    deals: list[Deal]
    planted: Counter[str] = field(default_factory=Counter)
    # true key -> column of the truth files -> ids that a partner's system gave it
    ids: defaultdict[str, defaultdict[str, list[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def rng(self, purpose: str) -> Random:
        """A stream of its own per purpose, so that one change does not reshuffle the rest."""
        return Random(f"{self.seed}:{purpose}")
