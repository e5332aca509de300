"""Intervals of what causal methods say that each player caused, and of the baseline."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np

from partner_attribution.attribution.cells import BILLION
from partner_attribution.attribution.influence import influence_by_player
from partner_attribution.attribution.intervals import (
    NOT_BUILT,
    SUPPRESSED,
    IntervalSettings,
    grouped,
    status,
    total_interval,
)
from partner_attribution.attribution.tables import arrow_rows, collected

SCHEMA = {
    "milestone": nw.String(),
    "method": nw.String(),
    "player": nw.String(),
    "winning_accounts": nw.Int64(),
    "interval_status": nw.String(),
    "conversions_lower": nw.Float64(),
    "conversions_upper": nw.Float64(),
    "cents_lower": nw.Float64(),
    "cents_upper": nw.Float64(),
}
_KEY = ("milestone", "method", "player")


def incremental_intervals(
    sums: Any, estimates: Any, settings: IntervalSettings | None = None
) -> Any:
    """Return the bounds of each player's incremental conversions and amount.

    sums: milestone, method, player or `baseline`, bucket, winning_accounts, share_billionths,
    credit_cents. estimates: as `estimates_of_ledger` returns them; rows of kind `influence` count.

    Returns an Arrow table of one row per milestone, method and player with any credit. Bounds are
    null where interval_status is `suppressed` (fewer than `min_wins` winning accounts) or
    `not_built` (not fitted without each group of accounts).
    """
    settings = settings or IntervalSettings()
    shape = (3, settings.buckets)
    found: dict[tuple[str, str, str], Any] = {}
    columns = ("bucket", "winning_accounts", "share_billionths", "credit_cents")
    own: Any = nw.from_native(sums).select(*_KEY, *columns)
    for milestone, method, player, bucket, *figures in collected(own):
        table = found.setdefault((milestone, method, player), np.zeros(shape))
        table[:, int(bucket)] += [float(value) for value in figures]
    influence = nw.from_native(estimates).filter(nw.col("row_kind") == "influence")
    moved = influence_by_player(influence, settings.buckets)
    rows = [
        dict(zip(_KEY, key, strict=True))
        | _row(found[key], moved.get(key[:2], {}).get(key[2]), settings)
        for key in sorted(found)
    ]
    return arrow_rows(rows, SCHEMA)


def _row(figures: Any, moved: Any, settings: IntervalSettings) -> dict[str, Any]:
    wins = int(figures[0].sum())
    word = status(wins, settings)
    if moved is None and word != SUPPRESSED:
        word = NOT_BUILT
    row: dict[str, Any] = {"winning_accounts": wins, "interval_status": word}
    if word in (SUPPRESSED, NOT_BUILT):
        return row
    parts = grouped(figures[1:], settings.fitted_groups)
    learned = figures[1:].sum(axis=1, keepdims=True) * grouped(moved, settings.fitted_groups)
    lower, upper = total_interval(parts, settings.level, learned)
    return row | {
        "conversions_lower": float(lower[0]) / BILLION,
        "conversions_upper": float(upper[0]) / BILLION,
        "cents_lower": float(lower[1]),
        "cents_upper": float(upper[1]),
    }
