"""Intervals of cells, against one cell at a time from the rows that it was given."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pytest

from partner_attribution.attribution import cells as module
from partner_attribution.attribution.cells import credit_intervals
from partner_attribution.attribution.intervals import (
    IntervalSettings,
    grouped,
    share_interval,
    status,
    total_interval,
)

BUCKETS, GROUPS = 6, 3
SETTINGS = IntervalSettings(buckets=BUCKETS, fitted_groups=GROUPS, min_wins=5, low_sample_wins=20)
PLAYERS = ["ads", "event", "mail"]
# Rules, learned weights and fitted models, with money and without.
KEYS = [
    ("lead", "linear"),
    ("lead", "markov_path"),
    ("mql", "hazard_shapley"),
    ("mql", "linear"),
    ("won", "hazard_shapley"),
    ("won", "linear"),
    ("won", "markov_path"),
    ("won", "multistate"),
]
NO_GROUPS = ("won", "multistate")  # not fitted without each group
CELLS = {"cell_number": pa.int64(), "whole_number": pa.int64(), "milestone": pa.string(),
         "method": pa.string(), "winning_accounts": pa.int64()}  # fmt: skip
SUMS = {"cell_number": pa.int64(), "bucket": pa.int64(), "player": pa.string(),
        "share_billionths": pa.int64(), "credit_cents": pa.int64()}  # fmt: skip
INFLUENCE = {"milestone": pa.string(), "method": pa.string(), "player": pa.string(),
             "bucket": pa.int64(), "influence": pa.float64()}  # fmt: skip
Rows = list[tuple[Any, ...]]


def table(rows: Rows, types: dict[str, pa.DataType]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    return pa.table({n: pa.array(c, t) for (n, t), c in zip(types.items(), columns, strict=True)})


def market(seed: int) -> tuple[Rows, Rows, Rows]:
    """Seven cells a method: a whole, parts of it, one of a small whole, one without a sum."""
    rng = random.Random(seed)
    numbers = rng.sample(range(1, 400), 7 * len(KEYS))
    # Nothing is known of the last numbers, and one of them is a whole.
    cells, sums, influence = [], [], []
    for place, key in enumerate(KEYS):
        own = numbers[7 * place : 7 * place + 7]
        own[5:] = [1000 + 2 * place, 1001 + 2 * place]
        wholes = [None, own[0], own[0], own[0], own[2], own[0], own[5]]
        for number, whole in zip(own, wholes, strict=True):
            cells.append((number, whole, *key, rng.choice((4, 5, 19, 20))))
        for number in own[:5]:
            more = 9 if number == own[0] else 1
            for bucket in rng.sample(range(BUCKETS), 4 + (more > 1)):
                figures = rng.randint(1, 9) * more * 10**8, rng.randint(1, 9) * more * 1000
                sums.append((number, bucket, None, *figures))
            if key[1] != "linear":
                for player in (*PLAYERS[:2], "unheard of"):
                    moved = rng.randint(-9, 9) * 10**8, rng.randint(-9, 9) * 1000
                    sums.append((number, None, player, *moved))
        if key[1] != "linear" and key != NO_GROUPS:
            influence += [
                (*key, name, bucket, rng.uniform(-0.1, 0.1))
                for name in PLAYERS
                for bucket in range(BUCKETS)
            ]
    for rows in (cells, sums, influence):
        rng.shuffle(rows)
    return cells, sums, influence


def wanted(cells: Rows, sums: Rows, influence: Rows) -> dict[int, list[Any]]:
    """Status and bounds of each cell by its own rows."""
    own: Any = defaultdict(lambda: np.zeros((2, BUCKETS)))
    gradients: Any = defaultdict(lambda: np.zeros(2))
    moved: Any = defaultdict(lambda: np.zeros(BUCKETS))
    for number, bucket, player, *figures in sums:
        if player is None:
            own[number][:, bucket] = figures
        else:
            gradients[number, player] = np.array(figures)
    for milestone, method, player, bucket, value in influence:
        moved[milestone, method, player][bucket] = value
    found = {}
    for number, whole, milestone, method, wins in cells:
        word, bounds = status(wins, SETTINGS), [None] * 6
        if word != "suppressed" and (milestone, method) == NO_GROUPS:
            word = "not_built"
        elif word != "suppressed":
            groups = BUCKETS if method in ("linear", "markov_path") else GROUPS
            parts, learned = {}, {}
            for one in (number, number if whole is None else whole):
                parts[one] = grouped(own[one], groups)
                each = [np.outer(gradients[one, p], moved[milestone, method, p]) for p in PLAYERS]
                learned[one] = grouped(sum(each), groups)
            count = total_interval(parts[number][0] / 1e9, 0.9, learned[number][0] / 1e9)
            bounds = [*count, *total_interval(parts[number][1], 0.9, learned[number][1])]
            if whole is None:
                bounds += [np.nan, np.nan]
            else:
                kind = 0 if milestone in ("lead", "mql") else 1
                both = parts[number][kind], parts[whole][kind]
                ways = learned[number][kind], learned[whole][kind]
                bounds += share_interval(*both, 0.9, ways)[1:]
            bounds = [None if np.isnan(value) else float(value) for value in bounds]
        found[number] = [word, *bounds]
    return found


# How many cells are worked on, lie in the cache and are read at a time; and of a table kept whole.
SIZES = ("CELLS_AT_ONCE", "CELLS_IN_CACHE", "CELLS_OF_A_READ", "_MOST_PLACES")


@pytest.mark.parametrize(
    "sizes", [(1000, 50, 20_000, 10**6), (3, 2, 20_000, 0), (3, 2, 7, 10**6), (9, 4, 15, 0)]
)
@pytest.mark.parametrize("seed", range(4))
def test_cells_have_the_bounds_of_their_own_rows(
    monkeypatch: pytest.MonkeyPatch, seed: int, sizes: tuple[int, ...]
) -> None:
    for name, size in zip(SIZES, sizes, strict=True):
        monkeypatch.setattr(module, name, size)
    cells, sums, influence = market(seed)
    made = (table(cells, CELLS), table(sums, SUMS), table(influence, INFLUENCE))
    found = credit_intervals(*made, SETTINGS).to_pylist()
    by_number = {row["cell_number"]: list(row.values())[1:] for row in found}
    expected = wanted(cells, sums, influence)
    assert by_number.keys() == expected.keys()
    assert len(found) == len(expected)
    for number, (word, *bounds) in expected.items():
        assert by_number[number][0] == word
        for got, bound in zip(by_number[number][1:], bounds, strict=True):
            assert got == (None if bound is None else pytest.approx(bound, rel=1e-9, abs=1e-12))
    assert list(found[0]) == [
        "cell_number", "interval_status", "conversions_lower", "conversions_upper",
        "cents_lower", "cents_upper", "share_lower", "share_upper",
    ]  # fmt: skip


def test_rules_need_no_player() -> None:
    rows = [(3, None, "won", "linear", 9), (4, 3, "won", "linear", 9), (9, 3, "won", "linear", 9)]
    sums: Rows = [(n, b, None, n * 10**8 + b * 10**7, 100 + 7 * n * b)
                  for n in (3, 4) for b in range(BUCKETS)]  # fmt: skip
    made = table(rows, CELLS), table(sums, SUMS), table([], INFLUENCE)
    found = credit_intervals(*made, SETTINGS).to_pylist()
    expected = wanted(rows, sums, [])
    for row in found:
        number, word, *bounds = row.values()
        assert [word, *bounds] == pytest.approx(expected[number])
    assert list(found[2].values())[2:] == [0, 0, 0, 0, 0, 0]


def in_parts(sums: Rows, rng: random.Random) -> tuple[Rows, Rows]:
    """The same sums as parts of cells: figures of cells that agree are one part of both."""
    shared: dict[tuple[Any, ...], int] = {}
    parts: Rows = []
    made_of: set[tuple[int, int]] = set()
    for number, bucket, player, count, cents in sums:
        # Two halves, the first of which any cell with the same figures may have.
        for half, key in (
            ((count // 2, cents // 2), ()),
            ((count - count // 2, cents - cents // 2), (number,)),
        ):
            found = (bucket, player, *half, *key)
            if found not in shared:
                shared[found] = rng.randrange(10**6, 10**9)
                parts.append((shared[found], bucket, player, *half))
            made_of.add((number, shared[found]))
    rows: Rows = sorted(made_of)
    rows += [(999, parts[0][0]), (999, 5)]  # a cell that nobody asks for, a part without sums
    parts.append((7, 0, None, 10**9, 10**9))  # a part that is in no cell
    rng.shuffle(rows)
    rng.shuffle(parts)
    return parts, rows


@pytest.mark.parametrize("in_a_read", [20_000, 7])
@pytest.mark.parametrize("seed", range(4))
def test_cells_are_the_sums_of_their_parts(
    monkeypatch: pytest.MonkeyPatch, seed: int, in_a_read: int
) -> None:
    monkeypatch.setattr(module, "CELLS_OF_A_READ", in_a_read)
    cells, sums, influence = market(seed)
    parts, made_of = in_parts(sums, random.Random(seed))
    learned = table(influence, INFLUENCE)
    alone = credit_intervals(table(cells, CELLS), table(sums, SUMS), learned, SETTINGS)
    rows = table(parts, {"part_number": pa.int64(), **dict(list(SUMS.items())[1:])})
    which = table(made_of, {"cell_number": pa.int64(), "part_number": pa.int64()})
    found = credit_intervals(table(cells, CELLS), rows, learned, SETTINGS, which)
    assert found.column_names == alone.column_names
    for got, wanted_row in zip(found.to_pylist(), alone.to_pylist(), strict=True):
        number, word, *bounds = wanted_row.values()
        assert [got.pop("cell_number"), got.pop("interval_status")] == [number, word]
        for value, bound in zip(got.values(), bounds, strict=True):
            same = None if bound is None else pytest.approx(bound, rel=1e-9, abs=1e-12)
            assert value == same
    again = credit_intervals(
        table(cells[::-1], CELLS), rows.take(list(range(rows.num_rows))[::-1]), learned, SETTINGS,
        which.take(list(range(which.num_rows))[::-1]),
    )  # fmt: skip
    assert again.equals(found)


def test_no_cell_has_no_row() -> None:
    made = table([], CELLS), table([], SUMS), table([], INFLUENCE)
    assert credit_intervals(*made, SETTINGS).num_rows == 0


def test_only_small_tables_with_many_places_taken_are_kept_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def is_whole(count: int, shape: tuple[int, int]) -> bool:
        values, place = np.arange(1.0, count + 1), np.arange(count)
        rows, columns = place // shape[1], place % shape[1]
        found = module._table(values, rows, columns, shape)
        whole = isinstance(found, np.ndarray)
        assert (found if whole else found.toarray()).ravel()[:count].tolist() == values.tolist()
        return whole

    # More than a quarter of the places.
    assert [is_whole(count, (2, 4)) for count in (1, 2, 3, 8)] == [False, False, True, True]
    assert [is_whole(count, (5, 2)) for count in (2, 3)] == [False, True]
    monkeypatch.setattr(module, "_MOST_PLACES", 8)
    assert is_whole(3, (2, 4))
    assert not is_whole(9, (3, 3))


def test_rows_of_a_matrix_stand_in_order_whatever_the_order_of_its_places() -> None:
    rows, columns, values = np.array([1, 0, 1, 1]), np.array([2, 1, 0, 2]), np.arange(1.0, 5)
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        found = module._matrix(values[order], rows[order], columns[order], (2, 3))
        assert found.indices.tolist() == [1, 0, 2]
        assert found.data.tolist() == [2, 3, 5]


def test_methods_are_read_together_up_to_so_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CELLS_OF_A_READ", 4)
    counts = {
        ("lead", "a"): 1, ("lead", "b"): 3,  # just as many
        ("mql", "a"): 2, ("mql", "b"): 2,  # again
        ("sql", "a"): 1,
        ("sql", "b"): 9,  # too many even alone
        ("won", "a"): 1, ("won", "b"): 1, ("won", "c"): 1, ("won", "d"): 1,
        ("won", "e"): 1,
    }  # fmt: skip
    rows: Rows = [(0, None, *key, 9) for key, count in counts.items() for _ in range(count)]
    found = list(module._keys_at_once(nw.from_native(table(rows[::-1], CELLS))))
    assert [[counts[key] for key in keys] for keys in found] == [
        [1, 3], [2, 2], [1], [9], [1, 1, 1, 1], [1],
    ]  # fmt: skip
    assert [key for keys in found for key in keys] == sorted(counts)


def test_more_groups_than_buckets_are_the_buckets() -> None:
    rows = [(1, None, "won", "multistate", 9), (2, 1, "won", "multistate", 9)]
    sums: Rows = [(n, b, None, n * 10**8 + b * 10**7, 100 + 7 * n * b)
                  for n in (1, 2) for b in range(BUCKETS)]  # fmt: skip
    influence: Rows = [("won", "multistate", "ads", b, b / 100) for b in range(BUCKETS)]
    made = table(rows, CELLS), table(sums, SUMS), table(influence, INFLUENCE)
    found, plain = (
        credit_intervals(*made, IntervalSettings(buckets=BUCKETS, fitted_groups=n, min_wins=5))
        for n in (1000, BUCKETS)
    )
    assert found.equals(plain)
    assert found["cents_lower"].null_count == 0
