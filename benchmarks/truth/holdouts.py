"""What hold-outs on the two players with the most credit do to a causal method's figures."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from benchmarks.truth.game import Truth
from benchmarks.truth.methods import Printed
from partner_attribution.attribution.calibration import calibrate

TESTED = 2
LEVEL = 0.9
MODEL_ERROR = 0.1  # standard error of a player's figure, as a part of all that is incremental


def with_holdouts(printed: Printed, truth: Truth, seed: int) -> Printed:
    """Return figures after a test that holds the player back from half of all accounts.

    The test finds the player's true value with the error of two halves of Poisson wins. A real one
    measures the player beside all others, which differs where players work together.
    """
    if not printed.conversions or printed.baseline_share is None:
        return printed
    added = sum(printed.conversions.values())
    error = 2 * truth.total**0.5
    half = NormalDist().inv_cdf(0.5 + LEVEL / 2) * error
    rng = np.random.default_rng([31, seed])
    tested = sorted(printed.conversions, key=lambda p: (-(printed.conversions or {})[p], p))[
        :TESTED
    ]
    true = dict(zip(truth.players, truth.conversions, strict=True))
    results = [(player, true[player] + rng.normal(0, error)) for player in tested]
    experiments = pd.DataFrame(
        {
            "experiment_id": tested,
            "player": tested,
            "incremental_conversions": [found for _, found in results],
            "lower": [found - half for _, found in results],
            "upper": [found + half for _, found in results],
            "interval_level": LEVEL,
        }
    )
    effects = pd.DataFrame(
        {
            "player": list(printed.conversions),
            "conversions": list(printed.conversions.values()),
            "standard_error": MODEL_ERROR * added,
        }
    )
    rows = calibrate(effects, experiments, LEVEL).to_pylist()
    found = {row["player"]: max(0.0, row["conversions"]) for row in rows}
    total, wins = sum(found.values()), added / (1 - printed.baseline_share)
    return Printed({p: c / total for p, c in found.items()}, 1 - total / wins, found)
