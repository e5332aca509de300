"""Parquet, JSON, dialects and local number and date formats land the same rows as plain CSV."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from partner_attribution.feeds.declarations import load_declarations
from partner_attribution.feeds.errors import FeedsError
from tests.feeds.workspace import SOURCES, Workspace

ROW: dict[str, Any] = {
    "id": "D1",
    "amount": Decimal("1234.5"),
    "close_date": date(2026, 9, 1),
    "created_at": datetime(2026, 8, 1, 10, 0, 0),
    "is_won": True,
    "seats": 7,
}
LANDED = (*ROW.values(),)
QUERY = f"select {', '.join(ROW)} from raw_crm.deal where _partner_id = 'acme' order by id"

AIRBYTE = """
sources:
  - name: crm
    schema: raw_crm
    tables:
      - name: deal
        config:
          meta:
            key: [deal_id]
            dialects: {airbyte: {table: deals, columns: {deal_id: id, stage: properties.dealstage}}}
        columns:
          - {name: deal_id, config: {meta: {required: true}}}
          - {name: property_dealname, config: {meta: {aliases: [properties_dealname]}}}
          - {name: stage}
      - name: deal_company
        config:
          meta:
            key: [deal_id, company_id]
            dialects:
              airbyte:
                {table: deals, explode: companies, columns: {deal_id: id, company_id: explode}}
        columns: [{name: deal_id}, {name: company_id}]
      - name: stage
        config:
          meta:
            dialects:
              airbyte:
                table: pipelines
                explode: stages
                columns: {pipeline_id: id, stage_id: explode.stageId, won: explode.metadata.won}
                where: {archived: false, explode.kind: deal}
        columns: [{name: pipeline_id}, {name: stage_id}, {name: won, data_type: boolean}]
"""


def test_json_and_parquet_equal_csv(workspace: Workspace) -> None:
    plain = {k: v if isinstance(v, bool | int) else str(v) for k, v in ROW.items()}
    contents = {
        "deal.json": json.dumps([plain, {**plain, "id": "D2", "amount": 1234.5}], indent=1),
        "deal.jsonl": "\n\n".join(json.dumps({**plain, "id": f"D{n}"}) for n in (1, 2)),
    }
    for name, content in contents.items():
        path = workspace.put(name, content)
        workspace.land()
        workspace.check()
        assert workspace.rows(QUERY) == [LANDED, ("D2", *LANDED[1:])], name
        path.unlink()
    path = workspace.put("deal.parquet", "")
    at = datetime(2026, 8, 1, 10, tzinfo=UTC)
    workspace.conn.execute(
        "copy (select 'D1' as id, 1234.5::double as amount, date '2026-09-01' as \"CloseDate\","
        " $1::timestamptz as created_at, true as is_won, 7.0::double as seats)"
        f" to '{path}'",
        [at],
    )
    workspace.land()
    workspace.check()
    assert workspace.rows(QUERY) == [LANDED]


def test_broken_json_lines_are_rejects_and_broken_documents_fail(workspace: Workspace) -> None:
    good = [json.dumps({"id": f"D{n}", "close_date": "2026-09-01"}) for n in range(6)]
    workspace.put(
        "deal.jsonl", [*good[:2], '{"id": ', "17", *good[2:], '{"id":"D9","close_date":"x"}']
    )
    workspace.land()
    workspace.check()
    assert len(workspace.ids()) == 6
    assert [(line, why) for line, _, _, why in workspace.rejects()] == [
        (3, "not a JSON object"),
        (4, "not a JSON object"),
        (9, "not a date: expected as 2026-09-30, or as date_format in seeds/feeds.csv says"),
    ]
    for name, content in {
        "deal.jsonl": "[" + ",".join(good)[:-4],
        "deal.parquet": "PAR1 nonsense PAR1",
        "touch.json": "",
    }.items():
        workspace.put(name, content)
    workspace.land()
    workspace.check()
    messages = dict(workspace.rows("select status, count(*) from raw_feeds.deliveries"
                                   " where feed_id = 'acme.crm' group by all"))  # fmt: skip
    assert messages == {"failed": 3}
    told = workspace.delivery("deal.parquet")["message"]
    assert "not readable as parquet" in told and "plain" not in told


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_one_dialect_file_feeds_several_tables(workspace: Workspace, kind: str) -> None:
    workspace.sources(AIRBYTE)
    workspace.seed("feeds.csv", "partner_id,connector,dialect", "acme,crm,airbyte")
    deals = [
        {"id": 1, "properties": {"dealname": "One", "dealstage": "won"}, "companies": ["10", "11"]},
        {"id": 2, "properties": {"dealname": "Two", "dealstage": None}, "companies": []},
        {"id": 3, "properties": {"dealname": "Three", "dealstage": "won"}, "companies": None},
    ]
    pipelines = [
        {"id": "p", "archived": False,
         "stages": [{"stageId": "s1", "kind": "deal", "metadata": {"won": "true"}},
                    {"stageId": "s2", "kind": "deal"}, {"stageId": "s9", "kind": "other"}]},
        {"id": "q", "archived": True, "stages": [{"stageId": "s3", "kind": "deal"}]},
    ]  # fmt: skip
    for name, rows in {"deals": deals, "pipelines": pipelines}.items():
        path = workspace.put(f"{name}.{kind}", json.dumps(rows))
        if kind != "json":
            source = path.with_suffix(".txt")
            path.rename(source)
            flat = "* replace (to_json(#) as #)".replace(
                "#", "companies" if name == "deals" else "stages"
            )
            if name == "deals" and kind == "csv":
                flat += ", properties.dealname as properties_dealname"
                flat += ", properties.dealstage as properties_dealstage"
            chosen = flat if kind == "csv" else "*"
            duckdb.sql(f"copy (select {chosen} from read_json('{source}')) to '{path}'")
            source.unlink()
    workspace.land()
    workspace.check()
    assert workspace.rows(
        "select deal_id, property_dealname, stage from raw_crm.deal order by 1"
    ) == [
        ("1", "One", "won"),
        ("2", "Two", None),
        ("3", "Three", "won"),
    ]
    companies = "select deal_id, company_id, _row from raw_crm.deal_company order by all"
    assert workspace.rows(companies) == [
        ("1", "10", 1), ("1", "11", 1)]  # fmt: skip
    assert workspace.rows("select pipeline_id, stage_id, won from raw_crm.stage order by all") == [
        ("p", "s1", True),
        ("p", "s2", None),
    ]


def test_an_array_cell_that_is_no_array_rejects_its_row(workspace: Workspace) -> None:
    workspace.sources(AIRBYTE)
    workspace.seed(
        "feeds.csv", "partner_id,connector,dialect,max_reject_share", "acme,crm,airbyte,0.5"
    )
    workspace.put("deals.csv", ["id,companies", '1,"[""7"",""8""]"', "2,7;8", '3,"[""9""]"'])
    workspace.land()
    workspace.check()
    assert workspace.rows("select deal_id, company_id from raw_crm.deal_company order by all") == [
        ("1", "7"),
        ("1", "8"),
        ("3", "9"),
    ]
    assert [reason for *_, reason in workspace.rejects()] == [
        "column companies is not a JSON array"
    ]


def test_the_declared_locale_is_followed(workspace: Workspace) -> None:
    workspace.seed(
        "feeds.csv",
        "partner_id,connector,delimiter,decimal_mark,thousands_mark,date_format,timezone,max_reject_share",
        'acme,crm,;,",",.,%d/%m/%Y,Europe/Berlin,0.5',
    )
    header = "id;amount;close_date;created_at;closed_at;seats"
    workspace.put(
        "deal.csv",
        [
            header,
            "A;1.234,50;03/04/2026;03/04/2026 10:00:00;03/04/2026;1.000",
            "B;-0,5;2026-04-03;2026-04-03T10:00:00Z;2026-04-03 00:00:00;2",
            "C;1234.5;2026-04-03;;;",
            "D;1;2026-04-03;2026-03-29 02:30:00;;",
            "E;1;2026-04-03;2025-10-26 02:30:00;;",
            "F;1;2026-04-03;1775203200;;",
            "G;1;2026-04-03;1775203200000;;",
        ],
    )
    workspace.land()
    workspace.check()
    found = workspace.rows(
        "select id, amount, close_date, created_at, closed_at, seats from raw_crm.deal"
        " where _partner_id = 'acme' order by id"
    )
    day = date(2026, 4, 3)
    epoch = datetime(2026, 4, 3, 8)
    assert found == [
        ("A", Decimal("1234.5"), day, epoch, datetime(2026, 4, 3, 21, 59, 59), 1000),
        ("B", Decimal("-0.5"), day, datetime(2026, 4, 3, 10), datetime(2026, 4, 2, 22), 2),
        ("D", 1, day, datetime(2026, 3, 29, 1, 30), None, None),
        ("E", 1, day, datetime(2025, 10, 26, 0, 30), None, None),
        ("F", 1, day, epoch, None, None),
        ("G", 1, day, epoch, None, None),
    ]
    assert [value for _, _, value, _ in workspace.rejects()] == ["1234.5"]


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("sources: [", "crm/_crm__sources.yml: not readable as YAML"),
        ("sources: [{name: crm, schema: other}]", "source crm must have schema: raw_crm"),
        ("sources: [{name: crm, tables: [{name: t}]}]", "table t: no columns declared"),
        ("sources: [{name: crm, tables: [{name: t, columns: [{name: a, data_type: money}]}]}]",
         "unknown data_type 'money'; use one of text, decimal"),
        ("sources: [{name: crm, tables: [{name: t, columns: [{name: a}, {name: A}]}]}]",
         "columns declared twice"),
        ("sources: [{name: crm, tables: [{name: t, meta: {key: [deal]},"
         " columns: [{name: deal_id}]}]}]", "'deal' in key, version or dialects is no"
         " declared column (closest: deal_id)"),
        ("sources: [{name: crm, tables: [{name: t, columns: [{name: _row}]}]}]",
         "reserved column names"),
        ("sources: [{name: crm, tables: [{name: t, meta: {dialects: {airbyte: {tabel: x}}},"
         " columns: [{name: id}]}]}]", "dialects.airbyte.tabel"),
    ],
)  # fmt: skip
def test_wrong_declarations_say_what_to_change(
    workspace: Workspace, yaml: str, message: str
) -> None:
    workspace.sources(yaml)
    with pytest.raises(FeedsError) as error:
        load_declarations(workspace.root)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("partner_id", "acme", "missing column connector"),
        ("partner_id,connector,delivery_mode", "acme,crm,sometimes", "must be full or incremental"),
        ("partner_id,connector,delimiter", "acme,crm,||", "delimiter must be one character"),
        ("partner_id,connector,encoding", "acme,crm,klingon", "unknown encoding 'klingon'"),
        ("partner_id,connector,max_reject_share", "acme,crm,5", "must be a share from 0 to 1"),
        ("partner_id,connector,warn_reject_share", "acme,crm,x", "must be a share from 0 to 1"),
        (
            "partner_id,connector,warn_reject_share",
            "acme,crm,0.02",
            "warn_reject_share 0.02 is above max_reject_share 0.01, at which the file fails",
        ),
        ("partner_id,connector,cadence_days", "acme,crm,weekly", "must be a number of days"),
        ("partner_id,connector,deliveries_compared", "acme,crm,1", "whole number from 2 to 1000"),
        (
            "partner_id,connector,date_format",
            "acme,crm,dd/mm/yyyy",
            "date_format must be iso or like",
        ),
        ("partner_id,connector", "../x,crm", "partner_id must be letters"),
    ],
)
def test_wrong_feed_rows_say_what_to_change(
    workspace: Workspace, header: str, row: str, message: str
) -> None:
    workspace.seed("feeds.csv", header, row)
    if message.startswith("missing column"):
        with pytest.raises(FeedsError, match=message):
            workspace.land()
        return
    workspace.land()
    status = workspace.rows(
        "select status, message from raw_feeds.feeds where feed_id not in ('beta.crm')"
    )
    assert [one for one, text in status if message in text] == ["failed"]
    assert len(workspace.ids("beta")) == 9


def test_a_loaders_naive_times_are_utc_and_its_days_are_the_feeds(workspace: Workspace) -> None:
    workspace.sources(SOURCES.replace("schema: raw_crm", "config: {meta: {naive_times: utc}}"))
    workspace.seed("feeds.csv", "partner_id,connector,timezone", "acme,crm,America/New_York")
    workspace.put(
        "deal.csv",
        [
            "id,close_date,created_at,closed_at",
            "D1,2026-05-01,2026-05-01 12:00:00,2026-05-01",
            "D2,2026-05-01,2026-05-01T12:00:00-04:00,2026-05-01 12:00:00",
            "D3,2026-05-01,2026-05-01,2026-05-01",
        ],
    )
    workspace.land()
    times = workspace.rows(
        "select id, created_at::text, closed_at::text from raw_crm.deal"
        " where id like 'D_' order by 1"
    )
    assert times == [
        ("D1", "2026-05-01 12:00:00", "2026-05-02 03:59:59"),
        ("D2", "2026-05-01 16:00:00", "2026-05-01 12:00:00"),
        ("D3", "2026-05-01 04:00:00", "2026-05-02 03:59:59"),
    ]


def test_an_amount_that_no_ledger_can_hold_is_a_reject(workspace: Workspace) -> None:
    workspace.put(
        "deal.csv",
        [
            "id,amount,close_date",
            "D1,1e3,2026-05-01",
            "D2,9999999999999999,2026-05-01",
            "D3,999999999999999.99,2026-05-01",
        ],
    )
    workspace.seed("feeds.csv", "partner_id,connector,max_reject_share", "acme,crm,1")
    workspace.land()
    assert workspace.ids() == ["D3"]
    assert [row[1] for row in workspace.rejects()] == ["amount", "amount"]
    workspace.check()
