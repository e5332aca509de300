"""The executive summary: half a page of Markdown, each sentence backed by a figure."""

from __future__ import annotations

from partner_attribution.report import facts as f
from partner_attribution.report import words
from partner_attribution.report.format import escaped, markdown, money, percent


def summary(facts: f.Facts, *, footer: tuple[tuple[str, str], ...] = ()) -> str:
    """The summary as Markdown text. `footer` holds what differs from run to run."""
    method = facts.method
    lines = [
        f"# {markdown(words.title(facts))}",
        "",
        f"{markdown('; '.join(words.facts_line(facts)))}. Credit by "
        f"**{markdown(words.method_label(method).lower())}**.",
        "",
    ]
    banner = words.banner(facts)
    if banner:
        lines += [f"> **{words.LABELS['incomplete']}.** {_text(banner[0])}"]
        lines += [f"> - {_text(sentence)}" for sentence in banner[1:]]
        lines += [""]
    lines += [f"- {_text(s)} `{s.source}`" for s in words.in_short(facts, method)]
    lines += ["", *_contribution(facts, method)]
    lines += [f"{words.LABELS['what_to_do']}: {_text(words.do_target(facts, method))}", ""]
    if footer:
        lines += ["; ".join(f"{name} {markdown(value)}" for name, value in footer), ""]
    return "\n".join(lines)


def _contribution(facts: f.Facts, method: str) -> list[str]:
    rows = facts.contribution(method)
    if not rows:
        return []
    lines = [
        "| Partner | Credited revenue | Share | Target | Attained | Verdict |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for row in rows:
        cells = (
            markdown(row.partner_name),
            money(row.credited_amount, facts.currency),
            percent(row.share_of_campaign),
            money(row.target_amount, facts.currency),
            percent(row.attainment),
            words.verdict(row, facts.currency),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _text(sentence: words.Sentence) -> str:
    return "".join(
        f"**{escaped(part.text)}**" if part.strong else escaped(part.text)
        for part in sentence.parts
    ).strip()
