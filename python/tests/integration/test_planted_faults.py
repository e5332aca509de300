"""What becomes of faulty deliveries in the marts: one build of docs/faults.md, planted by number.

The build itself runs every data test, so each invariant holds beside the faults.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from partner_attribution import publish
from partner_attribution.feeds.seeds import compose
from partner_attribution.report import html
from partner_attribution.report.facts import read_facts
from tests.integration import faulty_world
from tests.integration.dbt_runs import PROJECT, dbt_build, rows

CREDITS = "select opportunity_id, coalesce(touch_id, ''), credited_amount::text from"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The DuckDB file of the faulty world."""
    folder = tmp_path_factory.mktemp("faults")
    faulty_world.write(folder / "data", folder / "own")
    composed = PROJECT / "build" / f"test-{os.getpid()}-faults"
    compose(PROJECT / "seeds", folder / "own", composed)
    try:
        yield dbt_build(folder / "work", folder / "data", seeds_dir=composed)
    finally:
        shutil.rmtree(composed)


def health(built: Path, check_name: str) -> list[tuple[str, str, int, str, str]]:
    """(partner, status, rows, money, detail) of one check."""
    return rows(
        built,
        "select coalesce(partner_id, ''), status, row_count, coalesce(amount_at_stake::text, ''),"
        f" detail from reports.rpt_data_health where check_name = '{check_name}' order by all",
    )


def amounts(built: Path, *deals: str) -> dict[str, tuple[str | None, str]]:
    """Deal -> amount and status, as the mart has them."""
    found = rows(
        built,
        "select split_part(opportunity_id, ':', 2), amount::text, amount_status"
        " from marts.fct_opportunities where opportunity_id like 'alpha.%'",
    )
    return {deal: (amount, status) for deal, amount, status in found if deal in deals}


def test_rows_in_are_rows_accounted_for_per_feed(built: Path) -> None:
    """The figures are those of the files, counted here by hand."""
    found = rows(
        built,
        "select feed_id, sum(rows_read), sum(rows_landed), sum(rows_rejected),"
        " sum(rows_superseded), sum(rows_dropped) from marts.fct_feed_deliveries"
        " group by 1 order by 1",
    )
    assert [(feed, *map(int, counts)) for feed, *counts in found] == [
        ("alpha.template", 41, 32, 9, 0, 0),
        ("beta.template", 7, 5, 0, 1, 1),
        ("epsilon.template", 1, 1, 0, 0, 0),
        ("eta.template", 5, 3, 1, 1, 0),
        ("gamma.template", 8, 8, 0, 0, 0),
        ("theta.template", 4, 1, 2, 0, 0),
        ("zeta.template", 1, 1, 0, 0, 0),
    ]


def test_one_partners_trouble_stops_nobody_else(built: Path) -> None:
    arrival = {
        feed: (status, detail)
        for feed, status, detail in rows(
            built,
            "select feed_id, status, detail from reports.rpt_data_health"
            " where check_name = 'arrival'",
        )
    }
    assert {feed: status for feed, (status, _) in arrival.items()} == {
        "alpha.template": "ok",
        "beta.template": "ok",
        "delta.template": "fail",
        "epsilon.template": "fail",
        "eta.template": "ok",
        "gamma.template": "warn",
        "theta.template": "fail",
        "zeta.template": "fail",
    }
    assert "no files" in arrival["delta.template"][1]
    assert "is the one of scheme google, not lower_trim" in arrival["epsilon.template"][1]
    epsilon = "select account_name from ledger.int_accounts_collected where feed_id like 'epsilon%'"
    assert rows(built, epsilon) == [("Epsilon's customer",)]
    touched = "select count(*) from marts.fct_touches where feed_id like 'epsilon%'"
    assert rows(built, touched) == [(0,)]
    assert "0 bytes: the export failed" in arrival["zeta.template"][1]


def test_a_refused_file_takes_no_other_file_of_its_partner_with_it(built: Path) -> None:
    told = {
        table: message.removeprefix(f"theta.template {table}: ")
        for table, status, message in rows(
            built,
            "select table_name, status, message from marts.fct_feed_deliveries"
            " where feed_id = 'theta.template' and status = 'failed'",
        )
    }
    assert told.pop("spend").startswith(
        "2 of 3 rows rejected, more than 1.0%; first: has 1 columns"
    )
    assert told == {
        "accounts": "not utf-8 at byte offset 28. Declare the encoding in seeds/feeds.csv, for"
        " example cp1252 or utf-16.",
        "people": "column account_id arrives 2 times (account_id, account_id). Deliver it once.",
        "touches": "missing required column touched_at; file has [touch_id, touchd_at]; closest:"
        " touchd_at. Map it in seeds/feed_columns.csv: theta,template,touches,touchd_at,touched_at",
    }
    won = "select amount::text from marts.fct_opportunities where opportunity_id like 'theta.%'"
    assert rows(built, won) == [("7.00",)]


def test_harmless_differences_and_repeats_change_no_figure(built: Path) -> None:
    touches = "select touch_id, touched_at::text from marts.fct_touches where feed_id like 'eta.%'"
    assert sorted(rows(built, touches)) == [
        ("eta.template:e1", "2026-03-01 10:00:00"),
        ("eta.template:e2", "2026-03-02 10:00:00"),
    ]
    deals = "select amount::text from marts.fct_opportunities where opportunity_id like 'eta.%'"
    assert rows(built, deals) == [("12.34",)]
    outcome = (
        "select delivery_id, status from marts.fct_feed_deliveries"
        " where feed_id = 'eta.template' and table_name = 'opportunities' order by 1"
    )
    assert rows(built, outcome) == [
        ("2026-06-01", "landed"),
        ("2026-06-08", "landed"),
        ("2026-06-15", "duplicate"),
    ]
    drift = "select delivered_column from marts.fct_schema_drift where feed_id = 'eta.template'"
    assert rows(built, f"{drift} and kind = 'extra'") == [("Their Note",)]


def test_what_no_partner_should_see_is_in_no_byte_that_is_served(
    built: Path, tmp_path: Path
) -> None:
    """Neither an address nor a column that nobody declared, in the file, the copies or the page."""
    with duckdb.connect(str(built), read_only=True) as connection:
        raw = connection.execute("select email from raw_template.touches").fetchall()
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where schema_name in ('marts', 'reports')"
        ).fetchall()
    assert (f"{faulty_world.CANARY}@eta.example",) in raw, "the canary was landed"
    fit = publish.Fit("invocation-1", frozenset(name for (name,) in names), ())
    made = publish.publish(built, tmp_path / "serve", run_id="run-1", fit=fit)
    served = [path.read_bytes() for path in (tmp_path / "serve").rglob("*") if path.is_file()]
    with duckdb.connect(str(made.path), read_only=True) as connection:
        for name in made.tables:
            # Bytes of a table can be compressed; its cells cannot.
            served.append(str(connection.execute(f"from {name}").fetchall()).encode())
    facts = read_facts(tmp_path / "serve", campaign="tour", window="campaign")
    served.append(html.dashboard(facts, detail="full", footer=()).encode())
    assert any(b"eta.template:e1" in one for one in served), "the search finds what is served"
    assert not [one[:80] for one in served if faulty_world.CANARY.encode() in one]


def test_rejected_rows_say_what_is_wrong_and_what_to_do(built: Path) -> None:
    found = rows(
        built,
        "select line, column_name, reason from marts.fct_feed_rejects"
        " where feed_id = 'alpha.template' and table_name = 'opportunities' order by line",
    )
    assert [(line, column, why.split(";")[0]) for line, column, why in found] == [
        (17, "amount", "not a decimal: leave the cell empty where there is no value"),
        (18, "amount", "not a decimal: in brackets"),
        (19, "amount", "not a decimal: with a currency sign"),
        (20, "amount", "not a decimal: leave the cell empty where there is no value"),
        (21, "created_at", "implausible date: expected from 1990-01-01 to 2100"),
        (22, "created_at", "ambiguous date: declare date_format in seeds/feeds.csv"),
        (23, "opportunity_id", "an id in scientific notation: export the column as text"),
        (24, None, "has 3 columns, the header has 8"),
    ]
    found = health(built, "rejected rows")
    assert [row[:3] for row in found if row[0] != "alpha"] == [
        ("eta", "ok", 1),
        ("theta", "warn", 2),
    ]
    [(partner, status, count, _, detail)] = [row for row in found if row[0] == "alpha"]
    assert (partner, status, count) == ("alpha", "warn", 9)
    assert detail.startswith("9 of 41 rows could not be read")


def test_money_without_a_known_value_is_in_no_total_and_listed(built: Path) -> None:
    deals = ("unknown", "norate", "toolarge", "slip", "noamount", "stale", "leap")
    assert amounts(built, *deals) == {
        "unknown": (None, "unknown_currency"),
        "norate": (None, "no_fx_rate"),
        "toolarge": (None, "too_large"),
        "slip": (None, "too_large"),
        "noamount": (None, "no_amount"),
        # The rate of 3 April is 0.05 and holds; that of the 4th is zero and is not used.
        "stale": ("2200.00", "converted_stale_rate"),
        # The rate of 2 April is 5, a leap from 0.05; the one before holds.
        "leap": ("2400.00", "converted_stale_rate"),
    }
    for status, verdict, counts in (
        ("unknown_currency", "fail", {"alpha": 1, "gamma": 1}),
        ("no_fx_rate", "fail", {"alpha": 1}),
        ("too_large", "fail", {"alpha": 2}),
        ("no_amount", "warn", {"alpha": 1}),
        ("converted_stale_rate", "warn", {"alpha": 2}),
    ):
        listed = health(built, f"deal amount: {status}")
        found = Counter()
        for partner, _, count, *_ in listed:
            found[partner] += count
        assert found == counts, status
        assert {row[1] for row in listed} == {verdict}
    assert [row[:3] for row in health(built, "spend: unknown_currency")] == [("alpha", "fail", 1)]
    zero_for_want_of_money = rows(
        built,
        "select distinct amount_status from marts.fct_conversions where amount = 0"
        " and opportunity_id like 'alpha.%' and opportunity_id not like '%:zero' order by 1",
    )
    assert zero_for_want_of_money == [
        ("no_amount",), ("no_fx_rate",), ("too_large",), ("unknown_currency",)
    ]  # fmt: skip


def test_rates_that_are_no_rates_are_listed_and_not_used(built: Path) -> None:
    found = health(built, "FX rate not used")
    assert [(partner, status, money) for partner, status, _, money, _ in found] == [
        ("alpha", "fail", ""),
        ("alpha", "fail", "2400.00"),
    ]
    assert "EUR 2026-04-04: 0.00000000 for one USD is no rate" in found[0][4]
    assert "EUR 2026-04-02: 5.00000000 for one USD after 0.05000000, a leap" in found[1][4]
    rates = "select distinct fx_rate::double from marts.fct_opportunities where fx_rate is not null"
    assert rows(built, rates) == [(0.05,)]


def test_names_that_no_lookup_knows_are_lines_to_paste(built: Path) -> None:
    fixes = {
        fix
        for (fix,) in rows(
            built,
            "select fix from reports.rpt_data_health where status <> 'ok' and fix like 'seeds/%'",
        )
    }
    assert fixes == {
        'seeds/stage_map.csv: template,alpha,"=cmd|""x"", <b>",<stage>',
        "seeds/channel_aliases.csv: zauber-kanal,<channel>",
        "seeds/channel_rules.csv: 2026-11,<rule_order>,<channel>,^other$,,,,,,",
        "seeds/campaign_aliases.csv: <campaign_id>,Nobody's campaign,alpha",
        "seeds/country_aliases.csv: narnia,<country_code>",
        "seeds/currencies.csv: XXQ,<minor_units>",
        "seeds/currencies.csv: ZZZ,<minor_units>",
        "seeds/partners.csv: gamma,<name>,<priority>",
        "seeds/feeds.csv: gamma,template",
        "seeds/fx_rates.csv: USD,EUR,2026-02-10,<units>,<source>",
        "seeds/fx_rates.csv: USD,EUR,2026-04-02,<units>,<source>",
        "seeds/fx_rates.csv: USD,EUR,2026-04-04,<units>,<source>",
    }
    [(partner, status, count, money, _)] = health(built, "unmapped stage")
    assert (partner, status, count, money) == ("alpha", "warn", 1, "60.00")
    [(partner, status, count, _, _)] = health(built, "unknown hash scheme")
    assert (partner, status, count) == ("zeta", "fail", 1)


def test_signed_and_huge_amounts_are_conserved(built: Path) -> None:
    found = rows(
        built,
        "select opportunity_id, method, sum(credited_amount)::text, count(distinct touch_id)"
        " from marts.fct_attribution_credits where milestone = 'closed_won' and opportunity_id in"
        " ('alpha.template:refund', 'alpha.template:zero', 'alpha.template:huge',"
        " 'alpha.template:early') group by all",
    )
    methods = {method for _, method, _, _ in found}
    assert len(methods) > 4
    assert {(deal.split(":")[1], total) for deal, _, total, _ in found} == {
        ("refund", "-40.01"),
        ("zero", "0.00"),
        ("huge", "999999999999.99"),
        ("early", "50.00"),
    }
    assert {count for deal, _, _, count in found if deal.endswith("early")} == {0}
    [(partner, status, _, money, detail)] = health(built, "dominant deal")
    assert (partner, status, Decimal(money)) == ("alpha", "warn", Decimal("999999999999.99"))
    assert "is more than half of all deals" in detail
    [(_, status, _, money, detail)] = health(built, "dominant account")
    assert (status, Decimal(money)) == ("warn", Decimal("999999999999.99"))
    assert detail.endswith("are 100.00 % of all deals.")
    [(_, status, _, money, detail)] = health(built, "closed in the future")
    assert (status, money) == ("warn", "30.00")
    assert "2027-04-01, after the latest delivery: it is won in no total" in detail
    counted = "select milestone, amount::text from marts.fct_conversions where opportunity_id like"
    assert rows(built, f"{counted} '%:future'") == [("opportunity", "30.00")]
    [(_, status, count, money, _)] = health(built, "milestone: in_the_future")
    assert (status, count, money) == ("warn", 1, "30.00")


def test_a_deleted_deal_earns_nothing_and_stays_on_record(built: Path) -> None:
    deleted = rows(
        built,
        "select partner_id, table_name, record_key, last_delivery_id, dropped_in_delivery,"
        " last_values from marts.fct_deleted_records",
    )
    assert [row[:5] for row in deleted] == [
        ("beta", "opportunities", "gone", "2026-06-01", "2026-06-08")
    ]
    assert '"amount":77.7' in deleted[0][5]
    credited = f"{CREDITS} marts.fct_attribution_credits where opportunity_id like 'beta.%:gone'"
    assert rows(built, credited) == []
    assert [row[:3] for row in health(built, "deleted records")] == [("beta", "warn", 1)]


def test_clock_times_in_a_gap_are_moved_forward_and_listed(built: Path) -> None:
    flags = rows(built, "select feed_id, line, flagged_value, flag from marts.fct_feed_flags")
    assert flags == [
        (
            "beta.template",
            2,
            "2026-03-29 02:30:00",
            "this clock time does not exist: moved forward over the gap of Europe/Berlin",
        )
    ]
    at = "select touched_at::text from marts.fct_touches where touch_id = 'beta.template:b1'"
    assert rows(built, at) == [("2026-03-29 01:30:00",)]
    assert [row[:3] for row in health(built, "odd clock times")] == [("beta", "warn", 1)]


def test_plain_and_hashed_deliveries_of_a_test_string_are_one_person(built: Path) -> None:
    people = rows(
        built,
        "select count(distinct person_id), count(*) from ledger.int_people_resolved"
        " where person_key in ('alpha.template:P1', 'beta.template:P1')",
    )
    assert people == [(1, 2)]


def test_touches_at_one_instant_are_ordered_by_id(built: Path) -> None:
    first = rows(
        built,
        f"{CREDITS} marts.fct_attribution_credits where method = 'first_touch'"
        " and milestone = 'closed_won' and opportunity_id = 'beta.template:kept'"
        " and credited_amount <> 0",
    )
    assert first == [("beta.template:kept", "beta.template:b2", "10.00")]


def test_names_are_data_and_lookalikes_stay_apart(built: Path) -> None:
    name = (
        "select opportunity_name from marts.fct_opportunities where opportunity_id like '%:hostile'"
    )
    assert rows(built, name) == [(faulty_world.HOSTILE,)]
    accounts = rows(
        built,
        "select account_key, account_id from ledger.int_accounts_resolved"
        " where account_key in ('alpha.template:A1', 'alpha.template:A2')",
    )
    assert len({account for _, account in accounts}) == 2
    shown = "select account_name from marts.dim_account where account_name like '%Gmb%'"
    assert rows(built, shown) == [("M\u00fcller \u202eGmbH",)]


def test_two_files_and_no_lookup_are_enough(built: Path) -> None:
    """Touches and opportunities of a partner nobody declared, beside lookups of somebody else."""
    linear = rows(
        built,
        "select opportunity_id, touch_id, channel, credited_amount"
        " from marts.fct_attribution_credits where method = 'linear'"
        " and milestone = 'opportunity' and opportunity_id like 'gamma.%' order by 1, 2",
    )
    assert [(deal, touch, channel, str(amount)) for deal, touch, channel, amount in linear] == [
        ("gamma.template:o1", "gamma.template:t1", "webinar", "33.34"),
        ("gamma.template:o1", "gamma.template:t2", "direct", "33.33"),
        ("gamma.template:o1", "gamma.template:t3", "email", "33.33"),
        ("gamma.template:o2", None, "unattributed", "50.00"),
        ("gamma.template:o3", None, "unattributed", "0.00"),
    ]
    excluded = rows(
        built,
        "select touch_id, reason from marts.fct_journey_exclusions where conversion_id ="
        " 'gamma.template:o1:opportunity'",
    )
    assert excluded == [("gamma.template:t4", "accelerated")]
