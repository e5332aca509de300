"""What teaches: not accounts that come back after a deal, not moves that no touch came before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from partner_attribution.attribution.causal.estimate import funnel_states
from partner_attribution.attribution.causal.funnel import fit_funnels, likelihood
from partner_attribution.attribution.causal.kept import _usual_hazard
from partner_attribution.attribution.causal.panel import build_panel
from partner_attribution.attribution.causal.settings import CausalSettings, NotEstimable
from partner_attribution.attribution.causal.surprise import evidence_of, recorded_stages
from partner_attribution.attribution.causal.told import Held, told_before

from .causal_worlds import WEEK_US, World, played

SETTINGS = CausalSettings(half_lives_weeks=(3.0,), saturations=(0.8,))
BACK = 60


@pytest.fixture(scope="module")
def data():
    return played(World(8, players=3, accounts=900, weeks=60, funnel=True, base=0.6))


def coming_back(milestones: pd.DataFrame, until: int) -> pd.DataFrame:
    """Second opportunities, ten weeks after the close of the first, of as many as have the time."""
    closed = milestones[milestones.state.isin(("closed_won", "closed_lost"))]
    early = closed[closed.reached_at_us < until - 15 * WEEK_US].sort_values("account_id").head(BACK)
    assert len(early) == BACK
    return early.assign(
        opportunity_id=early.opportunity_id + ":again",
        state="opportunity",
        reached_at_us=early.reached_at_us + 10 * WEEK_US,
    )


def chasing(again: pd.DataFrame) -> pd.DataFrame:
    """Two touches of p2 a week in the three weeks before each second opportunity."""
    rows = [
        (one.account_id, f"chase:{one.account_id}:{k}", one.reached_at_us - (k + 1) * WEEK_US // 2)
        for one in again.itertuples()
        for k in range(6)
    ]
    frame = pd.DataFrame(rows, columns=["account_id", "touch_id", "touched_at_us"])
    return frame.assign(player="p2", is_control=False)


def panel_of(data, milestones, touches=None):
    accounts, own, _, start, end = data
    every = own if touches is None else pd.concat([own, touches], ignore_index=True)
    return build_panel(accounts, every, milestones, start, end, SETTINGS)


def fitted(panel):
    columns = list(funnel_states(panel, "multistate", SETTINGS).values())
    (funnel,) = fit_funnels(panel, evidence_of(panel), columns, SETTINGS)
    return funnel


def test_what_reaches_a_returning_account_moves_no_effect(data):
    again = coming_back(data[2], data[4])
    milestones = pd.concat([data[2], again], ignore_index=True)
    quiet = fitted(panel_of(data, milestones))
    chased = fitted(panel_of(data, milestones, chasing(again)))

    assert len(quiet.steps) == 3
    for before, after in zip(quiet.steps, chased.steps, strict=True):
        np.testing.assert_array_equal(before.effect, after.effect)
    assert quiet.misfit == chased.misfit


def test_the_stage_of_a_returning_account_is_not_on_record(data):
    again = coming_back(data[2], data[4])
    panel = panel_of(data, pd.concat([data[2], again], ignore_index=True))
    stages = recorded_stages(panel).stage
    back = np.flatnonzero(panel.spell_returns)
    ended = back[panel.spell_opportunity[back] >= 0]

    assert len(ended) == BACK
    for account, start, reached in zip(
        panel.spell_account[ended], panel.spell_start[ended], panel.reached[ended, 2], strict=True
    ):
        assert (stages[account, int(np.ceil(start)) : int(reached)] == -1).all()


def test_returning_accounts_do_not_count_for_the_usual_chance_to_move_on(data):
    again = coming_back(data[2], data[4])
    step = fitted(panel_of(data, pd.concat([data[2], again], ignore_index=True))).steps[-1]
    everyone = np.ones((1, 3), dtype=int)
    other = replace(step, base=np.where(step.risk.first, step.base, step.base + 5))

    assert 0 < step.risk.first.mean() < 1
    assert _usual_hazard(other, everyone) == _usual_hazard(step, everyone)


def test_events_that_no_surprise_came_before_are_left_out():
    """Beside them any effect fits: it leaves nothing of the moves that touches reached."""
    held = [np.zeros((11, 6)), np.zeros((11, 6))]
    held[0][8, 1], held[1][8, 1], held[1][9, 2] = 0.5, -0.1, 0.2
    account, week, weight = np.array([7, 8, 9, 10]), np.array([1, 2, 3, 4]), np.ones(4)
    place, rows = np.arange(66).reshape(11, 6), np.stack(held, axis=2).reshape(66, 2)
    told = told_before(Held(place, rows), account, week, weight, delay=1)

    assert told.account.tolist() == [8, 9]
    assert told.week.tolist() == [2, 3], "the week of the record, whatever the delay"
    assert told.weight.tolist() == [1.0, 1.0]
    assert told.surprise.tolist() == [[0.5, -0.1], [0.0, 0.2]]


def test_a_stage_that_is_the_first_record_of_accounts_is_no_state(data):
    """Nearly every account is known from its lead: the step to the lead says nothing."""
    accounts, _, milestones, start, _ = data
    assert list(funnel_states(panel_of(data, milestones), "multistate", SETTINGS)) == [
        "lead",
        "mql",
        "opportunity",
    ]
    leads = pd.DataFrame(
        {
            "account_id": accounts.account_id,
            "opportunity_id": None,
            "state": "lead",
            "reached_at_us": start + 1000,
            "value_cents": 0,
        }
    )
    leads = leads[np.arange(len(leads)) % 50 > 0]
    known = accounts.assign(entered_at_us=start)
    others = milestones[milestones.state != "lead"]
    panel = panel_of((known, *data[1:]), pd.concat([others, leads], ignore_index=True))

    assert list(funnel_states(panel, "multistate", SETTINGS)) == ["mql", "opportunity"]
    assert len(fitted(panel).steps) == 2
    with pytest.raises(NotEstimable, match="moves tell of touches, at least 30 are needed"):
        fit_funnels(panel, evidence_of(panel), [0, 1, 2], SETTINGS)


def test_pairs_of_the_grid_count_by_their_likelihood(data):
    """exp(-chi squared / 2), without those that are less than 3 % as likely as the best."""
    np.testing.assert_allclose(
        likelihood(np.array([12.0, 10.0, 30.0, 17.1])), [0.268941, 0.731059, 0, 0], atol=1e-6
    )
    panel = panel_of(data, data[2])
    settings = replace(SETTINGS, half_lives_weeks=(1.5, 3.0, 12.0))
    funnels = fit_funnels(panel, evidence_of(panel), [2], settings)

    assert len(funnels) > 1
    assert sum(one.share for one in funnels) == pytest.approx(1)
    likely = max(funnels, key=lambda one: one.share)
    assert likely.share > max(one.share for one in funnels if one is not likely)
