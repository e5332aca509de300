"""One account with 10,000, 100,000 and a million touches: time must grow with the touches only."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.generate import AS_OF_US, CHANNELS, DAY, LOOKBACK_DAYS, folder_of
from benchmarks.run import measure

LENGTHS = (10_000, 100_000, 1_000_000)
CASES = ["joinwin", "credits_wide", "markov_1"]

TOUCHES = f"""
copy (
    select
        printf('touch%09d', number) as touch_id,
        'account' as account_id,
        {AS_OF_US} - cast(hash(number, 1) % {LOOKBACK_DAYS * DAY} as bigint) as touched_at_us,
        {CHANNELS}[cast(1 + hash(number, 2) % {len(CHANNELS)} as bigint)] as channel
    from range({{length}}) as numbers(number)
) to '{{folder}}/touches.parquet' (format parquet)
"""
CONVERSIONS = f"""
copy (
    select
        'deal' as conversion_id, 'account' as account_id, 'closed_won' as milestone,
        {AS_OF_US} as cutoff_at_us, {AS_OF_US - LOOKBACK_DAYS * DAY} as journey_start_at_us,
        123456789012 as amount_cents
) to '{{folder}}/conversions.parquet' (format parquet)
"""


def ensure(length: int) -> Path:
    """Write the touches and the deal of one account unless they are there."""
    folder = folder_of(f"one-account-{length}")
    if not (folder / "conversions.parquet").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(config={"threads": 2}) as connection:
            for statement in (TOUCHES, CONVERSIONS):
                connection.execute(statement.format(length=length, folder=folder))
    return folder


def main() -> None:
    print("| touches of one account | " + " | ".join(CASES) + " |")
    print("|---" * (len(CASES) + 1) + "|")
    for length in LENGTHS:
        found = measure(ensure(length), 1, CASES)
        print(f"| {length:,} | " + " | ".join(f"{found[c]['cpu_s']:.2f}" for c in CASES) + " |")


if __name__ == "__main__":
    main()
