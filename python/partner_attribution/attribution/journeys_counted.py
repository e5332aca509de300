"""All that is learned from compared journeys rests on two counts of them, made here once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from partner_attribution.attribution.coalitions import ACCOUNT, Kinds, count_journeys
from partner_attribution.attribution.exact import Frame
from partner_attribution.attribution.markov import best_order
from partner_attribution.attribution.players import player
from partner_attribution.attribution.settings import AUTO, MAX_MARKOV_ORDER, Settings
from partner_attribution.attribution.transitions import (
    BUCKET,
    PLAYER,
    InBuckets,
    count_in_buckets,
    players_seen,
)
from partner_attribution.errors import AttributionError

MAX_PLAYERS = 1000


@dataclass(frozen=True)
class JourneyCounts:
    """Journeys by what they met, and what followed what in them; by milestone.

    kinds: also of milestones in which no journey had a touch. transitions: of the order that is
    solved; empty where no Markov method asks. buckets: how many were told apart; 1 = none.
    """

    kinds: Mapping[str, Kinds]
    transitions: Mapping[str, InBuckets]
    buckets: int


def counts_of_journeys(
    journeys: Any,
    methods: Collection[str],
    settings: Settings,
    accounts: Any = None,
    buckets: int = 1,
) -> JourneyCounts:
    """Count compared journeys for these methods, each in as few passes over touches as it takes.

    What is learned adds none: one sort serves all Markov methods (two where `auto` chooses the
    order of each milestone), and one group of touches all else.

    journeys: as for `player_effects`. accounts: account_id and bucket, from 0 on; journeys then say
    account_id. One that is not among them is taken to be of bucket 0. None = journeys say bucket,
    where there are several.
    """
    in_buckets = buckets > 1
    frame: Any = nw.from_native(journeys)
    frame = frame.with_columns(player(settings.player_dimension).alias(PLAYER))
    seen = players_seen(frame.filter(~nw.col("touch_id").is_null()))
    if in_buckets and accounts is not None:
        frame = _with_bucket(frame, accounts)
    touches = frame.filter(~nw.col("touch_id").is_null())
    is_game = in_buckets or any(name.startswith("shapley") for name in methods)
    players = sorted({name for _, name in seen}, key=str.encode) if is_game else []
    counted = count_journeys(frame, players, in_buckets=in_buckets)
    transitions: Mapping[str, InBuckets] = {}
    if any(name.startswith("markov") for name in methods):
        _check_players(seen)
        known = {"seen": seen, "one_hash_each": counted.one_hash_each}
        transitions = _transitions(touches, settings.markov_order, buckets, known)
    return JourneyCounts(counted.kinds, transitions, buckets)


def _with_bucket(frame: Frame, accounts: Any) -> Frame:
    known: Any = nw.from_native(accounts).select(ACCOUNT, nw.col(BUCKET).cast(nw.Int64))
    return frame.join(known, on=ACCOUNT, how="left").with_columns(nw.col(BUCKET).fill_null(0))


def _transitions(
    touches: Frame, wanted: int | str, buckets: int, known: dict[str, Any]
) -> Mapping[str, InBuckets]:
    """Of the order wanted, or of the best order of each milestone."""
    if wanted != AUTO:
        return count_in_buckets(touches, int(wanted), buckets, **known)
    found = count_in_buckets(touches, MAX_MARKOV_ORDER, 1, **known)
    best = {milestone: best_order(one.whole) for milestone, one in found.items()}
    if buckets > 1:
        # The longest memory of every bucket apart would be as long as the touches themselves.
        found = count_in_buckets(touches, max(best.values(), default=1), buckets, **known)
    return {milestone: one.of_order(best[milestone]) for milestone, one in found.items()}


def _check_players(seen: Collection[tuple[str, str]]) -> None:
    of_milestone: dict[str, int] = {}
    for milestone, _ in seen:
        of_milestone[milestone] = of_milestone.get(milestone, 0) + 1
    most = max(of_milestone.values(), default=0)
    if most > MAX_PLAYERS:
        raise AttributionError(
            f"The Markov chain has {most} players.",
            expected=f"at most {MAX_PLAYERS}",
            do="choose a coarser player_dimension (channel, partner or campaign)",
        )
