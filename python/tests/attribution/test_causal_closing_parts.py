"""The step from the opportunity to the win by hand: fits are replaced by figures."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import chi2, norm

from partner_attribution.attribution.causal import CausalSettings, closing
from partner_attribution.attribution.causal.blips import Blips
from partner_attribution.attribution.causal.closing import (
    Closing,
    Memory,
    OpenWeeks,
    _losses,
    _luck,
    _memories,
    _weeks_open,
    _wins,
    fit_closing,
    kept_wins,
    open_weeks,
    together,
    win_ratios,
)
from partner_attribution.attribution.causal.panel import Panel, Touches

INF = np.inf
END = 7.5


def touches_of(rows):
    """rows: (account, week, player), in order."""
    account, at, player = (np.array(one) for one in zip(*rows, strict=True))
    return Touches(account, at.astype(float), player, np.arange(len(rows)).astype(str))


# Spells: the first has no deal. Account 1 had two deals, 2 a quick one, 3 one at the very end,
# 4 one that is not on record as created, 5 one that is open still, 6 one that was lost.
ACCOUNT = np.array([0, 1, 1, 2, 3, 4, 5, 6])
DEAL = np.array([-1, 1, 0, 2, 3, 4, 5, 6])
CREATED = np.array([INF, 0.5, 4.0, 2.2, END, INF, 3.7, 1.1])
WON = np.array([END, 2.5, 2.4, INF, 3.2, INF, INF])  # of deals 0 to 6
LOST = np.array([INF, INF, INF, INF, INF, INF, 3.0])


def panel_of_deals():
    delivered = np.zeros((7, 8, 2), dtype=np.float32)
    delivered[1, 2] = [1, 2]
    delivered[5, 4] = [0, 3]
    return Panel(
        players=("p",),
        weeks=8,
        end=END,
        delivered=delivered,
        touches=touches_of([(0, 1.0, 0)]),
        while_open=touches_of([(1, 2.5, 0), (1, 2.7, 0), (2, 3.1, 0), (5, 4.2, 1)]),
        entered=np.arange(7) / 10,
        controls=np.arange(7)[:, None] * 2.0,
        weight=np.arange(7) + 1.0,
        bucket=None,
        spell_account=ACCOUNT,
        spell_start=np.zeros(8),
        spell_opportunity=DEAL,
        spell_returns=np.arange(8) == 2,
        reached=np.c_[np.full((8, 2), INF), CREATED],
        opportunity_id=[str(i) for i in range(7)],
        opportunity_cents=np.ones(7, dtype=np.int64),
        opportunity_won=WON,
        opportunity_lost=LOST,
        stocks={("players", 1.0): ("stale", "stale")},
    )


def test_a_deal_is_open_from_the_week_after_its_creation_to_that_of_its_close():
    panel = panel_of_deals()
    found = open_weeks(panel)
    # Accounts 1, 2, 5 and 6; each week the spell whose deal was open.
    assert found.place.tolist() == [-1, 0, 1, -1, -1, 2, 3]
    assert found.spell.tolist() == [
        [-1, 1, 1, -1, 2, 2, 2, 2],
        [-1, -1, -1, -1, -1, -1, -1, -1],
        [-1, -1, -1, -1, 6, 6, 6, 6],
        [-1, -1, 7, 7, -1, -1, -1, -1],
    ]
    assert (found.inside == (found.spell >= 0)).all()
    assert found.weeks_open == 12 / 4
    assert replace(found, spell=found.spell[:1]).weeks_open == 6 / 2
    assert replace(found, spell=found.spell[3:]).weeks_open == 2
    assert replace(found, spell=found.spell[1:2]).weeks_open == 0
    zero = OpenWeeks(None, None, np.array([[-1, 0]]))
    assert zero.inside.tolist() == [[False, True]], "the first spell is one like the others"


def test_open_deals_have_the_touches_made_before_and_while_they_were_open():
    found = open_weeks(panel_of_deals()).panel
    seen = {tuple(one): found.delivered[tuple(one)] for one in np.argwhere(found.delivered)}
    assert seen == {(0, 2, 0): 3, (0, 2, 1): 2, (1, 3, 0): 1, (2, 4, 1): 4}
    assert found.entered.tolist() == [0.1, 0.2, 0.5, 0.6]
    assert found.controls.tolist() == [[2], [4], [10], [12]]
    assert found.weight.tolist() == [2, 3, 6, 7]
    assert found.stocks == {}


def test_a_win_counts_in_a_week_in_which_its_deal_was_open():
    """One of three: the second deal of account 1 was won at the end, that of 2 in the week of its
    creation, and that of 4 was never open."""
    panel = panel_of_deals()
    found = _wins(panel, open_weeks(panel))
    assert [one.tolist() for one in found] == [[0], [2], [2.0]]
    none = replace(panel, spell_opportunity=np.where(DEAL == 1, -1, DEAL))
    assert [one.tolist() for one in _wins(none, open_weeks(panel))] == [[], [], []]
    # As the first deal, a moment before the end: in the last week.
    last = replace(panel, opportunity_won=np.where(WON == END, 7.4, WON))
    assert [one.tolist() for one in _wins(last, open_weeks(last))] == [[0, 0], [2, 7], [2.0, 2.0]]


def test_losses_weigh_as_their_accounts():
    panel = panel_of_deals()
    assert _losses(panel, open_weeks(panel)) == 7
    both = replace(panel, opportunity_lost=np.where(np.arange(7) == 1, 2.0, LOST))
    assert _losses(both, open_weeks(panel)) == 2 + 7


def test_a_week_open_counts_from_the_first_of_its_own_deal():
    spell = np.array([[-1, 4, 4, 4, 7, 7, -1, 9], [2, 2, -1, -1, -1, 3, 3, 3]])
    age = np.where(spell >= 0, _weeks_open(spell), 0)
    assert age.tolist() == [[0, 0, 1, 2, 0, 1, 0, 0], [0, 1, 0, 0, 0, 0, 1, 2]]


@pytest.mark.parametrize(
    ("chances", "expected"),
    [([0.03], 0.03), ([0.2, 0.2, 0.2], 0.2), ([0.1, 0.9], 0.5), ([0.001, 0.5], 0.002)],
)
def test_several_looks_at_the_same_deals_make_one_chance(chances, expected):
    """By hand: opposites cancel each other; one sure and one empty look count for half."""
    assert together(chances) == pytest.approx(expected, rel=1e-3)


def test_certainty_is_a_chance_too():
    assert together([0.0, 1.0]) < 1e-9
    assert together([0.0]) == together([1e-15]) == pytest.approx(1e-12, rel=1e-6, abs=0)
    assert together([1.0, 1.0]) == together([0.95]) == pytest.approx(0.95)


def test_luck_is_asked_of_all_effects_and_of_the_one_that_stands_out():
    """One of ten at 3.5 standard errors: of all together luck does as much far more often."""
    effect = np.r_[0.7, np.zeros(9)]
    all_of_them, one = _luck(Blips(effect, 0.04 * np.eye(10), 0.0, 0))
    assert all_of_them == pytest.approx(0.27, abs=0.01)
    assert one == pytest.approx(1 - (1 - 2.326e-4) ** 10, rel=1e-3)
    # A brake that stands out is no sign that anybody won deals.
    assert _luck(Blips(-effect, 0.04 * np.eye(10), 0.0, 0))[1] > 0.9


def test_luck_is_chi_squared_of_all_and_the_largest_of_so_many_by_its_own_error():
    effect = np.array([0.5, 0.4, -0.3])
    noise = np.array([[0.09, 0.02, 0.0], [0.02, 0.01, 0.005], [0.0, 0.005, 0.04]])
    of_all, of_one = _luck(Blips(effect, noise, 0.0, 0))
    assert of_all == pytest.approx(chi2.sf(effect @ np.linalg.inv(noise) @ effect, 3), rel=1e-9)
    assert of_one == pytest.approx(1 - norm.cdf(0.4 / 0.1) ** 3, rel=1e-6)


@pytest.fixture
def blips(monkeypatch):
    """Effects by pair of memory and saturation: (effect, misfit, freedom, luck)."""
    known = {}
    starts = []

    def estimated(moves, start):
        starts.append((moves, start))
        effect, misfit, freedom, _ = known[moves]
        return Blips(np.array([effect]), np.eye(1), misfit, freedom)

    def luck(found):
        return next(one[3] for one in known.values() if one[0] == found.effect[0])

    monkeypatch.setattr(closing, "estimate_blips", estimated)
    monkeypatch.setattr(closing, "_luck", luck)
    monkeypatch.setattr(closing, "picked_out", lambda found: found.effect + 0.00000123)
    return SimpleNamespace(known=known, starts=starts)


def remembered(pairs, misfit=INF):
    panel = SimpleNamespace(stock=lambda half_life: half_life)
    told = SimpleNamespace(moves=lambda stock, saturation: (stock, saturation))
    return _memories(panel, told, [(*pair, f"start {pair[0]}") for pair in pairs], misfit)


def test_memories_count_by_their_likelihood_and_so_does_their_luck(blips):
    """The second is e times less likely; the third far less, and the last takes deals away."""
    blips.known.update(
        {
            (1.0, 0.0): (0.5, 3.0, 2, (0.1, 0.2)),
            (2.0, 0.8): (0.75, 5.0, 2, (0.3, 0.6)),
            (4.0, 0.0): (0.25, 30.0, 2, (0.9, 0.9)),
            (4.0, 0.8): (4.0, 0.0, 2, (0.0, 0.0)),
        }
    )
    luck, memories = remembered(blips.known)
    assert blips.starts == [(pair, f"start {pair[0]}") for pair in blips.known]
    first = 1 / (1 + np.exp(-1))
    assert luck == pytest.approx(
        (0.1 * first + 0.3 * (1 - first), 0.2 * first + 0.6 * (1 - first)), abs=1e-6
    )
    assert [(one.half_life, one.saturation) for one in memories] == [(1.0, 0.0), (2.0, 0.8)]
    assert [one.share for one in memories] == pytest.approx([first, 1 - first], abs=1e-6)
    # Rounded, because libraries of linear algebra differ in the last digits.
    assert [one.effect.tolist() for one in memories] == [[0.500001], [0.750001]]
    assert [one.start.tolist() for one in memories] == [[0.5], [0.75]]


@pytest.mark.parametrize(("misfit", "kept"), [(1.4, 0), (1.5, 2), (2.0, 2), (INF, 2)])
def test_one_memory_must_fit_and_all_are_kept_then(blips, misfit, kept):
    blips.known.update(
        {(1.0, 0.0): (0.5, 3.0, 2, (0.1, 0.2)), (2.0, 0.0): (0.6, 4.2, 2, (0.1, 0.2))}
    )
    luck, memories = remembered(blips.known, misfit)
    assert len(memories) == kept
    assert luck == (pytest.approx((0.1, 0.2)) if kept else (1.0, 1.0))


@pytest.mark.parametrize("misfit", [2.0, INF])
def test_where_every_memory_takes_deals_away_luck_is_certain(blips, misfit):
    blips.known[1.0, 0.0] = (-4.0, 0.0, 2, (0.0, 0.0))
    assert remembered(blips.known, misfit) == ((1.0, 1.0), ())


SETTINGS = CausalSettings(
    half_lives_weeks=(1.0, 6.0, 6.004), saturations=(0.0, 0.8), minimum_transitions=2, misfit=1.75
)
SPELL = np.array([[-1, 3, 3, 3, 0, 0, 0, 0], [5, 5, 5, 5, 5, 5, 5, -1]])  # 14 weeks of 3 deals
MEMORY = Memory(6.0, 0.8, 1.0, np.ones(1), np.zeros(1))


def test_open_weeks_under_other_weights_keep_their_stocks():
    panel = panel_of_deals()
    found = open_weeks(panel)
    stock = found.panel.stock(2.0)
    weight = np.arange(len(panel.weight)) + 5.0
    other = found.weighed(weight)
    wanted = open_weeks(replace(panel, weight=weight))
    assert len(wanted.panel.weight) < len(weight)
    assert other.panel.weight.tolist() == wanted.panel.weight.tolist()
    assert other.spell is found.spell
    assert other.place is found.place
    assert other.panel.stock(2.0) is stock


@pytest.fixture
def fits(monkeypatch):
    """What was asked of the parts of `fit_closing`, and what they answer by delay."""
    asked = SimpleNamespace(memories=[], tried=[], chance=0.0, surprises=[], moves=[])
    asked.found = {0: ((0.04, 0.5), ("memory of 0",))}
    at_risk = OpenWeeks(SimpleNamespace(weight="weight"), "place", SPELL)
    asked.at_risk = at_risk
    asked.delays = (0,)

    def of_delays(held, inside, events, settings):
        asked.moves.append((held, inside.tolist(), events, settings))
        return tuple(SimpleNamespace(delay=delay) for delay in asked.delays)

    def surprises(panel, stages):
        asked.surprises.append((panel, stages))
        return "surprises"

    def memories(panel, told, pairs, misfit=INF):
        asked.memories.append((panel, told.delay, pairs, misfit))
        return asked.found[told.delay]

    def chance(tried):
        asked.tried.append(tried)
        return asked.chance

    monkeypatch.setattr(closing, "open_weeks", lambda panel: at_risk)
    monkeypatch.setattr(closing, "_wins", lambda panel, at_risk: ([0, 1], "week", "weight"))
    monkeypatch.setattr(closing, "surprises", surprises)
    monkeypatch.setattr(closing, "read_before", lambda *parts: parts)
    monkeypatch.setattr(closing, "surprises_held", lambda *parts: parts)
    monkeypatch.setattr(closing, "moves_by_delay", of_delays)
    monkeypatch.setattr(closing, "_memories", memories)
    monkeypatch.setattr(closing, "together", chance)
    return asked


def test_surprises_are_those_of_deals_open_for_as_long(fits):
    fit_closing("panel", SETTINGS)
    ((panel, stages),) = fits.surprises
    assert panel is fits.at_risk.panel
    assert stages.stage.tolist() == [[-1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, -1]]
    assert stages.age.tolist() == [[0, 0, 1, 2, 0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6, 0]]
    inside = (SPELL >= 0).tolist()
    ((held, *told),) = fits.moves
    assert (held[0], held[1].tolist(), held[2:4]) == ("surprises", inside, ("weight", 2))
    assert held[4] == (SPELL.shape, [0, 1], "week", SETTINGS.delays_weeks)
    assert told == [inside, ([0, 1], "week", "weight"), SETTINGS]


def test_memories_of_up_to_six_weeks_are_tried_with_every_saturation(fits):
    found = fit_closing("panel", SETTINGS)
    pairs = [(half_life, saturation, None) for half_life in (1.0, 6.0) for saturation in (0.0, 0.8)]
    assert fits.memories == [(fits.at_risk.panel, 0, pairs, 1.75)]
    assert found == Closing(0, ("memory of 0",), fits.at_risk)
    assert fits.tried == [[0.04, 0.5]]


def test_fewer_wins_than_are_needed_tell_nothing(fits):
    assert fit_closing("panel", replace(SETTINGS, minimum_transitions=3)) is None
    assert not fits.memories


@pytest.mark.parametrize(("chance", "known"), [(0.05, True), (0.0501, False)])
def test_what_luck_does_more_often_than_the_settings_say_is_nothing(fits, chance, known):
    fits.chance = chance
    assert (fit_closing("panel", SETTINGS) is not None) == known


def test_of_the_delays_that_fit_the_one_with_the_most_evidence_is_taken(fits):
    """Its own smallest chance decides, the first of equals; the chance is that of all looks."""
    fits.delays = (0, 1)
    fits.found = {0: ((0.04, 0.5), ("of 0",)), 1: ((0.3, 0.03), ("of 1",))}
    assert fit_closing("panel", SETTINGS).memories == ("of 1",)
    assert fits.tried == [[0.04, 0.5, 0.3, 0.03]]
    fits.found[1] = ((0.3, 0.05), ("of 1",))
    assert fit_closing("panel", SETTINGS).memories == ("of 0",)
    fits.found[1] = ((0.04, 0.01), ("of 1",))
    fits.found[0] = ((0.01, 0.5), ("of 0",))
    assert fit_closing("panel", SETTINGS).memories == ("of 0",)


def test_a_delay_under_which_nothing_fits_is_no_look(fits):
    fits.delays = (0, 1)
    fits.found = {0: ((1.0, 1.0), ()), 1: ((0.3, 0.03), ("of 1",))}
    assert fit_closing("panel", SETTINGS).delay == 1
    assert fits.tried == [[0.3, 0.03]]
    fits.found[1] = ((1.0, 1.0), ())
    assert fit_closing("panel", SETTINGS) is None
    assert len(fits.tried) == 1


@pytest.mark.parametrize(
    ("spell", "asked"), [(SPELL[1:, :6], [0, 1, 2]), (SPELL, [0, 1]), (SPELL[1:], [0, 1, 2])]
)
def test_deals_must_be_open_three_times_as_long_as_a_delay(fits, monkeypatch, spell, asked):
    """Six weeks; 14 weeks of three deals; seven weeks."""
    fits.delays = (0, 1, 2, 3)
    fits.found = dict.fromkeys(fits.delays, ((0.04, 0.5), ("memory",)))
    monkeypatch.setattr(closing, "open_weeks", lambda panel: replace(fits.at_risk, spell=spell))
    fit_closing("panel", SETTINGS)
    assert [delay for _, delay, *_ in fits.memories] == asked


def test_a_fit_near_another_tries_its_delay_and_memories_alone(fits):
    fits.delays, fits.chance = (0, 2), 1.0
    fits.found[2] = ((0.9, 0.9), ("memory of 2",))
    weights = []
    again = SimpleNamespace(weighed=lambda weight: weights.append(weight) or fits.at_risk)
    near = Closing(2, (MEMORY, replace(MEMORY, half_life=8.0)), again)
    panel = SimpleNamespace(weight="other weights")
    assert fit_closing(panel, SETTINGS, near) == Closing(2, ("memory of 2",), fits.at_risk)
    assert weights == ["other weights"]
    pairs = [(half_life, 0.8, MEMORY.start) for half_life in (6.0, 8.0)]
    assert fits.memories == [(fits.at_risk.panel, 2, pairs, INF)]
    fits.found[2] = ((1.0, 1.0), ())
    assert fit_closing(panel, SETTINGS, near) is None
    assert fit_closing(panel, SETTINGS, replace(near, delay=1)) is None


class OpenDeals:
    """Deals of which each account has one, won or lost; what they heard is drawn."""

    def __init__(self, accounts=5, weeks=9, seed=1):
        rng = np.random.default_rng(seed)
        self.end = weeks - 0.25
        self.stocks = rng.uniform(0, 2, (accounts, weeks, 2)).astype(np.float32)
        self.weight = rng.integers(1, 4, accounts).astype(float)
        account = np.arange(accounts)
        self.created = account % 3 + 0.5
        self.won = np.where(account % 2, INF, self.created + weeks / 2 + account / accounts)
        self.won[0] = self.end - 0.5
        self.won[2] = self.created[2] + 0.125  # in the week of its creation
        self.lost = np.where(account % 4 == 1, self.created + 3, INF)
        self.panel = SimpleNamespace(
            spell_opportunity=account,
            spell_account=account,
            opportunity_won=self.won,
            opportunity_lost=self.lost,
            reached=np.c_[account, account, self.created],
            end=self.end,
            weight=self.weight,
        )
        spell = np.full((accounts, weeks), -1)
        closed = np.minimum(np.minimum(self.won, self.lost), self.end)
        for one in account:
            spell[one, int(np.ceil(self.created[one])) : int(closed[one]) + 1] = one
        of_deals = SimpleNamespace(weight=self.weight, stock=self.stock)
        self.at_risk = OpenWeeks(of_deals, account, spell)

    def stock(self, half_life):
        return self.stocks * np.float32(half_life)

    def multiple(self, memory, account, week, on):
        x = self.stock(memory.half_life)[account, week].astype(float)
        if memory.saturation:
            x = (1 - np.exp(-memory.saturation * x)) / memory.saturation
        return np.exp((x * memory.effect * on).sum())

    def kept(self, delay, memories, lists, step=1):
        """By the definition, deal by deal."""
        inside = np.argwhere(self.at_risk.spell >= 0)
        weeks = sum(self.weight[account] for account, _ in inside)
        opened = set(inside[:, 0].tolist())
        of_won = [a for a in opened if self.won[a] < INF]
        pace_of_all = sum(self.weight[of_won]) / weeks
        lost = sum(self.weight[a] for a in opened if self.lost[a] < INF) / weeks
        rows = []
        for deal in np.flatnonzero(self.won < INF):
            row = np.zeros(len(lists))
            for memory in memories:
                week = int(self.won[deal])
                first = int(np.ceil(self.created[deal]))
                week = min(week, max(first, week - delay // 2))
                for i, on in enumerate(lists):
                    own = self.multiple(memory, deal, week, on) / self.multiple(
                        memory, deal, week, 1
                    )
                    some = inside[::step]
                    slower = sum(self.weight[a] * self.multiple(memory, a, w, on) for a, w in some)
                    slower /= sum(self.weight[a] * self.multiple(memory, a, w, 1) for a, w in some)
                    rate = pace_of_all * slower + lost
                    in_time = 1 - np.exp(-rate * (self.end - self.won[deal]))
                    later = pace_of_all * slower / rate * in_time
                    row[i] += memory.share * (own + (1 - own) * later)
            rows.append(row)
        return np.array(rows)


LISTS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
MEMORIES = (
    Memory(1.0, 0.0, 0.25, np.array([0.5, 0.2]), np.zeros(2)),
    Memory(2.0, 0.8, 0.75, np.array([0.1, 0.9]), np.zeros(2)),
)


@pytest.mark.parametrize(("delay", "some"), [(0, 3000), (2, 3000), (3, 3000), (1, 5), (0, 4)])
def test_wins_are_kept_by_what_was_heard_before_them_or_come_later(monkeypatch, delay, some):
    monkeypatch.setattr(closing, "_SOME", some)
    world = OpenDeals()
    deals = np.flatnonzero(world.won < INF)
    step = max(1, int(world.at_risk.inside.sum()) // some)
    assert (step > 1) == (some < 3000)
    found = kept_wins(world.panel, Closing(delay, MEMORIES, world.at_risk), LISTS, deals)
    assert found == pytest.approx(world.kept(delay, MEMORIES, LISTS, step), abs=1e-6)


def test_of_six_thousand_open_weeks_every_other_says_what_is_usual():
    world = OpenDeals(accounts=1500, weeks=9)
    spell = np.where(np.arange(9) < 4, np.arange(1500)[:, None], -1)
    world.at_risk = replace(world.at_risk, spell=spell)
    world.stocks[:, 0:4:2] = 0  # nothing was heard in those that are looked at
    world.won[4::6] = 3.3
    memories = (replace(MEMORIES[0], share=1.0),)
    deals = np.array([0])
    found = kept_wins(world.panel, Closing(0, memories, world.at_risk), LISTS, deals)
    # So every coalition wins later deals at the same pace.
    weeks = world.weight.sum() * 4
    *_, wins = _wins(world.panel, world.at_risk)
    pace, lost = wins.sum() / weeks, world.weight[np.isfinite(world.lost)].sum() / weeks
    heard = world.stocks[0, int(world.won[0])] * memories[0].effect
    assert (heard > 0).all()
    own = np.exp(-(heard * (1 - LISTS)).sum(axis=1))
    later = pace / (pace + lost) * (1 - np.exp(-(pace + lost) * 0.5))
    assert found[0] == pytest.approx(own + (1 - own) * later, abs=1e-6)


@pytest.fixture
def odds(monkeypatch):
    """Closed deals as `win_ratios` fits them; the fit is replaced by figures."""
    asked = SimpleNamespace(fit=[], risk=[], b=np.array([0.1234567, -0.5, 0.7654321, 0.25]))

    def stocks(panel, before, risk, half_life):
        asked.risk.append((before, risk, half_life))
        return risk.spell[:, None] * np.array([0.5, 1.0])

    def controls(panel, risk, since, settings):
        asked.since = since
        return np.c_[np.ones(len(risk.spell)), risk.spell / 3]

    def fit(*parts):
        asked.fit.append(parts)
        return asked.b, 0.0

    monkeypatch.setattr(closing, "stock_at_moves", stocks)
    monkeypatch.setattr(closing, "control_columns", controls)
    monkeypatch.setattr(closing, "fit", fit)
    return asked


def closed_deals(won=(1, 1, 0, 0), still_open=1):
    """Spells: one without a deal, then deals 0, 1, ... won or lost, then such as are open."""
    won = np.r_[np.array(won, dtype=bool), np.zeros(still_open, dtype=bool)]
    lost = ~won
    lost[len(won) - still_open :] = False
    count = len(won)
    return SimpleNamespace(
        spell_opportunity=np.r_[-1, np.arange(count)],
        spell_account=np.r_[0, np.arange(count)],
        spell_returns=np.arange(count + 1) == 2,
        opportunity_won=np.where(won, 9.0, INF),
        opportunity_lost=np.where(lost, 8.0, INF),
        weight=np.arange(count) + 0.5,
        stock=lambda half_life: f"stock of {half_life}",
    )


FUNNEL = SimpleNamespace(
    reached=np.array([[0, 1.5], [0, 2.5], [1, 3.0], [0, 4.9], [1, 5.1], [0, 6.5]]),
    half_life=2.0,
    saturation=0.5,
)
FEW = CausalSettings(minimum_transitions=2)


def test_the_odds_of_a_win_are_those_of_the_stocks_at_creation(odds):
    panel = closed_deals()
    found = win_ratios(panel, FUNNEL, LISTS, np.array([2, 1]), FEW)
    ((before, risk, half_life),) = odds.risk
    assert (before, half_life) == ("stock of 2.0", 2.0)
    assert risk.spell.tolist() == [1, 2, 3, 4]
    assert risk.account.tolist() == [0, 1, 2, 3]
    assert risk.week.tolist() == [2, 3, 4, 5]
    assert risk.at.tolist() == [2.5, 3.0, 4.9, 5.1]
    assert risk.moved.all()
    assert risk.weight.tolist() == [0.5, 1.5, 2.5, 3.5]
    assert risk.first.tolist() == [True, False, True, True]
    assert odds.since.tolist() == FUNNEL.reached[:, 0].tolist()
    ((x, y, weight, penalty, players),) = odds.fit
    heard = 2 * (1 - np.exp(-np.array([[0.25, 0.5]]) * risk.spell[:, None]))
    assert x == pytest.approx(np.c_[np.ones(4), risk.spell / 3, heard])
    assert y.tolist() == [1, 1, 0, 0]
    assert weight is risk.weight
    # What touches before creation do to winning is mostly noise: shrunk a hundredfold.
    assert penalty.tolist() == np.diag([0.0, 1, 100, 100]).tolist()
    assert players.tolist() == [2, 3]
    by_hand = []
    for spell in (2, 1):
        base = round(0.123457 - 0.5 * spell / 3, 6)
        gain = heard[spell - 1] * [0.765432, 0.25]
        by_hand.append(expit(base + LISTS @ gain) / expit(base + gain.sum()))
    assert found == pytest.approx(np.array(by_hand), abs=1e-12)


@pytest.mark.parametrize(
    ("won", "least", "learned"),
    [
        ((1, 1, 0, 0), 2, True),
        ((1, 1, 0, 0), 3, False),
        ((1, 1, 1, 0), 2, False),
        ((1, 0, 0, 0), 2, False),
        ((1, 1, 1, 1), 0, False),
        ((1, 1, 1, 0), 1, True),
    ],
)
def test_where_none_was_lost_or_too_few_were_won_or_lost_every_win_is_kept(
    odds, won, least, learned
):
    settings = CausalSettings(minimum_transitions=least)
    found = win_ratios(closed_deals(won), FUNNEL, LISTS, np.array([1, 2]), settings)
    assert found.shape == (2, 4)
    assert (found == 1).all() == (not learned)
    assert len(odds.fit) == learned
