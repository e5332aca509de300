"""What is missing before launch, from the lookups and the data folder alone: nothing is built."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from partner_attribution.errors import PublicationError
from partner_attribution.plan.lookups import Row, read_seed
from partner_attribution.report import facts as f

ROLES = ("analytics_lead", "partner_marketer", "executive_sponsor")


@dataclass(frozen=True)
class Finding:
    """One thing that is missing, and what to type."""

    kind: str
    what: str
    fix: str


def data_folder(project: Path) -> Path:
    """Where the partners' deliveries are: DATA_DIR, else the demo."""
    return project.joinpath(os.environ.get("DATA_DIR", "demo/deliveries"))


def campaign_id(project: Path, wanted: str) -> str:
    """The campaign in seeds/campaigns.csv with this id, name or alias; see match_campaign."""
    campaigns = [(r["campaign_id"], r["campaign_name"]) for r in read_seed(project, "campaigns")]
    aliases = [(r["campaign_id"], r["alias"]) for r in read_seed(project, "campaign_aliases")]
    return f.match_campaign(wanted, campaigns, aliases)


def agreed_method(project: Path, campaign: str) -> str | None:
    """The campaign's own agreed method, if its row names one."""
    rows = [r for r in read_seed(project, "campaigns") if r["campaign_id"] == campaign]
    return (rows[0].get("agreed_method") or None) if rows else None


def findings(project: Path, campaign: str, window: str, serve_dir: Path) -> list[Finding]:
    """Everything that is missing for one campaign (an id) and window."""
    partners = [
        row["partner_id"]
        for row in read_seed(project, "campaign_partners")
        if row["campaign_id"] == campaign
    ]
    return [
        *_partners(project, campaign, partners),
        *_feeds(project, partners),
        *_mappings(project, campaign, serve_dir),
        *_utms(project, campaign, partners, serve_dir),
        *_targets(project, campaign, window, partners),
        *_owners(project, campaign),
    ]


def _partners(project: Path, campaign: str, partners: list[str]) -> list[Finding]:
    if not partners:
        fix = f"add to seeds/campaign_partners.csv: {campaign},<partner_id>,<split_share>"
        return [Finding("partners", "no partner takes part", fix)]
    known = {row["partner_id"] for row in read_seed(project, "partners")}
    return [
        Finding("partners", f"{name} is not declared", f"add {name} to seeds/partners.csv")
        for name in partners
        if name not in known
    ]


def _feeds(project: Path, partners: list[str]) -> list[Finding]:
    root = data_folder(project) / "partners"
    declared = [row for row in read_seed(project, "feeds") if row["partner_id"] in partners]
    names = {(row["partner_id"], row["connector"]) for row in declared}
    found = []
    for partner, connector in sorted(names):
        folder = root / partner / connector
        if not any(path.is_file() for path in folder.rglob("*")):
            found.append(
                Finding(
                    "feeds",
                    f"{partner}.{connector} is declared and has no files",
                    f"put them under {folder}/, or delete its row in seeds/feeds.csv",
                )
            )
    for folder in sorted(root.glob("*/*")):
        name = (folder.parent.name, folder.name)
        if folder.is_dir() and name[0] in partners and name not in names:
            found.append(
                Finding(
                    "feeds",
                    f"{'.'.join(name)} has files and is not declared",
                    f"add to seeds/feeds.csv: {','.join(name)},...",
                )
            )
    found += [
        Finding(
            "feeds",
            f"{partner} has no feed",
            f"add to seeds/feeds.csv: {partner},<connector>,...",
        )
        for partner in partners
        if partner not in {row["partner_id"] for row in declared}
    ]
    return found


def _mappings(project: Path, campaign: str, serve_dir: Path) -> list[Finding]:
    found = []
    aliases = [r for r in read_seed(project, "campaign_aliases") if r["campaign_id"] == campaign]
    if not aliases:
        found.append(
            Finding(
                "mappings",
                "no UTM or CRM name is mapped to the campaign",
                f"add to seeds/campaign_aliases.csv: {campaign},<utm_campaign>,<partner_id>",
            )
        )
    assets = [row for row in read_seed(project, "assets") if row["campaign_id"] == campaign]
    if not assets:
        found.append(
            Finding("mappings", "the campaign has no asset", "add its assets to seeds/assets.csv")
        )
    try:
        checks = f.select(serve_dir, f.HealthCheck, "rpt_data_health", "check_id", schema="reports")
    except PublicationError:
        return found
    return found + [
        Finding("mappings", f"last build: {row.check_name}: {row.detail}", row.fix)
        for row in checks
        if row.section == "taxonomy" and row.status != "ok" and row.fix
    ]


def _utms(project: Path, campaign: str, partners: list[str], serve_dir: Path) -> list[Finding]:
    rows = [r for r in read_seed(project, "utm_contract") if r["campaign_id"] == campaign]
    if not rows:
        fix = f"add to seeds/utm_contract.csv: {campaign},,utm_campaign,{campaign},true,"
        return [Finding("utms", "the partners agreed on no UTM values", fix)]
    sources = [row for row in rows if row["parameter"] == "utm_source"]
    named = {row["partner_id"] for row in sources}
    found = [
        Finding(
            "utms",
            f"{partner} has no agreed utm_source, so its links cannot be told from others",
            f"add to seeds/utm_contract.csv: {campaign},{partner},utm_source,{partner},true,",
        )
        for partner in partners
        if sources and "" not in named and partner not in named
    ]
    try:
        risks = f.select(
            serve_dir, f.UtmFinding, "rpt_utm_health", "partner_id, finding", schema="reports"
        )
    except PublicationError:
        return found
    return found + [
        Finding(
            "utms",
            f"last build: {row.partner_id}: {row.finding}: {row.touches} touches, "
            f"{row.pipeline_at_risk} of credited pipeline",
            row.fix or "",
        )
        for row in risks
        if (row.campaign_id, row.window_id) == (campaign, "campaign")
        and row.severity in ("error", "warning")
    ]


def _targets(project: Path, campaign: str, window: str, partners: list[str]) -> list[Finding]:
    rows: list[Row] = [r for r in read_seed(project, "targets") if r["campaign_id"] == campaign]
    have = {(r["partner_id"], r["milestone"]) for r in rows if r["window_id"].lower() == window}
    return [
        Finding(
            "targets",
            f"{partner} has no {milestone} target for window {window}",
            f"add to seeds/targets.csv: {campaign},{window},{partner},{milestone},<amount>,",
        )
        for partner in partners
        for milestone in f.MILESTONES
        if (partner, milestone) not in have
    ]


def _owners(project: Path, campaign: str) -> list[Finding]:
    rows = [r for r in read_seed(project, "owners") if r["scope_id"] == campaign]
    roles = {row["role"]: row for row in rows}
    found = [
        Finding(
            "owners",
            f"no {role.replace('_', ' ')} is named",
            f"add to seeds/owners.csv: campaign,{campaign},{role},<name>,<substitute>",
        )
        for role in ROLES
        if role not in roles
    ]
    return found + [
        Finding(
            "owners",
            f"the {role.replace('_', ' ')} has no substitute",
            f"fill the column substitute in seeds/owners.csv: {row['owner']}",
        )
        for role, row in sorted(roles.items())
        if not row.get("substitute")
    ]
