"""`oncology-cds policies diff`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def newer(folder: Path, tmp_path: Path) -> Path:
    """The folder of a second version, that covers 300 a day from 2027 on."""
    text = (folder / "T.1" / "policy.cql").read_text(encoding="utf-8")
    for before, after in (("250", "300"), ("'1.0'", "'2.0'"), ("@publisher", "@effective: 2027-01-01\n@publisher")):
        text = text.replace(before, after)
    written = tmp_path / "elsewhere"
    written.mkdir()
    (written / "policy.cql").write_text(text, encoding="utf-8")
    return written


def test_a_policy_has_no_differences_from_itself(run: Run, folder: Path) -> None:
    result = run("diff", "T.1", "T.1@1.0", "--folder", folder)
    assert (result.exit_code, result.stdout) == (0, "T.1@1.0 -> T.1@1.0\nno differences\n")


def test_a_new_version_in_a_folder_is_held_against_the_old(run: Run, folder: Path, newer: Path) -> None:
    result = run("diff", "T.1", newer, "--folder", folder)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "T.1@1.0 -> T.1@2.0",
        "",
        "Head",
        "====",
        "version  1.0 -> 2.0",
        "from     – -> 2027-01-01",
        "",
        "Numbers",
        "=======",
        "I.A.1  250 ug/m2/d -> 300 ug/m2/d  I.A.1",
        "",
        "Criteria",
        "========",
        "I.A.1  title    At most 250 a day -> At most 300 a day",
        "I.A.1  not met  Above 250 -> Above 300",
    ]


def test_two_versions_side_by_side_go_by_their_names(run: Run, folder: Path, newer: Path) -> None:
    newer.rename(folder / "T.1@2.0")
    result = run("diff", "T.1@1.0", "T.1@2.0", "--folder", folder)
    assert result.exit_code == 1
    assert (
        "| I.A.1 | 250 ug/m2/d -> 300 ug/m2/d | I.A.1 |"
        in run("diff", "T.1@1.0", "T.1@2.0", "--folder", folder, "--format", "markdown").stdout
    )


def test_what_cannot_be_read_is_neither_same_nor_different(run: Run, folder: Path, newer: Path) -> None:
    (newer / "policy.cql").write_text("define", encoding="utf-8")
    for name, told in ((str(newer), "problem"), ("T.9", "no policy T.9; there are T.1")):
        result = run("diff", "T.1", name, "--folder", folder)
        assert result.exit_code == 2
        assert told in result.stderr
