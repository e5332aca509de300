"""What a method may read of a journey: each fact alone, on one small table."""

from __future__ import annotations

import narwhals as nw
import pandas as pd
import pytest

from partner_attribution.attribution import Journey
from partner_attribution.attribution.journey import DIMENSIONS, MILESTONES, anchor_column
from partner_attribution.errors import AttributionError

# Columns as the engine hands them to methods: two journeys, of three touches and of one.
ROWS = pd.DataFrame(
    {
        "conversion_id": ["a", "a", "a", "b"],
        "__journey": [7, 7, 7, 2],
        "touched_at_us": [10, 30, 20, 5],
        "channel": ["email", "direct", "event", "direct"],
        "player_weight_linear": pd.Series([4, None, 2, None], dtype="Int64"),
        "__touches": [3, 3, 3, 1],
        "__scale_bits": [50.0, 50.0, 50.0, 52.0],
        "__newest_at": [30, 30, 30, 5],
        "__position": [1, 3, 2, 1],
        "__is_non_direct": [1, 0, 1, 0],
        "__non_direct_so_far": [1, 2, 2, 0],
        "__non_direct_total": [2, 2, 2, 0],
        "__is_lead": [0, 0, 1, 0],
        "__lead_so_far": [0, 1, 1, 0],
        "__lead_total": [1, 1, 1, 0],
    }
)


def read(expression):
    return nw.from_native(ROWS).select(found=expression)["found"].to_list()


@pytest.mark.parametrize(
    ("fact", "wanted"),
    [
        (lambda j: j.touch_count, [3, 3, 3, 1]),
        (lambda j: j.age_us, [20, 0, 10, 0]),
        (lambda j: j.scale_bits, [50, 50, 50, 52]),
        (lambda j: j.dimension("channel"), ["email", "direct", "event", "direct"]),
        (lambda j: j.player_weight("linear"), [4, 0, 2, 0]),
        (lambda j: j.position, [1, 3, 2, 1]),
        (lambda j: j.is_first, [True, False, False, True]),
        (lambda j: j.is_last, [False, True, False, True]),
        (lambda j: j.is_last_non_direct, [False, False, True, True]),
        (lambda j: j.is_anchor("lead"), [False, False, True, False]),
        (lambda j: j.is_up_to("lead"), [True, False, True, True]),
        (lambda j: j.count(j.is_first | j.is_last), [2, 2, 2, 1]),
    ],
)
def test_each_fact(fact, wanted):
    assert read(fact(Journey())) == wanted


@pytest.mark.parametrize(
    ("fact", "asked"),
    [
        (lambda j: j.touch_count, False),
        (lambda j: j.age_us, False),
        (lambda j: j.player_weight("linear"), False),
        (lambda j: j.count(j.dimension("channel") == "direct"), False),
        (lambda j: j.position, True),
        (lambda j: j.is_first, True),
        (lambda j: j.is_last, True),
        (lambda j: j.is_last_non_direct, True),
        (lambda j: j.is_anchor("lead"), True),
        (lambda j: j.is_up_to("lead"), True),
    ],
)
def test_whether_a_fact_needs_the_order_of_the_journey(fact, asked):
    journey = Journey()
    fact(journey)
    assert journey.asked_order is asked


def test_names_of_anchors_and_dimensions():
    assert MILESTONES == ("lead", "mql", "opportunity", "close")
    assert DIMENSIONS == ("channel", "partner_id", "touch_type", "campaign_type")
    assert [anchor_column(name) for name in MILESTONES] == [
        "is_lead_anchor",
        "is_mql_anchor",
        "is_opportunity_anchor",
        "is_close_anchor",
    ]


def test_other_names_are_refused():
    with pytest.raises(AttributionError, match="Unknown milestone 'leads'"):
        anchor_column("leads")
    with pytest.raises(AttributionError, match="Unknown dimension 'country'"):
        Journey().dimension("country")
