"""Eight partners who deliver what partners deliver: one good book, and faults planted around it.

Every fault has its number of docs/faults.md. Gamma is nobody's partner and sends two good files.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from partner_attribution.feeds.hash_check import AGREED, SCHEMES

DEALS = "opportunity_id,account_id,opportunity_name,amount,currency,stage,created_at,close_date"
TOUCHES = "touch_id,account_id,touched_at,touch_type,channel,campaign,utm_source"
HOSTILE = "<script>alert(1)</script>'); drop table marts.fct_touches; --"
HOSTILE_STAGE = '=cmd|"x", <b>'

SEEDS = {
    "partners.csv": """\
partner_id,partner_name,ledger_priority
alpha,Alpha Inc,1
beta,Beta GmbH,2
delta,Delta SA,3
epsilon,Epsilon Ltd,4
zeta,Zeta AG,5
eta,Eta BV,6
theta,Theta SL,7
""",
    "feeds.csv": """\
partner_id,connector,timezone,email_hash_scheme,warn_reject_share,max_reject_share
alpha,template,UTC,,0.02,0.5
beta,template,Europe/Berlin,google,,0.5
delta,template,,,,
epsilon,template,,lower_trim,,
zeta,template,,md5,,
eta,template,,,0.5,0.5
theta,template,,,,
""",
    "campaigns.csv": """\
campaign_id,campaign_name,flight_start,flight_end,tail_days
tour,Tour,2026-01-01,2026-06-30,30
""",
    "campaign_partners.csv": "campaign_id,partner_id,split_share\ntour,alpha,0.5\ntour,beta,0.5\n",
}

ALPHA_DEALS = f"""\
{DEALS}
good,A1,Good,100.00,USD,Closed Won,2026-03-09,2026-04-01
refund,A1,Refund,-40.01,USD,Closed Won,2026-03-09,2026-04-01
zero,A1,Zero,0,USD,Closed Won,2026-03-09,2026-04-01
early,A2,Before any touch,50,USD,Closed Won,2026-01-05,2026-02-01
huge,A3,Huge,999999999999.99,USD,Closed Won,2026-03-09,2026-04-01
toolarge,A1,Too large,999999999999999,EUR,Closed Won,2026-03-09,2026-04-03
slip,A1,Larger than any deal,-20000000000000,USD,Closed Won,2026-03-09,2026-04-03
unknown,A1,Unknown currency,70,XXQ,Prospecting,2026-03-09,2026-05-01
stale,A1,Stale rate,110,EUR,Closed Won,2026-03-09,2026-04-06
norate,A1,No rate,90,EUR,Closed Won,2026-03-09,2026-02-10
leap,A1,Day of the leap,120,EUR,Closed Won,2026-03-09,2026-04-02
noamount,A1,No amount,,USD,Prospecting,2026-03-09,2026-05-01
stage,A1,Odd stage,60,USD,"{HOSTILE_STAGE.replace('"', '""')}",2026-03-09,2026-05-01
future,A1,Closed next year,30,USD,Closed Won,2026-03-09,2027-04-01
hostile,A1,"{HOSTILE}",20,USD,Closed Won,2026-03-09,2026-04-01
bad1,A1,Not a number,N/A,USD,Closed Won,2026-03-09,2026-04-01
bad2,A1,Brackets,(500.00),USD,Closed Won,2026-03-09,2026-04-01
bad3,A1,Sign,$5.00,USD,Closed Won,2026-03-09,2026-04-01
bad4,A1,NaN,NaN,USD,Closed Won,2026-03-09,2026-04-01
bad5,A1,Epoch,10,USD,Closed Won,1970-01-01,2026-04-01
bad6,A1,Ambiguous,10,USD,Closed Won,03/04/2026,2026-04-01
1.2E+05,A1,Id as number,10,USD,Closed Won,2026-03-09,2026-04-01
short,A1,Short row
"""
ALPHA_RATES = """\
rate_date,currency,units_per_reporting_currency
2026-03-31,EUR,0.05
2026-04-01,EUR,0.05
2026-04-02,EUR,5
2026-04-03,EUR,0.05
2026-04-04,EUR,0
"""
ALPHA_TOUCHES = f"""\
{TOUCHES}
t1,A1,2026-03-01,webinar_attended,webinar,Tour,
t2,A1,2026-03-09 23:59:59,email_click,email,Tour,
t3,A1,2026-03-10,email_click,email,Tour,
t4,A1,2026-03-05,other,Zauber-Kanal,Nobody's campaign,
t5,A3,2026-03-01,webinar_attended,webinar,Tour,
t6,A1,2199-03-01,webinar_attended,webinar,Tour,
t7,A3,2026-06-01,meeting,event,Tour,
"""
ALPHA_ACCOUNTS = """\
account_id,account_name,website,country
A1,Acme,acme.example,United States
A2,\u0410cme,,Narnia
A3,M\u00fcller \u202eGmbH,mueller.example,Germany
"""
BETA_DEALS = (
    f"{DEALS}\nkept,B1,Kept,10,USD,Closed Won,2026-03-09,2026-04-01\n"
    "gone,B1,Gone,77.77,USD,Closed Won,2026-03-09,2026-04-01\n",
    f"{DEALS}\nkept,B1,Kept,10,USD,Closed Won,2026-03-09,2026-04-01\n",
)
BETA_TOUCHES = """\
touch_id,email_hash,account_id,touched_at,channel
b1,{hashed},,2026-03-29 02:30:00,email
b2,,B1,2026-03-02 10:00:00,email
b3,,B1,2026-03-02 10:00:00,webinar
"""
GAMMA_TOUCHES = """\
touch_id,account_id,touched_at,channel
t1,A1,2026-03-01,webinar
t2,A1,2026-03-05 10:00:00,direct
t3,A1,2026-03-09 23:59:59,email
t4,A1,2026-03-10 00:00:00,email
t5,A2,2026-03-01 08:00:00,email
"""
GAMMA_DEALS = """\
opportunity_id,account_id,amount,currency,stage,created_at,close_date
o1,A1,100.00,USD,Closed Won,2026-03-09,2026-04-01
o2,A3,50,USD,Prospecting,2026-03-09,2026-05-01
o3,,70,XXQ,Prospecting,2026-03-09,2026-05-01
"""


CANARY = "canary7f3a"
"""Stands in an address, in a column that nobody reads, and in a row that cannot be read."""

# Faults 1, 4 and 7: harmless differences, and a column of theirs that is nobody's business.
ETA_TOUCHES = (
    f"\ufeffTouch ID , EMAIL,Account-Id,touched_at,Their Note\r\n"
    f"e1,{CANARY}@eta.example,E1,2026-03-01 10:00:00,{CANARY}\n\r\n"
    f'e2,{CANARY}@eta.example,E1,2026-03-02 10:00:00,"{CANARY}\r\nsecond line"\r'
    f"e3,{CANARY}@eta.example,E1,never,{CANARY}\r\n\r\n"
)
# Fault 18: the second delivery restates the amount; the third only repeats the second (15).
ETA_DEALS = [
    f"{DEALS}\nrestated,E1,Restated,{amount},USD,Closed Won,2026-03-09,2026-04-01\n"
    for amount in ("10.00", "12.34", "12.34")
]
# Faults 2, 4, 5 and 3: each refuses its own file and no other.
THETA = {
    "accounts.csv": "account_id,account_name\nT1,M\xfcller\n".encode("cp1252"),
    "touches.csv": b"touch_id,touchd_at\nx1,2026-03-01\n",
    "people.csv": b"person_id,account_id,account_id\nP1,T1,T1\n",
    "spend.csv": b"spend_date,amount\n2026-03-01\n2026-03-02\n2026-03-03,5\n",
    "opportunities.csv": f"{DEALS}\nfine,T1,Fine,7,USD,Closed Won,2026-03-09,2026-04-01\n".encode(),
}


def hashed(text: str) -> str:
    """SHA-256 as hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_check(scheme: str) -> str:
    """The file of agreed test strings, hashed by a scheme."""
    lines = [f"{text},{hashed(SCHEMES[scheme](text))}" for text in AGREED]
    return "\n".join(["test_string,email_hash", *lines]) + "\n"


def files() -> dict[str, str | bytes]:
    """Path below partners/ -> content."""
    person = hashed(SCHEMES["google"](AGREED[1]))
    people = f"person_id,email_hash,account_id\nP1,{person},B1\n"
    return {
        "alpha/template/opportunities.csv": ALPHA_DEALS,
        "alpha/template/fx_rates.csv": ALPHA_RATES,
        "alpha/template/touches.csv": ALPHA_TOUCHES,
        "alpha/template/accounts.csv": ALPHA_ACCOUNTS,
        "alpha/template/people.csv": f"person_id,email,account_id\nP1,{AGREED[1]},A1\n",
        "alpha/template/spend.csv": (
            "spend_date,amount,currency\n2026-03-01,5,ZZZ\n2026-03-01,5,USD\n"
        ),
        "beta/template/hash_check.csv": hash_check("google"),
        "beta/template/2026-06-01/opportunities.csv": BETA_DEALS[0],
        "beta/template/2026-06-08/opportunities.csv": BETA_DEALS[1],
        "beta/template/2026-06-08/touches.csv": BETA_TOUCHES.format(hashed=person),
        "beta/template/2026-06-08/people.csv": people,
        "epsilon/template/hash_check.csv": hash_check("google"),
        "epsilon/template/touches.csv": f"touch_id,email_hash,touched_at\nx,{person},2026-03-01\n",
        "epsilon/template/accounts.csv": "account_id,account_name\nP1,Epsilon's customer\n",
        "gamma/template/touches.csv": GAMMA_TOUCHES,
        "gamma/template/opportunities.csv": GAMMA_DEALS,
        "zeta/template/touches.csv": (
            "touch_id,email_hash,touched_at\nz1,0123456789abcdef,2026-03-01\n"
        ),
        "zeta/template/opportunities.csv": "",
        "eta/template/touches.csv": ETA_TOUCHES,
        "eta/template/2026-06-01/opportunities.csv": ETA_DEALS[0],
        "eta/template/2026-06-08/opportunities.csv": ETA_DEALS[1],
        "eta/template/2026-06-15/opportunities.csv": ETA_DEALS[2],
        **{f"theta/template/{name}": content for name, content in THETA.items()},
    }


def write(data_dir: Path, seeds_dir: Path) -> None:
    """Write the deliveries and the lookups."""
    for path, content in files().items():
        target = data_dir / "partners" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    seeds_dir.mkdir(parents=True)
    for name, content in SEEDS.items():
        (seeds_dir / name).write_text(content, encoding="utf-8")
