"""Settings from where users write them: variables, and two lookups that they edit as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import narwhals as nw

from partner_attribution.attribution.settings import (
    CUSTOM_DIMENSIONS,
    Settings,
    unknown_name,
)
from partner_attribution.attribution.tables import collected
from partner_attribution.errors import AttributionError

WEIGHTS_FILE = "seeds/method_weights.csv"
HALF_LIVES_FILE = "seeds/half_lives.csv"


def configured(
    methods: Iterable[str], method_weights: Any, half_lives: Any, **values: Any
) -> Settings:
    """Settings of the methods; a value of None leaves the default.

    method_weights: method (custom), dimension (channel or touch_type), value, weight. The rows of
        the dimension `custom_by` are used; the others may stay for another time.
    half_lives: campaign_type, half_life_days.

    Raises AttributionError naming the file and the row for a repeated or unknown entry, and where
    `custom` is to run without a single weight.
    """
    values = {name: value for name, value in values.items() if value is not None}
    weights = _weights(method_weights, str(values.get("custom_by", Settings.custom_by)))
    settings = Settings(
        custom_weights=weights, half_life_days_by_campaign_type=_half_lives(half_lives), **values
    )
    if "custom" in list(methods) and not weights and not settings.custom_other_weight:
        raise AttributionError(
            f"Method custom has no weight for any {settings.custom_by}.",
            where=WEIGHTS_FILE,
            expected="a row per value, such as custom,channel,webinar,3",
            do=f"add rows with dimension {settings.custom_by}, or take custom out of "
            "attribution_methods",
        )
    return settings


def _weights(table: Any, custom_by: str) -> dict[str, Any]:
    columns = ("method", "dimension", "value", "weight")
    rows = collected(nw.from_native(table).select(*columns))
    found: dict[tuple[str, str], Any] = {}
    for method, dimension, value, weight in rows:
        if method != "custom":
            raise _misplaced(unknown_name("method with weights", method, ["custom"]), WEIGHTS_FILE)
        if dimension not in CUSTOM_DIMENSIONS:
            error = unknown_name("dimension", dimension, CUSTOM_DIMENSIONS)
            raise _misplaced(error, WEIGHTS_FILE)
        _put(found, (dimension, _named(value, WEIGHTS_FILE)), weight, WEIGHTS_FILE)
    return {value: weight for (by, value), weight in found.items() if by == custom_by}


def _half_lives(table: Any) -> dict[str, Any]:
    rows = collected(nw.from_native(table).select("campaign_type", "half_life_days"))
    found: dict[tuple[str, str], Any] = {}
    for campaign_type, days in rows:
        name = _named(campaign_type, HALF_LIVES_FILE)
        _put(found, ("campaign_type", name), days, HALF_LIVES_FILE)
    return {name: days for (_, name), days in found.items()}


def _named(value: Any, file: str) -> str:
    if value is None or not str(value).strip():
        raise AttributionError("A row names no value.", where=file, do="fill it in or delete it")
    return str(value).strip()


def _put(found: dict[tuple[str, str], Any], key: tuple[str, str], value: Any, file: str) -> None:
    if key in found:
        raise AttributionError(f"{key[0]} {key[1]!r} is listed twice.", where=file, do="list once")
    found[key] = value


def _misplaced(error: AttributionError, file: str) -> AttributionError:
    return AttributionError(error.what, where=file, expected=error.expected, do=error.do)
