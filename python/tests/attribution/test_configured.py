"""Settings from variables and lookups, and what the errors say to type."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from partner_attribution.attribution.configured import configured
from partner_attribution.attribution.settings import Settings
from partner_attribution.errors import AttributionError

PROJECT = Path(__file__).parents[3]


def weights(*rows):
    columns = ["method", "dimension", "value", "weight"]
    return pd.DataFrame(list(rows), columns=columns)


def half_lives(*rows):
    return pd.DataFrame(list(rows), columns=["campaign_type", "half_life_days"])


def test_rows_of_the_chosen_dimension_are_the_weights():
    table = weights(
        ("custom", "channel", " webinar ", 3.0), ("custom", "touch_type", "form_submitted", 2.0)
    )
    ages = half_lives(("joint", 30.0))
    by_channel = configured(["custom"], table, ages, half_life_days=None)
    by_type = configured(["custom"], table, ages, custom_by="touch_type")
    assert dict(by_channel.custom_weights) == {"webinar": 3.0}
    assert dict(by_type.custom_weights) == {"form_submitted": 2.0}
    assert dict(by_channel.half_life_days_by_campaign_type) == {"joint": 30.0}
    assert by_channel.half_life_days == Settings().half_life_days


def test_lookups_may_be_relations_of_an_engine():
    table, ages = weights(("custom", "channel", "email", 1.5)), half_lives(("own", 3.0))
    with duckdb.connect() as connection:
        relations = connection.from_df(table), connection.from_df(ages)
        found = configured(["custom"], *relations)
    assert found == configured(["custom"], table, ages)


@pytest.mark.parametrize(
    ("table", "ages", "words"),
    [
        (weights(), half_lives(), "such as custom,channel,webinar,3"),
        (
            weights(("linear", "channel", "email", 1.0)),
            half_lives(),
            "method with weights 'linear'",
        ),
        (weights(("custom", "chanel", "email", 1.0)), half_lives(), "write channel"),
        (weights(*[("custom", "channel", "email", 1.0)] * 2), half_lives(), "listed twice"),
        (weights(("custom", "channel", " ", 1.0)), half_lives(), "names no value"),
        (weights(("custom", "channel", "email", -1.0)), half_lives(), "from 0 to 1000"),
        (weights(("custom", "channel", "email", 1.0)), half_lives(("joint", 0.0)), "more than 0"),
    ],
)
def test_an_unusable_row_says_where_and_what_to_type(table, ages, words):
    with pytest.raises(AttributionError) as error:
        configured(["custom"], table, ages)
    assert words in str(error.value)


def test_a_method_that_does_not_run_needs_no_weights():
    assert configured(["linear"], weights(), half_lives()) == Settings()


def test_an_error_names_the_file_that_holds_the_row():
    """Files that are there, so that they can be opened; and what is listed twice."""
    ages = half_lives(("joint", 3.0), ("joint", 4.0))
    with pytest.raises(AttributionError, match=r"^campaign_type 'joint' is") as of_ages:
        configured(["linear"], weights(), ages)
    with pytest.raises(AttributionError) as of_weights:
        configured(["custom"], weights(), half_lives())
    for error, column in ((of_ages, "half_life_days"), (of_weights, "weight")):
        header = (PROJECT / error.value.where).read_text(encoding="utf-8").splitlines()[0]
        assert column in header.split(",")
