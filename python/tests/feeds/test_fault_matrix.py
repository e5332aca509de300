"""Each fault that a delivery can have, planted in an otherwise good one.

Whatever happens to partner acme's file, partner beta's rows are all there and the books balance.
"""

import gzip
import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.feeds.workspace import GOOD, HEADER, Workspace

LINES = [HEADER, *GOOD]
IMPLAUSIBLE = "implausible date: expected from 1990-01-01 to"
SIGN = (
    "with a currency sign; write it as currency_mark in seeds/feed_files.csv, and its ISO code as"
    " currency"
)
BRACKETS = "in brackets; write negative amounts with a minus, or declare currency_mark"
MARKS = "in another notation; declare decimal_mark and thousands_mark in seeds/feeds.csv"
AS = "expected as 2026-09-30, or as date_format in seeds/feeds.csv says"
SCIENTIFIC = "in scientific notation; export the column as plain digits"
ALL = [f"D{n:03}" for n in range(1, 10)]


def landed(workspace: Workspace, content: bytes, name: str = "deal.csv") -> list[str]:
    workspace.put(name, content)
    workspace.land()
    workspace.check()
    assert workspace.ids("beta") == ALL
    return workspace.ids()


def text(lines: list[str], newline: str = "\n", end: str = "\n") -> str:
    return newline.join(lines) + end


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + text(LINES).encode(),
        text(LINES, "\r\n", "\r\n").encode(),
        text(LINES, "\r", "\r").encode(),
        text(LINES, end="").encode(),
        text(LINES, end="\n\n\r\n\n").encode(),
        (text(LINES[:4], "\r\n", "\r\n") + text(LINES[4:7]) + text(LINES[7:], "\r", "\r")).encode(),
        text([*LINES[:3], "", *LINES[3:]]).encode(),
        text([line.replace("note", '"note"').replace('"note" ', '"note, ') + '"' if n else line
              for n, line in enumerate(LINES)]).encode(),
        text([HEADER.upper().replace("_", " ").replace(",", " , "), *GOOD]).encode(),
    ],
    ids=["bom", "crlf", "cr", "no-end", "blank-end", "mixed", "blank", "quotes", "header-case"],
)  # fmt: skip
def test_harmless_differences_are_accepted(workspace: Workspace, content: bytes) -> None:
    assert landed(workspace, content) == ALL
    assert workspace.rejects() == []
    assert workspace.rows("select amount from raw_crm.deal where _partner_id = 'acme'") == (
        workspace.rows("select amount from raw_crm.deal where _partner_id = 'beta'")
    )


@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "utf-16", "utf-16-le", "utf-8"])
def test_a_declared_encoding_is_read(workspace: Workspace, codec: str) -> None:
    workspace.seed("feeds.csv", "partner_id,connector,encoding", f"acme,crm,{codec}", "beta,crm,")
    content = text([HEADER, GOOD[0].replace("note", "Müller é")]).encode(codec)
    assert landed(workspace, content) == ["D001"]
    note = workspace.rows("select notes from raw_crm.deal where _partner_id = 'acme'")
    assert note == [("Müller é 1",)]


def test_an_undeclared_encoding_fails_the_file_and_names_the_byte(workspace: Workspace) -> None:
    content = text([*LINES, "D010,1,2026-09-01,,,Müller"]).encode("latin-1")
    assert landed(workspace, content) == []
    delivery = workspace.delivery("acme")
    assert delivery["status"] == "failed"
    assert f"not utf-8 at byte offset {content.index(0xFC)}" in delivery["message"]
    assert landed(workspace, text(LINES).encode("utf-16")) == []
    assert "begins like UTF-16" in workspace.delivery("acme")["message"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("D010,1,2026-09-01", "has 3 columns, the header has 6"),
        ("D010,1,2026-09-01,,,a,,", "has 8 columns, the header has 6"),
        ("D010,1,2026-09-01,,,a,b,c", "has 8 columns, the header has 6"),
        ("D010,1,2026-09-01,,,a\0b", "the row contains a NUL byte"),
        ('D010,1,2026-09-01,,,"open', "a quote is opened and never closed"),
        ('D010,1,2026-09-01,,,"x"y', "a closing quote is followed by more text"),
    ],
)
def test_a_broken_row_is_rejected_with_its_line(
    workspace: Workspace, bad: str, reason: str
) -> None:
    lines = [HEADER, 'D000,1,2026-09-01,,,"two\nlines"', *GOOD[:4], bad, *GOOD[4:]]
    assert landed(workspace, text(lines).encode()) == ["D000", *ALL]
    assert [(line, why) for line, _, _, why in workspace.rejects()] == [(8, reason)]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("amount", "N/A", "not a decimal: leave the cell empty where there is no value"),
        ("amount", "€5.00", f"not a decimal: {SIGN}"),
        ("amount", "USD 5.00", f"not a decimal: {SIGN}"),
        ("amount", "(500.00)", f"not a decimal: {BRACKETS}"),
        ("amount", '"1,50"', f"not a decimal: {MARKS}"),
        ("amount", '"1,000.00"', f"not a decimal: {MARKS}"),
        ("amount", "1.2E+05", f"not a decimal: {SCIENTIFIC}"),
        ("amount", "NaN", "not a decimal: leave the cell empty where there is no value"),
        ("amount", "-Infinity", "not a decimal: leave the cell empty where there is no value"),
        ("amount", "123456789012345678901234", "not a decimal"),
        ("seats", "2.5", "not an integer: expected a whole number without marks"),
        ("seats", "99999999999999999999", "not an integer"),
        ("seats", "1_000", "not an integer"),
        ("is_won", "maybe", "not a boolean: expected true or false, yes or no, 1 or 0"),
        ("close_date", "03/04/2026", "ambiguous date: declare date_format in seeds/feeds.csv"),
        (
            "close_date",
            "03/04/26",
            "a year of two digits: declare date_format with %y in"
            " seeds/feeds.csv, such as %m/%d/%y or %m/%d/%Y|%m/%d/%y",
        ),
        (
            "close_date",
            "2026-02-30",
            f"not a date: {AS}",
        ),
        ("close_date", "2026-02-03 10:00:00", "a date with a time of day"),
        ("created_at", "3.4.2026 10:00", "ambiguous date: declare date_format in seeds/feeds.csv"),
        (
            "created_at",
            "2026-01-01 06:00:00 PM",
            f"not a timestamp: {AS}",
        ),
        (
            "created_at",
            "infinity",
            f"not a timestamp: {AS}",
        ),
        ("created_at", "1970-01-01", f"{IMPLAUSIBLE} the delivery of 2026-10-01"),
        ("created_at", "0001-01-01", f"{IMPLAUSIBLE} the delivery of 2026-10-01"),
        ("created_at", "2026-10-03", f"{IMPLAUSIBLE} the delivery of 2026-10-01"),
        ("closed_at", "1970-01-01", f"{IMPLAUSIBLE} 2100"),
        ("closed_at", "0001-01-01", f"{IMPLAUSIBLE} 2100"),
        ("closed_at", "2203-01-01", f"{IMPLAUSIBLE} 2100"),
        ("id", "1.2E+05", "an id in scientific notation: export the column as text"),
        ("id", "", "empty key"),
    ],
)
def test_a_cell_of_the_wrong_type_rejects_its_row(
    workspace: Workspace, column: str, value: str, reason: str
) -> None:
    bad = {"id": "D099", "close_date": "2026-09-01", column: value}
    names = [*HEADER.split(","), "seats", "closed_at"]
    lines = [",".join(names), *GOOD[:3], ",".join(bad.get(n, "") for n in names), *GOOD[3:]]
    lines = [line if line.count(",") >= 7 else line + ",," for line in lines]
    assert landed(workspace, text(lines).encode(), "deal_2026-10-01.csv") == ALL
    shown = value.strip('"') or None
    shown = "'" + shown if shown and shown[0] in "=+-@" else shown
    assert workspace.rejects() == [(5, column, shown, reason)]


def test_rejected_values_are_cut_neutralised_and_masked(workspace: Workspace) -> None:
    values = ["=cmd|' /C calc'!A0", "jane.doe@example.com", "x" * 500, "a\tb\u202ec"]
    lines = [f"D1{n},{value},2026-09-01,,," for n, value in enumerate(values)]
    landed(workspace, text([*LINES, *lines]).encode())
    assert [value for _, _, value, _ in workspace.rejects()] == [
        "'=cmd|' /C calc'!A0",
        "***@***",
        "x" * 200,
        "a b c",
    ]


def test_ambiguous_dates_refuse_the_file_until_a_format_is_declared(workspace: Workspace) -> None:
    lines = [HEADER, *[f"D{n},1,0{n}/04/2026,,," for n in range(1, 10)]]
    workspace.seed("feeds.csv", "partner_id,connector", "acme,crm", "beta,crm")
    assert landed(workspace, text(lines).encode()) == []
    message = workspace.delivery("acme")["message"]
    assert "9 of 9 rows rejected" in message
    assert "ambiguous date: declare date_format in seeds/feeds.csv" in message
    workspace.seed(
        "feeds.csv", "partner_id,connector,date_format", "acme,crm,%m/%d/%Y", "beta,crm,"
    )
    assert len(landed(workspace, text(lines).encode())) == 9
    day = "select close_date::text from raw_crm.deal where id = 'D3'"
    assert workspace.rows(day) == [("2026-03-04",)]


def test_too_many_rejects_fail_the_file(workspace: Workspace) -> None:
    workspace.seed("feeds.csv", "partner_id,connector", "acme,crm", "beta,crm")
    assert landed(workspace, text([*LINES, "D010,x,2026-09-01,,,"]).encode()) == []
    delivery = workspace.delivery("acme")
    assert (delivery["status"], delivery["rows_read"]) == ("failed", 10)
    assert (delivery["rows_rejected"], delivery["rows_refused"]) == (1, 9)
    assert delivery["message"].startswith(
        "acme.crm deal: 1 of 10 rows rejected, more than 1.0%;"
        " first: column amount not a decimal in line 11. See raw_feeds.rejects."
        " Ask for it again, or raise max_reject_share in seeds/feeds.csv."
    )
    assert len(workspace.rejects()) == 1


def test_a_missing_required_column_says_what_to_type(workspace: Workspace) -> None:
    assert (
        landed(workspace, text([HEADER.replace("close_date", "closing_date"), *GOOD]).encode())
        == []
    )
    assert workspace.delivery("acme")["message"] == (
        "acme.crm deal: missing required column close_date; file has [id, amount, closing_date,"
        " created_at, is_won, notes]; closest: closing_date."
        " Map it in seeds/feed_columns.csv: acme,crm,deal,closing_date,close_date"
    )
    assert workspace.rows("select status from raw_feeds.feeds order by feed_id") == [
        ("failed",),
        ("ok",),
    ]
    workspace.seed(
        "feed_columns.csv",
        "partner_id,connector,table_name,delivered_column,declared_column",
        "acme,crm,deal,closing_date,close_date",
    )
    workspace.land()
    assert workspace.ids() == ALL
    kinds = "select kind, delivered_column from raw_feeds.columns where kind = 'renamed'"
    assert workspace.rows(kinds) == [("renamed", "closing_date")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 bytes: the export failed."),
        (b"\n\r\n", "no header line: the file is blank."),
        (text(GOOD).encode(), "Is the header line missing?"),
        (text([f"{HEADER},Amount", *[g + ",1" for g in GOOD]]).encode(), "missing"),
        (text([f"{HEADER},amount", *[g + ",1" for g in GOOD]]).encode(),
         "column amount arrives 2 times (amount, amount). Deliver it once."),
        (('id,"amount\n' + text(GOOD)).encode(), "the header line is broken"),
    ],
    ids=["zero", "blank", "no-header", "near-duplicate", "duplicate", "open-quote"],
)  # fmt: skip
def test_a_bad_header_fails_the_file(
    workspace: Workspace, content: bytes, message: str, request: pytest.FixtureRequest
) -> None:
    ids = landed(workspace, content)
    if "near-duplicate" in request.node.name:
        assert ids == ALL, "the exact name wins; the other one is an extra column"
        return
    assert ids == []
    assert message in workspace.delivery("acme")["message"]


def test_header_only_is_a_valid_zero(workspace: Workspace) -> None:
    assert landed(workspace, HEADER.encode()) == []
    assert workspace.delivery("acme")["status"] == "empty"
    assert workspace.rows("select status from raw_feeds.feeds where partner_id = 'acme'") == [
        ("ok",)
    ]


def test_duplicated_undeclared_and_extra_columns_only_warn(workspace: Workspace) -> None:
    lines = [f"{HEADER},junk,junk", *[f"{line},1,2" for line in GOOD]]
    assert landed(workspace, text(lines).encode()) == ALL
    extra = "select delivered_column, message from raw_feeds.columns where kind = 'extra'"
    assert workspace.rows(extra) == [("junk", "the header has it 2 times")]
    names = {row[0] for row in workspace.rows("select column_name from (describe raw_crm.deal)")}
    assert "junk" not in names


def test_ids_are_text_and_keep_case_and_zeros(workspace: Workspace) -> None:
    ids = ["007", "0015000000AbCdE", "0015000000abcde", "1e5", "NULL", r"\N", " x "]
    lines = [f"{one},1,2026-09-01,,," for one in ids]
    assert landed(workspace, text([HEADER, *lines]).encode()) == sorted(ids)


def test_damaged_and_good_gzip(workspace: Workspace) -> None:
    packed = gzip.compress(text(LINES).encode())
    assert landed(workspace, packed, "deal.csv.gz") == ALL
    assert landed(workspace, packed[:-20], "deal.csv.gz") == []
    assert "gzip archive is damaged" in workspace.delivery("acme")["message"]
    assert landed(workspace, text(LINES).encode(), "deal.csv.gz") == []
    message = workspace.delivery("acme")["message"]
    assert message.startswith("acme.crm deal: the gzip archive is damaged (Not a gzipped file")
    assert message.endswith("Ask for it again.")


def test_an_archive_that_is_all_air_fails_alone(workspace: Workspace) -> None:
    """A hundred kilobytes that unpack to more than a disk holds: stopped on the way."""
    air = gzip.compress(b"\n" * 70_000_000)
    content = gzip.compress(text(LINES).encode()) + air
    assert landed(workspace, content, "deal.csv.gz") == []
    assert "unpacks to more than" in workspace.delivery("acme")["message"]


def test_what_is_no_file_is_told_and_stops_nothing(workspace: Workspace) -> None:
    folder = workspace.put("deal.csv", text(LINES)).parent
    os.mkfifo(folder / "touch.csv")
    (folder / "deal.part2.csv").mkdir()
    (folder / "deal.part3.csv").symlink_to("deal.csv")
    (folder / "deal.part4.csv").symlink_to("deal.part4.csv")
    (folder / "deal.part5.csv").write_text("")
    assert landed(workspace, text(LINES).encode()) == ALL
    told = workspace.rows(
        "select split_part(file, '/', -1), status, message from raw_feeds.deliveries"
        " where feed_id = 'acme.crm' order by 1"
    )
    assert [(file, status) for file, status, _ in told] == [
        ("deal.csv", "landed"),
        ("deal.part3.csv", "duplicate"),
        ("deal.part4.csv", "ignored"),
        ("deal.part5.csv", "failed"),
        ("touch.csv", "ignored"),
    ]
    assert "is not a regular file" in told[-1][2]


def test_a_file_that_may_not_be_read_fails_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def refused(path: Path, *arguments: Any, **settings: Any) -> Any:
        if "acme" in path.parts and arguments[:1] == ("rb",):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **settings)

    monkeypatch.setattr(Path, "open", refused)
    monkeypatch.setattr("partner_attribution.feeds.table_landing.RETRY_SECONDS", 0)
    assert landed(workspace, text(LINES).encode()) == []
    assert "cannot be read after 3 attempts" in workspace.delivery("acme")["message"]


def test_hostile_names_and_values_are_data(workspace: Workspace) -> None:
    evil = "'); drop table raw_crm.deal; --"
    workspace.put(
        f"deal.{evil.replace('/', '')}*[1]?.csv", [HEADER, f"{evil},1,2026-09-01,,,{evil}"]
    )
    workspace.put("deal.🙂\u202e.csv", [f"{HEADER},{evil}", "D2,1,2026-09-01,,,,"])
    workspace.land()
    workspace.check()
    assert workspace.ids() == sorted([evil, "D2"])


def test_links_out_of_the_feed_are_not_followed(workspace: Workspace) -> None:
    secret = workspace.root / "secret.csv"
    secret.write_text(text(LINES))
    folder = workspace.put("note.txt", "hello").parent
    (folder / "deal.csv").symlink_to(secret)
    (folder / "more").symlink_to(workspace.root / "data" / "partners" / "beta")
    (folder / "gone.csv").symlink_to("nowhere.csv")
    workspace.land()
    workspace.check()
    assert workspace.ids() == []
    messages = workspace.rows("select message from raw_feeds.deliveries where table_name is null")
    assert sum("link that leaves" in message for (message,) in messages) == 2


@pytest.mark.parametrize("seed", range(3))
def test_row_order_does_not_matter(workspace: Workspace, seed: int) -> None:
    rows = [f"D{n % 40:03},{n % 7}.5,2026-09-01,,,note {n}" for n in range(200)]
    workspace.put("deal.csv", [HEADER, *rows])
    content = "select * exclude (_row) from raw_crm.deal order by all"
    workspace.land()
    before = workspace.rows(content)
    random.Random(seed).shuffle(rows)
    workspace.put("deal.csv", [HEADER, *rows])
    workspace.conn.execute(f"set threads = {seed + 1}")
    assert not workspace.land().skipped
    assert workspace.rows(content) == before
    workspace.check()


def test_messages_never_show_an_address(workspace: Workspace) -> None:
    landed(
        workspace, text(["D1,jane.doe@example.com,2026-09-01", "D2,x@y.org,2026-09-02"]).encode()
    )
    workspace.put(
        "deal.csv", text([*LINES, "D9,bob@example.com", "D8,a@b.c,2026-09-01,,,"]).encode()
    )
    workspace.land()
    for table in ("feeds", "deliveries", "rejects", "columns"):
        content = str(workspace.rows(f"from raw_feeds.{table}"))
        assert "example.com" not in content and "a@b.c" not in content
