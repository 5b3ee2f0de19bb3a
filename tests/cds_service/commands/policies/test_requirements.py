"""`oncology-cds policies requirements`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from cds_service.validation import problems_of

Define = Callable[..., str]
Run = Callable[..., Result]


@pytest.fixture
def goals(tiny: Any, criterion_define: Define) -> Any:
    """A folder with a policy that looks at goals and at family history, which no other does."""
    rule = "exists ([Goal] G where G.target is not null) and exists [FamilyMemberHistory]"
    return tiny.written(criterion_define("I", rule)).parent


def test_types_are_told_with_their_query_codes_and_elements(run: Run, goals: Any) -> None:
    lines = run("requirements", "T.1", "--folder", goals).stdout.splitlines()
    assert lines[0] == "A tiny policy: what is needed of a record"
    place = lines.index("Goal  Goal?patient={{context.patientId}}  (goals)")
    assert [line.split() for line in lines[place + 1 : place + 3]] == [["codes:", "any"], ["read:", "target"]]
    assert "FamilyMemberHistory  FamilyMemberHistory?patient={{context.patientId}}  (familyMemberHistories)" in lines
    assert any("code in 29463-7, 3141-9, 8302-2" in line for line in lines)


def test_a_new_resource_type_needs_no_change_of_the_service(run: Run, goals: Any) -> None:
    library = json.loads(run("requirements", "--fhir", "--folder", goals).stdout)
    assert list(problems_of(library)) == []
    assert {"Goal", "FamilyMemberHistory"} <= {each["type"] for each in library["dataRequirement"]}


def test_all_policies_together_when_none_is_named(run: Run) -> None:
    result = run("requirements")
    assert result.exit_code == 0
    assert "Condition  Condition?patient={{context.patientId}}  (conditions)" in result.stdout


def test_what_cannot_be_had_is_refused_with_its_place(run: Run, tiny: Any, criterion_define: Define) -> None:
    folder = tiny.written(criterion_define("I", "exists [Location]")).parent
    result = run("requirements", "--folder", folder)
    assert result.exit_code == 1
    assert "policy.cql:" in result.stderr
    assert "no Location can be fetched" in result.stderr
