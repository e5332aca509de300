"""Parts of the causal methods against their definitions: games, odds, effects, weeks at risk."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import minimize

from partner_attribution.attribution.causal import CausalSettings
from partner_attribution.attribution.causal.blips import (
    Blips,
    Moves,
    estimate_blips,
    moments,
    shrunk,
)
from partner_attribution.attribution.causal.game import coalitions
from partner_attribution.attribution.causal.logistic import _step, fit
from partner_attribution.attribution.causal.panel import build_panel
from partner_attribution.attribution.causal.risk import (
    control_columns,
    stock_at_moves,
    weeks_at_risk,
)
from partner_attribution.attribution.causal.stocks import saturated, stock_at_week_start
from partner_attribution.attribution.causal.surprise import recorded_stages, surprises

from .causal_worlds import frames_of


def by_orders(players, value):
    """Shapley values by the definition: the mean gain over all orders of arrival."""
    gains = np.zeros(players)
    orders = list(permutations(range(players)))
    for order in orders:
        for place, player in enumerate(order):
            gains[player] += value(set(order[: place + 1])) - value(set(order[:place]))
    return gains / len(orders)


@pytest.mark.parametrize("players", [1, 2, 3, 5])
def test_all_coalitions_give_the_mean_over_all_orders(players):
    worth = np.random.default_rng(players).random(2**players)
    rows, matrix = coalitions(players, players, 1)
    assert rows.shape == (2**players, players)
    assert not rows[0].any()
    assert rows[-1].all()
    masks = (rows << np.arange(players)).sum(axis=1)
    found = matrix @ worth[masks]
    assert found == pytest.approx(by_orders(players, lambda s: worth[sum(1 << p for p in s)]))


def test_an_order_and_its_reverse_are_exact_where_players_meet_in_pairs():
    rows, matrix = coalitions(4, 3, 7)
    assert rows.shape == (2 + 7 * 2 * 3, 4)
    assert not rows[0].any()
    assert rows[-1].all()
    assert set(rows[1:-1].sum(axis=1)) == {1, 2, 3}
    gains = np.array([1.0, 2.0, 4.0, 8.0])
    assert matrix @ (rows @ gains) ** 2 == pytest.approx(gains * gains.sum())
    again = coalitions(4, 3, 7)
    assert (again[0] == rows).all()
    assert (again[1] == matrix).all()


def odds(seed, rows=60, columns=4):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(rows), rng.normal(size=(rows, columns - 1))])
    y = (rng.random(rows) < 0.4).astype(float)
    return (
        x,
        y,
        rng.uniform(0.5, 3, rows),
        np.diag(rng.uniform(0.1, 1, columns)),
        rng.normal(size=rows),
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_fit_is_the_lowest_point_within_its_bounds(seed):
    x, y, weight, penalty, offset = odds(seed)
    bounded = np.array([1, 2, 3])
    b, likelihood = fit(x, y, weight, penalty, bounded, offset)
    eta = x @ b + offset
    slope = x.T @ (weight * (1 / (1 + np.exp(-eta)) - y)) + penalty @ b
    assert slope[0] == pytest.approx(0, abs=1e-5)
    for column in bounded:
        assert b[column] >= 0
        if b[column] > 0:
            assert slope[column] == pytest.approx(0, abs=1e-5)
        else:
            assert slope[column] > 0
    assert likelihood == pytest.approx(float((weight * (y * eta - np.log1p(np.exp(eta)))).sum()))


def test_the_bounds_of_some_of_those_fits_hold_and_others_do_not():
    bounded = np.array([1, 2, 3])
    found = np.array([fit(*odds(seed)[:4], bounded, odds(seed)[4])[0] for seed in range(6)])
    assert (found[:, 1:] == 0).any()
    assert (found[:, 1:] > 0).any()


def test_all_moved_is_held_by_the_penalty_alone():
    # The lowest point of 40 log(1 + exp(-b)) + b^2/200: 40 / (1 + exp(b)) = b/100.
    x, y = np.ones((1, 1)), np.ones(1)
    b, _ = fit(x, y, np.array([40.0]), np.array([[0.01]]))
    assert 40 / (1 + np.exp(b[0])) == pytest.approx(b[0] / 100, rel=1e-6)


def test_a_strong_penalty_holds_the_lowest_point():
    # 70 / (1 + exp(-b)) - 30 / (1 + exp(b)) + 1000 b = 0.
    x, y = np.ones((2, 1)), np.array([1.0, 0.0])
    b, _ = fit(x, y, np.array([30.0, 70.0]), np.array([[1000.0]]))
    assert 70 / (1 + np.exp(-b[0])) - 30 / (1 + np.exp(b[0])) == pytest.approx(-1000 * b[0])


@pytest.mark.parametrize(
    ("b", "slope", "curve", "bound", "expected"),
    [
        # At its bound and pushed below: stays; the other goes where it would alone.
        ([0, 0], [1, -1], [[1, 0], [0, 1]], [0, 1], [0, 1]),
        # Above its bound it may fall.
        ([0.5, 0], [1, -1], [[1, 0], [0, 1]], [0, 1], [-1, 1]),
        # Pushed below by its own slope, however little, though the other would lift it.
        ([0, 0], [0.5, -3], [[2, -1], [-1, 2]], [0], [0, 1.5]),
        # Not pushed by its own slope, and lifted by the other.
        ([0, 0], [0, -3], [[2, -1], [-1, 2]], [0], [1, 2]),
        # Not pushed by its own slope, but drawn below by the other, which then goes alone.
        ([0, 1], [0, -3], [[2, 1], [1, 2]], [0, 1], [0, 1.5]),
        # As good as at its bound.
        ([1e-12], [1], [[1]], [0], [0]),
        # One held, one drawn below: the one that is held stays so.
        ([0, 0, 0], [0.5, 0, -3], [[2, 0, -1], [0, 2, 1], [-1, 1, 2]], [0, 1], [0, 0, 1.5]),
        # Two that tell the same share the step; one that tells nothing goes down its slope.
        ([0, 0], [1, 1], [[1, 1], [1, 1]], [], [-0.5, -0.5]),
        ([0], [1e-9], [[0]], [], [-1]),
    ],
)
def test_a_newton_step_by_hand(b, slope, curve, bound, expected):
    values = (np.array(one, dtype=float) for one in (b, slope, curve))
    found = _step(*values, np.array(bound, dtype=int))
    assert found == pytest.approx(np.array(expected, dtype=float), abs=1e-6)


def test_a_far_start_does_not_overshoot():
    x, y = np.ones((2, 1)), np.array([1.0, 0.0])
    offset = np.array([-12.0, -12.0])
    b, _ = fit(x, y, np.array([30.0, 70.0]), np.zeros((1, 1)), offset=offset)
    assert b[0] - 12 == pytest.approx(np.log(0.3 / 0.7), abs=1e-6)


@pytest.mark.parametrize(
    ("players", "moves", "expected"),
    [
        (2, 0, 1),
        (2, 39, 1),
        (2, 40, 2),
        (2, 59, 2),
        (2, 60, 3),
        (2, 1000, 3),
        (1, 29, 2),
        (1, 30, 3),
    ],
)
def test_ten_moves_carry_a_moment_of_a_player(players, moves, expected):
    assert moments(players, moves) == expected


def some_moves(seed=0, count=300, players=2, more=1):
    rng = np.random.default_rng(seed)
    stock = rng.poisson(0.7, (count, players)).astype(float)
    other = rng.normal(size=(count, more))
    surprise = np.column_stack(
        [stock - 0.5 + rng.normal(0, 0.2, stock.shape), stock[:, :more] ** 2 - 0.8 + 0.3 * other]
    )
    return Moves(surprise, stock, rng.uniform(0.5, 2, count))


def left_by_hand(moves, effect):
    """Mean surprise of the moves, each with what the players did taken away from it."""
    kept = [
        w * np.exp(-min(8, max(-8, s @ effect)))
        for w, s in zip(moves.weight, moves.stock, strict=True)
    ]
    return sum(k * z for k, z in zip(kept, moves.surprise, strict=True)) / sum(kept)


def spread_by_hand(moves, effect):
    kept = np.array(
        [w * np.exp(-s @ effect) for w, s in zip(moves.weight, moves.stock, strict=True)]
    )
    kept = kept / kept.sum()
    around = moves.surprise - kept @ moves.surprise
    spread = sum(k**2 * np.outer(z, z) for k, z in zip(kept, around, strict=True))
    return spread + 1e-6 * np.trace(spread) / len(spread) * np.eye(len(spread))


def test_effects_leave_the_least_of_the_surprise_and_their_noise_is_the_sandwich():
    moves = some_moves()
    players = 2
    penalty = 0.05 * (np.eye(players) - 0.5) + 1e-6 * np.eye(players)
    trust = np.linalg.inv(spread_by_hand(moves, np.zeros(players)))

    def misfit(effect):
        left = left_by_hand(moves, effect)
        return float(left @ trust @ left + effect @ penalty @ effect)

    found = estimate_blips(moves)
    lowest = minimize(
        misfit, np.zeros(players), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12}
    )
    # The step of the estimator takes half the slope of both terms: the same point.
    assert found.effect == pytest.approx(lowest.x, abs=1e-5)
    assert (np.abs(found.effect) < 4).all()
    left = left_by_hand(moves, found.effect)
    assert found.misfit == pytest.approx(float(left @ trust @ left), rel=1e-6)
    assert found.freedom == 1
    ends = [(found.effect + d, found.effect - d) for d in 1e-6 * np.eye(players)]
    slope = np.column_stack(
        [(left_by_hand(moves, up) - left_by_hand(moves, down)) / 2e-6 for up, down in ends]
    )
    inner = np.linalg.inv(slope.T @ trust @ slope + penalty)
    outer = slope.T @ trust @ spread_by_hand(moves, found.effect) @ trust @ slope + penalty
    assert found.noise == pytest.approx(inner @ outer @ inner, rel=1e-4)


def test_no_effect_is_larger_than_any_finding():
    # Every move had a touch, and nobody else did: no finite effect explains that.
    moves = Moves(np.full((50, 1), 0.5), np.ones((50, 1)), np.ones(50))
    assert abs(estimate_blips(moves).effect[0]) <= 4
    steep = Moves(
        np.r_[np.full(999, 0.5), -0.5][:, None], np.r_[np.ones(999), 0][:, None], np.ones(1000)
    )
    assert estimate_blips(steep).effect[0] == 4


def test_sure_effects_stay_and_unsure_ones_are_one():
    apart = np.array([1.0, 2.0, 0.5])
    sure = shrunk(Blips(apart, 1e-9 * np.eye(3), 0.0, 0), None)
    assert sure == pytest.approx(apart, abs=1e-3)
    unsure = shrunk(Blips(apart, 1e4 * np.eye(3), 0.0, 0), None)
    assert unsure == pytest.approx(np.full(3, apart.mean()), abs=1e-2)
    assert shrunk(Blips(-apart, 1e4 * np.eye(3), 0.0, 0), None) == pytest.approx(
        np.zeros(3), abs=1e-3
    )


def test_noise_that_differs_decides_how_much_of_itself_an_effect_keeps():
    """The posterior mean around the common mean, at the likeliest spread of the grid."""
    effect, noise = np.array([0.2, 1.4, 0.8]), np.diag([0.01, 0.3, 0.05])
    best = None
    for variance in np.geomspace(1e-4, 4, 25):
        total = np.diag(noise) + variance
        mean = max(0.0, float((effect / total).sum() / (1 / total).sum()))
        likelihood = -0.5 * float(np.log(total).sum() + ((effect - mean) ** 2 / total).sum())
        if best is None or likelihood > best[0]:
            best = likelihood, mean + variance * (effect - mean) / total
    assert shrunk(Blips(effect, noise, 0.0, 0), None) == pytest.approx(np.maximum(best[1], 0))
    # A guide that says nothing, or only that visits are not made, is none.
    assert shrunk(Blips(effect, noise, 0.0, 0), np.array([0.0, -1.0, 0.0])) == pytest.approx(
        best[1]
    )


def panel_of(touches, milestones, accounts=("a", "b", "c"), entered=None, weeks=5, **settings):
    """touches: (account, week, player or None); milestones: (account, deal, state, week)."""
    frames = frames_of(accounts, touches, milestones, weeks, entered)
    return build_panel(*frames, CausalSettings(**settings))


def small():
    touches = [
        ("a", 0.25, "p"),
        ("a", 1.25, "q"),
        ("b", 2.5, "p"),
        ("a", 0.5, None),
        ("b", 1.5, None),
    ]
    touches += [("c", 3.25, "q"), ("a", 2.25, "p")]
    milestones = [
        ("a", None, "lead", 0.75),
        ("a", None, "mql", 2.0),
        ("a", "o", "opportunity", 2.5),
    ]
    return panel_of([*touches], [*milestones, ("b", None, "lead", 3.5)], entered=[0, 1.25, 0])


def test_a_week_belongs_to_the_stage_in_which_it_began():
    stages = recorded_stages(small())
    assert stages.stage.tolist() == [[0, 1, 2, -1, -1], [-1, 0, 0, 0, 1], [0, 0, 0, 0, 0]]
    assert stages.age.tolist() == [[0, 0, 0, 0, 0], [0, 0, 1, 2, 0], [0, 1, 2, 3, 4]]


def test_those_who_moved_on_are_at_risk_until_then_and_all_others_to_the_end():
    panel = small()
    risk = weeks_at_risk(panel, panel.spell_start, panel.reached[:, 2], CausalSettings())
    account = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    assert risk.account.tolist() == account
    assert risk.spell.tolist() == account
    assert risk.week.tolist() == [0, 1, 2, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    assert risk.moved.tolist() == [
        week == 2 and a == 0 for week, a in zip(risk.week, risk.account, strict=True)
    ]
    assert risk.at.tolist() == [0.5, 1.5, 2.5, 1.5, 2.5, 3.5, 4.5, 0.5, 1.5, 2.5, 3.5, 4.5]
    assert risk.weight.tolist() == [1] * 12
    # From lead on: b is not at risk before it is one, c never.
    later = weeks_at_risk(panel, panel.reached[:, 0], panel.reached[:, 1], CausalSettings())
    assert later.account.tolist() == [0, 0, 0, 1, 1]
    assert later.week.tolist() == [0, 1, 2, 3, 4]
    assert later.moved.tolist() == [False, False, True, False, False]


def test_only_who_has_reached_the_start_and_not_yet_the_end_is_at_risk():
    """In turn: never began, began at the end of the data, moved on then, never, at once, before."""
    panel = replace(
        small(),
        spell_account=np.array([0, 1, 2, 0, 1, 2]),
        spell_start=np.array([0, 0, 4.5, 1.25, 2.0, 0]),
        spell_returns=np.array([False, False, True, False, False, False]),
    )
    start = np.array([np.inf, 5.0, 4.5, 1.25, 2.0, 0])
    end = np.array([np.inf, np.inf, 5.0, np.inf, 2.0, 1.75])
    risk = weeks_at_risk(panel, start, end, CausalSettings())
    assert risk.spell.tolist() == [2, 3, 3, 3, 3, 5, 5]
    assert risk.week.tolist() == [4, 1, 2, 3, 4, 0, 1]
    assert risk.moved.tolist() == [False] * 6 + [True]
    assert risk.at.tolist() == [4.5, 1.5, 2.5, 3.5, 4.5, 0.5, 1.75]
    assert risk.first.tolist() == [False] + [True] * 6


def test_of_many_weeks_without_a_move_some_stand_for_all():
    names = tuple(f"a{i:03d}" for i in range(400))
    panel = panel_of([("a000", 0.5, "p")], [("a000", "o", "opportunity", 3.5)], names)
    all_rows = weeks_at_risk(panel, panel.spell_start, panel.reached[:, 2], CausalSettings())
    assert len(all_rows.week) == 4 + 399 * 5
    few = weeks_at_risk(
        panel, panel.spell_start, panel.reached[:, 2], CausalSettings(controls_per_event=2)
    )
    assert few.moved.sum() == 1
    assert len(few.week) == 1 + (3 + 399 * 5) // 3
    assert set(few.weight[~few.moved]) == {3.0}
    assert few.weight[few.moved].tolist() == [1.0]
    assert few.weight.sum() == pytest.approx(len(all_rows.week), abs=3)


def test_a_stock_halves_and_counts_touches_from_when_they_came():
    panel = small()
    before = stock_at_week_start(panel.delivered[:, :, :2], 2.0)
    week, middle = 0.5**0.5, 0.5**0.25
    assert before[0, :, 0] == pytest.approx(
        [0, middle, middle * week, middle * (week**2 + 1), middle * (week**3 + week)]
    )
    risk = weeks_at_risk(panel, panel.spell_start, panel.reached[:, 2], CausalSettings())
    stock = stock_at_moves(panel, before, risk, 2.0)
    moved = int(np.flatnonzero(risk.moved)[0])
    # At 2.5: what stood at the week's start, half a week older; the touch at 2.25, a quarter.
    assert stock[moved] == pytest.approx([middle * week * middle + 0.5**0.125, middle * middle])
    still = ~risk.moved
    assert stock[still] == pytest.approx(before[risk.account, risk.week][still])
    assert saturated(stock, 0) is stock


def test_a_move_has_heard_the_touches_up_to_its_very_moment_and_no_visits():
    touches = [("a", 1.5, "p"), ("a", 1.25, None)]
    panel = panel_of(touches, [("a", "o", "opportunity", 1.5)], ("a",))
    before = stock_at_week_start(panel.delivered[:, :, :1], 1.0)
    risk = weeks_at_risk(panel, panel.spell_start, panel.reached[:, 2], CausalSettings())
    assert risk.moved.tolist() == [False, True]
    assert stock_at_moves(panel, before, risk, 1.0).tolist() == [[0], [1]]
    assert saturated(np.array([0.5, 2.0]), 0.8) == pytest.approx(
        [(1 - np.exp(-0.4)) / 0.8, (1 - np.exp(-1.6)) / 0.8]
    )


def test_controls_are_visits_the_quarter_and_the_time_at_risk():
    touches = [("a", 0.5, "p"), ("a", 0.5, None), ("b", 12.5, None)]
    panel = panel_of(touches, [], weeks=30, entered=[0, 5.5, 0])
    settings = CausalSettings(organic_half_lives_weeks=(1.0,))
    risk = weeks_at_risk(panel, panel.spell_start, panel.reached[:, 2], settings)
    columns = control_columns(panel, risk, panel.spell_start, settings)
    by_hand = []
    for account, week in zip(risk.account, risk.week, strict=True):
        visit = (0.5, 12.5, None)[account]
        seen = visit is not None and week > int(visit)
        visits = 0.5 ** (week - int(visit) - 0.5) if seen else 0.0
        started = (0, 5, 0)[account]
        by_hand.append([1, np.log1p(visits), float(week >= 13), np.log1p(week - started)])
    assert columns == pytest.approx(np.array(by_hand), rel=1e-5)


def test_touches_at_random_within_a_week_are_all_surprise_but_the_mean():
    """Nothing in the past can tell a first week's touches: each account less the week's mean."""
    panel = panel_of([("a", 0.5, "p"), ("a", 0.6, "p"), ("b", 0.5, "p")], [], weeks=1)
    found = surprises(panel, recorded_stages(panel))
    assert found[:, 0, 0] == pytest.approx([1, 0, -1], abs=1e-6)


def test_two_accounts_are_enough_to_differ_from_their_mean_and_one_is_not():
    two = panel_of([("a", 0.5, "p")], [], ("a", "b"), weeks=1)
    assert surprises(two, recorded_stages(two))[:, 0, 0] == pytest.approx([0.5, -0.5], abs=1e-6)
    one = panel_of([("a", 0.5, "p")], [], ("a",), weeks=1)
    assert surprises(one, recorded_stages(one)).tolist() == [[[0]]]


def test_whoever_is_reached_every_week_is_no_surprise_for_long():
    names = tuple(f"a{i:02d}" for i in range(40))
    touches = [
        (name, week + 0.5, "p") for i, name in enumerate(names) if i < 20 for week in range(30)
    ]
    panel = panel_of(touches, [], names, weeks=30)
    found = surprises(panel, recorded_stages(panel))[:, :, 0]
    assert found[:20, 0] == pytest.approx(0.5, abs=1e-5)
    assert found[20:, 0] == pytest.approx(-0.5, abs=1e-5)
    assert np.abs(found[:, 5:]).max() < 0.25
    assert found.sum(axis=0) == pytest.approx(np.zeros(30), abs=1e-4)


def test_data_that_end_within_a_week_end_there():
    """Whoever begins at the very end, or after it, was never at risk."""
    panel = replace(
        panel_of([("a", 0.5, "p")], [], weeks=5),
        end=4.5,
        spell_account=np.array([0, 1, 2]),
        spell_start=np.array([4.5, 4.75, 4.25]),
        spell_returns=np.zeros(3, dtype=bool),
    )
    risk = weeks_at_risk(panel, panel.spell_start, np.full(3, np.inf), CausalSettings())
    assert risk.spell.tolist() == [2]
    assert risk.week.tolist() == [4]
    one = panel_of([("a", 0.5, "p")], [], weeks=1)
    risk = weeks_at_risk(one, one.spell_start, one.reached[:, 2], CausalSettings())
    assert risk.week.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("deals", "late", "step"), [(310, 1, 1), (300, 0, 2), (300, 1, 1)])
def test_weeks_are_thinned_by_the_moves_or_as_for_three_hundred(deals, late, step):
    """Two weeks without a move per deal, one of those that enter late; one is wanted per move."""
    names = tuple(f"a{i:03d}" for i in range(deals))
    panel = panel_of(
        [("a000", 0.5, "p")],
        [(name, name, "opportunity", 2.5) for name in names],
        names,
        entered=[1.25] * late + [0] * (deals - late),
        weeks=3,
    )
    settings = CausalSettings(controls_per_event=1)
    risk = weeks_at_risk(panel, panel.spell_start, panel.reached[:, 2], settings)
    assert risk.moved.sum() == deals
    assert (~risk.moved).sum() == (2 * deals - late) // step
    assert set(risk.weight[~risk.moved]) == {step}
    assert set(risk.weight[risk.moved]) == {1}


def week_by_week():
    """Forty accounts, ten weeks, two players; every stage, visits, unequal weights, a control."""
    rng = np.random.default_rng(4)
    names = tuple(f"a{i:02d}" for i in range(40))
    touches = [
        (name, week + rng.random(), who)
        for name in names for week in range(10)
        for who, chance in (("p", 0.3), ("q", 0.2), (None, 0.5))
        if rng.random() < chance * (1 + week % 3) / 2
    ]  # fmt: skip
    milestones = []
    for i, name in enumerate(names[:30]):
        milestones.append((name, None, "lead", 1 + i % 5 + 0.5))
        milestones += [(name, None, "mql", 3 + i % 5 + 0.25)] if i % 2 else []
        milestones += [(name, name, "opportunity", 8.75)] if i % 3 == 0 else []
    panel = panel_of(
        touches, milestones, names, entered=[i % 4 + 0.25 for i in range(40)], weeks=10
    )
    return replace(panel, weight=rng.uniform(0.5, 2, 40), controls=rng.normal(size=(40, 1)))


def surprise_by_hand(panel, stages):
    """Ridge regression on the past of each account, less the week's mean; ridge: ten rows."""
    count, weeks, last = panel.delivered.shape[0], panel.weeks, len(panel.players)

    def stock(account, week, column, half_life):
        return sum(
            panel.delivered[account, seen, column] * 0.5 ** ((week - seen - 0.5) / half_life)
            for seen in range(week)
        )

    def past(account, week):
        visits = [stock(account, week, last, h) for h in (0.5, 1.5, 3, 6, 16)]
        logs = np.log1p(visits)
        age, stage = np.log1p(stages.age[account, week]), stages.stage[account, week]
        row = [*logs, *np.sqrt(visits)]
        row += [logs[i] * logs[j] for i in range(5) for j in range(i, 5)]
        row += [age, np.log1p(week - int(panel.entered[account]))]
        for number in (1, 2):
            row += [float(stage == number) * one for one in (1, age, logs[1])]
        row += [np.log1p(stock(account, week, p, h)) for h in (1, 6) for p in range(last)]
        return [*row, *panel.controls[account]]

    at_risk = stages.stage >= 0
    found = np.zeros((count, weeks, last))
    rows = {week: np.flatnonzero(at_risk[:, week]) for week in range(weeks)}
    x = {week: np.array([past(a, week) for a in own]) for week, own in rows.items()}
    weight = {week: panel.weight[own] for week, own in rows.items()}
    x = {week: one - np.average(one, axis=0, weights=weight[week]) for week, one in x.items()}
    for player in range(last):
        seen = {week: panel.delivered[own, week, player] for week, own in rows.items()}
        of_week = {week: np.average(one, weights=weight[week]) for week, one in seen.items()}
        total = sum(weight[week].sum() for week in rows)
        mean = sum(of_week[week] * weight[week].sum() for week in rows) / total
        busy = {week: one / mean for week, one in of_week.items()}
        gram = sum(busy[w] * (x[w].T * weight[w]) @ x[w] for w in rows)
        cross = sum((x[w].T * weight[w]) @ seen[w] for w in rows)
        ridge = 10 * np.maximum(np.diag(gram) / at_risk.sum(), 1e-9)
        slope = np.linalg.solve(gram + np.diag(ridge), cross)
        for week, own in rows.items():
            found[own, week, player] = seen[week] - busy[week] * (mean + x[week] @ slope)
    return found


def test_surprises_are_what_a_ridge_regression_on_the_past_leaves():
    panel = week_by_week()
    stages = recorded_stages(panel)
    assert set(np.unique(stages.stage)) == {-1, 0, 1, 2}
    assert surprises(panel, stages) == pytest.approx(surprise_by_hand(panel, stages), abs=5e-6)


def test_accounts_without_weight_foretell_nothing():
    panel = small()
    nobody = replace(panel, weight=np.zeros(3))
    assert not surprises(nobody, recorded_stages(panel)).any()


def test_weeks_after_the_last_whole_quarter_belong_to_it():
    panel = panel_of([("a", 0.5, "p")], [], ("a",), weeks=40)
    settings = CausalSettings(organic_half_lives_weeks=())
    risk = weeks_at_risk(panel, panel.spell_start, panel.reached[:, 2], settings)
    columns = control_columns(panel, risk, panel.spell_start, settings)
    assert columns[:, 1].tolist() == [float(13 <= week < 26) for week in range(40)]
    assert columns[:, 2].tolist() == [float(week >= 26) for week in range(40)]
    assert columns.shape[1] == 4


def test_before_two_quarters_have_passed_no_quarter_is_a_control():
    panel = panel_of([("a", 0.5, "p")], [], ("a",), weeks=20)
    settings = CausalSettings(organic_half_lives_weeks=())
    risk = weeks_at_risk(panel, panel.spell_start, panel.reached[:, 2], settings)
    columns = control_columns(panel, risk, panel.spell_start, settings)
    assert columns == pytest.approx(np.column_stack([np.ones(20), np.log1p(np.arange(20))]))


def test_a_stage_reached_within_a_week_begins_with_the_next():
    """a: MQL as a week begins; c: two stages in a week; d: both at once; e: begins in a deal."""
    milestones = [
        ("a", None, "lead", 1.5),
        ("a", None, "mql", 2.0),
        ("a", "o", "opportunity", 3.25),
        ("c", None, "lead", 1.25),
        ("c", None, "mql", 1.75),
        ("d", None, "lead", 1.5),
        ("d", None, "mql", 1.5),
        ("e", "x", "opportunity", 0.0),
    ]
    accounts = ("a", "b", "c", "d", "e")
    panel = panel_of([("a", 0.5, "p")], milestones, accounts, entered=[0, 2.5, 0, 0, 0])
    stages = recorded_stages(panel)
    assert stages.stage.tolist() == [
        [0, 0, 2, 2, -1],
        [-1, -1, 0, 0, 0],
        [0, 0, 2, 2, 2],
        [0, 0, 2, 2, 2],
        [-1, -1, -1, -1, -1],
    ]
    assert stages.age.tolist() == [
        [0, 1, 0, 1, 0],
        [0, 0, 0, 1, 2],
        [0, 1, 0, 1, 2],
        [0, 1, 0, 1, 2],
        [0, 0, 0, 0, 0],
    ]


def test_of_many_accounts_without_a_deal_some_stand_for_all_of_their_kind():
    # 7 without any stage, 5 that were lead only, 3 with a deal; at most 2 of a kind are looked at.
    names = [
        f"{kind}{i}" for kind, many in (("none", 7), ("lead", 5), ("deal", 3)) for i in range(many)
    ]
    milestones = [(name, None, "lead", 1.5) for name in names if not name.startswith("none")]
    milestones += [(f"deal{i}", f"o{i}", "opportunity", 2.5) for i in range(2)]
    milestones.append(("deal2", "o2", "closed_lost", 3.5))
    panel = panel_of(
        [(name, 0.5, "p") for name in names], milestones, accounts=names, accounts_without_deal=2
    )
    # Every 4th of seven, every 3rd of five; names in order: deals, leads, then none.
    assert panel.weight.tolist() == [1, 1, 1, 2.5, 2.5, 3.5, 3.5]
    assert panel.weight.sum() == len(names)
    assert [panel.opportunity_id[i] for i in panel.spell_opportunity if i >= 0] == [
        "o0",
        "o1",
        "o2",
    ]
