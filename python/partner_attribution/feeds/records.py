"""A careful CSV reader for files in which the fast reader met trouble.

It finds the rows that can be read, and for each row that cannot, the physical line and the reason.
After a broken quote it resumes at the next physical line, so one stray `"` costs one row.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

MAX_ROW_CHARS = 1_000_000
MAX_ROW_LINES = 2_000


@dataclass(frozen=True)
class Record:
    """One data row (or the header): its fields, or why it has none."""

    line: int
    fields: list[str] | None
    problem: str = ""
    text: str = ""


def read_records(stream: TextIO, delimiter: str, quote: str = '"') -> Iterator[Record]:
    r"""Yield every record of a CSV text opened with newline=''. Blank lines are no records.

    \n, \r\n and \r all end a line. Quotes are doubled inside quoted fields; quote may be empty.
    """
    pending: deque[str] = deque()
    number = 0
    while True:
        line = pending.popleft() if pending else stream.readline()
        if not line:
            return
        number += 1
        if not quote or quote not in line:
            text = line.rstrip("\r\n")
            if text:
                yield _plain(number, text, delimiter)
            continue
        first, lines = number, [line]
        parser = _QuotedRow(delimiter, quote)
        state = parser.feed(line)
        size = len(line)
        while state == "open":
            more = pending.popleft() if pending else stream.readline()
            if not more:
                state = "a quote is opened and never closed"
                break
            lines.append(more)
            size += len(more)
            if size > MAX_ROW_CHARS or len(lines) > MAX_ROW_LINES:
                state = "a quote is opened and not closed within the row"
                break
            state = parser.feed(more)
        if state == "complete":
            number = first + len(lines) - 1
            text = "".join(lines)
            yield _checked(Record(first, parser.fields, text=text))
        else:
            pending.extendleft(reversed(lines[1:]))
            yield Record(first, None, state, line.rstrip("\r\n"))


def _plain(number: int, text: str, delimiter: str) -> Record:
    return _checked(Record(number, text.split(delimiter), text=text))


def _checked(record: Record) -> Record:
    if "\0" in record.text:
        return Record(record.line, None, "the row contains a NUL byte", record.text)
    if len(record.text) > MAX_ROW_CHARS:
        return Record(record.line, None, "the row is longer than 1 million characters", record.text)
    return record


class _QuotedRow:
    """Splits one row that contains quotes; rows may go on over several lines."""

    def __init__(self, delimiter: str, quote: str) -> None:
        self.fields: list[str] = []
        self._delimiter = delimiter
        self._quote = quote
        self._open: list[str] | None = None

    def feed(self, line: str) -> str:
        """Take one more physical line; return `complete`, `open` or what is wrong."""
        text = line.rstrip("\r\n")
        position = 0
        while True:
            if self._open is None:
                start = position
                while text.startswith(" ", start):
                    start += 1
                if text.startswith(self._quote, start):
                    self._open, position = [], start + 1
                else:
                    end = text.find(self._delimiter, position)
                    if end < 0:
                        self.fields.append(text[position:])
                        return "complete"
                    self.fields.append(text[position:end])
                    position = end + 1
                    continue
            end = text.find(self._quote, position)
            if end < 0:
                self._open.append(line[position:])
                return "open"
            self._open.append(text[position:end])
            if text.startswith(self._quote * 2, end):
                self._open.append(self._quote)
                position = end + 2
                continue
            self.fields.append("".join(self._open))
            self._open, position = None, end + 1
            while text.startswith(" ", position):
                position += 1
            if position == len(text):
                return "complete"
            if not text.startswith(self._delimiter, position):
                return "a closing quote is followed by more text"
            position += 1
