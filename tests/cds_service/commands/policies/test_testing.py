"""`oncology-cds policies test`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Run = Callable[..., Result]
Change = Callable[[Callable[[list[Any]], None]], None]


def rows(result: Result) -> list[list[str]]:
    return [line.split() for line in result.stdout.splitlines()]


def test_cases_that_pass_are_summed_up_with_what_they_cover(run: Run, folder: Path) -> None:
    result = run("test", "--folder", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert rows(result)[:-1] == [
        ["T.1"],
        ["criterion", "met", "not", "met", "missing"],
        ["I.A.1", "1", "1", "1"],
        ["I.A", "1", "1", "1"],
        ["advisory", "told"],
        ["V.1", "3"],
    ]
    assert result.stdout.splitlines()[-1] == "T.1: 3 cases, 0 failed; 7 of 7 outcomes seen"


def test_a_case_that_fails_is_told_with_its_file_and_name(run: Run, folder: Path, change_cases: Change) -> None:
    change_cases(lambda cases: cases[0]["expect"].update(section="II.A"))
    result = run("test", "--folder", folder)
    assert result.exit_code == 1
    assert result.stderr == "T.1: doses.json: 300 a day: section: expected 'II.A', got 'I.A'\n"
    assert result.stdout.splitlines()[-1] == "T.1: 3 cases, 1 failed; 7 of 7 outcomes seen"


def test_an_outcome_that_no_case_sees_is_a_gap(run: Run, folder: Path, change_cases: Change) -> None:
    change_cases(lambda cases: cases.pop())
    result = run("test", "--folder", folder)
    assert result.exit_code == 1
    assert ["I.A.1", "1", "1", "none"] in rows(result)
    assert result.stderr.splitlines() == ["T.1: I.A.1 missing: no case has it", "T.1: I.A missing: no case has it"]
    assert result.stdout.splitlines()[-1] == "T.1: 2 cases, 0 failed; 5 of 7 outcomes seen"


def test_an_outcome_that_comes_about_unexpected_is_a_gap_told_with_its_case(
    run: Run, folder: Path, change_cases: Change
) -> None:
    change_cases(lambda cases: [case["expect"].pop("advisories") for case in cases])
    result = run("test", "--folder", folder)
    assert result.exit_code == 1
    assert result.stderr == "T.1: V.1 told: expected by no case; it came about in doses.json: 300 a day\n"


def test_an_outcome_that_cannot_occur_is_no_gap(run: Run, folder: Path, change_cases: Change) -> None:
    policy = folder / "T.1" / "policy.cql"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("@kind: dose", "@kind: dose\n@only: met, not-met"), encoding="utf-8")
    change_cases(lambda cases: cases.pop())
    result = run("test", "--folder", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert ["I.A.1", "1", "1", "–"] in rows(result)
    assert result.stdout.splitlines()[-1] == "T.1: 2 cases, 0 failed; 5 of 5 outcomes seen"


def test_an_outcome_that_was_left_out_and_yet_occurs_is_told(run: Run, folder: Path) -> None:
    policy = folder / "T.1" / "policy.cql"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("@title: At most", "@only: met, missing\n@title: At most"), encoding="utf-8")
    result = run("test", "--folder", folder)
    assert result.exit_code == 1
    assert result.stderr == ("T.1: I.A.1 not-met: left out by @only, and yet it came about in doses.json: 300 a day\n")


def test_the_policies_to_test_may_be_named(run: Run, folder: Path) -> None:
    assert run("test", "T.1@1.0", "--folder", folder).exit_code == 0
    for name, told in (("T.2", "no policy T.2; there are T.1"), ("T.1@2", "T.1 has no version 2, but 1.0")):
        result = run("test", name, "--folder", folder)
        assert result.exit_code == 1
        assert told in result.stderr
