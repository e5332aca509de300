"""The simulators behind docs/truth-benchmark.md: if they lie, so does every figure there."""

from dataclasses import replace
from functools import cache
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from benchmarks.truth import funnel, intent
from benchmarks.truth.game import members, shapley, truth_of
from benchmarks.truth.holdouts import with_holdouts
from benchmarks.truth.methods import Printed, by_rules, journeys_of
from benchmarks.truth.score import score, summary
from benchmarks.truth.worlds import FAMILIES, World, truth, world

FAMILY = pytest.mark.parametrize("family", FAMILIES)
# `hidden` runs the code of `intent`.
SIMULATOR = pytest.mark.parametrize("family", ("intent", "funnel"))


@cache
def drawn_by(family):
    return FAMILIES[family].population(1)


@cache
def small(family):
    """A population of few accounts: as all others, only faster to look at."""
    return replace(drawn_by(family), accounts=500)


@cache
def observed(family):
    return FAMILIES[family].observe(small(family), 1)


def test_shapley_values_are_the_mean_over_all_orders():
    rng = np.random.default_rng(1)
    values = rng.normal(size=2**4)
    expected = np.zeros(4)
    for order in permutations(range(4)):
        inside = 0
        for player in order:
            expected[player] += values[inside | 1 << player] - values[inside]
            inside |= 1 << player
    assert shapley(values) == pytest.approx(expected / 24)


def test_shapley_values_of_a_known_game():
    # Gloves: player 0 has a left one, players 1 and 2 a right one each; a pair is worth 1.
    values = np.array([0, 0, 0, 1, 0, 1, 0, 1], dtype=float)
    assert shapley(values) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_members_follow_the_bits():
    assert members(3)[5].tolist() == [True, False, True]


@FAMILY
def test_the_same_seed_gives_the_same_world(family):
    first, second = observed(family), FAMILIES[family].observe(small(family), 1)
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other)
    other = FAMILIES[family].observe(small(family), 2)
    assert len(other[1]) != len(first[1])


@SIMULATOR
def test_truth_adds_up_and_players_without_effect_have_none(family):
    drawn = small(family)
    found = truth(family, drawn, 1, samples=2)
    assert sum(found.conversions) + found.baseline == pytest.approx(found.total)
    assert 0 < found.baseline < found.total
    idle = [p.name for p in drawn.players if not (p.helps.any() if family == "funnel" else p.pull)]
    assert idle
    for player, conversions in zip(found.players, found.conversions, strict=True):
        # Common luck: what changes nothing changes exactly nothing.
        assert (abs(conversions) < 1e-4) == (player in idle), player


@SIMULATOR
def test_truth_is_the_same_for_more_samples_within_its_error(family):
    few = truth(family, small(family), 1, samples=4)
    more = truth(family, small(family), 2, samples=8)
    for player in few.players:
        gap = abs(few.shares[player] - more.shares[player]) * 100
        assert gap < 4 * (few.share_error**2 + more.share_error**2) ** 0.5


@SIMULATOR
def test_expected_wins_are_those_that_are_seen(family):
    drawn = replace(drawn_by(family), accounts=4000)
    _, _, milestones = FAMILIES[family].observe(drawn, 1)
    seen = (milestones["state"] == "closed_won").sum()
    expected = truth(family, drawn, 1, samples=4).total
    # Recorded late, some wins of the last weeks are not seen.
    assert 0.75 * expected < seen < 1.15 * expected


@FAMILY
def test_reports_are_plausible(family):
    accounts, touches, milestones = observed(family)
    assert touches["touch_id"].is_unique
    assert set(touches["account_id"]) <= set(accounts["account_id"])
    assert set(milestones["account_id"]) <= set(accounts["account_id"])
    assert touches.loc[touches["is_control"], "player"].isna().all()
    said = touches.loc[~touches["is_control"]]
    assert (said["partner_id"] + ":" + said["channel"] == said["player"]).all()
    deals = milestones.dropna(subset=["opportunity_id"])
    times = deals.pivot(index="opportunity_id", columns="state", values="reached_at_us")
    assert not (times["closed_won"].notna() & times["closed_lost"].notna()).any()
    assert (times["closed_won"].dropna() >= times["opportunity"][times["closed_won"].notna()]).all()


def test_milestones_belong_to_the_accounts_that_reached_them():
    drawn = small("funnel")
    life = funnel.walk(drawn, np.random.default_rng([23, 1]), drawn.accounts, coalitions=1)
    _, _, milestones = observed("funnel")
    won = milestones.loc[milestones["state"] == "closed_won", "account_id"]
    numbers = won.str.removeprefix("account").astype(int)
    assert len(numbers) and (life.state[0, numbers] == funnel.WON).all()


def test_deals_belong_to_the_accounts_that_opened_them():
    drawn = small("intent")
    life = intent.walk(drawn, np.random.default_rng([13, 1]), drawn.accounts, coalitions=1)
    _, _, milestones = observed("intent")
    opened = milestones.loc[milestones["state"] == "opportunity", "account_id"]
    numbers = opened.str.removeprefix("account").astype(int)
    chance = 1 - np.prod(1 - life.opening, axis=0)
    assert chance[numbers].mean() > 1.15 * chance.mean()


def test_without_chasing_a_player_without_effect_gets_less_credit():
    drawn = intent.population(3, is_hidden=True)
    idle = [p.name for p in drawn.players if p.chase and not p.pull]
    fair = replace(drawn, players=tuple(replace(p, chase=0.0, retarget=0.0) for p in drawn.players))
    credit = {}
    for name, one in (("chased", drawn), ("fair", fair)):
        frames = intent.observe(one, 3)
        seen = _as_world(one, frames)
        found = by_rules(seen, journeys_of(seen, cut_at_close=False))["linear"].shares
        touches = frames[1]["player"].value_counts(normalize=True)
        credit[name] = sum(found[p] / touches[p] for p in idle)
    # Per touch delivered, so that fewer touches alone do not explain it.
    assert credit["fair"] < 0.9 * credit["chased"]


def test_scores_compare_with_linear_and_uniform_of_the_same_world():
    found = truth_of(("a", "b"), np.array([[1.0, 3, 2, 4], [1.0, 3, 2, 4]]), 1.0)
    assert found.shares == pytest.approx({"a": 2 / 3, "b": 1 / 3})
    assert found.baseline_share == 0.25
    shares = {"linear": (0.2, 0.8), "uniform": (0.5, 0.5), "good": (0.7, 0.3)}
    scores = [
        score("f", 1, name, Printed(dict(zip("ab", given, strict=True))), found)
        for name, given in shares.items()
    ]
    rows = {row["method"]: row for row in summary(scores)}
    assert rows["good"]["mean"] == pytest.approx(100 / 30)
    assert rows["good"]["better_than_linear"] == 1
    assert rows["linear"]["worse_than_uniform"] == 1
    assert rows["uniform"]["worse_than_uniform"] == 0


def test_holdouts_pull_the_largest_figures_towards_the_truth():
    found = truth_of(("a", "b", "c"), np.array([[100.0, 400, 110, 410, 140, 440, 150, 450]] * 2), 1)
    before = Printed({"a": 0.1, "b": 0.8, "c": 0.1}, 0.2, {"a": 36.0, "b": 288.0, "c": 36.0})
    after = [with_holdouts(before, found, seed) for seed in range(40)]
    assert np.mean([one.conversions["b"] for one in after]) < 250
    assert all(one.conversions["c"] == before.conversions["c"] for one in after)
    # What players lose, the baseline gains: all wins stay all wins.
    for one in after:
        wins = sum(one.conversions.values()) / (1 - one.baseline_share)
        assert wins == pytest.approx(450)


def test_an_unknown_family_is_named():
    with pytest.raises(ValueError, match="'intend': choose one of funnel, hidden, intent"):
        world("intend", 1)


def _as_world(drawn, frames):
    names = tuple(player.name for player in drawn.players)
    until = int(frames[1]["touched_at_us"].max())
    return World("intent", 3, names, *frames, 0, until, None)
