"""Intervals: a case by hand, what must not matter, and how often they hold what they should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_attribution.attribution.cells import credit_intervals
from partner_attribution.attribution.intervals import (
    LOW_SAMPLE,
    NOT_BUILT,
    OK,
    SUPPRESSED,
    UNSTEADY,
    IntervalSettings,
    grouped,
    half_width,
    influence_from_replicates,
    is_steady,
    learned_part,
    share_interval,
    status,
    total_interval,
)
from partner_attribution.errors import AttributionError

T_1 = 6.3137515  # 95 % quantile of Student's t with one degree of freedom, from the printed table
sums = st.lists(st.integers(0, 1000), min_size=5, max_size=40).filter(any)


def test_two_buckets_by_hand() -> None:
    # 1 and 3: deviations -1 and 1, standard error sqrt(2/1 * 2) = 2, one degree of freedom.
    found = np.array([[1.0, 3.0]])
    assert half_width(found, 0.9) == pytest.approx(2 * T_1, rel=1e-6)
    lower, upper = total_interval(found, 0.9)
    # 4 x exp(-+ 6.3137515 * 2 / 4)
    assert lower == pytest.approx(0.170234, rel=1e-5)
    assert upper == pytest.approx(93.9883, rel=1e-5)


def test_a_share_of_two_buckets_by_hand() -> None:
    # 1 of 2 and 1 of 2 vary together: no width. 2 of 2 and 0 of 2: logit of 1/2 is 0, the
    # contributions are (2 - 1) / 4 and (0 - 1) / 4, the standard error sqrt(2 * 2/16) = 1/2.
    part, whole = np.array([[1.0, 1.0], [2.0, 0.0]]), np.array([[2.0, 2.0], [2.0, 2.0]])
    share, lower, upper = share_interval(part, whole, 0.9)
    assert share.tolist() == [0.5, 0.5]
    assert (lower[0], upper[0]) == (0.5, 0.5)
    odds = np.exp(T_1 * 0.5 / 0.25)
    assert lower[1] == pytest.approx(1 / (1 + odds), rel=1e-4)
    assert upper[1] == pytest.approx(1 - 1 / (1 + odds), rel=1e-4)


@given(sums, st.integers(2, 10_000))
def test_another_currency_changes_bounds_in_proportion(values: list[int], factor: int) -> None:
    one, other = np.array([values], float), np.array([values], float) * factor
    for bound, scaled in zip(total_interval(one, 0.9), total_interval(other, 0.9), strict=True):
        assert scaled == pytest.approx(bound * factor, rel=1e-9)


@given(sums, st.randoms(use_true_random=False))
def test_the_order_of_buckets_does_not_matter(values: list[int], random: Any) -> None:
    shuffled = random.sample(values, len(values))
    found = total_interval(np.array([values], float), 0.9)
    assert np.allclose(total_interval(np.array([shuffled], float), 0.9), found, rtol=1e-12)


@given(sums, st.floats(0.5, 0.95))
def test_an_interval_contains_its_figure_and_grows_with_the_level(
    values: list[int], level: float
) -> None:
    found = np.array([values], float)
    lower, upper = total_interval(found, level)
    assert lower <= found.sum() <= upper
    wider = total_interval(found, level + 0.04)
    assert wider[0] <= lower and upper <= wider[1]


def test_equal_accounts_have_no_width() -> None:
    found = np.full((1, 1000), 0.1)
    assert half_width(found, 0.9) == 0
    lower, upper = total_interval(found, 0.9)
    assert lower == upper == pytest.approx(100)


def test_width_falls_with_the_root_of_the_sample() -> None:
    draws = np.random.default_rng(1).exponential(size=(1, 160_000))
    small = half_width(draws[:, :10_000].reshape(1, 1000, 10).sum(axis=2), 0.9) / 10_000
    large = half_width(draws.reshape(1, 1000, 160).sum(axis=2), 0.9) / 160_000
    assert small / large == pytest.approx(4, rel=0.1)


def test_few_large_deals_widen_the_quantile() -> None:
    even, odd = np.zeros((1, 1000)), np.zeros((1, 1000))
    even[0, :100], odd[0, 0] = 1.0, 10.0  # the same sum of squares
    assert half_width(odd, 0.9) > 1.5 * half_width(even, 0.9)


def test_refunds_stand_on_their_own_scale() -> None:
    lower, upper = total_interval(np.array([[5.0, -8.0, 1.0]]), 0.9)
    assert lower < -2 < upper
    share, low, high = share_interval(np.array([[3.0, -1.0]]), np.array([[1.0, 1.0]]), 0.9)
    assert low < share < high


def test_weights_near_zero_are_unsteady_and_give_no_interval() -> None:
    # Two buckets of -+ x: standard error 2 x. A third is the limit.
    assert is_steady(np.array([[-0.16, 0.16]]))
    assert not is_steady(np.array([[-0.1, 0.1], [-0.17, 0.17]]))
    settings = IntervalSettings(buckets=2, min_wins=2, low_sample_wins=4)
    cells, sums, influence = small_case([0, 1, 2, 3])
    rates = pa.array(["shapley_rate"] * 3)
    cells = cells.set_column(cells.column_names.index("method"), "method", rates)
    influence = influence.set_column(1, "method", rates[:2])
    found = credit_intervals(cells, sums, influence, settings).to_pylist()
    assert {row["interval_status"] for row in found} == {UNSTEADY, SUPPRESSED}
    assert all(row["cents_lower"] is None for row in found)


@pytest.mark.parametrize("method", ["hazard_shapley", "multistate", "causal_auto"])
def test_fitted_models_claim_no_interval_before_their_uncertainty_is_measured(method: str) -> None:
    cells, sums, influence = small_case([0, 1, 2, 3])
    cells = cells.set_column(3, "method", pa.array([method] * 3))
    settings = IntervalSettings(buckets=2, min_wins=2, low_sample_wins=4)
    found = credit_intervals(cells, sums, influence, settings).to_pylist()
    assert {row["interval_status"] for row in found} == {NOT_BUILT, SUPPRESSED}


def test_learned_weights_add_their_own_uncertainty() -> None:
    rng = np.random.default_rng(2)
    figure, influence = rng.poisson(1.0, (1, 1000)), rng.normal(size=(1, 1000)) / 20
    learned = learned_part(np.array([[30.0]]), influence)
    plain, both = half_width(figure, 0.9), half_width(figure + learned, 0.9)
    assert both**2 - plain**2 == pytest.approx(half_width(learned, 0.9) ** 2, rel=0.2)


def test_replicates_give_the_influence_of_a_mean() -> None:
    values = np.array([2.0, 4.0, 9.0])
    without = np.array([[6.5, 5.5, 3.0]])  # the mean of the others
    found = influence_from_replicates(np.array([5.0]), without)
    # (value - mean) / n, over the mean; leaving one out is that times n / (n - 1).
    assert found == pytest.approx(np.array([(values - 5) / 3 / 5]))


def test_a_player_without_a_weight_moves_with_nothing() -> None:
    without = np.array([[1.0, 2.0, 3.0], [6.5, 5.5, 3.0]])
    found = influence_from_replicates(np.array([0.0, 5.0]), without)
    assert found[0].tolist() == [0, 0, 0]
    assert found[1] == pytest.approx((np.array([2, 4, 9]) - 5) / 15)


def test_less_than_one_deal_has_bounds_around_it_in_proportion() -> None:
    lower, upper = total_interval(np.array([0.125, 0.375]), 0.9)
    assert 0 < lower < 0.5 < upper
    assert lower * upper == pytest.approx(0.25)


def test_a_bucket_without_deals_leaves_a_share_between_0_and_1() -> None:
    share, lower, upper = share_interval(np.array([1.0, 2.0, 0.0]), np.array([3.0, 4.0, 0.0]), 0.9)
    assert share == pytest.approx(3 / 7)
    assert lower / (1 - lower) * upper / (1 - upper) == pytest.approx((3 / 4) ** 2)


def test_large_influence_that_hardly_differs_is_steady() -> None:
    assert is_steady(np.array([[0.5, 0.5001, 0.4999]]))
    assert not is_steady(np.array([[0.5, -0.5, 0.4]]))


def test_neighbouring_buckets_are_added_up_to_groups() -> None:
    values = np.arange(16.0).reshape(2, 8)
    assert grouped(values, 4).tolist() == [[1, 5, 9, 13], [17, 21, 25, 29]]
    # A bucket's group is bucket x 3 // 8: 0 to 2, 3 to 5, 6 and 7.
    assert grouped(values, 3).tolist() == [[3, 12, 13], [27, 36, 29]]
    assert grouped(values, 8) is values
    assert grouped(0.0, 3) == 0.0


@pytest.mark.parametrize(
    ("wins", "word"), [(29, SUPPRESSED), (30, LOW_SAMPLE), (99, LOW_SAMPLE), (100, OK)]
)
def test_thresholds(wins: int, word: str) -> None:
    assert status(wins, IntervalSettings()) == word


@pytest.mark.parametrize(
    "wrong", [{"level": 0.2}, {"buckets": 1}, {"min_wins": 1}, {"min_wins": 200}]
)
def test_unusable_settings_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(AttributionError, match=f"interval_{next(iter(wrong))}"):
        IntervalSettings(**wrong)


def table(**columns: Any) -> pa.Table:
    return pa.table(columns)


def small_case(order: list[int]) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Cell 1 is all, 2 half of it, 3 too small; the weight of player x was learned."""
    cells = table(
        cell_number=[1, 2, 3],
        whole_number=pa.array([None, 1, 1], pa.int64()),
        milestone=["won"] * 3,
        method=["markov_path"] * 3,
        winning_accounts=[4, 3, 1],
    )
    rows: list[tuple[int, int | None, str | None, int, int]] = [
        (1, 0, None, 2 * 10**9, 200),
        (1, 1, None, 2 * 10**9, 600),
        (2, 0, None, 10**9, 100),
        (2, 1, None, 10**9, 300),
        (2, None, "x", 10**9, 100),
        (2, None, "unheard of", 10**9, 100),
    ]
    rows = [rows[i] for i in order]
    names = ("cell_number", "bucket", "player", "share_billionths", "credit_cents")
    types = (pa.int64(), pa.int64(), pa.string(), pa.int64(), pa.int64())
    columns = zip(*rows, strict=True)
    sums = pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})
    influence = table(
        milestone=["won"] * 2,
        method=["markov_path"] * 2,
        player=["x"] * 2,
        bucket=[0, 1],
        influence=[-0.5, 0.5],
    )
    return cells, sums, influence


def test_cells_by_hand_whatever_the_order_of_rows() -> None:
    settings = IntervalSettings(buckets=2, min_wins=2, low_sample_wins=4)
    cells, sums, influence = small_case([0, 1, 2, 3, 4, 5])
    found = credit_intervals(cells, sums, influence, settings).to_pylist()
    by_number = {row["cell_number"]: row for row in found}
    assert [by_number[n]["interval_status"] for n in (1, 2, 3)] == [OK, LOW_SAMPLE, SUPPRESSED]
    assert by_number[3]["conversions_lower"] is None
    # All of it: no learned part and no share; 400 -+ 200 a bucket.
    assert by_number[1]["conversions_lower"] == by_number[1]["conversions_upper"] == 4
    assert by_number[1]["cents_upper"] == pytest.approx(800 * np.exp(T_1 * 400 / 800), rel=1e-5)
    assert by_number[1]["share_lower"] is None
    # Half: its own buckets are equal, the learned weight adds -+ 0.5 conversions a bucket.
    assert by_number[2]["conversions_upper"] == pytest.approx(2 * np.exp(T_1 * 1 / 2), rel=1e-5)
    # 100 - 50 and 300 + 50 cents: deviations 150, error 300.
    assert by_number[2]["cents_upper"] == pytest.approx(400 * np.exp(T_1 * 300 / 400), rel=1e-5)
    shuffled = small_case([5, 3, 1, 4, 0, 2])
    again = credit_intervals(shuffled[0].take([2, 0, 1]), *shuffled[1:], settings).to_pylist()
    assert {row["cell_number"]: row for row in again} == by_number
