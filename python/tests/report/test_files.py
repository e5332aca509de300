"""Whatever a campaign is called, files stay in the output folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_attribution.errors import AttributionError
from partner_attribution.report import files
from tests.report.served import HOSTILE

NAMES = [*HOSTILE, "../../etc/passwd", "..", ".", "", "/abs", "a/b", "CON", "nul", "e\u0301t\u00e9"]


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_name_gets_a_hash(name: str) -> None:
    made = files.slug(name)
    assert made != name
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    assert made[-9] == "-"
    assert len(made) <= files.LONGEST_SLUG + 9


def test_a_plain_id_stays() -> None:
    assert files.slug("ai-launch-tour") == "ai-launch-tour"
    assert files.slug("AI Launch Tour") != files.slug("ai launch-tour")


@given(st.text(max_size=80), st.text(max_size=80))
def test_two_names_never_share_a_folder(one: str, other: str) -> None:
    assert (files.slug(one) == files.slug(other)) == (one == other)


@pytest.mark.parametrize("name", NAMES)
def test_the_folder_is_inside_the_output(tmp_path: Path, name: str) -> None:
    output = tmp_path / "output"
    folder = files.readout_folder(output, name, "30d")
    assert folder.resolve().parent == output.resolve()
    files.write(folder / "dashboard.html", "x")
    assert [p.name for p in folder.iterdir()] == ["dashboard.html"]


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "tour-30d").symlink_to(outside)
    with pytest.raises(AttributionError, match="link"):
        files.readout_folder(tmp_path / "output", "tour", "30d")
    assert not list(outside.iterdir())


def test_a_linked_file_is_replaced_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep")
    link = tmp_path / "summary.md"
    link.symlink_to(precious)
    files.write(link, "new")
    assert precious.read_text() == "keep"
    assert link.read_text() == "new"
    assert not link.is_symlink()


def test_an_output_that_is_a_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("")
    with pytest.raises(AttributionError, match="--output"):
        files.readout_folder(tmp_path / "output", "tour", "30d")
