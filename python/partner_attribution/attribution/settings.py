"""Settings of the methods: one frozen object, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from math import gcd
from types import MappingProxyType
from typing import Any

from partner_attribution.errors import AttributionError, nearest

MICROSECONDS_PER_DAY = 86_400_000_000
WEIGHT_DECIMALS = 5  # keeps every weight an integer of at most 17 bits
MAX_HALF_LIFE_DAYS = 36_500
MAX_LOOKBACK_DAYS = 3_650
CUSTOM_DIMENSIONS = ("channel", "touch_type")
PLAYER_DIMENSIONS = {
    "channel": ("channel",),
    "partner": ("partner_id",),
    "partner_channel": ("partner_id", "channel"),
    "campaign": ("campaign_id",),
    "asset": ("asset_id",),
}
AUTO = "auto"
MAX_MARKOV_ORDER = 4
_EXAMPLES = {
    3: "[0.4, 0.4, 0.2]",
    4: "[0.3, 0.3, 0.3, 0.1]",
    5: "[0.225, 0.225, 0.225, 0.225, 0.1]",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every parameter of every method, with its default.

    position_weights: first, last, all touches between them; they sum to 1.
    half_life_days: age at which a touch weighs half as much (days, > 0).
    half_life_days_by_campaign_type: half-lives (days) that replace the one above for the touches
        of a campaign type.
    u_shaped_weights: first, lead creation, all others.
    w_shaped_weights: first, lead creation, opportunity creation, all others.
    full_path_weights: first, lead creation, opportunity creation, close, all others.
    custom_by: the touch column that `custom_weights` speaks of: `channel` or `touch_type`.
    custom_weights: weight (>= 0) of each value of that column.
    custom_other_weight: weight (>= 0) of the values which `custom_weights` does not list.
    player_dimension: what Markov and Shapley methods learn about: `channel`, `partner` (credited),
        `partner_channel`, `campaign` or `asset`.
    markov_order: how many touches a state of the chain remembers, 1 to 4, or `auto`: the order
        with the least BIC.
    lookback_days_by_method: days (1 to 3650) that replace the lookback of the journey for a
        method which looks back less far (`attribute_counted`).

    Weights keep five decimals. Raises AttributionError naming the setting, the value and an
    example of a good one.
    """

    position_weights: Sequence[float] = (0.4, 0.4, 0.2)
    half_life_days: float = 7.0
    half_life_days_by_campaign_type: Mapping[str, float] = field(default_factory=dict)
    u_shaped_weights: Sequence[float] = (0.4, 0.4, 0.2)
    w_shaped_weights: Sequence[float] = (0.3, 0.3, 0.3, 0.1)
    full_path_weights: Sequence[float] = (0.225, 0.225, 0.225, 0.225, 0.1)
    custom_by: str = "channel"
    custom_weights: Mapping[str, float] = field(default_factory=dict)
    custom_other_weight: float = 0.0
    player_dimension: str = "channel"
    markov_order: int | str = 1
    lookback_days_by_method: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, size in (
            ("position_weights", 3),
            ("u_shaped_weights", 3),
            ("w_shaped_weights", 4),
            ("full_path_weights", 5),
        ):
            _freeze(self, name, _checked_split(name, getattr(self, name), size))
        _freeze(self, "half_life_days", _checked_half_life("half_life_days", self.half_life_days))
        _freeze(
            self,
            "half_life_days_by_campaign_type",
            _checked_mapping(
                "half_life_days_by_campaign_type",
                self.half_life_days_by_campaign_type,
                _checked_half_life,
            ),
        )
        if self.custom_by not in CUSTOM_DIMENSIONS:
            raise unknown_name("custom_by", self.custom_by, CUSTOM_DIMENSIONS)
        _freeze(
            self,
            "custom_weights",
            _checked_mapping("custom_weights", self.custom_weights, _checked_weight),
        )
        _freeze(
            self,
            "custom_other_weight",
            _checked_weight("custom_other_weight", self.custom_other_weight),
        )
        if self.player_dimension not in PLAYER_DIMENSIONS:
            raise unknown_name("player_dimension", self.player_dimension, PLAYER_DIMENSIONS)
        _freeze(self, "markov_order", _checked_order("markov_order", self.markov_order))
        _freeze(
            self,
            "lookback_days_by_method",
            _checked_mapping(
                "lookback_days_by_method",
                self.lookback_days_by_method,
                _checked_lookback,
                example="{last_touch: 30}",
            ),
        )


def unknown_name(kind: str, name: object, known: Iterable[str]) -> AttributionError:
    """Return an error for a misspelt name, which lists the nearest known names first."""
    names = sorted(known)
    close = nearest(str(name), names)
    return AttributionError(
        f"Unknown {kind} {name!r}.",
        expected=f"one of {', '.join(names)}",
        do=f"write {' or '.join(close)}" if close else "choose one of these names",
    )


def integer_weights(values: Sequence[float]) -> tuple[int, ...]:
    """Return the smallest integers in the proportion of `values` (0.4, 0.4, 0.2 -> 2, 2, 1)."""
    scaled = [
        int(Decimal(str(value)).scaleb(WEIGHT_DECIMALS).to_integral_value()) for value in values
    ]
    divisor = gcd(*scaled) or 1
    return tuple(value // divisor for value in scaled)


def half_life_us(days: float) -> int:
    """Return a half-life in whole microseconds, at least one."""
    return max(1, int((Decimal(str(days)) * MICROSECONDS_PER_DAY).to_integral_value()))


def _freeze(settings: Settings, name: str, value: object) -> None:
    object.__setattr__(settings, name, value)


def _unusable(name: str, value: object, expected: str) -> AttributionError:
    return AttributionError(f"{name} is {value!r}.", expected=expected, do=f"change {name}")


def _number(name: str, value: Any, expected: str) -> float:
    try:
        number = None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise _unusable(name, value, expected)
    return float(number)


def _checked_order(name: str, value: Any) -> int | str:
    expected = f"a whole number from 1 to {MAX_MARKOV_ORDER}, or auto"
    if value == AUTO:
        return AUTO
    order = _number(name, value, expected)
    if order not in range(1, MAX_MARKOV_ORDER + 1):
        raise _unusable(name, value, expected)
    return int(order)


def _checked_lookback(name: str, value: Any) -> int:
    expected = f"a whole number of days from 1 to {MAX_LOOKBACK_DAYS}"
    days = _number(name, value, expected)
    if not 1 <= days <= MAX_LOOKBACK_DAYS or days != int(days):
        raise _unusable(name, value, expected)
    return int(days)


def _checked_weight(name: str, value: Any) -> float:
    weight = _number(name, value, "a number of 0 or more")
    if not 0 <= weight <= 1000:
        raise _unusable(name, value, "a number from 0 to 1000")
    return round(weight, WEIGHT_DECIMALS)


def _checked_half_life(name: str, value: Any) -> float:
    days = _number(name, value, "a number of days, for example 7")
    if not 0 < days <= MAX_HALF_LIFE_DAYS:
        raise _unusable(name, value, f"more than 0 and at most {MAX_HALF_LIFE_DAYS} days")
    return days


def _checked_split(name: str, values: Any, size: int) -> tuple[float, ...]:
    expected = f"a list of {size} numbers that sum to 1, for example {_EXAMPLES[size]}"
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Sequence):
        raise _unusable(name, values, expected)
    numbers = tuple(round(_number(name, value, expected), WEIGHT_DECIMALS) for value in values)
    if len(numbers) != size or min(numbers) < 0 or abs(sum(numbers) - 1) > 1e-4:
        raise _unusable(name, values, expected)
    return numbers


def _checked_mapping(
    name: str, values: Any, check: Any, example: str = "{webinar: 2, email: 1}"
) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise _unusable(name, values, f"a mapping such as {example}")
    return MappingProxyType({str(key): check(f"{name}[{key}]", values[key]) for key in values})
