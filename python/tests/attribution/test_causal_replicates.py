"""How parts of players move with groups of accounts, by hand: fits are replaced by figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from partner_attribution.attribution.causal import replicates
from partner_attribution.attribution.causal.replicates import group_influence
from partner_attribution.attribution.causal.settings import CausalSettings, NotEstimable

SETTINGS = CausalSettings(interval_groups=2, interval_buckets=4)


@dataclass
class Accounts:
    """What `group_influence` reads of a panel. Four accounts, one per bucket."""

    players: tuple[str, ...] = ("p",)
    bucket: np.ndarray | None = None
    weight: np.ndarray | None = None


def accounts(players=("p",)):
    return Accounts(players, np.arange(4), np.array([1.0, 2.0, 3.0, 4.0]))


def parts(*player, baseline=1.0):
    """An estimate of closed_won, in two deals."""
    of_deals = np.array([player, np.zeros(len(player))], dtype=float)
    both = SimpleNamespace(player=of_deals, baseline=np.array([baseline, 0.0]))
    return SimpleNamespace(shares={"closed_won": both})


NONE = SimpleNamespace(shares=None)


@pytest.fixture
def asked(monkeypatch):
    """Fits asked for: (method, accounts that teach, settings, what they begin from)."""
    calls = []
    answers = {}

    def estimate(panel, evidence, method, settings, near):
        calls.append((method, tuple(panel.weight > 0), settings, near))
        given = answers.get(method, parts(5.0))
        return given(panel) if callable(given) else given

    monkeypatch.setattr(replicates, "evidence_of", lambda panel: "evidence")
    monkeypatch.setattr(replicates, "estimate", estimate)
    return SimpleNamespace(calls=calls, answers=answers)


def by_weight(panel):
    """A player's deals are a tenth of whoever teaches: 1.0 of all, .7 without the first group."""
    return parts(panel.weight.sum() / 10, baseline=2.0)


def test_each_group_moves_a_part_as_a_jackknife_says(asked):
    whole = by_weight(accounts())
    asked.answers["m"] = by_weight
    found = group_influence(accounts(), {"m": whole}, SETTINGS)
    # Without buckets 0 and 1: .7; without 2 and 3: .3. Times (2 - 1) / 2, of 1.
    assert list(found) == [("m", "closed_won")]
    assert found["m", "closed_won"]["p"] == pytest.approx([0.15, 0.35])
    assert found["m", "closed_won"]["baseline"] == pytest.approx([0.0, 0.0])
    teachers = [(False, False, True, True), (True, True, False, False)]
    assert [(call[1], call[3]) for call in asked.calls] == [(one, whole) for one in teachers]


def test_three_groups_weigh_by_two_thirds(asked):
    asked.answers["m"] = parts(4.0)
    settings = replace(SETTINGS, interval_groups=3)
    found = group_influence(accounts(), {"m": parts(10.0)}, settings)
    assert found["m", "closed_won"]["p"] == pytest.approx([0.4] * 3)


def test_a_part_is_relative_however_small_and_none_stays_none(asked):
    asked.answers["m"] = parts(0.1, 3.0)
    found = group_influence(accounts(("p", "q")), {"m": parts(0.5, 0.0)}, SETTINGS)
    assert found["m", "closed_won"]["p"] == pytest.approx([0.4, 0.4])
    assert found["m", "closed_won"]["q"].tolist() == [0.0, 0.0]


def test_nothing_moves_without_buckets_groups_or_an_estimate(asked):
    whole = {"m": parts(1.0)}
    assert group_influence(replace(accounts(), bucket=None), whole, SETTINGS) == {}
    assert group_influence(accounts(), whole, replace(SETTINGS, interval_groups=1)) == {}
    assert group_influence(accounts(), {"m": NONE}, SETTINGS) == {}
    assert not asked.calls


@pytest.mark.parametrize(
    ("own", "expected"), [((12, 100), (8, 15)), ((8, 15), (8, 15)), ((5, 10), (5, 10))]
)
def test_differences_need_fewer_orders_never_more(asked, own, expected):
    settings = replace(SETTINGS, exact_players=own[0], sampled_orders=own[1])
    group_influence(accounts(), {"m": parts(1.0)}, settings)
    assert {(one[2].exact_players, one[2].sampled_orders) for one in asked.calls} == {expected}


@pytest.mark.parametrize(("players", "fits"), [(8, 2), (9, 3)])
def test_where_orders_are_drawn_the_whole_is_shared_by_the_same_orders(asked, players, fits):
    names = tuple(f"p{i}" for i in range(players))
    asked.answers["m"] = parts(*[2.0] * players)
    found = group_influence(accounts(names), {"m": parts(*[4.0] * players)}, SETTINGS)
    assert len(asked.calls) == fits
    moved = 0.25 if players == 8 else 0.0
    assert found["m", "closed_won"]["p0"] == pytest.approx([moved, moved])


def test_a_method_that_needs_every_group_has_none_and_the_others_keep_theirs(asked):
    asked.answers["a"] = lambda panel: NONE if panel.weight[0] else parts(1.0)
    whole = {"b": parts(1.0), "c": parts(1.0), "a": parts(1.0)}
    found = group_influence(accounts(), whole, SETTINGS)
    assert list(found) == [("b", "closed_won"), ("c", "closed_won")]


def test_methods_come_by_name(asked):
    whole = {"c": parts(1.0), "a": parts(1.0), "b": parts(1.0)}
    assert [name for name, _ in group_influence(accounts(), whole, SETTINGS)] == ["a", "b", "c"]


def test_without_evidence_of_some_group_there_is_none(asked, monkeypatch):
    def refuse(panel):
        raise NotEstimable("nothing varies")

    monkeypatch.setattr(replicates, "evidence_of", refuse)
    assert group_influence(accounts(), {"m": parts(1.0)}, SETTINGS) == {}
