"""What was agreed: allowed values per campaign, partner and parameter, and the names things go by.

The models read the same lookups (models/conformed/int_utm_contract.sql and the int_*_names).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Row = Mapping[str, str]

PARAMETERS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "utm_id")
ANY = "*"
NOTHING = frozenset(
    {"", "(not set)", "(not provided)", "undefined", "null", "none", "n/a", "(none)"}
)


def folded(value: str) -> str:
    """Trimmed, lower case: the SQL's lower(trim())."""
    return value.strip(" ").lower()


def value_of(value: str) -> str | None:
    """The value as compared; the usual ways to say nothing are None (macro utm_value)."""
    return None if folded(value) in NOTHING else folded(value)


def slug(value: str | None) -> str | None:
    """A name as compared: lower case; blanks, `_` and `-` alike (macro campaign_slug)."""
    if value is None:
        return None
    return re.sub(r"[\t\n\f\r _-]+", "-", folded(value)).strip("-") or None


@dataclass(frozen=True)
class Agreed:
    """One row of the contract; partner_id None = every partner of the campaign."""

    campaign_id: str
    partner_id: str | None
    parameter: str
    value: str
    is_required: bool


@dataclass(frozen=True)
class Contract:
    """All agreed values, and the names of campaigns, assets and partners by slug."""

    agreed: tuple[Agreed, ...]
    campaigns: Mapping[str, str]
    assets: Mapping[str, str]
    partners: Mapping[str, str]
    campaign_of_asset: Mapping[str, str]

    def rows(self, campaign: str | None, parameter: str) -> tuple[Agreed, ...]:
        """The rows of one campaign and parameter."""
        return tuple(
            row for row in self.agreed if row.campaign_id == campaign and row.parameter == parameter
        )

    def entity(self, parameter: str, value_slug: str | None) -> str | None:
        """Which campaign, asset or partner a value stands for, if any."""
        names: Mapping[str, str] = {
            "utm_campaign": self.campaigns,
            "utm_id": self.campaigns,
            "utm_content": self.assets,
            "utm_source": self.partners,
        }.get(parameter, {})
        return names.get(value_slug or "")

    def campaign_of(self, parameter: str, value_slug: str | None) -> str | None:
        """Which campaign a value names, directly or by its asset."""
        if parameter == "utm_content":
            return self.campaign_of_asset.get(self.entity(parameter, value_slug) or "")
        return self.entity(parameter, value_slug) if parameter != "utm_source" else None


def read_contract(seeds: Mapping[str, Iterable[Row]]) -> Contract:
    """Build a Contract from rows of the seeds, by seed name (a missing one counts as empty)."""

    def rows(name: str) -> list[Row]:
        return list(seeds.get(name, ()))

    assets = rows("assets")
    return Contract(
        agreed=tuple(
            Agreed(
                row["campaign_id"].strip(),
                folded(row["partner_id"]) or None,
                folded(row["parameter"]),
                row["allowed_value"].strip(" "),
                folded(row.get("is_required", "")) in {"true", "t", "yes", "1"},
            )
            for row in rows("utm_contract")
        ),
        campaigns=_names(
            [(row["campaign_id"], row["campaign_id"]) for row in rows("campaigns")],
            [(row["campaign_name"], row["campaign_id"]) for row in rows("campaigns")],
            [(row["alias"], row["campaign_id"]) for row in rows("campaign_aliases")],
        ),
        assets=_names(
            [(row["asset_id"], row["asset_id"]) for row in assets],
            [(row["asset_name"], row["asset_id"]) for row in assets],
            [(row["alias"], row["asset_id"]) for row in rows("asset_aliases")],
        ),
        partners=_names(
            [(row["partner_id"], row["partner_id"]) for row in rows("partners")],
            [(row["partner_name"], row["partner_id"]) for row in rows("partners")],
            [
                (row["alias"], row["partner_id"])
                for row in rows("partner_aliases")
                if not row["connector"].strip()
            ],
        ),
        campaign_of_asset={
            row["asset_id"]: row["campaign_id"].strip()
            for row in assets
            if row["campaign_id"].strip()
        },
    )


def _names(*ranks: list[tuple[str, str]]) -> dict[str, str]:
    """One thing per name: an id beats a name, a name beats an alias, then the lower id."""
    found: dict[str, str] = {}
    for pairs in ranks:
        level: dict[str, str] = {}
        for name, thing in pairs:
            key = slug(name)
            if key is not None:
                level[key] = min(thing, level.get(key, thing))
        found = level | found
    return found
