"""Northwind's systems: HubSpot as Airbyte lands it, Segment's pages, and Google Ads."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlencode

from demo import campaign, files, spelling
from demo.campaign import ASSETS, NORTHWIND, Asset
from demo.entities import Account, Deal, Person, Touch, World
from demo.files import digest, epoch_ms, iso

FEED = "northwind.hubspot"
HUBSPOT = {
    "companies": """id createdAt updatedAt archived contacts properties_name properties_domain
        properties_website properties_country properties_city properties_industry
        properties_numberofemployees properties_createdate properties_hs_parent_company_id
        properties_hs_lastmodifieddate""",
    "contacts": """id createdAt updatedAt archived companies properties_email
        properties_firstname properties_lastname properties_jobtitle properties_company
        properties_country properties_createdate properties_lastmodifieddate
        properties_associatedcompanyid properties_lifecyclestage
        properties_hs_lifecyclestage_marketingqualifiedlead_date properties_hs_merged_object_ids
        properties_hs_analytics_source""",
    "deals": """id createdAt updatedAt archived companies contacts line_items properties_dealname
        properties_amount properties_deal_currency_code properties_hs_exchange_rate
        properties_dealstage properties_pipeline properties_createdate properties_closedate
        properties_hs_lastmodifieddate properties_hs_is_closed properties_hs_is_closed_won
        properties_hubspot_owner_id properties_hs_analytics_source
        properties_hs_merged_object_ids""",
    "deal_pipelines": """label displayOrder active stages objectType objectTypeId pipelineId
        createdAt updatedAt default""",
    "deals_property_history": """updatedByUserId timestamp property dealId sourceType sourceId
        value archived""",
    "email_events": """appId appName attempt bcc bounced browser category causedBy cc created
        deviceType dropMessage dropReason duration emailCampaignGroupId emailCampaignId
        filteredEvent from hmid id ipAddress linkId location obsoletedBy portalId
        portalSubscriptionStatus recipient referer replyTo requestedBy requestedByUserId response
        sentBy smtpId source sourceId status subject subscriptions type url userAgent""",
    "form_submissions": "conversionId submittedAt updatedAt values pageUrl formId",
    "campaigns": """appId appName contentId counters counters_open counters_processed
        counters_sent counters_click counters_delivered id lastProcessingFinishedAt
        lastProcessingStateChangeAt lastProcessingStartedAt processingState name numIncluded
        numQueued subType subject type lastUpdatedTime""",
    "forms": """id name formType createdAt updatedAt archived deletedAt fieldGroups configuration
        displayOptions legalConsentOptions""",
}
SEGMENT_PAGES = """id anonymous_id user_id received_at sent_at timestamp url path title search
    referrer context_campaign_source context_campaign_medium context_campaign_name
    context_campaign_term context_campaign_content context_ip context_user_agent"""
GOOGLE_ADS = {
    "account_history": """_fivetran_synced auto_tagging_enabled currency_code descriptive_name id
        time_zone updated_at _fivetran_active""",
    "campaign_history": """advertising_channel_subtype advertising_channel_type customer_id
        end_date id name serving_status start_date status tracking_url_template updated_at
        _fivetran_active""",
    "ad_group_history": """campaign_id campaign_name id name status type updated_at
        _fivetran_active""",
    "ad_history": """ad_group_id display_url final_urls id name status type updated_at
        _fivetran_active""",
    "campaign_stats": """_fivetran_id _fivetran_synced ad_network_type clicks cost_micros
        customer_id date device id impressions conversions conversions_value
        view_through_conversions""",
    "ad_stats": """ad_group ad_group_id ad_id ad_network_type campaign_id clicks cost_micros
        customer_id date device impressions keyword_ad_group_criterion conversions
        conversions_value view_through_conversions""",
}
PIPELINES = {
    "default": ("Sales Pipeline", (
        ("opportunity", "appointmentscheduled", "Appointment scheduled", 0.2),
        ("qualified", "qualifiedtobuy", "Qualified to buy", 0.4),
        ("proposal", "decisionmakerboughtin", "Decision maker bought-in", 0.6),
        ("negotiation", "contractsent", "Contract sent", 0.8),
        ("won", "closedwon", "Closed won", 1.0),
        ("lost", "closedlost", "Closed lost", 0.0),
    )),
    "48213907": ("Partnergeschäft", (
        ("opportunity", "148832901", "Erstgespräch", 0.1),
        ("qualified", "148832902", "Qualifiziert", 0.3),
        ("proposal", "148832903", "Angebot", 0.6),
        ("negotiation", "148832904", "Verhandlung", 0.8),
        ("won", "148832905", "Gewonnen", 1.0),
        ("lost", "148832906", "Verloren", 0.0),
    )),
}  # fmt: skip
CUSTOMER = 2121450128
# asset -> (campaign id, campaign name, channel type, euros a day, first day, last day)
GOOGLE_CAMPAIGNS = {
    "ai-search-dach": (17000000001, "AI Launch Tour | Search | DACH", "SEARCH", 96.0,
                       *campaign.FLIGHT),
    "ai-search-uk": (17000000002, "AI Launch Tour | Search | UK", "SEARCH", 58.0,
                     *campaign.FLIGHT),
    "ai-display-retargeting": (17000000003, "AI Launch Tour | Display | Retargeting", "DISPLAY",
                               33.0, date(2026, 7, 1), date(2026, 9, 30)),
    "data-search-brand": (17000000004, "Northwind Brand | Always-on", "SEARCH", 41.0,
                          campaign.FIRST_DAY, campaign.AS_OF),
}  # fmt: skip
BROWSER = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.0 Safari/605.1.15"
)
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

Rows = list[dict[str, object]]


class HubSpot:
    """Northwind's portal: ids given once, tables written as of each delivery."""

    def __init__(self, world: World) -> None:
        self.world = world
        rng = world.rng("northwind.hubspot")
        self.deals = [d for d in world.deals if NORTHWIND in d.bookings]
        self.company_ids: dict[str, str] = {}
        self.contact_ids: dict[str, str] = {}
        self.deal_ids: dict[str, str] = {}
        self.emails: dict[str, str] = {}
        self.merged: dict[str, str] = {}  # person -> the contact id that went away
        for account in world.accounts:
            if NORTHWIND in account.known_by:
                number = f"{8400000000 + int(account.key[1:]) * 7919}"
                self.company_ids[account.key] = number
                world.ids[account.key]["northwind_company_id"].append(number)
        for person in world.people:
            if NORTHWIND in person.known_since:
                number = f"{51000000 + int(person.key[1:]) * 37}"
                self.contact_ids[person.key] = number
                self.emails[person.key] = spelling.email(person, NORTHWIND, world, rng)
                world.ids[person.key]["northwind_contact_id"].append(number)
        for deal in self.deals:
            number = f"{14200000000 + int(deal.key[1:]) * 104729}"
            self.deal_ids[deal.key] = number
            world.ids[deal.key]["northwind_deal_id"].append(number)
        active = [p for p in world.people if p.key in self.contact_ids and len(p.touches) > 8]
        for person in rng.sample(active, 10):
            old = f"{int(self.contact_ids[person.key]) + 11}"
            self.merged[person.key] = old
            world.ids[person.key]["northwind_contact_id"].append(old)
        world.planted["HubSpot contacts merged (hs_merged_object_ids)"] = 10

    def deliver(self, folder: Path, day: date) -> None:
        """Write every stream as it stood at the beginning of `day`."""
        cut = datetime.combine(day, time(3), UTC)
        is_first = day == campaign.EARLIER_DELIVERY
        tables: dict[str, Rows] = {
            "companies": [self._company(a, cut) for a in self.world.accounts
                          if a.key in self.company_ids],
            "contacts": self._contacts(cut, is_first),
            "deals": [self._deal(d, cut, is_first) for d in self.deals
                      if d.bookings[NORTHWIND].created_at < cut],
            "deal_pipelines": _pipelines(),
            "deals_property_history": self._history(cut, is_first),
            "email_events": self._email_events(cut, is_first),
            "form_submissions": self._form_submissions(cut, is_first),
            "campaigns": self._campaigns(),
            "forms": self._forms(),
        }  # fmt: skip
        for name, rows in tables.items():
            files.write_table(folder / f"{name}.csv", HUBSPOT[name], rows)

    # ------------------------------------------------------------ CRM

    def _company(self, account: Account, cut: datetime) -> dict[str, object]:
        rng = self.world.rng(f"northwind.company.{account.key}")
        name = spelling.account_name(account, NORTHWIND, rng)
        if cut.month == campaign.LATEST_DELIVERY.month:
            self.world.planted["companies that Northwind spells otherwise"] += name != account.name
        parent = ""
        if account.group and not account.is_group_parent:
            head = next(
                a for a in self.world.accounts if a.group == account.group and a.is_group_parent
            )
            parent = self.company_ids.get(head.key, "")
        created = datetime(2024, 2, 5, 9, tzinfo=UTC) + timedelta(days=rng.randrange(300))
        domain = account.other_domain.get(NORTHWIND, account.domain)
        contacts = [self.contact_ids[p.key] for p in account.people if p.key in self.contact_ids]
        return {
            "id": self.company_ids[account.key],
            "createdAt": iso(created),
            "updatedAt": iso(cut - timedelta(days=3)),
            "archived": False,
            "contacts": json.dumps(contacts),
            "properties_name": name,
            "properties_domain": domain if rng.random() < 0.85 else "",
            "properties_website": spelling.website(account, NORTHWIND, rng),
            "properties_country": spelling.country(account, rng),
            "properties_city": account.city,
            "properties_industry": account.industry.upper().replace(" ", "_"),
            "properties_numberofemployees": account.employees,
            "properties_createdate": iso(created),
            "properties_hs_parent_company_id": parent,
        }

    def _contacts(self, cut: datetime, is_first: bool) -> Rows:
        rows: Rows = []
        for person in self.world.people:
            contact = self.contact_ids.get(person.key)
            if contact is None or person.known_since[NORTHWIND] >= cut:
                continue
            row = self._contact(person, contact, cut)
            old = self.merged.get(person.key)
            if old and is_first:
                twin = row | {"id": old, "properties_email": f"old.{person.email_for(NORTHWIND)}"}
                rows.append(twin)
            elif old:
                row["properties_hs_merged_object_ids"] = old
            rows.append(row)
        return rows

    def _contact(self, person: Person, contact: str, cut: datetime) -> dict[str, object]:
        rng = self.world.rng(f"northwind.contact.{person.key}")
        since = person.known_since[NORTHWIND]
        qualified = spelling.qualified_at(person, NORTHWIND)
        if qualified and qualified >= cut:
            qualified = None
        company = self.company_ids[person.account.key]
        return {
            "id": contact,
            "createdAt": iso(since),
            "updatedAt": iso(max(since, cut - timedelta(days=1 + rng.randrange(40)))),
            "archived": False,
            "companies": json.dumps([company]),
            "properties_email": self.emails[person.key],
            "properties_firstname": person.first,
            "properties_lastname": person.last,
            "properties_jobtitle": person.title,
            "properties_company": spelling.account_name(person.account, NORTHWIND, rng),
            "properties_country": spelling.country(person.account, rng),
            "properties_createdate": iso(since),
            "properties_associatedcompanyid": company,
            "properties_lifecyclestage": "marketingqualifiedlead" if qualified else "lead",
            "properties_hs_lifecyclestage_marketingqualifiedlead_date": iso(qualified),
            "properties_hs_analytics_source": rng.choice(
                ("EMAIL_MARKETING", "PAID_SEARCH", "DIRECT_TRAFFIC", "OFFLINE")
            ),
        }

    def _pipeline_of(self, deal: Deal) -> str:
        return "48213907" if len(deal.bookings) > 1 else "default"

    def _deal(self, deal: Deal, cut: datetime, is_first: bool) -> dict[str, object]:
        booking = deal.bookings[NORTHWIND]
        pipeline = self._pipeline_of(deal)
        stage_ids = {stage: stage_id for stage, stage_id, _, _ in PIPELINES[pipeline][1]}
        passed = [(s, at) for s, at in deal.stages if at < cut] or [deal.stages[0]]
        stage, changed = passed[-1]
        amount = booking.earlier_amount if is_first and booking.earlier_amount else booking.amount
        closes_on = booking.closes_on
        if is_first and booking.earlier_outcome:
            closes_on = changed.date()
        contacts = [self.contact_ids[p.key] for p in deal.committee if p.key in self.contact_ids]
        if deal.committee and deal.committee[0].key in self.merged:
            contacts[0] = self.merged[deal.committee[0].key]  # the association outlived the merge
        modified = max(changed, booking.created_at)
        return {
            "id": self.deal_ids[deal.key],
            "createdAt": iso(booking.created_at),
            "updatedAt": iso(modified),
            "archived": booking.is_archived and not is_first,
            "companies": json.dumps([self.company_ids[deal.account.key]]),
            "contacts": json.dumps(contacts),
            "line_items": "[]",
            "properties_dealname": booking.name,
            "properties_amount": amount,
            "properties_deal_currency_code": booking.currency,
            "properties_hs_exchange_rate": "1.0" if booking.currency == "EUR" else "1.152",
            "properties_dealstage": stage_ids[stage],
            "properties_pipeline": pipeline,
            "properties_createdate": iso(booking.created_at),
            "properties_closedate": iso(datetime.combine(closes_on, time(14, 30), UTC)),
            "properties_hs_lastmodifieddate": iso(modified),
            "properties_hs_is_closed": stage in ("won", "lost"),
            "properties_hs_is_closed_won": stage == "won",
            "properties_hubspot_owner_id": 71200 + int(deal.key[1:]) % 4,
            "properties_hs_analytics_source": "OFFLINE",
        }

    def _history(self, cut: datetime, is_first: bool) -> Rows:
        rows: Rows = []
        for deal in self.deals:
            booking = deal.bookings[NORTHWIND]
            stages = PIPELINES[self._pipeline_of(deal)][1]
            stage_ids = {stage: stage_id for stage, stage_id, _, _ in stages}
            for step, (stage, at) in enumerate(deal.stages):
                entered = booking.created_at if step == 0 else max(at, booking.created_at)
                if entered < cut:
                    rows.append(self._change(deal, "dealstage", stage_ids[stage], entered))
            if booking.created_at < cut:
                first = booking.earlier_amount or booking.amount
                rows.append(self._change(deal, "amount", f"{first:.2f}", booking.created_at))
            if booking.earlier_amount and not is_first:
                later = datetime(2026, 10, 20, 10, 5, tzinfo=UTC)
                rows.append(self._change(deal, "amount", f"{booking.amount:.2f}", later))
        return rows

    def _change(self, deal: Deal, name: str, value: str, at: datetime) -> dict[str, object]:
        return {
            "updatedByUserId": 71200 + int(deal.key[1:]) % 4,
            "timestamp": iso(at),
            "property": name,
            "dealId": self.deal_ids[deal.key],
            "sourceType": "CRM_UI",
            "value": value,
            "archived": False,
        }

    # ------------------------------------------------------------ marketing

    def _email_events(self, cut: datetime, is_first: bool) -> Rows:
        rows: Rows = []
        for touch in self.world.touches:
            person = touch.person
            is_mine = touch.partner == NORTHWIND and touch.kind in ("email_open", "email_click")
            if not is_mine or person is None or touch.at >= cut:
                continue
            asset = ASSETS[touch.asset]
            event_id = _guid("email", touch.key)
            is_click = touch.kind == "email_click"
            row: dict[str, object] = {
                "appId": 2286,
                "appName": "Batch",
                "created": epoch_ms(touch.at),
                "deviceType": "COMPUTER",
                "emailCampaignId": _email_campaign(asset),
                "filteredEvent": touch.is_bot and int(touch.key[1:]) % 2 == 0,
                "from": "Northwind <tour@northwind.example>",
                "id": event_id,
                "portalId": 4727653,
                "recipient": person.email_for(NORTHWIND),
                "subject": asset.name,
                "type": "CLICK" if is_click else "OPEN",
                "userAgent": "Mimecast-URL-Protect/2.1" if touch.is_bot else BROWSER,
                "sentBy": json.dumps({"id": _guid("sent", person.key, asset.asset_id),
                                      "created": epoch_ms(touch.at - timedelta(hours=3))}),
            }  # fmt: skip
            if is_click:
                utm = touch.visit.utm if touch.visit else {}
                row["url"] = _url(f"/{asset.campaign}/{asset.asset_id}", utm)
            rows.append(row)
            if not is_first:
                touch.records.append(f"{FEED}:{event_id}")
                self.world.planted["HubSpot filteredEvent"] += bool(row["filteredEvent"])
        return rows

    def _form_submissions(self, cut: datetime, is_first: bool) -> Rows:
        rows: Rows = []
        for touch in self.world.touches:
            person = touch.person
            form = _form_of(touch)
            if form is None or person is None or touch.at >= cut:
                continue
            conversion = _guid("form", touch.key)
            values = [
                {"name": "email", "value": self.emails[person.key], "objectTypeId": "0-1"},
                {"name": "firstname", "value": person.first, "objectTypeId": "0-1"},
                {"name": "company", "value": person.account.name, "objectTypeId": "0-1"},
            ]
            rows.append(
                {
                    "conversionId": conversion,
                    "submittedAt": epoch_ms(touch.at),
                    "updatedAt": epoch_ms(touch.at),
                    "values": json.dumps(values, ensure_ascii=False),
                    "pageUrl": _url(f"/{touch.campaign}/{touch.asset}", _form_utm(touch)),
                    "formId": form[0],
                }
            )
            if not is_first:
                touch.records.append(f"{FEED}:form:{conversion}")
        return rows

    def _campaigns(self) -> Rows:
        rows: Rows = []
        for asset in ASSETS.values():
            if asset.kind == "email" and asset.host == NORTHWIND:
                name = "AI Launch Tour" if asset.campaign == campaign.TOUR else "Always-on"
                rows.append(
                    {
                        "appId": 2286,
                        "appName": "Batch",
                        "id": _email_campaign(asset),
                        "name": f"{name} - {asset.name}",
                        "subject": asset.name,
                        "type": "BATCH_EMAIL",
                        "subType": "PRODUCT",
                        "numIncluded": 780,
                        "lastUpdatedTime": epoch_ms(datetime(2026, 10, 1, 9, tzinfo=UTC)),
                    }
                )
        return rows

    def _forms(self) -> Rows:
        names: dict[str, str] = {}
        for touch in self.world.touches:
            form = _form_of(touch)
            if form:
                names[form[0]] = form[1]
        return [
            {
                "id": form_id,
                "name": name,
                "formType": "hubspot",
                "createdAt": "2026-01-15T09:00:00.000Z",
                "updatedAt": "2026-04-01T09:00:00.000Z",
                "archived": False,
            }
            for form_id, name in sorted(names.items(), key=lambda pair: pair[1])
        ]


def _form_of(touch: Touch) -> tuple[str, str] | None:
    """(id, name) of the HubSpot form that recorded the touch."""
    if NORTHWIND not in touch.recorders or not touch.asset or touch.is_bot:
        return None
    purpose = {
        "webinar_registered": "Webinar registration",
        "webinar_attended": "Webinar attended",
        "event_registered": "Event registration",
        "event_attended": "Event attended (badge scan)",
        "content_download": "Download",
        "partner_referral": "Partner referral",
    }.get(touch.kind)
    if purpose is None:
        return None
    asset = ASSETS[touch.asset]
    prefix = "AI Launch Tour" if asset.campaign == campaign.TOUR else "Always-on"
    name = f"{prefix} | {purpose} | {asset.name}"
    return _guid("form", name), name


def _form_utm(touch: Touch) -> dict[str, str]:
    """The link's own UTMs, or those that whoever imports the host's list puts on the form."""
    if touch.visit and touch.visit.site == NORTHWIND:
        return touch.visit.utm
    asset = ASSETS[touch.asset]
    return {
        "source": touch.partner,
        "medium": "partner" if asset.kind == "referral" else asset.kind,
        "campaign": asset.campaign,
        "content": asset.asset_id,
    }


def _guid(*parts: object) -> str:
    text = digest(*parts)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


def _email_campaign(asset: Asset) -> int:
    return 293000000 + list(ASSETS).index(asset.asset_id)


def _url(path: str, utm: dict[str, str]) -> str:
    query = urlencode({f"utm_{key}": value for key, value in utm.items() if value})
    return f"https://{campaign.SITES[NORTHWIND]}{path}" + (f"?{query}" if query else "")


def _pipelines() -> Rows:
    return [
        {
            "label": label,
            "displayOrder": order,
            "active": True,
            "stages": json.dumps(
                [
                    {
                        "label": name,
                        "displayOrder": place,
                        "metadata": {
                            "isClosed": "true" if probability in (0.0, 1.0) else "false",
                            "probability": str(probability),
                        },
                        "stageId": stage_id,
                        "active": True,
                    }
                    for place, (_, stage_id, name, probability) in enumerate(stages)
                ],
                ensure_ascii=False,
            ),
            "objectType": "DEAL",
            "objectTypeId": "0-3",
            "pipelineId": pipeline_id,
            "createdAt": epoch_ms(datetime(2023, 5, 2, 8, tzinfo=UTC)),
            "updatedAt": epoch_ms(datetime(2026, 1, 9, 8, tzinfo=UTC)),
            "default": pipeline_id == "default",
        }
        for order, (pipeline_id, (label, stages)) in enumerate(PIPELINES.items())
    ]


def deliver(world: World, folder: Path) -> None:
    """Write HubSpot twice, Segment and Google Ads once, below `folder`."""
    hubspot = HubSpot(world)
    for day in (campaign.EARLIER_DELIVERY, campaign.LATEST_DELIVERY):
        hubspot.deliver(folder / "hubspot" / str(day), day)
    day = campaign.LATEST_DELIVERY
    files.write_table(
        folder / "segment" / str(day) / "pages.csv.gz", SEGMENT_PAGES, _pages(world, hubspot)
    )
    for name, rows in _google_ads(world, day).items():
        files.write_table(folder / "google_ads" / str(day) / f"{name}.csv", GOOGLE_ADS[name], rows)


def _pages(world: World, hubspot: HubSpot) -> Rows:
    rng = world.rng("northwind.segment")
    rows: Rows = []
    for touch in world.touches:
        visit = touch.visit
        if visit is None or visit.site != NORTHWIND or not visit.cookie:
            continue
        user = _segment_user(world, touch, hubspot, rng.random())
        for step, path in enumerate(visit.pages):
            at = touch.at + timedelta(seconds=step * rng.randrange(8, 90))
            utm = visit.utm if step == 0 and "campaign" in visit.utm else {}
            page_id = f"ajs-{digest('segment', touch.key, step)[:32]}"
            clicked = f"&gclid={visit.gclid}" if visit.gclid and utm else ""
            search = _url("", utm).partition("?")[2] + clicked
            rows.append(
                {
                    "id": page_id,
                    "anonymous_id": _guid("cookie", visit.cookie),
                    "user_id": user,
                    "received_at": iso(at + timedelta(seconds=2)),
                    "sent_at": iso(at + timedelta(seconds=1)),
                    "timestamp": iso(at),
                    "url": f"https://{campaign.SITES[NORTHWIND]}{path}"
                    + (f"?{search}" if search else ""),
                    "path": path,
                    "title": path.rsplit("/", 1)[-1] or "Home",
                    "search": f"?{search}" if search else "",
                    "referrer": visit.referrer if step == 0 else "",
                    "context_campaign_source": utm.get("source", ""),
                    "context_campaign_medium": utm.get("medium", ""),
                    "context_campaign_name": utm.get("campaign", ""),
                    "context_campaign_content": utm.get("content", ""),
                    "context_ip": f"192.0.2.{int(touch.key[1:]) % 250 + 1}",
                    "context_user_agent": CRAWLER if visit.is_bot else BROWSER,
                }
            )
            if step == 0:
                touch.records.append(f"northwind.segment:{page_id}")
    return rows


def _segment_user(world: World, touch: Touch, hubspot: HubSpot, draw: float) -> str:
    """Whom identify() named: an address, its hash or a HubSpot id, as three developers chose."""
    person = touch.person
    if person is None or person.identified_at.get(NORTHWIND, touch.at) >= touch.at or draw > 0.4:
        return ""
    if draw < 0.22:
        world.planted["Segment user_id that is a plain e-mail address"] += 1
        return person.email_for(NORTHWIND)
    if draw < 0.32:
        world.planted["Segment user_id that is a hashed e-mail address"] += 1
        return files.sha256_of_email(person.email_for(NORTHWIND))
    return hubspot.contact_ids.get(person.key, "")


def _google_ads(world: World, day: date) -> dict[str, Rows]:
    rng = world.rng("northwind.google_ads")
    tables: defaultdict[str, Rows] = defaultdict(list)
    synced = f"{day} 04:10:00"
    tables["account_history"].append(
        {
            "_fivetran_synced": synced,
            "auto_tagging_enabled": True,
            "currency_code": "EUR",
            "descriptive_name": "Northwind GmbH",
            "id": CUSTOMER,
            "time_zone": "Europe/Berlin",
            "updated_at": "2026-01-04 09:20:51",
            "_fivetran_active": True,
        }
    )
    for asset_id, (number, name, kind, daily, first, last) in GOOGLE_CAMPAIGNS.items():
        asset = ASSETS[asset_id]
        group, ad = number + 100, number + 200
        for modified, label in (("2026-01-20T17:19:05.102", f"{name} (old)"),
                                ("2026-04-10T20:21:09.602", name)):  # fmt: skip
            tables["campaign_history"].append(
                {
                    "advertising_channel_type": kind,
                    "advertising_channel_subtype": "UNSPECIFIED",
                    "customer_id": CUSTOMER,
                    "start_date": first,
                    "end_date": "2037-12-30",
                    "id": number,
                    "name": label,
                    "serving_status": "SERVING",
                    "status": "ENABLED",
                    "updated_at": modified,
                    "_fivetran_active": label == name,
                }
            )
        tables["ad_group_history"].append(
            {
                "campaign_id": number,
                "campaign_name": name,
                "id": group,
                "name": "Main",
                "status": "ENABLED",
                "type": "SEARCH_STANDARD",
                "updated_at": "2026-04-10T20:21:09.602",
                "_fivetran_active": True,
            }
        )
        link = _url(
            f"/{asset.campaign}/{asset_id}",
            {
                "source": "google",
                "medium": "cpc" if kind == "SEARCH" else "display",
                "campaign": asset.campaign,
                "content": asset_id,
            },
        )
        tables["ad_history"].append(
            {
                "ad_group_id": group,
                "display_url": campaign.SITES[NORTHWIND],
                "final_urls": f"[{link}]",
                "id": ad,
                "name": asset.name,
                "status": "ENABLED",
                "type": "RESPONSIVE_SEARCH_AD",
                "updated_at": "2026-04-10T20:21:09.602",
                "_fivetran_active": True,
            }
        )
        for offset in range((last - first).days + 1):
            today = first + timedelta(days=offset)
            for device, share in (("DESKTOP", 0.7), ("MOBILE", 0.3)):
                micros = int(daily * share * rng.uniform(0.7, 1.25) * 100) * 10_000
                clicks = int(micros / 1e6 / rng.uniform(4, 7))
                stats: dict[str, object] = {
                    "ad_network_type": "SEARCH" if kind == "SEARCH" else "CONTENT",
                    "clicks": clicks,
                    "cost_micros": micros,
                    "customer_id": CUSTOMER,
                    "date": today,
                    "device": device,
                    "impressions": clicks * 31 + 5,
                    "conversions": 0,
                    "conversions_value": 0,
                    "view_through_conversions": 0,
                }
                tables["campaign_stats"].append(
                    stats
                    | {
                        "_fivetran_id": digest("gads", number, today, device)[:28],
                        "_fivetran_synced": synced,
                        "id": number,
                    }
                )
                tables["ad_stats"].append(
                    stats
                    | {
                        "ad_group": f"customers/{CUSTOMER}/adGroups/{group}",
                        "ad_group_id": group,
                        "ad_id": ad,
                        "campaign_id": number,
                    }
                )
    world.planted["spend campaign that earns no credit (display, EUR)"] = 1
    return dict(tables)
