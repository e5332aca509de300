"""Figures of other people's programs on one public data set, beside ours (make test-peers).

The data set is ChannelAttribution's own: 10,000 paths with how often they converted, for how much,
and how often they did not. It is read from that package and never kept here (GPL).
docs/quality.md has the table of what equals and what does not.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from math import fsum
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from partner_attribution.attribution import Settings, attribute, attribute_paths
from partner_attribution.attribution.coalitions import count_coalitions
from partner_attribution.attribution.effects import player_effects
from partner_attribution.attribution.markov import removal_effects
from partner_attribution.attribution.players import with_player_weights
from partner_attribution.attribution.shapley import rate_values
from partner_attribution.attribution.transitions import count_transitions

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
ENVIRONMENT = Path(os.environ.get("PEERS_VENV", HERE.parents[2] / ".venv-peers"))
HOUR = 3_600_000_000
RULES = ("first_touch", "last_touch", "linear", "position", "markov_path")
FEW = {"alpha", "beta", "eta", "iota", "theta"}


@pytest.fixture(scope="module")
def paths() -> pd.DataFrame:
    frame = pd.read_csv(ENVIRONMENT / "Data.csv", sep=";")
    assert (len(frame), frame["total_conversions"].sum(), frame["total_null"].sum()) == (
        10_000,
        19_785,
        68_602,
    )
    return frame


@pytest.fixture(scope="module")
def timed(paths: pd.DataFrame) -> pd.DataFrame:
    """The paths that converted, each once, with hours of age that fall towards the end."""
    rng = np.random.default_rng(20261122)
    sample = paths[paths["total_conversions"] > 0].head(1500)
    hours = [
        " > ".join(str(h) for h in sorted(rng.integers(0, 2000, path.count(" > ") + 1))[::-1])
        for path in sample["path"]
    ]
    ids = [f"p{i}" for i in range(len(sample))]
    return pd.DataFrame({"id": ids, "path": sample["path"], "hours": hours, "won": True})


@pytest.fixture(scope="module")
def few(paths: pd.DataFrame) -> pd.DataFrame:
    """Paths of five channels only, so that one coalition holds every player of the game."""
    kept = paths[[set(path.split(" > ")) <= FEW for path in paths["path"]]]
    counts = {True: kept["total_conversions"], False: kept["total_null"]}
    parts = [
        pd.DataFrame({"path": kept["path"], "count": count, "won": won})
        for won, count in counts.items()
    ]
    both = pd.concat(parts, ignore_index=True)
    return both[both["count"] > 0]


@pytest.fixture(scope="module")
def peers(
    paths: pd.DataFrame, timed: pd.DataFrame, few: pd.DataFrame, tmp_path_factory: Any
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("peers")
    for name, frame in (("paths", paths), ("timed", timed), ("few", few)):
        frame.to_csv(folder / f"{name}.csv", index=False)
    command = [ENVIRONMENT / "bin" / "python", HERE / "ask_peers.py", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])  # a banner comes first


@pytest.fixture(scope="module")
def journeys(paths: pd.DataFrame) -> duckdb.DuckDBPyRelation:
    """Every path as often as it happened: 88,387 journeys, one row per touch."""
    connection = duckdb.connect(config={"threads": 2})
    connection.register("delivered", paths)
    connection.execute("""
        create table outcomes as
        with numbered as (
            select row_number() over () as id, string_split(path, ' > ') as players, *
            from delivered
        )
        select id, players, true as is_converted, unnest(range(total_conversions)) as copy
        from numbered
        union all
        select id, players, false, unnest(range(total_null)) from numbered
    """)
    connection.execute("""
        create table journeys as
        select
            id || ':' || is_converted || ':' || copy as journey_id, 'closed_won' as milestone,
            is_converted, cast(1 as bigint) as value_cents, 't' || position as touch_id,
            cast(position as bigint) as touched_at_us, players[position] as channel,
            players[position] as player, 'acme' as partner_id
        from outcomes, unnest(range(1, len(players) + 1)) as positions (position)
    """)
    return connection.table("journeys")


@pytest.fixture(scope="module")
def effects(journeys: duckdb.DuckDBPyRelation) -> dict[int, Mapping[str, float]]:
    counted = count_transitions(nw.from_native(journeys), 3)["closed_won"]
    return {order: removal_effects(counted.of_order(order)).effects for order in (1, 2, 3)}


def inputs(paths: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One conversion per path; how often and for how much it happened comes in afterwards."""
    ids = [f"p{i:05}" for i in range(len(paths))]
    conversions = pd.DataFrame({"conversion_id": ids, "milestone": "closed_won", "amount_cents": 0})
    rows = [
        (name, f"t{position:03}", position * HOUR, channel, "acme")
        for name, path in zip(ids, paths["path"], strict=True)
        for position, channel in enumerate(path.split(" > "))
    ]
    columns = ["conversion_id", "touch_id", "touched_at_us", "channel", "partner_id"]
    return conversions, pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="module")
def credits(
    paths: pd.DataFrame, journeys: duckdb.DuckDBPyRelation
) -> dict[tuple[str, str], dict[str, float]]:
    """(method, conversions or value) -> channel -> credit, from the engine's shares per path."""
    conversions, touches = inputs(paths)
    learned = player_effects(journeys, ["markov_path"]).to_pandas()
    touches = with_player_weights(conversions, touches, learned, RULES)
    shares = attribute(conversions, touches, RULES)
    rows = shares.merge(touches[["conversion_id", "touch_id", "channel"]])
    place = rows["conversion_id"].str[1:].astype(int).to_numpy()
    found = {}
    for what, column in (("conversions", "total_conversions"), ("value", "total_conversion_value")):
        rows["credit"] = rows["credit_share"] * paths[column].to_numpy()[place]
        for (method, channel), part in rows.groupby(["method", "channel"])["credit"]:
            found.setdefault((method, what), {})[channel] = fsum(part)
    return found


@pytest.mark.parametrize("what", ["conversions", "value"])
@pytest.mark.parametrize(
    ("method", "theirs"),
    [("first_touch", "first_touch"), ("last_touch", "last_touch"), ("linear", "linear_touch")],
)
def test_rules_equal_channel_attribution(credits, peers, method, theirs, what) -> None:
    answer = peers["channel_attribution"][f"{theirs}_{what}"]
    assert len(answer) == 12
    assert with_zeros(credits[method, what], answer) == pytest.approx(answer, rel=1e-9, abs=1e-9)


def with_zeros(found: Mapping[str, float], names: Mapping[str, float]) -> dict[str, float]:
    """A channel without credit has no row here and a zero there."""
    return {name: found.get(name, 0.0) for name in names.keys() | found.keys()}


@pytest.fixture(scope="module")
def counted(paths: pd.DataFrame) -> pd.DataFrame:
    """The same from the peer's own shape: paths with counts."""
    named = {"value": "total_conversion_value", "nulls": "total_null"}
    return attribute_paths(paths, [*RULES, "markov_global", "shapley_set"], **named)


def test_counted_paths_equal_channel_attribution_and_mam(counted, peers) -> None:
    def ours(method: str, column: str) -> dict[str, float]:
        rows = counted[counted["method"] == method]
        return dict(zip(rows["channel"], rows[column], strict=True))

    theirs = peers["channel_attribution"]
    for method, name in (("first_touch",) * 2, ("last_touch",) * 2, ("linear", "linear_touch")):
        for what in ("conversions", "value"):
            answer = theirs[f"{name}_{what}"]
            found = with_zeros(ours(method, f"credited_{what}"), answer)
            assert found == pytest.approx(answer, rel=1e-9, abs=1e-9)
    for method, name in (("position",) * 2, ("markov_path", "markov_path_without_repeats")):
        answer = {k: v for k, v in peers["mam"][name].items() if v}
        found = ours(method, "credited_conversions")
        assert found == pytest.approx(answer, abs=19_785 * 1e-8)


def test_counted_paths_give_all_there_is(counted, paths) -> None:
    totals = counted.groupby("method")[["credited_conversions", "credited_value"]].sum()
    assert len(totals) == len(RULES) + 2
    whole = (19_785, paths["total_conversion_value"].sum())
    for row in totals.itertuples(index=False):
        assert tuple(row) == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_channel_attribution_simulates_what_is_solved_here(effects, peers, order) -> None:
    """Twenty million simulated paths: their effects scatter by .0003 around ours."""
    simulated = peers["channel_attribution"]["removal_effects"][str(order)]
    assert effects[order] == pytest.approx(simulated, abs=5e-4)


@pytest.mark.parametrize("order", [2, 3])
def test_the_tolerance_tells_orders_apart(effects, peers, order) -> None:
    simulated = peers["channel_attribution"]["removal_effects"][str(order)]
    assert effects[order - 1] != pytest.approx(simulated, abs=5e-4)


@pytest.mark.parametrize("method", ["first_touch", "last_touch", "linear", "position"])
def test_rules_equal_mam(credits, peers, method) -> None:
    answer = {k: v for k, v in peers["mam"][method].items() if v}
    assert credits[method, "conversions"] == pytest.approx(answer, rel=1e-9)


def test_time_decay_equals_mam(timed, peers) -> None:
    conversions, touches = inputs(timed)
    hours = [int(h) for text in timed["hours"] for h in text.split(" > ")]
    touches["touched_at_us"] = [(10_000 - h) * HOUR for h in hours]
    shares = attribute(conversions, touches, ["time_decay"], Settings(half_life_days=7))
    rows = shares.merge(touches[["conversion_id", "touch_id", "channel"]])
    found = {name: fsum(part) for name, part in rows.groupby("channel")["credit_share"]}
    assert found == pytest.approx(peers["mam"]["time_decay"], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("repeats", ["with_repeats", "without_repeats"])
def test_removal_effects_equal_mam(effects, peers, repeats) -> None:
    """MAM leaves self-transitions out or keeps them: exact effects are the same."""
    assert effects[1] == pytest.approx(peers["mam"][f"removal_effects_{repeats}"], abs=1e-9)


def test_credit_per_journey_by_removal_effects_equals_mam(credits, peers) -> None:
    """To a billionth of each journey, the grain of our weights."""
    answer = {k: v for k, v in peers["mam"]["markov_path_without_repeats"].items() if v}
    assert credits["markov_path", "conversions"] == pytest.approx(answer, abs=19_785 * 1e-8)


def test_shapley_values_of_rates_equal_mam_for_the_coalition_of_all(few, peers) -> None:
    """MAM solves a game per journey set and scales it to the conversions of that set."""
    rows = defaultdict(list)
    for number, (path, count, won) in enumerate(few.itertuples(index=False)):
        for channel in sorted(set(path.split(" > "))):
            for copy in range(count):
                rows["journey_id"].append(f"{number}:{copy}")
                rows["is_converted"].append(won)
                rows["player"].append(channel)
    frame = nw.from_native(pd.DataFrame(rows).assign(milestone="m"))
    ours = rate_values(count_coalitions(frame)["m"])
    theirs = peers["mam"]["shapley_of_all_five"]
    scale = sum(theirs.values()) / sum(ours.values())
    assert {name: value * scale for name, value in ours.items()} == pytest.approx(theirs, rel=1e-9)
