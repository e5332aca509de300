"""Intervals: what another sample of accounts from the same population would have earned.

Accounts are the unit that is sampled; they are hashed into buckets, and a figure is a sum over
buckets. The spread of the buckets' contributions gives the standard error (a delete-one-bucket
jackknife), so nothing is drawn and the same input gives the same interval. Counts and amounts are
judged on the log scale, shares on the logit scale. Student's t replaces the normal quantile, with
fewer degrees of freedom the fewer deals carry the figure: without it a heavy-tailed amount is
missed too often (docs/intervals.md has the measured coverage).

An interval says nothing of bias: it surrounds what the method would credit, right or wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import stdtrit

from partner_attribution.errors import AttributionError

OK, LOW_SAMPLE, SUPPRESSED, UNSTEADY = "ok", "low_sample", "suppressed", "unsteady"
NOT_BUILT = "not_built"
STEADY = 3.0  # standard errors between a learned weight and zero

WIDEST = 1000.0  # times the figure; an interval as wide as this says that nothing is known

Array = Any  # of floats; the last axis is the buckets
# Sums of fourth powers that nearly cancel are worked out again bucket by bucket: with a millionth
# left, ten digits are still right.
_LEFT = 1e-6


@dataclass(frozen=True, kw_only=True)
class IntervalSettings:
    """How sure, over how many buckets, and from how many wins on.

    level: share of intervals that should hold the expected figure (0.5 to 0.99).
    buckets: groups of accounts that vary together (2 to 1000).
    fitted_groups: groups of buckets that causal methods are fitted without (2 to 1000, at most as
        many as buckets; 0 = none, and no intervals of theirs).
    min_wins: fewer winning accounts than this, and no interval is given.
    low_sample_wins: fewer than this, and it is marked as a low sample.
    """

    level: float = 0.9
    buckets: int = 1000
    fitted_groups: int = 10
    min_wins: int = 30
    low_sample_wins: int = 100

    def __post_init__(self) -> None:
        if not 0.5 <= self.level <= 0.99:
            raise _unusable("interval_level", self.level, "a share from 0.5 to 0.99")
        if not 2 <= self.buckets <= 1000:
            raise _unusable("interval_buckets", self.buckets, "a whole number from 2 to 1000")
        if self.fitted_groups and not 2 <= self.fitted_groups <= 1000:
            raise _unusable("causal_interval_groups", self.fitted_groups, "0, or from 2 to 1000")
        if not 2 <= self.min_wins <= self.low_sample_wins:
            raise _unusable(
                "interval_min_wins", self.min_wins, "2 or more, and at most interval_low_wins"
            )


def _unusable(name: str, value: object, expected: str) -> AttributionError:
    return AttributionError(f"{name} is {value!r}.", expected=expected, do=f"change {name}")


def status(wins: int, settings: IntervalSettings) -> str:
    """Say whether a figure of so many winning accounts has an interval, and how far to trust it."""
    if wins < settings.min_wins:
        return SUPPRESSED
    return LOW_SAMPLE if wins < settings.low_sample_wins else OK


def half_width(contributions: Array, level: float) -> Array:
    """Return half the width of the interval of a sum, on the sum's own scale.

    contributions: what each bucket adds to the figure; their mean is taken off first.

    The quantile is Student's t with 2 (sum d^2)^2 / sum d^4 degrees of freedom, at most one less
    than there are buckets: about twice the number of deals that carry the figure.
    """
    buckets = contributions.shape[-1]
    deviations = contributions - contributions.mean(axis=-1, keepdims=True)
    sizes = np.abs(deviations)
    largest = sizes.max(axis=-1, keepdims=True)
    # Scaled, so that a fourth power neither overflows nor vanishes. In place: memory is what costs.
    np.divide(deviations, np.where(largest > 0, largest, 1.0), out=deviations)
    second = np.square(deviations, out=deviations).sum(axis=-1)
    fourth = np.square(deviations, out=deviations).sum(axis=-1)
    spread = np.where(fourth > 0, fourth, 1.0)
    freedom = np.clip(2 * second**2 / spread, 1, buckets - 1)
    error = largest[..., 0] * np.sqrt(second * buckets / (buckets - 1))
    # Differences that only rounding makes are none.
    whole = np.abs(contributions, out=sizes).sum(axis=-1)
    error = np.where(error > 1e-9 * whole, error, 0.0)
    return stdtrit(freedom, (1 + level) / 2) * error


def half_width_of_few(few: Any, rest: Any, level: float) -> Array:
    """Return `half_width` of few + rest, in the time that the buckets of `few` take.

    few: figure x bucket, a sparse matrix (CSR, each place once), for a figure of thirty deals
    lies in thirty of a thousand buckets. rest: what all buckets hold besides, or one number.

    Squares and fourth powers are summed for `rest` alone, and corrected where `few` has a place.
    """
    figures, buckets = few.shape
    row, place, own = _row_of_each(few), few.indices, few.data

    def added(values: Array) -> Array:
        return np.bincount(row, values, figures)

    mean = np.sum(rest, axis=-1) / buckets if np.ndim(rest) else rest
    middle = (mean + added(own) / buckets)[:, None]
    base = rest - middle if np.ndim(rest) else np.broadcast_to(rest - middle, (figures, 1))
    squares = np.square(base)
    times = 1 if np.ndim(rest) else buckets
    second_of_rest = times * squares.sum(axis=-1)
    fourth_of_rest = times * np.einsum("fb,fb->f", squares, squares)
    before = base[row, place if np.ndim(rest) else 0]
    after = np.square(before + own)
    before = np.square(before)
    second = second_of_rest + added(after - before)
    fourth = fourth_of_rest + added(np.square(after) - np.square(before))
    spread = np.where(fourth > 0, fourth, 1.0)
    freedom = np.clip(2 * second**2 / spread, 1, buckets - 1)
    error = np.sqrt(np.maximum(second, 0.0) * buckets / (buckets - 1))
    half = stdtrit(freedom, (1 + level) / 2) * error
    # Where squares nearly cancel, fourth powers do as well: their sum is at most the square of that
    # of squares, and for `rest` at least that divided by the number of buckets.
    cancels = fourth < _LEFT * fourth_of_rest
    if cancels.any():
        others = rest[cancels] if np.ndim(rest) else rest
        half[cancels] = half_width(few[cancels].toarray() + others, level)
    return half


def total_interval(sums: Array, level: float, learned: Array | float = 0.0) -> tuple[Array, Array]:
    """Return lower and upper bound of a count or an amount.

    sums: what each bucket holds of it, or a sparse matrix of that. learned: what each bucket adds
    through the weights that a method learned from it (`learned_part`).

    On the log scale, so that a positive figure has positive bounds; on its own scale where some
    bucket is negative (refunds).
    """
    total = _total(sums)
    half = _half_width(sums, learned, level)
    on_log = (total > 0) & _nowhere_negative(sums)
    ratio = np.minimum(np.exp(np.minimum(half / np.where(on_log, total, 1.0), 100.0)), WIDEST)
    lower = np.where(on_log, total / ratio, total - half)
    upper = np.where(on_log, total * ratio, total + half)
    return lower, upper


def share_interval(
    part: Array,
    whole: Array,
    level: float,
    learned: tuple[Array | float, Array | float] = (0.0, 0.0),
) -> tuple[Array, Array, Array]:
    """Return the share of part in whole, and its lower and upper bound.

    part, whole: what each bucket holds of both; they vary together; part may be a sparse matrix.
    learned: as in `total_interval`, of part and whole. Nan where the whole is 0.

    On the logit scale, so that bounds lie between 0 and 1; on its own scale where the share does
    not (refunds). A share of exactly 0 or 1 has no width.
    """
    total = whole.sum(axis=-1)
    known = np.where(total != 0, total, 1.0)
    share = _total(part) / known
    rest = learned[0] - share[..., None] * (whole + learned[1])
    half = _half_width(part, rest, level) / np.abs(known)
    room = share * (1 - share)
    positive = _nowhere_negative(part)
    on_logit = (room > 0) & positive & _nowhere_negative(whole)
    inside = np.where(on_logit, share, 0.5)
    odds = inside / (1 - inside)
    ratio = np.exp(np.minimum(half / np.where(on_logit, room, 1.0), 100.0))
    lower = np.where(on_logit, 1 / (1 + ratio / odds), share - half)
    upper = np.where(on_logit, 1 / (1 + 1 / (odds * ratio)), share + half)
    fixed = (room == 0) & positive
    lower, upper = np.where(fixed, share, lower), np.where(fixed, share, upper)
    unknown = total == 0
    share, lower, upper = (np.where(unknown, np.nan, one) for one in (share, lower, upper))
    return share, lower, upper


def _half_width(own: Array, rest: Array | float, level: float) -> Array:
    return (
        half_width_of_few(own, rest, level)
        if sparse.issparse(own)
        else half_width(own + rest, level)
    )


def _total(values: Array) -> Array:
    if not sparse.issparse(values):
        return values.sum(axis=-1)
    return np.asarray(values.sum(axis=1)).ravel()


def _nowhere_negative(values: Array) -> Array:
    if not sparse.issparse(values):
        return values.min(axis=-1) >= 0
    return np.bincount(_row_of_each(values)[values.data < 0], minlength=values.shape[0]) == 0


def _row_of_each(few: Any) -> Array:
    return np.repeat(np.arange(few.shape[0]), np.diff(few.indptr))


def is_steady(influence: Array) -> bool:
    """Whether every learned weight lies clear of zero, by three standard errors or more.

    Closer to zero, a weight that is cut there moves by jumps, and no derivative describes it:
    intervals would hold their figure two times in three instead of nine in ten (measured).
    """
    buckets = influence.shape[-1]
    deviations = influence - influence.mean(axis=-1, keepdims=True)
    errors = np.sqrt(np.square(deviations).sum(axis=-1) * buckets / (buckets - 1))
    return bool((errors * STEADY <= 1).all())


def first_buckets(groups: int, buckets: int) -> list[int]:
    """First bucket of each group of neighbours; a bucket's group is bucket * groups // buckets."""
    return [-(-group * buckets // groups) for group in range(groups)]


def grouped(values: Any, groups: int) -> Any:
    """Sum buckets, the last axis, over as many groups of neighbours; a single number stays one."""
    if np.isscalar(values) or values.shape[-1] <= groups:
        return values
    return np.add.reduceat(values, first_buckets(groups, values.shape[-1]), axis=-1)


def learned_part(gradients: Array, influence: Array) -> Array:
    """Return what each bucket adds to figures through the weights learned from it.

    gradients: figure x player; how the figure moves when the log of the player's weight does.
    influence: player x bucket; how the log of the weight moves with the bucket
    (`influence_of_effects`, or `influence_from_replicates` for a method without a formula).
    """
    return gradients @ influence


def influence_from_replicates(effects: Array, without: Array) -> Array:
    """Return player x bucket influence on log weights, from fits that each left one bucket out.

    effects: weight per player, learned from all. without: player x bucket, learned from the rest.
    A player without a positive weight has none. This is the hook of methods whose effects have no
    derivative in closed form: refit per bucket, or per group of buckets.
    """
    buckets = without.shape[-1]
    known = np.where(effects > 0, effects, 1.0)
    left_out = np.where(effects > 0, 1.0, 0.0)[:, None] * without / known[:, None]
    middle = left_out.mean(axis=-1, keepdims=True)
    return (middle - left_out) * (buckets - 1) / buckets
