"""What each entry of the registry says of its method."""

from __future__ import annotations

import dataclasses

import pytest

from partner_attribution.attribution import (
    DEFAULT_METHODS,
    REGISTRY,
    Settings,
    find_methods,
    register,
)
from partner_attribution.errors import AttributionError

# What each method needs of a touch beside its id and time, and how its cents are found.
NEEDS = {
    "first_touch": ("winner", ()),
    "last_touch": ("winner", ()),
    "last_non_direct": ("winner", ("is_direct",)),
    "linear": ("equal", ()),
    "position": ("ends", ()),
    "time_decay": ("weighted", ()),
    "u_shaped": ("weighted", ("is_lead_anchor",)),
    "w_shaped": ("weighted", ("is_lead_anchor", "is_opportunity_anchor")),
    "full_path": ("weighted", ("is_lead_anchor", "is_opportunity_anchor", "is_close_anchor")),
    "custom": ("weighted", ("channel",)),
    "markov_path": ("weighted", ("player_weight_markov_path",)),
    "markov_global": ("weighted", ()),
    "shapley_set": ("weighted", ("player_weight_shapley_set",)),
    "shapley_rate": ("weighted", ("player_weight_shapley_rate",)),
}


def test_what_each_method_reads():
    """Methods that are not listed here have tests of their own."""
    known = {name: REGISTRY[name] for name in NEEDS}
    found = {name: (m.allocation, m.columns(Settings())) for name, m in known.items()}
    assert found == NEEDS
    types = Settings(half_life_days_by_campaign_type={"event": 3}, custom_by="touch_type")
    assert REGISTRY["time_decay"].columns(types) == ("campaign_type",)
    assert REGISTRY["custom"].columns(types) == ("touch_type",)
    assert [name for name, m in known.items() if m.by_player] == [
        "markov_path",
        "markov_global",
        "shapley_set",
        "shapley_rate",
    ]
    assert [name for name, m in known.items() if not m.has_rows] == ["markov_global"]
    assert {name: tuple(m.parameters) for name, m in known.items() if m.parameters} == {
        "position": ("position_weights",),
        "time_decay": ("half_life_days", "half_life_days_by_campaign_type"),
        "u_shaped": ("u_shaped_weights",),
        "w_shaped": ("w_shaped_weights",),
        "full_path": ("full_path_weights",),
        "custom": ("custom_by", "custom_weights", "custom_other_weight"),
        "markov_path": ("player_dimension", "markov_order"),
        "markov_global": ("player_dimension", "markov_order"),
        "shapley_set": ("player_dimension",),
        "shapley_rate": ("player_dimension",),
    }


def test_what_the_engine_does_for_each_method():
    def those(condition):
        return [method.id for method in REGISTRY.values() if condition(method)]

    learned = ["markov_path", "markov_global", "shapley_set", "shapley_rate"]
    causal = ["hazard_shapley", "multistate", "causal_auto"]
    assert those(lambda m: m.skips_direct) == ["last_non_direct"]
    assert those(lambda m: m.by_player) == learned
    assert those(lambda m: not m.has_rows) == ["markov_global", *causal]
    assert those(lambda m: m.is_incremental) == causal == those(lambda m: m.family == "causal")
    assert {method.id: method.allocation for method in REGISTRY.values()} == dict.fromkeys(
        REGISTRY, "weighted"
    ) | {
        "first_touch": "winner",
        "last_touch": "winner",
        "last_non_direct": "winner",
        "linear": "equal",
        "position": "ends",
    }


def test_registering_returns_the_method(monkeypatch):
    monkeypatch.setattr("partner_attribution.attribution.registry.REGISTRY", dict(REGISTRY))
    toy = dataclasses.replace(REGISTRY["linear"], id="toy_linear")
    assert register(toy) is toy
    assert find_methods(["toy_linear", "linear"]) == (toy, REGISTRY["linear"])


def test_the_methods_that_run_by_default():
    assert DEFAULT_METHODS == (
        "first_touch",
        "last_touch",
        "last_non_direct",
        "linear",
        "position",
        "time_decay",
    )


@pytest.mark.parametrize("names", ["linear", None, 7])
def test_methods_are_a_list(names):
    with pytest.raises(AttributionError, match=f"methods is {names!r}"):
        find_methods(names)


@pytest.mark.parametrize("name", ["liner", ["linear"], None])
def test_a_method_is_a_known_name(name):
    with pytest.raises(AttributionError, match="Unknown attribution method"):
        find_methods([name])
