"""Family `hidden`: as `intent`, but who chases sees the intent itself, and nobody records it.

A stress test: touches follow what no report holds, so no method can be right here. It shows how
wrong each one then is, and whether it says so.
"""

from __future__ import annotations

from benchmarks.truth import intent
from benchmarks.truth.intent import Population, observe, values, walk

__all__ = ["Population", "observe", "population", "values", "walk"]


def population(seed: int) -> Population:
    """Draw a world in which players chase the hidden intent."""
    return intent.population(seed, is_hidden=True)
