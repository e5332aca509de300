"""Events and the surprises before them, by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from partner_attribution.attribution.causal import CausalSettings
from partner_attribution.attribution.causal.stocks import stock_at_week_start
from partner_attribution.attribution.causal.told import (
    Held,
    Told,
    _weeks_since_start,
    moves_by_delay,
    read_before,
    surprises_held,
    told_before,
    usually_late,
)


def test_records_are_usually_half_as_late_as_hardly_any_is():
    assert [usually_late(delay) for delay in range(6)] == [0, 0, 1, 1, 2, 2]


def test_effects_are_asked_of_the_stocks_when_a_move_took_place():
    """Recorded in weeks 4 and 3, a week late."""
    before = np.arange(2 * 6 * 2).reshape(2, 6, 2) / 10
    events = Told(np.array([1, 0]), np.array([4, 3]), np.array([1.0, 2.0]), np.eye(2), 2)
    found = events.moves(before, 0.0)
    assert found.stock.tolist() == [before[1, 3].tolist(), before[0, 2].tolist()]
    assert found.surprise is events.surprise
    assert found.weight is events.weight
    full = events.moves(before, 0.8).stock
    assert full == pytest.approx((1 - np.exp(-0.8 * found.stock)) / 0.8)


def test_weeks_are_read_before_events_under_each_delay():
    found = read_before((3, 4), np.array([0, 2, 2]), np.array([3, 0, 1]), (1, 3))
    assert found.tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert found.dtype == bool
    assert read_before((3, 4), np.array([0]), np.array([2]), (0,))[0].tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("moves", "memories"), [(0, [3.0]), (39, [3.0]), (40, [1.0, 6.0]), (60, [1.0, 3.0, 8.0])]
)
def test_more_moves_carry_more_memories_of_surprises(moves, memories):
    surprise = np.arange(12.0).reshape(2, 3, 2)
    inside, weight = np.array([[1, 1, 1], [1, 1, 0]]) > 0, np.array([1.0, 3.0])
    before = surprise.copy()
    found = surprises_held(surprise, inside, weight, moves, inside)
    assert (surprise == before).all()
    expected = np.zeros((2, 3, 2 * len(memories)))
    for n, memory in enumerate(memories):
        stock = stock_at_week_start(surprise, memory)
        mean = (stock[0, 1] + 3 * stock[1, 1]) / 4
        # In the third week account 0 is alone.
        expected[:, 1, 2 * n : 2 * n + 2] = stock[:, 1] - mean
    assert found.rows[found.place] == pytest.approx(expected)


def test_weeks_at_risk_are_told_apart_up_to_the_twelfth_then_by_ever_longer_spans():
    spans = [*range(13), 13, 13, 14, 14, 14, 14, *[15] * 8, *[16] * 4]
    inside = np.ones((2, len(spans)), dtype=bool)
    # At risk from the third week to the fifth, and again from the seventh.
    inside[1] = False
    inside[1, [2, 3, 4, 6, 7]] = True
    with np.errstate(all="raise"):
        found = _weeks_since_start(inside)
    assert found[0].tolist() == spans
    assert found[1, :9].tolist() == [0, 0, 0, 1, 2, 3, 0, 1, 2]


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_surprises_are_compared_with_the_mean_of_those_at_risk_for_as_long(kind):
    """Account 0 leaves after three weeks; 3 and 4 begin later, and 3 begins anew."""
    rng = np.random.default_rng(0)
    surprise = rng.normal(size=(5, 6, 2)).astype(kind)
    inside = np.array(
        [[1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0], [0, 1, 1, 0, 1, 1], [0] * 6]
    )
    inside = inside > 0
    spent = _weeks_since_start(inside)
    weight = np.array([1.0, 2.0, 0.5, 3.0, 1.5])
    held = stock_at_week_start(surprise, 3.0)
    expected = np.zeros_like(held)
    for account, week in np.argwhere(inside):
        alike = inside & (spent == spent[account, week])
        whole = sum(weight[a] for a, _ in np.argwhere(alike))
        mean = sum(weight[a] * held[a, w] for a, w in np.argwhere(alike)) / whole
        expected[account, week] = held[account, week] - mean
    found = surprises_held(surprise, inside, weight, 0, inside)
    assert found.rows.dtype == kind
    assert found.rows[found.place] == pytest.approx(expected, abs=1e-6)
    assert (found.rows[found.place][1, 4:] == 0).all(), "nobody else was at risk for four weeks"
    # Only what is read is kept, and nothing outside, whoever asks.
    read = np.zeros_like(inside)
    read[[0, 1, 1, 3], [2, 1, 3, 4]] = True
    read[4] = True
    few = surprises_held(surprise, inside, weight, 0, read)
    assert few.rows.shape == (5, 2)
    assert (few.rows[few.place] == found.rows[found.place] * (read & inside)[:, :, None]).all()
    # Without anybody of any weight to compare with, a surprise is what it is.
    weight[1] = 0
    alone = surprises_held(surprise, inside, weight, 0, inside)
    assert (alone.rows[alone.place][1, 5] == held[1, 5]).all()
    nobody = surprises_held(surprise, inside & False, weight, 0, inside)
    assert (nobody.rows[nobody.place] == 0).all()


EVENTS = (np.array([0, 0, 1, 2]), np.array([3, 1, 1, 2]), np.array([1.0, 2.0, 4.0, 8.0]))


def held_as(stock):
    """All of accounts x weeks x columns."""
    accounts, weeks, columns = stock.shape
    place = np.arange(accounts * weeks).reshape(accounts, weeks)
    return Held(place, np.concatenate([stock.reshape(-1, columns), np.zeros((1, columns))]))


def some_held(columns=1):
    """Surprises of three accounts in four weeks; columns after the first are 0."""
    first = np.array([[0, 5, 6, 7], [3, 4, 0, 0], [9, 0, 2, 1.0]])
    return held_as(np.stack([first, *[0 * first] * (columns - 1)], axis=2))


def test_events_that_nothing_was_heard_before_are_left_out():
    found = told_before(some_held(), *EVENTS)
    assert found.delay == 0
    assert found.surprise.ravel().tolist() == [7, 5, 4, 2]
    a_week_before = told_before(some_held(), *EVENTS, 1)
    assert a_week_before.delay == 1
    # The second event of account 0 and that of account 2 had nothing a week before.
    assert a_week_before.account.tolist() == [0, 1]
    assert a_week_before.week.tolist() == [3, 1]
    assert a_week_before.weight.tolist() == [1, 4]
    assert a_week_before.surprise.ravel().tolist() == [6, 3]
    assert told_before(some_held(2), *EVENTS).surprise.tolist() == [[7, 0], [5, 0], [4, 0], [2, 0]]


def by_delay(least, delays=(0, 1, 2, 3)):
    """At risk: account 0 in weeks 0 and 2, 1 in week 0, 2 in week 1; none in the week of a move."""
    inside = np.array([[1, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]) > 0
    settings = CausalSettings(minimum_transitions=least, delays_weeks=delays)
    found = moves_by_delay(some_held(), inside, EVENTS, settings)
    assert isinstance(found, tuple)
    return [
        (one.delay, one.account.tolist(), one.week.tolist(), one.weight.tolist()) for one in found
    ]


def test_a_delay_counts_moves_of_accounts_that_were_at_risk_by_then():
    """All four were so a week before. Nothing had been heard by then before the second of account 0
    and that of 2; two weeks before, none was at risk that had heard of anybody."""
    whole = (0, [0, 0, 1, 2], [3, 1, 1, 2], [1, 2, 4, 8])
    assert by_delay(1) == [whole, (1, [0, 1], [3, 1], [1, 4])]
    assert by_delay(1, (0,)) == [whole]
    assert by_delay(2) == [whole, (1, [0, 1], [3, 1], [1, 4])]
    assert by_delay(3) == [whole]
    assert by_delay(5) == []
    assert by_delay(0, (0, 2)) == [whole, (2, [], [], [])]


def test_a_move_in_the_very_week_of_a_delay_is_told_by_the_first_week():
    events = tuple(np.array(one) for one in ([1, 0], [1, 2], [1.0, 1.0]))
    inside = np.array([[1, 1, 1, 1]] * 3) > 0
    held = held_as(np.ones((3, 4, 1)))
    settings = SimpleNamespace(minimum_transitions=1, delays_weeks=(1, 2, 3))
    found = moves_by_delay(held, inside, events, settings)
    assert [(one.delay, one.account.tolist()) for one in found] == [(1, [1, 0]), (2, [0])]
