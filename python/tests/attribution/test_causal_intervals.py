"""Intervals of causal methods: what each group of accounts moves, and the bounds made from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from partner_attribution.attribution.causal import CausalSettings, causal_credits
from partner_attribution.attribution.causal.estimate import estimate, funnel_states
from partner_attribution.attribution.causal.funnel import fit_funnels
from partner_attribution.attribution.causal.panel import build_panel
from partner_attribution.attribution.causal.replicates import group_influence
from partner_attribution.attribution.causal.stocks import stock_at_week_start
from partner_attribution.attribution.causal.surprise import evidence_of
from partner_attribution.attribution.cells import credit_intervals
from partner_attribution.attribution.incremental_intervals import incremental_intervals
from partner_attribution.attribution.intervals import IntervalSettings, first_buckets, grouped

from .causal_worlds import World, played

SETTINGS = CausalSettings(
    half_lives_weeks=(3.0,), saturations=(0.8,), interval_groups=4, interval_buckets=8
)
T_1 = 6.3137515  # 95 % quantile of Student's t with one degree of freedom, from the printed table


@pytest.fixture(scope="module")
def data():
    accounts, *others = played(World(3, players=3, accounts=1200, weeks=52, base=1.0))
    return accounts.assign(bucket=np.arange(len(accounts)) % 8), *others


def fitted(panel):
    columns = list(funnel_states(panel, "hazard_shapley", SETTINGS).values())
    return fit_funnels(panel, evidence_of(panel), columns, SETTINGS)[0]


def panel_of(data, accounts=None):
    own, touches, milestones, start, end = data
    known = own if accounts is None else own[own.account_id.isin(accounts)]
    return build_panel(known, touches, milestones, start, end, SETTINGS)


def test_accounts_without_weight_teach_as_if_they_were_not_there(data):
    panel, others = panel_of(data), data[0][data[0].bucket >= 2].account_id
    without = replace(panel, weight=np.where(panel.bucket < 2, 0.0, panel.weight))
    found, wanted = fitted(without), fitted(panel_of(data, set(others)))

    np.testing.assert_allclose(found.steps[0].effect, wanted.steps[0].effect, atol=5e-3)
    assert not np.allclose(found.steps[0].effect, fitted(panel).steps[0].effect, atol=2e-2)


def test_influence_is_what_deals_lose_when_a_group_does_not_teach(data):
    panel = panel_of(data)
    whole = estimate(panel, evidence_of(panel), "hazard_shapley", SETTINGS)
    found = group_influence(panel, {"hazard_shapley": whole}, SETTINGS)
    without = replace(panel, weight=np.where(panel.bucket // 2 == 1, 0.0, panel.weight))
    other = estimate(without, evidence_of(without), "hazard_shapley", SETTINGS)
    deals = [one.shares["closed_won"] for one in (whole, other)]
    own, left = (np.append(one.player.sum(axis=0), one.baseline.sum()) for one in deals)
    influence = found["hazard_shapley", "closed_won"]

    assert list(influence) == [*panel.players, "baseline"]
    for place, values in enumerate(influence.values()):
        assert len(values) == 4
        wanted = (own[place] - left[place]) / own[place] * 3 / 4 if own[place] else 0.0
        assert values[1] == pytest.approx(wanted, abs=1e-9)
    assert any(abs(values[1]) > 1e-3 for values in influence.values())


def test_a_fit_that_begins_at_another_ends_where_it_would_have_ended_alone(data):
    panel = panel_of(data)
    grid = replace(SETTINGS, half_lives_weeks=(1.5, 3.0), saturations=(0.0, 0.8))
    columns = list(funnel_states(panel, "hazard_shapley", grid).values())
    near = fit_funnels(panel, evidence_of(panel), columns, grid)
    without = replace(panel, weight=np.where(panel.bucket == 1, 0.0, panel.weight))
    evidence = evidence_of(without)
    found = fit_funnels(without, evidence, columns, grid, near)
    alone = {
        (one.half_life, one.saturation): one
        for one in fit_funnels(without, evidence, columns, grid)
    }
    tried = {(one.half_life, one.saturation) for one in near}

    assert {(one.half_life, one.saturation) for one in found} <= tried
    for one in found:
        wanted = alone[one.half_life, one.saturation]
        np.testing.assert_allclose(one.steps[0].effect, wanted.steps[0].effect, atol=1e-5)
        np.testing.assert_allclose(one.steps[0].base, wanted.steps[0].base, atol=1e-4)
    moved = [np.abs(one.steps[0].effect - near[0].steps[0].effect).max() for one in found]
    assert max(moved) > 1e-2


def test_a_panel_without_a_group_keeps_the_stocks_but_one_of_other_touches_does_not(data):
    panel = panel_of(data)
    players, organic = panel.delivered[:, :, :-1], panel.delivered[:, :, -1]
    wanted = stock_at_week_start(players, 3.0)
    without = replace(panel, weight=panel.weight * 0)

    assert (panel.stock(3.0) == wanted).all()
    assert without.stock(3.0) is panel.stock(3.0)
    assert (panel.stock(6.0) == stock_at_week_start(players, 6.0)).all()
    assert (panel.organic_stock(3.0) == stock_at_week_start(organic, 3.0)).all()
    assert without.organic_stock(3.0) is panel.organic_stock(3.0)
    assert (replace(panel, delivered=2 * panel.delivered).stock(3.0) == 2 * wanted).all()
    assert (panel.stock(3.0) == wanted).all()


def test_influence_is_a_row_per_player_and_group_under_its_first_bucket(data):
    own, touches, milestones, start, end = data
    methods = ["causal_auto", "hazard_shapley"]
    found = causal_credits(own, touches, milestones, methods, SETTINGS, start, end)
    rows = found.influence.to_pandas()

    assert sorted(rows.bucket.unique()) == [0, 2, 4, 6]
    assert len(rows) == len(methods) * 4 * 4
    assert set(rows.method) == set(methods)
    # No bucket, no influence, and nothing else changes.
    bare = causal_credits(
        own.drop(columns="bucket"), touches, milestones, methods, SETTINGS, start, end
    )
    assert bare.influence.num_rows == 0
    assert bare.effects.equals(found.effects)
    assert bare.credits.equals(found.credits)


def test_groups_are_of_neighbouring_buckets():
    assert grouped(np.arange(10.0)[None], 4).tolist() == [[0 + 1 + 2, 3 + 4, 5 + 6 + 7, 8 + 9]]
    assert first_buckets(4, 10) == [0, 3, 5, 8]
    assert [bucket * 4 // 10 for bucket in (0, 3, 5, 8)] == [0, 1, 2, 3]
    assert grouped(np.ones((2, 3)), 4).tolist() == np.ones((2, 3)).tolist()


def test_bounds_of_two_groups_by_hand():
    """Sums 1 and 3 of 4, influence .25 and -.25 on the whole: 2 and 2, so only learning undoes it.

    Another player has 1 and 3 and learns nothing: 4 x exp(-+ t 2 / 4), as in test_intervals.
    """
    key = {"milestone": "closed_won", "method": "multistate"}
    sums = pa.Table.from_pylist(
        [
            key | {"player": p, "bucket": b, "winning_accounts": w, "share_billionths": s * 10**9,
                   "credit_cents": s * 100}
            for p in ("email", "event") for b, w, s in ((0, 1, 1), (1, 0, 0), (3, 1, 3))
        ]
    )  # fmt: skip
    estimates = pa.Table.from_pylist(
        [
            key | {"row_kind": "influence", "player": p, "bucket": b, "influence": i}
            for p, both in (("email", (0.25, -0.25)), ("event", (0.0, 0.0)))
            for b, i in zip((0, 2), both, strict=True)
        ]
    )
    settings = IntervalSettings(buckets=4, fitted_groups=2, min_wins=2, low_sample_wins=3)
    email, event = incremental_intervals(sums, estimates, settings).to_pylist()

    assert [(row["milestone"], row["method"], row["player"]) for row in (email, event)] == [
        ("closed_won", "multistate", "email"), ("closed_won", "multistate", "event")
    ]  # fmt: skip
    assert (email["winning_accounts"], email["interval_status"]) == (2, "low_sample")
    assert (email["conversions_lower"], email["conversions_upper"]) == pytest.approx((4, 4))
    ratio = np.exp(T_1 * 2 / 4)
    assert event["conversions_lower"] == pytest.approx(4 / ratio, rel=1e-6)
    assert event["cents_lower"] == pytest.approx(400 / ratio, rel=1e-6)
    assert event["cents_upper"] == pytest.approx(400 * ratio, rel=1e-6)
    # Rows in any order, and a bucket in two parts, are the same sums.
    half = sums.slice(0, 1).to_pylist()[0]
    halves = [half | {"winning_accounts": n, "share_billionths": 5 * 10**8, "credit_cents": 50}
              for n in (0, 1)]  # fmt: skip
    parts = pa.Table.from_pylist([*sums.slice(1).to_pylist()[::-1], *halves])
    assert incremental_intervals(parts, estimates, settings).to_pylist() == [email, event]

    few = IntervalSettings(buckets=4, fitted_groups=2, min_wins=3)
    suppressed = incremental_intervals(sums, estimates, few).to_pylist()
    assert {row["interval_status"] for row in suppressed} == {"suppressed"}
    (bare,) = {
        (row["interval_status"], row["conversions_lower"])
        for row in incremental_intervals(sums, estimates.slice(0, 0), settings).to_pylist()
    }
    assert bare == ("not_built", None)


def test_cells_of_a_causal_method_vary_by_group():
    """One cell with the same sums and influence as the player above: the same bounds."""
    cells = pa.Table.from_pylist(
        [{"cell_number": 1, "whole_number": None, "milestone": "closed_won",
          "method": "multistate", "winning_accounts": 50}]
    )  # fmt: skip
    row = {"cell_number": 1, "player": None}
    sums = pa.Table.from_pylist(
        [
            row | {"bucket": 0, "share_billionths": 10**9, "credit_cents": 100},
            row | {"bucket": 1, "share_billionths": 10**9, "credit_cents": 100},
            row | {"bucket": 3, "share_billionths": 2 * 10**9, "credit_cents": 200},
            {"cell_number": 1, "player": "email", "bucket": None,
             "share_billionths": 4 * 10**9, "credit_cents": 400},
        ]
    )  # fmt: skip
    influence = pa.Table.from_pylist(
        [
            {"milestone": "closed_won", "method": "multistate", "player": "email", "bucket": b,
             "influence": i}
            for b, i in ((0, -0.25), (2, 0.25))
        ]
    )  # fmt: skip
    settings = IntervalSettings(buckets=4, fitted_groups=2)
    (found,) = credit_intervals(cells, sums, influence, settings).to_pylist()

    # Contributions 2 - 1 and 2 + 1.
    assert found["interval_status"] == "low_sample"
    assert found["conversions_upper"] == pytest.approx(4 * np.exp(T_1 * 2 / 4), rel=1e-6)
    (none,) = credit_intervals(cells, sums, influence.slice(0, 0), settings).to_pylist()
    assert none["interval_status"] == "not_built"
