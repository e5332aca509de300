"""Settings of the causal methods, and the words for what they cannot estimate."""

from __future__ import annotations

from dataclasses import dataclass

MICROSECONDS_PER_WEEK = 7 * 86_400_000_000
BASELINE = "baseline"
HAZARD, MULTISTATE, AUTO = "hazard_shapley", "multistate", "causal_auto"
CAUSAL_METHODS = (HAZARD, MULTISTATE, AUTO)
FUNNEL = ("lead", "mql", "opportunity", "closed_won", "closed_lost")
ESTIMABLE, NOT_ESTIMABLE = "estimable", "not estimable"


@dataclass(frozen=True, kw_only=True)
class CausalSettings:
    """How the causal methods look at a population.

    milestones: what counts as a conversion: `closed_won`, `opportunity`.
    half_lives_weeks, saturations: the grid; each pair counts by its likelihood. Saturation s
        turns a stock x into (1 - exp(-s x)) / s; 0 leaves it as it is.
    delays_weeks: how many weeks late a stage may be recorded, shortest first.
    closing_evidence: a chance: touches of open deals count only where effects so large on winning
        them, all together or one alone, would come about by luck less often.
    organic_half_lives_weeks: memories of the account's own visits, which stand for its intent.
    minimum_wins: fewer conversions are not estimable.
    minimum_transitions: a state reached less often on its own is no state of the funnel.
    controls_per_event: weeks at risk kept per event when fitting; those kept weigh for the rest.
    exact_players: up to here every coalition is evaluated, above by sampled orders of players.
    maximum_players: above, the methods refuse.
    accounts_without_deal: of accounts without any stage, and of those with a stage but no deal, at
        most this many each are looked at; they stand for the rest.
    interval_groups: groups of accounts left out in turn to see how much the figures hang on each;
        0 = none. Only where accounts have a bucket, 0 to interval_buckets - 1.
    disagreement: total variation between the two methods above which a test is needed.
    misfit: chi squared per degree of freedom above which one is needed too: touches that came as a
        surprise still tell of deals, so players react to what is not on record. A longer delay is
        tried before.
    """

    milestones: tuple[str, ...] = ("closed_won",)
    half_lives_weeks: tuple[float, ...] = (1.0, 2.0, 4.0)
    saturations: tuple[float, ...] = (0.0, 0.8)
    delays_weeks: tuple[int, ...] = (0, 1, 2, 3)
    closing_evidence: float = 0.05
    organic_half_lives_weeks: tuple[float, ...] = (1.0, 4.0, 16.0)
    minimum_wins: int = 30
    minimum_transitions: int = 30
    controls_per_event: int = 30
    exact_players: int = 12
    maximum_players: int = 60
    sampled_orders: int = 100
    accounts_without_deal: int = 10_000
    interval_groups: int = 0
    interval_buckets: int = 1000
    disagreement: float = 0.2
    misfit: float = 2.0


class NotEstimable(Exception):  # noqa: N818 (an answer, not a mistake)
    """The data cannot tell; the message says why."""
