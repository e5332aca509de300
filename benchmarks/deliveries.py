"""Deliveries of three partners for `dbt build`: Parquet, the same rows every time.

Companies have 1 to 60 touches (half have one, the mean is 7.3), 1 to 5 people and, in a fifth of
cases, a deal: 12 % of all companies win one. A third of the people are in somebody's CRM. Two
partners send hashed addresses, one plain ones. Every fifth deal is in two books, every fiftieth
touch in two feeds. A book is a log: one row per stage that a deal reached.
"""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb

from benchmarks.generate import AS_OF_US, CONVERTING, MEAN_LENGTH, SEED

# Partner, currency, how it sends addresses.
PARTNERS = (("aurora", "USD", "hash"), ("borealis", "EUR", "hash"), ("cygnus", "USD", "plain"))
TOPICS = ("Cloud", "Data", "Security", "Retail", "Health", "Energy", "Finance", "Mobility", "Edge",
          "Trust")  # fmt: skip
FORMATS = ("Launch", "Roadshow", "Webinar Series", "Academy", "Summit", "Always-on")
CAMPAIGNS = [f"{topic} {format_}" for topic in TOPICS for format_ in FORMATS]
ASSETS_PER_CAMPAIGN = 5

SETTING = f"""
create macro chance(key, purpose) as (hash(key, purpose, {SEED}) >> 11) / 9007199254740992.0;
create macro pick(list, share) as list[1 + cast(floor(share * len(list)) as integer)];
create macro at_us(us) as make_timestamp(cast(us as bigint));
create macro slug(name) as lower(replace(name, ' ', '-'));
create macro address(person, domain) as 'person' || person || '@' || domain;
"""

# A name is a number written in syllables: no two are equal, and few look alike.
COMPANIES = """
create table companies as
with drawn as (
    select
        number,
        number * 1299709 % 3200000 as scrambled,
        cast(least(60, 1 + floor(60 * pow(chance(number, 1), 8.1))) as integer) as touches,
        {as_of} - cast(floor(chance(number, 2) * 500 * 86400) as bigint) * 1000000 as ends_at_us,
        chance(number, 3) as outcome,
        round(exp(6 + 6 * chance(number, 4)), 2) as amount,
        1 + cast(floor(pow(chance(number, 5), 2) * 5) as integer) as people,
        cast(floor(chance(number, 6) * 3) as integer) as home
    from range({companies}) as numbers (number)
),
named as (
    select *, array_to_string([
        pick(['ba','ce','di','fo','gu','ka','le','mi','no','pu','ra','se','ti','vo','zu','bra','cle',
            'dri','flo','gru'], (scrambled // pow(20, place) % 20) / 20.0)
        for place in range(5)], '') as name
    from drawn
)
select *, name || '.example' as domain from named
"""

PEOPLE = """
create table people as
select
    number * 8 + place as person, number, name, domain, home, ends_at_us,
    chance(number * 8 + place, 11) < 0.33 as is_recorded,
    chance(number * 8 + place, 12) < 0.3 as is_mql,
    ends_at_us - cast(floor(chance(number * 8 + place, 13) * 60 * 86400) as bigint) * 1000000
        as created_at_us
from companies, range(5) as places (place)
where place < people
"""

# Half of the interactions carry UTM values, and one in a hundred of those a slip of the pen.
TOUCHES = """
create table touches as
with placed as (
    select
        companies.*, position, number * 64 + position as key,
        number * 8 + cast(floor(chance(number * 64 + position, 21) * people) as integer) as person
    from companies, range(60) as positions (position)
    where position < touches
),
drawn as (
    select
        *,
        case when position % 20 = 19 then ends_at_us + 3600000000
            else ends_at_us
                - cast(floor(pow(chance(key, 22), 1.5) * 95 * 86400) as bigint) * 1000000
        end as touched_at_us,
        case when chance(key, 23) < 0.7 then home
            else cast(floor(chance(key, 24) * 3) as integer) end as feed,
        pick(['page_view', 'page_view', 'page_view', 'email_click', 'email_click', 'ad_click',
            'form_fill', 'content_download', 'webinar_attended', 'event_attended', 'meeting'],
            chance(key, 25)) as touch_type,
        cast(floor(pow(chance(key, 26), 1.5) * {n_campaigns}) as integer) as campaign,
        cast(floor(chance(key, 27) * {n_assets}) as integer) as asset,
        chance(key, 28) < 0.5 as has_utm,
        pick([('google', 'cpc'), ('linkedin', 'paid_social'), ('newsletter', 'email'),
            ('aurora', 'partner'), ('borealis', 'partner'), ('bing', 'organic'),
            ('facebook', 'social'), ('cygnus', 'syndication')], chance(key, 29)) as utm,
        chance(key, 30) as for_slip, chance(key, 31) as for_identity
    from placed
)
select drawn.*, campaigns.name as campaign_name, people.is_recorded
from drawn
inner join campaigns on drawn.campaign = campaigns.number
inner join people on drawn.person = people.person
"""

COPIES = """
create table delivered as
select *, feed as delivered_by, 'T' || key as touch_id from touches
union all
select *, (feed + 1) % 3 as delivered_by, 'C' || key as touch_id from touches
where touch_type in ('webinar_attended', 'event_attended') and chance(key, 32) < 0.1
"""

# What each partner sends. `{plain}` and `{hashed}` are the address or null, by its way of sending.
TABLES = {
    "touches": """
        select
            touch_id,
            case when is_recorded and for_identity < 0.5 then 'P' || person
                when for_identity >= 0.95 then 'visitor' || person end as person_id,
            case when for_identity < 0.8 then {plain} end as email,
            case when for_identity < 0.8 then {hashed} end as email_hash,
            case when for_identity >= 0.8 and for_identity < 0.95 then 'A' || number end
                as account_id,
            at_us(touched_at_us) as touched_at, touch_type, cast(null as varchar) as channel,
            case when not has_utm or touch_type <> 'page_view' then campaign_name end as campaign,
            case when touch_type <> 'page_view' then campaign_name || ' asset ' || asset end
                as asset,
            case when has_utm then utm[1] end as utm_source,
            case when has_utm then utm[2] end as utm_medium,
            case when has_utm and for_slip < 0.01 then slug(campaign_name) || 'x'
                when has_utm then slug(campaign_name) end as utm_campaign,
            case when has_utm then 'asset-' || asset end as utm_content,
            cast(null as varchar) as utm_term, cast(null as varchar) as utm_id,
            case when touch_type in ('page_view', 'form_fill')
                then 'https://www.{partner}.example/p/' || hash(key) % 5000 end as url
        from delivered where delivered_by = {feed}""",
    "accounts": """
        select
            'A' || number as account_id, upper(name[1]) || name[2:] || ' {suffix}' as account_name,
            'https://www.' || domain as website, pick(['US', 'DE', 'GB', 'FR'], chance(number, 41))
                as country,
            pick(['Software', 'Retail', 'Banking', 'Energy'], chance(number, 42)) as industry,
            cast(10 * exp(7 * chance(number, 43)) as integer) as employees
        from companies where home = {feed} or chance(number, 44 + {feed}) < 0.15""",
    "people": """
        select
            'P' || person as person_id, {plain} as email, {hashed} as email_hash,
            'A' || number as account_id, at_us(created_at_us) as created_at,
            case when is_mql then at_us(created_at_us + 432000000000) end as mql_at
        from people
        where is_recorded and (home = {feed} or chance(person, 47 + {feed}) < 0.15)""",
    "opportunities": """
        select
            'D' || deals.number as opportunity_id, 'A' || deals.number as account_id,
            upper(deals.name[1]) || deals.name[2:] || ' - '
                || pick(['Platform', 'Suite', 'Services'], chance(deals.number, 51))
                as opportunity_name,
            round(amount / {usd_per_unit}, 2) as amount, '{currency}' as currency, stage,
            at_us(ends_at_us) as created_at,
            cast(at_us(ends_at_us + days * 86400000000) as date) as close_date,
            campaigns.name as primary_campaign,
            'Owner ' || deals.number % 40 as owner,
            at_us(ends_at_us + least(step, days) * 86400000000 + step * 1000000) as updated_at
        from deals
        inner join campaigns on campaigns.number = deals.number % {n_campaigns}
        where home = {feed} or (is_joint and (home + 1) % 3 = {feed})""",
    "opportunity_people": """
        select distinct
            'D' || deals.number as opportunity_id, 'P' || person as person_id,
            case when person % 8 = 0 then 'Decision maker' else 'Influencer' end as role,
            person % 8 = 0 as is_primary
        from deals inner join people on deals.number = people.number
        where is_recorded and deals.home = {feed}""",
    "spend": """
        select
            cast(at_us({as_of} - day * 86400000000) as date) as spend_date, name as campaign,
            pick(['paid_search', 'paid_social', 'webinar'], chance(day * 100 + number, 61))
                as channel,
            cast(null as varchar) as asset, round(50 + 400 * chance(day * 100 + number, 62), 2)
                as amount, '{currency}' as currency
        from campaigns, range(365) as days (day)
        where number % 3 = {feed} and day % 7 = 0""",
    "fx_rates": """
        select
            cast(at_us({as_of} - day * 86400000000) as date) as rate_date, 'EUR' as currency,
            round(0.9 + 0.01 * chance(day, 71), 4) as units_per_reporting_currency
        from range(0, 700, 7) as days (day)
        where {feed} = 1""",
}

# The stages of a deal that was won, was lost, or is open; its close may lie ahead.
DEALS = """
create table deals as
with ended as (
    select
        companies.*, 20 + cast(floor(chance(number, 52) * 90) as bigint) as days,
        chance(number, 53) < 0.2 as is_joint
    from companies where outcome < {converting} + 0.08
),
reached as (
    select
        *, case
            when ends_at_us + days * 86400000000 > {as_of} then 'open'
            when outcome < {converting} then 'Closed Won'
            when outcome < {converting} + 0.05 then 'Closed Lost'
            else 'open' end as last_stage
    from ended
)
select *, unnest(['Qualified', 'Proposal', 'Negotiation']) as stage, unnest([0, 7, 14]) as step
from reached
union all
select *, last_stage as stage, days as step from reached where last_stage <> 'open'
"""


def generate(touches: int, folder: Path) -> None:
    """Write a data folder of about this many touches: `partners/` and `seeds/`."""
    companies = max(300, round(touches / MEAN_LENGTH))
    parts = {
        "as_of": AS_OF_US,
        "companies": companies,
        "converting": CONVERTING,
        "n_campaigns": len(CAMPAIGNS),
        "n_assets": ASSETS_PER_CAMPAIGN,
    }
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(SETTING)
        connection.execute("create table campaigns (number integer, name varchar)")
        connection.executemany("insert into campaigns values (?, ?)", list(enumerate(CAMPAIGNS)))
        for statement in (COMPANIES, PEOPLE, TOUCHES, COPIES, DEALS):
            connection.execute(statement.format(**parts))
        for feed, (partner, currency, addresses) in enumerate(PARTNERS):
            target = folder / "partners" / partner / "template" / "2026-09-22"
            target.mkdir(parents=True, exist_ok=True)
            sent = {
                **parts,
                **{"feed": feed, "partner": partner, "currency": currency},
                "plain": "address(person, domain)" if addresses == "plain" else "null::varchar",
                "hashed": "sha256(address(person, domain))"
                if addresses == "hash"
                else "null::varchar",
                "suffix": ("Inc", "GmbH", "Ltd")[feed],
                "usd_per_unit": 1.1 if currency == "EUR" else 1,
            }
            for table, query in TABLES.items():
                rows = query.format(**sent)
                connection.execute(f"copy ({rows}) to '{target}/{table}.parquet' (format parquet)")
    _write_seeds(folder / "seeds")


def _write_seeds(folder: Path) -> None:
    """Write the lookups that the partners would agree on."""
    folder.mkdir(parents=True, exist_ok=True)
    slugs = [name.lower().replace(" ", "-") for name in CAMPAIGNS]
    names = [partner for partner, _, _ in PARTNERS]
    tables: dict[str, list[dict[str, object]]] = {
        "partners": [
            {"partner_id": name, "partner_name": name.title(), "ledger_priority": rank}
            for rank, name in enumerate(names, start=1)
        ],
        "feeds": [
            {"partner_id": name, "connector": "template", "currency": currency,
             "email_hash_scheme": "lower_trim" if addresses == "hash" else "",
             "delivery_mode": "full"}
            for name, currency, addresses in PARTNERS
        ],
        "campaigns": [
            {"campaign_id": slug, "campaign_name": name, "campaign_type": "joint",
             "flight_start": "2025-10-01", "flight_end": "2026-09-15", "tail_days": 14,
             "agreed_method": "position"}
            for slug, name in zip(slugs, CAMPAIGNS, strict=True)
        ],
        "campaign_partners": [
            {"campaign_id": slug, "partner_id": name, "split_share": share}
            for slug in slugs for name, share in zip(names, (0.5, 0.3, 0.2), strict=True)
        ],
        "assets": [
            {"asset_id": f"{slug}-asset-{number}", "asset_name": f"{name} asset {number}",
             "asset_type": "page", "campaign_id": slug, "owner_partner_id": names[number % 3]}
            for slug, name in zip(slugs, CAMPAIGNS, strict=True)
            for number in range(ASSETS_PER_CAMPAIGN)
        ],
        "utm_contract": [
            {"campaign_id": slug, "parameter": "utm_campaign", "allowed_value": slug,
             "is_required": "true"}
            for slug in slugs
        ],
        "targets": [
            {"campaign_id": slug, "window_id": "campaign", "partner_id": name,
             "milestone": "closed_won", "target_amount": 1_000_000, "target_conversions": 50}
            for slug in slugs for name in names
        ],
        "method_weights": [
            {"method": "custom", "dimension": "channel", "value": channel, "weight": weight}
            for channel, weight in (("webinar", 3), ("email", 1), ("paid_search", 2))
        ],
    }  # fmt: skip
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
