"""What was learned reaches the touches, and the engine makes exact cents of it."""

from __future__ import annotations

from fractions import Fraction

import duckdb
import narwhals as nw
import pandas as pd
import pytest

from partner_attribution.attribution import Settings, attribute
from partner_attribution.attribution.effects import player_effects
from partner_attribution.attribution.players import EVENLY, player, with_player_weights
from partner_attribution.errors import AttributionError

from .journeys import Journey, compared

METHODS = ("linear", "markov_path", "markov_global", "shapley_set", "shapley_rate")
JOURNEYS = [
    Journey(("C1", "C2", "C3"), is_converted=True, cents=1000),
    Journey(("C1",)),
    Journey(("C2", "C3")),
    Journey((), is_converted=True, cents=55),
]


def inputs(journeys):
    frame = compared(journeys)
    frame = frame[frame["is_converted"]].rename(
        columns={"journey_id": "conversion_id", "value_cents": "amount_cents"}
    )
    columns = ["conversion_id", "milestone", "amount_cents"]
    conversions = frame[columns].drop_duplicates()
    touches = frame[frame["touch_id"].notna()].drop(columns=["milestone", "amount_cents"])
    return conversions, touches.astype({"touched_at_us": "int64"})


def credits(journeys, methods=METHODS, settings=None):
    conversions, touches = inputs(journeys)
    table = player_effects(compared(journeys), methods, settings).to_pandas()
    touches = with_player_weights(conversions, touches, table, methods, settings)
    rows = attribute(conversions, touches, methods, settings)
    return {
        (c, m, None if pd.isna(t) else t): (share, cents)
        for c, t, m, share, cents in rows.itertuples(index=False)
    }


def test_path_credit_of_the_worked_example():
    """Effects .5, 1, 1 on one touch each of 10.00: .2, .4, .4. Rates: C1 0, C2 and C3 0, all 1.

    shapley_rate: only {C1, C2, C3} converts, at rate 1: a third each.
    """
    found = credits(JOURNEYS)
    assert [found["j0", "markov_path", f"j0t{i}"] for i in range(3)] == [
        (0.2, 200),
        (0.4, 400),
        (0.4, 400),
    ]
    for method in ("shapley_set", "shapley_rate", "linear"):
        assert [found["j0", method, f"j0t{i}"][1] for i in range(3)] == [334, 333, 333]
    assert found["j3", "markov_path", None] == (1.0, 55)
    assert "markov_global" not in {method for _, method, _ in found}


def test_players_of_a_journey_share_alike_and_so_do_their_touches():
    """A B A A of 1.00: A and B get a half each, A's touches a sixth."""
    found = credits([Journey(("A", "B", "A", "A"), True, 100)], ["shapley_set"])
    assert [found["j0", "shapley_set", f"j0t{i}"] for i in range(4)] == [
        (1 / 6, 17),
        (1 / 2, 50),
        (1 / 6, 17),
        (1 / 6, 16),
    ]


def test_fifty_touches_of_a_player_do_not_outweigh_one_of_another():
    found = credits([Journey(("A",) * 50 + ("B",), True, 10**9)], ["shapley_set"])
    assert found["j0", "shapley_set", "j0t50"][1] == pytest.approx(5 * 10**8, abs=1)
    assert sum(cents for _, cents in found.values()) == 10**9


def test_duckdb_gives_the_same_weights():
    conversions, touches = inputs(JOURNEYS)
    table = player_effects(compared(JOURNEYS), METHODS).to_pandas()
    expected = with_player_weights(conversions, touches, table, METHODS)
    connection = duckdb.connect()
    frames = [connection.from_df(frame) for frame in (conversions, touches, table)]
    found = with_player_weights(*frames, METHODS).order("conversion_id, touch_id").df()
    pd.testing.assert_frame_equal(
        found, expected.reset_index(drop=True), check_dtype=False, check_column_type=False
    )


def test_touches_keep_their_rows_and_columns_where_nothing_is_learned():
    conversions, touches = inputs(JOURNEYS)
    assert with_player_weights(conversions, touches, None, ["linear"]) is touches


def test_the_player_may_be_the_partner():
    settings = Settings(player_dimension="partner")
    found = credits(JOURNEYS, ["shapley_set"], settings)
    assert [found["j0", "shapley_set", f"j0t{i}"][1] for i in range(3)] == [334, 333, 333]


@pytest.mark.parametrize("dimension", ["campaign", "asset"])
def test_the_player_may_be_a_campaign_or_an_asset(dimension):
    """Two touches name nothing: they are one player, `unknown`, with half of the credit."""
    conversions, touches = inputs(JOURNEYS)
    touches[f"{dimension}_id"] = [
        None if i in {"j0t0", "j0t1"} else "tour" for i in touches["touch_id"]
    ]
    settings = Settings(player_dimension=dimension)
    touches = with_player_weights(conversions, touches, None, ["shapley_set"], settings)
    rows = attribute(conversions, touches, ["shapley_set"], settings)
    found = {touch: cents for _, touch, _, _, cents in rows.itertuples(index=False)}
    assert [found[f"j0t{i}"] for i in range(3)] == [250, 250, 500]


def test_only_methods_without_credit_per_touch_are_refused():
    conversions, touches = inputs(JOURNEYS)
    with pytest.raises(AttributionError, match="none credits touches"):
        attribute(conversions, touches, ["markov_global"])


@pytest.mark.parametrize(
    ("dimension", "names"),
    [
        ("channel", ["email", "unknown", "unknown"]),
        ("partner", ["acme", "unknown", "beta"]),
        ("partner_channel", ["acme:email", "unknown:unknown", "beta:unknown"]),
    ],
)
def test_a_player_always_has_a_name(dimension, names):
    touches = pd.DataFrame({"channel": ["email", "", None], "partner_id": ["acme", None, "beta"]})
    frame = nw.from_native(touches).select(found=player(dimension))
    assert frame["found"].to_list() == names


def test_a_player_without_a_weight_counts_nothing():
    """Nobody learned of C3: C1 and C2 share by theirs, 1 to 3."""
    conversions, touches = inputs(JOURNEYS[:1])
    learned = pd.DataFrame(
        {
            "milestone": "closed_won",
            "method": "markov_path",
            "player": ["C1", "C2", "C3"],
            "weight": pd.Series([1, 3, None], dtype="Int64"),
        }
    )
    weighed = with_player_weights(conversions, touches, learned, ["markov_path"])
    assert list(weighed.columns) == [*touches.columns, "player_weight_markov_path"]
    found = attribute(conversions, weighed, ["markov_path"])
    assert dict(zip(found["touch_id"], found["credit_cents"], strict=True)) == {
        "j0t0": 250,
        "j0t1": 750,
    }


def test_touches_of_a_player_weigh_a_whole_share_of_it_each():
    """Halves are rounded up; 2,351 touches leave a remainder just short of one."""
    sizes = [*range(1, 41), 2351]
    rows = [(f"c{n}", f"t{i}", "email", "acme") for n in sizes for i in range(n)]
    touches = pd.DataFrame(rows, columns=["conversion_id", "touch_id", "channel", "partner_id"])
    weighed = with_player_weights(None, touches, None, ["shapley_set"])
    column = "player_weight_shapley_set"
    found = (
        weighed.groupby("conversion_id")[column].agg(["min", "max"]).loc[[f"c{n}" for n in sizes]]
    )
    wanted = [int(Fraction(EVENLY, n) + Fraction(1, 2)) for n in sizes]
    assert found["min"].tolist() == found["max"].tolist() == wanted
    assert all(EVENLY % n == 0 for n in range(1, 31))
