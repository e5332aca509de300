"""Frames whose credits would be wrong are refused, with what to type; docs/python.md runs."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from partner_attribution.attribution import attribute
from partner_attribution.errors import AttributionError

DEALS = pd.DataFrame({"conversion_id": ["c1", "c2"], "amount_cents": [10_000, 0]})
TOUCHES = pd.DataFrame(
    {
        "conversion_id": ["c1"] * 3,
        "touch_id": ["a", "b", "c"],
        "touched_at_us": [1, 2, 3],
        "is_direct": [False, True, False],
    }
)
PAGE = Path(__file__).parents[3] / "docs" / "python.md"


@pytest.mark.parametrize(
    ("deals", "touches", "message", "do"),
    [
        ({"amount_cents": "100"}, {}, "amount_cents is String", "whole number of cents"),
        ({"amount_cents": [100.5, 1]}, {}, "fractions of a cent", "multiply amounts by 100"),
        ({"conversion_id": "c1"}, {}, "2 rows that repeat a conversion_id, .* c1", "leave out"),
        ({"conversion_id": ["c1", None]}, {}, "1 rows of conversions have no conversion_id", ""),
        ({}, {"touch_id": "a"}, "3 rows that repeat a conversion_id and touch_id, .* c1, a", ""),
        ({}, {"touch_id": ["a", None, "b"]}, "1 rows of touches have no touch_id", ""),
        ({}, {"touched_at_us": pd.Timestamp("2026-01-01")}, "touched_at_us is Datetime", "epoch"),
        ({}, {"touched_at_us": ["1", "2", "3"]}, "touched_at_us is String", "epoch_us"),
        ({}, {"touched_at_us": [1, None, 3]}, "has no value somewhere", "datetime64"),
        (
            {},
            {"touched_at_us": pd.Series([1, None, 3], dtype="Int64")},
            "1 touches have no touched_at_us",
            "leave these touches out",
        ),
        ({}, {"is_direct": ["no", "yes", "no"]}, "is_direct is text", "== 'yes'"),
        ({"conversion_id": [1, 2]}, {}, "Int64 in conversions and String in touches", "text"),
    ],
)
def test_unusable_columns(deals, touches, message, do):
    with pytest.raises(AttributionError, match=message) as caught:
        attribute(DEALS.assign(**deals), TOUCHES.assign(**touches), ["last_non_direct"])
    assert do in str(caught.value)


def test_the_first_repeat_is_the_example():
    deals = pd.DataFrame({"conversion_id": ["x", "b", "a", "b", "a"], "amount_cents": 0})
    with pytest.raises(AttributionError, match=r"conversions have 4 rows .* for example b[.]"):
        attribute(deals, TOUCHES, ["linear"])


def test_flags_without_any_value_are_false():
    """pandas reads a column of nothing as text."""
    nothing = TOUCHES.assign(is_direct=pd.Series([None] * 3, dtype="str"))
    found = attribute(DEALS, nothing, ["last_non_direct"])
    assert found.set_index("conversion_id").loc["c1", "touch_id"] == "c"


def test_unusable_frames():
    with pytest.raises(AttributionError, match=r"touches is a dict\."):
        attribute(DEALS, {"touch_id": []}, ["linear"])
    arrow = pa.Table.from_pandas(TOUCHES)
    with pytest.raises(AttributionError, match="conversions are pandas, touches pyarrow"):
        attribute(DEALS, arrow, ["linear"])
    with pytest.raises(AttributionError, match="is an Arrow table") as caught:
        attribute(pa.Table.from_pandas(DEALS), arrow, ["linear"])
    assert "duckdb.from_arrow" in str(caught.value)
    with pytest.raises(AttributionError, match="conversions is a list") as caught:
        attribute([1], TOUCHES, ["linear"])
    assert "pandas.DataFrame(conversions)" in str(caught.value)


def test_types_of_lazy_frames_are_looked_at():
    text = TOUCHES.assign(touched_at_us="1")
    with pytest.raises(AttributionError, match="touched_at_us is String"):
        attribute(duckdb.from_df(DEALS), duckdb.from_df(text), ["linear"])


@pytest.mark.parametrize(
    ("column", "do"),
    [
        ("touched_at_us", "DuckDB: epoch_us(touched_at)"),
        ("player_weight_markov_path", "with_player_weights"),
        ("is_direct", "add it, or rename is_directed"),
    ],
)
def test_a_missing_column_says_how_to_come_by_it(column, do):
    found = TOUCHES.rename(columns={"is_direct": "is_directed"})
    found = found.drop(columns=column, errors="ignore")
    methods = ["first_touch", "last_non_direct"]
    if column.startswith("player"):
        methods = ["markov_path"]
    with pytest.raises(AttributionError, match=f"touches has no column '{column}'") as caught:
        attribute(DEALS, found, methods)
    assert do in str(caught.value)
    assert f"Expected: it beside {', '.join(sorted(found.columns))}" in str(caught.value)


def test_whole_amounts_and_equal_touches_are_fine():
    """Whole floats, Decimal-free pandas as it comes; one touch id in two conversions."""
    deals = DEALS.assign(amount_cents=DEALS["amount_cents"].astype("float64"))
    again = pd.concat([TOUCHES, TOUCHES.assign(conversion_id="c2")])
    cents = attribute(deals, again, ["linear"]).groupby("conversion_id")["credit_cents"].sum()
    assert cents.to_dict() == {"c1": 10_000, "c2": 0}


def test_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    credits, by_channel = names["credits"], names["by_channel"]
    assert isinstance(credits, pd.DataFrame) and isinstance(by_channel, pd.DataFrame)
    assert credits["credit_cents"].sum() == 10_500
    assert set(names["bounds"]["interval_status"]) == {"suppressed"}
    assert names["found"].weights.equals(names["effects"])
    assert by_channel.groupby("method")["credited_value"].sum().round(6).unique().tolist() == [100]
