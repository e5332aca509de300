"""Acme's marketing tools as Fivetran lands them: Marketo, GA4 and LinkedIn Ads."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlencode

from demo import campaign, files, spelling
from demo.acme import Salesforce, campaign_id_of
from demo.campaign import ACME, ASSETS, Asset
from demo.entities import Person, Touch, Visit, World
from demo.files import digest, naive, utc

_ACTIVITY = "_fivetran_synced activity_date activity_type_id campaign_id id lead_id "
_PRIMARY = " primary_attribute_value primary_attribute_value_id "
_EMAIL = " campaign_run_id choice_number device email_template_id is_mobile_device platform "
_EMAIL += "step_id test_variant user_agent"
MARKETO = {
    "lead": """_fivetran_synced created_at email first_name id last_name updated_at phone main_phone
        mobile_phone company inferred_company address_lead address city state state_code country
        country_code postal_code billing_street billing_city billing_state billing_state_code
        billing_country billing_country_code billing_postal_code inferred_city
        inferred_state_region inferred_country inferred_postal_code inferred_phone_area_code
        anonymous_ip unsubscribed email_invalid do_not_call""",
    "program": """_fivetran_synced _fivetran_deleted channel created_at description end_date id name
        sfdc_id sfdc_name start_date status type updated_at url workspace""",
    "campaign": """_fivetran_synced _fivetran_deleted active created_at description id name
        program_id type updated_at workspace_name computed_url flow_id folder_id folder_type
        is_communication_limit_enabled is_requestable is_system max_members
        qualification_rule_type qualification_rule_interval qualification_rule_unit
        recurrence_start_at recurrence_end_at recurrence_interval_type recurrence_interval
        recurrence_weekday_only recurrence_day_of_month recurrence_day_of_week
        recurrence_week_of_month smart_list_id status""",
    "activity_email_delivered": _ACTIVITY + _PRIMARY + """campaign_run_id choice_number
        email_template_id step_id test_variant""",
    "activity_open_email": _ACTIVITY + _PRIMARY + _EMAIL,
    "activity_click_email": _ACTIVITY + _PRIMARY + _EMAIL + " link link_id",
    "activity_fill_out_form": _ACTIVITY + _PRIMARY + """client_ip_address form_fields
        query_parameters referrer_url user_agent webform_id webpage_id""",
    "activity_change_status_in_progression": _ACTIVITY + _PRIMARY + """acquired_by
        new_status new_status_id old_status old_status_id program_id reason registration_code
        status_reason success""",
    "activity_merge_leads": _ACTIVITY + _PRIMARY + "master_updated merge_ids merge_source "
    "merged_in_sales",
    "activity_delete_lead": _ACTIVITY + _PRIMARY + "campaign",
}  # fmt: skip
ACTIVITY_TYPES = {
    "activity_fill_out_form": 2,
    "activity_open_email": 10,
    "activity_click_email": 11,
    "activity_delete_lead": 29,
    "activity_merge_leads": 32,
    "activity_change_status_in_progression": 104,
}
PROGRAM_CHANNELS = {"webinar": "Webinar", "event": "Roadshow", "email": "Email Send",
                    "ebook": "Content", "whitepaper": "Content"}  # fmt: skip
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36"
)
SCANNERS = (
    "Mozilla/5.0 (compatible; BarracudaCentral/1.0; link scanner)",
    "Mimecast-URL-Protect/2.1",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense bot)",
)

GA4_EVENT = """_fivetran_id _fivetran_synced bundle_sequence_id batch_event_index date
    device_category geo_city geo_country geo_region name platform timestamp traffic_source_name
    traffic_source_medium traffic_source_source collected_traffic_source_manual_medium
    collected_traffic_source_manual_source collected_traffic_source_manual_campaign_id
    collected_traffic_source_manual_campaign_name collected_traffic_source_manual_content
    user_first_touch_timestamp user_id user_pseudo_id value_in_usd
    ecommerce_purchase_revenue_in_usd ecommerce_refund_value_in_usd ecommerce_purchase_revenue
    ecommerce_refund_value ecommerce_total_item_quantity ecommerce_transaction_id
    event_dimensions_hostname param_video_duration param_percent_scrolled param_campaign
    param_content param_gclid param_medium param_page_location param_page_referrer param_source
    param_ga_session_id param_ga_session_number param_engagement_time_msec
    param_engaged_session_event param_session_engaged stream_id is_intraday"""

LINKEDIN = {
    "account_history": """created_time currency id last_modified_time name status type
        version_tag""",
    "campaign_group_history": """account_id backfilled created_time id last_modified_time name
        run_schedule_end run_schedule_start status""",
    "campaign_history": """account_id audience_expansion_enabled campaign_group_id cost_type
        created_time creative_selection daily_budget_amount daily_budget_currency_code format id
        last_modified_time locale_country locale_language name objective_type
        offsite_delivery_enabled optimization_target_type run_schedule_end run_schedule_start
        status type unit_cost_amount unit_cost_currency_code version_tag""",
    "creative_history": """campaign_id click_uri created_time created_at id last_modified_time
        last_modified_at intended_status status text_ad_landing_page spotlight_landing_page""",
    "ad_analytics_by_campaign": """campaign_id clicks cost_in_local_currency cost_in_usd day
        impressions conversion_value_in_local_currency""",
    "ad_analytics_by_creative": """clicks cost_in_local_currency cost_in_usd creative_id day
        impressions conversion_value_in_local_currency""",
}
LINKEDIN_ACCOUNT = 509134421
# asset -> (campaign group, campaign, US dollars a day, first day, last day)
LINKEDIN_CAMPAIGNS = {
    "ai-linkedin-video": (710000101, 230000101, 108.0, *campaign.FLIGHT),
    "ai-linkedin-carousel": (710000101, 230000102, 74.0, date(2026, 6, 1), campaign.FLIGHT[1]),
    "security-linkedin": (710000102, 230000103, 61.0, date(2026, 2, 10), date(2026, 5, 20)),
}

Rows = dict[str, list[dict[str, object]]]


def deliver(world: World, crm: Salesforce, folder: Path, day: date) -> None:
    """Write Marketo, GA4 and LinkedIn Ads below `folder`, all in one delivery."""
    synced = datetime.combine(day, time(5, 30), UTC)
    for name, rows in _marketo(world, crm, synced).items():
        # Fivetran's own files begin with a byte order mark, so these do.
        files.write_table(
            folder / "marketo" / str(day) / f"{name}.csv",
            MARKETO[name],
            rows,
            byte_order_mark=name.startswith("activity"),
        )
    files.write_table(
        folder / "ga4" / str(day) / "event.csv.gz", GA4_EVENT, _ga4(world, crm, synced)
    )
    for name, rows in _linkedin(world).items():
        files.write_table(folder / "linkedin_ads" / str(day) / f"{name}.csv", LINKEDIN[name], rows)


# ---------------------------------------------------------------- Marketo


def _program_id(asset: Asset) -> int:
    return 1100 + list(ASSETS).index(asset.asset_id)


def _program_name(asset: Asset) -> str:
    prefix = {campaign.TOUR: "AI-Launch-Tour", campaign.SECURITY: "Spring-Security"}
    return f"{prefix.get(asset.campaign, 'Other')}.{asset.name}"


def _marketo(world: World, crm: Salesforce, synced: datetime) -> Rows:
    tables: Rows = {name: [] for name in MARKETO}
    lead_ids = _marketo_leads(world, tables, synced)
    for asset in ASSETS.values():
        is_ours = ACME in (asset.host, asset.owner) or asset.owner == "joint"
        if is_ours and asset.kind in PROGRAM_CHANNELS:
            _add_program(asset, tables)
    rng = world.rng("acme.marketo")
    activity = 0
    mailed: set[tuple[int | None, str, datetime]] = set()
    for touch in world.touches:
        if ACME not in touch.recorders or touch.person is None or not touch.asset:
            continue
        lead = lead_ids.get(touch.person.key)
        asset = ASSETS[touch.asset]
        table = _marketo_table(touch)
        is_known = lead is not None and asset.kind in PROGRAM_CHANNELS
        if not is_known or table is None or (touch.kind.startswith("event") and rng.random() < 0.5):
            continue
        activity += 1
        row = _activity(touch, asset, table, lead, 58851000 + activity * 7)
        tables[table].append(row)
        touch.records.append(f"acme.marketo:{row['id']}")
        if touch.sent_at and (lead, touch.asset, touch.sent_at) not in mailed:
            mailed.add((lead, touch.asset, touch.sent_at))
            tables["activity_email_delivered"].append(
                _email_delivered(touch.sent_at, asset, lead, 41000000 + len(mailed))
            )
    _merge_and_delete(world, lead_ids, tables)
    for rows in tables.values():
        for row in rows:
            row["_fivetran_synced"] = utc(synced)
    return tables


def _marketo_table(touch: Touch) -> str | None:
    if touch.kind in ("email_open", "email_click"):
        return f"activity_{touch.kind.removeprefix('email_')}_email"
    if touch.kind == "content_download":
        return "activity_fill_out_form"
    if touch.kind.endswith(("_registered", "_attended")):
        return "activity_change_status_in_progression"
    return None


def _activity(
    touch: Touch, asset: Asset, table: str, lead: int | None, number: int
) -> dict[str, object]:
    program = _program_id(asset)
    row: dict[str, object] = {
        "activity_date": utc(touch.at),
        "activity_type_id": ACTIVITY_TYPES[table],
        "campaign_id": program + 1000,
        "id": number,
        "lead_id": lead,
        "primary_attribute_value": _program_name(asset),
        "primary_attribute_value_id": program,
    }
    utm = touch.visit.utm if touch.visit else {}
    if table.endswith("_email"):
        row |= {
            "email_template_id": program + 2000,
            "is_mobile_device": False,
            "device": "unknown",
            "platform": "unknown",
            "primary_attribute_value": f"{_program_name(asset)}.{touch.at:%Y-%m}",
            "user_agent": SCANNERS[number % len(SCANNERS)] if touch.is_bot else BROWSER,
        }
        if touch.kind == "email_open" and number % 11 == 0:
            row["user_agent"] = "Mozilla/5.0"  # a mail app's privacy proxy
        if table == "activity_click_email":
            row["link"] = _url(ACME, f"/{asset.campaign}/{asset.asset_id}", utm)
    elif table == "activity_fill_out_form":
        row |= {
            "primary_attribute_value": f"{asset.name} download",
            "query_parameters": _query(utm),
            "referrer_url": _url(ACME, f"/{asset.campaign}/{asset.asset_id}", utm),
            "user_agent": BROWSER,
            "webform_id": program + 3000,
            "webpage_id": program + 4000,
        }
    else:
        attended = touch.kind.endswith("_attended")
        row |= {
            "program_id": program,
            "new_status": "Attended" if attended else "Registered",
            "old_status": "Registered" if attended else "Invited",
            "success": attended,
            "reason": "Filled out form" if not attended else "Webinar partner sync",
        }
    return row


def _email_delivered(
    at: datetime, asset: Asset, lead: int | None, number: int
) -> dict[str, object]:
    program = _program_id(asset)
    return {
        "activity_date": utc(at),
        "activity_type_id": 7,
        "campaign_id": program + 1000,
        "email_template_id": program + 2000,
        "id": number,
        "lead_id": lead,
        "primary_attribute_value": f"{_program_name(asset)}.{at:%Y-%m}",
        "primary_attribute_value_id": program,
    }


def _query(utm: dict[str, str]) -> str:
    return urlencode({f"utm_{key}": value for key, value in utm.items() if value})


def _url(partner: str, path: str, utm: dict[str, str]) -> str:
    query = _query(utm)
    return f"https://{campaign.SITES[partner]}{path}" + (f"?{query}" if query else "")


def _marketo_leads(world: World, tables: Rows, synced: datetime) -> dict[str, int]:
    rng = world.rng("acme.marketo.leads")
    lead_ids: dict[str, int] = {}
    for person in world.people:
        since = person.known_since.get(ACME)
        if since is None or rng.random() < 0.06:
            continue
        lead = 1031000 + int(person.key[1:]) * 3
        lead_ids[person.key] = lead
        world.ids[person.key]["acme_marketo_id"].append(str(lead))
        tables["lead"].append(_marketo_lead(world, person, lead, since, synced))
    return lead_ids


def _marketo_lead(
    world: World, person: Person, lead: int, since: datetime, synced: datetime
) -> dict[str, object]:
    rng = world.rng(f"acme.marketo.lead.{person.key}")
    return {
        "created_at": utc(since),
        "email": spelling.email(person, ACME, world, rng),
        "first_name": person.first,
        "id": lead,
        "last_name": person.last,
        "updated_at": utc(min(since + timedelta(days=90), synced)),
        "company": spelling.account_name(person.account, "form", rng),
        "city": person.account.city,
        "country": spelling.country(person.account, rng),
        "unsubscribed": False,
        "email_invalid": False,
        "do_not_call": False,
    }


def _add_program(asset: Asset, tables: Rows) -> None:
    program = _program_id(asset)
    start = asset.held_at or datetime.combine(campaign.FLIGHT[0], time(8), UTC)
    in_salesforce = asset.kind in ("webinar", "event", "ebook", "whitepaper")
    row: dict[str, object] = {
        "_fivetran_deleted": False,
        "created_at": utc(start - timedelta(days=45)),
        "id": program,
        "name": _program_name(asset),
        "type": "Event" if asset.held_at else "Default",
        "updated_at": utc(start),
    }
    tables["program"].append(
        row
        | {
            "channel": PROGRAM_CHANNELS[asset.kind],
            "start_date": utc(asset.held_at),
            "end_date": utc(asset.held_at + timedelta(hours=2)) if asset.held_at else "",
            "sfdc_id": campaign_id_of(asset) if in_salesforce else "",
            "sfdc_name": asset.name if in_salesforce else "",
            "status": "locked",
            "workspace": "Default",
        }
    )
    tables["campaign"].append(
        row
        | {
            "id": program + 1000,
            "name": f"{_program_name(asset)}.01 Main",
            "program_id": program,
            "type": "batch" if asset.kind == "email" else "trigger",
            "active": True,
            "workspace_name": "Default",
        }
    )


def _merge_and_delete(world: World, lead_ids: dict[str, int], tables: Rows) -> None:
    """Duplicates merged into survivors (old activities keep the old id); test leads deleted."""
    used = sorted({int(str(r["lead_id"])) for r in tables["activity_open_email"]})
    people = {lead: key for key, lead in lead_ids.items()}
    for number, survivor in enumerate(used[5:120:10][:11]):
        old = 990000 + number
        world.ids[people[survivor]]["acme_marketo_id"].append(str(old))
        mine = [r for r in tables["activity_open_email"] if r["lead_id"] == survivor]
        for row in mine[: len(mine) // 2 + 1]:
            row["lead_id"] = old
        tables["activity_merge_leads"].append(
            {
                "activity_date": f"2026-0{3 + number % 6}-14 22:45:08 UTC",
                "activity_type_id": 32,
                "id": 67761000 + number,
                "lead_id": survivor,
                "master_updated": True,
                "merge_ids": f"[{old}]",
                "merge_source": "leaddb",
                "merged_in_sales": False,
                "primary_attribute_value": f"lead {survivor}",
                "primary_attribute_value_id": survivor,
            }
        )
    for number in range(3):
        tables["activity_delete_lead"].append(
            {
                "activity_date": "2026-05-14 00:28:21 UTC",
                "activity_type_id": 29,
                "campaign": "Clean-up",
                "id": 93387000 + number,
                "lead_id": 980000 + number,
                "primary_attribute_value": "test lead",
                "primary_attribute_value_id": 980000 + number,
            }
        )
        tables["lead"].append(
            {
                "created_at": "2026-02-02 09:00:00 UTC",
                "updated_at": "2026-02-02 09:00:00 UTC",
                "email": f"qa{number}@acme.example",
                "id": 980000 + number,
                "company": "QA",
            }
        )
    world.planted["Marketo leads merged (merge_ids)"] = len(tables["activity_merge_leads"])
    world.planted["Marketo leads deleted"] = 3


# ---------------------------------------------------------------- GA4


def _ga4(world: World, crm: Salesforce, synced: datetime) -> list[dict[str, object]]:
    rng = world.rng("acme.ga4")
    rows: list[dict[str, object]] = []
    sessions: dict[str, int] = {}
    for touch in world.touches:
        visit = touch.visit
        if visit is None or visit.site != ACME or touch.is_bot or not visit.cookie:
            continue
        sessions[visit.cookie] = sessions.get(visit.cookie, 0) + 1
        user = _ga4_user(world, touch, crm, rng.random())
        tags = visit.utm if "campaign" in visit.utm else {}
        base = _ga4_session(touch, visit, sessions[visit.cookie], user, synced)
        for step, path in enumerate(("session_start", *visit.pages)):
            at = touch.at + timedelta(seconds=step * rng.randrange(8, 90) if step else 0)
            is_start = step == 0
            event_id = digest("ga4", touch.key, step)[:26]
            row = base | {
                "_fivetran_id": event_id,
                "batch_event_index": step,
                "name": "session_start" if is_start else "page_view",
                "timestamp": naive(at),
                "date": f"{at:%Y-%m-%d}",
                "param_page_location": _url(
                    ACME, visit.pages[0] if is_start else path, tags if step < 2 else {}
                ),
                "param_engagement_time_msec": 0 if is_start else rng.randrange(900, 60000),
            }
            if step > 1:
                row |= dict.fromkeys(("param_source", "param_medium", "param_campaign"), "")
            rows.append(row)
        touch.records.append(f"acme.ga4:{visit.cookie}.{base['param_ga_session_id']}")
    return rows


def _ga4_user(world: World, touch: Touch, crm: Salesforce, draw: float) -> str:
    """The id a signed-in visitor carries: mostly the CRM's, now and then an address or its hash."""
    person = touch.person
    if person is None or person.identified_at.get(ACME, touch.at) >= touch.at or draw > 0.4:
        return ""
    if draw < 0.02:
        world.planted["GA4 user_id that is a plain e-mail address"] += 1
        return person.email_for(ACME)
    if draw < 0.1:
        world.planted["GA4 user_id that is a hashed e-mail address"] += 1
        return files.sha256_of_email(person.email_for(ACME))
    return crm.id_of(person, touch.at)


def _ga4_session(
    touch: Touch, visit: Visit, number: int, user: str, synced: datetime
) -> dict[str, object]:
    account = touch.account
    source = visit.utm.get("source") or ("(direct)" if not visit.referrer else "")
    medium = visit.utm.get("medium") or ("(none)" if not visit.referrer else "")
    name = visit.utm.get("campaign", "")
    tags = visit.utm if name else {}
    return {
        "_fivetran_synced": naive(synced),
        "bundle_sequence_id": int(touch.key[1:]),
        "device_category": "desktop" if number % 4 else "mobile",
        "geo_city": account.city if account else "",
        "geo_country": spelling.full_country(account) if account else "United States",
        "platform": "WEB",
        "traffic_source_name": name or "(direct)",
        "traffic_source_medium": medium,
        "traffic_source_source": source,
        "collected_traffic_source_manual_medium": tags.get("medium", ""),
        "collected_traffic_source_manual_source": tags.get("source", ""),
        "collected_traffic_source_manual_campaign_id": visit.utm.get("id", ""),
        "collected_traffic_source_manual_campaign_name": name,
        "collected_traffic_source_manual_content": visit.utm.get("content", ""),
        "user_first_touch_timestamp": naive(touch.at - timedelta(days=7 * (number - 1))),
        "user_id": user,
        "user_pseudo_id": visit.cookie,
        "event_dimensions_hostname": campaign.SITES[ACME],
        "param_campaign": name,
        "param_content": visit.utm.get("content", ""),
        "param_gclid": visit.gclid,
        "param_medium": medium,
        "param_page_referrer": visit.referrer,
        "param_source": source,
        "param_ga_session_id": int(touch.at.timestamp()),
        "param_ga_session_number": number,
        "param_engaged_session_event": "1",
        "param_session_engaged": True,
        "stream_id": "3206015529",
        "is_intraday": False,
    }


# ---------------------------------------------------------------- LinkedIn Ads


def _linkedin(world: World) -> Rows:
    rng = world.rng("acme.linkedin")
    tables: Rows = {name: [] for name in LINKEDIN}
    tables["account_history"].append(
        {
            "created_time": "2023-06-07 22:44:32",
            "currency": "USD",
            "id": LINKEDIN_ACCOUNT,
            "last_modified_time": "2026-01-12 19:05:20.398",
            "name": "Acme Corp",
            "status": "ACTIVE",
            "type": "BUSINESS",
            "version_tag": "12",
        }
    )
    groups = {710000101: "AI Launch Tour", 710000102: "Spring Security Push"}
    for group, name in groups.items():
        for version, modified in enumerate(("2026-01-20 10:00:00", "2026-04-02 08:30:00")):
            tables["campaign_group_history"].append(
                {
                    "account_id": LINKEDIN_ACCOUNT,
                    "backfilled": False,
                    "created_time": "2026-01-20 10:00:00",
                    "id": group,
                    "last_modified_time": modified,
                    "name": name if version else f"{name} (draft)",
                    "status": "ACTIVE" if version else "DRAFT",
                }
            )
    for asset_id, (group, campaign_id, daily, first, last) in LINKEDIN_CAMPAIGNS.items():
        asset = ASSETS[asset_id]
        tables["campaign_history"].append(
            {
                "account_id": LINKEDIN_ACCOUNT,
                "campaign_group_id": group,
                "cost_type": "CPC",
                "created_time": "2026-01-21 09:00:00",
                "daily_budget_amount": daily * 1.2,
                "daily_budget_currency_code": "USD",
                "format": "SINGLE_VIDEO" if "video" in asset_id else "CAROUSEL",
                "id": campaign_id,
                "last_modified_time": "2026-04-02 08:31:00",
                "name": f"{groups[group]} | {asset.name}",
                "status": "ACTIVE",
                "type": "SPONSORED_UPDATES",
                "version_tag": "3",
            }
        )
        creatives = (campaign_id * 10 + 1, campaign_id * 10 + 2)
        for creative in creatives:
            tables["creative_history"].append(
                {
                    "campaign_id": campaign_id,
                    "click_uri": _url(
                        ACME,
                        f"/{asset.campaign}/{asset_id}",
                        {
                            "source": "linkedin",
                            "medium": "paid_social",
                            "campaign": asset.campaign,
                            "content": asset_id,
                        },
                    ),
                    "created_time": "2026-01-22 09:00:00",
                    "created_at": "2026-01-22 09:00:00",
                    "id": creative,
                    "last_modified_time": "2026-04-02 08:32:00",
                    "last_modified_at": "2026-04-02 08:32:00",
                    "intended_status": "ACTIVE",
                    "status": "ACTIVE",
                }
            )
        for offset in range((last - first).days + 1):
            today = first + timedelta(days=offset)
            cost = round(daily * rng.uniform(0.75, 1.2) * (0.35 if today.weekday() > 4 else 1), 2)
            clicks = int(cost / rng.uniform(9, 13))
            shares = (round(cost * 0.6, 2), round(cost - round(cost * 0.6, 2), 2))
            tables["ad_analytics_by_campaign"].append(
                _linkedin_day(cost, clicks, today) | {"campaign_id": campaign_id}
            )
            for creative, part, share in zip(creatives, shares, (0.6, 0.4), strict=True):
                tables["ad_analytics_by_creative"].append(
                    _linkedin_day(part, int(clicks * share), today) | {"creative_id": creative}
                )
    return tables


def _linkedin_day(cost: float, clicks: int, day: date) -> dict[str, object]:
    return {
        "clicks": clicks,
        "cost_in_local_currency": cost,
        "cost_in_usd": cost,
        "day": f"{day} 00:00:00",
        "impressions": clicks * 140 + 37,
        "conversion_value_in_local_currency": 0,
    }
