"""docs/security.md: every threat names the tests that show how it is stopped, and there are such tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| what |")]
TESTS = {
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^ *def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:40])
def test_a_threat_is_stopped_by_something_that_a_test_shows(row: str) -> None:
    what, how, shown = (cell.strip() for cell in row.strip("|").split("|"))
    assert what
    assert how
    named = re.findall(r"`(\w+)`", shown)
    assert named
    assert set(named) <= TESTS
    assert re.sub(r"`test_\w+`|, ", "", shown) == ""


def test_there_are_threats_by_everyone() -> None:
    assert len(ROWS) > 30
    assert PAGE.count("\n## ") == 6
