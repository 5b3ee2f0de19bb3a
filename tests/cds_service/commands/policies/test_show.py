"""`oncology-cds policies show`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Run = Callable[..., Result]


def test_show_is_the_outline_of_the_document(run: Run) -> None:
    lines = run("show", "CP.PHAR.295").stdout.splitlines()
    assert lines[0].startswith("Sargramostim (Leukine)")
    (section,) = (number for number, line in enumerate(lines) if line.startswith("I.A "))
    assert "I.A.1" in lines[section + 1]
    assert "Advisories" in lines


def test_show_has_sections_with_what_is_below_them_and_advisories(run: Run, folder: Path) -> None:
    lines = [line.rstrip() for line in run("show", "T.1", "--folder", folder).stdout.splitlines()]
    assert lines == [
        "A tiny policy · version 1.0",
        "I.A  Title of I.A  dose",
        "└── I.A.1  At most 250 a day  dose",
        "Advisories",
        "V.1  Title of V.1  safety critical",
    ]


def test_show_of_an_unknown_policy_is_refused(run: Run, folder: Path) -> None:
    result = run("show", "T.2", "--folder", folder)
    assert result.exit_code == 1
    assert "no policy T.2" in result.stderr
