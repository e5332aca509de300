"""Precision and recall of the ledger against the demo's answer sheet, over pairs of records."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from tests.integration.dbt_runs import rows

ACCOUNT_COLUMNS = {
    "acme_account_id": "acme.salesforce",
    "northwind_company_id": "northwind.hubspot",
    "contoso_account_id": "contoso.template",
}
PERSON_COLUMNS = {
    "acme_contact_id": "acme.salesforce",
    "acme_lead_id": "acme.salesforce",
    "acme_marketo_id": "acme.marketo",
    "northwind_contact_id": "northwind.hubspot",
    "contoso_person_id": "contoso.template",
}
DEAL_COLUMNS = {
    "acme_opportunity_id": "acme.salesforce",
    "northwind_deal_id": "northwind.hubspot",
    "contoso_opportunity_id": "contoso.template",
}


@dataclass(frozen=True)
class Quality:
    """Pairs of records that are the same in truth, in the ledger, and in both."""

    true_pairs: int
    found_pairs: int
    right_pairs: int

    @property
    def precision(self) -> float:
        """Share of the found pairs that are right."""
        return self.right_pairs / self.found_pairs

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found."""
        return self.right_pairs / self.true_pairs

    def __str__(self) -> str:
        return (
            f"{self.true_pairs} true pairs, {self.found_pairs} found,"
            f" precision {self.precision:.4f}, recall {self.recall:.4f}"
        )


def _records(sheet: Path, entity: str, columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    with sheet.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            for column, feed in columns.items():
                for source_id in filter(None, row[column].split("|")):
                    yield f"{feed}:{source_id}", row[entity]


def _pairs(entity_of: Mapping[str, str], keys: set[str]) -> set[tuple[str, str]]:
    groups = defaultdict(list)
    for key in sorted(keys):
        groups[entity_of[key]].append(key)
    return {pair for group in groups.values() for pair in combinations(group, 2)}


def quality(
    database: Path, sheet: Path, entity: str, columns: Mapping[str, str], query: str
) -> Quality:
    """Compare `query` (record key, resolved id) with the answer sheet on the delivered records."""
    truth = dict(_records(sheet, entity, columns))
    ledger = {key: resolved for key, resolved in rows(database, query) if key in truth}
    true_pairs = _pairs(truth, set(ledger))
    found = _pairs(ledger, set(ledger))
    return Quality(len(true_pairs), len(found), len(true_pairs & found))
