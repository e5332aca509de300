"""What every method would print of a world: each player's part of what it hands out.

The project's own code does the work; this module only cuts journeys as its models do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pandas as pd

from benchmarks.truth.frames import DAY_US
from benchmarks.truth.worlds import World
from partner_attribution.attribution import Settings, attribute
from partner_attribution.attribution.effects import player_effects
from partner_attribution.attribution.players import with_player_weights

RULES = ("first_touch", "last_touch", "last_non_direct", "linear", "position", "time_decay")
LEARNED = ("markov_path", "shapley_set", "shapley_rate")
CUT_AT_CLOSE = ("last_touch", "linear")  # the trap: the touches that the deal itself caused
CAUSAL = ("hazard_shapley", "multistate", "causal_auto")
LOOKBACK_DAYS = 180
MILESTONE = "closed_won"
_MODULE = "partner_attribution.attribution.causal"


@dataclass(frozen=True)
class Printed:
    """shares: of the players, summing to 1 (empty: the method says that it cannot tell).

    baseline_share: deals that would have come anyway, of all; None where a method has no such line.
    conversions: incremental deals per player, of causal methods.
    needs_test: the method itself says that its figures must be tested first.
    """

    shares: Mapping[str, float]
    baseline_share: float | None = None
    conversions: Mapping[str, float] | None = None
    needs_test: bool = False


def printed(world: World) -> dict[str, Printed]:
    """Return what each method prints of a world. Names end in `_at_close` for the trap."""
    journeys = journeys_of(world, cut_at_close=False)
    found = by_rules(world, journeys) | _learned(world, journeys)
    at_close = by_rules(world, journeys_of(world, cut_at_close=True))
    found |= {f"{name}_at_close": at_close[name] for name in CUT_AT_CLOSE}
    found["uniform"] = Printed(dict.fromkeys(world.players, 1 / len(world.players)))
    return found | causal(world)


def causal(world: World) -> dict[str, Printed]:
    """Return what the causal methods print, if the project has them."""
    if find_spec(_MODULE) is None:
        return {}
    result = import_module(_MODULE).causal_credits(
        world.accounts,
        world.touches,
        world.milestones,
        CAUSAL,
        observed_from_us=world.observed_from_us,
        observed_until_us=world.observed_until_us,
    )
    effects = result.effects.to_pandas()
    found = {}
    for name in CAUSAL:
        rows = effects[(effects["method"] == name) & (effects["status"] == "estimable")]
        conversions = dict(zip(rows["player"], rows["conversions"], strict=True))
        total, baseline = sum(conversions.values()), conversions.pop("baseline", 0.0)
        conversions = {player: conversions.get(player, 0.0) for player in world.players}
        if not total or not sum(conversions.values()):
            found[name] = Printed({})
            continue
        shares = _shares(world, conversions)
        # Not known to fit is called no more than known not to: `claim` in fct_incremental_effects.
        needs_test = not rows["needs_test"].eq(False).iloc[0]
        found[name] = Printed(shares, baseline / total, conversions, needs_test)
    return found


def journeys_of(world: World, *, cut_at_close: bool) -> pd.DataFrame:
    """Return all deals, won or not, with the touches of their lookback; one row if none."""
    deals = world.milestones.dropna(subset=["opportunity_id"])
    times = deals.pivot_table(
        index=["account_id", "opportunity_id"], columns="state", values="reached_at_us"
    ).reset_index()
    for state in ("opportunity", "closed_won", "closed_lost"):
        times[state] = times.get(state, pd.Series(dtype="float64"))
    closed = times["closed_won"].fillna(times["closed_lost"])
    times["cutoff"] = times["opportunity"].fillna(closed)
    if cut_at_close:
        times["cutoff"] = closed.fillna(world.observed_until_us)
    cents = deals.groupby("opportunity_id")["value_cents"].max()
    times["value_cents"] = times["opportunity_id"].map(cents)
    rows = times.merge(world.touches, on="account_id")
    in_window = (rows["touched_at_us"] <= rows["cutoff"]) & (
        rows["touched_at_us"] >= rows["cutoff"] - LOOKBACK_DAYS * DAY_US
    )
    keys = ["opportunity_id", "closed_won", "value_cents"]
    seen = ["touch_id", "touched_at_us", "channel", "partner_id", "player"]
    rows = times[keys].merge(
        rows.loc[in_window, ["opportunity_id", *seen]], on="opportunity_id", how="left"
    )
    rows["is_won"] = rows["closed_won"].notna()
    rows["touched_at_us"] = rows["touched_at_us"].astype("Int64")
    return rows.drop(columns="closed_won")


def _frames(journeys: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    won = journeys[journeys["is_won"]].rename(columns={"opportunity_id": "conversion_id"})
    conversions = won.drop_duplicates("conversion_id")[["conversion_id"]]
    # Deals count alike: the truth is in won deals, not in money.
    conversions = conversions.assign(amount_cents=10_000, milestone=MILESTONE)
    touches = won.dropna(subset=["touch_id"])
    touches = touches.assign(
        touched_at_us=touches["touched_at_us"].astype("int64"),
        is_direct=touches["channel"] == "direct",
    )
    return conversions, touches


def by_rules(world: World, journeys: pd.DataFrame) -> dict[str, Printed]:
    """Return what the rule-based methods print of these journeys."""
    conversions, touches = _frames(journeys)
    return _by_player(world, touches, attribute(conversions, touches, RULES), RULES)


def _learned(world: World, journeys: pd.DataFrame) -> dict[str, Printed]:
    settings = Settings(player_dimension="partner_channel")
    compared = journeys.rename(columns={"opportunity_id": "journey_id", "is_won": "is_converted"})
    compared = compared.assign(milestone=MILESTONE)
    effects = player_effects(compared, (*LEARNED, "markov_global"), settings)
    conversions, touches = _frames(journeys)
    weights = effects.to_pandas()
    weighed = with_player_weights(conversions, touches, weights, LEARNED, settings)
    found = _by_player(world, touches, attribute(conversions, weighed, LEARNED, settings), LEARNED)
    of_all = weights[weights["method"] == "markov_global"]
    credited = dict(zip(of_all["player"], of_all["credited_conversions"], strict=True))
    return found | {"markov_global": Printed(_shares(world, credited))}


def _by_player(
    world: World, touches: pd.DataFrame, credits: Any, methods: tuple[str, ...]
) -> dict[str, Printed]:
    rows = credits.merge(touches[["touch_id", "player"]].drop_duplicates(), on="touch_id")
    sums = rows.groupby(["method", "player"])["credit_share"].sum()
    return {name: Printed(_shares(world, sums[name].to_dict())) for name in methods}


def _shares(world: World, credited: Mapping[str, float]) -> dict[str, float]:
    """Return each player's part; what went to direct visits or nobody is left out."""
    parts = {player: float(credited.get(player, 0.0)) for player in world.players}
    total = sum(parts.values())
    return {player: part / total for player, part in parts.items()} if total else {}
