"""The table of what causal methods found in a ledger: the same rows as each part, told apart."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import numpy as np
import pytest

from partner_attribution.attribution.causal import CausalSettings, causal_credits
from partner_attribution.attribution.causal.ledger import estimates_of_ledger
from partner_attribution.attribution.intervals import IntervalSettings

from .causal_worlds import World, played


def ledger_of(world):
    accounts, touches, milestones, start, end = played(world)
    accounts = accounts.assign(
        observed_from_us=start, observed_until_us=end, bucket=np.arange(len(accounts)) % 4
    )
    return accounts, touches, milestones


@pytest.fixture(scope="module")
def ledger():
    """Too few wins to tell what they owe to whom: no model is fitted."""
    return ledger_of(World(3, players=2, accounts=60, weeks=20))


def test_every_row_of_each_part_and_nothing_of_another():
    ledger = ledger_of(World(3, players=2, accounts=400, weeks=40, base=1.0))
    accounts, touches, milestones = ledger
    start, end = (int(accounts[name].iloc[0]) for name in ("observed_from_us", "observed_until_us"))
    settings = CausalSettings(
        milestones=("opportunity", "closed_won"), interval_groups=2, interval_buckets=4
    )
    parts = causal_credits(accounts, touches, milestones, ["hazard_shapley"], settings, start, end)
    found = estimates_of_ledger(*ledger, ["linear", "hazard_shapley", "markov_path"], 2, 4)
    rows = found.to_pylist()
    tables = {"effect": parts.effects, "credit": parts.credits, "influence": parts.influence}
    for kind, table in tables.items():
        own = [row for row in rows if row["row_kind"] == kind]
        assert own
        assert [{name: row[name] for name in table.column_names} for row in own] == (
            table.to_pylist()
        )
        others = set(found.column_names) - {"row_kind", *table.column_names}
        assert all(row[name] is None for row in own for name in others)
    assert len(rows) == sum(table.num_rows for table in tables.values())
    assert {row["milestone"] for row in rows} == {"opportunity", "closed_won"}


def test_nothing_is_estimated_without_a_causal_method_or_an_account(ledger):
    accounts, touches, milestones = ledger
    wanted = estimates_of_ledger(*ledger, ["hazard_shapley"]).schema
    nothing = estimates_of_ledger(*ledger, ["linear"])
    assert (nothing.num_rows, nothing.schema) == (0, wanted)
    with duckdb.connect() as connection:
        relations = [connection.from_df(one) for one in (accounts, touches, milestones)]
        nobody = relations[0].filter("false")
        none = (nobody, relations[1].filter("false"), relations[2].filter("false"))
        assert estimates_of_ledger(*none, ["multistate"]).schema == wanted
        again = estimates_of_ledger(*relations, ["hazard_shapley"])
    assert again.equals(estimates_of_ledger(*ledger, ["hazard_shapley"]))


def test_there_are_never_more_groups_than_buckets(ledger, monkeypatch):
    seen = []

    def noted(*arguments):
        seen.append(arguments[4])
        return causal_credits(*arguments)

    monkeypatch.setattr("partner_attribution.attribution.causal.ledger.causal_credits", noted)
    for groups, buckets in ((0, 1000), (10, 4), (3, 4)):
        estimates_of_ledger(*ledger, ["hazard_shapley"], groups, buckets)
    estimates_of_ledger(*ledger, ["hazard_shapley"])
    pairs = [(one.interval_groups, one.interval_buckets) for one in seen]
    assert pairs == [(0, 1000), (4, 4), (3, 4), (0, 1000)]


def test_settings_are_those_that_the_documentation_names():
    text = (Path(__file__).parents[3] / "docs/methods.md").read_text(encoding="utf-8")
    text = " ".join(text.split())

    def named(sentence):
        found = re.search(sentence, text)
        assert found, f"docs/methods.md no longer says: {sentence}"
        return tuple(float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\.?\d*\b", found[1]))

    own = CausalSettings()
    assert own.half_lives_weeks == named(r": h (.*?) weeks and s")
    assert own.saturations == named(r"weeks and s ([^.]*0\.8)\.")
    assert own.organic_half_lives_weeks == named(r"own visits \(half-lives (.*?) weeks\)")
    assert (own.controls_per_event,) == named(r"without a move about (\d+) per move")
    assert own.delays_weeks == named(r"surprises up to (.*?) weeks before the record")
    assert (own.misfit,) == named(r"\(misfit at most (\d)\)") == named(r"misfit of (\d+), `needs")
    assert own.closing_evidence == 1 / named(r"by luck in less than 1 of (\d+)")[0]
    assert (own.accounts_without_deal,) == named(r"Above ([\d,]+) accounts without any stage")
    assert (own.exact_players,) == named(r"over all coalitions up to (\d+) players")
    assert (own.sampled_orders,) == named(r"over (\d+) orders drawn")
    assert (own.maximum_players,) == named(r"their reverses up to (\d+)\.")
    assert (own.maximum_players,) == named(r"more than (\d+) players")
    assert (own.minimum_wins,) == named(r"under (\d+) wins")
    assert (own.minimum_transitions,) == named(r"became known, at least (\d+) times")
    assert (own.disagreement,) == named(r"Above ([\d.]+), or above a misfit")


def test_alone_causal_methods_look_at_deals_won_and_give_no_intervals():
    own = CausalSettings()
    assert (own.milestones, own.interval_groups) == (("closed_won",), 0)
    assert own.interval_buckets == IntervalSettings().buckets
