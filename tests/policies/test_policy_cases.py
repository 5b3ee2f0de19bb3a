"""Every case of every policy has the determination that it must have, and together they see every outcome."""

from __future__ import annotations

import pytest

from cql_like_rules.cases import cases_of
from cql_like_rules.policy import POLICIES, load_policy
from cql_like_rules.requirements import requirements_of_policies
from cql_like_rules.review.case_run import run_of
from cql_like_rules.terminology import Terminology

FOLDERS = sorted(str(path.parent.relative_to(POLICIES)) for path in POLICIES.glob("**/policy.cql"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_case_comes_as_expected_and_every_outcome_that_can_occur_is_seen(
    folder: str, terminology: Terminology, retrieved: set[tuple[str, str]]
) -> None:
    path = POLICIES / folder
    policy = load_policy(path, terminology)
    run = run_of(policy, cases_of(path), terminology)
    assert [str(failure) for failure in run.failures] == []
    assert [str(gap) for gap in run.coverage.gaps()] == []
    # What the service asks for is read from the rules; here is what they came to ask of the record.
    required = {(each.type, each.value_set) for each in requirements_of_policies([policy])}
    assert {type_name for type_name, _ in retrieved} <= {type_name for type_name, _ in required}
    assert {each for each in retrieved if each[1]} <= required


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_case_expects_something_and_has_a_name_of_its_own(folder: str) -> None:
    cases = list(cases_of(POLICIES / folder))
    names = [(case.file.name, case.name) for case in cases]
    assert len(set(names)) == len(names)
    assert [case.name for case in cases if not case.expect] == []
