"""Mutants of a tiny policy and of a library that it shares, held against its cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cql_like_rules.review.mutation.run import Verdict, tasks_of, verdicts

Define = Callable[..., str]

SHARED = """library Doses version '1'
using FHIR version '4.0.1'
context Patient
define function AreFew(doses Integer): doses <= 2
"""


@pytest.fixture
def folder(tiny: Any, criterion_define: Define, tmp_path: Path) -> Path:
    """A policy of at most 250 a day in few doses, what few are being told by a library."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "Doses.cql").write_text(SHARED, encoding="utf-8")
    defines = (
        "define \"Most\": 250 'ug/m2/d'\n"
        + criterion_define("I.A", '"Order".perDayPerM2 <= "Most"', "dose")
        + criterion_define("I.B", 'Doses.AreFew("Order".dosesPerDay)', "dose")
        + criterion_define("I", '"I.A" and "I.B"', "dose")
    )
    written: Path = tiny.written(defines)
    text = (written / "policy.cql").read_text(encoding="utf-8")
    text = text.replace("codesystem", "include Doses version '1' called Doses\ncodesystem", 1)
    (written / "policy.cql").write_text(text, encoding="utf-8")
    return written


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def write_cases(folder: Path, tiny: Any, *doses: tuple[float, int, str]) -> None:
    """One case for each dose, doses a day, and the status to expect."""
    cases = [
        {
            "name": f"{value} {times} times a day",
            "change": [
                {
                    "op": "replace",
                    "path": "/order/dosageInstruction/0/doseAndRate/0/doseQuantity/value",
                    "value": value,
                },
                {"op": "replace", "path": "/order/dosageInstruction/0/timing/repeat/frequency", "value": times},
            ],
            "expect": {"status": status},
        }
        for value, times, status in doses
    ]
    (folder / "cases").mkdir(exist_ok=True)
    content = {"base": {"order": tiny.request(), "resources": {}, "delivered": []}, "cases": cases}
    (folder / "cases" / "doses.json").write_text(json.dumps(content), encoding="utf-8")


def survivors(found: list[Verdict]) -> list[str]:
    return [f"{verdict.mutant.before} -> {verdict.mutant.after}" for verdict in found if verdict.is_wrong]


COMPLETE = ((250, 1, "met"), (250.5, 1, "not-met"), (10, 2, "met"), (10, 3, "not-met"))


def test_with_a_case_on_each_side_of_every_number_no_mutant_survives(folder: Path, library: Path, tiny: Any) -> None:
    write_cases(folder, tiny, *COMPLETE)
    found = list(verdicts(tasks_of([folder], library), jobs=1))
    assert survivors(found) == []
    assert [verdict.mutant.file for verdict in found] == ["T.1/policy.cql"] * 3 + ["library/Doses.cql"] * 2
    assert found[0].killer == "T.1, doses.json: 250 1 times a day"


def test_a_number_that_no_case_looks_at_survives_with_the_criteria_that_rest_on_it(
    folder: Path, library: Path, tiny: Any
) -> None:
    write_cases(folder, tiny, *COMPLETE[:3])
    found = list(verdicts(tasks_of([folder], library), jobs=1))
    assert survivors(found) == ["2 -> 3"]
    assert found[-1].resting == ("T.1/I.B",)


# Forking is safe here: the threads of the test runner hold nothing that a mutant needs.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_several_processes_come_to_the_same(folder: Path, library: Path, tiny: Any) -> None:
    write_cases(folder, tiny, *COMPLETE[:3])
    tasks = tasks_of([folder], library)
    assert list(verdicts(tasks, jobs=2)) == list(verdicts(tasks, jobs=1))


def test_the_numbers_of_one_define_alone(folder: Path, library: Path, tiny: Any) -> None:
    write_cases(folder, tiny, *COMPLETE)
    (task,) = tasks_of([folder], library, define="AreFew")
    assert [mutant.after for mutant in task.mutants] == ["1", "3"]


def test_libraries_may_be_left_out(folder: Path, library: Path, tiny: Any) -> None:
    write_cases(folder, tiny, *COMPLETE)
    assert {mutant.library for task in tasks_of([folder], library, shared=False) for mutant in task.mutants} == {"T_1"}


def test_an_exempt_mutant_is_right_when_it_survives_and_wrong_when_a_case_notices(
    folder: Path, library: Path, tiny: Any
) -> None:
    write_cases(folder, tiny, *COMPLETE[:3])
    path = library / "Doses.cql"
    tags = "// @equivalent: 2 -> 3: nobody counts\n// @equivalent: 2 -> 1: nobody counts\n"
    path.write_text(SHARED.replace("define function", f"{tags}define function"), encoding="utf-8")
    found = list(verdicts(tasks_of([folder], library), jobs=1))
    assert survivors(found) == ["2 -> 1"]


def test_a_change_that_the_compiler_refuses_is_killed_by_it(folder: Path, library: Path, tiny: Any) -> None:
    write_cases(folder, tiny, *COMPLETE)
    (task, *_) = tasks_of([folder], library)
    refused = replace(task.mutants[0], after="many")
    (verdict,) = verdicts([replace(task, mutants=(refused,))], jobs=1)
    assert str(verdict.killer).startswith("the compiler: ")


def test_a_case_that_fails_unchanged_is_told_before_anything_is_changed(folder: Path, library: Path, tiny: Any) -> None:
    write_cases(folder, tiny, (300, 1, "met"))
    with pytest.raises(ValueError, match=r"T\.1, doses\.json: 300 1 times a day: status: expected 'met'"):
        tasks_of([folder], library)
