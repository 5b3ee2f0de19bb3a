"""`oncology-cds policies`: list, show, lint, test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main

Define = Callable[..., str]
Run = Callable[..., Result]

LIMIT = "\"Order\".perDayPerM2 <= 250 'ug/m2/d'"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *arguments: CliRunner().invoke(main, ["policies", *map(str, arguments)])


@pytest.fixture
def defines(criterion_define: Define) -> str:
    return (
        criterion_define("I.A.1", LIMIT, "dose", unmet="Above 250", ask="State the dose")
        + criterion_define("I.A", '"I.A.1" and true', "dose")
        + criterion_define("V.1", "true", "safety", finding="critical")
    ).replace("Title of I.A.1", "At most 250 a day")


@pytest.fixture
def folder(tiny: Any, defines: str) -> Path:
    """A folder with one tiny policy that is well written and has one case that passes."""
    shared = tiny.shared.replace("'I'", "'I.A'")
    written: Path = tiny.written(defines, shared=shared)
    write_case(written, tiny, "not-met")
    return written.parent


def write_case(policy_folder: Path, tiny: Any, status: str) -> None:
    cases = policy_folder / "cases"
    cases.mkdir(exist_ok=True)
    base = {"order": tiny.request(), "resources": {}, "delivered": []}
    content = {"base": base, "cases": [{"name": "300 a day", "expect": {"status": status}}]}
    (cases / "doses.json").write_text(json.dumps(content), encoding="utf-8")


# --- the policies that come with the service -------------------------------------------------------------------------


def test_list_shows_the_policies_that_come_with_the_service(run: Run) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert "CP.PHAR.295" in result.stdout
    assert "Sargramostim (Leukine)" in result.stdout


def test_the_policies_that_come_with_the_service_are_well_written(run: Run) -> None:
    result = run("lint")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "no problems" in result.stdout


def test_show_is_the_outline_of_the_document(run: Run) -> None:
    lines = run("show", "CP.PHAR.295").stdout.splitlines()
    assert lines[0].startswith("Sargramostim (Leukine)")
    (section,) = (number for number, line in enumerate(lines) if line.startswith("I.A "))
    assert "I.A.1" in lines[section + 1]
    assert "Advisories" in lines


# --- policies of a folder --------------------------------------------------------------------------------------------


def test_list_counts_the_criteria_of_each_policy(run: Run, folder: Path) -> None:
    line = run("list", "--folder", folder).stdout.splitlines()[1]
    assert line.split() == ["T.1", "1.0", "A", "tiny", "policy", "2"]


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


def test_lint_of_a_well_written_policy_says_so(run: Run, folder: Path) -> None:
    result = run("lint", "--folder", folder)
    assert (result.exit_code, result.stdout) == (0, "policies: 1, no problems\n")


def test_lint_tells_what_to_mend(run: Run, tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I", LIMIT, "dose", unmet="Above 350 a day")
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


def test_cases_that_pass_are_counted_with_what_they_cover(run: Run, folder: Path) -> None:
    result = run("test", "--folder", folder)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "T.1: 1 cases, 0 failed"
    assert lines[1].split() == ["criterion", "met", "not", "met", "missing"]
    assert [line.split() for line in lines[2:]] == [["I.A.1", "–", "1", "–"], ["I.A", "–", "1", "–"]]


def test_a_case_that_fails_is_told_with_its_file_and_name(run: Run, folder: Path, tiny: Any) -> None:
    write_case(folder / "T.1", tiny, "met")
    result = run("test", "--folder", folder)
    assert result.exit_code == 1
    assert result.stderr == "doses.json: 300 a day: status: expected 'met', got 'not-met'\n"
    assert "T.1: 1 cases, 1 failed" in result.stdout
