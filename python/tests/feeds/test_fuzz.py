"""Random damage: no traceback, no lost row, no invented row, whatever arrives.

FUZZ_CASES=2000 makes it long.
"""

import csv
import io
import os
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partner_attribution.feeds.errors import DeliveryError
from partner_attribution.feeds.feed_list import Feed
from partner_attribution.feeds.preparing import prepare
from partner_attribution.feeds.reading import careful_csv_source, csv_layout, csv_source, is_whole
from partner_attribution.feeds.records import read_records
from tests.feeds.workspace import GOOD, HEADER, SOURCES, Workspace

CASES = int(os.environ.get("FUZZ_CASES", "60"))
PLAIN = "\n".join([HEADER, *GOOD, 'Q,1,2026-09-01,,,"a ""quoted"",\ntwo-line note"', ""]).encode()
PIECES = [
    b'"',
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b'""',
    b",,,",
    b" ",
    b"\\",
    b"'",
]

damage = st.lists(
    st.tuples(
        st.integers(0, len(PLAIN)),
        st.integers(0, 30),
        st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)),
    ),
    min_size=1,
    max_size=6,
)


def damaged(changes: list[tuple[int, int, bytes]]) -> bytes:
    content = PLAIN
    for position, cut, piece in changes:
        content = content[:position] + piece + content[position + cut // 8 :]
    return content


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=damage, is_json=st.booleans())
def test_any_damage_keeps_the_books_balanced(
    changes: list[tuple[int, int, bytes]], is_json: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "seeds").mkdir()
        workspace = Workspace(root, duckdb.connect())
        workspace.sources(SOURCES)
        workspace.seed(
            "feeds.csv", "partner_id,connector,max_reject_share", "acme,crm,1", "beta,crm,"
        )
        workspace.put("deal.csv", PLAIN, partner="beta")
        workspace.put("deal.jsonl" if is_json else "deal.csv", damaged(changes))
        workspace.land()
        workspace.check()
        assert len(workspace.ids("beta")) == 10
        log = workspace.delivery("acme")
        read, rejected, status = log["rows_read"], log["rows_rejected"], log["status"]
        assert len(workspace.rejects()) == rejected
        if status == "landed" and not is_json:
            assert read == careful_count(damaged(changes))


def careful_count(content: bytes) -> int:
    stream = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    return sum(1 for _ in read_records(stream, ",")) - 1


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=damage)
def test_the_fast_and_the_careful_reader_agree(changes: list[tuple[int, int, bytes]]) -> None:
    """Where DuckDB reads a file without complaint, the careful reader finds the same cells."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.csv"
        path.write_bytes(damaged(changes))
        try:
            prepared = prepare(path, Path(folder), "utf-8", ",")
            layout = csv_layout(prepared, Feed("acme", "crm"), ",")
            if prepared.has_nul or len(layout.columns) < 2:
                return
            conn = duckdb.connect()
            columns = ", ".join(f"c{n}" for n in range(len(layout.columns)))
            regular = csv_source(prepared, layout)
            quick = conn.sql(f"select {columns} from {regular.relation}").fetchall()
            inside = f"select count(*), coalesce(sum({regular.delimiters}), 0)"
            counts = conn.sql(f"{inside} from {regular.relation}").fetchall()[0]
        except (duckdb.Error, DeliveryError, UnicodeDecodeError):
            return
        if not is_whole(prepared, layout, *counts):
            return
        source = careful_csv_source(prepared, layout, Path(folder) / "careful.csv")
        slow = conn.sql(f"select {columns} from {source.relation} where problem is null").fetchall()
        assert quick == slow


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('a,b\n1,"ha ""ha"" ha"\n3,4\n', [["1", 'ha "ha" ha'], ["3", "4"]]),
        ('a,b\n1,"ha\n""ha""\nha"\n3,4', [["1", 'ha\n"ha"\nha'], ["3", "4"]]),
        ('a,b\r\n1,"x\r\ny"\r\n', [["1", "x\r\ny"]]),
        ('a,b\n1,""\n2,\n', [["1", ""], ["2", ""]]),
        ('a,b\n"1,5","x,y"\n', [["1,5", "x,y"]]),
        (
            'a,b\n1,"{""type"": ""Point"", ""at"": [1, 2]}"\n',
            [["1", '{"type": "Point", "at": [1, 2]}']],
        ),
        ("a,b\n1,ʤ\n", [["1", "ʤ"]]),
        ('a,b\n1,5" pipe\n', [["1", '5" pipe']]),
    ],
)
def test_well_formed_quoting_is_read_like_the_standard(content: str, rows: list[list[str]]) -> None:
    found = list(read_records(io.StringIO(content, newline=""), ","))
    assert [record.fields for record in found][1:] == rows
    assert list(csv.reader(io.StringIO(content, newline="")))[1:] == rows


def test_one_stray_quote_costs_one_row() -> None:
    lines = ["a,b", "1,x", '2,"open', "3,x", '4,"fine"', "5,x"]
    found = list(read_records(io.StringIO("\n".join(lines), newline=""), ","))
    assert [(record.line, bool(record.problem)) for record in found] == [
        (1, False), (2, False), (3, True), (4, False), (5, False), (6, False)
    ]  # fmt: skip
