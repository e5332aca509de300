"""The registry: every method in one place. A new method is one function and one entry here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import narwhals as nw

from partner_attribution.attribution import methods
from partner_attribution.attribution.journey import (
    Journey,
    anchor_column,
    player_weight_column,
)
from partner_attribution.attribution.settings import Settings, unknown_name
from partner_attribution.errors import AttributionError

Weights = Callable[[Journey, Settings], nw.Expr]
Columns = Callable[[Settings], tuple[str, ...]]
Allocation = Literal["winner", "equal", "ends", "weighted"]
Ends = Callable[[Settings], tuple[int, int, int]]

TO_MILESTONE = "all eligible touches up to the journey's cut-off"


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to share a conversion among its touches.

    id: name in settings, tables and reports.
    label, family, definition, scope: for people; the definition is one sentence.
    parameters: setting -> unit; the default is the one in Settings.
    weights: returns a whole number of 0 or more per touch; those of a journey sum to at most
        2**52 (weights of up to 2**journey.scale_bits always do). Write constants as number(3).
    allocation: how weights become cents. `weighted` works for any weights and rounds on the running
        total; the others are exact largest remainders: `winner` (one touch weighs 1, the others 0),
        `equal` (all weigh the same), `ends` (only the first and the last differ from the rest).
    ends: for `ends`: whole-number parts of the first touch, the last, and the rest together.
    reads: touch columns which the weights use under given settings.
    anchors: milestones whose anchor touches the weights use.
    skips_direct: the weights use the last touch that is not direct.
    by_player: learned per player from compared journeys; touches carry player_weight_<id>.
    has_rows: the engine credits touches. Otherwise players only, or (causal) elsewhere.
    is_incremental: says what would not have come otherwise, beside a baseline; only those which
        compare all accounts at risk and cut at opportunity creation may.
    """

    id: str
    label: str
    family: Literal["single touch", "multi-touch", "milestones", "custom", "data-driven", "causal"]
    definition: str
    scope: str = TO_MILESTONE
    parameters: Mapping[str, str] = field(default_factory=dict)
    weights: Weights
    allocation: Allocation = "weighted"
    ends: Ends = lambda _: (0, 0, 1)
    reads: Columns = lambda _: ()
    anchors: tuple[str, ...] = ()
    skips_direct: bool = False
    by_player: bool = False
    has_rows: bool = True
    is_incremental: bool = False

    def columns(self, settings: Settings) -> tuple[str, ...]:
        """Touch columns which this method uses beside identifiers and times."""
        anchors = tuple(anchor_column(milestone) for milestone in self.anchors)
        direct = ("is_direct",) if self.skips_direct else ()
        learned = (player_weight_column(self.id),) if self.by_player and self.has_rows else ()
        return (*self.reads(settings), *anchors, *direct, *learned)


REGISTRY: dict[str, Method] = {}


def register(method: Method) -> Method:
    """Add a method; its id must be free."""
    if method.id in REGISTRY:
        raise AttributionError(
            f"Method {method.id!r} is registered already.", do="choose another id"
        )
    REGISTRY[method.id] = method
    return method


def find_methods(names: Iterable[str]) -> tuple[Method, ...]:
    """Return the methods of these names, in this order.

    Raises AttributionError for no name, a repeated name, and an unknown one (with the nearest).
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise AttributionError(f"methods is {names!r}.", expected="a list such as ['linear']")
    found: dict[str, Method] = {}
    for name in names:
        if not isinstance(name, str) or name not in REGISTRY:
            raise unknown_name("attribution method", name, REGISTRY)
        if name in found:
            raise AttributionError(f"Method {name!r} is listed twice.", do="list it once")
        found[name] = REGISTRY[name]
    if not found:
        raise AttributionError(
            "No attribution method is given.", expected=f"some of {', '.join(sorted(REGISTRY))}"
        )
    return tuple(found.values())


def _campaign_type_if_asked(settings: Settings) -> tuple[str, ...]:
    return ("campaign_type",) if settings.half_life_days_by_campaign_type else ()


_HALF_LIVES = {
    "half_life_days": "days",
    "half_life_days_by_campaign_type": "days per campaign type",
}
_PLAYERS = {"player_dimension": "channel, partner, partner_channel, campaign or asset"}
_MARKOV = {**_PLAYERS, "markov_order": "touches that a state remembers, or auto"}
_CUSTOM = {
    "custom_by": "channel or touch_type",
    "custom_weights": "weight per value",
    "custom_other_weight": "weight of unlisted values",
}

for _method in (
    Method(
        id="first_touch",
        label="First touch",
        family="single touch",
        definition="The oldest touch of the journey gets everything.",
        weights=methods.first_touch,
        allocation="winner",
    ),
    Method(
        id="last_touch",
        label="Last touch",
        family="single touch",
        definition="The newest touch of the journey gets everything.",
        weights=methods.last_touch,
        allocation="winner",
    ),
    Method(
        id="last_non_direct",
        label="Last non-direct touch",
        family="single touch",
        definition="The newest touch on a channel other than direct gets everything.",
        weights=methods.last_non_direct,
        allocation="winner",
        skips_direct=True,
    ),
    Method(
        id="linear",
        label="Linear",
        family="multi-touch",
        definition="Every touch of the journey gets the same share.",
        weights=methods.linear,
        allocation="equal",
    ),
    Method(
        id="position",
        label="Position based",
        family="multi-touch",
        definition="The first and the last touch get a fixed share each; the rest goes evenly "
        "to the touches between them.",
        parameters={"position_weights": "shares of first, last, between"},
        weights=methods.position,
        allocation="ends",
        ends=methods.position_ends,
    ),
    Method(
        id="time_decay",
        label="Time decay",
        family="multi-touch",
        definition="A touch gets half as much as one that is a half-life newer.",
        parameters=_HALF_LIVES,
        weights=methods.time_decay,
        reads=_campaign_type_if_asked,
    ),
    Method(
        id="u_shaped",
        label="U-shaped",
        family="milestones",
        definition="The first touch and the lead-creation touch get a fixed share each; the rest "
        "goes evenly to the other touches.",
        scope="touches up to lead creation",
        parameters={"u_shaped_weights": "shares of first, lead, others"},
        weights=methods.u_shaped,
        anchors=("lead",),
    ),
    Method(
        id="w_shaped",
        label="W-shaped",
        family="milestones",
        definition="The first touch and the touches of lead and opportunity creation get a fixed "
        "share each; the rest goes evenly to the other touches.",
        scope="touches up to opportunity creation",
        parameters={"w_shaped_weights": "shares of first, lead, opportunity, others"},
        weights=methods.w_shaped,
        anchors=("lead", "opportunity"),
    ),
    Method(
        id="full_path",
        label="Full path",
        family="milestones",
        definition="The first touch and the touches of lead creation, opportunity creation and "
        "close get a fixed share each; the rest goes evenly to the other touches.",
        scope="touches up to close",
        parameters={"full_path_weights": "shares of first, lead, opportunity, close, others"},
        weights=methods.full_path,
        anchors=("lead", "opportunity", "close"),
    ),
    Method(
        id="custom",
        label="Custom weights",
        family="custom",
        definition="Each touch gets a share in proportion to the agreed weight of its channel or "
        "touch type.",
        parameters=_CUSTOM,
        weights=methods.custom,
        reads=lambda settings: (settings.custom_by,),
    ),
    Method(
        id="markov_path",
        label="Markov removal effect, per journey",
        family="data-driven",
        definition="The touches of a journey share it in proportion to the removal effects of "
        "their players.",
        parameters=_MARKOV,
        weights=methods.markov_path,
        by_player=True,
    ),
    Method(
        id="markov_global",
        label="Markov removal effect, overall",
        family="data-driven",
        definition="Players share all conversions in proportion to their removal effects; no "
        "credit belongs to a single deal.",
        parameters=_MARKOV,
        weights=methods.without_rows,
        by_player=True,
        has_rows=False,
    ),
    Method(
        id="shapley_set",
        label="Shapley value of player sets",
        family="data-driven",
        definition="The distinct players of a journey get the same share; each player's goes "
        "evenly to its touches there.",
        parameters=_PLAYERS,
        weights=methods.shapley_set,
        by_player=True,
    ),
    Method(
        id="shapley_rate",
        label="Shapley value of conversion rates",
        family="data-driven",
        definition="The touches of a journey share it in proportion to their players' Shapley "
        "values of the conversion rate; negative values count 0.",
        parameters=_PLAYERS,
        weights=methods.shapley_rate,
        by_player=True,
    ),
    Method(
        id="hazard_shapley",
        label="Incremental, weekly hazard",
        family="causal",
        definition="Each player gets its Shapley value of the deals expected with its touches, "
        "from the weekly hazard of an opportunity; what no touch caused is the baseline.",
        parameters=_PLAYERS,
        weights=methods.without_rows,
        has_rows=False,
        is_incremental=True,
    ),
    Method(
        id="multistate",
        label="Incremental, through the funnel",
        family="causal",
        definition="Each player gets its Shapley value of the deals expected with its touches, "
        "from the weekly hazard of every recorded stage; what no touch caused is the baseline.",
        parameters=_PLAYERS,
        weights=methods.without_rows,
        has_rows=False,
        is_incremental=True,
    ),
    Method(
        id="causal_auto",
        label="Incremental, method by stage history",
        family="causal",
        definition="multistate where lead or MQL stages are recorded often enough to fit, "
        "hazard_shapley otherwise.",
        parameters=_PLAYERS,
        weights=methods.without_rows,
        has_rows=False,
        is_incremental=True,
    ),
):
    register(_method)

DEFAULT_METHODS = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position",
    "time_decay",
)
