"""`oncology-cds policies list`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Define = Callable[..., str]
Run = Callable[..., Result]


def test_the_policies_that_come_with_the_service_are_listed(run: Run) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert "CP.PHAR.295" in result.stdout
    assert "Sargramostim (Leukine)" in result.stdout


def test_a_policy_is_listed_with_its_version_and_criteria(run: Run, folder: Path) -> None:
    lines = run("list", "--folder", folder).stdout.splitlines()
    assert lines[0].split() == ["policy", "version", "from", "until", "criteria", "title"]
    assert lines[1].split() == ["T.1", "1.0", "–", "–", "2", "A", "tiny", "policy"]


def test_a_policy_is_listed_with_the_days_on_which_it_holds(run: Run, tiny: Any, criterion_define: Define) -> None:
    tags = "/* @policy: T.1\n@title: A policy\n@effective: 2026-01-01\n@until: 2026-06-30 */"
    folder = tiny.written(criterion_define("I", "true"), tags=tags).parent
    line = run("list", "--folder", folder).stdout.splitlines()[1]
    assert line.split() == ["T.1", "1.0", "2026-01-01", "2026-06-30", "1", "A", "policy"]
