"""The step from the opportunity to the win, and records that come late."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from partner_attribution.attribution.causal import CausalSettings, causal_credits
from partner_attribution.attribution.causal.closing import (
    Closing,
    Memory,
    fit_closing,
    kept_wins,
    open_weeks,
    win_ratios,
)
from partner_attribution.attribution.causal.funnel import fit_funnels
from partner_attribution.attribution.causal.panel import build_panel
from partner_attribution.attribution.causal.risk import Risk, control_columns, stock_at_moves
from partner_attribution.attribution.causal.stocks import saturated
from partner_attribution.attribution.causal.surprise import evidence_of

from .causal_worlds import WEEK_US, World, frames_of, played

WEEKS, DEALS = 80, 900
SETTINGS = CausalSettings(half_lives_weeks=(1.5, 3.0))


def closed_deals(effect: float, late: float = 0.0, seed: int = 5, lost: float = 0.05):
    """Deals that open when they like. A closer's touch multiplies the chance to win of the weeks
    after it, a chaser's does nothing; both stop once a deal is closed, which is recorded late."""
    rng = np.random.default_rng(seed)
    touches, states, accounts = [], [], [f"a{i:04d}" for i in range(DEALS)]
    for account in accounts:
        opened = rng.uniform(0, WEEKS - 20)
        states.append((account, "o" + account, "opportunity", opened))
        came, how, closed = played_open(rng, opened, effect, lost=lost)
        touches += [(account, at, name) for at, name in came]
        if how:
            states.append((account, "o" + account, how, closed + late))
    return accounts, touches, states


def played_open(rng, opened: float, effect: float, until: int = WEEKS, lost: float = 0.05):
    """Touches of one open deal, how it ended ("" = it did not), and when."""
    touches, stock = [], 0.0
    for week in range(int(np.ceil(opened)), until):
        if rng.random() < 0.05 * np.exp(effect * min(stock, 1.0)):
            return touches, "closed_won", week + rng.random()
        if rng.random() < lost:
            return touches, "closed_lost", week + rng.random()
        closer, chaser, own = rng.random(3) < (0.25, 0.25, 0.2)
        stock = 0.7 * stock + closer
        came = (("closer", closer), ("chaser", chaser), (None, own))
        touches += [(week + rng.random(), name) for name, any_ in came if any_]
    return touches, "", np.inf


def frames(accounts, touches, states):
    return frames_of(accounts, touches, states, WEEKS)


def panel_of(*parts):
    return build_panel(*frames(*parts), SETTINGS)


def effects(closing: Closing) -> np.ndarray:
    """By name: chaser, closer."""
    return sum(one.share * one.effect for one in closing.memories)


@pytest.fixture(scope="module")
def won():
    return panel_of(*closed_deals(1.2))


def test_who_wins_deals_is_told_from_who_is_drawn_by_them(won):
    closing = fit_closing(won, SETTINGS)
    chaser, closer = effects(closing)
    assert closing.delay == 0
    assert sum(one.share for one in closing.memories) == pytest.approx(1)
    assert closer == pytest.approx(1.2, abs=0.45)
    assert chaser < 0.2


def test_nothing_is_found_where_touches_win_nothing():
    assert fit_closing(panel_of(*closed_deals(0.0)), SETTINGS) is None


def test_the_same_evidence_counts_or_not_as_the_settings_ask(won):
    assert fit_closing(won, replace(SETTINGS, closing_evidence=0.0)) is None
    assert fit_closing(won, replace(SETTINGS, minimum_transitions=10_000)) is None
    # Surprises fit less well than this under any delay.
    assert fit_closing(won, replace(SETTINGS, misfit=1e-6)) is None


def test_wins_recorded_late_are_compared_with_the_touches_before_them():
    """The touches that stopped at the win would make the closer look like a brake."""
    panel = panel_of(*closed_deals(1.2, late=1.0))
    closing = fit_closing(panel, SETTINGS)
    chaser, closer = effects(closing)
    assert closing.delay == 1
    assert closer > 1
    assert chaser < 0.3
    assert fit_closing(panel, replace(SETTINGS, delays_weeks=(0,))) is None


def test_deals_that_are_open_for_a_few_weeks_only_tell_of_no_longer_delay():
    """Of those few, the ones open long enough for a delay are not like the others."""
    found = {
        (lost, delay): fit_closing(
            panel_of(*closed_deals(1.2, lost=lost)), replace(SETTINGS, delays_weeks=(delay,))
        )
        for lost, delay in ((0.05, 2), (0.2, 1), (0.2, 2), (0.4, 0), (0.4, 1))
    }
    assert [one for one, closing in found.items() if closing] == [(0.05, 2), (0.2, 1), (0.4, 0)]


def test_a_fit_near_another_keeps_its_delay_and_memories(won):
    closing = fit_closing(won, SETTINGS)
    again = fit_closing(won, replace(SETTINGS, closing_evidence=0.0), near=closing)
    assert again.delay == closing.delay
    for one, other in zip(closing.memories, again.memories, strict=True):
        assert (one.half_life, one.saturation) == (other.half_life, other.saturation)
        assert other.effect == pytest.approx(one.effect, abs=1e-4)
        assert other.share == pytest.approx(one.share, abs=1e-4)


def test_where_a_fit_near_another_finds_nothing_there_is_none(won):
    """A closing without memories would take every win away."""
    closing = fit_closing(won, SETTINGS)
    steep = replace(won, opportunity_won=np.where(np.isfinite(won.opportunity_won), 0.5, np.inf))
    assert fit_closing(steep, SETTINGS, near=closing) is None
    assert fit_closing(won, SETTINGS, near=replace(closing, memories=())) is None


def test_a_win_is_kept_by_the_ratio_of_its_chances_or_comes_later():
    """Three deals, one closer with effect log 2 on whole touches of a week before."""
    touches = [("a", 3.5, "p"), ("b", 4.5, "p"), ("c", 2.5, None)]
    states = [("a", "oa", "opportunity", 2.0), ("a", "oa", "closed_won", 4.5)]
    states += [("b", "ob", "opportunity", 3.0), ("b", "ob", "closed_lost", 5.5)]
    states += [("c", "oc", "opportunity", 2.0), ("c", "oc", "closed_won", 2.4)]
    panel = build_panel(*frames(["a", "b", "c", "d"], touches, states), SETTINGS)
    memory = Memory(1.0, 0.0, 1.0, np.array([np.log(2)]), np.zeros(1))
    deals = np.flatnonzero(np.isfinite(panel.opportunity_won[panel.spell_opportunity]))
    deals = deals[panel.spell_opportunity[deals] >= 0]
    kept = kept_wins(panel, Closing(0, (memory,), open_weeks(panel)), np.array([[0], [1]]), deals)

    stock = 0.5**0.5  # half a week before the week of the win
    # Open: a in weeks 2 to 4, b in 3 to 5, c in 2. Two won in them, one lost.
    heard = np.array([0, 0, stock, 0, 0, stock, 0])
    pace = 2 / 7 / (2**heard).mean()
    later = pace / (pace + 1 / 7) * (1 - np.exp(-(pace + 1 / 7) * (WEEKS - 4.5)))
    own = 2.0**-stock
    assert kept[0] == pytest.approx([own + (1 - own) * later, 1])
    assert kept[1] == pytest.approx([1, 1])


def test_each_of_two_players_adds_its_own_effect_to_the_chance_of_a_win():
    """Both were heard at the win; others open deals heard one of them or none."""
    touches = [("a", 3.5, "p"), ("a", 3.5, "q"), ("b", 4.5, "q"), ("c", 2.5, None)]
    states = [("a", "oa", "opportunity", 2.0), ("a", "oa", "closed_won", 4.5)]
    states += [("b", "ob", "opportunity", 3.0), ("b", "ob", "closed_lost", 5.5)]
    panel = build_panel(*frames(["a", "b", "c"], touches, states), SETTINGS)
    effect = np.array([np.log(2), np.log(3)])
    memory = Memory(1.0, 0.0, 1.0, effect, np.zeros(2))
    lists = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    deals = np.flatnonzero(panel.spell_opportunity == panel.opportunity_id.index("oa"))
    kept = kept_wins(panel, Closing(0, (memory,), open_weeks(panel)), lists, deals)[0]

    stock = 0.5**0.5
    heard = np.zeros((6, 2))  # a in weeks 2 to 4, b in 3 to 5
    heard[2], heard[5] = [stock, stock], [0, stock]
    slower = np.exp(heard @ (effect * lists).T).mean(axis=0) / np.exp(heard @ effect).mean()
    pace, lost = slower / 6, 1 / 6
    later = pace / (pace + lost) * (1 - np.exp(-(pace + lost) * (WEEKS - 4.5)))
    own = np.exp(stock * (lists @ effect - effect.sum()))
    assert kept == pytest.approx(own + (1 - own) * later)


def test_without_a_step_to_the_win_its_odds_follow_the_stocks_at_creation():
    """Deals of touched accounts win more often; a logistic fit of their stocks says by how much."""
    rng = np.random.default_rng(2)
    accounts = [f"a{i:03d}" for i in range(400)]
    touches, states = [], []
    for i, account in enumerate(accounts):
        created = 5 + 20 * rng.random()
        if touched := i % 2:
            touches.append((account, created - 1, "p"))
        if i % 5 == 0:
            touches.append((account, created - 2, None))
        how = "closed_won" if rng.random() < (0.8 if touched else 0.2) else "closed_lost"
        states += [(account, "o" + account, "opportunity", created)]
        states += [(account, "o" + account, how, created + 3)]
    panel = build_panel(*frames(accounts, touches, states), SETTINGS)
    evidence = evidence_of(panel)
    (funnel, *_) = fit_funnels(panel, evidence, [2], replace(SETTINGS, half_lives_weeks=(3.0,)))
    lists = np.array([[0], [1]])
    deals = np.flatnonzero(np.isfinite(panel.opportunity_won[panel.spell_opportunity]))
    deals = deals[panel.spell_opportunity[deals] >= 0]
    kept = win_ratios(panel, funnel, lists, deals, SETTINGS)

    every = np.flatnonzero(panel.spell_opportunity >= 0)
    at = funnel.reached[every, -1]
    won = np.isfinite(panel.opportunity_won[panel.spell_opportunity[every]])
    risk = Risk(
        every,
        panel.spell_account[every],
        np.floor(at).astype(int),
        np.ones(len(at), bool),
        at,
        np.ones(len(at)),
        np.ones(len(at), bool),
    )
    stock = stock_at_moves(panel, panel.stock(funnel.half_life), risk, funnel.half_life)
    heard = saturated(stock, funnel.saturation)
    controls = control_columns(panel, risk, funnel.reached[:, 0], SETTINGS)
    x = np.column_stack([controls, heard])
    penalty = np.diag([0.0, *np.ones(controls.shape[1] - 1), 100.0])

    def loss(b):
        eta = x @ b
        return float((np.logaddexp(0, eta) - won * eta).sum() + b @ penalty @ b / 2)

    b = minimize(loss, np.zeros(x.shape[1]), method="BFGS", options={"gtol": 1e-7}).x
    assert b[-1] > 0
    of_won = np.isin(every, deals)
    without, whole = (expit(controls @ b[:-1] + on * heard[:, 0] * b[-1]) for on in (0, 1))
    assert kept[:, 0] == pytest.approx((without / whole)[of_won], abs=1e-4)
    assert kept[:, 1] == pytest.approx(1)
    assert kept[:, 0].min() < 0.95

    # Where none was lost, or too few, nothing is learned.
    no_lost = replace(panel, opportunity_lost=np.full(len(panel.opportunity_lost), np.inf))
    assert (win_ratios(no_lost, funnel, lists, deals, SETTINGS) == 1).all()
    most = replace(SETTINGS, minimum_transitions=1000)
    assert (win_ratios(panel, funnel, lists, deals, most) == 1).all()


def delayed(milestones: pd.DataFrame, weeks: float) -> pd.DataFrame:
    """Every stage recorded as late as the others."""
    later = milestones.assign(reached_at_us=milestones.reached_at_us + int(weeks * WEEK_US))
    return later.reset_index(drop=True)


LATE = CausalSettings(half_lives_weeks=(3.0,), saturations=(0.8,))


def chased(state: str):
    """Frames of a funnel in which a chaser goes to whoever reached a state, at once."""
    accounts, touches, milestones, start, end = played(
        World(8, players=3, accounts=900, weeks=60, funnel=True, base=0.6)
    )
    after = pd.DataFrame(
        [
            (one.account_id, f"c{one.account_id}:{k}", one.reached_at_us + k * WEEK_US // 4)
            for one in milestones[milestones.state == state].itertuples()
            for k in (1, 2, 3)
        ],
        columns=["account_id", "touch_id", "touched_at_us"],
    ).assign(player="chaser", is_control=False)
    rng = np.random.default_rng(1)
    by_chance = pd.DataFrame(
        {
            "account_id": rng.choice(accounts.account_id, 2500),
            "touch_id": [f"r{i}" for i in range(2500)],
            "touched_at_us": rng.integers(start, end, 2500),
            "player": "chaser",
            "is_control": False,
        }
    )
    every = pd.concat([touches, after, by_chance], ignore_index=True)
    return accounts, every[every.touched_at_us < end], milestones, start, end


def step_of(frames, k: int, **other):
    """One step as fitted, and the chaser's place."""
    own = replace(LATE, **other)
    panel = build_panel(*frames, own)
    (funnel,) = fit_funnels(panel, evidence_of(panel), [0, 1, 2], own)
    return funnel.steps[k], panel.players.index("chaser")


def test_stages_recorded_late_are_told_by_the_touches_before_them():
    """Touches drawn by a stage come before its record, and would seem to have brought it."""
    accounts, touches, milestones, *observed = chased("mql")

    def step(milestones, **other):
        return step_of((accounts, touches, milestones, *observed), 1, **other)

    on_time, chaser = step(milestones)
    late, _ = step(delayed(milestones, 1.0))
    naive, _ = step(delayed(milestones, 1.0), delays_weeks=(0,))
    assert naive.effect[chaser] > 1
    assert late.delay >= 1
    assert late.effect[chaser] < naive.effect[chaser] / 2
    assert on_time.delay == 0


def test_a_stage_recorded_only_with_the_next_teaches_nothing_of_itself():
    """Touches that it drew come before that record, and would seem to have brought it."""
    accounts, touches, milestones, *observed = chased("lead")
    rng = np.random.default_rng(2)
    further = milestones[milestones.state == "mql"].account_id.unique()
    skipped = rng.choice(further, len(further) // 2, replace=False)
    told = milestones[~((milestones.state == "lead") & milestones.account_id.isin(skipped))]
    all_told, chaser = step_of((accounts, touches, milestones, *observed), 0)
    some_told, _ = step_of((accounts, touches, told, *observed), 0)
    assert all_told.effect[chaser] < 0.3
    assert some_told.effect[chaser] < 0.3
    # The deals of all others are shared as before: the step itself is still theirs.
    assert some_told.risk.moved.sum() == all_told.risk.moved.sum()


def test_touches_of_an_open_deal_earn_what_they_did_to_its_win():
    accounts, touches, milestones, start, end = played(
        World(8, players=3, accounts=1500, weeks=70, funnel=True, base=0.6, reactive=0.0)
    )
    # Deals close as closers bring them to it; no other touch is made while one is open.
    rng = np.random.default_rng(3)
    opened = milestones[milestones.state == "opportunity"].set_index("opportunity_id")
    since = touches.account_id.map(opened.set_index("account_id").reached_at_us)
    rows, closes = [], []
    for deal, one in opened.iterrows():
        weeks = (one.reached_at_us - start) / WEEK_US
        came, how, closed = played_open(rng, weeks, 1.5, until=70)
        rows += [(one.account_id, int(start + at * WEEK_US), name or "own") for at, name in came]
        if how and closed < 70:
            at = int(start + closed * WEEK_US)
            closes.append((one.account_id, deal, how, at, one.value_cents))
    closed = pd.DataFrame(closes, columns=milestones.columns)
    milestones = pd.concat([milestones[~milestones.state.str.startswith("closed")], closed])
    extra = pd.DataFrame(rows, columns=["account_id", "touched_at_us", "player"])
    extra = extra.assign(
        touch_id=[f"x{i}" for i in range(len(rows))], is_control=extra.player == "own"
    )
    every = pd.concat([touches[~(touches.touched_at_us > since)], extra], ignore_index=True)

    def credited(milestones_wanted):
        settings = CausalSettings(
            half_lives_weeks=(1.5, 3.0), saturations=(0.8,), milestones=milestones_wanted
        )
        found = causal_credits(accounts, every, milestones, ["multistate"], settings, start, end)
        return found.credits.to_pandas()

    credits = credited(("opportunity", "closed_won"))
    at = every.set_index("touch_id").touched_at_us
    earned = credits[credits.touch_id.notna()]
    created = earned.opportunity_id.map(opened.reached_at_us)
    won = earned.opportunity_id.map(
        closed[closed.state == "closed_won"].set_index("opportunity_id").reached_at_us
    )
    after = earned.touch_id.map(at) > created
    wins = earned.milestone == "closed_won"
    assert not after[~wins].any()
    assert after[wins].any()
    assert (earned.touch_id.map(at)[wins] <= won[wins]).all()
    total = closed.state.eq("closed_won").sum()
    by_player = earned[wins & after].groupby("player").credit_share.sum() / total
    assert by_player["closer"] > 0.15
    assert by_player.drop("closer").max() < 0.05
    whole = credits.groupby(["milestone", "opportunity_id"]).credit_share.sum()
    assert whole.to_numpy() == pytest.approx(1)
    # Opportunities alone ask nothing of open deals.
    alone = credited(("opportunity",))
    same = credits[credits.milestone == "opportunity"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.reset_index(drop=True), same)


def test_the_chance_of_a_win_is_taken_from_the_same_odds():
    """Guards the sign: a coalition with everybody keeps every deal, one without keeps fewer."""
    panel = panel_of(*closed_deals(1.2))
    closing = fit_closing(panel, SETTINGS)
    deals = np.flatnonzero(panel.spell_opportunity >= 0)
    deals = deals[np.isfinite(panel.opportunity_won[panel.spell_opportunity[deals]])]
    kept = kept_wins(panel, closing, np.array([[0, 0], [0, 1], [1, 1]]), deals)
    assert kept[:, 2] == pytest.approx(np.ones(len(deals)))
    assert 0.2 < kept[:, 0].mean() < 1
    assert (kept[:, 0] <= kept[:, 1] + 1e-12).all()
