"""The same input gives the same bits: any engine, any thread count, any order of rows."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pandas as pd
import pytest

from partner_attribution.attribution import DEFAULT_METHODS, Settings, attribute

from .frames import (
    ALL,
    CLOSED_AT,
    DAY,
    Conversion,
    Touch,
    as_credits,
    on_duckdb,
    on_pandas,
    pandas_frames,
    random_conversions,
)

SETTINGS = Settings(
    half_life_days=11.3,
    half_life_days_by_campaign_type={"launch": 3.7},
    custom_weights={"webinar": 2.5, "email": 1},
)
AMOUNTS = (0, 1, -1, 77, 12_345_678, -99_999_999_999, 10**11, 2**50)
DEALS = random_conversions(seed=20261122, count=400, amounts=AMOUNTS)


@pytest.fixture(scope="module")
def expected():
    return on_pandas(DEALS, ALL, SETTINGS)


def test_duckdb_equals_pandas_in_cents_and_in_every_bit_of_the_share(expected):
    assert on_duckdb(DEALS, ALL, SETTINGS) == expected


def test_threads_and_row_order_change_nothing(expected):
    for threads, shuffle in ((1, 1), (2, 2)):
        assert on_duckdb(DEALS, ALL, SETTINGS, threads=threads, shuffle=shuffle) == expected


def test_a_method_gives_the_same_alone_as_in_company(expected):
    for method in ALL:
        wanted = {key: credit for key, credit in expected.items() if key[1] == method}
        assert on_pandas(DEALS, [method], SETTINGS) == wanted


@pytest.mark.spark
def test_spark_equals_pandas_in_cents_and_in_every_bit_of_the_share(expected):
    sql = pytest.importorskip("pyspark.sql")
    spark = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    frames = [
        spark.createDataFrame(frame.astype(object).where(frame.notna(), None).to_dict("records"))
        for frame in pandas_frames(DEALS)
    ]
    rows = attribute(*frames, ALL, SETTINGS).collect()
    spark.stop()
    assert as_credits(rows) == expected


def test_the_result_stays_a_lazy_relation_of_the_same_connection():
    connection = duckdb.connect()
    rows, touches = pandas_frames(DEALS[:5])
    relation = attribute(connection.from_df(rows), connection.from_df(touches), ["linear"])
    assert isinstance(relation, duckdb.DuckDBPyRelation)
    assert relation.columns == [
        "conversion_id",
        "touch_id",
        "method",
        "credit_share",
        "credit_cents",
    ]
    relation.create("credits")
    assert connection.table("credits").count("*").fetchall()[0][0] > 0


@pytest.mark.parametrize("engine", [on_pandas, on_duckdb])
def test_empty_inputs_give_an_empty_result(engine):
    assert engine([], ALL, SETTINGS) == {}


def test_touches_of_unknown_conversions_are_left_out():
    rows, touches = pandas_frames([Conversion("deal", 5, (Touch("t", CLOSED_AT),))])
    strangers = touches.assign(conversion_id="elsewhere")
    frame = attribute(rows, pd.concat([touches, strangers]), ["linear"])
    assert frame["conversion_id"].tolist() == ["deal"]


def test_a_journey_of_ten_thousand_touches():
    touches = tuple(
        Touch(f"t{i:05}", CLOSED_AT - (i * 7919 % 5000) * 3_600_000_000) for i in range(10_000)
    )
    deal = Conversion("deal", 123_456_789_012_345, touches)
    found = on_duckdb([deal], ALL, SETTINGS)
    assert found == on_pandas([deal], ALL, SETTINGS)
    for method in ALL:
        credits = [credit for key, credit in found.items() if key[1] == method]
        assert sum(money for _, money in credits) == deal.amount_cents
        assert abs(sum(share for share, _ in credits) - 1) < 1e-9


def test_a_journey_of_two_hundred_thousand_touches():
    """One account may hold a year of page views; nothing may grow with the square of it."""
    with duckdb.connect(config={"threads": 2}) as connection:
        deals = connection.sql("select 'deal' as conversion_id, 98765432101 as amount_cents")
        touches = connection.sql(
            "select 'deal' as conversion_id, printf('t%06d', n) as touch_id,"
            " n % 99991 * 60000000 as touched_at_us, n % 3 = 0 as is_direct"
            " from range(200000) as numbers(n)"
        )
        attribute(deals, touches).create("credits")
        totals = connection.sql(
            "select method, cast(sum(credit_cents) as bigint), abs(sum(credit_share) - 1) < 1e-9,"
            " max(abs(credit_cents - credit_share * 98765432101)) <= 1.001 from credits group by 1"
        ).fetchall()
    assert sorted(totals) == [
        (method, 98765432101, True, True) for method in sorted(DEFAULT_METHODS)
    ]


def test_attribution_imports_no_engine_and_no_dbt():
    """Only Narwhals and the standard library: the same functions serve every engine."""
    program = (
        "import sys, partner_attribution.attribution\n"
        "found = {'duckdb', 'dbt', 'pandas', 'pyspark', 'polars', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(found)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("engine", [on_pandas, on_duckdb])
def test_old_touches_keep_a_row(engine):
    old = Touch("t1", CLOSED_AT - 3000 * DAY)
    found = engine([Conversion("deal", 100, (old, Touch("t2", CLOSED_AT)))], ["time_decay"])
    assert found["deal", "time_decay", "t1"] == (2.0**-51 / (1 + 2.0**-51), 1)
