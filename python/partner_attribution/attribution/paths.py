"""Credit from paths with counts: "email > webinar", 12 conversions, 30 journeys without one.

The shape that ChannelAttribution and others take, where journeys have been counted and no deal is
left to credit. Deals and touches go to `attribute`, which is exact to the cent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isnan
from typing import Any

import narwhals as nw

from partner_attribution.attribution.coalitions import Outcomes
from partner_attribution.attribution.effects import UNATTRIBUTED, WEIGHT_OF_ONE
from partner_attribution.attribution.engine import attribute
from partner_attribution.attribution.journey import player_weight_column
from partner_attribution.attribution.markov import best_order, removal_effects
from partner_attribution.attribution.players import EVENLY
from partner_attribution.attribution.registry import Method, find_methods
from partner_attribution.attribution.settings import (
    AUTO,
    MAX_MARKOV_ORDER,
    Settings,
    unknown_name,
)
from partner_attribution.attribution.shapley import rate_values
from partner_attribution.attribution.tables import collected
from partner_attribution.attribution.transitions import End, Transitions
from partner_attribution.errors import AttributionError

DIRECT = "direct"
_KNOWN = {"channel", "is_direct"}


@dataclass(frozen=True)
class Path:
    """One distinct path: channels oldest first, how often it converted, for how much, or not."""

    channels: tuple[str, ...]
    conversions: int
    value: float
    nulls: int


def attribute_paths(
    paths: Any,
    methods: Iterable[str],
    settings: Settings | None = None,
    *,
    path: str = "path",
    conversions: str = "total_conversions",
    value: str | None = None,
    nulls: str | None = None,
    separator: str = ">",
) -> Any:
    """Share the conversions of each path among its channels, by each method.

    paths: one row per path: the channels, oldest first, between separators; how often it converted
        (whole); the value of these conversions, in any unit; how often it did not convert (whole).
        A repeated path adds up. An empty path is credited to `unattributed`.
    methods: those that need order and channels only. Paths have no times and no milestones, so
        time_decay, u_shaped, w_shaped, full_path and causal methods are refused. A channel called
        `direct` is what last_non_direct skips.

    Returns a frame of the same library (pandas for lazy input): method, channel,
    credited_conversions and credited_value (0 without `value`), by method as given, then channel.
    Per method they sum to all conversions and values, but for rounding of doubles.

    Raises AttributionError for a method that paths cannot answer, a column that is missing, and a
    count that is negative, missing or not whole.
    """
    settings = settings or Settings()
    chosen = find_methods(methods)
    for method in chosen:
        _check_answerable(method, settings)
    native: Any = nw.from_native(paths)
    rows = _rows(native, [path, conversions, value, nulls], separator)
    weights = _learned(rows, chosen, settings)
    total = fsum(row.conversions for row in rows if row.channels)
    worth = fsum(row.value for row in rows if row.channels)
    found: list[tuple[str, str, float, float]] = []
    shares = _shares(rows, [method for method in chosen if method.has_rows], settings, weights)
    for method in chosen:
        if method.has_rows:
            credits = shares[method.id]
        else:
            whole = sum(weights[method.id].values())
            parts = {name: n / whole for name, n in weights[method.id].items() if whole}
            credits = {name: (part * total, part * worth) for name, part in parts.items()}
        found += [(method.id, name, *credits[name]) for name in sorted(credits, key=str.encode)]
        found += _unattributed(method.id, rows)
    columns = ("method", "channel", "credited_conversions", "credited_value")
    kinds = (nw.String(), nw.String(), nw.Float64(), nw.Float64())
    backend: Any = native.implementation if isinstance(native, nw.DataFrame) else "pandas"
    data = {name: [row[i] for row in found] for i, name in enumerate(columns)}
    return nw.from_dict(data, dict(zip(columns, kinds, strict=True)), backend=backend).to_native()


def _check_answerable(method: Method, settings: Settings) -> None:
    own = {player_weight_column(method.id)} if method.by_player else set()
    reads = set(method.columns(settings)) - own - _KNOWN
    if reads or method.id == "time_decay" or method.family == "causal":
        raise AttributionError(
            f"Method {method.id!r} needs more than paths have: times, milestones or accounts.",
            expected="methods that go by the order of channels",
            do="choose first_touch, last_touch, last_non_direct, linear, position, custom, "
            "markov_path, markov_global, shapley_set or shapley_rate; or pass touches to attribute",
        )


def _rows(frame: Any, columns: Sequence[str | None], separator: str) -> list[Path]:
    known = frame.collect_schema().names()
    for column in columns:
        if column is not None and column not in known:
            raise unknown_name("column of paths", column, known)
    found: dict[tuple[str, ...], list[Any]] = defaultdict(lambda: [0, [], 0])
    asked = [column for column in columns if column is not None]
    for values in collected(frame.select(*asked)):
        row = dict(zip(asked, values, strict=True))
        text, conversions, value, nulls = (
            row.get(column) if column else None for column in columns
        )
        # pandas hands over a missing text as a number.
        text = text if isinstance(text, str) else ""
        names = [name.strip() for name in text.split(separator)]
        total = found[tuple(name for name in names if name)]
        total[0] += _count(conversions, columns[1], text)
        total[1].append(float(value or 0))
        total[2] += _count(nulls, columns[3], text) if columns[3] else 0
    return [
        Path(channels, conversions, fsum(values), nulls)
        for channels, (conversions, values, nulls) in sorted(found.items())
    ]


def _count(value: Any, column: str | None, path: Any) -> int:
    if value is None or isnan(value) or value < 0 or value != int(value):
        raise AttributionError(
            f"{column} of path {path!r} is {value!r}.",
            expected="a whole number of 0 or more",
            do="write 0 where the path never did",
        )
    return int(value)


def _learned(
    rows: Sequence[Path], chosen: Sequence[Method], settings: Settings
) -> dict[str, dict[str, int]]:
    """Weights of channels, in whole billionths, for the methods that learn them."""
    names = {method.id for method in chosen}
    found: dict[str, dict[str, int]] = {}
    if names & {"markov_path", "markov_global"}:
        effects = _effects(rows, settings)
        weights = {name: round(effect * WEIGHT_OF_ONE) for name, effect in effects.items()}
        found |= dict.fromkeys(("markov_path", "markov_global"), weights)
    if "shapley_rate" in names:
        values = _rates(rows)
        largest = max(values.values(), default=0.0)
        scale = WEIGHT_OF_ONE / largest if largest > 0 else 0.0
        found["shapley_rate"] = {n: round(max(0.0, v) * scale) for n, v in values.items()}
    return found


def _effects(rows: Sequence[Path], settings: Settings) -> Mapping[str, float]:
    wanted = settings.markov_order
    order = MAX_MARKOV_ORDER if wanted == AUTO else int(wanted)
    starts: Counter[str] = Counter()
    moves: Counter[Any] = Counter()
    for row in rows:
        journeys = row.conversions + row.nulls
        if not row.channels or not journeys:
            continue
        starts[row.channels[0]] += journeys
        for i, following in enumerate(row.channels[1:], start=1):
            moves[row.channels[:i][-order:], following] += journeys
        last = row.channels[-order:]
        for end, count in ((End.CONVERTED, row.conversions), (End.NOT_CONVERTED, row.nulls)):
            if count:
                moves[last, end] += count
    transitions = Transitions(order, starts, moves)
    chosen = best_order(transitions) if wanted == AUTO else order
    return removal_effects(transitions.of_order(chosen)).effects


def _rates(rows: Sequence[Path]) -> dict[str, float]:
    journeys: Counter[frozenset[str]] = Counter()
    conversions: Counter[frozenset[str]] = Counter()
    for row in rows:
        if row.channels and row.conversions + row.nulls:
            journeys[frozenset(row.channels)] += row.conversions + row.nulls
            conversions[frozenset(row.channels)] += row.conversions
    coalitions = {s: Outcomes(count, conversions[s]) for s, count in journeys.items()}
    return rate_values(coalitions) if coalitions else {}


def _shares(
    rows: Sequence[Path],
    chosen: Sequence[Method],
    settings: Settings,
    weights: Mapping[str, Mapping[str, int]],
) -> dict[str, dict[str, tuple[float, float]]]:
    """(conversions, value) per method and channel, from the shares of each path."""
    credited = [row for row in rows if row.channels and (row.conversions or row.value)]
    if not chosen or not credited:
        return {method.id: {} for method in chosen}
    conversions, touches = _frames(credited, chosen, weights)
    parts: dict[str, dict[str, list[tuple[float, float]]]] = {m.id: {} for m in chosen}
    rows_of = nw.from_native(attribute(conversions, touches, [m.id for m in chosen], settings))
    for number, position, method, share in rows_of.select(
        "conversion_id", "touch_id", "method", "credit_share"
    ).iter_rows():
        row = credited[number]
        credit = (share * row.conversions, share * row.value)
        parts[method].setdefault(row.channels[position], []).append(credit)
    return {
        method: {
            name: (fsum(n for n, _ in credits), fsum(v for _, v in credits))
            for name, credits in of_channel.items()
        }
        for method, of_channel in parts.items()
    }


def _frames(
    rows: Sequence[Path], chosen: Sequence[Method], weights: Mapping[str, Mapping[str, int]]
) -> tuple[Any, Any]:
    """Conversions and touches; a touch stands at its place in the path."""
    places = [(n, i, name) for n, row in enumerate(rows) for i, name in enumerate(row.channels)]
    touches: dict[str, list[Any]] = {
        "conversion_id": [n for n, _, _ in places],
        "touch_id": [i for _, i, _ in places],
        "touched_at_us": [i for _, i, _ in places],
        "channel": [name for _, _, name in places],
        "is_direct": [name == DIRECT for _, _, name in places],
    }
    for method in (m for m in chosen if m.by_player):
        if method.id == "shapley_set":
            own = [Counter(row.channels) for row in rows]
            column = [round(EVENLY / own[n][name]) for n, _, name in places]
        else:
            column = [weights[method.id].get(name, 0) for _, _, name in places]
        touches[player_weight_column(method.id)] = column
    conversions = {"conversion_id": list(range(len(rows))), "amount_cents": [0] * len(rows)}
    return (
        nw.from_dict(conversions, backend="pandas").to_native(),
        nw.from_dict(touches, backend="pandas").to_native(),
    )


def _unattributed(method: str, rows: Sequence[Path]) -> list[tuple[str, str, float, float]]:
    """Return the conversions of the empty path, if it had any."""
    return [
        (method, UNATTRIBUTED, float(row.conversions), row.value)
        for row in rows
        if not row.channels and (row.conversions or row.value)
    ]
