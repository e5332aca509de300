"""Causal methods: what would have come without a player, and what would have come anyway.

The only methods whose figures may be called incremental. Every account at risk counts, converted or
not, week by week (docs/methods.md, "Causal").
"""

from partner_attribution.attribution.causal.credits import CausalResult, causal_credits
from partner_attribution.attribution.causal.ledger import estimates_of_ledger
from partner_attribution.attribution.causal.settings import (
    AUTO,
    BASELINE,
    CAUSAL_METHODS,
    HAZARD,
    MULTISTATE,
    CausalSettings,
)

__all__ = [
    "AUTO",
    "BASELINE",
    "CAUSAL_METHODS",
    "HAZARD",
    "MULTISTATE",
    "CausalResult",
    "CausalSettings",
    "causal_credits",
    "estimates_of_ledger",
]
