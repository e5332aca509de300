"""Each method shares among the touches of its own lookback, of counted conversions only."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from partner_attribution.attribution import Settings
from partner_attribution.attribution.lookback import attribute_counted
from partner_attribution.errors import AttributionError

from .frames import DAY, Conversion, Touch, pandas_frames

CUTOFF = 100 * DAY
JOURNEYS = [
    Conversion(
        "c", 900, tuple(Touch(f"t{age}", CUTOFF - age * DAY, "email") for age in (30, 10, 7, 1))
    ),
    Conversion("old", 5, (Touch("t40", CUTOFF - 40 * DAY, "webinar"),)),
    Conversion("none", 7),
    Conversion("future", 100, (Touch("t2", CUTOFF - 2 * DAY, "event"),)),
]
NOTHING_LEARNED = pd.DataFrame(
    {"milestone": ["x"], "method": ["x"], "player": ["x"], "weight": pd.Series([1], dtype="int64")}
)


def frames():
    conversions, touches = pandas_frames(JOURNEYS)
    touches = touches[[c for c in touches.columns if not c.startswith("player_weight")]]
    conversions["is_counted"] = conversions["conversion_id"] != "future"
    conversions["lookback_from_us"] = CUTOFF
    return conversions, touches


def credited(methods, **settings):
    conversions, touches = frames()
    rows = attribute_counted(conversions, touches, NOTHING_LEARNED, methods, Settings(**settings))
    found = {}
    for row in rows.to_dict("records"):
        touch = None if pd.isna(row["touch_id"]) else row["touch_id"]
        for method in methods:
            if row[f"share_{method}"] > 0:
                cents = found.setdefault((method, row["conversion_id"]), {})
                assert touch not in cents
                cents[touch] = row[f"cents_{method}"]
            else:
                assert row[f"cents_{method}"] == 0
    return found


def test_a_method_with_a_lookback_of_its_own_shares_among_fewer_touches():
    """Ten days, both ends in: t30 is out for linear, and stays the first touch of the other."""
    found = credited(["linear", "first_touch"], lookback_days_by_method={"linear": 10})
    assert found["linear", "c"] == {"t10": 300, "t7": 300, "t1": 300}
    assert found["linear", "old"] == {None: 5}
    assert found["first_touch", "c"] == {"t30": 900}
    assert found["first_touch", "old"] == {"t40": 5}
    assert found["linear", "none"] == found["first_touch", "none"] == {None: 7}


SECOND = 1_000_000
offsets = st.sampled_from((-SECOND, -1, 0, 1, SECOND))


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 3650), st.lists(offsets, min_size=1, max_size=5))
@example(1, [-SECOND, -1, 0, 1, SECOND])
def test_the_second_before_the_lookback_is_out_and_its_first_is_in(days, steps):
    """Of each touch by itself: so many days before the cut-off, and a little."""
    deals = [
        Conversion(f"c{i}", 900, (Touch(f"t{i}", CUTOFF - days * DAY + step),))
        for i, step in enumerate(steps)
    ]
    conversions, touches = pandas_frames(deals)
    conversions["is_counted"], conversions["lookback_from_us"] = True, CUTOFF
    chosen = Settings(lookback_days_by_method={"linear": days})
    rows = attribute_counted(conversions, touches, NOTHING_LEARNED, ["linear"], chosen)
    found = rows.set_index("conversion_id")["touch_id"].to_dict()
    assert found.keys() == {deal.conversion_id for deal in deals}
    for i, step in enumerate(steps):
        assert pd.isna(found[f"c{i}"]) == (step < 0)
    assert rows["cents_linear"].tolist() == [900] * len(deals)


def test_players_share_what_is_left_of_a_journey():
    """Three e-mails in ten days: the player has three touches there, not four."""
    found = credited(["shapley_set"], lookback_days_by_method={"shapley_set": 10})
    assert found["shapley_set", "c"] == {"t10": 300, "t7": 300, "t1": 300}


def test_a_conversion_that_is_not_counted_has_no_credit():
    assert {conversion for _, conversion in credited(["linear"])} == {"c", "old", "none"}


def test_engines_agree():
    conversions, touches = frames()
    settings = Settings(lookback_days_by_method={"linear": 10, "position": 7})
    methods = ["linear", "position", "last_touch"]
    expected = attribute_counted(conversions, touches, NOTHING_LEARNED, methods, settings)
    with duckdb.connect() as connection:
        relations = [connection.from_df(f) for f in (conversions, touches, NOTHING_LEARNED)]
        found = attribute_counted(*relations, methods, settings).df()
    assert as_set(found) == as_set(expected)


def as_set(rows):
    return {
        tuple(None if pd.isna(v) else v for v in row)
        for row in rows[sorted(rows.columns)].itertuples(index=False)
    }


@pytest.mark.parametrize(
    ("lookback", "words"),
    [
        ({"linear": 0}, "lookback_days_by_method"),
        ({"linear": 1.5}, "a whole number of days"),
        ([30], "a mapping such as {last_touch: 30}"),
        ({"lineal": 30}, "write linear"),
    ],
)
def test_an_unusable_lookback_says_what_to_type(lookback, words):
    with pytest.raises(AttributionError) as error:
        credited(["linear"], lookback_days_by_method=lookback)
    assert words in str(error.value)


def test_methods_without_rows_alone_are_refused():
    with pytest.raises(AttributionError, match="credit players only"):
        credited(["markov_global"])
