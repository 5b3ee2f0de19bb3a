"""`oncology-cds cql check`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from cql_like_rules.policy import LIBRARY, POLICIES

Run = Callable[..., Result]
Write = Callable[..., Path]

WRONG = """define "X":
  [Condition] C where C.clinicalState is null
"""


def test_the_shared_libraries_and_a_policy_have_no_problems(run: Run) -> None:
    policy = sorted(POLICIES.glob("*/policy.cql"))[0]
    result = run("check", LIBRARY / "Ages.cql", LIBRARY / "Therapies.cql", policy)
    assert (result.exit_code, result.output) == (0, "files: 3, no problems\n")


def test_a_problem_is_told_with_its_line_a_caret_and_a_hint(run: Run, write: Write) -> None:
    file = write(WRONG)
    result = run("check", file)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{file}:15:25: FHIR.Condition has no element clinicalState",
        "    [Condition] C where C.clinicalState is null",
        "                          ^",
        "    hint: did you mean clinicalStatus?",
    ]


def test_every_problem_of_every_file_is_told_once(run: Run, write: Write) -> None:
    broken = write("define \"A\": 5 'mcg'\n", "Broken.cql", "library Broken version '1'\ncontext Patient\n")
    head = "library Uses version '1'\ninclude Broken version '1' called Broken\ncontext Patient\n"
    uses = write('define "B": Broken.A2\ndefine C 4\n', "Uses.cql", head)
    result = run("check", uses, broken)
    assert result.exit_code == 1
    assert result.stderr.count("'mcg' is no UCUM unit") == 1
    assert f"{uses}:4:" in result.stderr
    assert "found '4'; expected ':' and an expression" in result.stderr


def test_problems_as_json_are_for_editors(run: Run, write: Write) -> None:
    file = write(WRONG)
    result = run("check", "--json", file)
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)
    assert problem["file"] == str(file)
    assert problem["line"] == 15
    assert problem["message"] == "FHIR.Condition has no element clinicalState"
    assert problem["hint"] == "did you mean clinicalStatus?"
    assert "found" not in problem


def test_no_problems_are_an_empty_list_in_json(run: Run, write: Write) -> None:
    result = run("check", "--json", write('define "X": 1\n'))
    assert (result.exit_code, result.stdout) == (0, "[]\n")


def test_the_tags_of_a_policy_are_checked_too(run: Run, write: Write) -> None:
    head = "// @policy: T.1\nlibrary T version '1'\n\nusing FHIR version '4.0.1'\n\ncontext Patient\n\n"
    result = run("check", write('define "Applies": true\n', "policy.cql", head))
    assert result.exit_code == 1
    assert "the policy has no @title" in result.stderr


def test_what_is_not_utf_8_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "latin.cql"
    file.write_bytes(b"library L version '\xe9'")
    result = run("check", file)
    assert result.exit_code == 1
    assert f"{file}:1:1: this is not UTF-8 text" in result.stderr


def test_a_tab_counts_as_one_column_for_the_caret(run: Run, write: Write) -> None:
    lines = run("check", write('define "X":\n\t\t1 + Y\n')).stderr.splitlines()
    assert lines[1][lines[2].index("^")] == "Y"


def test_a_problem_behind_the_last_line_has_no_line_to_show(run: Run, write: Write) -> None:
    result = run("check", write('define "X": 1 +\n'))
    assert result.exit_code == 1
    assert "expected an expression" in result.stderr
    assert "^" not in result.stderr


def test_a_file_that_is_not_there_is_a_matter_of_usage(run: Run, tmp_path: Path) -> None:
    assert run("check", tmp_path / "none.cql").exit_code == 2
