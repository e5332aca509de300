"""Calibration: golden figures, what must hold for any input, and what is refused."""

import math
from statistics import NormalDist

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_attribution.attribution.calibration import calibrate
from partner_attribution.errors import AttributionError

Z90, Z95 = 1.6448536269514722, 1.959963984540054


def effects(**players):
    rows = [(name, *pair) for name, pair in players.items()]
    return pd.DataFrame(rows, columns=["player", "conversions", "standard_error"])


def experiments(*rows):
    columns = ["experiment_id", "player", "incremental_conversions", "lower", "upper"]
    return pd.DataFrame(rows, columns=[*columns, "interval_level"])


def rows_of(table):
    return {row["player"]: row for row in table.to_pylist()}


def test_equal_precision_meets_in_the_middle():
    found = rows_of(
        calibrate(
            effects(webinar=(40.0, 5.0)),
            experiments(("e1", "webinar", 20.0, 20 - 5 * Z95, 20 + 5 * Z95, 0.95)),
        )
    )["webinar"]
    assert found["conversions"] == pytest.approx(30)
    assert found["standard_error"] == pytest.approx(5 / math.sqrt(2))
    assert found["upper"] == pytest.approx(30 + Z90 * 5 / math.sqrt(2))
    assert (found["experiments"], found["experiment_weight"]) == (1, pytest.approx(0.5))


def test_golden_weights_of_two_experiments():
    # Precisions 1/100, 1/4 and 1/16: (50 * .01 + 10 * .25 + 20 * .0625) / .3225.
    tests = (
        ("e1", "email", 10.0, 10 - 2 * Z90, 10 + 2 * Z90, 0.9),
        ("e2", "email", 20.0, 20 - 4 * Z90, 20 + 4 * Z90, 0.9),
    )
    found = rows_of(calibrate(effects(email=(50.0, 10.0)), experiments(*tests)))["email"]
    assert found["conversions"] == pytest.approx(4.25 / 0.3225)
    assert found["experiment_weight"] == pytest.approx(0.3125 / 0.3225)


def test_players_without_an_experiment_keep_the_models_figure():
    found = rows_of(
        calibrate(effects(a=(7.0, 1.0), b=(9.0, 2.0)), experiments(("e", "b", 1.0, 0.0, 2.0, 0.9)))
    )
    assert found["a"]["conversions"] == 7.0
    assert found["a"]["experiment_weight"] == 0.0
    assert found["b"]["conversions"] < 9.0


FINITE = st.floats(-1e4, 1e4)
SIZE = st.floats(0.01, 1e3)


@given(FINITE, SIZE, st.lists(st.tuples(FINITE, SIZE), max_size=4), st.randoms())
def test_result_lies_between_and_is_surer_than_each(conversions, error, tests, random):
    rows = [
        (f"e{i}", "p", value, value - half, value + half, 0.9)
        for i, (value, half) in enumerate(tests)
    ]
    found = calibrate(effects(p=(conversions, error)), experiments(*rows))
    row = rows_of(found)["p"]
    values = [conversions, *(value for value, _ in tests)]
    assert min(values) - 1e-6 <= row["conversions"] <= max(values) + 1e-6
    assert row["standard_error"] <= min([error, *(half / Z90 for _, half in tests)]) * (1 + 1e-9)
    random.shuffle(rows)
    assert calibrate(effects(p=(conversions, error)), experiments(*rows)).equals(found)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("e", "fax", 1.0, 0.0, 2.0, 0.9), "'fax', of whom the model says nothing"),
        (("e", "p", 3.0, 0.0, 2.0, 0.9), "outside its own interval"),
        (("e", "p", 1.0, 1.0, 1.0, 0.9), "upper minus lower of experiment 'e' is 0"),
        (("e", "p", 1.0, 0.0, 2.0, 90.0), "interval_level of experiment 'e' is 90"),
    ],
)
def test_unusable_experiments_are_named(row, message):
    with pytest.raises(AttributionError, match=message):
        calibrate(effects(p=(5.0, 1.0)), experiments(row))


def test_a_model_without_uncertainty_is_refused():
    with pytest.raises(AttributionError, match="standard_error of 'p' is 0"):
        calibrate(effects(p=(5.0, 0.0)), experiments())


@given(FINITE, SIZE, st.floats(0.01, 0.99))
def test_bounds_hold_the_level_asked_for_on_both_sides(conversions, error, level):
    """The normal distribution around the result has half of what is left on each side."""
    found = calibrate(effects(p=(conversions, error)), experiments(), level).to_pylist()[0]
    around = NormalDist(found["conversions"], found["standard_error"])
    assert around.cdf(found["lower"]) == pytest.approx((1 - level) / 2)
    assert around.cdf(found["upper"]) == pytest.approx((1 + level) / 2)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 1.5])
def test_a_level_is_more_than_none_and_less_than_all(level):
    with pytest.raises(AttributionError, match=f"interval_level of the result is {level}"):
        calibrate(effects(p=(5.0, 1.0)), experiments(), level)
    with pytest.raises(AttributionError, match=f"interval_level of experiment 'e' is {level}"):
        calibrate(effects(p=(5.0, 1.0)), experiments(("e", "p", 1.0, 0.0, 2.0, level)))
