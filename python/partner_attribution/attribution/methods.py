"""The weight functions: one whole number per touch, from facts of the journey and settings.

A function says how much each touch weighs against the others of its journey, nothing else; the
engine turns weights into shares and cents. Weights are whole numbers of 0 or more. Where all
touches of a journey weigh 0, each counts 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from partner_attribution.attribution.exact import halving_weight, number
from partner_attribution.attribution.journey import Journey
from partner_attribution.attribution.settings import Settings, half_life_us, integer_weights
from partner_attribution.errors import AttributionError


def first_touch(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh the oldest touch only."""
    return journey.is_first.cast(nw.Int64)


def last_touch(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh the newest touch only."""
    return journey.is_last.cast(nw.Int64)


def last_non_direct(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh the newest touch that is not direct."""
    return journey.is_last_non_direct.cast(nw.Int64)


def linear(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh all touches alike."""
    return number(1)


def position(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh the first, the last and, together, all touches between them."""
    first, last, between = position_ends(settings)
    count = journey.touch_count
    at_ends = (
        nw.when(journey.is_first)
        .then(first * (count - 2))
        .when(journey.is_last)
        .then(last * (count - 2))
        .otherwise(number(between))
    )
    in_pair = nw.when(journey.is_first).then(number(first)).otherwise(number(last))
    return nw.when(count == 1).then(number(1)).when(count == 2).then(in_pair).otherwise(at_ends)


def position_ends(settings: Settings) -> tuple[int, int, int]:
    """Return the parts of the first touch, the last, and all between, as whole numbers."""
    first, last, between = integer_weights(settings.position_weights)
    return first, last, between


def time_decay(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh a touch half as much per half-life that lies between it and the newest touch."""
    half_life = nw.lit(float(half_life_us(settings.half_life_days)))
    for campaign_type, days in sorted(settings.half_life_days_by_campaign_type.items()):
        half_life = (
            nw.when(journey.dimension("campaign_type") == campaign_type)
            .then(nw.lit(float(half_life_us(days))))
            .otherwise(half_life)
        )
    return halving_weight(journey.age_us, half_life, journey.scale_bits)


def u_shaped(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh the first touch, the lead-creation touch and, together, the others up to it."""
    return _anchored(journey, settings.u_shaped_weights, ("lead",))


def w_shaped(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh first, lead-creation and opportunity-creation touch and the others up to it."""
    return _anchored(journey, settings.w_shaped_weights, ("lead", "opportunity"))


def full_path(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh first, lead-creation, opportunity-creation and closing touch and the others."""
    return _anchored(journey, settings.full_path_weights, ("lead", "opportunity", "close"))


def custom(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh each touch by its channel or touch type."""
    names = sorted(settings.custom_weights)
    values = [settings.custom_weights[name] for name in names]
    *weights, other = integer_weights([*values, settings.custom_other_weight])
    weight = number(other)
    for name, value in zip(names, weights, strict=True):
        is_named = journey.dimension(settings.custom_by) == name
        weight = nw.when(is_named).then(number(value)).otherwise(weight)
    return weight


def markov_path(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh each touch by the removal effect of its player."""
    return journey.player_weight("markov_path")


def shapley_set(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh the players of a journey alike, and so the touches of each player."""
    return journey.player_weight("shapley_set")


def shapley_rate(journey: Journey, settings: Settings) -> nw.Expr:
    """Weigh each touch by the Shapley value of its player; a negative one counts 0."""
    return journey.player_weight("shapley_rate")


def without_rows(journey: Journey, settings: Settings) -> nw.Expr:
    """Refuse: the method credits players, not touches."""
    raise AttributionError(
        "This method has no credit per touch.", do="use markov_path for credit per touch"
    )


def _anchored(journey: Journey, shares: Sequence[float], milestones: Sequence[str]) -> nw.Expr:
    """Weigh the first touch and the anchors of milestones; the rest shares the last weight.

    The last milestone bounds the scope. The share of a milestone without an anchor in scope goes
    to the other anchors in proportion; without touches between, only the anchors count.
    """
    first, *anchors, others = integer_weights(shares)
    in_scope = journey.is_up_to(milestones[-1])
    holds = [journey.is_anchor(milestone) & in_scope for milestone in milestones]

    is_anchor = journey.is_first
    own = nw.when(journey.is_first).then(number(first)).otherwise(number(0))
    present = number(first)
    for held, share in zip(holds, anchors, strict=True):
        is_anchor = is_anchor | held
        own = own + nw.when(held).then(number(share)).otherwise(number(0))
        present = present + share * journey.count(held)
    between = journey.count(in_scope & ~is_anchor)

    # An anchor gets own/present of all anchors' share, a touch between gets others/between.
    spread = nw.when(between == 0).then(number(1)).otherwise(between)
    return (
        nw.when(is_anchor)
        .then(own * (first + sum(anchors)) * spread)
        .when(in_scope)
        .then(others * present)
        .otherwise(number(0))
    )
