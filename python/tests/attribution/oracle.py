"""A slow, independent answer: the definitions in exact rationals, one conversion at a time.

Written from the definitions in docs/methods.md, with nothing from the package: no integer
weights, no columns, ages measured from the milestone.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, getcontext
from fractions import Fraction

from .frames import DAY, LEARNED, Conversion, Credits, Touch, in_order, own_touches

getcontext().prec = 60

Shares = list[Fraction]
DEFAULTS: dict[str, object] = {
    "position_weights": ("0.4", "0.4", "0.2"),
    "u_shaped_weights": ("0.4", "0.4", "0.2"),
    "w_shaped_weights": ("0.3", "0.3", "0.3", "0.1"),
    "full_path_weights": ("0.225", "0.225", "0.225", "0.225", "0.1"),
    "half_life_days": 7,
    "custom_by": "channel",
    "custom_weights": {},
    "custom_other_weight": 0,
}

BY_REMAINDER = {"first_touch", "last_touch", "last_non_direct", "linear", "position"}

MILESTONE_METHODS = {
    "u_shaped": ("lead",),
    "w_shaped": ("lead", "opportunity"),
    "full_path": ("lead", "opportunity", "close"),
}

# What the frames bring as player_weight_<method>.
LEARNED_METHODS: dict[str, Callable[[Conversion, Touch], Fraction]] = {
    "markov_path": lambda _, touch: Fraction(LEARNED[touch.channel]),
    "shapley_rate": lambda _, touch: Fraction(LEARNED[touch.channel]),
    "shapley_set": lambda conversion, touch: Fraction(1, own_touches(conversion, touch)),
}


def credits(conversion: Conversion, method: str, settings: Mapping[str, object]) -> Credits:
    """What the engine must return for one conversion and method."""
    chosen = {**DEFAULTS, **settings}
    touches = sorted(conversion.touches, key=in_order)
    if not touches:
        return {(conversion.conversion_id, method, None): (1.0, conversion.amount_cents)}
    shares = shares_of(method, touches, conversion, chosen)
    split = largest_remainder if method in BY_REMAINDER else on_running_total
    sign = -1 if conversion.amount_cents < 0 else 1
    cents = split(abs(conversion.amount_cents), shares)
    return {
        (conversion.conversion_id, method, t.touch_id): (float(share), sign * money)
        for t, share, money in zip(touches, shares, cents, strict=True)
        if share > 0
    }


def largest_remainder(amount: int, shares: Shares) -> list[int]:
    """Floors first; then one cent each to the largest remainders, ties to the earlier touch."""
    exact = [amount * share for share in shares]
    cents = [int(value) for value in exact]
    queue = sorted(range(len(exact)), key=lambda i: (cents[i] - exact[i], i))
    for i in queue[: amount - sum(cents)]:
        cents[i] += 1
    return cents


def on_running_total(amount: int, shares: Shares) -> list[int]:
    """What has been given up to each touch is the exact sum so far, rounded up."""
    given = [math.ceil(amount * total) for total in itertools.accumulate(shares)]
    return [now - before for before, now in itertools.pairwise([0, *given])]


def may_move(conversion: Conversion, method: str, settings: Mapping[str, object]) -> set[str]:
    """Touches whose credit may differ by a cent, because decay weights are rounded.

    The newest of n touches weighs 2 ** b units, b = 52 - log2(n) rounded up. Others are exact at
    whole half-lives of up to b, else off by at most one unit: a very old touch counts 1, not nearly
    0. With two units for the curve itself that moves a running total by at most
    amount x units / 2 ** b cents, which matters only that near to a whole cent; not at 0 and
    at the amount itself, since no weight is 0.
    """
    if method != "time_decay" or not conversion.touches:
        return set()
    chosen = {**DEFAULTS, **settings}
    touches = sorted(conversion.touches, key=in_order)
    bits = 52 - math.ceil(math.log2(len(touches)))
    half_life = int(Fraction(str(chosen["half_life_days"])) * DAY)
    ages = [divmod(touches[-1].touched_at_us - t.touched_at_us, half_life) for t in touches]
    rounded = sum(bool(rest) or halvings > bits for halvings, rest in ages)
    amount = abs(conversion.amount_cents)
    off = Fraction(amount * (rounded + 2 if rounded else 0), 2**bits)
    assert off < Fraction(1, 2)
    shares = shares_of(method, touches, conversion, chosen)
    exact = [amount * total for total in itertools.accumulate(shares)]
    near = [
        bool(off) and 0 < round(value) < amount and abs(value - round(value)) <= off
        for value in exact[:-1]
    ]
    # What moves at a boundary leaves one neighbour for the other.
    return {
        touch.touch_id
        for touch, before, after in zip(touches, [False, *near], [*near, False], strict=True)
        if before or after
    }


def shares_of(
    method: str, touches: Sequence[Touch], conversion: Conversion, settings: Mapping[str, object]
) -> Shares:
    """The exact shares of the touches, in their order."""
    return normalised(_raw(method, touches, conversion, settings))


def normalised(raw: Shares) -> Shares:
    total = sum(raw)
    if total == 0:
        return [Fraction(1, len(raw)) for _ in raw]
    return [value / total for value in raw]


def _raw(
    method: str, touches: Sequence[Touch], conversion: Conversion, settings: Mapping[str, object]
) -> Shares:
    size = len(touches)
    if method in LEARNED_METHODS:
        return [LEARNED_METHODS[method](conversion, touch) for touch in touches]
    if method in MILESTONE_METHODS:
        weights = _fractions(settings[f"{method}_weights"])
        return _anchored(touches, MILESTONE_METHODS[method], weights)
    if method == "position":
        return _position(size, _fractions(settings["position_weights"]))
    if method == "time_decay":
        half_life = int(Fraction(str(settings["half_life_days"])) * DAY)
        return [halved(conversion.milestone_at_us - t.touched_at_us, half_life) for t in touches]
    if method == "custom":
        weights, other = settings["custom_weights"], settings["custom_other_weight"]
        assert isinstance(weights, Mapping)
        by = str(settings["custom_by"])
        return [Fraction(str(weights.get(getattr(t, by), other))) for t in touches]
    winners = {
        "first_touch": [0],
        "last_touch": [size - 1],
        "last_non_direct": [i for i, t in enumerate(touches) if not t.is_direct] or [size - 1],
    }
    assert method == "linear" or method in winners
    winner = winners.get(method, [None])[-1]
    return [Fraction(winner in (None, i)) for i in range(size)]


def _fractions(values: object) -> Shares:
    assert isinstance(values, Sequence)
    return [Fraction(str(value)) for value in values]


def halved(age: int, half_life: int) -> Fraction:
    """2 ** -(age / half_life), to 60 digits; exact where that is a power of two."""
    halvings, rest = divmod(age, half_life)
    part = Decimal(2) ** (-Decimal(rest) / Decimal(half_life)) if rest else Decimal(1)
    return Fraction(part) / 2**halvings


def _position(size: int, weights: Shares) -> Shares:
    first, last, between = weights
    if size == 1:
        return [Fraction(1)]
    if size == 2:
        return [first, last]
    return [first, *([between / (size - 2)] * (size - 2)), last]


def _anchored(touches: Sequence[Touch], milestones: Sequence[str], weights: Shares) -> Shares:
    first, *anchor_weights, others = weights
    scope = len(touches)
    for i, touch in enumerate(touches):
        if milestones[-1] in touch.anchors:
            scope = i + 1
    held: dict[int, Fraction] = {0: first}
    present = first
    for milestone, weight in zip(milestones, anchor_weights, strict=True):
        for i, touch in enumerate(touches[:scope]):
            if milestone in touch.anchors:
                held[i] = held.get(i, Fraction(0)) + weight
                present += weight
    if present == 0:
        return [Fraction(0) for _ in touches]
    between = [i for i in range(scope) if i not in held]
    shares = [Fraction(0) for _ in touches]
    for i, weight in held.items():
        shares[i] = weight / present * (1 - others if between else 1)
    for i in between:
        shares[i] = others / len(between)
    return shares
