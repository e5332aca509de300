"""Intervals against the definitions of docs/intervals.md, written out in plain Python."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from scipy import sparse, stats

from partner_attribution.attribution import intervals as module
from partner_attribution.attribution.intervals import (
    LOW_SAMPLE,
    NOT_BUILT,
    OK,
    SUPPRESSED,
    UNSTEADY,
    IntervalSettings,
    half_width,
    influence_from_replicates,
    is_steady,
    learned_part,
    share_interval,
    total_interval,
)
from partner_attribution.errors import AttributionError

PROJECT = Path(__file__).parents[3]
# What buckets hold: evenly spread, one that deviates, some of nothing, refunds, less than a deal.
BUCKETS = [
    [1.0, 2.0, 3.0, 4.0, 5.0],
    [1.0, 2.0, 3.0, 4.0, 15.0],
    [0.0, 0.0, 0.0, 0.0, 40.0],
    [2.0, 2.5, 2.0, 3.0, 2.0],
    [9.0, -2.0, 4.0, 0.0, 1.0],
    [0.1, 0.05, 0.2, 0.0, 0.1],
]
WHOLE = [20.0, 31.0, 25.0, 18.0, 60.0]
LEARNED = [0.5, -0.25, 1.0, -0.75, 0.0]


def error_of(parts: list[float]) -> float:
    """The standard error of a delete-one-bucket jackknife, by leaving each out."""
    n = len(parts)
    without = [(sum(parts) - one) * n / (n - 1) for one in parts]
    mean = sum(without) / n
    return math.sqrt((n - 1) / n * sum((one - mean) ** 2 for one in without))


def half_of(parts: list[float], level: float) -> float:
    mean = sum(parts) / len(parts)
    deviations = [one - mean for one in parts]
    freedom = 2 * sum(d**2 for d in deviations) ** 2 / sum(d**4 for d in deviations)
    freedom = min(freedom, len(parts) - 1)
    return float(stats.t.ppf((1 + level) / 2, freedom)) * error_of(parts)


@pytest.mark.parametrize("parts", BUCKETS)
@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_half_a_width_is_a_jackknife_error_times_students_t(
    parts: list[float], level: float
) -> None:
    assert half_width(np.array([parts]), level)[0] == pytest.approx(half_of(parts, level))


def test_amounts_of_any_size_have_widths() -> None:
    for size in (1e-150, 1e150):
        found = half_width(np.array(BUCKETS[1]) * size, 0.9) / size
        assert found == pytest.approx(half_of(BUCKETS[1], 0.9))


def test_differences_below_a_billionth_of_the_figure_are_rounding() -> None:
    """A thousand buckets of one; the standard error of one that deviates by x is x."""
    for size in (1.0, 1e12):
        found = np.full(1000, size)
        found[0] += size * 5e-7
        assert half_width(found, 0.9) == 0
        found[0] += size * 1e-6
        assert half_width(found, 0.9) > size * 1e-6


@pytest.mark.parametrize("parts", BUCKETS)
def test_bounds_of_a_total_are_its_logs_or_plain_where_a_bucket_is_negative(
    parts: list[float],
) -> None:
    moved = [one + more for one, more in zip(parts, LEARNED, strict=True)]
    total, half = sum(parts), half_of(moved, 0.9)
    if min(parts) < 0:
        wanted = total - half, total + half
    else:
        ratio = min(math.exp(half / total), 1000.0)
        wanted = total / ratio, total * ratio
    assert total_interval(np.array(parts), 0.9, np.array(LEARNED)) == pytest.approx(wanted)


def test_an_interval_of_nothing_is_nothing_and_none_is_wider_than_a_thousandfold() -> None:
    with np.errstate(all="raise"):
        assert total_interval(np.zeros(4), 0.9) == (0, 0)
        lower, upper = total_interval(np.array([0.0, 8.0]), 0.99)
    assert (lower, upper) == (pytest.approx(0.008), pytest.approx(8000))


@pytest.mark.parametrize("parts", BUCKETS)
@pytest.mark.parametrize("whole", [WHOLE, [100.0, 30.0, -10.0, 20.0, 40.0]])
def test_bounds_of_a_share_are_its_logits_or_plain_where_a_bucket_is_negative(
    parts: list[float], whole: list[float]
) -> None:
    of_whole = [2 * one for one in LEARNED[::-1]]
    share = sum(parts) / sum(whole)
    rows = zip(parts, LEARNED, whole, of_whole, strict=True)
    half = half_of([(a + b - share * (c + d)) / sum(whole) for a, b, c, d in rows], 0.9)
    wanted = share - half, share + half
    if min(parts) >= 0 and min(whole) >= 0:
        odds, ratio = share / (1 - share), math.exp(half / (share * (1 - share)))
        wanted = odds / ratio / (1 + odds / ratio), odds * ratio / (1 + odds * ratio)
    found = share_interval(
        np.array(parts), np.array(whole), 0.9, (np.array(LEARNED), np.array(of_whole))
    )
    assert found == pytest.approx((share, *wanted))


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        ([0.0, 0.0], [2.0, 2.0], 0.0),
        ([0.25, 0.75], [0.5, 0.5], 1.0),
        ([2.0, 2.0], [3.0, 1.0], 1.0),
        ([4.0, 0.0], [3.0, 1.0], 1.0),
    ],
)
def test_a_share_of_exactly_0_or_1_has_no_width(
    part: list[float], whole: list[float], share: float
) -> None:
    learned = np.array([0.1, -0.1])
    with np.errstate(all="raise"):
        found = share_interval(np.array(part), np.array(whole), 0.9, (learned, learned))
    assert found == (share, share, share)


def test_a_share_of_nothing_is_unknown() -> None:
    parts, whole = np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.0]]), np.zeros((3, 2))
    whole[2] = 0.5
    with np.errstate(all="raise"):
        found = np.array(share_interval(parts, whole, 0.9))
    assert np.isnan(found[:, :2]).all()
    assert found[0, 2] == 0.5
    assert not np.isnan(found[:, 2]).any()


def test_weights_are_steady_from_three_standard_errors_on() -> None:
    # Two buckets of -+ x: standard error 2 x, so a sixth is the limit.
    assert is_steady(np.array([[-1 / 6, 1 / 6]]))
    assert not is_steady(np.array([[-1 / 6 - 1e-9, 1 / 6]]))
    # Five buckets: as the jackknife says, each player on its own.
    rng = np.random.default_rng(4)
    for size in np.geomspace(0.05, 0.5, 30):
        influence = rng.normal(size=(3, 5)) * size
        steady = all(3 * error_of(list(row)) <= 1 for row in influence)
        assert is_steady(influence) == steady


def test_weights_of_any_size_have_the_influence_of_leaving_buckets_out() -> None:
    """Effects that are sums over buckets: bucket k moves the log of a sum by about its share."""
    parts = np.array([[0.1, 0.05, 0.15], [40.0, 10.0, 30.0], [0.0, 0.0, 0.0]])
    effects = parts.sum(axis=1)
    without = (effects[:, None] - parts) * 3 / 2
    found = influence_from_replicates(effects, without)
    for row, total, one in zip(found[:2], effects, parts, strict=False):
        assert row == pytest.approx(one / total - 1 / 3)
    assert found[2].tolist() == [0, 0, 0]
    # Without a weight there is nothing to move, whatever a smaller sample found.
    assert influence_from_replicates(np.array([-1.0]), np.array([[1.0, 2.0]])).tolist() == [[0, 0]]


def test_what_is_learned_adds_up_over_players() -> None:
    gradients, influence = np.array([[2.0, 10.0]]), np.array([[0.5, -0.5], [0.1, 0.2]])
    assert learned_part(gradients, influence) == pytest.approx(np.array([[2.0, 1.0]]))


def test_statuses_are_those_of_the_documentation() -> None:
    text = (PROJECT / "docs/intervals.md").read_text(encoding="utf-8")
    table = text.partition("`interval_status`")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE)
    assert named == [OK, LOW_SAMPLE, SUPPRESSED, UNSTEADY, NOT_BUILT]


def test_defaults_are_those_of_the_project() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    settings = IntervalSettings()
    assert settings.level == project["interval_level"]
    assert settings.buckets == project["interval_buckets"]
    assert settings.fitted_groups == project["causal_interval_groups"]
    assert settings.min_wins == project["interval_min_wins"]
    assert settings.low_sample_wins == project["interval_low_wins"]


@pytest.mark.parametrize(
    ("field", "name", "first", "last", "step"),
    [
        ("level", "interval_level", 0.5, 0.99, 1e-4),
        ("buckets", "interval_buckets", 2, 1000, 1),
        ("fitted_groups", "causal_interval_groups", 2, 1000, 1),
        ("min_wins", "interval_min_wins", 2, 100, 1),
    ],
)
def test_settings_hold_from_the_first_value_to_the_last(
    field: str, name: str, first: Any, last: Any, step: Any
) -> None:
    for value in (first, last):
        assert getattr(IntervalSettings(**{field: value}), field) == value
    for value in (first - step, last + step):
        with pytest.raises(AttributionError, match=rf"^{name} is {value}"):
            IntervalSettings(**{field: value})


def test_causal_methods_may_go_without_groups() -> None:
    assert IntervalSettings(fitted_groups=0).fitted_groups == 0


def some_buckets(rng: np.random.Generator, figures: int, buckets: int, held: int) -> Any:
    """Figures that few buckets hold; the same in the whole world for the first of them."""
    table = np.zeros((figures, buckets))
    for row in table:
        row[rng.choice(buckets, held, replace=False)] = rng.lognormal(8, 2, held).round()
    return table


@pytest.mark.parametrize("held", [1, 3, 40])
@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("sign", [1, -1])
def test_few_buckets_have_the_bounds_of_all(held: int, learned: bool, sign: int) -> None:
    rng = np.random.default_rng(held)
    part, whole = some_buckets(rng, 6, 40, held), some_buckets(rng, 6, 40, 30)
    whole += np.abs(part)
    part[0, :5] = sign * 7
    whole[1] = part[1] = rng.integers(1, 9, 40)  # all of it: differences are rounding
    part[2], whole[2] = 1, 5  # the same share and the same sum in every bucket
    part[3] = 0
    whole[4, 7] = part[4, 7] = 1e12  # one bucket is nearly all, and cancels in nearly all sums
    moved = rng.normal(size=(2, 6, 40)) * learned
    if not learned:
        moved = (0.0, 0.0)
    few = sparse.csr_matrix(part)
    for found, wanted in (
        (total_interval(few, 0.9, moved[0]), total_interval(part, 0.9, moved[0])),
        (share_interval(few, whole, 0.9, moved), share_interval(part, whole, 0.9, moved)),
    ):
        for got, bound in zip(found, wanted, strict=True):
            np.testing.assert_allclose(got, bound, rtol=1e-9, atol=1e-12)


def test_few_buckets_may_hold_less_than_a_deal_or_a_zero() -> None:
    part = np.array([[0.25, 0.5, 0.0, 0.0], [2.0, 0.0, 0.0, 0.5]])
    places = np.array([0, 1, 3, 0, 3])  # the third of the first figure is a zero that is written
    few = sparse.csr_matrix((part[[0, 0, 0, 1, 1], places], places, [0, 3, 5]), (2, 4))
    assert few.nnz == 5
    whole = part + 1
    for found, wanted in (
        (total_interval(few, 0.9), total_interval(part, 0.9)),
        (share_interval(few, whole, 0.9), share_interval(part, whole, 0.9)),
    ):
        for got, bound in zip(found, wanted, strict=True):
            np.testing.assert_allclose(got, bound, rtol=1e-12)


# Nearly all of it: squares cancel to nothing, or to a ten-thousandth (fourth powers to its square).
@pytest.mark.parametrize(("most", "whole_of_most"), [(1e9, 1e9 + 1), (5000.0, 5000.0)])
def test_sums_that_nearly_cancel_are_taken_bucket_by_bucket(
    monkeypatch: pytest.MonkeyPatch, most: float, whole_of_most: float
) -> None:
    part, whole = np.zeros((2, 50)), np.ones((2, 50))
    part[0, 0], whole[0, 0] = most, whole_of_most
    part[1, 0] = 1
    asked = []
    plain = module.half_width
    monkeypatch.setattr(
        module,
        "half_width",
        lambda all_of_it, level: asked.append(len(all_of_it)) or plain(all_of_it, level),
    )
    found = share_interval(sparse.csr_matrix(part), whole, 0.9)
    assert asked == [1]
    for got, bound in zip(found, share_interval(part, whole, 0.9), strict=True):
        np.testing.assert_allclose(got, bound, rtol=1e-9)
