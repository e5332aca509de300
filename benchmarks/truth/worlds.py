"""One door to all simulated worlds: `world(family, seed)` returns its frames and its truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.truth import funnel, hidden, intent
from benchmarks.truth.frames import STARTED_AT_US, at_us
from benchmarks.truth.game import Truth, truth_of

FAMILIES: Mapping[str, ModuleType] = {"intent": intent, "funnel": funnel, "hidden": hidden}
# How many samples of how many accounts: the truth is then known to well under a share point.
SAMPLES = {"intent": (12, 250), "funnel": (40, 250), "hidden": (12, 250)}
# Read when imported, so that an edit during a run does not pass for the code that ran.
_CODE = {
    family: sha256(
        Path(str(module.__file__)).read_bytes()
        + b"".join(Path(__file__).with_name(n).read_bytes() for n in ("game.py", "intent.py"))
        + repr(SAMPLES[family]).encode()
    ).hexdigest()[:12]
    for family, module in FAMILIES.items()
}


@dataclass(frozen=True)
class World:
    """What partners report of a world, and what their touches truly caused.

    accounts, touches, milestones: as `causal_credits` reads them; touches also say partner_id and
        channel. The first reported week starts at observed_from_us.
    """

    family: str
    seed: int
    players: tuple[str, ...]
    accounts: pd.DataFrame
    touches: pd.DataFrame
    milestones: pd.DataFrame
    observed_from_us: int
    observed_until_us: int
    truth: Truth | None


def world(family: str, seed: int, *, with_truth: bool = True) -> World:
    """Return the world of a family and seed; the same two always give the same world.

    with_truth: the truth takes seconds, the frames less than one.
    """
    if family not in FAMILIES:
        raise ValueError(f"No family {family!r}: choose one of {', '.join(sorted(FAMILIES))}.")
    module = FAMILIES[family]
    drawn = module.population(seed)
    accounts, touches, milestones = module.observe(drawn, seed)
    return World(
        family=family,
        seed=seed,
        players=tuple(player.name for player in drawn.players),
        accounts=accounts,
        touches=touches,
        milestones=milestones,
        observed_from_us=STARTED_AT_US,
        observed_until_us=int(at_us(drawn.weeks, 0.0)),
        truth=truth(family, drawn, seed) if with_truth else None,
    )


def kept_truth(family: str, seed: int, folder: Path) -> Truth:
    """Return the truth of a world from `folder`, or find it and keep it there.

    The file is named by the code of the simulator, so a changed one is never given an old truth.
    """
    path = folder / f"{family}-{seed}-{_CODE[family]}.json"
    if path.exists():
        kept = json.loads(path.read_text())
        return Truth(**kept | {name: tuple(kept[name]) for name in ("players", "conversions")})
    found = truth(family, FAMILIES[family].population(seed), seed)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(found)))
    return found


def truth(family: str, drawn: Any, seed: int, samples: int | None = None) -> Truth:
    """Return the exact Shapley values of the drawn population, with their Monte-Carlo error.

    Every sample lets the same accounts live, with the same luck, in each of the 2**n coalitions.
    """
    count, size = SAMPLES[family]
    values: Callable[..., Any] = FAMILIES[family].values
    found = np.array(
        [
            values(drawn, np.random.default_rng([99, seed, sample]), size)
            for sample in range(samples or count)
        ],
        dtype=float,
    )
    names = tuple(player.name for player in drawn.players)
    return truth_of(names, found, drawn.accounts / size)
