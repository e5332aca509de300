"""Whoever onboards a feed reads one message, types what it says, and is further."""

from pathlib import Path

import duckdb
import pytest

from partner_attribution.feeds.errors import FeedsError
from tests.feeds.workspace import Partner

DEALS = "opportunity_id,amount\n1,5\n"
FILES = "partner_id,connector,table_name,file_pattern"


@pytest.fixture
def gamma(tmp_path: Path) -> Partner:
    return Partner(tmp_path, duckdb.connect())


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("opportunities.csv", DEALS.replace(",", ";"), "write delimiter semicolon in seeds/feeds"),
        ("opportunities.csv", DEALS.replace(",", "\t"), "write delimiter tab in seeds/feeds.csv"),
        ("opportunities.csv", f"Report,\n\n{DEALS}", "Line 3 looks like the header: write"
         " skip_lines 2 in seeds/feed_files.csv"),
        ("opportunities.csv", "<!doctype html><p>Sign in, please", "is a web page"),
        ("opportunities.csv", '<?xml version="1.0"?><Error/>', "is XML"),
        ("opportunities.csv", b"PK\x03\x04\xff\xfe", "a zip archive or a workbook: unpack it"),
        ("opportunities.xlsx", b"PK\x03\x04", "save each sheet as CSV"),
        ("opportunities.zip", b"PK\x03\x04", "is an archive: unpack it"),
        ("opportunities.json", '{"results": [{"id": 1}]}', "Write records results."),
        ("touches.csv", "who,touched_at\n1,2026-03-01\n", "write key none for touches"),
        ("touches.csv", "touch_id,touched_at\n1,5. M\u00e4rz 2026\n", "English month_names in"),
        ("pipeline.csv", DEALS, "Add to seeds/feed_files.csv: gamma,template,<table>,pipeline*"),
    ],
)  # fmt: skip
def test_a_message_says_what_to_type(
    gamma: Partner, name: str, content: str | bytes, advice: str
) -> None:
    gamma.put(name, content)
    (message,) = gamma.land()
    assert advice in message
    assert "skip_lines 0" not in message


def test_what_the_messages_say_helps(gamma: Partner) -> None:
    gamma.put("pipeline.txt", "Report\n\nNr;amount\n1;5\n")
    gamma.land()
    gamma.seed("feed_files.csv", FILES, "gamma,template,opportunities,pipeline*")
    gamma.land()
    gamma.seed("feeds.csv", "partner_id,connector,delimiter", "gamma,template,semicolon")
    assert "file has [Report]" in gamma.land()[0]
    gamma.seed("feed_files.csv", f"{FILES},skip_lines", "gamma,template,opportunities,pipeline*,2")
    assert "gamma,template,opportunities,<column>,opportunity_id" in gamma.land()[0]
    gamma.seed("feed_columns.csv",
               "partner_id,connector,table_name,delivered_column,declared_column",
               "gamma,template,opportunities,Nr,opportunity_id")  # fmt: skip
    assert gamma.land() == []
    assert gamma.rows("opportunity_id, amount::int", "opportunities") == [("1", 5)]


def test_a_column_of_a_lookup_that_nobody_reads_is_an_error(gamma: Partner) -> None:
    gamma.put("opportunities.csv", DEALS)
    gamma.seed("feed_files.csv", f"{FILES},delimeter", "gamma,template,opportunities,,;")
    with pytest.raises(FeedsError, match=r"unknown column delimeter .closest: delimiter"):
        gamma.land()


def test_rows_of_a_feed_that_nobody_knows_are_told(gamma: Partner) -> None:
    gamma.put("opportunities.csv", DEALS)
    gamma.seed("feed_files.csv", FILES, "gama,template,opportunities,x*")
    (message,) = gamma.land()
    assert "have rows of gama.template" in message
    assert "closest: gamma.template" in message
    assert gamma.rows("opportunity_id", "opportunities") == [("1",)]
