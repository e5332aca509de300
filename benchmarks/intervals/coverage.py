"""How often do the intervals hold what they should? One command: `make benchmark-coverage`.

Replications of one market go through the real engine, each as a milestone of its own, so learned
weights are learned per replication. The population value is the mean over the replications and
as many others again that are drawn for it alone.
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks.intervals import players
from benchmarks.intervals.world import CHANNELS, Sample, draw
from partner_attribution.attribution import attribute
from partner_attribution.attribution.cells import credit_intervals
from partner_attribution.attribution.intervals import IntervalSettings
from partner_attribution.attribution.player_intervals import LearnedPlayers, learn_players
from partner_attribution.attribution.players import with_player_weights

METHODS = (
    "first_touch",
    "last_touch",
    "linear",
    "position",
    "time_decay",
    "markov_path",
    "shapley_set",
    "shapley_rate",
)
AT_ONCE = 50
FIGURES = ("conversions", "cents", "share")


@dataclass(frozen=True)
class Size:
    """A market, and how often it is drawn."""

    wins: int
    accounts: int
    replications: int
    channels: int = len(CHANNELS)


SIZES = (
    Size(400, 3300, 300),
    Size(400, 3300, 300, channels=3),
    Size(100, 830, 300),
    Size(30, 250, 300),
)

CELLS = """
create or replace table credits as
select credits.conversion_id, credits.method, credits.credit_share, credits.credit_cents,
    conversions.milestone, conversions.account_id, touches.channel
from attributed as credits
join conversions using (conversion_id)
join touches using (conversion_id, touch_id);

create or replace table sums as
select milestone, method, channel, buckets.bucket, cast(null as varchar) as player,
    cast(sum(round(credit_share * 1e9)) as bigint) as share_billionths,
    cast(sum(credit_cents) as bigint) as credit_cents,
    count(distinct account_id) as winning_accounts
from credits join buckets using (account_id)
group by grouping sets ((milestone, method, channel, bucket), (milestone, method, bucket));

create or replace table cells as
select milestone, method, channel, sum(share_billionths) / 1e9 as conversions,
    sum(credit_cents)::double as cents, sum(winning_accounts)::bigint as winning_accounts,
    row_number() over (order by milestone, method, channel) as cell_number
from sums group by milestone, method, channel;

create or replace table learned as
with own as (
    select milestone, method, conversion_id, channel as player,
        sum(credit_share) as x, sum(credit_cents) as y
    from credits where method in ('markov_path', 'shapley_rate') group by all
)
select cell.milestone, cell.method, cell.player as channel, other.player,
    sum(cell.x * ((cell.player = other.player)::int - other.x)) as x,
    sum(cell.y * ((cell.player = other.player)::int - other.x)) as y
from own as cell join own as other using (milestone, method, conversion_id)
group by all;
"""
SUMS = """
select cell_number, bucket, sums.player, sums.share_billionths, sums.credit_cents
from sums join cells
    on sums.milestone = cells.milestone and sums.method = cells.method
    and sums.channel is not distinct from cells.channel
union all
select cell_number, null, learned.player, cast(round(x * 1e9) as bigint), cast(round(y) as bigint)
from learned join cells using (milestone, method, channel)
"""
WHOLES = """
select cells.*, wholes.cell_number as whole_number
from cells left join cells as wholes
    on cells.milestone = wholes.milestone and cells.method = wholes.method
    and wholes.channel is null and cells.channel is not null
"""


def credited(connection: duckdb.DuckDBPyConnection, sample: Sample) -> LearnedPlayers:
    """Run the engine over a sample; leave `sums`, `cells` and `learned` behind."""
    tables = (sample.conversions, sample.touches, sample.journeys, sample.accounts)
    for name, frame in zip(("conversions", "touches", "journeys", "buckets"), tables, strict=True):
        connection.register("drawn", frame)
        connection.execute(f"create or replace table {name} as select * from drawn")
        connection.unregister("drawn")
    conversions, touches = connection.table("conversions"), connection.table("touches")
    found = learn_players(connection.table("journeys"), connection.table("buckets"), METHODS)
    connection.register("weights", found.weights)
    weighed = with_player_weights(conversions, touches, connection.table("weights"), METHODS)
    attribute(conversions, weighed, METHODS).create_view("attributed", replace=True)
    connection.execute(CELLS)
    return found


def measured(connection: duckdb.DuckDBPyConnection, sample: Sample, min_wins: int) -> pd.DataFrame:
    """Cells of a sample with their bounds."""
    influence = credited(connection, sample).influence
    settings = IntervalSettings(min_wins=min_wins)
    connection.register("influence", influence)
    bounds = credit_intervals(connection.sql(WHOLES), connection.sql(SUMS), influence, settings)
    cells = connection.sql(WHOLES).df().set_index("cell_number")
    whole = cells["whole_number"].map(cells["cents"])
    cells["share"] = cells["cents"] / whole
    return cells.join(bounds.to_pandas().set_index("cell_number"))


def replicated(size: Size) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measured cells of every replication, and the population values."""
    found, others = [], []
    # Where even the threshold hides a market's cells, show what it keeps from readers.
    min_wins = 30 if size.wins >= 100 else 10
    with duckdb.connect() as connection:
        for block in range(size.replications // AT_ONCE):
            sample = draw(1_000 * size.wins + block, AT_ONCE, size.accounts, size.channels)
            found.append(measured(connection, sample, min_wins).assign(block=block))
            credited(
                connection,
                draw(1_000_000 + 1_000 * size.wins + block, AT_ONCE, size.accounts, size.channels),
            )
            others.append(connection.sql("select * from cells").df().assign(block=block))
    cells = pd.concat(found, ignore_index=True)
    everything = pd.concat([cells, *others], ignore_index=True)
    key = everything["channel"].fillna("")
    draws = 2 * size.replications
    sums = everything.groupby(["method", key])[["conversions", "cents"]].sum() / draws
    shares = _share_of_each(everything).groupby(["method", key])["share"].mean()
    return cells, sums.join(shares)


def _share_of_each(cells: pd.DataFrame) -> pd.DataFrame:
    """Shares again, also for cells that no interval was made for."""
    whole = cells[cells["channel"].isna()].copy()
    cells = cells.assign(drawn=cells["interval_status"].isna())
    whole["drawn"] = whole["interval_status"].isna()
    keys = ["milestone", "method", "block", "drawn"]
    total = cells[keys].merge(whole[[*keys, "cents"]], on=keys, how="left")["cents"]
    return cells.assign(share=cells["cents"].to_numpy() / total.to_numpy())


def coverage(cells: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Whether each interval holds its population value, 1 or 0, per figure."""
    shown = cells[cells["cents_lower"].notna() & cells["channel"].notna()].copy()
    known = truth.reindex(pd.MultiIndex.from_frame(shown[["method", "channel"]]))
    for figure in FIGURES:
        value = known[figure].to_numpy()
        shown[f"holds_{figure}"] = (shown[f"{figure}_lower"] <= value) & (
            value <= shown[f"{figure}_upper"]
        )
        shown[f"width_{figure}"] = (shown[f"{figure}_upper"] - shown[f"{figure}_lower"]) / shown[
            figure
        ]
    return shown


def _lines(groups: Any, head: str) -> list[str]:
    lines = [
        f"| {head} | intervals | count | revenue | share of revenue | width of revenue |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, rows in groups:
        if not len(rows):
            lines.append(f"| {name} | 0 | – | – | – | – |")
            continue
        held = [f"{rows[f'holds_{figure}'].mean():.3f}" for figure in FIGURES]
        width = f"±{rows['width_cents'].median() / 2:.0%}"
        lines.append(f"| {name} | {len(rows):,} | {' | '.join(held)} | {width} |")
    return lines


def report() -> str:
    """The tables of docs/intervals.md."""
    text: list[str] = []
    for size in SIZES:
        started = time.process_time()
        cells, truth = replicated(size)
        shown = coverage(cells, truth)
        wins = cells[cells["channel"].isna()]["winning_accounts"].mean()
        text += [
            "",
            f"### Markets of {wins:.0f} winning accounts on {size.channels} channels "
            f"({size.replications} replications)",
            "",
            *_lines(((name, shown[shown["method"] == name]) for name in METHODS), "method"),
            "",
            *_lines(_by_wins(shown), "wins of the cell"),
        ]
        print(f"{size}: {time.process_time() - started:.0f} CPU s", flush=True)
    return "\n".join([*text, "", *players.lines()]) + "\n"


def _by_wins(shown: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    edges = (10, 30, 50, 100, 200, 10_000)
    groups = []
    for low, high in itertools.pairwise(edges):
        rows = shown[shown["winning_accounts"].between(low, high - 1)]
        if len(rows):
            groups.append(
                (f"{low} and more" if high == edges[-1] else f"{low} to {high - 1}", rows)
            )
    return groups


BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def main() -> None:
    """Measure, and write the tables between the marks of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, default=Path("docs/intervals.md"))
    page = parser.parse_args().page
    before, rest = page.read_text().split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{report()}\n{END}{after}")


if __name__ == "__main__":
    main()
