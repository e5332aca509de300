"""The panel: accounts by weeks, with what each player delivered and when each state was reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np

from partner_attribution.attribution.causal.settings import (
    FUNNEL,
    MICROSECONDS_PER_WEEK,
    CausalSettings,
    NotEstimable,
)
from partner_attribution.attribution.causal.stocks import by_weeks, stock_at_week_start
from partner_attribution.attribution.tables import collected, eager

Array = Any
_OPPORTUNITY, _WON, _LOST = 2, 3, 4
_MOST_BYTES = 250_000_000  # of one stock: a larger one is not kept


@dataclass(frozen=True)
class Touches:
    """Touches one by one, in order of account, then time, then id. Times in weeks."""

    account: Array
    at: Array
    player: Array
    touch_id: Array

    def of(self, account: Array) -> tuple[Array, Array]:
        """Pairs of (row, touch): all touches of the account in each row."""
        low = np.searchsorted(self.account, account)
        return ranges(low, np.searchsorted(self.account, account, side="right"))

    def where(self, kept: Array) -> Touches:
        """Some of them, in the same order."""
        return Touches(self.account[kept], self.at[kept], self.player[kept], self.touch_id[kept])

    def and_then(self, others: Touches) -> Touches:
        """These, then the others."""
        return Touches(
            *(
                np.r_[getattr(self, name), getattr(others, name)]
                for name in ("account", "at", "player", "touch_id")
            )
        )

    def by_week(self, accounts: int, weeks: int, players: int) -> Array:
        """How many there were: accounts x weeks x players, `by_weeks` in memory."""
        count = by_weeks(accounts, weeks, players)
        np.add.at(count, (self.account, np.floor(self.at).astype(int), self.player), 1)
        return count

    def of_week(self, account: Array, week: Array, weeks: int) -> tuple[Array, Array]:
        """Pairs of (row, touch): each row's touches in its week, for rows (account, week)."""
        key = self.account * weeks + np.floor(self.at).astype(int)
        low = np.searchsorted(key, account * weeks + week)
        high = np.searchsorted(key, account * weeks + week, side="right")
        return ranges(low, high)


@dataclass(frozen=True)
class Panel:
    """All that the estimators read. Weeks count from the start of observation.

    delivered: accounts x weeks x (players, then organic): touches of the week, those of `touches`.
    touches, while_open: those made while no deal of the account was open, and the others.
    entered: week (with fraction) in which the account joined the population.
    controls: accounts x columns, numbers already standardised.
    weight: accounts that each account stands for. bucket: of intervals; None = accounts have none.
    spell_*: one row per time at risk: its account, start, the opportunity that ended it (index into
        `opportunities`, -1 = censored). reached: spells x (lead, mql, opportunity), inf = never.
        returns: it follows a deal of the same account, so its stage is not on record: lead and MQL
        dates are those of the first time.
    opportunity_*: id, value in cents, weeks when won and lost (inf = not).
    stocks: those worked out so far, each beside what it was worked out from.
    """

    players: tuple[str, ...]
    weeks: int
    end: float
    delivered: Array
    touches: Touches
    while_open: Touches
    entered: Array
    controls: Array
    weight: Array
    bucket: Array | None
    spell_account: Array
    spell_start: Array
    spell_opportunity: Array
    spell_returns: Array
    reached: Array
    opportunity_id: Sequence[str]
    opportunity_cents: Array
    opportunity_won: Array
    opportunity_lost: Array
    stocks: dict[tuple[str, float], tuple[Array, Array]] = field(default_factory=dict, repr=False)

    def stock(self, half_life: float) -> Array:
        """Decayed touches of each player before each week: accounts x weeks x players."""
        return self._kept("players", half_life, self.delivered[:, :, :-1])

    def organic_stock(self, half_life: float) -> Array:
        """The same of the account's own activity: accounts x weeks."""
        return self._kept("organic", half_life, self.delivered[:, :, -1])

    def _kept(self, name: str, half_life: float, delivered: Array) -> Array:
        """Worked out once: a panel that differs in its weights only has the same stocks."""
        of, kept = self.stocks.get((name, half_life), (None, None))
        if of is self.delivered:
            return kept
        found = stock_at_week_start(delivered, half_life)
        if delivered.nbytes <= _MOST_BYTES:
            self.stocks[name, half_life] = (self.delivered, found)
        return found


@dataclass(frozen=True)
class _Deal:
    account: int
    opportunity_id: str
    created: float
    won: float
    lost: float
    cents: int

    @property
    def closed(self) -> float:
        return min(self.won, self.lost)


def build_panel(  # noqa: PLR0917
    accounts: Any,
    touches: Any,
    milestones: Any,
    observed_from_us: int,
    observed_until_us: int,
    settings: CausalSettings,
) -> Panel:
    """Aggregate touches on their own engine and lay the population out by account and week.

    See the package for the frames. Raises NotEstimable where there is no account, no player, or
    too many of them.
    """
    end = (observed_until_us - observed_from_us) / MICROSECONDS_PER_WEEK
    weeks = max(1, int(np.ceil(end)))
    reached = _rows(
        milestones, "account_id", "opportunity_id", "state", "reached_at_us", "value_cents"
    )
    reached = [row for row in reached if row[0] is not None and row[3] is not None]
    reached = [row for row in reached if row[3] < observed_until_us]
    names, known, weight = _population(accounts, reached, settings)
    index = {name: i for i, name in enumerate(names)}
    deals, states = _deals(reached, index, observed_from_us)
    frame = _touches_in(touches, observed_from_us, observed_until_us)
    players, single = _single_touches(frame, index, observed_from_us)
    # Before anything of accounts x weeks x players is laid out.
    if len(players) > settings.maximum_players:
        raise NotEstimable(
            f"{len(players)} players, at most {settings.maximum_players}: "
            "use a coarser player_dimension"
        )
    inside = _in_open_deals(single, deals)
    kept = single.where(~inside)
    delivered = kept.by_week(len(names), weeks, len(players) + 1)
    entered = np.array(
        [
            max(0.0, (int(row) - observed_from_us) / MICROSECONDS_PER_WEEK)
            if row is not None
            else 0.0
            for row in known.pop("entered_at_us")
        ]
    )
    bucket = known.pop("bucket", None)
    spells = _spells(deals, states, entered, end, settings)
    of = np.array([row[0] for row in spells], dtype=int)
    return Panel(
        players=players,
        weeks=weeks,
        end=end,
        delivered=delivered,
        touches=kept,
        while_open=single.where(inside),
        entered=entered,
        controls=_controls(known, len(names)),
        weight=weight,
        bucket=None if bucket is None else np.array(bucket, dtype=int),
        spell_account=of,
        spell_start=np.array([row[1] for row in spells]),
        spell_opportunity=np.array([row[2] for row in spells], dtype=int),
        spell_returns=np.r_[False, of[1:] == of[:-1]][: len(of)],
        reached=np.array([row[3] for row in spells]).reshape(-1, 3),
        opportunity_id=[deal.opportunity_id for deal in deals],
        opportunity_cents=np.array([deal.cents for deal in deals], dtype=np.int64),
        opportunity_won=np.array([deal.won for deal in deals]),
        opportunity_lost=np.array([deal.lost for deal in deals]),
    )


def _rows(frame: Any, *columns: str) -> list[tuple[Any, ...]]:
    native: Any = nw.from_native(frame).select(*columns)
    rows = [tuple(map(_known, row)) for row in collected(native)]
    return sorted(rows, key=lambda row: tuple((value is None, str(value)) for value in row))


def _known(value: Any) -> Any:
    """Pandas has several nulls: NaN in numbers, NA and NaT elsewhere."""
    if isinstance(value, float) and np.isnan(value):
        return None
    return None if type(value).__name__ in ("NAType", "NaTType") else value


def _population(
    accounts: Any, reached: list[tuple[Any, ...]], settings: CausalSettings
) -> tuple[list[str], dict[str, list[Any]], Array]:
    """Accounts by name. Of those that only ever were lead or MQL, and of those without any stage,
    at most a fixed number each, evenly spaced, which stand for the rest."""
    columns = nw.from_native(accounts).collect_schema().names()
    extra = sorted(name for name in columns if name.startswith("control_") or name == "bucket")
    rows = _rows(accounts, "account_id", "entered_at_us", *extra)
    if not rows:
        raise NotEstimable("no account in the population")
    with_deal = {row[0] for row in reached if row[2] in FUNNEL[_OPPORTUNITY:]}
    with_stage = {row[0] for row in reached} - with_deal
    weight_of = {row[0]: 1.0 for row in rows if row[0] in with_deal}
    for others in (
        [row[0] for row in rows if row[0] in with_stage],
        [row[0] for row in rows if row[0] not in with_stage and row[0] not in with_deal],
    ):
        kept = others[:: max(1, -(-len(others) // settings.accounts_without_deal))]
        weight_of |= {name: len(others) / len(kept) for name in kept}
    rows = [row for row in rows if row[0] in weight_of]
    weight = np.array([weight_of[row[0]] for row in rows])
    known = {name: [row[1 + i] for row in rows] for i, name in enumerate(("entered_at_us", *extra))}
    return [row[0] for row in rows], known, weight


def _touches_in(touches: Any, observed_from_us: int, observed_until_us: int) -> Any:
    frame: Any = nw.from_native(touches)
    at = nw.col("touched_at_us")
    return frame.filter((at >= observed_from_us) & (at < observed_until_us)).select(
        "account_id", "touch_id", "touched_at_us", "player", "is_control"
    )


def _single_touches(
    frame: Any, index: Mapping[str, int], observed_from_us: int
) -> tuple[tuple[str, ...], Touches]:
    """Touches of the population, as arrays; players by name in byte order."""
    found = eager(frame)
    account = np.array([index.get(name, -1) for name in found["account_id"].to_list()], dtype=int)
    control = np.array([bool(value) for value in found["is_control"].to_list()], dtype=bool)
    player = [str(value) for value in found["player"].to_list()]
    names = sorted(
        {name for name, own, a in zip(player, control, account, strict=True) if a >= 0 and not own},
        key=str.encode,
    )
    if not names:
        raise NotEstimable("no touch of any player")
    place = {name: i for i, name in enumerate(names)}
    number = np.array(
        [
            len(names) if own else place.get(name, -1)
            for name, own in zip(player, control, strict=True)
        ],
        dtype=int,
    )
    at_us = np.array(found["touched_at_us"].to_list(), dtype=np.int64)
    touch_id = np.array([str(value) for value in found["touch_id"].to_list()], dtype=object)
    order = np.lexsort((touch_id.astype(str), at_us, account))
    order = order[account[order] >= 0]
    at = (at_us[order] - observed_from_us) / MICROSECONDS_PER_WEEK
    return tuple(names), Touches(account[order], at, number[order], touch_id[order])


def _deals(
    reached: list[tuple[Any, ...]], index: Mapping[str, int], observed_from_us: int
) -> tuple[list[_Deal], Array]:
    """Opportunities by account and time; and when each account first was lead and MQL."""
    states = np.full((len(index), 2), np.inf)
    times: dict[tuple[int, str], list[float]] = {}
    cents: dict[tuple[int, str], int] = {}
    for account_id, opportunity_id, state, at_us, value in reached:
        if account_id not in index or state not in FUNNEL:
            continue
        account, place = index[account_id], FUNNEL.index(state)
        at = (at_us - observed_from_us) / MICROSECONDS_PER_WEEK
        if place < _OPPORTUNITY:
            states[account, place] = min(states[account, place], at)
        elif opportunity_id is not None:
            key = (account, str(opportunity_id))
            row = times.setdefault(key, [np.inf] * len(FUNNEL))
            row[place] = min(row[place], at)
            cents[key] = int(value or 0) or cents.get(key, 0)
    deals = []
    for key, row in times.items():
        created = min(row[_OPPORTUNITY], row[_WON], row[_LOST])
        deals.append(_Deal(key[0], key[1], created, row[_WON], row[_LOST], cents[key]))
    return sorted(deals, key=lambda deal: (deal.account, deal.created, deal.opportunity_id)), states


def _in_open_deals(touches: Touches, deals: list[_Deal]) -> Array:
    """Touches made while an opportunity of the account was open: the deal may have caused them."""
    deal, touch = touches.of(np.array([deal.account for deal in deals], dtype=int))
    created = np.array([one.created for one in deals])
    closed = np.array([one.closed for one in deals])
    within = (touches.at[touch] > created[deal]) & (touches.at[touch] <= closed[deal])
    inside = np.zeros(len(touches.at), dtype=bool)
    inside[touch[within]] = True
    return inside


def _spells(
    deals: list[_Deal], states: Array, entered: Array, end: float, settings: CausalSettings
) -> list[Any]:
    """Times at risk: from entry, or the end of a deal, to the next opportunity or the end.

    Where hardly any account comes back after a deal, none is at risk again after its last one.
    """
    of_account: dict[int, list[int]] = {}
    for i, deal in enumerate(deals):
        of_account.setdefault(deal.account, []).append(i)
    again = sum(len(own) > 1 for own in of_account.values())
    comes_back = again >= settings.minimum_transitions
    spells: list[Any] = []
    for account, start in enumerate(entered):
        free: float = start
        for i in of_account.get(account, []):
            created = deals[i].created
            # Entered late, or opened beside an open deal: at risk in the week of creation.
            begin = min(free, created)
            if created >= 0:
                spells.append(
                    (account, max(begin, 0.0), i, _cascade(states[account], created, begin))
                )
            free = max(free, deals[i].closed)
        if free < end and (comes_back or account not in of_account):
            spells.append((account, free, -1, _cascade(states[account], np.inf, free)))
    return spells


def _cascade(states: Array, created: float, start: float) -> list[float]:
    """A state that was skipped, or recorded after a later one, was reached with the later one."""
    mql = min(states[1], created)
    lead = min(states[0], mql)
    return [max(lead, start), max(mql, start), max(created, start)]


def _controls(known: Mapping[str, list[Any]], count: int) -> Array:
    columns: list[Array] = []
    for values in known.values():
        if all(value is None or isinstance(value, (int, float)) for value in values):
            number = np.array([np.nan if value is None else float(value) for value in values])
            mean = np.nanmean(number) if np.isfinite(number).any() else 0.0
            number = np.where(np.isfinite(number), number, mean) - mean
            spread = number.std()
            columns += [number / spread] if spread > 0 else []
            continue
        texts = [str(value) for value in values]
        levels = sorted(set(texts), key=lambda text: (-texts.count(text), text))
        # The commonest is the reference; a rare one has too little to say for itself.
        columns += [
            np.array([text == level for text in texts], dtype=float)
            for level in levels[1:13]
            if texts.count(level) >= 20
        ]
    return np.column_stack(columns) if columns else np.zeros((count, 0))


def ranges(low: Array, high: Array) -> tuple[Array, Array]:
    """Pairs (i, j) for all j with low[i] <= j < high[i]."""
    count = high - low
    row = np.repeat(np.arange(len(low)), count)
    start = np.repeat(np.cumsum(count) - count, count)
    return row, np.arange(count.sum()) - start + np.repeat(low, count)
