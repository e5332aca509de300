"""The same facts from Fivetran, Airbyte and Stitch give the same staged rows.

What a tool does not deliver is listed in NOT_TOLD, so that a new gap fails here first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration import dialects
from tests.integration.dbt_runs import dbt_build, rows, two_partners_lookups

ENTITIES = {
    "salesforce": ["accounts", "people", "person_merges", "opportunities", "opportunity_stages",
                   "opportunity_people", "touches", "campaigns", "fx_rates"],
    "hubspot": ["accounts", "people", "person_merges", "opportunities", "opportunity_stages",
                "opportunity_people", "touches", "campaigns"],
}  # fmt: skip
OF_THE_FEED = {"partner_id", "feed_id", "delivered_at"}
# Airbyte's form submissions hold the form's e-mail field, the others the contact.
WHO = {"source_person_id", "email_key_lower_trim", "email_key_google", "email_domain"}
NOT_TOLD = {("airbyte", "int_hubspot__touches"): WHO}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("dialects")
    for name in ("fivetran", "airbyte", "stitch"):
        getattr(dialects, name)(work / "data", name)
    with two_partners_lookups(work) as lookups:
        feeds = [
            f"{name},{connector},{name},EUR"
            for name in ("fivetran", "airbyte", "stitch")
            for connector in ENTITIES
        ]
        (lookups / "feeds.csv").write_text(
            "\n".join(["partner_id,connector,dialect,currency", *feeds, ""])
        )
        selection = [f"+path:models/staging/{connector}" for connector in ENTITIES]
        return dbt_build(
            work,
            work / "data",
            seeds_dir=lookups,
            arguments=("--select", *selection, "--resource-type", "model"),
        )


def staged(database: Path, table: str, partner: str, without: set[str]) -> list[tuple[Any, ...]]:
    columns = [
        name
        for (name,) in rows(
            database,
            "select column_name from information_schema.columns"
            f" where table_name = '{table}' order by ordinal_position",
        )
        if name not in OF_THE_FEED | without
    ]
    schema = rows(
        database, f"select table_schema from information_schema.tables where table_name = '{table}'"
    )[0][0]
    listed = ", ".join(columns)
    return rows(
        database,
        f"select {listed} from {schema}.{table} where partner_id = '{partner}' order by all",
    )


def test_every_file_lands_and_arrays_that_nobody_reads_are_left_out(database: Path) -> None:
    wrong = rows(
        database,
        "select file, message from raw_feeds.deliveries where status not in ('landed') order by 1",
    )
    assert [file.rsplit("/", 1)[1] for file, _ in wrong] == ["contacts__list_memberships.csv"]
    assert rows(database, "select * from raw_feeds.rejects") == []


@pytest.mark.parametrize(
    ("connector", "entity"),
    [(c, entity) for c, entities in ENTITIES.items() for entity in entities],
)
@pytest.mark.parametrize("dialect", ["airbyte", "stitch"])
def test_the_same_facts_give_the_same_rows(
    database: Path, connector: str, entity: str, dialect: str
) -> None:
    table = f"int_{connector}__{entity}"
    without = NOT_TOLD.get((dialect, table), set())
    expected = staged(database, table, "fivetran", without)
    assert expected
    assert staged(database, table, dialect, without) == expected
