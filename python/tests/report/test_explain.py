"""The explanation of one deal: what the table says, in order, as safe Markdown."""

from __future__ import annotations

import duckdb
import pytest

from partner_attribution.errors import PublicationError, UsageError
from partner_attribution.report.explain import explained, explanations

COLUMNS = (
    "opportunity_id varchar, milestone varchar, method varchar, position bigint,"
    " of_touches bigint, touch_id varchar, touched_at timestamp, partner_id varchar,"
    " channel varchar, age_days_before_milestone double, age_days_before_cutoff double,"
    " weight double, weight_total double, credit_share double, credited_amount decimal(18,2),"
    " rule varchar"
)
DEAL = "acme.salesforce:006A"
ROWS = f"""
    ('{DEAL}', 'closed_won', 'linear', 2, 2, 't2', timestamp '2026-03-02 10:30:00', 'acme', 'email',
     40, 1.5, 1, 2, 0.5, 50.00, 'last of 2, all alike: 50.00 %'),
    ('{DEAL}', 'closed_won', 'linear', 1, 2, 't1', timestamp '2026-03-01 09:00:00', 'a|b',
     'webinar', 41, 2.75, 1, 2, 0.5, 50.00, 'first of 2, all alike: 50.00 %'),
    ('{DEAL}', 'closed_won', 'first_touch', 1, 2, 't1', timestamp '2026-03-01 09:00:00', 'a|b',
     'webinar', 41, 2.75, 1, 1, 1, 100.00, 'first of 2: 100.00 %'),
    ('{DEAL}', 'opportunity', 'linear', null, 0, null, null, 'unattributed', 'unattributed',
     null, null, 1, 1, 1, -7.00, 'no eligible touch: unattributed')
"""


@pytest.fixture
def served(tmp_path):
    with duckdb.connect(str(tmp_path / "attribution.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.fct_credit_explanations ({COLUMNS})")
        connection.execute(f"insert into marts.fct_credit_explanations values {ROWS}")
    return tmp_path


def test_rows_come_by_milestone_method_and_journey_order(served):
    found = explanations(served, DEAL)
    assert [(row.milestone, row.method, row.touch_id) for row in found] == [
        ("closed_won", "first_touch", "t1"),
        ("closed_won", "linear", "t1"),
        ("closed_won", "linear", "t2"),
        ("opportunity", "linear", None),
    ]


def test_markdown_places_the_figures_and_escapes_the_names(served):
    text = explained(explanations(served, DEAL, method="linear"), DEAL, currency="USD")
    assert text.splitlines() == [
        "# acme.salesforce:006A",
        "",
        r"## closed\_won, linear",
        "",
        "| # | touched at (UTC) | partner | channel | days before cut-off | credit | why |",
        "|--:|---|---|---|--:|--:|---|",
        r"| 1 | 2026-03-01 09:00 | a\|b | webinar | 2.75 | $50.00"
        " | first of 2, all alike: 50.00 % |",
        "| 2 | 2026-03-02 10:30 | acme | email | 1.50 | $50.00 | last of 2, all alike: 50.00 % |",
        "",
        "## opportunity, linear",
        "",
        "| # | touched at (UTC) | partner | channel | days before cut-off | credit | why |",
        "|--:|---|---|---|--:|--:|---|",
        "| – | – | unattributed | unattributed | – | −$7.00 | no eligible touch: unattributed |",
    ]


def test_an_unknown_opportunity_names_the_nearest(served):
    with pytest.raises(UsageError, match="No opportunity") as caught:
        explanations(served, "acme.salesforce:006B")
    assert f"Do: try {DEAL}" in str(caught.value)


def test_a_method_that_did_not_run_names_those_that_did(served):
    with pytest.raises(UsageError, match="credits no touch") as caught:
        explanations(served, DEAL, method="markov_global")
    assert "Expected: one of first_touch, linear" in str(caught.value)


def test_an_older_publication_says_what_to_do(tmp_path):
    duckdb.connect(str(tmp_path / "attribution.duckdb")).close()
    with pytest.raises(PublicationError, match=r"has no marts\.fct_credit_explanations"):
        explanations(tmp_path, DEAL)
