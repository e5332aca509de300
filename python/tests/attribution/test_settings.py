"""Every default, limit and message of the settings."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import pytest

from partner_attribution.attribution import Settings
from partner_attribution.attribution.settings import (
    PLAYER_DIMENSIONS,
    half_life_us,
    integer_weights,
    unknown_name,
)
from partner_attribution.errors import AttributionError


def test_the_documented_defaults():
    assert {
        field.name: getattr(Settings(), field.name) for field in dataclasses.fields(Settings)
    } == {
        "position_weights": (0.4, 0.4, 0.2),
        "half_life_days": 7.0,
        "half_life_days_by_campaign_type": {},
        "u_shaped_weights": (0.4, 0.4, 0.2),
        "w_shaped_weights": (0.3, 0.3, 0.3, 0.1),
        "full_path_weights": (0.225, 0.225, 0.225, 0.225, 0.1),
        "custom_by": "channel",
        "custom_weights": {},
        "custom_other_weight": 0.0,
        "player_dimension": "channel",
        "markov_order": 1,
        "lookback_days_by_method": {},
    }


@pytest.mark.parametrize(
    ("setting", "given", "kept"),
    [
        ("half_life_days", 0.5, 0.5),
        ("half_life_days", 36_500, 36_500.0),
        ("half_life_days_by_campaign_type", {"event": "30"}, {"event": 30.0}),
        ("position_weights", [0.5, 0.5, 0], (0.5, 0.5, 0.0)),
        ("position_weights", [0.333333, 0.333333, 0.333333], (0.33333, 0.33333, 0.33333)),
        ("u_shaped_weights", [0.2, 0.4, 0.40009], (0.2, 0.4, 0.40009)),
        ("custom_by", "touch_type", "touch_type"),
        ("custom_weights", {1: "0", "email": 1000}, {"1": 0.0, "email": 1000.0}),
        ("custom_other_weight", "2.123456", 2.12346),
        ("player_dimension", "partner", "partner"),
        ("player_dimension", "partner_channel", "partner_channel"),
        ("lookback_days_by_method", {"linear": "1"}, {"linear": 1}),
        ("lookback_days_by_method", {"linear": 3650}, {"linear": 3650}),
        ("markov_order", "3", 3),
        ("markov_order", 4, 4),
        ("markov_order", "auto", "auto"),
    ],
)
def test_settings_up_to_their_limits(setting, given, kept):
    found = getattr(Settings(**{setting: given}), setting)
    assert found == kept and type(found) in {type(kept), MappingProxyType}


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("half_life_days", 0, "half_life_days is 0.\nExpected: more than 0 and at most 36500 days"),
        (
            "half_life_days",
            36_500.5,
            "half_life_days is 36500.5.\nExpected: more than 0 and at most 36500 days",
        ),
        (
            "half_life_days",
            "x",
            "half_life_days is 'x'.\nExpected: a number of days, for example 7\n"
            "Do: change half_life_days",
        ),
        (
            "half_life_days_by_campaign_type",
            {"event": -1},
            "half_life_days_by_campaign_type[event] is -1.\nExpected: more than 0",
        ),
        (
            "half_life_days_by_campaign_type",
            7,
            "half_life_days_by_campaign_type is 7.\nExpected: a mapping",
        ),
        (
            "custom_weights",
            {"email": 1000.1},
            "custom_weights[email] is 1000.1.\nExpected: a number from 0 to 1000\n",
        ),
        (
            "custom_weights",
            {"email": None},
            "custom_weights[email] is None.\nExpected: a number of 0 or more\n",
        ),
        (
            "custom_weights",
            1,
            "custom_weights is 1.\nExpected: a mapping such as {webinar: 2, email: 1}\n",
        ),
        (
            "lookback_days_by_method",
            30,
            "lookback_days_by_method is 30.\nExpected: a mapping such as {last_touch: 30}\n",
        ),
        ("custom_other_weight", -0.1, "custom_other_weight is -0.1.\nExpected: a number from 0"),
        (
            "u_shaped_weights",
            (0.4, 0.4, 0.2002),
            "u_shaped_weights is (0.4, 0.4, 0.2002).\nExpected: a list of 3 numbers that sum to 1, "
            "for example [0.4, 0.4, 0.2]\nDo: change u_shaped_weights",
        ),
        (
            "w_shaped_weights",
            (1, 0, 0, 0, 0),
            "w_shaped_weights is (1, 0, 0, 0, 0).\nExpected: a list of 4 numbers that sum to 1, "
            "for example [0.3, 0.3, 0.3, 0.1]\nDo: change w_shaped_weights",
        ),
        (
            "full_path_weights",
            {1: 1},
            "full_path_weights is {1: 1}.\nExpected: a list of 5 numbers that sum to 1, "
            "for example [0.225, 0.225, 0.225, 0.225, 0.1]\nDo: change full_path_weights",
        ),
        (
            "position_weights",
            (-0.2, 1.0, 0.2),
            "position_weights is (-0.2, 1.0, 0.2).\nExpected: a list of 3 numbers",
        ),
        ("position_weights", 1, "position_weights is 1.\nExpected: a list of 3 numbers"),
        (
            "custom_by",
            "campaign",
            "Unknown custom_by 'campaign'.\nExpected: one of channel, touch_type\n"
            "Do: write channel",
        ),
        (
            "player_dimension",
            "zzz",
            "Unknown player_dimension 'zzz'.\nExpected: one of asset, campaign, channel, "
            "partner, partner_channel\nDo: choose one of these names",
        ),
        (
            "markov_order",
            5,
            "markov_order is 5.\nExpected: a whole number from 1 to 4, or auto\n"
            "Do: change markov_order",
        ),
        (
            "lookback_days_by_method",
            {"linear": 3651},
            "lookback_days_by_method[linear] is 3651.\nExpected: a whole number of days from 1",
        ),
        ("lookback_days_by_method", {"linear": 0}, "lookback_days_by_method[linear] is 0.\n"),
        ("lookback_days_by_method", {"linear": 1.5}, "lookback_days_by_method[linear] is 1.5.\n"),
        ("markov_order", 0, "markov_order is 0.\nExpected: a whole number"),
        ("markov_order", "most", "markov_order is 'most'.\nExpected: a whole number"),
    ],
)
def test_the_whole_message(setting, value, message):
    with pytest.raises(AttributionError) as caught:
        Settings(**{setting: value})
    assert str(caught.value).startswith(message)


def test_weights_become_the_smallest_whole_numbers():
    assert integer_weights((0.4, 0.4, 0.2)) == (2, 2, 1)
    assert integer_weights((0.00001, 0.99999)) == (1, 99_999)
    assert integer_weights((0, 0)) == (0, 0)
    assert all(type(value) is int for value in integer_weights((0.225, 0.1)))


def test_half_lives_become_whole_microseconds():
    assert half_life_us(7) == 604_800_000_000
    assert half_life_us(0.1) == 8_640_000_000
    assert half_life_us(1e-12) == 1


def test_known_names_are_listed_in_order():
    error = unknown_name("rule", "frist", ["second", "first", "zero"])
    assert error.expected == "one of first, second, zero"


def test_players_are_made_of_these_columns():
    assert PLAYER_DIMENSIONS == {
        "channel": ("channel",),
        "partner": ("partner_id",),
        "partner_channel": ("partner_id", "channel"),
        "campaign": ("campaign_id",),
        "asset": ("asset_id",),
    }
