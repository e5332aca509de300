"""The registry is the one list of methods; settings refuse what cannot be meant."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import narwhals as nw
import pandas as pd
import pytest

from partner_attribution.attribution import (
    DEFAULT_METHODS,
    REGISTRY,
    Method,
    Settings,
    attribute,
    find_methods,
    number,
    register,
)
from partner_attribution.errors import AttributionError

from . import oracle
from .frames import (
    CLOSED_AT,
    DAY,
    Conversion,
    Touch,
    in_order,
    on_duckdb,
    on_pandas,
    pandas_frames,
    random_conversions,
)

DOCUMENTATION = (Path(__file__).parents[3] / "docs" / "methods.md").read_text(encoding="utf-8")
DEALS = random_conversions(seed=7, count=200, amounts=(0, 1, -1, 99, 1_000_003, -(10**11), 2**50))


@pytest.fixture
def registry(monkeypatch):
    for name in list(REGISTRY):
        monkeypatch.setitem(REGISTRY, name, REGISTRY[name])  # restored afterwards
    yield REGISTRY
    for name in set(REGISTRY) - set(DEFAULT_METHODS):
        if name.startswith("toy"):
            del REGISTRY[name]


def test_the_first_release_runs_by_default():
    rows, touches = pandas_frames(DEALS[:3])
    assert set(attribute(rows, touches)["method"]) == {
        "first_touch",
        "last_touch",
        "last_non_direct",
        "linear",
        "position",
        "time_decay",
    }


@pytest.mark.parametrize("engine", [on_pandas, on_duckdb])
def test_a_new_method_is_one_function_and_one_entry(registry, engine):
    def toy(journey, settings):
        return nw.when(journey.dimension("channel") == "webinar").then(number(3)).otherwise(1)

    register(
        Method(
            id="toy_webinar",
            label="Webinars thrice",
            family="custom",
            definition="A webinar counts three times.",
            weights=toy,
            reads=lambda _: ("channel",),
        )
    )
    webinar = Touch("t1", CLOSED_AT - DAY, "webinar")
    found = engine([Conversion("deal", 101, (webinar, Touch("t2", CLOSED_AT)))], ["toy_webinar"])
    assert found == {
        ("deal", "toy_webinar", "t1"): (0.75, 76),
        ("deal", "toy_webinar", "t2"): (0.25, 25),
    }


def test_an_id_is_taken_once(registry):
    with pytest.raises(AttributionError, match="'linear' is registered already"):
        register(REGISTRY["linear"])


@pytest.mark.parametrize(
    "name", [name for name, method in REGISTRY.items() if method.allocation != "weighted"]
)
def test_shortcuts_share_by_the_same_weights_as_the_general_rule(registry, name):
    method = REGISTRY[name]
    registry["toy_weighted"] = dataclasses.replace(method, id="toy_weighted", allocation="weighted")
    settings = Settings(position_weights=(0.17, 0.53, 0.3))
    found = on_pandas(DEALS, [name, "toy_weighted"], settings)
    general = {(c, t): credit for (c, m, t), credit in found.items() if m == "toy_weighted"}
    own = {(c, t): credit for (c, m, t), credit in found.items() if m == name}
    assert {key: share for key, (share, _) in own.items()} == {
        key: share for key, (share, _) in general.items()
    }
    # The general rule rounds the running total; the shortcuts are compared in test_oracle.
    chosen = {**oracle.DEFAULTS, "position_weights": ("0.17", "0.53", "0.3")}
    for deal in DEALS:
        touches = sorted(deal.touches, key=in_order)
        shares = oracle.shares_of(name, touches, deal, chosen) if touches else []
        cents = oracle.on_running_total(abs(deal.amount_cents), shares)
        sign = -1 if deal.amount_cents < 0 else 1
        for touch, share, wanted in zip(touches, shares, cents, strict=True):
            if share:
                assert general[deal.conversion_id, touch.touch_id][1] == sign * wanted


@pytest.mark.parametrize("method", REGISTRY.values(), ids=REGISTRY)
def test_every_entry_explains_itself(method):
    assert REGISTRY[method.id] is method
    assert method.label and method.scope
    assert method.definition.endswith(".") and method.definition.count(".") == 1
    assert set(method.parameters) <= {field.name for field in dataclasses.fields(Settings)}
    assert all(method.parameters.values())
    assert f"`{method.id}`" in DOCUMENTATION
    assert all(f"`{setting}`" in DOCUMENTATION for setting in method.parameters)


def test_unknown_names_list_the_nearest():
    with pytest.raises(AttributionError, match="Unknown attribution method 'liner'") as caught:
        find_methods(["liner"])
    assert "Do: write linear" in str(caught.value)
    assert "w_shaped" in str(caught.value)


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ([], "No attribution method"),
        ("linear", "methods is 'linear'"),
        (None, "methods is None"),
        (["linear", "linear"], "listed twice"),
        ([["linear"]], "Unknown attribution method"),
    ],
)
def test_method_lists_that_cannot_be_meant(methods, message):
    with pytest.raises(AttributionError, match=message):
        find_methods(methods)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("position_weights", (0.4, 0.4)),
        ("position_weights", (0.5, 0.5, 0.5)),
        ("position_weights", (-0.2, 1.0, 0.2)),
        ("position_weights", "0.4,0.4,0.2"),
        ("position_weights", None),
        ("position_weights", (0.4, "many", 0.2)),
        ("position_weights", (0.4, True, 0.2)),
        ("w_shaped_weights", (0.4, 0.4, 0.2)),
        ("full_path_weights", (1, 1, 1, 1, 1)),
        ("half_life_days", 0),
        ("half_life_days", -7),
        ("half_life_days", None),
        ("half_life_days", "a week"),
        ("half_life_days", float("nan")),
        ("half_life_days", float("inf")),
        ("half_life_days", 10**6),
        ("half_life_days_by_campaign_type", {"event": 0}),
        ("custom_by", "chanel"),
        ("custom_weights", [1, 2]),
        ("custom_weights", {"email": -1}),
        ("custom_other_weight", 10**6),
    ],
)
def test_settings_name_what_they_refuse(setting, value):
    with pytest.raises(AttributionError, match=setting):
        Settings(**{setting: value})


def test_settings_take_what_a_settings_file_holds():
    given = Settings(position_weights=["0.3", 0.3, "0.4"], half_life_days="14")
    assert given.position_weights == (0.3, 0.3, 0.4)
    assert given.half_life_days == 14.0
    thirds = Settings(position_weights=[1 / 3, 1 / 3, 1 / 3])
    deal = Conversion("deal", 9, tuple(Touch(f"t{i}", CLOSED_AT + i) for i in range(3)))
    assert {cents for _, cents in on_pandas([deal], ["position"], thirds).values()} == {3}


def test_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().half_life_days = 3
    with pytest.raises(TypeError):
        Settings(custom_weights={"email": 1}).custom_weights["email"] = 2


def test_missing_columns_are_named():
    rows, touches = pandas_frames(DEALS[:3])
    with pytest.raises(AttributionError, match="touches has no column 'is_direct'"):
        attribute(rows, touches.drop(columns="is_direct"), ["last_non_direct"])
    with pytest.raises(AttributionError, match="conversions has no column 'amount_cents'"):
        attribute(rows.rename(columns={"amount_cents": "amount"}), touches, ["linear"])


def test_columns_that_no_method_reads_may_be_absent():
    rows, touches = pandas_frames(DEALS[:3])
    needed = touches[["conversion_id", "touch_id", "touched_at_us"]]
    methods = ["first_touch", "linear", "position", "time_decay"]
    left, right = attribute(rows, needed, methods), attribute(rows, touches, methods)
    pd.testing.assert_frame_equal(left, right)


@pytest.mark.parametrize("engine", [on_pandas, on_duckdb])
@pytest.mark.parametrize("amount", [2**50 + 1, -(2**50) - 1, 2**62])
def test_amounts_beyond_exact_arithmetic_are_refused(engine, amount):
    with pytest.raises(AttributionError, match="too large to be shared exactly"):
        engine([Conversion("deal", amount, (Touch("t", CLOSED_AT),))], ["linear"])


def test_missing_amounts_are_refused():
    rows, touches = pandas_frames(DEALS[:3])
    rows["amount_cents"] = pd.Series([1, None, 3], dtype="Int64")
    with pytest.raises(AttributionError, match="1 conversions have no amount_cents"):
        attribute(rows, touches, ["linear"])
