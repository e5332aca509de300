"""One link beside the contract: whose it is, which campaign it names, how near its values are.

The models do the same for touches in int_utm_tuples, int_utm_lookalikes and int_utm_matches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from partner_attribution.utm.contract import (
    ANY,
    PARAMETERS,
    Agreed,
    Contract,
    folded,
    slug,
    value_of,
)

UNMAPPED = "unmapped"
EXACT, PADDED, MISCASED, SEPARATORS, ALIAS, TYPO = range(1, 7)


@dataclass(frozen=True)
class Link:
    """The UTMs of one link, percent-decoded, and what else is known about it.

    placed_by: the partner who places it, when known. delivered_by: who recorded it, when the UTMs
    do not say who placed it. campaign: the campaign it was made for, when known.
    """

    values: Mapping[str, str]
    path: str = ""
    placed_by: str | None = None
    delivered_by: str | None = None
    campaign: str | None = None

    @property
    def is_tagged(self) -> bool:
        """Whether any parameter has a value."""
        return any(self.value(parameter).strip(" ") for parameter in PARAMETERS)

    def value(self, parameter: str) -> str:
        """As it stands in the link; empty when it does not."""
        return self.values.get(parameter, "")

    def slug(self, parameter: str) -> str | None:
        """As it is compared."""
        return slug(value_of(self.value(parameter)))


@dataclass(frozen=True)
class Case:
    """One parameter of one link, beside what its campaign's contract allows."""

    link: Link
    parameter: str
    campaign: str
    evidence: str | None
    partner: str | None
    contract: Contract

    @property
    def raw(self) -> str:
        """As it stands in the link."""
        return self.link.value(self.parameter)

    @property
    def is_blank(self) -> bool:
        """Nothing was given."""
        return not self.raw.strip(" ")

    def is_own(self, row: Agreed) -> bool:
        """Whether whoever placed the link may use the value; unknown placers may use any."""
        return self.partner is None or row.partner_id in {None, self.partner}

    @cached_property
    def own(self) -> tuple[Agreed, ...]:
        """What the contract allows whoever placed the link."""
        return tuple(row for row in self._rows if self.is_own(row))

    @cached_property
    def _rows(self) -> tuple[Agreed, ...]:
        return self.contract.rows(self.campaign, self.parameter)

    @property
    def is_required(self) -> bool:
        """Whether no link may leave the parameter out."""
        return any(row.is_required for row in self.own)

    @cached_property
    def nearness(self) -> int | None:
        """How near the nearest allowed value is."""
        found = [near for row in self.own if (near := self._nearness(row))]
        return min(found) if found else None

    @cached_property
    def nearest(self) -> str | None:
        """The nearest allowed value, if it is the only one that near."""
        values = {row.value for row in self.own if self._nearness(row) == self.nearness}
        return next(iter(values)) if self.nearness and len(values) == 1 else None

    @property
    def conforms(self) -> bool:
        """Exactly as agreed."""
        return self.nearness == EXACT or any(row.value == ANY for row in self.own)

    @property
    def is_anothers(self) -> bool:
        """Whether the value is agreed, for somebody else."""
        return any(
            (self._nearness(row) or TYPO) <= ALIAS for row in self._rows if not self.is_own(row)
        )

    def _nearness(self, row: Agreed) -> int | None:
        value_slug, agreed_slug = self.link.slug(self.parameter), slug(row.value)
        entity = self.contract.entity(self.parameter, value_slug)
        agreed_entity = self.contract.entity(self.parameter, agreed_slug)
        tests = (
            (EXACT, self.raw == row.value),
            (PADDED, self.raw.strip(" ") == row.value),
            (MISCASED, folded(self.raw) == row.value.lower()),
            (SEPARATORS, value_slug is not None and value_slug == agreed_slug),
            (ALIAS, entity is not None and entity == agreed_entity),
            (TYPO, entity is None and row.value != ANY and is_typo(value_slug, agreed_slug)),
        )
        return next((near for near, holds in tests if holds), None)

    def implied(self) -> tuple[str, str] | None:
        """The one value that a link of this campaign, or to this page, would carry, and why."""
        asset = _landing_asset(self.link, self.contract)
        if self.parameter == "utm_campaign" and self.evidence in {
            "utm_id",
            "asset",
            "system",
            "landing_page",
        }:
            values = {row.value for row in self.own if row.value != ANY}
            rule = self.evidence
        elif self.parameter == "utm_content" and asset is not None:
            values = {
                row.value
                for row in self.own
                if self.contract.entity("utm_content", slug(row.value)) == asset
            }
            rule = "landing_page"
        else:
            return None
        return (next(iter(values)), rule) if len(values) == 1 else None


def campaign_of(link: Link, contract: Contract) -> tuple[str | None, str | None]:
    """The campaign of a link and what names it: utm_id, utm_campaign, asset, page, typo.

    A campaign that the caller names stands above all.
    """
    if link.campaign is not None:
        return link.campaign, "system"
    for parameter, evidence in (
        ("utm_id", "utm_id"),
        ("utm_campaign", "utm_campaign"),
        ("utm_content", "asset"),
    ):
        named = contract.campaign_of(parameter, link.slug(parameter))
        if named is not None:
            return named, evidence
    landing = _landing_campaign(link, contract)
    if landing is not None:
        return landing, "landing_page"
    written = link.slug("utm_campaign")
    lookalikes = {
        row.campaign_id
        for row in contract.agreed
        if row.parameter == "utm_campaign" and row.value != ANY
        if is_typo(written, slug(row.value))
    }
    if len(lookalikes) == 1:
        return lookalikes.pop(), "typo"
    given = link.value("utm_campaign").strip(" ") + link.value("utm_id").strip(" ")
    return (UNMAPPED, None) if given else (None, None)


def placer_of(link: Link, campaign: str, contract: Contract) -> str | None:
    """Who placed the link: as known, else the source's only user, else who recorded it."""
    if link.placed_by is not None:
        return link.placed_by
    written = link.slug("utm_source")
    entity = contract.entity("utm_source", written)
    rows = contract.rows(campaign, "utm_source")
    same_text = [row for row in rows if written is not None and slug(row.value) == written]
    same_partner = [
        row
        for row in rows
        if entity is not None and contract.entity("utm_source", slug(row.value)) == entity
    ]
    for found in (same_text, same_partner):
        owners = {row.partner_id for row in found}
        owner = next(iter(owners)) if len(owners) == 1 else None
        if owner is not None:
            return owner
    return link.delivered_by


def _steps(link: Link) -> list[str | None]:
    """Slugs of the landing page's last and first step, where the UTMs leave room for it."""
    if value_of(link.value("utm_content")) is not None:
        return []
    steps = [step for step in link.path.split("/") if step]
    return [slug(steps[-1]), slug(steps[0])] if steps else []


def _landing_asset(link: Link, contract: Contract) -> str | None:
    steps = _steps(link)
    return contract.assets.get(steps[0] or "") if steps else None


def _landing_campaign(link: Link, contract: Contract) -> str | None:
    asset = _landing_asset(link, contract)
    named = contract.campaign_of_asset.get(asset or "")
    if named is not None:
        return named
    for step in _steps(link):
        if step is not None and step in contract.campaigns:
            return contract.campaigns[step]
    return None


def is_typo(written: str | None, agreed: str | None) -> bool:
    """One or two letters apart (by length), the same digits, plain ASCII (int_utm_lookalikes)."""
    if not written or not agreed or written == agreed:
        return False
    if not (_is_plain(written) and _is_plain(agreed)):
        return False
    if re.sub(r"[^0-9]+", "", written) != re.sub(r"[^0-9]+", "", agreed):
        return False
    allowed = 2 if len(agreed) >= 8 else 1 if len(agreed) >= 5 else 0
    return abs(len(written) - len(agreed)) <= 2 and edit_distance(written, agreed) <= allowed


def _is_plain(text: str) -> bool:
    return all(" " <= letter <= "~" for letter in text)


def edit_distance(left: str, right: str) -> int:
    """Insertions, deletions and replacements between two texts."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
