"""What the causal methods return: columns, the order of rows, and the words for a choice."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from partner_attribution.attribution.causal import AUTO, HAZARD, MULTISTATE, CausalSettings
from partner_attribution.attribution.causal.credits import (
    _influence_rows,
    _result,
    _whole_cents,
    causal_credits,
    choose,
)
from partner_attribution.attribution.causal.estimate import Estimate

from .causal_worlds import frames_of

ESTIMATED = SimpleNamespace(is_estimable=True, states=("lead", "mql", "opportunity"), reason="")
REFUSED = Estimate(MULTISTATE, "3 wins, at least 30 are needed")


def nobody(*methods):
    """The result where there is no touch, so nothing can be told."""
    return causal_credits(*frames_of(["a"], [], [], weeks=5)[:3], methods, CausalSettings(), 0, 10)


def test_effects_and_credits_have_the_columns_that_the_marts_read():
    found = nobody(HAZARD)
    assert found.effects.column_names == [
        "method", "milestone", "player", "conversions", "value_cents", "share", "status",
        "reason", "chosen_method", "chosen_because", "half_life_weeks", "saturation", "misfit",
        "disagreement", "needs_test",
    ]  # fmt: skip
    assert found.credits.column_names == [
        "method", "milestone", "opportunity_id", "player", "touch_id", "credit_share",
        "credit_cents",
    ]  # fmt: skip
    assert (found.credits.num_rows, found.influence.num_rows) == (0, 0)


def test_methods_that_can_tell_nothing_say_so_by_name():
    found = nobody(MULTISTATE, HAZARD)
    assert found.effects["method"].to_pylist() == [HAZARD, MULTISTATE]
    assert set(found.effects["status"].to_pylist()) == {"not estimable"}
    assert found.diagnostics == {"chosen_method": None, "chosen_because": None, "disagreement": {}}


def test_the_observed_time_is_empty_unless_it_is_given():
    accounts, touches, milestones, *_ = frames_of(["a"], [("a", 1.0, "p")], [], weeks=5)
    found = causal_credits(accounts, touches, milestones, [HAZARD])
    assert found.effects["reason"].to_pylist() == ["no touch of any player"]
    # One microsecond on, where a touch of the first would count: neither begins nor ends there.
    first = touches.assign(touched_at_us=0)
    assert causal_credits(accounts, first, milestones, [HAZARD]).effects["reason"].to_pylist() == [
        "no touch of any player"
    ]
    seen = causal_credits(accounts, first, milestones, [HAZARD], observed_until_us=1)
    assert seen.effects["reason"].to_pylist() == ["0 wins, at least 30 are needed"]


@pytest.mark.parametrize(
    ("multistate", "chosen", "because"),
    [
        (ESTIMATED, MULTISTATE, "stages recorded before the opportunity: lead, mql"),
        (REFUSED, HAZARD, "multistate is not estimable: 3 wins, at least 30 are needed"),
    ],
)
def test_the_automatic_choice_says_what_it_rests_on(multistate, chosen, because):
    assert choose({MULTISTATE: multistate}) == (chosen, because)


def test_the_choice_is_told_beside_its_figures_and_only_where_it_was_asked_for():
    found = {HAZARD: Estimate(HAZARD, "no"), MULTISTATE: REFUSED}
    asked = _result(found, {}, [MULTISTATE, AUTO], CausalSettings())
    assert asked.diagnostics["chosen_method"] == HAZARD
    assert asked.diagnostics["chosen_because"].startswith("multistate is not estimable: 3 wins")
    assert asked.effects["method"].to_pylist() == [AUTO, MULTISTATE]
    assert asked.effects["chosen_method"].to_pylist()[0] == HAZARD


def test_a_method_that_can_tell_nothing_says_so_of_every_milestone():
    settings = CausalSettings(milestones=("opportunity", "closed_won"))
    found = _result({HAZARD: Estimate(HAZARD, "no")}, {}, [HAZARD], settings)
    assert sorted(found.effects["milestone"].to_pylist()) == ["closed_won", "opportunity"]


def test_influence_is_told_by_the_first_bucket_of_each_group_to_nine_digits():
    settings = CausalSettings(interval_groups=2, interval_buckets=10)
    found = _influence_rows({"p": np.array([0.12345678949, -2.0])}, settings)
    assert found == [
        {"player": "p", "bucket": 0, "influence": 0.123456789},
        {"player": "p", "bucket": 5, "influence": -2.0},
    ]
    assert _influence_rows({}, settings) == []


def test_cents_go_to_the_largest_remainders_of_each_deal_whatever_its_sign():
    """10 cents in thirds: 3.33, 3.33, 3.34. -10: the same below zero. 1 in halves: the first row.
    None of nothing. And an amount that a double cannot hold to the cent."""
    third, half = 333_333_333, 500_000_000
    deals = np.array([0, 1, 2, 0, 1, 2, 0, 1, 3, 4, 4])
    share = np.array(
        [third, third, half, third, third, half, third + 1, third + 1, 10**9, 10**9 - 1, 1]
    )
    large = 1_234_567_890_123_457
    cents = _whole_cents(deals, share, np.array([10, -10, 1, 0, large]))
    assert cents.tolist()[:9] == [3, -3, 1, 3, -3, 0, 4, -4, 0]
    assert cents.tolist()[9:] == [large - 1_234_568, 1_234_568]
