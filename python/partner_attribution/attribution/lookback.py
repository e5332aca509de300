"""Credits of all counted conversions, each method within its own lookback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals as nw

from partner_attribution.attribution.engine import attribute
from partner_attribution.attribution.exact import Frame
from partner_attribution.attribution.journey import CONVERSION, TOUCHED_AT
from partner_attribution.attribution.players import with_player_weights
from partner_attribution.attribution.registry import REGISTRY, find_methods
from partner_attribution.attribution.settings import (
    MICROSECONDS_PER_DAY,
    Settings,
    unknown_name,
)

LOOKBACK_FROM = "lookback_from_us"


def attribute_counted(
    conversions: Any,
    touches: Any,
    weights: Any,
    methods: Iterable[str],
    settings: Settings | None = None,
) -> Any:
    """Share every counted conversion among the touches that each method looks back to.

    conversions: as for `attribute`, with milestone, is_counted and lookback_from_us: the time in
        microseconds from which lookback days are counted.
    touches: as for `attribute`; what lies in the milestone's own lookback.
    weights: milestone, method, player, weight, as `player_effects` returns them.
    settings: with `lookback_days_by_method`, touches that are older count for nobody under that
        method; a conversion left without touches is unattributed under it.

    Returns what `attribute` returns. Raises AttributionError for an unknown method.
    """
    settings = settings or Settings()
    for name in settings.lookback_days_by_method:
        if name not in REGISTRY:
            raise unknown_name("method in lookback_days_by_method", name, REGISTRY)
    counted = nw.from_native(conversions).filter(nw.col("is_counted"))
    parts = []
    groups = _by_lookback(methods, settings.lookback_days_by_method)
    for days, names in (groups or {None: list(methods)}).items():
        near: Any = touches if days is None else _near(counted, nw.from_native(touches), days)
        near = with_player_weights(counted.to_native(), near, weights, names, settings)
        parts.append(nw.from_native(attribute(counted.to_native(), near, names, settings)))
    return (parts[0] if len(parts) == 1 else nw.concat(parts)).to_native()


def _by_lookback(methods: Iterable[str], days_of: Mapping[str, int]) -> dict[int | None, list[str]]:
    """Methods that look back equally far, each group in the order given; None = no own lookback."""
    groups: dict[int | None, list[str]] = {}
    for method in find_methods(methods):
        if method.has_rows:
            groups.setdefault(days_of.get(method.id), []).append(method.id)
    return groups


def _near(conversions: Frame, touches: Frame, days: int) -> Any:
    columns = touches.collect_schema().names()
    starts = conversions.select(CONVERSION, LOOKBACK_FROM)
    found = touches.join(starts, on=CONVERSION, how="inner").filter(
        nw.col(TOUCHED_AT) >= nw.col(LOOKBACK_FROM) - days * MICROSECONDS_PER_DAY
    )
    return found.select(*columns).to_native()
