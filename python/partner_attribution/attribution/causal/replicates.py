"""How much each group of accounts moves what causal methods find: they are fitted without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from partner_attribution.attribution.causal.estimate import Estimate, estimate
from partner_attribution.attribution.causal.panel import Panel
from partner_attribution.attribution.causal.settings import (
    BASELINE,
    CausalSettings,
    NotEstimable,
)
from partner_attribution.attribution.causal.surprise import evidence_of

Array = Any
_ORDERS = 15  # and their reverses: with 9 players or more, fewer coalitions than all
_EXACT = 8


def group_influence(
    panel: Panel, found: Mapping[str, Estimate], settings: CausalSettings
) -> dict[tuple[str, str], dict[str, Array]]:
    """Return, per method and milestone, how each player's part moves with each group of accounts.

    The part is that of all deals, also those of the group that is left out, so it moves only
    through what the method learned: relative change, one figure per group, on the scale of a
    delete-one jackknife. `baseline` is a player here. A player without any part has zeros.
    Empty where accounts have no bucket, or a method is not estimable without some group.
    """
    whole = {name: one for name, one in found.items() if one.shares is not None}
    groups = settings.interval_groups
    if panel.bucket is None or groups < 2 or not whole:
        return {}
    # Differences between fits need fewer orders of players than the figures themselves.
    quick = replace(
        settings,
        exact_players=min(settings.exact_players, _EXACT),
        sampled_orders=min(settings.sampled_orders, _ORDERS),
    )
    if len(panel.players) > quick.exact_players:
        whole = dict(_estimates(panel, whole, quick))
    parts: dict[tuple[str, str], list[Array]] = {}
    _collect(parts, whole.items())
    group = panel.bucket * groups // settings.interval_buckets
    for number in range(groups):
        without = replace(panel, weight=np.where(group == number, 0.0, panel.weight))
        _collect(parts, _estimates(without, whole, quick))
    influence: dict[tuple[str, str], dict[str, Array]] = {}
    names = (*panel.players, BASELINE)
    for key, (own, *replicates) in sorted(parts.items()):
        if len(replicates) < groups:
            continue
        moved = (own - np.array(replicates)).T * (groups - 1) / groups
        size = np.where(own > 0, own, np.inf)
        influence[key] = dict(zip(names, moved / size[:, None], strict=True))
    return influence


def _estimates(
    panel: Panel, whole: Mapping[str, Estimate], settings: CausalSettings
) -> Iterator[tuple[str, Estimate]]:
    try:
        evidence = evidence_of(panel)
    except NotEstimable:
        return
    for name, one in whole.items():
        yield name, estimate(panel, evidence, name, settings, one)


def _collect(
    parts: dict[tuple[str, str], list[Array]], estimates: Iterable[tuple[str, Estimate]]
) -> None:
    for name, one in estimates:
        for milestone, shares in (one.shares or {}).items():
            parts.setdefault((name, milestone), []).append(_parts(shares))


def _parts(shares: Any) -> Array:
    """Deals of each player, the baseline last."""
    return np.append(shares.player.sum(axis=0), shares.baseline.sum())
