"""What a page is made of: plain values, ready to be placed.

Every text is final and every position is a percentage, so the templates need no arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from partner_attribution.report.words import Sentence

Tone = Literal["", "good", "low", "warn", "muted"]


@dataclass(frozen=True)
class Bar:
    """A bar from the left edge; `target` is where a tick stands."""

    width: str
    target: str | None = None
    tone: Tone = ""


@dataclass(frozen=True)
class Dot:
    """A mark of one method (its index picks shape and highlight), or a plain one (-1)."""

    at: str
    method: int = -1
    label: str = ""


@dataclass(frozen=True)
class Dots:
    """Marks on one line, the span they cover and an optional reference tick."""

    dots: tuple[Dot, ...]
    start: str = "0"
    width: str = "0"
    reference: str | None = None


@dataclass(frozen=True)
class Cell:
    """One table cell: text, what is drawn behind or beside it, and small print on either side."""

    text: str = ""
    tone: Tone = ""
    strong: bool = False
    bar: Bar | None = None
    dots: Dots | None = None
    shade: int | None = None
    note: str = ""
    below: str = ""
    is_code: bool = False


@dataclass(frozen=True)
class Column:
    """A table column; number columns align right and keep their label on a phone."""

    label: str
    kind: Literal["name", "number", "text", "picture", "status"] = "number"
    ends: tuple[str, str] | None = None


@dataclass(frozen=True)
class Table:
    """A table that is also the chart."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    foot: tuple[tuple[Cell, ...], ...] = ()
    note: str = ""
    kind: Literal["table"] = "table"
    style: str = ""


@dataclass(frozen=True)
class Chart:
    """Two lines over time; all text stands in HTML beside the drawing."""

    label: str
    line: str
    even: str | None
    top: str
    ticks: tuple[str, ...]
    legend: tuple[str, str | None]
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True)
class Figure:
    """One headline number."""

    label: str
    value: str
    note: str
    tone: Tone = ""
    below: str = ""


@dataclass(frozen=True)
class Figures:
    """The row of headline numbers."""

    figures: tuple[Figure, ...]
    kind: Literal["figures"] = "figures"


@dataclass(frozen=True)
class Sentences:
    """A short list of sentences."""

    sentences: tuple[Sentence, ...]
    kind: Literal["sentences"] = "sentences"


@dataclass(frozen=True)
class Note:
    """A line in place of a table that would be empty."""

    text: str
    kind: Literal["note"] = "note"


Block = Table | Chart | Figures | Sentences | Note


@dataclass(frozen=True)
class Pane:
    """The content of a section under one method, or under all (-1)."""

    blocks: tuple[Block, ...]
    do: Sentence | None = None
    method: int = -1


@dataclass(frozen=True)
class Section:
    """A question, how to read its answer, and the answer."""

    section_id: str
    title: str
    shows: str
    read: str
    panes: tuple[Pane, ...]
    source: str = ""
    half: bool = False
    bare: bool = False


@dataclass(frozen=True)
class Method:
    """One entry of the method switch."""

    index: int
    label: str
    chosen: bool
    note: str = ""


@dataclass(frozen=True)
class Page:
    """A whole readout."""

    title: str
    campaign: str
    facts_line: tuple[str, ...]
    banner: tuple[Sentence, ...]
    methods: tuple[Method, ...]
    sections: tuple[Section, ...]
    footer: tuple[tuple[str, str], ...]
    closing: str
    labels: dict[str, str] = field(default_factory=dict)
