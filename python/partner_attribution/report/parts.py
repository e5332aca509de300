"""What every section is built from: its words, its panes, and what stands there without a table."""

from __future__ import annotations

from collections.abc import Iterable

from partner_attribution.report import facts as f
from partner_attribution.report import words
from partner_attribution.report.view import Note, Pane, Section


def section(
    section_id: str,
    panes: Iterable[Pane],
    *,
    source: str = "",
    half: bool = False,
    bare: bool = False,
    **fields: str,
) -> Section:
    """A section under its heading; `fields` fill the placeholders of its words."""
    head = words.SECTIONS[section_id]
    return Section(
        section_id=section_id,
        title=head.title,
        shows=head.shows.format(**fields) if fields else head.shows,
        read=head.read.format(**fields) if fields else head.read,
        panes=tuple(panes),
        source=source,
        half=half,
        bare=bare,
    )


def withheld(facts: f.Facts, section_id: str, table: str, *, half: bool = False) -> Section | None:
    """A section that says why it is empty, if its table did not pass its tests."""
    if table not in facts.withheld:
        return None
    return section(section_id, [Pane((Note(words.withheld(table)),))], half=half)
