"""Every method against exact rationals, to the cent, on journeys built to be awkward."""

from __future__ import annotations

import pytest

from partner_attribution.attribution import Settings

from . import oracle
from .frames import ALL, Credits, on_duckdb, on_pandas, random_conversions

AMOUNTS = (0, 1, -1, 2, 7, 100, 10_000, -12_345, 999_999, 123_456_789, 10**11, -(10**11))
WEIGHTS = {"webinar": 3, "email": 0.5}
VARIANTS = {
    "defaults": {"custom_weights": WEIGHTS},
    "skewed": {
        "position_weights": (0.123, 0.377, 0.5),
        "half_life_days": 30,
        "u_shaped_weights": (0.5, 0.25, 0.25),
        "w_shaped_weights": (0.1, 0.2, 0.3, 0.4),
        "full_path_weights": (0.11111, 0.2, 0.3, 0.2, 0.18889),
        "custom_by": "touch_type",
        "custom_weights": {"meeting": 2.25},
        "custom_other_weight": 1,
    },
    "extreme": {
        "position_weights": (0, 0, 1),
        "half_life_days": 0.5,
        "u_shaped_weights": (1, 0, 0),
        "w_shaped_weights": (0, 1, 0, 0),
        "full_path_weights": (0, 0, 0, 1, 0),
    },
    "ends only": {"position_weights": (0.9, 0.1, 0), "half_life_days": 365},
}


def assert_same(found: Credits, wanted: Credits, may_move: set[tuple[str, str]]) -> None:
    assert found.keys() == wanted.keys()
    differing = {
        key: (found[key], wanted[key])
        for key in wanted
        if abs(found[key][1] - wanted[key][1])
        > (key[1] == "time_decay" and (key[0], key[2]) in may_move)
        or abs(found[key][0] - wanted[key][0]) > 1e-12
    }
    assert not differing


@pytest.mark.parametrize("engine", [on_pandas, on_duckdb])
@pytest.mark.parametrize("name", VARIANTS)
def test_cents_and_shares_equal_the_exact_rational_answer(name, engine):
    conversions = random_conversions(seed=len(name), count=250, amounts=AMOUNTS)
    found = engine(conversions, ALL, Settings(**VARIANTS[name]))
    wanted: Credits = {}
    may_move = set()
    for conversion in conversions:
        for method in ALL:
            wanted |= oracle.credits(conversion, method, VARIANTS[name])
            touches = oracle.may_move(conversion, method, VARIANTS[name])
            may_move |= {(conversion.conversion_id, touch) for touch in touches}
    # A fast-decaying touch may fall below 2**-60; the engine keeps its row with its tiny share.
    assert_same(found, wanted, may_move)
