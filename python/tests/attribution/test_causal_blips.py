"""Effects from surprises, against their definitions: moments, noise, and what is drawn together."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from partner_attribution.attribution.causal import blips
from partner_attribution.attribution.causal.blips import (
    Blips,
    Moves,
    _kept,
    _solve,
    _spread,
    at_limit,
    estimate_blips,
    picked_out,
    shrunk,
)


def by_hand(effect, variance):
    """Posterior mean with independent noise, where each setting has a closed form."""
    total, weight = 0.0, 0.0
    likely, apart = (0.1, 0.3), (0.8, 1.6)
    for some, spread, centred in product(likely, apart, (True, False)):
        wide = variance + spread**2
        mean = 0.0 if centred else max(0.0, (effect / wide).sum() / (1 / wide).sum())
        slab = some * np.exp(-((effect - mean) ** 2) / wide / 2) / np.sqrt(wide)
        spike = (1 - some) * np.exp(-(effect**2) / variance / 2) / np.sqrt(variance)
        does = slab / (slab + spike)
        evidence = np.prod(slab + spike)
        total = total + evidence * does * (spread**2 * effect + variance * mean) / wide
        weight += evidence
    return np.maximum(total / weight, 0)


@pytest.mark.parametrize(
    "effect", [[1.0, 0.05, -0.1, 0.02], [0.5, 0.5, 0.6, 0.4], [-0.5, -0.2, 0.3, 2.5]]
)
def test_with_independent_noise_effects_are_picked_out_as_bayes_says(effect):
    variance = np.array([0.02, 0.05, 0.04, 0.1])
    found = picked_out(Blips(np.array(effect), np.diag(variance), 0.0, 0))
    assert found == pytest.approx(by_hand(np.array(effect), variance), abs=1e-6)


def test_one_large_effect_among_noise_is_picked_out_and_the_others_are_not():
    noise = 0.04 * (np.eye(6) + 0.3)
    found = picked_out(Blips(np.array([1.5, 0.1, -0.1, 0.05, 0.0, 0.1]), noise, 0.0, 0))
    assert found[0] > 1.2
    assert found[1:].max() < 0.1


def iterated(effect, noise):
    """The same with noise in common: the nearest that takes effects one apart from another, found
    for each setting on its own and weighed by its bound on the evidence, by the definition."""
    precise = np.linalg.inv(noise)
    total, weights = 0.0, 0.0
    bounds = []
    for some, spread, centred in product((0.1, 0.3), (0.8, 1.6), (True, False)):
        wide = np.linalg.inv(noise + spread**2 * np.eye(len(effect)))
        mean = 0.0 if centred else max(0.0, (wide @ effect).sum() / wide.sum())
        does, at = np.full(len(effect), some), np.array(effect)
        narrow = 1 / (np.diag(precise) + spread**-2)
        for _ in range(300):
            for j in range(len(effect)):
                others = np.delete(does * at, j)
                pull = precise[j] @ effect - np.delete(precise[j], j) @ others + mean / spread**2
                at[j] = narrow[j] * pull
                bayes = (
                    at[j] ** 2 / narrow[j] - (mean / spread) ** 2 + np.log(narrow[j] / spread**2)
                )
                does[j] = expit(np.log(some / (1 - some)) + bayes / 2)
        believed = does * at
        noise_of = does * (narrow + at**2) - believed**2
        rest = effect - believed
        fits = -(rest @ precise @ rest + noise_of @ np.diag(precise)) / 2
        slab = (np.log(spread**2 / narrow) + (narrow + (at - mean) ** 2) / spread**2 - 1) / 2
        news = does * (np.log(does / some) + slab) + (1 - does) * np.log((1 - does) / (1 - some))
        bounds.append((fits - news.sum(), believed))
    top = max(bound for bound, _ in bounds)
    for bound, believed in bounds:
        total, weights = total + np.exp(bound - top) * believed, weights + np.exp(bound - top)
    return np.maximum(total / weights, 0)


@pytest.mark.parametrize("effect", [[0.9, 0.4, 0.2], [0.5, -0.6, 0.1], [1.6, 1.5, 1.2]])
def test_noise_in_common_is_taken_into_account(effect):
    noise = np.array([[0.2, 0.15, 0.0], [0.15, 0.25, -0.05], [0.0, -0.05, 0.1]])
    found = picked_out(Blips(np.array(effect), noise, 0.0, 0))
    assert found == pytest.approx(iterated(np.array(effect), noise), abs=1e-5)


def test_effects_beyond_doubt_stay_as_they_are():
    """So sure that no double holds the doubt; and so many that one setting is e to the 700 likelier
    than another."""
    sure = picked_out(Blips(np.array([4.0, 0.0]), 1e-4 * np.eye(2), 0.0, 0))
    assert sure == pytest.approx([4, 0], abs=1e-3)
    many = picked_out(Blips(np.full(60, 4.0), 1e-2 * np.eye(60), 0.0, 0))
    assert many == pytest.approx(np.full(60, 4), abs=1e-2)


@pytest.mark.parametrize(("freedom", "each"), [(3, 2.0), (1, 6.0), (0, 6.0)])
def test_misfit_is_told_per_degree_of_freedom(freedom, each):
    assert Blips(np.zeros(1), np.eye(1), 6.0, freedom).misfit_each == each


@pytest.mark.parametrize(
    ("effect", "expected"),
    [([4, 0], True), ([0.1, -4], True), ([3.999, -3.999], False), ([0, 0], False)],
)
def test_one_effect_as_large_as_any_may_be_is_at_the_limit(effect, expected):
    assert at_limit(Blips(np.array(effect, dtype=float), np.eye(2), 0.0, 0)) is expected


def test_what_is_left_of_a_move_is_its_weight_less_what_players_did_but_never_nothing():
    moves = Moves(np.zeros((4, 1)), np.array([[0.0], [1], [5], [-5]]), np.array([1.0, 2, 1, 1]))
    kept = _kept(moves, np.array([2.0]))
    by_hand = np.exp([0.0, np.log(2) - 2, -8, 8])
    assert kept == pytest.approx(by_hand / by_hand.sum(), rel=1e-12)


def test_moments_that_are_one_and_the_same_are_held_apart():
    """By a millionth of their mean variance."""
    same = np.array([1.0, 0.0, 2.0])
    moves = Moves(np.c_[same, same], np.zeros((3, 1)), np.ones(3))
    variance = ((same - 1) ** 2 / 9).sum()
    spread = _spread(moves, np.zeros(1))
    assert spread == pytest.approx(variance * (1 + 1e-6 * np.eye(2)), rel=1e-11)


def test_effects_are_where_moments_and_what_players_have_in_common_pull_alike():
    """What effects differ by is held back. The slope of the whole is nothing there."""
    rng = np.random.default_rng(7)
    stock = rng.poisson(0.7, (40, 3)).astype(float)
    surprise = np.c_[stock - [0.3, 0.6, 0.5], stock[:, :1] - rng.normal(0.5, 1, (40, 1))]
    moves = Moves(surprise, stock, rng.uniform(0.5, 2, 40))
    found = estimate_blips(moves)
    assert not at_limit(found)
    kept = _kept(moves, found.effect)
    left = kept @ surprise
    # How what is left falls with each effect.
    slope = np.column_stack(
        [kept @ surprise * (kept @ s) - kept @ (surprise.T * s).T for s in stock.T]
    )
    apart = 0.05 * (found.effect - found.effect.mean()) + 1e-6 * found.effect
    pull = slope.T @ np.linalg.inv(_spread(moves, np.zeros(3))) @ left
    assert np.abs(apart).max() > 0.02
    assert pull == pytest.approx(-apart, abs=1e-6)


def test_an_effect_that_nothing_speaks_for_is_none():
    nothing = Moves(np.zeros((5, 2)), np.ones((5, 2)), np.ones(5))
    found = estimate_blips(nothing, np.array([1.0, 2.0]))
    assert found.effect == pytest.approx([0, 0], abs=1e-9)


@pytest.fixture
def tried(monkeypatch):
    """Effects that the search tried; what is left and its slope are replaced by formulas."""
    asked = []

    def replaced(left, slope, found=None):
        def new(moves, effect):
            asked.append(effect.tolist())
            return np.asarray((found or left)(effect))

        monkeypatch.setattr(blips, "_slope", lambda moves, e: (np.asarray(left(e)), slope))
        monkeypatch.setattr(blips, "_left", new)
        return asked

    return replaced


def test_the_search_takes_steps_of_half_an_effect_at_most(tried):
    """Two effects, the lowest point at 1.75 and .9; a third of which nothing is known but 0."""
    asked = tried(lambda e: e - [1.75, 0.9, 0.0], np.eye(3))
    found = _solve(None, np.array([-0.25, 0.75, 0.0]), np.eye(3), np.zeros((3, 3)))
    assert found == pytest.approx([1.75, 0.9, 0])
    assert [one[0] for one in asked] == pytest.approx([0.25, 0.75, 1.25, 1.75, 1.75])


def test_a_step_that_makes_it_worse_is_halved_until_it_does_not(tried):
    asked = tried(lambda e: e - 0.4, np.eye(1), lambda e: [0.4 if e[0] < 0.15 else 1.0])
    _solve(None, np.zeros(1), np.eye(1), np.zeros((1, 1)))
    assert [one[0] for one in asked[:3]] == pytest.approx([0.4, 0.2, 0.1])
    # The next is from there: all that is further on is worse.
    assert asked[3][0] == pytest.approx(0.4)


def test_a_step_along_level_ground_is_taken(tried):
    asked = tried(lambda e: [1.0], np.eye(1))
    _solve(None, np.zeros(1), np.eye(1), np.zeros((1, 1)))
    assert [one[0] for one in asked[:3]] == [-0.5, -1.0, -1.5]


def test_what_effects_have_against_them_counts_when_a_step_is_judged(tried):
    asked = tried(lambda e: [1.0], np.eye(1))
    _solve(None, np.zeros(1), np.eye(1), np.eye(1))
    assert [one[0] for one in asked[:3]] == [-0.5, -0.25, -0.125]


def test_a_search_that_does_not_settle_ends(tried):
    """Level ground that leads back and forth: as far as it is on the fiftieth round."""
    falls = [1.0]

    def turned(effect):
        falls.append(-falls[-1])
        return [falls[-1]]

    asked = tried(turned, np.eye(1), lambda effect: [1.0])
    assert _solve(None, np.zeros(1), np.eye(1), np.zeros((1, 1))) == pytest.approx([0])
    assert len(asked) == 50
    assert [one[0] for one in asked[:3]] == [0.5, 0, 0.5]


def test_players_that_never_settle_are_picked_out_for_a_hundred_rounds(monkeypatch):
    rounds = []

    def turned(known):
        rounds.append(known)
        return np.full(known.shape, 0.2 + 0.6 * (len(rounds) % 2))

    monkeypatch.setattr(blips, "expit", turned)
    found = picked_out(Blips(np.ones(1), np.eye(1), 0.0, 0))
    assert len(rounds) == 100
    assert np.isfinite(found).all()


def drawn_together(effect, noise, columns):
    """Posterior mean around the likeliest of some common parts, by the definition."""
    found = []
    for column, variance in product(columns, np.geomspace(1e-4, 4, 25)):
        whole = np.linalg.inv(noise + variance * np.eye(len(effect)))
        size = max(0.0, (column @ whole @ effect) / (column @ whole @ column))
        rest = effect - size * column
        likely = -0.5 * (rest @ whole @ rest - np.log(np.linalg.det(whole)))
        found.append((likely, size * column + variance * whole @ rest))
    return np.maximum(max(found, key=lambda one: one[0])[1], 0.0)


@pytest.mark.parametrize(
    ("guide", "effect"),
    [
        # In proportion to visits; also where some visits are put off, or all are little moved.
        ([2.0, 0.5, 1.0], [1.1, 0.2, 0.6]),
        ([2.0, -1.5, 1.0], [1.1, 0.1, 0.6]),
        ([0.8, 0.1, 0.3], [1.7, 0.2, 0.6]),
        # Alike, whatever visits say.
        ([2.0, 0.2, 0.1], [0.5, 0.6, 0.7]),
    ],
)
def test_effects_are_drawn_to_those_on_visits_where_that_is_likelier_than_their_mean(guide, effect):
    noise = np.array([[0.05, 0.02, 0.0], [0.02, 0.08, 0.01], [0.0, 0.01, 0.2]])
    columns = [np.ones(3), np.maximum(guide, 0)]
    expected = drawn_together(np.array(effect), noise, columns)
    found = shrunk(Blips(np.array(effect), noise, 0.0, 0), np.array(guide))
    assert found == pytest.approx(expected, abs=1e-9)
    alone = [drawn_together(np.array(effect), noise, [column]) for column in columns]
    assert np.abs(alone[0] - alone[1]).max() > 0.05


def test_visits_that_nobody_moves_guide_nothing():
    found = Blips(np.array([0.2, 1.4]), np.diag([0.01, 0.3]), 0.0, 0)
    assert (shrunk(found, np.array([-0.5, 0.0])) == shrunk(found, None)).all()


def test_where_nothing_decides_effects_have_their_mean_in_common():
    found = shrunk(
        Blips(np.array([1.0, 2.0, 0.6]), 1e11 * np.eye(3), 0.0, 0), np.array([1.0, 0, 3])
    )
    assert found == pytest.approx(np.full(3, 1.2), abs=1e-6)


def test_beside_effects_at_their_limit_the_others_still_find_theirs():
    rng = np.random.default_rng(0)
    stock = rng.gamma(1.0, 0.4, (400, 3)) * (rng.random((400, 3)) < 0.4)
    first = stock * rng.uniform(0.2, 1.5) + rng.normal(0, 0.3, (400, 3))
    moves = Moves(
        np.hstack([first, rng.normal(0, 0.3, (400, 3)) + 0.5 * stock + 0.15]), stock, np.ones(400)
    )
    trust = np.linalg.inv(_spread(moves, np.zeros(3)))
    penalty = 0.05 * (np.eye(3) - 1 / 3) + 1e-6 * np.eye(3)

    def value(effect):
        kept = _kept(moves, effect)
        left = kept @ moves.surprise
        return left @ trust @ left + effect @ penalty @ effect

    found = _solve(moves, np.zeros(3), trust, penalty)
    lowest = minimize(value, found, bounds=[(-4, 4)] * 3)
    np.testing.assert_allclose(found, [4, lowest.x[1], 4], atol=5e-3)
    assert value(found) == pytest.approx(lowest.fun, abs=1e-4)
