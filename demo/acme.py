"""Acme's CRM: Salesforce as Fivetran lands it, delivered twice, the second time restated."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from demo import campaign, files, spelling
from demo.campaign import ACME, ASSETS, Asset
from demo.deals import usd_rate
from demo.entities import CLOSING, Account, Booking, Deal, Person, Touch, World
from demo.files import iso, salesforce_id

FEED = "acme.salesforce"

ACCOUNT = """_fivetran_synced _fivetran_active account_number account_source annual_revenue
    billing_city billing_country billing_country_code billing_postal_code billing_state
    billing_state_code billing_street description id industry is_deleted last_activity_date
    last_referenced_date last_viewed_date master_record_id name number_of_employees owner_id
    ownership parent_id rating record_type_id shipping_city shipping_country
    shipping_country_code shipping_postal_code shipping_state shipping_state_code
    shipping_street type website"""
CONTACT = """_fivetran_synced _fivetran_active account_id created_date department description email
    first_name home_phone id individual_id is_deleted last_activity_date last_modified_by_id
    last_modified_date last_name last_referenced_date last_viewed_date lead_source mailing_city
    mailing_country mailing_country_code mailing_postal_code mailing_state mailing_state_code
    mailing_street master_record_id mobile_phone mql_date_c name owner_id phone reports_to_id
    title"""
LEAD = """_fivetran_synced _fivetran_active annual_revenue city company converted_account_id
    converted_contact_id converted_date converted_opportunity_id country country_code created_by_id
    created_date description email email_bounced_date email_bounced_reason first_name
    has_opted_out_of_email id individual_id industry is_converted is_deleted is_unread_by_owner
    last_activity_date last_modified_by_id last_modified_date last_name last_referenced_date
    last_viewed_date lead_source master_record_id mobile_phone mql_date_c name number_of_employees
    owner_id phone postal_code state state_code status street title utm_campaign_c utm_content_c
    utm_id_c utm_medium_c utm_source_c utm_term_c website"""
OPPORTUNITY = """_fivetran_synced _fivetran_active account_id amount campaign_id close_date
    created_date currency_iso_code description expected_revenue fiscal fiscal_quarter fiscal_year
    forecast_category forecast_category_name has_open_activity has_opportunity_line_item
    has_overdue_task id is_closed is_deleted is_won last_activity_date last_modified_date
    last_referenced_date last_viewed_date lead_source name next_step owner_id probability
    record_type_id stage_name synced_quote_id type"""
OPPORTUNITY_HISTORY = """_fivetran_synced id opportunity_id stage_name amount expected_revenue
    close_date probability forecast_category created_by_id created_date is_deleted"""
OPPORTUNITY_CONTACT_ROLE = """_fivetran_synced id opportunity_id contact_id role is_primary
    is_deleted created_date"""
CAMPAIGN = """_fivetran_synced _fivetran_active id name type status start_date end_date is_active
    is_deleted parent_id budgeted_cost actual_cost number_of_leads number_of_converted_leads
    number_of_contacts number_of_responses number_of_opportunities number_of_won_opportunities
    amount_all_opportunities description campaign_member_record_type_id"""
CAMPAIGN_MEMBER = """_fivetran_synced _fivetran_active id account_id campaign_id contact_id
    created_by_id created_date first_responded_date has_opted_out_of_email has_responded is_deleted
    last_modified_by_id lead_id lead_or_contact_id lead_or_contact_owner_id status utm_campaign_c
    utm_content_c utm_id_c utm_medium_c utm_source_c utm_term_c"""
CAMPAIGN_MEMBER_STATUS = """_fivetran_synced id campaign_id label has_responded is_default
    sort_order is_deleted"""
DATED_CONVERSION_RATE = """_fivetran_synced id iso_code conversion_rate start_date
    next_start_date"""

STAGES = {
    "opportunity": ("Prospecting", 10, "Pipeline"),
    "qualified": ("Needs Analysis", 25, "Pipeline"),
    "proposal": ("Proposal/Price Quote", 50, "BestCase"),
    "negotiation": ("Negotiation/Review", 80, "Forecast"),
    "won": ("Closed Won", 100, "Closed"),
    "lost": ("Closed Lost", 0, "Omitted"),
}
UNMAPPED_STAGE = "Exec Sponsor Review (legacy)"
CAMPAIGN_TYPES = {
    "webinar": "Webinar",
    "event": "Event",
    "ebook": "Content",
    "whitepaper": "Content",
    "referral": "Partner Referral",
}
STATUSES = {
    "Webinar": (("Invited", False), ("Registered", False), ("Attended", True), ("No Show", False)),
    "Event": (("Invited", False), ("Registered", False), ("Attended", True), ("No Show", False)),
    "Content": (("Sent", False), ("Downloaded", True)),
    "Partner Referral": (("Planned", False), ("Referred", True)),
    "Other": (("Sent", False), ("Responded", True)),
}
OWNERS = tuple(salesforce_id("005", n) for n in range(1, 7))
PARENT_CAMPAIGN = salesforce_id("701", 1)
SECURITY_CAMPAIGN = salesforce_id("701", 2)
AUTUMN_CAMPAIGN = salesforce_id("701", 3)


def campaign_id_of(asset: Asset) -> str:
    """The Salesforce campaign below the tour (or the security push) that stands for one asset."""
    return salesforce_id("701", 10 + list(ASSETS).index(asset.asset_id))


class Salesforce:
    """Acme's org: who has which record, built once, then written as of each delivery."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng("acme.salesforce")
        self.accounts: list[dict[str, object]] = []
        self.contacts: list[dict[str, object]] = []
        self.leads: list[dict[str, object]] = []
        self.members: list[dict[str, object]] = []
        self.junk: list[dict[str, object]] = []
        self.account_ids: dict[str, str] = {}
        self.twins: dict[str, str] = {}  # account -> a second row of it that nobody merged
        self.contact_ids: dict[str, str] = {}
        self.lead_ids: dict[str, str] = {}
        self.contact_since: dict[str, datetime] = {}
        self.deal_ids: dict[str, str] = {}
        self.counts: defaultdict[str, int] = defaultdict(int)
        self.deals = [d for d in world.deals if ACME in d.bookings]
        self.unmapped = {
            d.key for d in [d for d in self.deals if d.outcome == "open" and len(d.stages) > 1][:3]
        }
        world.planted["open deals in a stage that no map knows"] += len(self.unmapped)
        self._name_deals()
        self._open_accounts()
        self._enter_people()
        self._list_members()
        self._delete_rows()

    def new_id(self, prefix: str) -> str:
        self.counts[prefix] += 1
        return salesforce_id(prefix, 100 + self.counts[prefix])

    def id_of(self, person: Person, at: datetime) -> str:
        """The record that stood for the person at that time: a lead until converted."""
        if person.key in self.lead_ids and at < self.contact_since.get(person.key, CLOSING):
            return self.lead_ids[person.key]
        return self.contact_ids.get(person.key, "")

    def _name_deals(self) -> None:
        pair = ("0068d00000QaBcD", "0068d00000QAbCd")  # alike but for their capitals
        for number, deal in enumerate(self.deals):
            opportunity_id = self.new_id("006")
            if number in (20, 21):
                opportunity_id = files.with_salesforce_suffix(pair[number - 20])
            self.deal_ids[deal.key] = opportunity_id
            self.world.ids[deal.key]["acme_opportunity_id"].append(opportunity_id)
        self.world.planted["pair of Salesforce ids that differ only by case"] = 1

    # ------------------------------------------------------------ accounts

    def _open_accounts(self) -> None:
        known = [a for a in self.world.accounts if ACME in a.known_by]
        for account in known:
            self.account_ids[account.key] = self.new_id("001")
        for account in known:
            parent = ""
            if account.group and not account.is_group_parent:
                head = next(a for a in known if a.group == account.group and a.is_group_parent)
                parent = self.account_ids[head.key]
            self._open_account(account, self.account_ids[account.key], account.name, parent)
        ordinary = [a for a in known if not a.is_featured and not a.group and a.people]
        for number, account in enumerate(self.rng.sample(ordinary, 10)):
            twin = self.new_id("001")
            self._open_account(
                account, twin, account.name.upper() if number % 2 else account.name, ""
            )
            row = self.accounts[-1]
            row["website"] = "" if number % 3 == 0 else row["website"]
            if number < 6:
                row["master_record_id"] = self.account_ids[account.key]
                row["_gone_at"] = _noon(date(2026, 10, 20) if number == 0 else date(2026, 8, 3))
            else:
                self.twins[account.key] = twin
        self.world.planted["duplicate Salesforce accounts, merged (master_record_id)"] = 6
        self.world.planted["duplicate Salesforce accounts, never merged"] = 4

    def _open_account(self, account: Account, record: str, name: str, parent: str) -> None:
        rng = self.rng
        self.world.ids[account.key]["acme_account_id"].append(record)
        has_code = rng.random() < 0.7
        self.accounts.append(
            {
                "_born_at": datetime(2024, 1, 10, tzinfo=UTC) + timedelta(days=rng.randrange(60)),
                "account_source": rng.choice(("Web", "Partner", "Outbound", "")),
                "annual_revenue": account.employees * 180000,
                "billing_city": account.city,
                "billing_country": spelling.country(account, rng),
                "billing_country_code": account.country if has_code else "",
                "id": record,
                "industry": account.industry,
                "name": name,
                "number_of_employees": account.employees,
                "owner_id": rng.choice(OWNERS),
                "parent_id": parent,
                "type": rng.choice(("Prospect", "Customer")),
                "website": spelling.website(account, ACME, rng),
            }
        )

    # ------------------------------------------------------------ people

    def _enter_people(self) -> None:
        in_deal: dict[str, datetime] = {}
        for deal in self.deals:
            for person in deal.committee:
                created = deal.bookings[ACME].created_at
                in_deal[person.key] = min(created, in_deal.get(person.key, created))
        merged = 0
        for person in self.world.people:
            since = person.known_since.get(ACME)
            if since is None:
                continue
            starts_as_lead = since > _noon(campaign.FIRST_DAY) or self.rng.random() < 0.2
            converts = in_deal.get(person.key)
            if starts_as_lead and converts is None and self.rng.random() < 0.15:
                converts = since + timedelta(days=self.rng.randrange(5, 60))
            if converts and converts > CLOSING:
                converts = None
            qualified = spelling.qualified_at(person, ACME)
            if starts_as_lead:
                self._add_lead(person, since, converts, qualified)
                self.world.planted["leads converted to contacts"] += bool(converts)
            if not starts_as_lead or converts:
                became = max(since, converts) if starts_as_lead and converts else since
                self._add_contact(person, became, qualified)
                if merged < 9 and len(person.touches) > 6 and not starts_as_lead:
                    merged += 1
                    self._add_merged_twin(person, became)
        self.world.planted["Salesforce contacts merged (master_record_id)"] = merged

    def _add_lead(
        self, person: Person, since: datetime, converts: datetime | None, mql: datetime | None
    ) -> None:
        record = self.new_id("00Q")
        self.lead_ids[person.key] = record
        self.world.ids[person.key]["acme_lead_id"].append(record)
        rng = self.rng
        first = next((t for t in person.touches if ACME in t.recorders and t.at >= since), None)
        utm = first.visit.utm if first and first.visit else {}
        deal = next((d for d in self.deals if person in d.committee), None)
        self.leads.append(
            {
                **_utm_columns(utm if rng.random() < 0.4 else {}),
                "_born_at": since,
                "_person": person.key,
                "_converts_at": converts,
                "_opportunity": self.deal_ids[deal.key] if deal else "",
                "city": person.account.city,
                "company": spelling.account_name(person.account, "lead form", rng),
                "country": spelling.country(person.account, rng),
                "created_date": iso(since),
                "email": spelling.email(person, ACME, self.world, rng),
                "first_name": person.first,
                "id": record,
                "industry": person.account.industry,
                "last_modified_date": iso(converts or since),
                "last_name": person.last,
                "lead_source": rng.choice(("Webinar", "Web", "Event", "Partner Referral", "")),
                "mql_date_c": iso(mql),
                "name": f"{person.first} {person.last}",
                "number_of_employees": person.account.employees,
                "owner_id": rng.choice(OWNERS),
                "status": "Qualified" if converts else "Open - Not Contacted",
                "title": person.title,
                "website": spelling.website(person.account, ACME, rng),
            }
        )

    def _add_contact(self, person: Person, since: datetime, mql: datetime | None) -> None:
        record = self.new_id("003")
        self.contact_ids[person.key] = record
        self.contact_since[person.key] = since
        self.world.ids[person.key]["acme_contact_id"].append(record)
        self.contacts.append(self._contact_row(person, record, since, mql))

    def _contact_row(
        self, person: Person, record: str, since: datetime, mql: datetime | None
    ) -> dict[str, object]:
        rng = self.rng
        return {
            "_born_at": since,
            "account_id": self._account_of(person),
            "created_date": iso(since),
            "email": spelling.email(person, ACME, self.world, rng),
            "first_name": person.first,
            "id": record,
            "last_modified_date": iso(max(since, mql or since)),
            "last_name": person.last,
            "lead_source": rng.choice(("Webinar", "Web", "Event", "Outbound", "")),
            "mailing_city": person.account.city,
            "mailing_country": spelling.country(person.account, rng),
            "mql_date_c": iso(mql),
            "name": f"{person.first} {person.last}",
            "owner_id": rng.choice(OWNERS),
            "title": person.title,
        }

    def _account_of(self, person: Person) -> str:
        """The person's account; where it exists twice, half of the people sit on the other row."""
        account = person.account
        if account.key in self.twins and account.people.index(person) % 2:
            return self.twins[account.key]
        return self.account_ids[account.key]

    def _add_merged_twin(self, person: Person, since: datetime) -> None:
        """An older record of the same human; its campaign memberships still name it."""
        twin = self.new_id("003")
        row = self._contact_row(person, twin, since - timedelta(days=40), None)
        row["master_record_id"] = self.contact_ids[person.key]
        row["_gone_at"] = _noon(date(2026, 9, 20))
        self.world.ids[person.key]["acme_contact_id"].append(twin)
        self.world.ids[person.key]["acme_merged_contact_id"].append(twin)
        self.contacts.append(row)

    # ------------------------------------------------------------ campaign members

    def _list_members(self) -> None:
        """One member per person and campaign, whose status is the last thing that happened."""
        rng = self.rng
        responses: defaultdict[tuple[str, str], list[Touch]] = defaultdict(list)
        for touch in self.world.touches:
            if ACME in touch.recorders and touch.person and not touch.is_bot:
                kind = ASSETS[touch.asset].kind if touch.asset else touch.kind
                if kind in CAMPAIGN_TYPES or kind == "webinar_attended":
                    responses[(touch.person.key, touch.asset)].append(touch)
        share = {"webinar": 0.6, "ebook": 0.35, "whitepaper": 0.4}
        people = {p.key: p for p in self.world.people}
        twins = 0
        for (person_key, asset_id), touches in responses.items():
            person = people[person_key]
            kind = ASSETS[asset_id].kind if asset_id else "autumn"
            if rng.random() >= share.get(kind, 1.0):
                continue
            record = self.id_of(person, touches[-1].at)
            merged = self.world.ids[person_key].get("acme_merged_contact_id", [])
            if merged and twins < 8:
                record, twins = merged[0], twins + 1
            if not record:
                continue
            first, last = touches[0], touches[-1]
            status = {
                "webinar_registered": "Registered",
                "event_registered": "Registered",
                "webinar_attended": "Attended",
                "event_attended": "Attended",
                "content_download": "Downloaded",
                "partner_referral": "Referred",
            }[last.kind]
            row = self._member(
                person,
                record,
                campaign_id_of(ASSETS[asset_id]) if asset_id else AUTUMN_CAMPAIGN,
                status,
                first.at,
            )
            row |= _utm_columns(first.visit.utm if first.visit and rng.random() < 0.7 else {})
            row["has_responded"] = status != "Registered"
            if row["has_responded"]:
                row["first_responded_date"] = last.at.date().isoformat()
                last.records.append(f"{FEED}:{row['id']}")
            self.members.append(row)
        self.world.planted["campaign members under a merged contact's old id"] = twins
        self._invite_others(people, set(responses))

    def _invite_others(self, people: dict[str, Person], responded: set[tuple[str, str]]) -> None:
        known = [p for p in people.values() if p.key in self.contact_ids]
        for asset in ASSETS.values():
            if asset.kind not in ("webinar", "event") or asset.host != ACME:
                continue
            assert asset.held_at is not None
            for person in self.rng.sample(known, 90):
                sent = asset.held_at - timedelta(days=20)
                record = self.id_of(person, sent)
                if (person.key, asset.asset_id) in responded or not record:
                    continue
                row = self._member(person, record, campaign_id_of(asset), "Invited", sent)
                row["has_responded"] = False
                self.members.append(row)

    def _member(
        self, person: Person, record: str, campaign_id: str, status: str, at: datetime
    ) -> dict[str, object]:
        is_lead = record.startswith("00Q")
        return {
            "_born_at": at,
            "account_id": "" if is_lead else self._account_of(person),
            "campaign_id": campaign_id,
            "contact_id": "" if is_lead else record,
            "created_by_id": OWNERS[0],
            "created_date": iso(at),
            "id": self.new_id("00v"),
            "lead_id": record if is_lead else "",
            "lead_or_contact_id": record,
            "lead_or_contact_owner_id": OWNERS[1],
            "status": status,
        }

    def _delete_rows(self) -> None:
        """Rows in the recycle bin: junk deals, test people, memberships added by mistake."""
        for number in range(5):
            self.junk.append(
                {
                    "id": self.new_id("006"),
                    "account_id": self.accounts[40 + number]["id"],
                    "amount": 990000.0,
                    "name": "TEST - please ignore",
                    "_gone_at": _noon(date(2026, 10, 25) if number == 0 else date(2026, 7, 1)),
                }
            )
        for number in range(4):
            row = {**self.contacts[10 + number], "master_record_id": ""}
            row |= {"id": self.new_id("003"), "email": f"test{number}@acme.example"}
            row |= {"name": f"Test Record{number}", "_gone_at": _noon(date(2026, 6, 1))}
            self.contacts.append(row)
        for member in self.rng.sample([m for m in self.members if m["status"] == "Invited"], 12):
            twin = dict(member)
            twin |= {"id": self.new_id("00v"), "status": "Attended", "has_responded": True}
            twin |= {"first_responded_date": "2026-05-01", "_gone_at": _noon(date(2026, 6, 15))}
            self.members.append(twin)
        self.world.planted["soft-deleted Salesforce opportunities"] = 5
        self.world.planted["soft-deleted Salesforce contacts"] = 4
        self.world.planted["soft-deleted Salesforce campaign members"] = 12

    # ------------------------------------------------------------ writing

    def deliver(self, folder: Path, day: date) -> None:
        """Write every table as it stood at the beginning of `day`."""
        cut = datetime.combine(day, time(4), UTC)
        synced = iso(datetime.combine(day, time(5, 10), UTC))
        stamp: dict[str, object] = {"_fivetran_synced": synced}

        def current(rows: list[dict[str, object]]) -> list[dict[str, object]]:
            return [_as_of(row, cut, synced) for row in rows if _is_born(row, cut)]

        tables: dict[str, tuple[str, list[dict[str, object]]]] = {
            "account": (ACCOUNT, current(self.accounts)),
            "contact": (CONTACT, current(self.contacts)),
            "lead": (LEAD, [self._lead_as_of(row, cut, synced) for row in self.leads
                            if _is_born(row, cut)]),
            "campaign": (CAMPAIGN, [stamp | row for row in self._campaigns()]),
            "campaign_member": (CAMPAIGN_MEMBER, current(self.members)),
            "campaign_member_status": (CAMPAIGN_MEMBER_STATUS,
                                       [stamp | row for row in self._statuses()]),
            "dated_conversion_rate": (DATED_CONVERSION_RATE,
                                      [stamp | row for row in self._rates(day)]),
            "opportunity": (OPPORTUNITY, []),
            "opportunity_history": (OPPORTUNITY_HISTORY, []),
            "opportunity_contact_role": (OPPORTUNITY_CONTACT_ROLE, []),
        }  # fmt: skip
        is_first = day == campaign.EARLIER_DELIVERY
        for number, deal in enumerate(self.deals):
            if deal.bookings[ACME].created_at >= cut:
                continue
            history = self._history(deal, number, cut, is_first)
            tables["opportunity_history"][1].extend(stamp | row for row in history)
            opportunity = self._opportunity(deal, cut, is_first)
            tables["opportunity"][1].append(stamp | opportunity)
            roles = self._contact_roles(deal, number)
            tables["opportunity_contact_role"][1].extend(stamp | row for row in roles)
        tables["opportunity"][1].extend(
            stamp | _as_of(self._junk_deal(row), cut, synced) for row in self.junk
        )
        for name, (columns, rows) in tables.items():
            files.write_table(folder / f"{name}.csv", columns, rows)

    def _lead_as_of(self, row: dict[str, object], cut: datetime, synced: str) -> dict[str, object]:
        person_key = str(row["_person"])
        converts = row["_converts_at"]
        done = isinstance(converts, datetime) and converts < cut
        contact = self.contact_ids.get(person_key, "") if done else ""
        person_account = (
            next((c["account_id"] for c in self.contacts if c["id"] == contact), "")
            if contact
            else ""
        )
        changes = {
            "is_converted": done,
            "converted_contact_id": contact,
            "converted_account_id": person_account,
            "converted_date": iso(converts) if isinstance(converts, datetime) and done else "",
            "converted_opportunity_id": row["_opportunity"] if done else "",
            "status": row["status"] if done else "Open - Not Contacted",
        }
        return _as_of(row | changes, cut, synced)

    def _opportunity(self, deal: Deal, cut: datetime, is_first: bool) -> dict[str, object]:
        booking = deal.bookings[ACME]
        stage = (
            [s for s, at in deal.stages if at < cut][-1]
            if deal.stages[0][1] < cut
            else "opportunity"
        )
        label, probability, forecast = STAGES[stage]
        if deal.key in self.unmapped:
            label = UNMAPPED_STAGE
        closes_on = _expected_close(deal, booking, stage, is_first)
        amount = booking.earlier_amount if is_first and booking.earlier_amount else booking.amount
        changed = max(at for _, at in deal.stages if at < cut) if deal.stages[0][1] < cut else cut
        return {
            "_fivetran_active": True,
            "account_id": self.account_ids[deal.account.key],
            "amount": amount,
            "campaign_id": self._primary_campaign(deal),
            # The first export wrote midnights, the second bare dates.
            "close_date": f"{closes_on} 00:00:00" if is_first else closes_on.isoformat(),
            "created_date": iso(booking.created_at),
            "currency_iso_code": booking.currency,
            "expected_revenue": round(amount * probability / 100, 2),
            "fiscal": f"{_fiscal(closes_on)[0]} {_fiscal(closes_on)[1]}",
            "fiscal_quarter": _fiscal(closes_on)[1],
            "fiscal_year": _fiscal(closes_on)[0],
            "forecast_category": forecast,
            "forecast_category_name": forecast,
            "id": self.deal_ids[deal.key],
            "is_closed": stage in ("won", "lost"),
            "is_deleted": False,
            "is_won": stage == "won",
            "last_modified_date": iso(max(changed, booking.created_at)),
            "lead_source": "Partner Referral" if "referral" in str(deal.effects) else "",
            "name": booking.name,
            "owner_id": OWNERS[int(deal.key[1:]) % len(OWNERS)],
            "probability": probability,
            "stage_name": label,
            "type": "New Business",
        }

    def _junk_deal(self, row: dict[str, object]) -> dict[str, object]:
        return row | {
            "close_date": "2026-06-30",
            "created_date": "2026-05-04T10:00:00.000Z",
            "currency_iso_code": "USD",
            "is_closed": True,
            "is_won": True,
            "last_modified_date": "2026-07-01T12:00:00.000Z",
            "stage_name": "Closed Won",
        }

    def _primary_campaign(self, deal: Deal) -> str:
        for touch in reversed(deal.account.touches):
            if touch.at <= deal.created_at and touch.asset and ACME in touch.recorders:
                asset = ASSETS[touch.asset]
                if (asset.kind in CAMPAIGN_TYPES and asset.held_at is None) or touch.kind.endswith(
                    "attended"
                ):
                    return campaign_id_of(asset)
        return ""

    def _history(
        self, deal: Deal, number: int, cut: datetime, is_first: bool
    ) -> list[dict[str, object]]:
        booking = deal.bookings[ACME]
        rows = []
        for step, (stage, at) in enumerate(deal.stages):
            entered = booking.created_at if step == 0 else max(at, booking.created_at)
            if entered >= cut:
                continue
            label, probability, forecast = STAGES[stage]
            is_last = step == len(deal.stages) - 1
            rows.append(
                {
                    "id": salesforce_id("008", number * 12 + step + 1),
                    "opportunity_id": self.deal_ids[deal.key],
                    "stage_name": UNMAPPED_STAGE
                    if is_last and deal.key in self.unmapped
                    else label,
                    "amount": booking.earlier_amount
                    if is_first and booking.earlier_amount
                    else booking.amount,
                    "close_date": _expected_close(deal, booking, stage, is_first).isoformat(),
                    "probability": probability,
                    "forecast_category": forecast,
                    "created_by_id": OWNERS[0],
                    "created_date": iso(entered),
                    "is_deleted": False,
                }
            )
        return rows

    def _contact_roles(self, deal: Deal, number: int) -> list[dict[str, object]]:
        roles = ("Decision Maker", "Economic Buyer", "Evaluator", "Influencer", "Business User")
        return [
            {
                "id": salesforce_id("00K", number * 12 + place + 1),
                "opportunity_id": self.deal_ids[deal.key],
                "contact_id": self.contact_ids[person.key],
                "role": roles[place],
                "is_primary": place == 0,
                "is_deleted": False,
                "created_date": iso(deal.bookings[ACME].created_at),
            }
            for place, person in enumerate(deal.committee)
            if person.key in self.contact_ids
        ]

    def _campaigns(self) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = [
            {"id": PARENT_CAMPAIGN, "name": "AI Launch Tour", "type": "Other",
             "start_date": campaign.FLIGHT[0], "end_date": campaign.FLIGHT[1],
             "budgeted_cost": 180000},
            {"id": SECURITY_CAMPAIGN, "name": "Spring Security Push", "type": "Other",
             "start_date": date(2026, 2, 10), "end_date": date(2026, 5, 20),
             "budgeted_cost": 40000},
            {"id": AUTUMN_CAMPAIGN, "name": "Autumn Webinar 2025", "type": "Webinar",
             "start_date": date(2025, 10, 1), "end_date": date(2025, 10, 31),
             "budgeted_cost": 9000},
        ]  # fmt: skip
        for asset in ASSETS.values():
            is_ours = asset.host == ACME or asset.owner == "joint"
            if asset.kind not in CAMPAIGN_TYPES or not is_ours:
                continue
            is_tour = asset.campaign == campaign.TOUR
            start = asset.held_at.date() if asset.held_at else campaign.FLIGHT[0]
            rows.append(
                {
                    "id": campaign_id_of(asset),
                    "name": f"{'AI Launch Tour' if is_tour else 'Security'} - {asset.name}",
                    "type": CAMPAIGN_TYPES[asset.kind],
                    "start_date": start,
                    "end_date": asset.held_at.date() if asset.held_at else campaign.FLIGHT[1],
                    "parent_id": PARENT_CAMPAIGN if is_tour else SECURITY_CAMPAIGN,
                    "budgeted_cost": 12000,
                    "actual_cost": 11480.5,
                }
            )
        common = {"_fivetran_active": True, "is_active": True, "is_deleted": False,
                  "status": "In Progress"}  # fmt: skip
        return [common | row for row in rows]

    def _statuses(self) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for row in self._campaigns():
            for order, (label, responded) in enumerate(STATUSES[str(row["type"])], start=1):
                rows.append(
                    {
                        "id": salesforce_id("01Y", len(rows) + 1),
                        "campaign_id": row["id"],
                        "label": label,
                        "has_responded": responded,
                        "is_default": order == 1,
                        "sort_order": order,
                        "is_deleted": False,
                    }
                )
        return rows

    def _rates(self, day: date) -> list[dict[str, object]]:
        """Monthly rates, foreign units per corporate US dollar, `next_start_date` exclusive."""
        starts = [date(2026, month, 1) for month in range(1, 13) if date(2026, month, 1) <= day]
        return [
            {
                "id": salesforce_id("04w", 50 * place + number),
                "iso_code": currency,
                "conversion_rate": f"{usd_rate(currency, start):.4f}",
                "start_date": start,
                "next_start_date": starts[number + 1] if number + 1 < len(starts) else "9999-12-31",
            }
            for place, currency in enumerate(("EUR", "GBP"), start=1)
            for number, start in enumerate(starts)
        ]


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _is_born(row: dict[str, object], cut: datetime) -> bool:
    born = row.get("_born_at")
    return not isinstance(born, datetime) or born < cut


def _as_of(row: dict[str, object], cut: datetime, synced: str) -> dict[str, object]:
    """The row without our own notes, deleted only if that had happened by then."""
    gone = row.get("_gone_at")
    is_gone = isinstance(gone, datetime) and gone < cut
    visible = {name: value for name, value in row.items() if not name.startswith("_")}
    if not is_gone:
        visible.pop("master_record_id", None)
    return visible | {
        "_fivetran_synced": synced,
        "_fivetran_active": True,
        "is_deleted": is_gone,
    }


def _utm_columns(utm: dict[str, str]) -> dict[str, object]:
    return {f"utm_{key}_c": value for key, value in utm.items()}


def _expected_close(deal: Deal, booking: Booking, stage: str, is_first: bool) -> date:
    if is_first and booking.earlier_outcome:
        return next(at for s, at in deal.stages if s == "lost").date()
    return booking.closes_on


def _fiscal(day: date) -> tuple[int, int]:
    """(year, quarter) of a fiscal year that begins in February and is named for where it ends."""
    months = (day.year * 12 + day.month - 2) - 12 * day.year
    return (day.year + 1, months // 3 + 1) if months >= 0 else (day.year, 4)
