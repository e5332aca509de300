"""Random byte damage to deliveries of every format: no traceback, no hang, no silent loss.

Each landing takes one damaged delivery per format, each a feed of its own, beside a good one. The
damage of a case follows from its number: `make fuzz CASES=2000 FIRST=0` repeats it.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import re
import signal
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tests.feeds.test_fuzz import careful_count
from tests.feeds.workspace import SOURCES, Workspace

CASES = int(os.environ.get("FUZZ_CASES", "60"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
HANG_SECONDS = 120
ROWS = [
    {
        "id": f"D{number:03}",
        "amount": f"{number}.50",
        "close_date": f"2026-09-{number % 28 + 1:02}",
        "created_at": f"2026-08-{number % 28 + 1:02} 10:00:00",
        "is_won": "true",
        "notes": f"Größe {number}",
    }
    for number in range(40)
]
LINES = [",".join(ROWS[0]), *(",".join(row.values()) for row in ROWS)]
TEXT = "\n".join(LINES) + "\n"
IDS = {json.dumps(row).encode(): row["id"] for row in ROWS}
Damage = Callable[[bytes, random.Random], bytes]


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), out, row_group_size=16)
    return out.getvalue()


# Feed -> file name, its bytes, and the encoding that the feed declares.
FORMATS: dict[str, tuple[str, bytes, str]] = {
    "csv": ("deal.csv", TEXT.encode(), ""),
    "quoted": ("deal.csv", re.sub(r"(Größe \d+)", r'"\1, ""so""\n"', TEXT).encode(), ""),
    "gz": ("deal.csv.gz", gzip.compress(TEXT.encode(), mtime=0), ""),
    "cp1252": ("deal.csv", TEXT.encode("cp1252"), "cp1252"),
    "utf16": ("deal.csv", TEXT.encode("utf-16"), "utf-16"),
    "jsonl": ("deal.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS).encode(), ""),
    "json": ("deal.json", json.dumps(ROWS, ensure_ascii=False).encode(), ""),
    "pretty": ("deal.json", "\n".join(json.dumps(row, indent=1) for row in ROWS).encode(), ""),
    "parquet": ("deal.parquet", parquet(), ""),
}


def _spot(content: bytes, dice: random.Random) -> int:
    return dice.randrange(len(content) + 1)


def _put(piece: bytes) -> Damage:
    def damage(content: bytes, dice: random.Random) -> bytes:
        at = _spot(content, dice)
        return content[:at] + piece + content[at:]

    return damage


def truncated(content: bytes, dice: random.Random) -> bytes:
    return content[: _spot(content, dice)]


def bit_flipped(content: bytes, dice: random.Random) -> bytes:
    if not content:
        return content
    damaged = bytearray(content)
    for _ in range(dice.randint(1, 8)):
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
    return bytes(damaged)


def inserted(content: bytes, dice: random.Random) -> bytes:
    return _put(dice.randbytes(dice.randint(1, 12)))(content, dice)


def deleted(content: bytes, dice: random.Random) -> bytes:
    at = _spot(content, dice)
    return content[:at] + content[at + dice.randint(1, 40) :]


def swapped(content: bytes, dice: random.Random) -> bytes:
    a, b, c = sorted(_spot(content, dice) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def repeated(content: bytes, dice: random.Random) -> bytes:
    a, b = sorted(_spot(content, dice) for _ in range(2))
    return content[:b] + content[a:b] + content[b:]


def overwritten(content: bytes, dice: random.Random) -> bytes:
    at = _spot(content, dice)
    return content[:at] + b"\0" * dice.randint(1, 64) + content[at + 64 :]


def headed_again(content: bytes, dice: random.Random) -> bytes:
    """Two files in one, as a loader appends them."""
    lines = content.splitlines(keepends=True)
    at = dice.randrange(len(lines) + 1)
    return b"".join([*lines[:at], *lines[:1], *lines[at:]])


def of_other_line_ends(content: bytes, dice: random.Random) -> bytes:
    lines = content.split(b"\n")
    return b"".join(
        line + (dice.choice((b"\n", b"\r\n", b"\r", b"\n\n")) if n + 1 < len(lines) else b"")
        for n, line in enumerate(lines)
    )


def packed_again(content: bytes, dice: random.Random) -> bytes:
    """An archive in a plain file, two archives in one file, or half of one behind the text."""
    packed = gzip.compress(content, mtime=0)
    return dice.choice((packed, content + packed, content + packed[: len(packed) // 2]))


DAMAGES: tuple[Damage, ...] = (
    truncated,
    bit_flipped,
    inserted,
    deleted,
    swapped,
    repeated,
    overwritten,
    headed_again,
    of_other_line_ends,
    packed_again,
    _put(b"x" * 20_000),
    _put("Gr\u00f6\u00dfe \u20ac".encode("cp1252")),
    _put("deal".encode("utf-16")),
    *(_put(piece) for piece in (b"\0", b'"', b'""', b"\n", b"\r", b"\r\n", b",")),
    *(_put(piece) for piece in (b"\xff", b"{", b"]", b"}\n{")),
    _put("\ufeff\u202e".encode()),
)  # fmt: skip


def damaged(content: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        content = dice.choice(DAMAGES)(content, dice)
    return content


@contextmanager
def no_hang(what: str) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(what)

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANG_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def text_of(name: str, content: bytes) -> str | None:
    """What a text delivery says, read as its feed declares; None where it is no such text."""
    try:
        if name == "gz":
            content = gzip.decompress(content)
        encoding = FORMATS[name][2] or "utf-8"
        return content.decode(encoding).removeprefix("\ufeff")
    except (OSError, EOFError, ValueError, zlib.error):
        return None


def judge(name: str, content: bytes, log: dict[str, object], ids: set[str]) -> None:
    """Nothing is lost without a word, by a count that shares no code with the reader."""
    if log["status"] == "failed":
        assert log["message"]
        assert not ids
        return
    if name == "parquet":
        # PyArrow refuses a file of which only its own note in the footer is damaged.
        with suppress(pa.ArrowInvalid):
            assert log["rows_read"] == pq.ParquetFile(io.BytesIO(content)).metadata.num_rows
        return
    if name in {"json", "pretty"}:
        return
    if name == "jsonl":
        # A line that is no UTF-8 is a row that is no JSON.
        shown = [line for line in content.split(b"\n") if line.strip()]
        assert {IDS[line] for line in shown if line in IDS} <= ids
        if shown[0] in IDS:
            assert log["rows_read"] == len(shown)
        return
    text = text_of(name, content)
    assert text is not None, "not readable as declared, and landed"
    lines = [line for line in re.split(r"\r\n|\n|\r", text) if line]
    assert log["rows_read"] == careful_count(text.encode())
    if '"' in text:
        return
    assert log["rows_read"] == len(lines) - 1
    if lines[0] == LINES[0]:
        whole = dict(zip(LINES[1:], (row["id"] for row in ROWS), strict=True))
        assert {whole[line] for line in lines if line in whole} <= ids


def landed(number: int, contents: dict[str, bytes]) -> Counter[str]:
    """Land one delivery per format beside a good one, and count how they fared."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "seeds").mkdir()
        workspace = Workspace(Path(folder), duckdb.connect())
        workspace.sources(SOURCES)
        rows = [f"{name},crm,1,{encoding}" for name, (_, _, encoding) in FORMATS.items()]
        workspace.seed("feeds.csv", "partner_id,connector,max_reject_share,encoding", *rows)
        workspace.put("deal.csv", TEXT, partner="good")
        for name, content in contents.items():
            workspace.put(FORMATS[name][0], content, partner=name)
        with no_hang(f"case {number}"):
            workspace.land()
        workspace.check()
        assert len(workspace.ids("good")) == len(ROWS)
        outcomes = Counter()
        for name, content in contents.items():
            log = workspace.delivery(f"partners/{name}/")
            try:
                judge(name, content, log, set(workspace.ids(name)))
            except AssertionError as error:
                raise AssertionError(f"case {number}, {name}: {error}") from error
            outcomes[f"{name} {log['status']}"] += 1
        workspace.conn.close()
    return outcomes


def test_random_damage_never_loses_a_row_without_a_word() -> None:
    outcomes: Counter[str] = Counter()
    landings = -(-CASES // len(FORMATS))
    for number in range(FIRST, FIRST + landings):
        contents = {
            name: damaged(content, random.Random(f"{number} {name}"))
            for name, (_, content, _) in FORMATS.items()
        }
        outcomes += landed(number, contents)
    print(f"{outcomes.total()} damaged deliveries: {dict(sorted(outcomes.items()))}")
    assert outcomes.total() == landings * len(FORMATS)


def test_undamaged_deliveries_of_every_format_land_whole() -> None:
    outcomes = landed(-1, {name: content for name, (_, content, _) in FORMATS.items()})
    assert outcomes == {f"{name} landed": 1 for name in FORMATS}
