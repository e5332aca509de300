"""Markov and Shapley methods through dbt: their figures again, by definition."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest

from tests.attribution.journeys import Journey, removal_effects_by_walking
from tests.integration.dbt_runs import dbt_build, rows, two_partners_lookups
from tests.integration.template_world import make_world

METHODS = ["markov_path", "markov_global", "shapley_set", "shapley_rate"]
METHODS += ["first_touch", "last_touch", "last_non_direct", "linear", "position", "time_decay"]
METHODS += ["u_shaped", "w_shaped", "full_path", "custom"]
LOOKUPS = {
    "method_weights": "method,dimension,value,weight\ncustom,channel,webinar,3\n"
    "custom,channel,email,0.00001\ncustom,touch_type,other,7\n",
    "half_lives": "campaign_type,half_life_days\njoint,30\nown,0.5\n",
    "campaigns": "campaign_id,campaign_name,campaign_type,flight_start,flight_end\n"
    "tour,Tour,joint,2026-01-01,2026-09-30\npush,Push,own,2026-01-01,2026-09-30\n",
    "campaign_aliases": "campaign_id,alias,partner_id\n"
    + "".join(f"{'tour' if row % 2 else 'push'},row {row},\n" for row in range(400)),
}
JOURNEYS = """
    select milestone, journey_id, is_converted, value_cents, partner_id || ':' || channel
    from journeys.int_journeys_compared
    where touch_id is not null
    order by milestone, journey_id, touched_at_us, touch_id
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two partners' spreadsheets, learned from by partner and channel, two touches deep."""
    folder = tmp_path_factory.mktemp("data_driven")
    make_world(seed=11).write(folder / "data")
    settings = {
        "attribution_methods": [*METHODS, "causal_auto"],
        "player_dimension": "partner_channel",
        "markov_order": 2,
        "u_shaped_weights": [0.5, 0.2, 0.3],
        "custom_other_weight": 0.5,
        "lookback_days_by_method": {"linear": 30, "shapley_rate": 60, "w_shaped": 60},
    }
    with two_partners_lookups(folder, LOOKUPS) as seeds_dir:
        return dbt_build(folder / "built", folder / "data", seeds_dir=seeds_dir, settings=settings)


def journeys(database: Path, milestone: str) -> list[Journey]:
    paths: dict[str, tuple[bool, int, list[str]]] = {}
    for found, journey_id, is_converted, cents, player in rows(database, JOURNEYS):
        if found == milestone:
            paths.setdefault(journey_id, (is_converted, cents, []))[2].append(player)
    return [Journey(tuple(path), won, cents) for won, cents, path in paths.values()]


@pytest.mark.parametrize("milestone", ["mql", "opportunity", "closed_won"])
def test_removal_effects_equal_the_definition_walked_step_by_step(
    database: Path, milestone: str
) -> None:
    compared = journeys(database, milestone)
    wins = sum(journey.is_converted for journey in compared)
    # In this world every account with touches has a deal: nothing to compare `opportunity` with.
    assert 0 < wins < len(compared) + (milestone == "opportunity")
    served = rows(
        database,
        "select player, removal_effect, base_rate, markov_order, journeys, conversions"
        " from marts.fct_player_effects"
        f" where method = 'markov_global' and milestone = '{milestone}'"
        " and player <> 'unattributed'",
    )
    walked = removal_effects_by_walking(compared, order=2)
    assert {player: effect for player, effect, *_ in served} == pytest.approx(walked, abs=1e-9)
    assert {tuple(row[2:]) for row in served} == {(wins / len(compared), 2, len(compared), wins)}


def test_shapley_set_credits_are_even_splits_over_distinct_players(database: Path) -> None:
    wanted: dict[str, Fraction] = {}
    for journey in journeys(database, "closed_won"):
        for player in set(journey.path) if journey.is_converted else ():
            share = Fraction(1, len(set(journey.path)))
            wanted[player] = wanted.get(player, Fraction(0)) + share
    served = rows(
        database,
        "select player, shapley_value, credited_conversions from marts.fct_player_effects"
        " where method = 'shapley_set' and milestone = 'closed_won' and shapley_value > 0",
    )
    for column in (1, 2):
        found = {row[0]: row[column] for row in served}
        assert found == pytest.approx({p: float(v) for p, v in wanted.items()}, abs=1e-6)


def test_new_methods_are_rows_of_the_long_mart_and_add_up(database: Path) -> None:
    short = rows(
        database,
        "select conversion_id, method from marts.fct_attribution_credits"
        " join marts.fct_conversions using (conversion_id) group by conversion_id, method, amount"
        " having sum(credited_amount) <> amount or abs(sum(credit_share) - 1) > 1e-6",
    )
    assert not short
    found = rows(database, "select distinct method from marts.fct_attribution_credits")
    assert {method for (method,) in found} == set(METHODS) - {"markov_global"}


def test_disagreement_is_the_mean_distance_between_two_methods(database: Path) -> None:
    """Again by brute force: every pair of methods, half the sum of the differences."""
    shares: dict[tuple[str, ...], dict[str, dict[str, float]]] = {}
    served: dict[tuple[str, ...], set[float]] = {}
    for *cell, method, member, share, disagreement in rows(
        database,
        "select campaign_id, window_id, milestone, dimension, method, member, share, disagreement"
        " from reports.rpt_method_disagreement where share is not null",
    ):
        shares.setdefault(tuple(cell), {}).setdefault(method, {})[member] = share
        served.setdefault(tuple(cell), set()).add(disagreement)
    for cell, by_method in shares.items():
        pairs = [
            sum(abs(one[member] - other[member]) for member in one) / 2
            for one, other in combinations(by_method.values(), 2)
        ]
        [found] = served[cell]
        assert found == pytest.approx(sum(pairs) / len(pairs), abs=1e-6), cell
    assert {cell[3] for cell in served} == {"partner", "channel", "asset", "campaign"}
    assert {cell[0] for cell in served} == {"all", "tour", "push"}


def test_ranks_and_spread_are_of_all_methods(database: Path) -> None:
    found = rows(
        database,
        "select milestone, member, method, credited_amount, member_rank, rank_change, spread_share,"
        " share from reports.rpt_method_disagreement where campaign_id = 'all'"
        " and dimension = 'channel' and milestone = 'closed_won'",
    )
    amounts = {(row[1], row[2]): row[3] for row in found}
    of_channel: dict[str, list[float]] = {}
    for _, member, _, _, _, _, _, share in found:
        of_channel.setdefault(member, []).append(share)

    def rank(member: str, method: str) -> int:
        own = amounts[member, method]
        return 1 + sum(amount > own for (_, other), amount in amounts.items() if other == method)

    for _, member, method, _, member_rank, change, spread, _ in found:
        assert member_rank == rank(member, method)
        assert change == rank(member, "position") - member_rank
        assert spread == pytest.approx(max(of_channel[member]) - min(of_channel[member]))
    assert len(found) == len(of_channel) * (len(METHODS) - 1)


def test_every_half_life_and_weight_of_the_lookups_is_in_use(database: Path) -> None:
    found = rows(
        database,
        "select distinct method, regexp_extract(rule, '(half-life|agreed weight) [0-9.]+') as used"
        " from marts.fct_credit_explanations where method in ('time_decay', 'custom')"
        " and touch_id is not null order by 1, 2",
    )
    assert found == [
        ("custom", "agreed weight 0.00001"),
        ("custom", "agreed weight 0.50000"),
        ("custom", "agreed weight 3.00000"),
        ("time_decay", "half-life 0.5"),
        ("time_decay", "half-life 30"),
        ("time_decay", "half-life 7"),
    ]


def test_a_causal_method_that_cannot_be_estimated_says_why(database: Path) -> None:
    """Every account with touches has a deal here: nobody to compare the deals with."""
    found = rows(
        database,
        "select distinct status, reason, conversions from marts.fct_incremental_effects"
        " where method = 'causal_auto'",
    )
    assert len(found) == 1
    status, reason, conversions = found[0]
    assert (status, conversions) == ("not estimable", None)
    assert "accounts without a deal" in reason or "wins" in reason


def test_every_rule_says_the_share(database: Path) -> None:
    wrong = rows(
        database,
        "select rule, credit_share from marts.fct_credit_explanations where touch_id is not null"
        " and abs(cast(regexp_extract(rule, ': ([0-9.]+) %$', 1) as double) / 100 - credit_share)"
        " > 0.000051",
    )
    assert not wrong
    assert len(rows(database, "select 1 from marts.fct_credit_explanations")) > 1000
