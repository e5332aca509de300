"""Since when delivered columns differ from the declared ones, and until when they did."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from partner_attribution.feeds.matching import Drift, Match


@dataclass(frozen=True)
class ColumnsSeen:
    """The columns of one delivered file."""

    feed_id: str
    table_name: str
    file: str
    delivery_id: str
    delivered_at: datetime | None
    match: Match

    @property
    def moment(self) -> tuple[str, str]:
        """Undated deliveries come before dated ones."""
        return (self.delivered_at.isoformat() if self.delivered_at else "", self.delivery_id)


Place = tuple[int, ColumnsSeen]
"""Number of a delivery of a table, the oldest 1, and the file in which a drift was seen."""


def column_runs(seen: Iterable[ColumnsSeen]) -> list[dict[str, Any]]:
    """Rows of raw_feeds.columns: one per difference and unbroken run of deliveries that have it.

    A delivery in which no file of the table could be looked at breaks no run: it is not counted.
    """
    by_place = sorted(seen, key=lambda one: (one.feed_id, one.table_name, one.moment, one.file))
    runs = []
    for (feed_id, table), ours in groupby(by_place, key=lambda one: (one.feed_id, one.table_name)):
        deliveries = [list(files) for _, files in groupby(ours, key=lambda one: one.moment)]
        for drift, places in _places(deliveries).items():
            for run in _unbroken(places):
                shape = {"feed_id": feed_id, "table_name": table, **_shape(drift)}
                runs.append({**shape, **_span(run, deliveries)})
    return runs


def _places(deliveries: Sequence[Sequence[ColumnsSeen]]) -> Mapping[Drift, list[Place]]:
    """Each difference -> the deliveries that have it, in order."""
    places: dict[Drift, list[Place]] = {}
    types: dict[str, str] = {}
    retyped: dict[str, Drift] = {}
    for number, files in enumerate(deliveries, 1):
        found: dict[Drift, ColumnsSeen] = {}
        for one in files:
            for drift in one.match.drift:
                found.setdefault(drift, one)
            for column, kind in one.match.types.items():
                before = types.setdefault(column, kind)
                if kind != before:
                    message = f"{before} before, {kind} now"
                    delivered = one.match.columns.get(column)
                    retyped[column] = Drift("retyped", delivered, column, message)
                    types[column] = kind
                if column in retyped:
                    found.setdefault(retyped[column], one)
        for drift, one in found.items():
            places.setdefault(drift, []).append((number, one))
    return places


def _unbroken(places: Sequence[Place]) -> Iterator[list[Place]]:
    run: list[Place] = []
    for place in places:
        if run and place[0] != run[-1][0] + 1:
            yield run
            run = []
        run.append(place)
    yield run


def _shape(drift: Drift) -> dict[str, Any]:
    return {
        "kind": drift.kind,
        "delivered_column": drift.delivered_column,
        "declared_column": drift.declared_column,
        "message": drift.message,
    }


def _span(run: Sequence[Place], deliveries: Sequence[Sequence[ColumnsSeen]]) -> dict[str, Any]:
    (first_no, first), (last_no, last) = run[0], run[-1]
    after = deliveries[last_no][0] if last_no < len(deliveries) else None
    return {
        "first_file": first.file,
        "first_delivery_id": first.delivery_id,
        "first_delivered_at": first.delivered_at,
        "first_delivery_no": first_no,
        "last_file": last.file,
        "last_delivery_id": last.delivery_id,
        "last_delivered_at": last.delivered_at,
        "last_delivery_no": last_no,
        "next_delivery_id": after.delivery_id if after else None,
        "next_delivered_at": after.delivered_at if after else None,
        "deliveries_seen": len(deliveries),
    }
