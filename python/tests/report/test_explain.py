"""The explanation of one deal, lead or MQL: what the marts say, in order, as safe Markdown."""

from __future__ import annotations

import duckdb
import pytest

from partner_attribution.errors import PublicationError, UsageError
from partner_attribution.report.explain import LEFT_OUT_AT_MOST, explained, explanations

DEAL, PERSON = "acme.salesforce:006A", "person:33372b1a"
HOSTILE = "</td>|`<script>\u202ex"
TABLES = {
    "fct_conversions": (
        "conversion_id varchar, opportunity_id varchar, person_id varchar, milestone varchar,"
        " milestone_at timestamp, journey_start_at timestamp, cutoff_at timestamp,"
        " amount decimal(18,2), amount_status varchar",
        f"""
        ('{DEAL}:closed_won', '{DEAL}', null, 'closed_won', timestamp '2026-04-09 12:00:00',
         timestamp '2026-01-01', timestamp '2026-03-04 00:00:00', 100, 'converted'),
        ('{DEAL}:opportunity', '{DEAL}', null, 'opportunity', timestamp '2026-03-04 00:00:00',
         timestamp '2026-01-01', timestamp '2026-03-04 00:00:00', -7, 'converted'),
        ('{PERSON}:lead', null, '{PERSON}', 'lead', timestamp '2026-03-03 08:00:00',
         timestamp '2026-01-01', timestamp '2026-03-03 08:00:00', 0, 'count_only'),
        ('{PERSON}:mql', null, '{PERSON}', 'mql', timestamp '2026-03-05 08:00:00',
         timestamp '2026-01-01', timestamp '2026-03-05 08:00:00', 0, 'count_only')
        """,
    ),
    "fct_credit_explanations": (
        "conversion_id varchar, opportunity_id varchar, person_id varchar, milestone varchar,"
        " method varchar, position bigint, of_touches bigint, touch_id varchar,"
        " touched_at timestamp, partner_id varchar, channel varchar, age_days_before_cutoff double,"
        " is_lead_anchor boolean, is_mql_anchor boolean, is_opportunity_anchor boolean,"
        " is_close_anchor boolean, weight double, weight_total double, credit_share double,"
        " credited_amount decimal(18,2), rule varchar",
        f"""
        ('{DEAL}:closed_won', '{DEAL}', null, 'closed_won', 'linear', 2, 2, 't2',
         timestamp '2026-03-02 10:30:00', 'acme', 'email', 1.5, false, false, true, false,
         1, 2, 0.5, 50.00, 'last of 2, all alike: 50.00 %'),
        ('{DEAL}:closed_won', '{DEAL}', null, 'closed_won', 'linear', 1, 2, 't1',
         timestamp '2026-03-01 09:00:00', 'a|b', 'webinar', 2.75, true, true, false, false,
         1, 2, 0.5, 50.00, 'first of 2, all alike: 50.00 %'),
        ('{DEAL}:closed_won', '{DEAL}', null, 'closed_won', 'first_touch', 1, 2, 't1',
         timestamp '2026-03-01 09:00:00', 'a|b', 'webinar', 2.75, true, true, false, false,
         1, 1, 1, 100.00, 'first of 2: 100.00 %'),
        ('{DEAL}:opportunity', '{DEAL}', null, 'opportunity', 'linear', null, 0, null,
         null, 'unattributed', 'unattributed', null, false, false, false, false,
         1, 1, 1, -7.00, 'no eligible touch: unattributed'),
        ('{PERSON}:lead', null, '{PERSON}', 'lead', 'time_decay', 1, 1, '{HOSTILE}',
         timestamp '2026-03-01 09:00:00', '{HOSTILE}', 'webinar', 1.96, true, false, false, false,
         0.12345678, 0.12345678, 1, 0, 'only touch, {HOSTILE}: 100.00 %'),
        ('{PERSON}:mql', null, '{PERSON}', 'mql', 'time_decay', 1, 1, 't1',
         timestamp '2026-03-01 09:00:00', 'acme', 'webinar', 3.96, true, true, false, false,
         1, 1, 1, 0, 'only touch: 100.00 %')
        """,
    ),
    "fct_journey_exclusions": (
        "conversion_id varchar, touch_id varchar, partner_id varchar, touched_at timestamp,"
        " reason varchar",
        f"""
        ('{DEAL}:closed_won', 't9', 'acme', timestamp '2026-03-20 09:00:00', 'accelerated'),
        ('{DEAL}:closed_won', 't0', 'acme', timestamp '2025-03-20 09:00:00', 'exposure_path'),
        ('{PERSON}:lead', 't8', 'acme', timestamp '2026-03-04 09:00:00', 'after_milestone')
        """,
    ),
    "fct_identity_matches": (
        "entity varchar, record_key varchar, resolved_id varchar",
        f"""
        ('opportunity', 'northwind.hubspot:77', '{DEAL}'),
        ('person', 'acme.salesforce:00Q8d', '{PERSON}'),
        ('person', 'acme.salesforce:00Qnobody', 'person:nobody')
        """,
    ),
}


@pytest.fixture
def served(tmp_path):
    with duckdb.connect(str(tmp_path / "attribution.duckdb")) as connection:
        connection.execute("create schema marts")
        for table, (columns, rows) in TABLES.items():
            connection.execute(f"create table marts.{table} ({columns})")
            connection.execute(f"insert into marts.{table} values {rows}")
    return tmp_path


def change(served, statement):
    with duckdb.connect(str(served / "attribution.duckdb")) as connection:
        connection.execute(statement)


def test_rows_come_by_conversion_method_and_journey_order(served):
    found = explanations(served, DEAL)
    assert [row.milestone for row in found.conversions] == ["opportunity", "closed_won"]
    assert [(row.milestone, row.method, row.touch_id) for row in found.touches] == [
        ("closed_won", "first_touch", "t1"),
        ("closed_won", "linear", "t1"),
        ("closed_won", "linear", "t2"),
        ("opportunity", "linear", None),
    ]
    assert [row.touch_id for row in found.left_out] == ["t0", "t9"]


def test_markdown_places_the_figures_and_escapes_the_names(served):
    text = explained(explanations(served, f"{DEAL}:closed_won", method="linear"), currency="USD")
    assert text.splitlines() == [
        r"# acme.salesforce:006A:closed\_won",
        "",
        r"## closed\_won",
        "",
        r"acme.salesforce:006A:closed\_won: reached 2026-04-09 12:00:00, $100.00. Touches from "
        "2026-01-01 00:00:00 to the cut-off 2026-03-04 00:00:00, both ends included (UTC).",
        "",
        r"### closed\_won, linear",
        "",
        "| # | touched at (UTC) | partner | channel | days before cut-off | anchor of "
        "| weight | share | credit | why | touch |",
        "|--:|---|---|---|--:|---|--:|--:|--:|---|---|",
        r"| 1 | 2026-03-01 09:00:00 | a\|b | webinar | 2.75 | lead, MQL | 1 of 2 | 0.500000 "
        "| $50.00 | first of 2, all alike: 50.00 % | t1 |",
        "| 2 | 2026-03-02 10:30:00 | acme | email | 1.50 | opportunity | 1 of 2 | 0.500000 "
        "| $50.00 | last of 2, all alike: 50.00 % | t2 |",
        "",
        "### Left out",
        "",
        "| touched at (UTC) | partner | why | touch |",
        "|---|---|---|---|",
        r"| 2025-03-20 09:00:00 | acme | exposure\_path | t0 |",
        "| 2026-03-20 09:00:00 | acme | after the cut-off, while the deal went on | t9 |",
    ]


def test_a_refund_and_a_journey_without_a_touch(served):
    text = explained(explanations(served, f"{DEAL}:opportunity"), currency="USD")
    assert "reached 2026-03-04 00:00:00, −$7.00." in text
    assert (
        "| – | – | unattributed | unattributed | – | – | 1 of 1 | 1.000000 "
        "| −$7.00 | no eligible touch: unattributed | – |" in text
    )


@pytest.mark.parametrize("asked", [PERSON, "acme.salesforce:00Q8d", f" {PERSON} "])
def test_a_person_is_explained_as_lead_and_mql_by_any_of_its_ids(served, asked):
    found = explanations(served, asked)
    assert [row.conversion_id for row in found.conversions] == [f"{PERSON}:lead", f"{PERSON}:mql"]
    text = explained(found, currency="USD")
    assert "reached 2026-03-03 08:00:00, counted, no money." in text
    assert "| lead, MQL | 1 of 1 | 1.000000 | – | only touch: 100.00 % | t1 |" in text
    assert "| after the end | t8 |" in text
    assert "$" not in text


def test_a_deal_is_found_by_the_id_of_any_book(served):
    assert (
        explanations(served, "northwind.hubspot:77").touches == explanations(served, DEAL).touches
    )


def test_one_conversion_alone(served):
    found = explanations(served, f"{PERSON}:mql")
    assert [row.conversion_id for row in found.conversions] == [f"{PERSON}:mql"]
    assert {row.conversion_id for row in found.touches} == {f"{PERSON}:mql"}
    assert not found.left_out


def test_names_cannot_become_markup_or_cells(served):
    text = explained(explanations(served, f"{PERSON}:lead"), currency="USD")
    line = next(line for line in text.splitlines() if "webinar" in line)
    assert "<" not in text and "\u202e" not in text
    assert line.replace(r"\|", "").count("|") == 12
    assert r"&lt;/td&gt;\|\`&lt;script&gt;" in line


def test_many_touches_left_out_are_counted(served):
    change(
        served,
        f"insert into marts.fct_journey_exclusions select '{DEAL}:opportunity', 'x' || i, 'acme',"
        f" timestamp '2026-05-01', 'bot' from range({LEFT_OUT_AT_MOST} + 3) as numbers (i)",
    )
    text = explained(explanations(served, f"{DEAL}:opportunity"), currency="USD")
    assert text.count("| a bot |") == LEFT_OUT_AT_MOST
    assert "3 more in marts" in text


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("acme.salesforce:006B", DEAL),
        ("00Q8d", "acme.salesforce:00Q8d"),
        ("person:33372b1b", PERSON),
        ("acme.salesforce:00Qnobody", "acme.salesforce:00Q8d"),
        ("' or 1 = 1 --", ""),
    ],
)
def test_an_unknown_id_names_the_nearest(served, asked, first):
    with pytest.raises(UsageError, match="No deal, lead or MQL") as caught:
        explanations(served, asked)
    assert f"Do: try {first}" in str(caught.value)
    assert repr(asked) in str(caught.value)


def test_an_empty_ledger_says_where_to_look(served):
    change(served, "delete from marts.fct_conversions")
    with pytest.raises(UsageError, match=r"Do: look it up in marts\.fct_identity_matches"):
        explanations(served, DEAL)


def test_a_method_that_did_not_run_names_those_that_did(served):
    with pytest.raises(UsageError, match="credits no touch") as caught:
        explanations(served, DEAL, method="markov_global")
    assert "Expected: one of first_touch, linear" in str(caught.value)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("fct_conversions", "person_id"),
        ("fct_credit_explanations", "person_id"),
        ("fct_journey_exclusions", "reason"),
        ("fct_identity_matches", "entity"),
    ],
)
def test_an_older_publication_says_what_to_do(served, table, column):
    change(served, f"alter table marts.{table} drop column {column}")
    with pytest.raises(PublicationError, match=rf"has no marts\.{table} of this version"):
        explanations(served, DEAL)
    change(served, f"drop table marts.{table}")
    with pytest.raises(PublicationError, match=rf"has no marts\.{table}\n?.*\(") as caught:
        explanations(served, DEAL)
    assert "track-source publish" in str(caught.value)
