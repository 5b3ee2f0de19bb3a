"""Every case of every policy has the determination that it must have, and together they see every outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from cql_like_rules.cases import cases_of
from cql_like_rules.policy import POLICIES, load_policy
from cql_like_rules.review.case_run import CaseRun, run_of
from cql_like_rules.terminology import Terminology

# One group a policy: its cases run once, in one of the processes of `pytest -n 2 --dist loadgroup`.
FOLDERS = [
    pytest.param(folder, marks=pytest.mark.xdist_group(folder))
    for folder in sorted(str(path.parent.relative_to(POLICIES)) for path in POLICIES.glob("**/policy.cql"))
]

Runs = Callable[[str], CaseRun]


@pytest.fixture(scope="session")
def runs(terminology: Terminology) -> Iterator[Runs]:
    """The run of all cases of a policy folder; each is made once."""

    @cache
    def made(folder: str) -> CaseRun:
        path = POLICIES / folder
        return run_of(load_policy(path, terminology), cases_of(path), terminology)

    yield made
    made.cache_clear()


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_case_has_the_determination_that_it_expects(folder: str, runs: Runs) -> None:
    assert [str(failure) for failure in runs(folder).failures] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_outcome_that_can_occur_is_seen_by_a_case_and_no_other(folder: str, runs: Runs) -> None:
    assert [str(gap) for gap in runs(folder).coverage.gaps()] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_case_expects_something_and_has_a_name_of_its_own(folder: str) -> None:
    cases = list(cases_of(POLICIES / folder))
    names = [(case.file.name, case.name) for case in cases]
    assert len(set(names)) == len(names)
    assert [case.name for case in cases if not case.expect] == []
