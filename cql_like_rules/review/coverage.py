"""What the cases of a policy cover: each criterion met, not met and missing, each advisory told.

An outcome is seen when a case expects it and gets it: one that merely comes about, while the case looks at something
else, is held to nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cql_like_rules.cases import Case
from cql_like_rules.determination import Determination
from cql_like_rules.policy import Policy
from cql_like_rules.review.outcomes import OUTCOMES, outcomes_of

TOLD = "told"
"""The outcome of an advisory."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a criterion, or an advisory, came to; `name` is its number."""

    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something wrong with the coverage of an outcome; `case` is one in which it came about."""

    outcome: Outcome
    case: Case | None
    excluded: bool = False

    def __str__(self) -> str:
        seen = f"{self.case.file.name}: {self.case.name}" if self.case else ""
        told = f"{self.outcome.name} {self.outcome.status}"
        if self.excluded:
            return f"{told}: left out by @only, and yet it came about in {seen}"
        return f"{told}: expected by no case; it came about in {seen}" if seen else f"{told}: no case has it"


class Coverage:
    """The outcomes that a policy's cases expected and got, and those that came about."""

    def __init__(self, policy: Policy) -> None:
        self.wanted = (
            *(Outcome(name, status) for name in policy.criteria for status in outcomes_of(policy, name)),
            *(Outcome(advisory.name, TOLD) for advisory in policy.advisories),
        )
        self.seen: Counter[Outcome] = Counter()
        self._first: dict[Outcome, Case] = {}
        excluded = {Outcome(name, status) for name in policy.criteria for status in OUTCOMES}
        self._excluded = excluded.difference(self.wanted)

    def add(self, case: Case, determination: Determination) -> None:
        """Take down what a case expected and what came of it."""
        came = set(_outcomes(determination))
        for outcome in came:
            self._first.setdefault(outcome, case)
        self.seen.update(came.intersection(_expected(case, determination)))

    def excludes(self, outcome: Outcome) -> bool:
        """Whether the policy declares that it cannot come about."""
        return outcome in self._excluded

    def gaps(self) -> Iterator[Gap]:
        """The outcomes that no case sees, then those that should not have come about."""
        for outcome in self.wanted:
            if not self.seen[outcome]:
                yield Gap(outcome, self._first.get(outcome))
        for outcome, case in self._first.items():
            if self.excludes(outcome):
                yield Gap(outcome, case, excluded=True)

    def __str__(self) -> str:
        seen = sum(1 for outcome in self.wanted if self.seen[outcome])
        return f"{seen} of {len(self.wanted)} outcomes seen"


def _outcomes(determination: Determination) -> Iterator[Outcome]:
    for result in determination.criteria:
        yield Outcome(result.section, str(result.status))
    for advisory in determination.advisories:
        yield Outcome(advisory.section, TOLD)


def _expected(case: Case, determination: Determination) -> Iterator[Outcome]:
    """What the case names; the status that it expects is that of the section."""
    if case.expect.get("status") == str(determination.status) and determination.root is not None:
        yield Outcome(determination.root.section, str(determination.root.status))
    for name, status in case.expect.get("criteria", {}).items():
        yield Outcome(name, status)
    for name in case.expect.get("advisories", ()):
        yield Outcome(name, TOLD)
