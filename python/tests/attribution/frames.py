"""Journeys for the tests: plain dataclasses, turned into frames of any engine."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pandas as pd

from partner_attribution.attribution import REGISTRY, Settings, attribute
from partner_attribution.attribution.players import EVENLY

DAY = 86_400_000_000
CLOSED_AT = 1_790_000_000_000_000
MILESTONES = ("lead", "mql", "opportunity", "close")
CHANNELS = ("email", "webinar", "direct", "event")
ALL = tuple(method.id for method in REGISTRY.values() if method.has_rows)

# What a data-driven method might have learned: awkward proportions, and one player worth nothing.
LEARNED = {"email": 700_000_000, "webinar": 333_333_333, "direct": 0, "event": 1}


@dataclass(frozen=True)
class Touch:
    touch_id: str
    touched_at_us: int
    channel: str = "email"
    touch_type: str = "email_click"
    campaign_type: str | None = None
    partner_id: str = "acme"
    anchors: frozenset[str] = frozenset()

    @property
    def is_direct(self) -> bool:
        return self.channel == "direct"


@dataclass(frozen=True)
class Conversion:
    conversion_id: str
    amount_cents: int
    touches: tuple[Touch, ...] = ()
    milestone_at_us: int = field(default=CLOSED_AT)


Credits = dict[tuple[str, str, str | None], tuple[float, int]]


def pandas_frames(conversions: Sequence[Conversion]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both inputs of the engine, with the dtypes that dbt's tables have."""
    rows = pd.DataFrame(
        {
            "conversion_id": pd.Series([c.conversion_id for c in conversions], dtype="str"),
            "opportunity_id": pd.Series([c.conversion_id for c in conversions], dtype="str"),
            "milestone": pd.Series(["closed_won" for _ in conversions], dtype="str"),
            "amount_cents": pd.Series([c.amount_cents for c in conversions], dtype="int64"),
            "milestone_at_us": pd.Series([c.milestone_at_us for c in conversions], dtype="int64"),
        }
    )
    pairs = [(c.conversion_id, t) for c in conversions for t in c.touches]
    touches = pd.DataFrame(
        {
            "conversion_id": pd.Series([name for name, _ in pairs], dtype="str"),
            "touch_id": pd.Series([t.touch_id for _, t in pairs], dtype="str"),
            "touched_at_us": pd.Series([t.touched_at_us for _, t in pairs], dtype="int64"),
            "channel": pd.Series([t.channel for _, t in pairs], dtype="str"),
            "partner_id": pd.Series([t.partner_id for _, t in pairs], dtype="str"),
            "touch_type": pd.Series([t.touch_type for _, t in pairs], dtype="str"),
            "is_direct": pd.Series([t.is_direct for _, t in pairs], dtype="bool"),
            "campaign_type": pd.Series([t.campaign_type for _, t in pairs], dtype="str"),
            "player_weight_markov_path": _whole_numbers(LEARNED[t.channel] for _, t in pairs),
            "player_weight_shapley_rate": _whole_numbers(LEARNED[t.channel] for _, t in pairs),
            "player_weight_shapley_set": _whole_numbers(
                round(EVENLY / own[t.channel])
                for c in conversions
                for own in [Counter(t.channel for t in c.touches)]  # touches of the same player
                for t in c.touches
            ),
            **{
                f"is_{name}_anchor": pd.Series([name in t.anchors for _, t in pairs], dtype="bool")
                for name in MILESTONES
            },
        }
    )
    return rows, touches


def own_touches(conversion: Conversion, touch: Touch) -> int:
    """Touches of the same player, the channel, in the journey."""
    return sum(other.channel == touch.channel for other in conversion.touches)


def _whole_numbers(values: Iterable[int]) -> pd.Series:
    return pd.Series(list(values), dtype="int64")


def as_credits(rows: Iterable[Sequence[Any]]) -> Credits:
    """(conversion, method, touch) -> (share, cents); fails on a repeated key."""
    found: Credits = {}
    for conversion_id, touch_id, method, share, cents in rows:
        key = (conversion_id, method, None if pd.isna(touch_id) else touch_id)
        assert key not in found, f"two credits for {key}"
        assert cents == int(cents)
        found[key] = (float(share), int(cents))
    return found


def on_pandas(
    conversions: Sequence[Conversion], methods: Sequence[str], settings: Settings | None = None
) -> Credits:
    frame = attribute(*pandas_frames(conversions), methods, settings)
    assert list(frame.dtypes.astype(str)[["credit_share", "credit_cents"]]) == ["float64", "int64"]
    return as_credits(frame.itertuples(index=False))


def on_duckdb(
    conversions: Sequence[Conversion],
    methods: Sequence[str],
    settings: Settings | None = None,
    *,
    threads: int = 2,
    shuffle: int | None = None,
) -> Credits:
    rows, touches = pandas_frames(conversions)
    if shuffle is not None:
        rows = rows.sample(frac=1, random_state=shuffle)
        touches = touches.sample(frac=1, random_state=shuffle)
    with duckdb.connect(config={"threads": threads}) as connection:
        for name, frame in (("conversions", rows), ("touches", touches)):
            columns = ", ".join(
                f"cast({column} as {kind}) as {column}" for column, kind in _duckdb_types(frame)
            )
            connection.register("delivered", frame)
            connection.execute(f"create table {name} as select {columns} from delivered")
            connection.unregister("delivered")
        result = attribute(
            connection.table("conversions"), connection.table("touches"), methods, settings
        )
        assert [str(kind) for kind in result.types[-2:]] == ["DOUBLE", "BIGINT"]
        return as_credits(result.fetchall())


def _duckdb_types(frame: pd.DataFrame) -> list[tuple[str, str]]:
    kinds = {"int64": "bigint", "bool": "boolean"}
    return [(column, kinds.get(str(kind), "varchar")) for column, kind in frame.dtypes.items()]


def random_conversions(seed: int, count: int, amounts: Sequence[int]) -> list[Conversion]:
    """Awkward journeys: 0 to 60 touches, same instants, whole half-lives apart, odd ids."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        size = rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 7, 12, 30, 60))
        instants = [
            CLOSED_AT
            - rng.choice(
                (
                    rng.randrange(0, 200 * DAY),
                    rng.randrange(0, 30) * 7 * DAY,
                    rng.randrange(0, 5) * DAY,
                )
            )
            for _ in range(max(1, size - rng.randrange(0, 3)))
        ]
        ids = rng.sample(
            [f"{prefix}{n}" for prefix in ("t", "T", "é", "t-", "") for n in range(90)], size
        )
        touches = [
            Touch(
                touch_id=name,
                touched_at_us=rng.choice(instants),
                channel=rng.choice(CHANNELS),
                touch_type=rng.choice(("email_click", "meeting")),
                campaign_type=rng.choice((None, "launch", "always_on")),
            )
            for name in ids
        ]
        found.append(
            Conversion(
                conversion_id=f"deal{number}",
                amount_cents=rng.choice(amounts),
                touches=with_anchors(touches, rng),
                milestone_at_us=CLOSED_AT + rng.choice((0, 1, 90 * DAY + 12345)),
            )
        )
    return found


def with_anchors(touches: Sequence[Touch], rng: random.Random) -> tuple[Touch, ...]:
    """Draw a time per milestone (or none) and mark the last touch at or before it."""
    marked: dict[str, set[str]] = {t.touch_id: set() for t in touches}
    for milestone in MILESTONES:
        if not touches or rng.random() < 0.25:
            continue
        moment = rng.choice(touches).touched_at_us - rng.choice((0, 0, 1))
        before = [t for t in touches if t.touched_at_us <= moment]
        if before:
            marked[max(before, key=in_order).touch_id].add(milestone)
    return tuple(Touch(**{**t.__dict__, "anchors": frozenset(marked[t.touch_id])}) for t in touches)


def in_order(touch: Touch) -> tuple[int, bytes]:
    return touch.touched_at_us, touch.touch_id.encode()
