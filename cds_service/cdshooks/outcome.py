"""What goes wrong, in FHIR's words: an HTTP status with an OperationOutcome (FHIR R4, OperationOutcome).

Nothing of the request is ever repeated in it: an outcome ends up in logs and tickets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CONTENT_TYPE = "application/fhir+json"


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem: a code of FHIR's issue-type, a sentence, and where in the request it is (`context.patientId`)."""

    code: str
    text: str
    expression: str = ""


class CallRefused(Exception):
    """A call that is answered with a status, headers and an OperationOutcome instead of cards."""

    def __init__(self, status: int, issues: Sequence[Issue], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: " + "; ".join(issue.text for issue in issues))
        self.status = status
        self.issues = tuple(issues)
        self.headers = dict(headers or {})


def refused(status: int, code: str, text: str, expression: str = "") -> CallRefused:
    """A refusal with one issue."""
    return CallRefused(status, (Issue(code, text, expression),))


def operation_outcome(issues: Sequence[Issue]) -> dict[str, Any]:
    """The OperationOutcome that names all the issues."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def _issue(issue: Issue) -> dict[str, Any]:
    shown: dict[str, Any] = {"severity": "error", "code": issue.code, "details": {"text": issue.text}}
    if issue.expression:
        shown["expression"] = [issue.expression]
    return shown
