"""Worlds in which it is known what each partner's touches caused."""

from benchmarks.truth.worlds import FAMILIES, World, world

__all__ = ["FAMILIES", "World", "world"]
