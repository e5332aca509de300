"""Each step of the funnel by hand: fits and risk sets are replaced by figures."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit

from partner_attribution.attribution.causal import CausalSettings, funnel
from partner_attribution.attribution.causal.blips import Blips
from partner_attribution.attribution.causal.funnel import (
    Funnel,
    _check_variation,
    _Effects,
    _effects,
    _funnel,
    _Grounds,
    _grounds,
    _in_passing,
    _shift,
    _step,
    _timely,
    fit_funnels,
    likelihood,
)
from partner_attribution.attribution.causal.settings import NotEstimable

INF = np.inf


def test_pairs_count_by_their_likelihood_to_six_digits_and_the_unlikely_do_not():
    """3 % of the likeliest is the least that counts, here hit from above and from below."""
    above, below = (-2 * np.log(part) for part in (0.030015, 0.02999))
    found = likelihood(np.array([11.0, 10.0, 10 + above, 10 + below]))
    weight = np.array([np.exp(-0.5), 1, 0.030015, 0])
    rounded = np.round(weight / weight.sum(), 6)
    assert found == pytest.approx(rounded / rounded.sum(), rel=1e-12, abs=0)
    thirds = likelihood(np.array([7.0, 7.0, 7.0]))
    assert thirds.tolist() == [1 / 3] * 3, "they still sum to 1"


def test_a_pair_that_is_just_likely_enough_counts(monkeypatch):
    monkeypatch.setattr(funnel, "_UNLIKELY", np.exp(-1.0))
    assert (likelihood(np.array([2.0, 0.0])) > 0).all()


def risk_of(moved, weight=None, **other):
    moved = np.array(moved, dtype=bool)
    weight = np.ones(len(moved)) if weight is None else np.array(weight, dtype=float)
    return SimpleNamespace(moved=moved, weight=weight, **other)


@pytest.mark.parametrize(
    ("eta", "moved", "weight"),
    [
        ([0.0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1]),
        ([0.3, -0.4, 1.2], [1, 0, 0], [1.5, 40, 3]),
        ([8.0, 6.5, 9.0], [0, 1, 0], [2, 1, 1]),
        ([-7.0, -9, -6], [1, 1, 0], [2, 1, 1]),
        ([0.1, 0.2], [1, 0], [0.3, 0.2]),
    ],
)
def test_the_shift_makes_as_many_moves_expected_as_were_seen(eta, moved, weight):
    eta, risk = np.array(eta), risk_of(moved, weight)

    def too_many(shift):
        return (risk.weight * (expit(eta + shift) - risk.moved)).sum()

    assert _shift(eta, risk) == pytest.approx(brentq(too_many, -30, 30, xtol=1e-13), abs=1e-9)


def test_where_all_moved_or_none_the_shift_goes_up_or_down_by_one_until_it_ends():
    """Nobody is in doubt to any digit then, or after a hundred steps."""
    sure = next(shift for shift in range(100) if expit(float(shift)) == 1)
    assert _shift(np.zeros(3), risk_of([1, 1, 1])) == sure
    assert _shift(np.zeros(3), risk_of([0, 0, 0])) == -100


def varied(moved, touches):
    """Two accounts at risk in weeks 1 and 2, in this order; touches: (account, week, player)."""
    panel = SimpleNamespace(delivered=np.zeros((2, 4, 3), dtype=np.float32))
    for place in touches:
        panel.delivered[place] += 1
    risk = risk_of(moved, account=np.array([0, 0, 1, 1]), week=np.array([1, 2, 1, 2]))
    _check_variation(panel, risk)


ALIKE = "no account at risk stayed where it was, or none moved on"
ALWAYS = "every account at risk had touches in every week, or none had any"
APART = "touches separate those that moved on from all others"
EVERY = [(0, 1, 0), (0, 2, 0), (1, 1, 1), (1, 2, 1)]


@pytest.mark.parametrize(
    ("moved", "touches", "reason"),
    [
        ([0, 0, 0, 0], EVERY[:1], ALIKE),
        ([1, 1, 1, 1], EVERY[:1], ALIKE),
        ([0, 1, 0, 0], [], ALWAYS),
        # The account's own visits are no touches, nor is anything counted out of the time at risk.
        ([0, 1, 0, 0], [(0, 1, 2), (1, 3, 0), (0, 0, 0)], ALWAYS),
        ([0, 1, 0, 0], EVERY, ALWAYS),
        # The last week of account 0: touched and moved; nobody else was ever touched.
        ([0, 1, 0, 0], [(0, 2, 1)], APART),
        ([0, 1, 1, 0], [(0, 2, 0), (1, 1, 1)], None),
        ([0, 1, 0, 1], [(0, 2, 0), (1, 2, 1)], APART),
        # One moved untouched; or one was touched and stayed, if only in an earlier week.
        ([0, 1, 0, 1], [(0, 2, 0)], None),
        ([0, 1, 0, 0], [(0, 2, 0), (1, 2, 1)], None),
        ([0, 1, 0, 0], [(0, 2, 0), (1, 0, 1)], None),
        # Touched the week before it moved, as nobody else was.
        ([0, 1, 0, 0], [(0, 1, 0)], None),
        ([0, 1, 0, 1], [(0, 2, 0), (1, 0, 0)], None),
        ([0, 0, 1, 1], [(1, 0, 0), (1, 1, 0)], APART),
    ],
)
def test_something_must_vary_and_touches_must_not_say_it_all(moved, touches, reason):
    if reason is None:
        varied(moved, touches)
        return
    with pytest.raises(NotEstimable, match=f"^{reason}$"):
        varied(moved, touches)


# Start, lead, MQL, opportunity.
REACHED = np.array([[0, 1.5, 1.5, 4], [0, 1, 2, 2], [1, 1, 2, 3], [0, 2.5, INF, INF], [3, 3, 3, 3]])


@pytest.mark.parametrize(
    ("k", "expected"),
    [(0, [1, 0, 0, 0, 1]), (1, [0, 1, 0, 1, 1]), (2, [0, 0, 0, 0, 0])],
)
def test_a_step_is_made_in_passing_where_the_next_is_in_the_same_record(k, expected):
    assert _in_passing(REACHED, k).tolist() == [bool(one) for one in expected]


def told_of(delay, moves):
    """What is asked of a told move: its stocks, named by what they come from."""
    return SimpleNamespace(
        delay=delay,
        week=np.arange(moves),
        moves=lambda before, saturation: (delay, before, saturation),
    )


@pytest.fixture
def blips(monkeypatch):
    """Effects and misfit by delay; "visits" for those of visits. One degree of freedom of two."""
    asked = SimpleNamespace(misfit={}, calls=[], guides=[])

    def estimated(moves, start):
        asked.calls.append((moves, start))
        return Blips(np.array([0.5]), np.eye(1), asked.misfit[moves[0]], 2)

    def drawn(found, guide):
        asked.guides.append(guide)
        return np.array([0.12345678, 2.0])

    monkeypatch.setattr(funnel, "estimate_blips", estimated)
    monkeypatch.setattr(funnel, "shrunk", drawn)
    return asked


SETTINGS = CausalSettings(misfit=2.0, half_lives_weeks=(1.0, 3.0), saturations=(0.0, 0.8))


@pytest.mark.parametrize(
    ("misfits", "taken", "tried"),
    [
        # Chi squared, of two degrees of freedom each.
        ([3.0, 1.0, 1.0], 0, 1),
        ([4.0, 1.0, 1.0], 0, 1),
        ([4.2, 3.8, 1.0], 1, 2),
        ([9.0, 5.0, 7.0], 1, 3),
        ([5.0, 5.0, 7.0], 0, 3),
    ],
)
def test_the_shortest_delay_that_fits_is_taken_or_the_best(blips, misfits, taken, tried):
    blips.misfit = dict(enumerate(misfits))
    moves = [told_of(delay, 10 - delay) for delay in range(3)]
    delay, count, found = _timely(moves, "before", 0.8, "start", SETTINGS)
    assert (delay, count, found.misfit) == (taken, 10 - taken, misfits[taken])
    assert blips.calls == [((one, "before", 0.8), "start") for one in range(tried)]


def ground_of(moves, visits):
    return _Grounds("risk", "controls", tuple(moves), told_of("visits", visits))


def test_effects_are_drawn_to_those_on_visits_as_if_there_were_as_many_as_moves(blips):
    blips.misfit = {0: 3.0, "visits": 8.0}
    found = _effects(ground_of([told_of(0, 10)], 40), "before", 0.8, None, SETTINGS)
    assert found.unexplained == 3.0 + 8.0 * 10 / 40
    assert (found.delay, found.of_moves.misfit, found.of_visits.tolist()) == (0, 3.0, [0.5])
    assert blips.guides == [[0.5]]
    assert blips.calls == [((0, "before", 0.8), None), (("visits", "before", 0.8), None)]
    # Rounded, because libraries of linear algebra differ in the last digits.
    assert found.effect.tolist() == [0.123457, 2.0]


@pytest.mark.parametrize(("visits", "guides"), [(9, [None]), (10, [[0.5]])])
def test_fewer_visits_than_moves_guide_nothing(blips, visits, guides):
    blips.misfit = {0: 3.0, "visits": 8.0}
    found = _effects(ground_of([told_of(0, 10)], visits), "before", 0.8, None, SETTINGS)
    assert blips.guides == guides
    assert found.unexplained == (3.0 if visits < 10 else 11.0)
    assert found.effect.tolist() == [0.123457, 2.0]
    assert (found.delay, found.of_moves.misfit) == (0, 3.0)
    assert (found.of_visits is None) == (visits < 10)


@pytest.mark.parametrize(("delay", "tried"), [(0, [0]), (1, [1]), (3, [0])])
def test_a_step_near_another_keeps_its_delay_and_begins_with_its_effects(blips, delay, tried):
    """Where its delay is told of no more, the first is taken."""
    blips.misfit = {0: 9.0, 1: 1.0, 2: 1.0, "visits": 8.0}
    ground = ground_of([told_of(one, 10) for one in range(3)], 20)
    near = SimpleNamespace(delay=delay, blips=("of moves", "of visits"))
    found = _effects(ground, "before", 0.8, near, SETTINGS)
    assert found.delay == tried[0]
    starts = [(moves[0], start) for moves, start in blips.calls]
    assert starts == [*((one, "of moves") for one in tried), ("visits", "of visits")]


def step_grounds(columns, k, stage, own, moves=("told",), **risk):
    """`_grounds` with recorders in place of its parts: the result, and what they were asked."""
    asked = {}
    rows = risk_of(
        **{"moved": [1, 1, 1, 0], "weight": [1, 2, 3, 4]} | risk,
        first=np.array([1, 0, 1, 1]) > 0,
        spell=np.array([0, 1, 2, 2]),
        account=np.array([5, 6, 7, 7]),
        week=np.array([1, 2, 3, 4]),
    )
    stage, own = np.array(stage), np.array(own, dtype=float)
    panel = SimpleNamespace(
        delivered=np.stack([np.full(own.shape, 7.0), own], axis=2),
        weight=np.arange(len(own)) + 1.0,
    )
    evidence = SimpleNamespace(stages=SimpleNamespace(stage=stage), surprise="surprise")

    def before(held, account, week, weight):
        asked.setdefault("told", []).append(
            (held, account.tolist(), week.tolist(), weight.tolist())
        )
        return SimpleNamespace(week=np.zeros(7), told=len(asked["told"]))

    def read(shape, account, week, delays):
        asked["read"] = (shape, account.tolist(), week.tolist(), delays)
        return np.zeros(shape, dtype=bool)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            funnel,
            "weeks_at_risk",
            lambda panel, start, end, settings: (
                asked.update(spells=(start.tolist(), end.tolist())) or rows
            ),
        )
        patch.setattr(funnel, "_check_variation", lambda *both: asked.update(checked=both))
        patch.setattr(funnel, "read_before", read)
        patch.setattr(funnel, "surprises_held", lambda *parts: asked.update(held=parts) or "held")
        patch.setattr(funnel, "told_before", before)
        patch.setattr(
            funnel, "moves_by_delay", lambda *parts: asked.update(moves=parts) or tuple(moves)
        )
        patch.setattr(
            funnel,
            "control_columns",
            lambda panel, risk, since, settings: asked.update(since=since.tolist()) or "controls",
        )
        reached = REACHED[:, [0, *(one + 1 for one in columns)]]
        found = _grounds(panel, evidence, columns, k, reached, SETTINGS)
    assert asked["checked"] == (panel, rows)
    asked["panel"] = panel
    return found, SimpleNamespace(**asked)


STAGE = [[-1, 0, 0, 1, 2], [0, 1, 1, 2, -1], [0, 0, 2, 2, 2]]
VISITS = [[1, 0, 2, 1, 1], [3, 1, 0, 1, 1], [0, 1, 1, 0, 1]]


@pytest.mark.parametrize(
    ("columns", "k", "stages", "tells"),
    [
        # A stage is at risk of the first of the method's states that is later. Of the moves that
        # were first and not in passing, those that tell.
        ([0, 1, 2], 0, {0}, [2]),
        ([0, 1, 2], 1, {1}, [0, 2]),
        ([0, 1, 2], 2, {2}, [0, 2]),
        ([1, 2], 0, {0, 1}, [0, 2]),
        ([1, 2], 1, {2}, [0, 2]),
        ([0, 2], 1, {1, 2}, [0, 2]),
        ([2], 0, {0, 1, 2}, [0, 2]),
    ],
)
def test_a_step_is_learned_from_its_moves_and_the_visits_made_during_it(columns, k, stages, tells):
    found, asked = step_grounds(columns, k, STAGE, VISITS)
    places = [0, *(one + 1 for one in columns)]
    assert asked.spells == (REACHED[:, places[k]].tolist(), REACHED[:, places[k + 1]].tolist())
    assert asked.since == REACHED[:, places[k]].tolist()
    inside = [[one in stages for one in row] for row in STAGE]
    surprise, where, weight, count, read = asked.held
    assert (surprise, where.tolist(), count) == ("surprise", inside, len(tells))
    assert weight is asked.panel.weight
    visits = [(a, w) for a, w in product(range(3), range(5)) if inside[a][w] and VISITS[a][w]]
    weights = [VISITS[a][w] * (a + 1.0) for a, w in visits]
    ((held, account, week, of_visits),) = asked.told
    assert (held, account, week) == ("held", [a for a, _ in visits], [w for _, w in visits])
    assert of_visits == weights
    assert np.argwhere(read).tolist() == [list(one) for one in visits]
    assert asked.read == (
        (3, 5),
        [[5, 6, 7][one] for one in tells],
        [one + 1 for one in tells],
        (0, *SETTINGS.delays_weeks),
    )
    held, where, events, settings = asked.moves
    assert (held, where.tolist(), settings) == ("held", inside, SETTINGS)
    assert [one.tolist() for one in events] == [
        [[5, 6, 7][one] for one in tells],
        [one + 1 for one in tells],
        [one + 1.0 for one in tells],
    ]
    assert (found.controls, found.moves, found.visits.told) == ("controls", ("told",), 1)


def test_too_few_moves_that_tell_of_touches_are_counted():
    with pytest.raises(NotEstimable, match=r"^7 moves tell of touches, at least 30 are needed: "):
        step_grounds([2], 0, STAGE, VISITS, moves=())


@pytest.mark.parametrize(("visits", "step"), [(39_800, 1), (40_000, 2), (200, 1)])
def test_of_forty_thousand_visits_every_other_is_plenty(visits, step):
    own = np.zeros((200, 200))
    own.ravel()[:visits] = 1
    _, asked = step_grounds([2], 0, np.zeros((200, 200), dtype=int), own)
    ((_, account, week, _),) = asked.told
    assert [a * 200 + w for a, w in zip(account, week, strict=True)] == [*range(0, visits, step)]


@pytest.fixture
def fits(monkeypatch):
    """What was asked of the steps; unexplained: by pair, of each step."""
    asked = SimpleNamespace(effects=[], funnels=[], grounds=[])
    asked.unexplained = dict.fromkeys(product((1.0, 3.0), (0.0, 0.8)), (1.0, 1.0))

    def grounds(panel, evidence, columns, k, reached, settings):  # noqa: PLR0917
        asked.grounds.append((evidence, columns, reached.tolist(), settings))
        return k

    def effects(ground, before, saturation, near, settings):
        asked.effects.append((ground, before, saturation, near, settings))
        return SimpleNamespace(unexplained=asked.unexplained[before, saturation][ground])

    def whole(panel, grounds, reached, pair, found, share, starts):  # noqa: PLR0917
        asked.funnels.append((grounds, pair, [one.unexplained for one in found], starts))
        return pair, share

    monkeypatch.setattr(funnel, "_grounds", grounds)
    monkeypatch.setattr(funnel, "_effects", effects)
    monkeypatch.setattr(funnel, "_funnel", whole)
    return asked


PANEL = SimpleNamespace(
    spell_start=REACHED[:, 0], reached=REACHED[:, 1:], stock=lambda half_life: half_life
)


def test_each_pair_of_the_grid_counts_by_what_all_its_steps_leave_unexplained(fits):
    fits.unexplained = {
        (1.0, 0.0): (3.0, 5.0),
        (1.0, 0.8): (4.0, 2.0),
        (3.0, 0.0): (3.0, 40.0),
        (3.0, 0.8): (5.0, 4.0),
    }
    found = fit_funnels(PANEL, "evidence", [1, 2], SETTINGS)
    reached = REACHED[:, [0, 2, 3]].tolist()
    assert fits.grounds == [("evidence", [1, 2], reached, SETTINGS)] * 2
    assert fits.effects == [
        (ground, half_life, saturation, None, SETTINGS)
        for half_life, saturation in fits.unexplained
        for ground in (0, 1)
    ]
    assert [pair for pair, _ in found] == [(1.0, 0.0), (1.0, 0.8), (3.0, 0.8)]
    weight = np.exp([-4.0, -3, -4.5])
    assert [share for _, share in found] == pytest.approx(weight / weight.sum(), abs=1e-6)
    assert all(isinstance(share, float) for _, share in found)
    assert fits.funnels == [
        ([0, 1], pair, list(fits.unexplained[pair]), [None, None]) for pair, _ in found
    ]


def test_near_another_fit_its_pairs_are_tried_alone_from_its_steps(fits):
    near = [
        SimpleNamespace(half_life=3.0, saturation=0.8, steps=("first", "second")),
        SimpleNamespace(half_life=1.0, saturation=0.8, steps=("third", "fourth")),
    ]
    found = fit_funnels(PANEL, "evidence", [0, 2], SETTINGS, near)
    assert [pair for pair, _ in found] == [(3.0, 0.8), (1.0, 0.8)]
    assert [each[:4] for each in fits.effects] == [
        (0, 3.0, 0.8, "first"),
        (1, 3.0, 0.8, "second"),
        (0, 1.0, 0.8, "third"),
        (1, 1.0, 0.8, "fourth"),
    ]
    assert [starts for *_, starts in fits.funnels] == [("first", "second"), ("third", "fourth")]


def effects_of(misfit, freedom, of_visits=None):
    of_moves = Blips(np.array([0.75, 0.5]), np.eye(2), misfit, freedom)
    return _Effects(1, np.array([0.7, 0.4]), of_moves, of_visits, 99.0)


@pytest.mark.parametrize(
    ("each", "misfit"),
    [([(3.0, 2), (6.0, 4)], 1.5), ([(3.0, 2), (1.0, 0)], 2.0), ([(0.0, 0), (0.0, 0)], None)],
)
def test_a_funnel_has_a_misfit_over_all_its_steps_where_a_moment_is_left(monkeypatch, each, misfit):
    monkeypatch.setattr(funnel, "_step", lambda *parts: parts)
    found = [effects_of(*one) for one in each]
    whole = _funnel("panel", ["a", "b"], "reached", (3.0, 0.8), found, 0.25, ["x", None])
    steps = (
        ("panel", "a", found[0], "x", (3.0, 0.8)),
        ("panel", "b", found[1], None, (3.0, 0.8)),
    )
    assert whole == Funnel(steps, "reached", 3.0, 0.8, 0.25, misfit)


@pytest.fixture
def step(monkeypatch):
    """A step of three rows, two players and two controls; `asked` holds what `fit` was given."""
    risk = risk_of([1, 0, 0], [1, 2, 4], account=np.array([0, 1, 1]), week=np.array([2, 0, 1]))
    stock = np.arange(12).reshape(2, 3, 2) / np.float32(8)
    controls = np.array([[1, 0.3], [1, -0.7], [1, 0.123456789]])
    own = SimpleNamespace(asked=[], risk=risk, stock=stock, controls=controls)

    def fit(*parts, offset, start):
        own.asked.append((*parts, offset, start))
        return np.array([-0.5, 0.25]), 0.0

    monkeypatch.setattr(funnel, "fit", fit)
    monkeypatch.setattr(
        funnel,
        "stock_at_moves",
        lambda panel, before, risk, half_life: before[risk.account, risk.week] * half_life,
    )
    panel = SimpleNamespace(stock=lambda half_life: stock * half_life)
    ground = _Grounds(risk, controls, (), None)
    own.of = lambda near=None: _step(
        panel, ground, effects_of(3.0, 2, "of visits"), near, (2.0, 0.8)
    )
    return own


def heard_of(stock):
    return (1 - np.exp(-0.8 * stock)) / 0.8


def test_controls_are_fitted_beside_what_had_been_heard_at_the_start_of_each_week(step):
    step.of()
    step.of(SimpleNamespace(controls="as before"))
    ((x, y, weight, penalty, offset, start), again) = step.asked
    assert x is step.controls
    assert y.tolist() == [1.0, 0.0, 0.0]
    assert y.dtype == float
    assert weight is step.risk.weight
    assert penalty.tolist() == [[0, 0], [0, 1]]
    at_start = 2.0 * step.stock[[0, 1, 1], [2, 0, 1]]
    assert offset == pytest.approx(heard_of(at_start) @ [0.7, 0.4])
    assert start is None
    assert again[-1] == "as before"


def test_rows_have_heard_what_came_before_their_moves_and_expect_as_many_as_were_seen(step):
    found = step.of()
    heard = heard_of(4.0 * step.stock[[0, 1, 1], [2, 0, 1]])
    assert found.heard == pytest.approx(heard)
    eta = step.controls @ [-0.5, 0.25]
    whole = eta + heard @ [0.7, 0.4]
    shift = brentq(
        lambda by: step.risk.weight @ (expit(whole + by) - step.risk.moved), -30, 30, xtol=1e-13
    )
    assert found.base == pytest.approx(np.round(eta + shift, 6), abs=1e-9)
    assert found.risk is step.risk
    assert found.delay == 1
    assert found.effect.tolist() == [0.7, 0.4]
    assert found.blips[0].tolist() == [0.75, 0.5]
    assert found.blips[1] == "of visits"
    assert found.controls.tolist() == [-0.5, 0.25]
