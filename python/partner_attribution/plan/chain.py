"""Hashes that chain plans and their change logs, so that an edit cannot go unseen."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def digest(value: Any) -> str:
    """SHA-256 of canonical JSON: sorted keys, no spaces, no NaN."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def chained(entries: list[dict[str, Any]], start: str) -> list[dict[str, Any]]:
    """Number the entries and give each the hash of the one before."""
    made: list[dict[str, Any]] = []
    previous = start
    for number, entry in enumerate(entries, start=1):
        body = {**entry, "seq": number, "prev_hash": previous}
        previous = digest(body)
        made.append({**body, "hash": previous})
    return made


def without(value: dict[str, Any], key: str) -> dict[str, Any]:
    """A copy of an object without one key."""
    return {name: held for name, held in value.items() if name != key}
