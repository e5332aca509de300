"""Cut-off, lookback and anchors of plain frames, against the definition touch by touch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partner_attribution.attribution import attribute, eligible_touches, with_anchors
from partner_attribution.errors import AttributionError

MILESTONES = ("lead", "mql", "opportunity", "close")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CUTS = (
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2028, 3, 1, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
)
steps = st.sampled_from((-1_000_000, -1, 0, 1, 1_000_000)).map(lambda n: n * MICROSECOND)
units = st.sampled_from(("exact", "calendar_days"))


def us(moment):
    return None if moment is None else (moment - EPOCH) // MICROSECOND


@st.composite
def journeys(draw):
    """(cut-off, days, touches around its edges, times of milestones around touches)."""
    cut, days = draw(st.sampled_from(CUTS)), draw(st.integers(1, 400))
    midnight = cut.replace(hour=0, minute=0, second=0, microsecond=0)
    edges = (cut, cut - timedelta(days), midnight - timedelta(days), cut - timedelta(days / 2))
    at = st.builds(lambda edge, step: edge + step, st.sampled_from(edges), steps)
    touches = draw(st.lists(at, max_size=7))
    moment = st.none() | (st.sampled_from(touches) if touches else at) | at
    return cut, days, touches, {name: draw(moment) for name in MILESTONES}


def frames(journey):
    cut, _, touches, milestones = journey
    deals = pd.DataFrame({"conversion_id": ["c", "none"], "cutoff_at_us": us(cut)})
    for name, moment in milestones.items():
        deals[f"{name}_at_us"] = pd.Series([us(moment), None], dtype="Int64")
    rows = [("c", f"t{i}", us(moment)) for i, moment in enumerate(touches)]
    rows = pd.DataFrame(rows, columns=["conversion_id", "touch_id", "touched_at_us"])
    return deals, rows.astype({"touched_at_us": "int64", "touch_id": "str", "conversion_id": "str"})


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(journeys(), units, st.booleans())
def test_windows_and_anchors_are_the_definitions(journey, unit, on_duckdb):
    cut, days, touches, milestones = journey
    deals, rows = frames(journey)
    if on_duckdb:
        deals, rows = duckdb.from_df(deals), duckdb.from_df(rows)
    kept = eligible_touches(deals, rows, lookback_days=days, lookback_unit=unit)
    marked = with_anchors(deals, kept)
    marked = marked.df() if on_duckdb else marked

    start = cut if unit == "exact" else datetime(cut.year, cut.month, cut.day, tzinfo=UTC)
    inside = [(m, i) for i, m in enumerate(touches) if start - timedelta(days) <= m <= cut]
    assert sorted(marked["touch_id"]) == sorted(f"t{i}" for _, i in inside)
    for name, moment in milestones.items():
        before = [place for place in inside if moment is not None and place[0] <= moment]
        wanted = [f"t{max(before)[1]}"] if before else []
        assert marked.loc[marked[f"is_{name}_anchor"].astype(bool), "touch_id"].tolist() == wanted


DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("unit", "kept"),
    [
        ("exact", ["start", "in", "cut"]),
        ("calendar_days", ["midnight", "before", "start", "in", "cut"]),
    ],
)
def test_both_ends_are_in_and_a_whole_day_counts_from_midnight(unit, kept):
    """Two days before noon of day 10: from noon, or from midnight, of day 8."""
    noon, midnight = 8 * DAY + DAY // 2, 8 * DAY
    times = {
        "too old": midnight - 1,
        "midnight": midnight,
        "before": noon - 1,
        "start": noon,
        "in": noon + 1,
        "cut": 10 * DAY + DAY // 2,
        "late": 10 * DAY + DAY // 2 + 1,
    }
    deals = pd.DataFrame({"conversion_id": ["c"], "cutoff_at_us": [times["cut"]], "region": "EMEA"})
    touches = pd.DataFrame(
        {"conversion_id": "c", "touch_id": list(times), "touched_at_us": times.values()}
    ).assign(channel="email", cutoff_at_us=0)
    found = eligible_touches(deals, touches, lookback_days=2, lookback_unit=unit)
    assert found["touch_id"].tolist() == kept
    assert list(found.columns) == list(touches.columns)
    assert len(eligible_touches(deals, touches, lookback_days=3650)) == 6


def test_milestones_without_a_time_have_no_anchor():
    deals = pd.DataFrame({"conversion_id": ["c"], "lead_at_us": [2], "cutoff_at_us": [9]})
    touches = pd.DataFrame(
        {"conversion_id": "c", "touch_id": ["a", "b"], "touched_at_us": [2, 2], "channel": "email"}
    )
    found = with_anchors(deals, touches).set_index("touch_id")
    assert found.index[found["is_lead_anchor"]].tolist() == ["b"]
    assert found["channel"].tolist() == ["email", "email"]
    for name in ("mql", "opportunity", "close"):
        assert not found[f"is_{name}_anchor"].any()
    assert "lead_at_us" not in found.columns


def test_from_times_to_credits():
    """Six touches a day apart: lead after t3, opportunity after t5, close with t6."""
    day = 86_400_000_000
    deals = pd.DataFrame(
        {
            "conversion_id": ["deal"],
            "amount_cents": [1000],
            "cutoff_at_us": [6 * day],
            "lead_at_us": [3 * day + 1],
            "opportunity_at_us": [5 * day + 1],
            "close_at_us": [6 * day],
        }
    )
    touches = pd.DataFrame(
        {
            "conversion_id": "deal",
            "touch_id": [f"t{i}" for i in range(1, 8)],
            "touched_at_us": [i * day for i in range(1, 8)],
        }
    )
    kept = eligible_touches(deals, touches, lookback_days=30)
    rows = attribute(deals, with_anchors(deals, kept), ["u_shaped", "w_shaped", "full_path"])
    found = rows.groupby("method")["credit_cents"].agg(list).to_dict()
    assert found == {
        "u_shaped": [400, 200, 400],
        "w_shaped": [300, 50, 300, 50, 300],
        "full_path": [225, 50, 225, 50, 225, 225],
    }


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"lookback_days": 0}, "lookback_days is 0"),
        ({"lookback_days": 3651}, "lookback_days is 3651"),
        ({"lookback_days": 1.5}, r"lookback_days is 1\.5"),
        ({"lookback_days": 1, "lookback_unit": "days"}, "Unknown lookback_unit 'days'"),
    ],
)
def test_a_lookback_that_cannot_be_meant(named, message):
    deals, touches = frames((CUTS[0], 1, [], dict.fromkeys(MILESTONES)))
    with pytest.raises(AttributionError, match=message):
        eligible_touches(deals, touches, **named)


def test_missing_columns_are_named():
    deals, touches = frames((CUTS[0], 1, [], {}))
    with pytest.raises(AttributionError, match="conversions has no column 'cutoff_at_us'"):
        eligible_touches(deals.drop(columns="cutoff_at_us"), touches, lookback_days=1)
    with pytest.raises(AttributionError, match="touches has no column 'touched_at_us'"):
        with_anchors(deals, touches.drop(columns="touched_at_us"))
    with pytest.raises(AttributionError, match="touches has no column 'touch_id'"):
        eligible_touches(deals, touches.drop(columns="touch_id"), lookback_days=1)
    with pytest.raises(AttributionError, match="conversions has no column 'conversion_id'"):
        with_anchors(deals.drop(columns="conversion_id"), touches)
