"""Attribution methods: pure functions over Narwhals frames, exact to the cent on every engine."""

from partner_attribution.attribution.eligible import eligible_touches, with_anchors
from partner_attribution.attribution.engine import attribute, attribute_wide
from partner_attribution.attribution.exact import number
from partner_attribution.attribution.journey import Journey
from partner_attribution.attribution.paths import attribute_paths
from partner_attribution.attribution.registry import (
    DEFAULT_METHODS,
    REGISTRY,
    Method,
    find_methods,
    register,
)
from partner_attribution.attribution.settings import Settings

__all__ = [
    "DEFAULT_METHODS",
    "REGISTRY",
    "Journey",
    "Method",
    "Settings",
    "attribute",
    "attribute_paths",
    "attribute_wide",
    "eligible_touches",
    "find_methods",
    "number",
    "register",
    "with_anchors",
]
