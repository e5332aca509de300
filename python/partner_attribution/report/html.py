"""The dashboard: one self-contained HTML file without scripts.

Autoescape is on for every template, whatever its name, and the only unescaped part is our own
style sheet. Names come from CRMs: treat each as hostile.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from partner_attribution.report.facts import Facts
from partner_attribution.report.sections import page

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment() -> Environment:
    """Jinja2 with autoescape on, and undefined names as errors."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=PackageLoader("partner_attribution.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def dashboard(
    facts: Facts, *, detail: str = "full", footer: tuple[tuple[str, str], ...] = ()
) -> str:
    """The dashboard as HTML text. Only `footer` differs from run to run."""
    template = environment().get_template("page.html.j2")
    return template.render(page=page(facts, detail, footer))
