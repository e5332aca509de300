"""What the causal methods say of worlds whose effects are known, and when they refuse to say."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from partner_attribution.attribution import REGISTRY
from partner_attribution.attribution.causal import (
    CAUSAL_METHODS,
    CausalSettings,
    causal_credits,
)
from partner_attribution.attribution.causal.blips import (
    Blips,
    Moves,
    estimate_blips,
    shrunk,
)
from partner_attribution.attribution.causal.game import coalitions
from partner_attribution.attribution.causal.logistic import fit
from partner_attribution.attribution.causal.panel import build_panel
from partner_attribution.attribution.causal.risk import (
    stock_at_moves,
    weeks_at_risk,
)
from partner_attribution.attribution.causal.stocks import saturated, stock_at_week_start
from partner_attribution.attribution.causal.surprise import evidence_of
from partner_attribution.errors import AttributionError

from .causal_worlds import START_US, WEEK_US, World, played, shapley, simulate

PLAYERS = 4
FULL = 2**PLAYERS - 1


def truth(world: World, accounts: int = 1000):
    masks = np.arange(2**world.players)
    lists = (masks[:, None] >> np.arange(world.players)) & 1
    values = simulate(world, lists, accounts, world.seed + 2)[0].astype(float)
    effects = shapley(values, world.players)
    return effects / effects.sum(), values[0] / values[-1]


@pytest.fixture(scope="module")
def intent():
    """Player p3 does nothing; p0 chases intent."""
    world = World(3, players=PLAYERS, accounts=2000, weeks=52, base=0.7)
    world.effects[0] = [0.6, 1.8, 1.2, 0.0]
    world.chases[:] = [0.4, 0.0, 0.0, 0.4]
    return world, played(world)


@pytest.fixture(scope="module")
def funnel():
    world = World(
        5, players=PLAYERS, accounts=1500, weeks=52, funnel=True, late_weeks=1.0, base=0.3
    )
    world.effects[:3] = [[1.5, 0, 0, 0], [0, 1.5, 0, 0], [0, 0, 1.5, 0]]
    return world, played(world)


def table(result, name: str) -> pd.DataFrame:
    return getattr(result, name).to_pandas()


def estimated(data, methods, **settings):
    accounts, touches, milestones, start, end = data
    wanted = CausalSettings(**settings)
    return causal_credits(accounts, touches, milestones, methods, wanted, start, end)


def shares(result, method: str, players: int = PLAYERS):
    effects = table(result, "effects")
    own = effects[effects.method == method].set_index("player")["share"]
    found = own.reindex([f"p{i}" for i in range(players)]).to_numpy()
    return found / found.sum(), own["baseline"]


@pytest.fixture(scope="module")
def of_intent(intent):
    return estimated(intent[1], ["hazard_shapley", "causal_auto"])


@pytest.fixture(scope="module")
def of_funnel(funnel):
    return estimated(funnel[1], list(CAUSAL_METHODS), milestones=("opportunity", "closed_won"))


def test_the_hazard_finds_what_players_caused_and_not_what_they_chased(intent, of_intent):
    """Over three plays of one world: a single one has a few hundred deals and their noise."""
    world, first = intent
    true_shares, true_baseline = truth(world, 2000)
    plays = [first, *(played(world, again) for again in (2, 3))]
    found = [of_intent, *(estimated(play, ["hazard_shapley"]) for play in plays[1:])]
    own = np.array([shares(one, "hazard_shapley")[0] for one in found])
    baseline = np.mean([shares(one, "hazard_shapley")[1] for one in found])
    linear = np.mean([_linear_error(play[1], play[2], true_shares) for play in plays])
    assert np.abs(own - true_shares).mean() < 0.75 * linear
    assert abs(baseline - true_baseline) < 0.1
    assert own[:, 3].mean() < 0.27  # no effect, a third of the touches, and it chases intent


def test_multistate_beats_linear_and_hazard_where_stages_attract_touches(funnel, of_funnel):
    world, (_, touches, milestones, _, _) = funnel
    true_shares, _ = truth(world, 2000)
    error = np.abs(shares_of_wins(of_funnel, "multistate") - true_shares).mean()
    hazard_error = np.abs(shares_of_wins(of_funnel, "hazard_shapley") - true_shares).mean()
    assert error < _linear_error(touches, milestones, true_shares)
    assert error < 0.9 * hazard_error


def shares_of_wins(result, method):
    effects = table(result, "effects")
    own = effects[(effects.method == method) & (effects.milestone == "closed_won")]
    found = own.set_index("player")["conversions"].reindex([f"p{i}" for i in range(PLAYERS)])
    return (found / found.sum()).to_numpy()


def _linear_error(touches, milestones, true_shares):
    created = milestones[milestones.state == "opportunity"].set_index("account_id").reached_at_us
    won = set(milestones[milestones.state == "closed_won"].account_id)
    own = touches[~touches.is_control & touches.account_id.isin(won)]
    own = own[own.touched_at_us <= own.account_id.map(created)]
    weight = 1 / own.groupby("account_id").touch_id.transform("count")
    linear = weight.groupby(own.player).sum()
    return np.abs(linear / linear.sum() - true_shares).mean()


def test_effects_and_baseline_add_up_to_the_deals_and_each_deal_to_one(funnel, of_funnel):
    milestones = funnel[1][2]
    effects, credits = table(of_funnel, "effects"), table(of_funnel, "credits")
    seen = milestones.groupby("state").opportunity_id.nunique()
    sums = effects.groupby(["method", "milestone"]).conversions.sum()
    assert len(sums) == 6
    for (_, milestone), total in sums.items():
        assert total == pytest.approx(seen[milestone], abs=1e-6)
    deals = credits.groupby(["method", "milestone", "opportunity_id"])
    billionths = (credits.credit_share * 1e9).round().astype("int64")
    assert (billionths.groupby([credits[c] for c in deals.keys]).sum() == 10**9).all()
    assert (deals.credit_cents.sum() == 100_000).all()
    assert (credits.credit_share >= 0).all()
    baselines = credits[credits.player == "baseline"]
    assert baselines.touch_id.isna().all()
    assert (baselines.groupby(deals.keys).size() == 1).all()
    assert len(baselines) == len(deals)


def test_effects_are_what_their_credits_add_up_to(of_funnel):
    effects, credits = table(of_funnel, "effects"), table(of_funnel, "credits")
    keys = ["method", "milestone", "player"]
    found = effects.set_index(keys)[["conversions", "value_cents", "share"]].sort_index()
    sums = credits.groupby(keys)[["credit_share", "credit_cents"]].sum()
    sums = sums.reindex(found.index, fill_value=0)
    assert found.conversions.tolist() == pytest.approx(sums.credit_share.tolist(), abs=1e-9)
    assert found.value_cents.tolist() == sums.credit_cents.tolist()
    totals = found.conversions.groupby(["method", "milestone"]).transform("sum")
    assert found.share.tolist() == pytest.approx((found.conversions / totals).tolist())
    assert set(effects.status) == {"estimable"}


def test_disagreement_is_half_the_sum_of_differences_in_share(of_funnel):
    effects = table(of_funnel, "effects")
    shares = effects.pivot_table(index=["milestone", "player"], columns="method", values="share")
    apart = (shares.hazard_shapley - shares.multistate).abs().groupby("milestone").sum() / 2
    printed = effects.groupby("milestone").disagreement.agg(["min", "max"])
    assert printed["min"].tolist() == printed["max"].tolist()
    assert printed["min"].tolist() == pytest.approx(apart.tolist(), abs=1e-6)
    auto = effects[effects.method == "causal_auto"]
    assert set(auto.chosen_method) == {"multistate"}
    assert auto.chosen_because.str.startswith("stages recorded").all()
    assert effects[effects.method != "causal_auto"].chosen_method.isna().all()


def test_only_touches_before_creation_earn_anything(funnel, of_funnel):
    touches, milestones = funnel[1][1], funnel[1][2]
    credits = table(of_funnel, "credits").dropna(subset="touch_id")
    created = milestones[milestones.state == "opportunity"].set_index("opportunity_id")
    credited = credits.merge(touches, on="touch_id")
    assert len(credited) == len(credits)
    at = credited.opportunity_id.map(created.reached_at_us)
    assert (credited.touched_at_us <= at).all()
    assert not credited.is_control.any()


def test_the_choice_follows_the_recorded_stages(of_intent, of_funnel):
    assert of_intent.diagnostics["chosen_method"] == "hazard_shapley"
    assert "apart from the opportunity" in of_intent.diagnostics["chosen_because"]
    assert of_funnel.diagnostics["chosen_method"] == "multistate"
    assert 0 < of_funnel.diagnostics["disagreement"]["closed_won"] < 1
    effects = table(of_funnel, "effects").drop(columns=["chosen_method", "chosen_because"])
    auto, chosen = (
        effects[effects.method == name].drop(columns="method").reset_index(drop=True)
        for name in ("causal_auto", "multistate")
    )
    pd.testing.assert_frame_equal(auto, chosen)


def test_rows_in_any_order_on_any_engine_give_the_same_bytes(intent, of_intent):
    accounts, touches, milestones, start, end = intent[1]
    shuffled = [frame.sample(frac=1, random_state=4) for frame in (accounts, touches, milestones)]
    connection = duckdb.connect()
    for name, frame in zip(("a", "t", "m"), shuffled, strict=True):
        connection.register(name, frame)
    relations = [connection.table(name) for name in ("a", "t", "m")]
    again = causal_credits(*relations, ["hazard_shapley"], None, start, end)
    first = table(of_intent, "credits")
    first = first[first.method == "hazard_shapley"].reset_index(drop=True)
    pd.testing.assert_frame_equal(table(again, "credits"), first, check_exact=True)


def test_names_of_players_do_not_matter(intent, of_intent):
    accounts, touches, milestones, start, end = intent[1]
    names = {"p0": "z", "p1": "y", "p2": "x", "p3": "w", "organic": "organic"}
    renamed = touches.assign(player=touches.player.map(names))
    found = causal_credits(accounts, renamed, milestones, ["hazard_shapley"], None, start, end)
    effects, before = table(found, "effects"), table(of_intent, "effects")
    before = before[before.method == "hazard_shapley"].set_index("player").conversions
    after = effects.set_index("player").conversions
    for old, new in names.items():
        if old != "organic":
            assert after[new] == pytest.approx(before[old], abs=1e-3)


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda a, t, m: (a, t, m[m.state != "closed_won"]), "0 wins"),
        (lambda a, t, m: (a, t[t.is_control], m), "no touch of any player"),
        (lambda a, t, m: (a.iloc[:0], t, m), "no account"),
        (lambda a, t, m: (a[a.account_id.isin(m.account_id)], t, m), "without a deal"),
        (lambda a, t, m: (a, t[t.account_id == "none"], m), "no touch of any player"),
        (lambda a, t, m: (a, t.assign(player=[f"p{i}" for i in range(len(t))]), m), "coarser"),
    ],
)
def test_what_cannot_be_estimated_is_said_and_never_zero(intent, break_it, reason):
    accounts, touches, milestones, start, end = intent[1]
    broken = break_it(accounts, touches, milestones)
    found = causal_credits(*broken, ["hazard_shapley", "causal_auto"], None, start, end)
    effects = table(found, "effects")
    assert set(effects.status) == {"not estimable"}
    assert effects.reason.str.contains(reason).all()
    assert effects.conversions.isna().all()
    assert len(table(found, "credits")) == 0


@pytest.mark.parametrize("kind", ["Int64", "float64", "object"])
def test_an_unknown_entry_is_the_start_of_observation(intent, kind):
    """Whatever null the frame has for it."""
    accounts, *others = intent[1]
    accounts = accounts.iloc[:50].reset_index(drop=True)
    unknown = accounts.assign(entered_at_us=pd.Series([None] * 50, dtype=kind))
    panel = build_panel(unknown, *others, CausalSettings())
    assert panel.entered.tolist() == [0.0] * 50


def test_touches_that_separate_deals_from_all_others_are_refused():
    accounts = pd.DataFrame(
        {"account_id": [f"a{i:03d}" for i in range(200)], "entered_at_us": None}
    )
    deals = accounts.account_id[:60]
    touches = pd.DataFrame({
        "account_id": deals, "touch_id": deals, "touched_at_us": START_US, "player": "p",
        "is_control": False,
    })  # fmt: skip
    reached = [
        {"account_id": a, "opportunity_id": a, "state": s, "reached_at_us": START_US + 60}
        | {"value_cents": 1}
        for a in deals for s in ("opportunity", "closed_won")
    ]  # fmt: skip
    end = START_US + 4 * WEEK_US
    found = causal_credits(
        accounts, touches, pd.DataFrame(reached), ["hazard_shapley"], None, START_US, end
    )
    assert "separate" in table(found, "effects").reason[0]


def test_a_method_that_is_not_causal_is_named_with_the_nearest():
    with pytest.raises(AttributionError, match="hazard_shapely"):
        causal_credits(None, None, None, ["hazard_shapely"])


def test_only_causal_methods_may_be_called_incremental():
    assert {name for name, one in REGISTRY.items() if one.is_incremental} == set(CAUSAL_METHODS)


def test_the_models_know_the_same_methods():
    macro = Path(__file__).parents[3] / "macros" / "causal_methods.sql"
    named = re.findall(r"'(\w+)'", macro.read_text(encoding="utf-8").splitlines()[1])
    assert set(named) == set(CAUSAL_METHODS)


# --- worked by hand ----------------------------------------------------------------------------


def by_hand():
    """Two weeks. Account a: touches on days 0 and 8, an opportunity on day 9. b: one touch."""
    day = WEEK_US // 7
    accounts = pd.DataFrame({"account_id": ["a", "b"], "entered_at_us": [START_US, None]})
    touches = pd.DataFrame(
        {
            "account_id": ["a", "a", "a", "b"],
            "touch_id": ["t1", "t2", "late", "t3"],
            "touched_at_us": [START_US + d * day for d in (0, 8, 10, 1)],
            "player": "p",
            "is_control": False,
        }
    )
    milestones = pd.DataFrame({
        "account_id": ["a"], "opportunity_id": ["o"], "state": ["opportunity"],
        "reached_at_us": [START_US + 9 * day], "value_cents": [500],
    })  # fmt: skip
    settings = CausalSettings()
    return build_panel(accounts, touches, milestones, START_US, START_US + 2 * WEEK_US, settings)


def test_the_panel_of_two_weeks():
    panel = by_hand()
    assert panel.delivered[:, :, 0].tolist() == [[1, 1], [1, 0]]  # `late` was made by the deal
    risk = weeks_at_risk(panel, panel.spell_start, panel.reached[:, 2], CausalSettings())
    rows = list(zip(risk.account.tolist(), risk.week.tolist(), risk.moved.tolist(), strict=True))
    assert rows == [(0, 0, False), (0, 1, True), (1, 0, False), (1, 1, False)]
    before = stock_at_week_start(panel.delivered[:, :, :1], 1.0)
    stock = stock_at_moves(panel, before, risk, 1.0)[:, 0]
    # Half-life of a week. A week without a move is looked at in its beginning; earlier touches
    # count from the middle of their week; those of the week of the move, days 8 to 9, are exact.
    at_9 = 0.5 ** (9 / 7 - 0.5) + 0.5 ** (1 / 7)
    assert stock == pytest.approx([0, at_9, 0, 0.5**0.5], rel=1e-6)
    assert saturated(np.array([2.0]), 0.8)[0] == pytest.approx((1 - np.exp(-1.6)) / 0.8)


def test_one_player_with_two_levels_has_the_log_odds_ratio_of_the_table():
    # 30 of 100 moved with a touch, 10 of 100 without: log odds ratio log(.3/.7) - log(.1/.9).
    x = np.column_stack([np.ones(4), [1, 1, 0, 0]])
    y, weight = np.array([1.0, 0, 1, 0]), np.array([30.0, 70, 10, 90])
    b, likelihood = fit(x, y, weight, np.zeros((2, 2)), np.array([1]))
    assert b[1] == pytest.approx(np.log(0.3 / 0.7) - np.log(0.1 / 0.9), abs=1e-6)
    assert likelihood == pytest.approx((weight * np.log([0.3, 0.7, 0.1, 0.9])).sum(), abs=1e-6)
    b, _ = fit(x, 1 - y, weight, np.zeros((2, 2)), np.array([1]))
    assert b[1] == 0  # a player may cause nothing, never less


def test_what_is_known_beforehand_is_taken_off_the_odds():
    x, y, weight = np.ones((2, 1)), np.array([1.0, 0.0]), np.array([30.0, 70.0])
    b, _ = fit(x, y, weight, np.zeros((1, 1)), offset=np.array([0.7, 0.7]))
    assert b[0] == pytest.approx(np.log(0.3 / 0.7) - 0.7, abs=1e-6)


def test_a_coin_that_trebles_the_moves_has_the_effect_log_three():
    # Half of all had a touch by chance; 30 moves with it, 10 without. Surprise: +1/2 or -1/2.
    touched = np.r_[np.ones(300), np.zeros(100)]
    moves = Moves((touched - 0.5)[:, None], touched[:, None], np.ones(400))
    assert estimate_blips(moves).effect[0] == pytest.approx(np.log(3), abs=0.01)
    # 90 of 100 go where moves come from anyway; 36 of 40 moves among them are no surprise.
    foretold = np.r_[np.full(360, 0.1), np.full(40, -0.9)]
    nothing = Moves(foretold[:, None], (foretold > 0).astype(float)[:, None], np.ones(400))
    assert estimate_blips(nothing).effect[0] == pytest.approx(0, abs=1e-6)


def test_noisy_effects_follow_those_on_visits_where_the_two_are_in_proportion():
    known = np.array([0.0, 0.1, 0.2, 0.4])
    noisy = Blips(2 * known + [0.1, -0.1, 0.05, -0.05], 0.04 * np.eye(4), 0.0, 0)
    assert shrunk(noisy, known) == pytest.approx(2 * known, abs=0.06)
    apart = Blips(np.array([2.0, 0.0, 1.0, 0.0]), 0.01 * np.eye(4), 0.0, 0)
    assert shrunk(apart, known) == pytest.approx(apart.effect, abs=0.1)
    assert (shrunk(Blips(-apart.effect, apart.noise, 0.0, 0), None) >= 0).all()


@pytest.fixture(scope="module")
def of_chance(intent):
    accounts, touches, milestones, start, end = intent[1]
    panel = build_panel(accounts, touches, milestones, start, end, CausalSettings())
    return panel, evidence_of(panel)


def test_surprises_have_nothing_to_do_with_the_week_or_with_visits_before(of_chance):
    panel, evidence = of_chance
    at_risk = evidence.stages.stage >= 0
    assert not evidence.surprise[~at_risk].any()
    by_week = [evidence.surprise[at_risk[:, week], week].mean(axis=0) for week in range(5, 40)]
    assert np.abs(by_week).max() < 1e-4
    visits = stock_at_week_start(panel.delivered[:, :, -1:], 3.0)[:, :, 0][at_risk]
    chasing = panel.delivered[:, :, 0][at_risk]  # p0 goes where intent is
    left = evidence.surprise[:, :, 0][at_risk]
    assert np.corrcoef(visits, chasing)[0, 1] > 0.03
    assert abs(np.corrcoef(visits, left)[0, 1]) < 0.005


def test_an_effect_that_visits_carry_is_not_controlled_away():
    """Touches by chance make visits, visits make deals: all that the touches caused is theirs."""
    rng = np.random.default_rng(8)
    count, weeks = 1500, 40
    touched = rng.random((count, weeks)) < 0.08
    rows, deals = [], []
    for account in range(count):
        heat = 0.0
        for week in range(weeks):
            seen = rng.poisson(0.2 + heat)
            at = START_US + week * WEEK_US + rng.integers(WEEK_US // 2, size=seen + 1)
            rows += [(account, int(t), "organic", True) for t in at[1:]]
            if rng.random() < 0.004 * (1 + 3 * heat):
                deals.append((account, int(START_US + (week + 0.9) * WEEK_US)))
                break
            if touched[account, week]:
                rows.append((account, int(at[0]), "p", False))
            heat = 0.75 * heat + touched[account, week]
    touches = pd.DataFrame(rows, columns=["account_id", "touched_at_us", "player", "is_control"])
    touches = touches.assign(
        account_id=touches.account_id.map("a{:04d}".format),
        touch_id=[f"t{i:06d}" for i in range(len(touches))],
    )
    milestones = pd.DataFrame(
        [
            (f"a{account:04d}", f"o{account}", state, at, 100)
            for account, at in deals
            for state in ("opportunity", "closed_won")
        ],
        columns=["account_id", "opportunity_id", "state", "reached_at_us", "value_cents"],
    )
    accounts = pd.DataFrame({"account_id": [f"a{i:04d}" for i in range(count)]})
    accounts = accounts.assign(entered_at_us=None)
    end = START_US + weeks * WEEK_US
    found = causal_credits(accounts, touches, milestones, ["hazard_shapley"], None, START_US, end)
    # Heat is 0.32 on average, so about half of the hazard is owed to touches.
    baseline = table(found, "effects").set_index("player").share["baseline"]
    assert 0.4 < baseline < 0.65


def test_shapley_values_of_a_game_worked_by_hand():
    lists, matrix = coalitions(2, 12, 1)
    assert lists.tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]
    assert matrix @ np.array([1.0, 3.0, 2.0, 7.0]) == pytest.approx([3.5, 2.5])


def test_sampled_orders_still_add_up_and_come_close():
    rng = np.random.default_rng(1)
    gains = rng.random(6)
    exact_lists, exact = coalitions(6, 12, 1)
    lists, sampled = coalitions(6, 5, 200)
    value = [(rows @ gains) ** 2 for rows in (exact_lists, lists)]
    found = sampled @ value[1]
    assert found.sum() == pytest.approx(gains.sum() ** 2)
    assert found == pytest.approx(exact @ value[0], rel=0.05)
