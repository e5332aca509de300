"""One set of CRM facts, spelled as Fivetran, Airbyte and Stitch land it.

FACTS are rows under Fivetran's names, which are the declared ones. The other two are made from
them by the column lists below: what each tool calls a column, and how it writes times, flags and
arrays. `_other` columns stand for those that nobody reads.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]
SYNCED = datetime(2026, 4, 1, 6, 0)


def at(day: str, clock: str = "10:00:00") -> datetime:
    return datetime.fromisoformat(f"2026-{day} {clock}")


SALESFORCE: Mapping[str, list[Row]] = {
    "account": [
        {"id": "001A", "name": "Acme", "website": "acme.example", "industry": "Retail",
         "number_of_employees": 40, "billing_country": "Germany", "is_deleted": False},
        {"id": "001a", "name": "Gone", "website": "gone.example", "is_deleted": True},
    ],
    "contact": [
        {"id": "003A", "account_id": "001A", "email": "jo@acme.example",
         "mailing_country": "Germany", "created_date": at("01-05"), "mql_date_c": at("01-20"),
         "is_deleted": False},
        {"id": "003B", "account_id": "001A", "email": "old@acme.example",
         "created_date": at("01-06"), "master_record_id": "003A", "is_deleted": True},
    ],
    "lead": [
        {"id": "00QA", "email": "li@acme.example", "company": "Acme", "country": "Germany",
         "created_date": at("01-03"), "converted_contact_id": "003A", "utm_source_c": "northwind",
         "utm_medium_c": "email", "is_deleted": False},
    ],
    "opportunity": [
        {"id": "006A", "account_id": "001A", "name": "Acme one", "amount": "1200.50",
         "currency_iso_code": "EUR", "stage_name": "Closed Won", "is_closed": True, "is_won": True,
         "close_date": "2026-03-20", "created_date": at("02-01"), "campaign_id": "701A",
         "lead_source": "Web", "owner_id": "005A", "last_modified_date": at("03-21"),
         "system_modstamp": at("03-21", "10:00:01"), "is_deleted": False},
        {"id": "006B", "account_id": "001A", "name": "Gone", "amount": "7",
         "stage_name": "Prospecting", "close_date": "2026-05-01", "created_date": at("02-02"),
         "is_deleted": True},
    ],
    "opportunity_history": [
        {"id": "008A", "opportunity_id": "006A", "stage_name": "Prospecting",
         "created_date": at("02-01"), "is_deleted": False},
        {"id": "008B", "opportunity_id": "006A", "stage_name": "Closed Won",
         "created_date": at("03-20"), "is_deleted": False},
    ],
    "opportunity_field_history": [
        {"id": "017A", "opportunity_id": "006A", "field": "StageName", "old_value": "Prospecting",
         "new_value": "Closed Won", "created_date": at("03-20"), "is_deleted": False},
    ],
    "opportunity_contact_role": [
        {"id": "00KA", "opportunity_id": "006A", "contact_id": "003A", "role": "Decision Maker",
         "is_primary": True, "is_deleted": False},
    ],
    "campaign": [
        {"id": "701A", "name": "AI Launch Tour", "type": "Webinar", "start_date": "2026-02-01",
         "end_date": "2026-03-31", "is_deleted": False},
    ],
    "campaign_member": [
        {"id": "00vA", "campaign_id": "701A", "contact_id": "003A", "status": "Attended",
         "has_responded": True, "first_responded_date": "2026-02-10", "created_date": at("02-09"),
         "utm_source_c": "northwind", "is_deleted": False},
        {"id": "00vB", "campaign_id": "701A", "lead_id": "00QA", "status": "Registered",
         "has_responded": True, "first_responded_date": "2026-01-03", "created_date": at("01-03"),
         "is_deleted": False},
    ],
    "campaign_member_status": [
        {"id": "01YA", "campaign_id": "701A", "label": "Attended", "has_responded": True,
         "is_deleted": False},
        {"id": "01YB", "campaign_id": "701A", "label": "Registered", "has_responded": True,
         "is_deleted": False},
    ],
    "dated_conversion_rate": [
        {"iso_code": "EUR", "conversion_rate": "0.9", "start_date": "2026-01-01",
         "next_start_date": "2026-12-31"},
    ],
}  # fmt: skip

HUBSPOT: Mapping[str, list[Row]] = {
    "company": [
        {"id": 11, "is_deleted": False, "property_name": "Globex", "property_country": "France",
         "property_domain": "globex.example", "property_website": "www.globex.example",
         "property_industry": "RETAIL", "property_numberofemployees": 300},
        {"id": 12, "is_deleted": True, "property_name": "Gone"},
    ],
    "contact": [
        {"id": 101, "property_email": "al@globex.example", "property_company": "Globex",
         "property_country": "France", "property_createdate": at("01-04"),
         "property_associatedcompanyid": 11, "property_hs_merged_object_ids": "102;103",
         "property_hs_lifecyclestage_marketingqualifiedlead_date": at("01-15")},
        {"id": 102, "property_email": "al.old@globex.example", "property_createdate": at("01-02")},
    ],
    "deal": [
        {"deal_id": 501, "deal_pipeline_id": "default", "deal_pipeline_stage_id": "closedwon",
         "owner_id": 9, "is_deleted": False, "property_dealname": "Globex one",
         "property_amount": "990.10", "property_deal_currency_code": "EUR",
         "property_hs_exchange_rate": "1.1", "property_closedate": at("03-18"),
         "property_createdate": at("02-03"), "property_hs_lastmodifieddate": at("03-19"),
         "property_hs_is_closed": True, "property_hs_is_closed_won": True,
         "property_hs_analytics_source": "PAID_SEARCH", "property_hs_merged_object_ids": "502"},
        {"deal_id": 503, "deal_pipeline_id": "default", "deal_pipeline_stage_id": "qualified",
         "is_deleted": True, "property_dealname": "Gone", "property_createdate": at("02-05")},
    ],
    "deal_company": [{"deal_id": 501, "company_id": 11}],
    "deal_contact": [{"deal_id": 501, "contact_id": 101}, {"deal_id": 501, "contact_id": 102}],
    "deal_pipeline": [{"pipeline_id": "default", "label": "Sales", "active": True}],
    "deal_pipeline_stage": [
        {"stage_id": "qualified", "pipeline_id": "default", "label": "Qualified",
         "display_order": 1, "closed_won": False, "is_closed": False, "probability": "0.4"},
        {"stage_id": "closedwon", "pipeline_id": "default", "label": "Won", "display_order": 2,
         "closed_won": True, "is_closed": True, "probability": "1.0"},
    ],
    "deal_stage": [
        {"deal_id": 501, "value": "qualified", "date_entered": at("02-03")},
        {"deal_id": 501, "value": "closedwon", "date_entered": at("03-18")},
    ],
    "email_event": [
        {"id": "e1", "created": at("02-11"), "type": "OPEN", "recipient": "al@globex.example",
         "email_campaign_id": 31, "filtered_event": False},
        {"id": "e2", "created": at("02-11", "10:01:00"), "type": "CLICK", "email_campaign_id": 31,
         "recipient": "al@globex.example", "filtered_event": False},
        {"id": "e3", "created": at("02-11", "10:02:00"), "type": "CLICK", "email_campaign_id": 31,
         "recipient": "al@globex.example", "filtered_event": True, "obsoleted_by_id": "e2"},
    ],
    "email_event_click": [
        {"id": "e2", "url": "https://x.example/?utm_source=acme", "user_agent": "Mozilla/5.0 (X)"},
        {"id": "e3", "url": "https://x.example/", "user_agent": "curl/8"},
    ],
    "email_event_open": [{"id": "e1", "user_agent": "Mozilla/5.0 (X)"}],
    "email_campaign": [
        {"id": 31, "name": "AI Launch Tour", "subject": "Join", "type": "BATCH_EMAIL"},
    ],
    "contact_form_submission": [
        {"timestamp": at("02-12"), "contact_id": 101, "conversion_id": "c1", "form_id": "f1",
         "page_url": "https://x.example/form", "email": "al@globex.example"},
    ],
    "form": [{"guid": "f1", "name": "Register"}],
}  # fmt: skip

AIRBYTE_PROPERTIES = {
    "deal_pipeline_id": "pipeline",
    "deal_pipeline_stage_id": "dealstage",
    "owner_id": "hubspot_owner_id",
}


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    listed = list(rows)
    names = list(dict.fromkeys(name for row in listed for name in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)


def write_lines(path: Path, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _iso(value: Any) -> Any:
    return f"{value.isoformat()}.000Z" if isinstance(value, datetime) else value


def _milliseconds(value: datetime) -> int:
    return int((value - datetime(1970, 1, 1)).total_seconds() * 1000)


def _camel(name: str) -> str:
    if name.endswith("_c"):
        return f"{name[:-2].title()}__c"  # a custom field, as its maker typed it
    return "".join(part.capitalize() for part in name.split("_"))


def fivetran(data_dir: Path, partner: str) -> None:
    """Lower case with underscores; `_fivetran_deleted` beside the vendor's own flag."""
    for connector, tables in (("salesforce", SALESFORCE), ("hubspot", HUBSPOT)):
        for table, rows in tables.items():
            untold = {"email"} if table == "contact_form_submission" else set()
            plain = [{k: v for k, v in row.items() if k not in untold} for row in rows]
            meta = {"_fivetran_synced": SYNCED, "_fivetran_deleted": False, "_other": "x"}
            if connector == "salesforce":
                meta = {"_fivetran_synced": SYNCED, "_other": "x"}
            path = data_dir / "partners" / partner / connector / f"{table}.csv"
            write_csv(path, [{**row, **meta} for row in plain])


def airbyte(data_dir: Path, partner: str) -> None:
    """Salesforce's own names; HubSpot's nested JSON with arrays inside the object."""
    folder = data_dir / "partners" / partner
    for table, rows in SALESFORCE.items():
        write_csv(
            folder / "salesforce" / f"{_camel(table)}.csv",
            [
                {**{_camel(k): _iso(v) for k, v in row.items()}, "_airbyte_raw_id": "u",
                 "_airbyte_extracted_at": _iso(SYNCED)}
                for row in rows
            ],
        )  # fmt: skip

    def record(row: Row, key: str) -> Row:
        properties = {
            AIRBYTE_PROPERTIES.get(k, k.removeprefix("property_")): _iso(v)
            for k, v in row.items()
            if k.startswith("property_") or k in AIRBYTE_PROPERTIES
        }
        return {"id": str(row[key]), "updatedAt": _iso(SYNCED), "properties": properties,
                "archived": bool(row.get("is_deleted")), "_other": [1]}  # fmt: skip

    def of_deal(table: str, column: str, deal: Row) -> list[str]:
        return [str(r[column]) for r in HUBSPOT[table] if r["deal_id"] == deal["deal_id"]]

    streams: dict[str, list[Row]] = {
        "companies": [record(row, "id") for row in HUBSPOT["company"]],
        "contacts": [record(row, "id") for row in HUBSPOT["contact"]],
        "deals": [
            {**record(row, "deal_id"), "companies": of_deal("deal_company", "company_id", row),
             "contacts": of_deal("deal_contact", "contact_id", row)}
            for row in HUBSPOT["deal"]
        ],
        "deal_pipelines": [
            {"pipelineId": row["pipeline_id"], "label": row["label"], "active": row["active"],
             "updatedAt": _milliseconds(SYNCED),
             "stages": [
                 {"stageId": s["stage_id"], "label": s["label"], "displayOrder": s["display_order"],
                  "metadata": {"isClosed": str(s["is_closed"]).lower(),
                               "probability": s["probability"]}}
                 for s in HUBSPOT["deal_pipeline_stage"]
             ]}
            for row in HUBSPOT["deal_pipeline"]
        ],
        "deals_property_history": [
            {"dealId": str(row["deal_id"]), "property": name, "value": row["value"],
             "timestamp": _iso(row["date_entered"])}
            for row in HUBSPOT["deal_stage"] for name in ("dealstage", "amount")
        ],
        "email_events": [
            {"id": row["id"], "created": _milliseconds(row["created"]), "type": row["type"],
             "recipient": row["recipient"], "emailCampaignId": row["email_campaign_id"],
             "filteredEvent": row["filtered_event"],
             "obsoletedBy": {"id": row["obsoleted_by_id"]} if "obsoleted_by_id" in row else None,
             **_event_details(row, "userAgent")}
            for row in HUBSPOT["email_event"]
        ],
        "campaigns": [
            {**row, "lastUpdatedTime": _milliseconds(SYNCED)} for row in HUBSPOT["email_campaign"]
        ],
        "form_submissions": [
            {"conversionId": row["conversion_id"], "formId": row["form_id"],
             "pageUrl": row["page_url"], "submittedAt": _milliseconds(row["timestamp"]),
             "values": [{"name": "email", "value": row["email"]},
                        {"name": "company", "value": "x"}]}
            for row in HUBSPOT["contact_form_submission"]
        ],
        "forms": [
            {"id": row["guid"], "name": row["name"], "updatedAt": _iso(SYNCED)}
            for row in HUBSPOT["form"]
        ],
    }  # fmt: skip
    for name, rows in streams.items():
        write_lines(folder / "hubspot" / f"{name}.jsonl", rows)


def stitch(data_dir: Path, partner: str) -> None:
    """Lower-cased vendor names, `__` for nesting, a table per array, types split over columns."""
    folder = data_dir / "partners" / partner
    meta = {"_sdc_batched_at": _iso(SYNCED), "_sdc_sequence": 1, "_sdc_table_version": ""}
    for table, rows in SALESFORCE.items():
        write_csv(
            folder / "salesforce" / f"{_camel(table).lower()}.csv",
            [{**{_camel(k).lower(): _iso(v) for k, v in row.items()}, **meta} for row in rows],
        )

    def record(row: Row, key: str, key_name: str) -> Row:
        found: Row = {key_name: row[key], "isdeleted": row.get("is_deleted", "")}
        for name, value in row.items():
            own = AIRBYTE_PROPERTIES.get(name, name.removeprefix("property_"))
            if own != name:
                split = "__double" if own in {"amount", "hs_exchange_rate"} else ""
                found[f"property_{own}__value{split}"] = _iso(value)
                found[f"property_{own}__source"] = "API"
        return {**found, **meta}

    def child(row: Row, names: Mapping[str, str]) -> Row:
        return {**{names.get(k, k): _iso(v) for k, v in row.items() if names.get(k, k)}, **meta,
                "_sdc_level_0_id": 0}  # fmt: skip

    tables: dict[str, list[Row]] = {
        "companies": [record(row, "id", "companyid") for row in HUBSPOT["company"]],
        "contacts": [record(row, "id", "vid") for row in HUBSPOT["contact"]],
        "contacts__list_memberships": [{"_sdc_source_key_vid": 101, "static_list_id": 4, **meta}],
        "deals": [record(row, "deal_id", "dealid") for row in HUBSPOT["deal"]],
        "deals__associations__associatedcompanyids": [
            child(row, {"deal_id": "_sdc_source_key_dealid", "company_id": "value"})
            for row in HUBSPOT["deal_company"]
        ],
        "deals__associations__associatedvids": [
            child(row, {"deal_id": "_sdc_source_key_dealid", "contact_id": "value"})
            for row in HUBSPOT["deal_contact"]
        ],
        "deals__property_dealstage__versions": [
            child(row, {"deal_id": "_sdc_source_key_dealid", "date_entered": "timestamp"})
            for row in HUBSPOT["deal_stage"]
        ],
        "deal_pipelines": [
            child(row, {"pipeline_id": "pipelineid"}) for row in HUBSPOT["deal_pipeline"]
        ],
        "deal_pipelines__stages": [
            child(row, {"stage_id": "stageid", "pipeline_id": "_sdc_source_key_pipelineid",
                        "closed_won": "closedwon", "display_order": "displayorder",
                        "is_closed": ""})
            for row in HUBSPOT["deal_pipeline_stage"]
        ],
        "email_events": [
            {"id": row["id"], "created": _iso(row["created"]), "type": row["type"],
             "recipient": row["recipient"], "emailcampaignid": row["email_campaign_id"],
             "filteredevent": row["filtered_event"],
             "obsoletedby__id": row.get("obsoleted_by_id", ""), **_event_details(row, "useragent"),
             **meta}
            for row in HUBSPOT["email_event"]
        ],
        "campaigns": [child(row, {}) for row in HUBSPOT["email_campaign"]],
        "contacts__form_submissions": [
            child(row, {"contact_id": "_sdc_source_key_vid", "email": ""})
            for row in HUBSPOT["contact_form_submission"]
        ],
        "forms": [child(row, {}) for row in HUBSPOT["form"]],
    }  # fmt: skip
    for name, rows in tables.items():
        write_csv(folder / "hubspot" / f"{name}.csv", rows)


def _event_details(event: Row, user_agent: str) -> Row:
    details = [*HUBSPOT["email_event_click"], *HUBSPOT["email_event_open"]]
    (mine,) = [detail for detail in details if detail["id"] == event["id"]]
    return {"url": mine.get("url", ""), user_agent: mine["user_agent"]}
