"""A run of all cases of a policy: which of them fail, and what they cover together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cql_like_rules.cases import Case, cases_of, determination_of, differences
from cql_like_rules.policy import Policy
from cql_like_rules.review.coverage import Coverage
from cql_like_rules.terminology import Terminology


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that has another determination than it must have; `lines` say how it differs."""

    case: Case
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(f"{self.case.file.name}: {self.case.name}: {line}" for line in self.lines)


@dataclass(frozen=True, slots=True)
class CaseRun:
    """What came of the cases of one policy."""

    policy: Policy
    cases: tuple[Case, ...]
    failures: tuple[Failure, ...]
    coverage: Coverage

    @property
    def passed(self) -> bool:
        """Whether every case came as expected and every outcome that can occur was seen."""
        return not self.failures and not any(self.coverage.gaps())

    def __str__(self) -> str:
        return f"{len(self.cases)} cases, {len(self.failures)} failed; {self.coverage}"


def cases_beside(policy: Policy) -> Iterator[Case]:
    """The cases in the folder that the policy was read from. Raises ValueError for a file that is not a case file."""
    return cases_of(policy.folder)


def run_of(policy: Policy, cases: Iterable[Case], terminology: Terminology) -> CaseRun:
    """The determinations of all cases, held against what they expect."""
    ran: list[Case] = []
    failures: list[Failure] = []
    coverage = Coverage(policy)
    for case in cases:
        determination = determination_of(case, policy, terminology)
        lines = differences(case, determination)
        if lines:
            failures.append(Failure(case, tuple(lines)))
        coverage.add(case, determination)
        ran.append(case)
    return CaseRun(policy, tuple(ran), tuple(failures), coverage)
