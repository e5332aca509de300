"""Journeys for the benchmarks: seeded, written as Parquet by DuckDB, no row passes through Python.

Path lengths run from 1 to 60 and are skewed (half the accounts have one touch, the mean is 7.3).
12 % of accounts convert. Every 20th touch of an account comes after its journey ended, and some
come before the 90-day lookback. Times are whole seconds, so touches of one instant occur.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

SIZES = {"100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}
MEAN_LENGTH = 7.3
CONVERTING = 0.12
SEED = 20261122
DAY = 86_400_000_000
LOOKBACK_DAYS = 90
AS_OF_US = 1_790_000_000_000_000

CHANNELS = [
    "direct",
    "email",
    "webinar",
    "event",
    "paid_search",
    "paid_social",
    "organic_search",
    "content_syndication",
    "partner_referral",
    "marketplace",
    "display",
    "meeting",
]
PARTNERS = ("aurora", "borealis", "cygnus", "draco", "eridanus", "fornax")
CAMPAIGNS, ASSETS = 60, 300

ACCOUNTS = """
create table accounts as
with drawn as (
    select
        number,
        {chance}(number, 1) as for_length,
        {chance}(number, 2) as for_end,
        {chance}(number, 3) as for_conversion,
        {chance}(number, 4) as for_amount
    from range({accounts}) as numbers(number)
)
select
    number,
    printf('account%07d', number) as account_id,
    cast(least(60, 1 + floor(60 * pow(for_length, 8.1))) as integer) as touches,
    for_conversion < {converting} as is_converted,
    {as_of} - cast(floor(for_end * 365 * 86400) as bigint) * 1000000 as ends_at_us,
    cast(floor(exp(6 + 6 * for_amount) * 100) as bigint) as amount_cents
from drawn
"""

TOUCHES = """
copy (
    select
        printf('touch%09d', number * 64 + position) as touch_id,
        account_id,
        case
            when position % 20 = 19 then ends_at_us + 3600000000
            else ends_at_us
                - cast(floor(pow({chance}(key, 5), 1.5) * 95 * 86400) as bigint) * 1000000
        end as touched_at_us,
        {channels}[cast(1 + floor(pow({chance}(key, 6), 1.4) * {n_channels}) as integer)]
            as channel,
        {partners}[cast(1 + floor({chance}(key, 7) * {n_partners}) as integer)] as partner_id,
        printf('campaign%02d', cast(floor({chance}(key, 8) * {n_campaigns}) as integer))
            as campaign_id,
        printf('asset%03d', cast(floor({chance}(key, 9) * {n_assets}) as integer)) as asset_id
    from (
        select accounts.*, position, number * 64 + position as key
        from accounts, range(60) as positions(position)
        where position < touches
    )
    -- As delivered: by time of arrival, not by account.
    order by {chance}(key, 10)
) to '{folder}/touches.parquet' (format parquet)
"""

CONVERSIONS = """
copy (
    select
        'deal' || account_id[8:] || ':closed_won' as conversion_id,
        account_id,
        'closed_won' as milestone,
        ends_at_us as cutoff_at_us,
        ends_at_us - {lookback} as journey_start_at_us,
        amount_cents
    from accounts
    where is_converted
    order by number
) to '{folder}/conversions.parquet' (format parquet)
"""


def generate(
    touches: int, folder: Path, *, converting: float = CONVERTING, seed: int = SEED
) -> None:
    """Write touches.parquet and conversions.parquet of about this many touches."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {
        "accounts": round(touches / MEAN_LENGTH),
        "converting": converting,
        "as_of": AS_OF_US,
        "lookback": LOOKBACK_DAYS * DAY,
        "channels": list(CHANNELS),
        "partners": list(PARTNERS),
        "n_channels": len(CHANNELS),
        "n_partners": len(PARTNERS),
        "n_campaigns": CAMPAIGNS,
        "n_assets": ASSETS,
        "chance": "chance",
        "folder": folder,
    }
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            "create macro chance(key, purpose) as"
            f" (hash(key, purpose, {seed}) >> 11) / 9007199254740992.0"
        )
        for statement in (ACCOUNTS, TOUCHES, CONVERSIONS):
            connection.execute(statement.format(**parts))


def folder_of(size: str, converting: float = CONVERTING) -> Path:
    """Return where the data of a size lies: made once, and again after `make clean`."""
    name = size if converting == CONVERTING else f"{size}-all-convert"
    return Path(__file__).parent / "data" / name


def ensure(size: str, converting: float = CONVERTING) -> Path:
    """Generate the data of a size unless it is there."""
    folder = folder_of(size, converting)
    if not (folder / "conversions.parquet").exists():
        generate(SIZES[size], folder, converting=converting)
    return folder


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("size", choices=SIZES)
    arguments.add_argument("--converting", type=float, default=CONVERTING)
    chosen = arguments.parse_args()
    print(ensure(chosen.size, chosen.converting))
