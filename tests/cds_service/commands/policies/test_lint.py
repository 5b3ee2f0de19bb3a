"""`oncology-cds policies lint`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Define = Callable[..., str]
Run = Callable[..., Result]


def test_the_policies_that_come_with_the_service_are_well_written(run: Run) -> None:
    result = run("lint")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "no problems" in result.stdout


def test_a_well_written_policy_has_no_problems(run: Run, folder: Path) -> None:
    result = run("lint", "--folder", folder)
    assert (result.exit_code, result.stdout) == (0, "policies: 1, no problems\n")


def test_what_is_to_be_mended_is_told_a_line_each(run: Run, tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I", "\"Order\".perDayPerM2 <= 250 'ug/m2/d'", "dose", unmet="Above 350 a day")
    result = run("lint", "--folder", tiny.written(defines).parent)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "T.1/I: no @ask: what is to be supplied when it is missing",
        "T.1/I: @unmet says 350, which the rule does not",
    ]


def test_a_policy_that_cannot_be_loaded_is_told_with_all_its_problems(
    run: Run, tiny: Any, criterion_define: Define
) -> None:
    folder = tiny.written(criterion_define("I", "true", "weather"), tags="").parent
    for command in ("list", "lint", "test"):
        result = run(command, "--folder", folder)
        assert result.exit_code == 1
        assert "3 problems" in result.stderr
        assert "the policy has no @policy" in result.stderr
        assert "no such kind" in result.stderr
