"""Touch deliveries to read: the template's columns, as CSV and as Parquet, the same every time."""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

FILES = 5
ROW = """
    'T' || lpad(cast(number as varchar), 9, '0') as touch_id,
    'P' || cast(hash(number, 1) % 400000 as varchar) as person_id,
    case when hash(number, 2) % 3 = 0
        then 'person' || cast(hash(number, 1) % 400000 as varchar) || '@company'
            || cast(hash(number, 1) % 40000 as varchar) || '.example' end as email,
    cast(null as varchar) as email_hash,
    'A' || cast(hash(number, 1) % 40000 as varchar) as account_id,
    timestamp '2025-06-01' + to_seconds(cast(hash(number, 3) % 40000000 as bigint)) as touched_at,
    ['page_view', 'email_click', 'webinar_attended', 'form_fill', 'ad_click'][
        1 + cast(hash(number, 4) % 5 as integer)] as touch_type,
    case when hash(number, 5) % 4 = 0 then 'webinar' end as channel,
    'Campaign ' || cast(hash(number, 6) % 60 as varchar) as campaign,
    case when hash(number, 7) % 2 = 0
        then 'Guide, part ' || cast(hash(number, 7) % 300 as varchar) end as asset,
    case when hash(number, 8) % 2 = 0 then 'northwind' end as utm_source,
    case when hash(number, 8) % 2 = 0 then 'email' end as utm_medium,
    case when hash(number, 8) % 2 = 0 then 'ai-launch-tour' end as utm_campaign,
    cast(null as varchar) as utm_content,
    cast(null as varchar) as utm_term,
    cast(null as varchar) as utm_id,
    'https://www.acme.example/p/' || cast(hash(number, 9) % 5000 as varchar) as url
"""


def generate(folder: Path, rows: int, kind: str) -> list[Path]:
    """Write FILES files of one delivery; return their paths. Existing ones are left alone."""
    target = folder / f"{kind}-{rows}" / "partners" / "acme" / "template" / "2026-11-01"
    target.mkdir(parents=True, exist_ok=True)
    conn = duckdb.connect()
    paths = []
    for part in range(FILES):
        path = target / f"touches_part{part}.{kind}"
        paths.append(path)
        if path.exists():
            continue
        first, last = rows * part // FILES, rows * (part + 1) // FILES
        select = f"select {ROW} from range({first}, {last}) as numbers (number)"
        options = "format csv, header" if kind == "csv" else "format parquet"
        conn.execute(f"copy ({select}) to '{path}' ({options})")
    return paths


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--kind", choices=("csv", "parquet"), default="csv")
    options = parser.parse_args()
    for made in generate(options.folder, options.rows, options.kind):
        print(made, made.stat().st_size)
