"""The chance of each deal with any coalition, against loops over the definition."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from partner_attribution.attribution.causal.kept import (
    _later,
    _rows_of_moves,
    _usual_hazard,
    kept_deals,
    ratio,
)

LISTS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])


def chance(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def test_the_chance_with_a_coalition_is_told_beside_that_with_everyone():
    found = ratio(np.array([-1.0, 0.5]), np.array([[0.4, 0.7], [0.0, 2.0]]), LISTS)
    first = [chance(-1 + gain) / chance(0.1) for gain in (0, 0.4, 0.7, 1.1)]
    second = [chance(0.5 + gain) / chance(2.5) for gain in (0, 0, 2, 2)]
    assert found == pytest.approx(np.array([first, second]))


def within(hazards, weeks):
    """Chance that all steps are made in so many weeks; a step may follow the one before at once."""
    total = 0.0
    for each in product(range(1, weeks + 1), repeat=len(hazards)):
        if sum(each) - len(hazards) + 1 <= weeks:
            parts = zip(hazards, each, strict=True)
            total += np.prod([h * (1 - h) ** (week - 1) for h, week in parts])
    return total


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_who_is_left_behind_may_still_get_there_in_the_weeks_that_are_left(steps):
    usual = [np.array([0.5, 0.1]), np.array([0.3, 0.2]), np.array([0.25, 1.0])][:steps]
    found = _later(usual, 4)
    assert len(found) == steps
    for k, chances in enumerate(found):
        by_hand = [
            [within([one[c] for one in usual[k:]], week) for c in (0, 1)] for week in range(5)
        ]
        assert chances == pytest.approx(np.array(by_hand))


@pytest.mark.parametrize(
    ("spells", "expected"),
    [([5, 2, 7, 0], [1, 3, -1, -1]), ([2], [3]), ([9, 5, 1], [-1, 1, -1]), ([], [])],
)
def test_a_spell_is_found_in_the_row_in_which_it_moved_on(spells, expected):
    risk = SimpleNamespace(spell=np.array([5, 5, 2, 2, 1]), moved=np.array([0, 1, 0, 1, 0]) > 0)
    assert _rows_of_moves(risk, np.array(spells, dtype=int)).tolist() == expected


def step_of(rows=7, seed=0, base=-1.5, moved=None, spell=None):
    """A step as it was fitted, with figures that are drawn."""
    rng = np.random.default_rng(seed)
    risk = SimpleNamespace(
        spell=np.arange(rows) if spell is None else np.array(spell),
        moved=rng.random(rows) < 0.4 if moved is None else np.array(moved, dtype=bool),
        weight=rng.integers(1, 5, rows).astype(float),
        first=np.arange(rows) % 4 != 1,
    )
    return SimpleNamespace(
        risk=risk,
        base=rng.normal(base, 1, rows),
        heard=rng.uniform(0, 2, (rows, 2)),
        effect=np.array([0.3, 0.8]),
    )


def usual_by_hand(step, on, every=1):
    """The mean over those at risk for the first time, times the root of how much likelier those
    who moved on were without anybody; 0.9 at most."""
    risk = step.risk
    first = [row for row in range(len(risk.spell)) if risk.first[row]]
    mean = sum(
        risk.weight[row] * chance(step.base[row] + (step.heard[row] * step.effect * on).sum())
        for row in first[::every]
    ) / sum(risk.weight[first[::every]])

    def of(rows):
        return sum(risk.weight[r] * chance(step.base[r]) for r in rows) / sum(risk.weight[rows])

    return min(0.9, mean * np.sqrt(of([row for row in first if risk.moved[row]]) / of(first)))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_usual_is_raised_halfway_towards_those_who_moved_on(seed):
    step = step_of(30, seed)
    found = _usual_hazard(step, LISTS)
    assert found == pytest.approx([usual_by_hand(step, on) for on in LISTS])
    assert (found < 0.9).all()


def test_nothing_is_usual_beyond_nine_in_ten():
    step = step_of(12, base=4.0)
    assert _usual_hazard(step, LISTS).tolist() == [0.9] * 4


def test_of_six_thousand_at_risk_every_other_says_what_is_usual():
    step = step_of(8000)
    assert step.risk.first.sum() == 6000
    found = _usual_hazard(step, LISTS[1:2])
    assert found == pytest.approx([usual_by_hand(step, LISTS[1], every=2)])
    assert found != pytest.approx([usual_by_hand(step, LISTS[1])])


# When spells began and reached both states: 0 as the data end, 3 before they began, 4 and 5 after
# the last that counts, 5 without ever being at risk of the first state.
REACHED = np.array(
    [[0, 2.0, 3.0], [0, 0, 0], [1, 1.2, 1.9], [-9, -8.5, -0.5], [0, 2, 3.6], [3, 3, 4]]
)
DEALS = np.array([0, 2, 3, 4, 5])


@pytest.mark.parametrize("ends", [3.0, 3.5])
def test_every_step_is_kept_by_its_ratio_or_made_up_for_in_the_weeks_left(ends):
    steps = (
        step_of(6, seed=1, spell=[0, 1, 2, 3, 4, 4], moved=[1, 0, 1, 1, 0, 1]),
        step_of(7, seed=2, spell=[2, 5, 3, 0, 0, 4, 1], moved=[1, 1, 1, 0, 1, 1, 0]),
    )
    funnel = SimpleNamespace(steps=steps, reached=REACHED)
    rows = ({0: 0, 2: 2, 3: 3, 4: 5}, {0: 4, 2: 0, 3: 2, 4: 5, 5: 1})
    expected = []
    for deal in DEALS:
        chances = []
        for on in LISTS:
            usual = [usual_by_hand(step, on) for step in steps]
            kept, recovered = 1.0, 0.0
            for k, step in enumerate(steps):
                own = 1.0
                if deal in rows[k]:
                    row = rows[k][deal]
                    gain = step.heard[row] * step.effect
                    own = chance(step.base[row] + (gain * on).sum())
                    own /= chance(step.base[row] + gain.sum())
                # The data end a week after the last whole one, at most.
                left = min(
                    max(0, int(np.floor(ends - REACHED[deal, k + 1]))), int(np.ceil(ends)) + 1
                )
                recovered += kept * (1 - own) * within(usual[k:], left)
                kept *= own
            chances.append(kept + recovered)
        expected.append(chances)
    found = kept_deals(funnel, DEALS, LISTS, ends)
    assert found == pytest.approx(np.array(expected))
    assert found[:, 3] == pytest.approx(1)
    assert (found[:, :3] < 1).all()
