"""The arithmetic underneath, against unlimited integers and 60 digits."""

from __future__ import annotations

import random
from decimal import Decimal, getcontext

import duckdb
import narwhals as nw
import pandas as pd
import pytest

from partner_attribution.attribution import exact
from partner_attribution.attribution.exact import (
    MAX_AMOUNT_CENTS,
    MAX_TOTAL_WEIGHT,
    estimate,
    halving_weight,
    number,
    part_rounded_up,
)

from .frames import DAY

getcontext().prec = 60


def cases(count):
    rng = random.Random(5)
    extremes = [
        (MAX_AMOUNT_CENTS, MAX_TOTAL_WEIGHT, MAX_TOTAL_WEIGHT),
        (MAX_AMOUNT_CENTS, MAX_TOTAL_WEIGHT - 1, MAX_TOTAL_WEIGHT),
        (MAX_AMOUNT_CENTS - 1, 1, MAX_TOTAL_WEIGHT - 1),
        (MAX_AMOUNT_CENTS, 0, 1),
        (0, 5, 7),
        (1, 1, 3),
    ]
    for _ in range(count // 4):  # of full size, where products have the most bits
        total = rng.randrange(2**51, 2**52) | 1
        amount = rng.randrange(2**49, 2**50) | 1
        extremes.append((amount, rng.randrange(total), total))
    for _ in range(count):
        total = rng.randrange(1, 2 ** rng.randrange(1, 53))
        weight = rng.randrange(0, total + 1)
        amount = rng.randrange(0, 2 ** rng.randrange(1, 51))
        extremes.append((amount, weight, total))
        # Quotients a hair below and above a whole number are where a guess goes wrong.
        if weight:
            near = min(-(-rng.randrange(1, 1000) * total // weight), MAX_AMOUNT_CENTS)
            extremes += [(near, weight, total), (max(near - 1, 0), weight, total)]
    return extremes


def test_the_exact_range():
    assert (MAX_AMOUNT_CENTS, MAX_TOTAL_WEIGHT) == (2**50, 2**52)


def test_numbers_are_cut_into_halves_whose_products_are_exact():
    """26 bits times 26 bits fit a double; Dekker's error of a product rests on it."""
    rng = random.Random(11)
    values = [rng.randrange(2**51, 2**52) | 1 for _ in range(200)]
    values += [2**52 - 1, 2**52, 2**50 - 1, 2**27 + 1, 1, 0]
    frame = nw.from_native(pd.DataFrame({"value": [float(value) for value in values]}))
    highs = frame.select(high=exact._high(nw.col("value")))["high"].to_list()
    for value, high in zip(values, highs, strict=True):
        low = value - int(high)
        for left, right in ((int(high), int(high)), (int(high), low), (low, low)):
            assert float(left) * float(right) == left * right


def test_constants_have_sixty_four_bits_everywhere():
    frame = pd.DataFrame({"touch": [1]})
    found = nw.from_native(frame).select(three=number(3)).to_native()
    assert (found["three"].tolist(), str(found["three"].dtype)) == ([3], "int64")
    with duckdb.connect() as connection:
        relation = nw.from_native(connection.from_df(frame)).select(three=number(3)).to_native()
        assert ([str(kind) for kind in relation.types], relation.fetchall()) == (["BIGINT"], [(3,)])


def rounded_up(frame):
    columns = ("amount", "weight", "total")
    near = estimate(*(nw.col(name) for name in columns))
    names = [nw.col(name) for name in (*columns, "near")]
    return frame.with_columns(near=near).select(*columns, found=part_rounded_up(*names))


def test_rounded_up_parts_equal_unlimited_integers():
    rows = cases(30_000)
    frame = pd.DataFrame(rows, columns=["amount", "weight", "total"]).astype("float64")
    found = rounded_up(nw.from_native(frame)).to_native()
    wanted = [-(-amount * weight // total) for amount, weight, total in rows]
    assert found["found"].astype("int64").tolist() == wanted

    with duckdb.connect() as connection:
        lazy = rounded_up(nw.from_native(connection.from_df(frame))).to_native().df()
    keys = ["amount", "weight", "total"]
    pd.testing.assert_frame_equal(
        lazy.sort_values(keys, ignore_index=True), found.sort_values(keys, ignore_index=True)
    )


def weights(ages, half_life, bits, *, lazily=False):
    frame = pd.DataFrame({"age": ages, "bits": float(bits)})
    expression = halving_weight(nw.col("age"), nw.lit(float(half_life)), nw.col("bits"))
    if not lazily:
        return nw.from_native(frame).select(weight=expression).to_native()["weight"].tolist()
    with duckdb.connect() as connection:
        result = nw.from_native(connection.from_df(frame)).select("age", weight=expression)
        return [weight for _, weight in sorted(result.to_native().fetchall())]


@pytest.mark.parametrize("bits", [21, 40, 52])
@pytest.mark.parametrize("lazily", [False, True])
def test_whole_half_lives_are_exact_powers_of_two(bits, lazily):
    ages = [n * 7 * DAY for n in range(80)]
    assert weights(ages, 7 * DAY, bits, lazily=lazily) == [
        float(2 ** max(bits - n, 0)) for n in range(80)
    ]


@pytest.mark.parametrize("half_life", [1, 977, 7 * DAY, 30 * DAY, 36_500 * DAY])
def test_weights_are_within_the_last_bits_of_the_true_curve_on_both_engines(half_life):
    rng = random.Random(half_life)
    ages = sorted(rng.randrange(0, 40 * half_life) for _ in range(2000))
    found = weights(ages, half_life, 49)
    assert found == weights(ages, half_life, 49, lazily=True)
    for age, weight in zip(ages, found, strict=True):
        true = Decimal(2) ** (49 - Decimal(age) / Decimal(half_life))
        assert abs(Decimal(weight) - true) <= Decimal("0.5") + true / 2**51
