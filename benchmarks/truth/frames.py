"""What partners would report of a world: the frames that every method reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DAY_US = 86_400_000_000
WEEK_US = 7 * DAY_US
STARTED_AT_US = 1_704_672_000_000_000  # 2024-01-08

Ints = NDArray[np.int64]


@dataclass
class Reports:
    """Collects what is reported, in columns; frames are made once at the end."""

    touches: list[pd.DataFrame] = field(default_factory=list)
    milestones: list[pd.DataFrame] = field(default_factory=list)

    def add_touches(self, account: Any, at_us: Any, person: Any, player: str | None) -> None:
        """Add touches of one player, or of the accounts themselves (player None)."""
        rows = pd.DataFrame({"account": account, "touched_at_us": at_us, "person": person})
        self.touches.append(rows.assign(player=player or "", is_control=player is None))

    def add_milestones(self, account: Any, round_: Any, state: str, at_us: Any, cents: Any) -> None:
        """Add accounts that reached a state; round_ numbers an account's deals, -1 = none yet."""
        rows = pd.DataFrame({"account": account, "round": round_, "reached_at_us": at_us})
        self.milestones.append(rows.assign(state=state, value_cents=cents))

    def touch_frame(self) -> pd.DataFrame:
        """Return touches with ids that say nothing of their order in time."""
        rows = pd.concat(self.touches, ignore_index=True)
        rows = rows.sort_values(["account", "player", "touched_at_us", "person"], kind="stable")
        rows = rows.reset_index(drop=True)
        shuffled = np.random.default_rng(len(rows)).permutation(len(rows))
        control = rows["is_control"].to_numpy()
        parts = rows["player"].str.split(":", n=1, expand=True).reindex(columns=[0, 1])
        return pd.DataFrame(
            {
                "account_id": names("account", rows["account"]),
                "touch_id": names("touch", shuffled),
                "touched_at_us": rows["touched_at_us"].astype("int64"),
                "player": rows["player"].where(~control, None),
                "partner_id": parts[0].where(~control, None),
                "channel": parts[1].where(~control, "direct"),
                "is_control": control,
                "person_id": names("account", rows["account"]) + ":" + rows["person"].astype(str),
            }
        )

    def milestone_frame(self, until_us: int) -> pd.DataFrame:
        """Return milestones recorded by `until_us`."""
        rows = pd.concat(self.milestones, ignore_index=True)
        rows = rows[rows["reached_at_us"] <= until_us]
        rows = rows.sort_values(["account", "round", "reached_at_us", "state"], kind="stable")
        rows = rows.reset_index(drop=True)
        account = names("account", rows["account"])
        deal = account + ":deal" + rows["round"].astype(str)
        return pd.DataFrame(
            {
                "account_id": account,
                "opportunity_id": deal.where(rows["round"] >= 0, None),
                "state": rows["state"],
                "reached_at_us": rows["reached_at_us"].astype("int64"),
                "value_cents": rows["value_cents"].astype("int64"),
            }
        )


def names(kind: str, numbers: Any) -> pd.Series[str]:
    """Return ids such as account0042, so that text order is the order of numbers."""
    return kind + pd.Series(np.asarray(numbers)).astype(str).str.zfill(6)


def at_us(week: Any, part: Any) -> Ints:
    """Return the time of a part (0..1) of a week."""
    times: Ints = STARTED_AT_US + ((np.asarray(week) + np.asarray(part)) * WEEK_US).astype("int64")
    return times
