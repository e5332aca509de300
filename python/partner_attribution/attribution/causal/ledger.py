"""The way in and out of the ledger: one table of what causal methods found in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import narwhals as nw

from partner_attribution.attribution.causal.credits import CREDITS, EFFECTS, causal_credits
from partner_attribution.attribution.causal.settings import CAUSAL_METHODS, CausalSettings
from partner_attribution.attribution.influence import SCHEMA as INFLUENCE
from partner_attribution.attribution.tables import arrow_rows, collected, of_kinds

MILESTONES = ("opportunity", "closed_won")


def estimates_of_ledger(  # noqa: PLR0917
    accounts: Any,
    touches: Any,
    milestones: Any,
    methods: Iterable[str],
    interval_groups: int = 0,
    interval_buckets: int = 1000,
) -> Any:
    """Return effects, credits and influence of those methods that are causal, for both milestones.

    accounts: as `causal_credits` reads them, and observed_from_us, observed_until_us, the same in
        every row. methods: any of the registry; those that are not causal are passed over.

    Returns an Arrow table, row_kind `effect`, `credit` or `influence`: all columns, null where one
    belongs to another. Empty when no causal method is named or no account is known.
    """
    names = [name for name in methods if name in CAUSAL_METHODS]
    kinds = {"effect": EFFECTS, "credit": CREDITS, "influence": INFLUENCE}
    tables = {kind: arrow_rows([], schema) for kind, schema in kinds.items()}
    if names:
        start, end = _observed(accounts)
        settings = CausalSettings(
            milestones=MILESTONES,
            interval_groups=min(interval_groups, interval_buckets),
            interval_buckets=interval_buckets,
        )
        found = causal_credits(accounts, touches, milestones, names, settings, start, end)
        tables = {"effect": found.effects, "credit": found.credits, "influence": found.influence}
    return of_kinds(tables)


def _observed(accounts: Any) -> tuple[int, int]:
    """The time observed; none where no account is known, which no method can estimate."""
    frame: Any = nw.from_native(accounts).select("observed_from_us", "observed_until_us").head(1)
    for start, end in collected(frame):
        return int(start), int(end)
    return 0, 0
