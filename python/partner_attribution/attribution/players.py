"""Players: what the data-driven methods learn about, and how that reaches each touch.

A player is a channel, a partner, a partner on a channel, a campaign or an asset (setting
`player_dimension`). Methods
registered with `by_player` read one whole number per touch, which this module joins to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import narwhals as nw

from partner_attribution.attribution.journey import CONVERSION, TOUCH, player_weight_column
from partner_attribution.attribution.on_duckdb import query
from partner_attribution.attribution.registry import find_methods
from partner_attribution.attribution.settings import PLAYER_DIMENSIONS, Settings, unknown_name

PLAYER = "player"
MILESTONE = "milestone"
UNKNOWN = "unknown"

# Divisible by every number up to 30, so that the shares of a player's touches are exact unless it
# has more than 30 of them in one journey. 1,900 players of one journey still sum below 2**52.
EVENLY = 2_329_089_562_800


# What `_with_even_weights` does, in one query: touches are made once.
_EVEN_WEIGHTS = f"""
with touches as materialized (select * from {{rows}}),
own as (
    select
        {CONVERSION}, {PLAYER},
        cast(floor(cast({EVENLY} as double) / count(*) + 0.5) as bigint)
            as {player_weight_column("shapley_set")}
    from touches
    group by {CONVERSION}, {PLAYER}
)
select touches.*, own.{player_weight_column("shapley_set")}
from touches inner join own
    on touches.{CONVERSION} = own.{CONVERSION} and touches.{PLAYER} = own.{PLAYER}
"""


def player(dimension: str) -> nw.Expr:
    """Return the player of a touch, from the columns of the dimension; never null or ''."""
    if dimension not in PLAYER_DIMENSIONS:
        raise unknown_name("player_dimension", dimension, PLAYER_DIMENSIONS)
    names = [_known(column) for column in PLAYER_DIMENSIONS[dimension]]
    return names[0] if len(names) == 1 else nw.concat_str(names, separator=":")


def with_player_weights(
    conversions: Any,
    touches: Any,
    weights: Any,
    methods: Iterable[str],
    settings: Settings | None = None,
) -> Any:
    """Add player_weight_<method> to touches, for each of the methods that reads it.

    conversions: conversion_id, milestone. touches: conversion_id, touch_id, the columns of
    the player_dimension and any more. weights: milestone, method, player, weight (whole, 0 or
    more), as `player_effects` returns them. All from one engine.

    Returns that engine's own frame with the same rows. A player without a weight gets null, which
    counts 0. `shapley_set` needs no learned weight: each player of a journey counts the same, and
    so do its touches there.
    """
    settings = settings or Settings()
    names = [method.id for method in find_methods(methods) if method.by_player and method.has_rows]
    frame: Any = nw.from_native(touches)
    if not names:
        return touches
    columns = frame.collect_schema().names()
    frame = frame.with_columns(player(settings.player_dimension).alias(PLAYER))
    learned = [name for name in names if name != "shapley_set"]
    if "shapley_set" in names:
        frame = _with_even_weights(frame)
    if learned:
        milestones = nw.from_native(conversions).select(CONVERSION, MILESTONE)
        frame = frame.join(milestones, on=CONVERSION, how="left")
        table: Any = nw.from_native(weights).filter(~nw.col("weight").is_null())
        # One row per player, so that touches are joined once for all methods.
        of_method = {
            name: nw.when(nw.col("method") == name).then(nw.col("weight").cast(nw.Int64))
            for name in learned
        }
        own = (
            table.with_columns(
                weight.alias(player_weight_column(name)) for name, weight in of_method.items()
            )
            .group_by(MILESTONE, PLAYER)
            .agg(nw.col(player_weight_column(name)).max() for name in learned)
        )
        frame = frame.join(own, on=[MILESTONE, PLAYER], how="left")
    return frame.select(*columns, *map(player_weight_column, names)).to_native()


def _known(column: str) -> nw.Expr:
    name = nw.col(column).fill_null(UNKNOWN)
    return nw.when(name == "").then(nw.lit(UNKNOWN)).otherwise(name)


def _with_even_weights(frame: Any) -> Any:
    """Weigh each touch EVENLY / touches of its player in the journey, at least 1."""
    if frame.implementation.is_duckdb():
        return query(frame, _EVEN_WEIGHTS)
    own = frame.group_by(CONVERSION, PLAYER).agg(nw.col(TOUCH).len().alias("__own_touches"))
    count = nw.col("__own_touches").cast(nw.Float64)
    weight = (nw.lit(float(EVENLY)) / count + 0.5).floor()
    own = own.select(
        CONVERSION,
        PLAYER,
        weight.cast(nw.Int64).alias(player_weight_column("shapley_set")),
    )
    return frame.join(own, on=[CONVERSION, PLAYER], how="left")
