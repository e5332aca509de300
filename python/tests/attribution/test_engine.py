"""What the engine does beside the methods: limits, flags, order, and its wide form."""

from __future__ import annotations

import duckdb
import narwhals as nw
import pandas as pd
import pytest

from partner_attribution.attribution import Settings, attribute, attribute_wide, rows
from partner_attribution.attribution.journey import TOUCH_COUNT
from partner_attribution.errors import AttributionError

from . import oracle
from .frames import CLOSED_AT, DAY, Conversion, Touch, on_pandas, pandas_frames

TWO = (Touch("t1", CLOSED_AT - DAY), Touch("t2", CLOSED_AT))


@pytest.mark.parametrize("engine", [lambda frame: frame, duckdb.from_df])
def test_weights_of_a_journey_never_sum_past_the_exact_range(engine):
    counts = [*range(1, 10), *(2**n + more for n in range(10, 31) for more in (-1, 0, 1))]
    frame = nw.from_native(engine(pd.DataFrame({TOUCH_COUNT: [float(n) for n in counts]})))
    found = frame.lazy().select(TOUCH_COUNT, bits=rows._scale_bits()).collect("pandas")
    # The logarithm of n to base 2, rounded up, is the length of n - 1 in bits.
    assert dict(found.iter_rows()) == {n: 52 - (n - 1).bit_length() for n in counts}


@pytest.mark.parametrize("amounts", [(-(2**50) - 1, 0), (0, 2**50 + 1), (-(2**50) - 1, 2**50)])
def test_the_smallest_and_the_largest_amount_are_looked_at(amounts):
    deals = [Conversion(f"deal{i}", amount, TWO) for i, amount in enumerate(amounts)]
    with pytest.raises(AttributionError, match="too large to be shared exactly"):
        on_pandas(deals, ["linear"])


@pytest.mark.parametrize("amount", [2**50, 2**50 - 1, -(2**50), -(2**50) + 7])
def test_the_largest_amounts_are_exact(amount):
    """Weights of five decimals: products of 67 bits, which only the division by parts avoids."""
    touches = tuple(Touch(f"t{i}", CLOSED_AT - i * DAY) for i in range(5))
    chosen = {"position_weights": ("0.12345", "0.37653", "0.50002")}
    settings = Settings(position_weights=(0.12345, 0.37653, 0.50002))
    for size in range(1, 6):
        deal = Conversion("deal", amount, touches[:size])
        for method in ("position", "linear"):
            found = on_pandas([deal], [method], settings)
            wanted = oracle.credits(deal, method, chosen)
            assert {key: cents for key, (_, cents) in found.items()} == {
                key: cents for key, (_, cents) in wanted.items()
            }


@pytest.mark.parametrize("method", ["first_touch", "last_touch", "last_non_direct"])
def test_who_wins_nothing_has_nothing_in_the_wide_form(method):
    rows, touches = pandas_frames([Conversion("deal", 77, TWO), Conversion("none", 5)])
    wide = attribute_wide(rows, touches, [method])
    assert list(wide.columns) == ["conversion_id", "touch_id", f"share_{method}", f"cents_{method}"]
    found = wide.set_index("conversion_id")
    assert sorted(found.loc["deal", f"cents_{method}"]) == [0, 77]
    assert sorted(found.loc["deal", f"share_{method}"]) == [0.0, 1.0]
    assert found.loc["none", [f"share_{method}", f"cents_{method}"]].tolist() == [1.0, 5]


def test_null_flags_are_false():
    """Not direct, so the newest touch; no anchors, so the first touch has what they leave."""
    rows, touches = pandas_frames([Conversion("deal", 10, TWO)])
    for flag in [name for name in touches.columns if name.startswith("is_")]:
        touches[flag] = pd.Series([None, None], dtype="boolean")
    frame = attribute(rows, touches, ["last_non_direct", "u_shaped"])
    found = frame.set_index(["method", "touch_id"])["credit_cents"].to_dict()
    assert found == {("last_non_direct", "t2"): 10, ("u_shaped", "t1"): 8, ("u_shaped", "t2"): 2}


def test_inputs_are_checked_first():
    rows, touches = pandas_frames([Conversion("deal", 10, TWO)])
    with pytest.raises(AttributionError, match="repeat a conversion_id"):
        attribute(pd.concat([rows, rows]), touches, ["linear"])
