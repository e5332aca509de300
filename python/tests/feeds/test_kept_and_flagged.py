"""What is not refused but must not pass unseen: odd clock times, deleted records, hash schemes."""

import hashlib
import json
from datetime import datetime
from pathlib import Path

import pytest

from partner_attribution.feeds.hash_check import AGREED, SCHEMES
from tests.feeds.workspace import GOOD, HEADER, SOURCES, Workspace

ALL = [f"D{n:03}" for n in range(1, 10)]
GAP = "this clock time does not exist: moved forward over the gap of "
FOLD = "this clock time comes twice: the first is taken, in the fold of "


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def flags(workspace: Workspace) -> list[tuple[int, str, str, str]]:
    return workspace.rows("select line, column_name, value, flag from raw_feeds.flags order by all")


@pytest.mark.parametrize(
    ("timezone", "date_format", "times"),
    [
        ("Europe/Berlin", "", ("2026-03-29 02:30:00", "2025-10-26 02:30:00",
                               "2026-03-29 01:30:00", "2025-10-26 00:30:00")),
        ("America/New_York", "", ("2026-03-08T02:00", "2025-11-02T01:59:59",
                                  "2026-03-08 07:00:00", "2025-11-02 05:59:59")),
        ("Australia/Lord_Howe", "", ("2025-10-05 02:15:00", "2026-04-05 01:45:00",
                                     "2025-10-04 15:45:00", "2026-04-04 14:45:00")),
        ("Europe/Berlin", "%d.%m.%Y", ("29.03.2026 02:30", "26.10.2025 02:30",
                                       "2026-03-29 01:30:00", "2025-10-26 00:30:00")),
    ],
)  # fmt: skip
def test_clock_times_in_a_gap_or_a_fold_are_landed_and_flagged(
    workspace: Workspace, timezone: str, date_format: str, times: tuple[str, ...]
) -> None:
    gap, fold, *landed = times
    columns = "partner_id,connector,timezone,date_format"
    workspace.seed("feeds.csv", columns, f"acme,crm,{timezone},{date_format}")
    quiet = ["2026-07-01T02:30:00Z", "2026-07-01 02:30:00", "2025-10-26T04:30:00+02:00", ""]
    rows = [f"D{n},2026-09-01,{at}" for n, at in enumerate([gap, fold, *quiet])]
    workspace.put("deal.csv", ["id,close_date,created_at", *rows])
    workspace.land()
    workspace.check()
    assert flags(workspace) == [
        (2, "created_at", gap, GAP + timezone),
        (3, "created_at", fold, FOLD + timezone),
    ]
    times_landed = "select created_at::text from raw_crm.deal where id in ('D0', 'D1') order by id"
    assert [at for (at,) in workspace.rows(times_landed)] == landed
    assert workspace.delivery("acme")["rows_flagged"] == 2


def test_a_zone_without_clock_changes_flags_nothing(workspace: Workspace) -> None:
    workspace.put("deal.csv", ["id,close_date,created_at", "D1,2026-09-01,2026-03-29 02:30:00"])
    workspace.land()
    workspace.check()
    assert flags(workspace) == []


def test_characters_have_one_spelling_and_nothing_is_merged_by_look(workspace: Workspace) -> None:
    composed, decomposed = "Mu\u0308ller", "M\u00fcller"
    homoglyph, reversed_, emoji = "\u0410cme", "a\u202ecb", "\U0001f680"
    notes = [composed, decomposed, homoglyph, "Acme", reversed_, emoji]
    workspace.put(
        "deal.csv", [HEADER, *[f"D{n},1,2026-09-01,,,{note}" for n, note in enumerate(notes)]]
    )
    workspace.land()
    workspace.check()
    found = "select notes from raw_crm.deal where _partner_id = 'acme' order by id"
    assert [note for (note,) in workspace.rows(found)] == [
        decomposed, decomposed, homoglyph, "Acme", reversed_, emoji
    ]  # fmt: skip


def test_what_a_full_delivery_dropped_is_kept_as_deleted(workspace: Workspace) -> None:
    workspace.seed("feeds.csv", "partner_id,connector,deliveries_compared", "acme,crm,3")
    secret = "D001,1.50,2026-09-01,2026-08-01 10:00:00,true,Jane Doe"
    workspace.put("2026-10-01/deal.csv", [HEADER, secret, *GOOD[1:]])
    workspace.put("2026-10-02/deal.csv", [HEADER, *GOOD[1:]])
    workspace.put("2026-10-03/deal.csv", [HEADER, *GOOD[2:], "=1+1,2,2026-09-01,,,"])
    workspace.land()
    workspace.check()
    assert workspace.ids() == [*ALL[2:], "=1+1"] or workspace.ids() == ["=1+1", *ALL[2:]]
    dropped = workspace.rows(
        "select record_key, delivery_id, dropped_in_delivery, dropped_at, record"
        " from raw_feeds.dropped order by all"
    )
    assert [row[:4] for row in dropped] == [
        ("D001", "2026-10-01", "2026-10-02", datetime(2026, 10, 2)),
        ("D002", "2026-10-02", "2026-10-03", datetime(2026, 10, 3)),
    ]
    assert json.loads(dropped[0][4])["amount"] == 1.5
    assert "Jane Doe" not in str(dropped), "texts of a deleted record can be personal"
    workspace.seed("feeds.csv", "partner_id,connector", "acme,crm")
    workspace.land()
    workspace.check()
    assert workspace.rows("select record_key from raw_feeds.dropped") == [("D002",)]


def test_a_record_that_comes_back_is_no_longer_deleted(workspace: Workspace) -> None:
    workspace.seed("feeds.csv", "partner_id,connector,deliveries_compared", "acme,crm,3")
    workspace.put("2026-10-01/deal.csv", [HEADER, *GOOD])
    workspace.put("2026-10-02/deal.csv", [HEADER, *GOOD[1:]])
    workspace.put("2026-10-03/deal.csv", [HEADER, *GOOD[:1], *GOOD[1:]])
    workspace.land()
    workspace.check()
    assert workspace.ids() == ALL
    assert workspace.rows("from raw_feeds.dropped") == []


def test_a_delivery_with_a_failed_part_deletes_nothing(workspace: Workspace) -> None:
    workspace.put("2026-10-01/deal.csv", [HEADER, *GOOD])
    workspace.put("2026-10-02/deal.csv", b"")
    workspace.land()
    workspace.check()
    assert workspace.ids() == ALL
    assert workspace.rows("from raw_feeds.dropped") == []


def test_rejects_warn_and_fail_where_the_feed_says(workspace: Workspace) -> None:
    workspace.seed(
        "feeds.csv", "partner_id,connector,warn_reject_share,max_reject_share", "acme,crm,0.15,0.25"
    )
    bad = ["D1,x,2026-09-01,,,", "D2,x,2026-09-01,,,", "D3,x,2026-09-01,,,"]
    outcomes = []
    for count in (1, 2, 3):
        workspace.put("deal.csv", [HEADER, *bad[:count], *GOOD[: 10 - count]])
        workspace.land()
        workspace.check()
        delivery = workspace.delivery("acme")
        outcomes.append((delivery["status"], delivery["message"].split(";")[0]))
    assert outcomes == [
        ("landed", ""),
        ("landed", "2 of 10 rows rejected"),
        ("failed", "acme.crm deal: 3 of 10 rows rejected, more than 25.0%"),
    ]


def hashes(scheme: str) -> list[str]:
    return [
        "test_string,email_hash",
        *[f"{text},{sha256(SCHEMES[scheme](text))}" for text in AGREED],
    ]


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_agreed_test_strings_let_a_feed_in(workspace: Workspace, scheme: str) -> None:
    workspace.seed("feeds.csv", "partner_id,connector,email_hash_scheme", f"acme,crm,{scheme}")
    workspace.put("deal.csv", [HEADER, *GOOD])
    workspace.put("hash_check.csv", hashes(scheme))
    workspace.land()
    workspace.check()
    assert workspace.ids() == ALL
    assert workspace.rows("select status from raw_feeds.feeds where partner_id = 'acme'") == [
        ("ok",)
    ]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (hashes("google"), "is the one of scheme google, not lower_trim."
                           " Write email_hash_scheme google in seeds/feeds.csv."),
        (["test_string,email_hash", *[f"{text},{sha256(text)}" for text in AGREED]],
         "is of the text before blanks and capitals are removed. Expected: SHA-256 under scheme"),
        (["test_string,email_hash",
          *[f"{t},{hashlib.md5(t.strip().lower().encode()).hexdigest()}" for t in AGREED]],
         "is a plain MD5. Expected: SHA-256"),
        (["test_string,email_hash", *[f"{t},{sha256('salt' + t)}" for t in AGREED]],
         "matches no known scheme; is it salted?"),
        (hashes("lower_trim")[:2], "lacks the test string 'Test.Person+News@gmail.com'."),
        (["text,hash", "a,b"], "Expected: columns test_string and email_hash"),
    ],
    ids=["google", "untrimmed", "md5", "salted", "too-few", "columns"],
)  # fmt: skip
def test_other_hashes_of_the_test_strings_refuse_addresses_before_anything_matches(
    workspace: Workspace, lines: list[str], message: str
) -> None:
    workspace.sources(
        SOURCES.replace("{name: kind}", "{name: kind, config: {meta: {address: true}}}")
    )
    workspace.put("deal.csv", [HEADER, *GOOD])
    workspace.put("touch.csv", ["touch_id,kind", f"T1,{sha256('a@example.com')}"])
    workspace.put("hash_check.csv", lines)
    workspace.land()
    workspace.check()
    assert workspace.ids() == workspace.ids("beta") == ALL, "deals carry no address"
    assert workspace.rows("select _partner_id from raw_crm.touch") == [("beta",)]
    [(status, told)] = workspace.rows(
        "select status, message from raw_feeds.feeds where partner_id = 'acme'"
    )
    assert status == "failed"
    assert told.startswith(
        "acme.crm touch: holds addresses (kind), and partners/acme/crm/hash_check.csv"
    )
    assert message in told


@pytest.mark.parametrize("between", ["\n", "", "\n\n"])
def test_objects_laid_out_over_lines_are_read(workspace: Workspace, between: str) -> None:
    deals = [{"id": f"D{n}", "close_date": "2026-09-01", "notes": "{\n"} for n in range(3)]
    for count in (1, 3):
        text = between.join(json.dumps(deal, indent=2) for deal in deals[:count])
        workspace.put("deal.json", text)
        workspace.land()
        workspace.check()
        assert workspace.ids() == ["D0", "D1", "D2"][:count]
    workspace.put("deal.json", text.replace('"D1"', '"D1'))
    workspace.land()
    workspace.check()
    assert workspace.ids() == []
    assert "rows is a JSON object" in workspace.delivery("acme")["message"]


def test_an_empty_array_is_a_valid_zero(workspace: Workspace) -> None:
    workspace.put("deal.json", "[]\n")
    workspace.land()
    workspace.check()
    assert workspace.delivery("acme")["status"] == "empty"


def test_the_documented_hashes_are_the_expected_ones() -> None:
    privacy = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text(encoding="utf-8")
    for name, scheme in SCHEMES.items():
        for text in AGREED:
            assert f"| `{text}` | `{name}` | `{sha256(scheme(text))}` |" in privacy
