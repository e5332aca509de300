"""The rules, one function each: what is wrong with one parameter of one link.

models/conformed/int_utm_repairs.sql holds the same rules for touches; a test feeds both the same
cases. The first rule that applies names the finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from partner_attribution.errors import nearest
from partner_attribution.utm.contract import PARAMETERS, Contract, folded
from partner_attribution.utm.matching import (
    ALIAS,
    MISCASED,
    PADDED,
    SEPARATORS,
    TYPO,
    UNMAPPED,
    Case,
    Link,
    campaign_of,
    placer_of,
)

ADDRESS = re.compile(r"[^@\s]+(@|%40)[^@\s]+[.][a-z]{2,}", re.ASCII)
AROUND_AT = re.compile(r"[^@\s]*(@|%40)[^@\s]*", re.ASCII)
PLACEHOLDERS = frozenset(
    {
        "(not set)",
        "(not provided)",
        "(none)",
        "undefined",
        "null",
        "none",
        "n/a",
        "nan",
        "[object object]",
    }
)
UNFILLED = re.compile(
    r"\{.*\}|\$\{.*\}|%%.*%%|\[.*\]|<.*>|.*\{\{.*\}\}.*|__[A-Za-z_]+__|\*\|.*\|\*"
)
CONFIDENCE = {
    "case_and_blanks": 1.0,
    "separators": 0.95,
    "alias": 0.95,
    "utm_id": 0.95,
    "unique_typo": 0.8,
    "asset": 0.7,
    "system": 0.7,
    "landing_page": 0.6,
}


@dataclass(frozen=True)
class Finding:
    """One thing to mend; `repaired` is a value of the contract or None."""

    rule: str
    severity: str
    parameter: str
    raw: str
    repaired: str | None
    repair_rule: str | None
    message: str
    fix: str

    @property
    def confidence(self) -> float | None:
        """0..1, None without a repair."""
        return CONFIDENCE[self.repair_rule] if self.repair_rule else None


@dataclass(frozen=True)
class Rule:
    """One rule: when it applies, how bad it is, and what to say."""

    id: str
    severity: str
    message: str
    fix: str
    applies: Callable[[Case], bool]
    repair_rule: str | None = None
    is_inferred: bool = False


RULES: list[Rule] = []
Test = Callable[[Case], bool]


def rule(  # noqa: D103
    severity: str, message: str, fix: str, *, repair_rule: str | None = None, infer: bool = False
) -> Callable[[Test], Test]:
    def register(test: Test) -> Test:
        RULES.append(Rule(test.__name__, severity, message, fix, test, repair_rule, infer))
        return test

    return register


@rule("error", "The link carries no UTM at all", "Add {wanted}", infer=True)
def stripped(case: Case) -> bool:
    """A required parameter of a link that lost them all."""
    return case.is_blank and case.is_required and not case.link.is_tagged


@rule("error", "{parameter} is missing", "Add {wanted}", infer=True)
def missing_required(case: Case) -> bool:
    """A required parameter is missing while others are there."""
    return case.is_blank and case.is_required


@rule("error", "{parameter} holds an e-mail address", "Take the address out of {parameter}")
def personal_data(case: Case) -> bool:
    """An address in a link reaches every tool on its way."""
    return ADDRESS.search(case.raw.lower()) is not None


@rule("warning", '{parameter} was never filled: "{raw}"', "Type {wanted}", infer=True)
def placeholder(case: Case) -> bool:
    """What a tool writes when it has nothing to write."""
    text = case.raw.strip(" ")
    return folded(text) in PLACEHOLDERS or UNFILLED.fullmatch(text) is not None


@rule("notice", '"{raw}" has blanks at its ends', "Type {wanted}", repair_rule="case_and_blanks")
def padded(case: Case) -> bool:
    """Right but for blanks."""
    return case.nearness == PADDED and case.nearest is not None


@rule("notice", '"{raw}" is in other case', "Type {wanted}", repair_rule="case_and_blanks")
def miscased(case: Case) -> bool:
    """Right but for capitals (and blanks)."""
    return case.nearness == MISCASED and case.nearest is not None


@rule("notice", '"{raw}" has other separators', "Type {wanted}", repair_rule="separators")
def separators(case: Case) -> bool:
    """Right but for `_`, `-` and blanks."""
    return case.nearness == SEPARATORS and case.nearest is not None


@rule("notice", '"{raw}" is another name of the same thing', "Type {wanted}", repair_rule="alias")
def alias(case: Case) -> bool:
    """Known by the aliases, not agreed."""
    return case.nearness == ALIAS and case.nearest is not None


@rule(
    "error",
    '"{raw}" is agreed for another partner\'s links',
    "Type {choice} in {parameter}, or have the other partner place the link",
)
def foreign(case: Case) -> bool:
    """The credit would go to somebody else."""
    return case.is_anothers


@rule(
    "error",
    '"{raw}" names another campaign than {campaign}',
    "Let every parameter name one campaign: {wanted}",
)
def mixed(case: Case) -> bool:
    """The parameters name two campaigns."""
    named = case.contract.campaign_of(case.parameter, case.link.slug(case.parameter))
    return bool(case.own) and named is not None and named != case.campaign


@rule("warning", '"{raw}" looks like a typing error', "Type {wanted}", repair_rule="unique_typo")
def typo(case: Case) -> bool:
    """One or two letters away from one agreed value only."""
    return case.nearness == TYPO and case.nearest is not None


@rule(
    "error",
    '"{raw}" is not agreed',
    "Type {choice} in {parameter}, or agree on it in seeds/utm_contract.csv",
    infer=True,
)
def unknown_value(case: Case) -> bool:
    """Nobody agreed on it."""
    return bool(case.own) or (
        case.campaign == UNMAPPED and case.parameter in {"utm_campaign", "utm_id"}
    )


BEFORE_COMPARING = 4  # stripped, missing_required, personal_data, placeholder


def lint(link: Link, contract: Contract) -> list[Finding]:
    """Everything wrong with the parameters of one link, in the order of PARAMETERS."""
    campaign, evidence = campaign_of(link, contract)
    if campaign is None:
        return [_nameless(link, contract)]
    partner = placer_of(link, campaign, contract)
    cases = (Case(link, name, campaign, evidence, partner, contract) for name in PARAMETERS)
    return [finding for case in cases for finding in _judge(case)]


def _judge(case: Case) -> Iterator[Finding]:
    first, then = RULES[:BEFORE_COMPARING], RULES[BEFORE_COMPARING:]
    found = next((each for each in first if each.applies(case)), None)
    if found is None and not case.is_blank and not case.conforms:
        found = next((each for each in then if each.applies(case)), None)
    if found is not None:
        yield _finding(found, case)


def _finding(found: Rule, case: Case) -> Finding:
    repaired, repair_rule = None, None
    if found.repair_rule:
        repaired, repair_rule = case.nearest, found.repair_rule
    elif found.is_inferred and not (
        found.id == "unknown_value" and case.parameter == "utm_content"
    ):
        repaired, repair_rule = case.implied() or (None, None)
    choice = _choice(case)
    words = {
        "parameter": case.parameter,
        "raw": AROUND_AT.sub("***", case.raw),
        "campaign": case.campaign,
        "choice": choice,
        "wanted": f"{case.parameter}={repaired}" if repaired else f"{case.parameter} ({choice})",
    }
    return Finding(
        found.id,
        found.severity,
        case.parameter,
        words["raw"],
        repaired,
        repair_rule,
        found.message.format(**words),
        found.fix.format(**words),
    )


def _choice(case: Case) -> str:
    """The agreed values in words: all of a few, else the nearest of many."""
    agreed = list(dict.fromkeys(row.value for row in case.own))
    if len(agreed) <= 4:
        return " or ".join(agreed) or "an agreed value"
    some = nearest(case.raw, agreed) or agreed[:3]
    return f"{', '.join(some)} or another of the {len(agreed)} agreed values"


def _nameless(link: Link, contract: Contract) -> Finding:
    """A link of which nobody can tell the campaign."""
    found = RULES[1] if link.is_tagged else RULES[0]
    finding = _finding(found, Case(link, "utm_campaign", "", None, None, contract))
    return replace(finding, fix="Add utm_campaign, or say whose links these are with --campaign")
