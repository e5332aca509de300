"""Credits of all counted conversions, each method within its own lookback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals as nw

from partner_attribution.attribution.engine import attribute_wide
from partner_attribution.attribution.exact import Frame
from partner_attribution.attribution.journey import CONVERSION, TOUCH, TOUCHED_AT
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

    Returns what `attribute_wide` returns; methods that look back differently stand in rows of their
    own, with 0 in the columns of the others. Raises AttributionError for an unknown method.
    """
    settings = settings or Settings()
    for name in settings.lookback_days_by_method:
        if name not in REGISTRY:
            raise unknown_name("method in lookback_days_by_method", name, REGISTRY)
    counted = nw.from_native(conversions).filter(nw.col("is_counted"))
    groups = _by_lookback(methods, settings.lookback_days_by_method) or {None: list(methods)}
    every = [name for names in groups.values() for name in names]
    parts = []
    for days, names in groups.items():
        near: Any = touches if days is None else _near(counted, nw.from_native(touches), days)
        near = with_player_weights(counted.to_native(), near, weights, names, settings)
        wide = nw.from_native(attribute_wide(counted.to_native(), near, names, settings))
        parts.append(wide if len(groups) == 1 else _with_columns_of(wide, names, every))
    return (parts[0] if len(parts) == 1 else nw.concat(parts)).to_native()


def _with_columns_of(wide: Frame, names: Iterable[str], every: Iterable[str]) -> Frame:
    """Give the frame the columns of all methods, in one order, so that frames can be stacked."""
    own = set(names)
    columns = []
    for name in every:
        share, cents = f"share_{name}", f"cents_{name}"
        if name in own:
            columns += [nw.col(share), nw.col(cents)]
        else:
            columns += [nw.lit(0.0).alias(share), nw.lit(0).cast(nw.Int64).alias(cents)]
    return wide.select(CONVERSION, TOUCH, *columns)


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
