"""Why something is asserted, in words for a prescriber (CRD 2.2.1, coverage-information `reason`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cds_service.cards.text import clipped, first_sentence, one_line, plain
from cql_like_rules.determination import Approval, CriterionResult, Determination, Status, Verdict
from cql_like_rules.record import RecordNote

_MOST = 3
_LONGEST = 140


def verdict_reason(determination: Determination) -> str:
    """What the policy says of the order: met, or what is not met and what is to be documented."""
    where = _where(determination)
    if determination.status is Verdict.MET:
        return f"{where}: every criterion is met.{_approval(determination.approval)}"
    blocking = [criterion for finding in determination.findings for criterion in finding.criteria]
    refused = _sayings(blocking, Status.NOT_MET)
    missing = _sayings(blocking, Status.MISSING)
    said = [f"Not met: {refused}." if refused else "", f"To be documented: {missing}." if missing else ""]
    if determination.referral:
        said.append(f"Reviewed under policy {plain(determination.referral)}.")
    told = " ".join(part for part in said if part)
    return f"{where}. {told}" if told else f"{where}: {_status_words(determination.status)}."


def technical_reason(determination: Determination, notes: Iterable[RecordNote]) -> str:
    """That the policy could not be decided, and why: what failed, or what of the record could not be had."""
    causes = [*determination.failures, *(note.message for note in notes)]
    told = _listed(clipped(plain(cause).rstrip("."), _LONGEST) for cause in causes)
    return f"{_where(determination)} could not be decided for technical reasons: {told}."


def no_policy_reason(name: str) -> str:
    """That no coverage policy is about what is ordered (`name`, "" when the order has none)."""
    return f"This service holds no coverage policy for {name or 'this order'}, so its coverage is not known here."


def _where(determination: Determination) -> str:
    policy = determination.policy
    version = f" version {policy.version}" if policy.version else ""
    section = f", section {determination.section}" if determination.section else ""
    return plain(f"{policy.id}{version}{section}")


def _sayings(criteria: Iterable[CriterionResult], status: Status) -> str:
    return _listed(_said(criterion) for criterion in criteria if criterion.status is status)


def _said(criterion: CriterionResult) -> str:
    words = criterion.ask if criterion.status is Status.MISSING else criterion.unmet
    return clipped(first_sentence(words or criterion.title) or criterion.section, _LONGEST)


def _listed(sayings: Iterable[str]) -> str:
    """Each saying once, the first few of them; "" for none."""
    different: Sequence[str] = list(dict.fromkeys(one_line(saying) for saying in sayings if saying))
    more = f"; and {len(different) - _MOST} more" if len(different) > _MOST else ""
    return "; ".join(different[:_MOST]) + more


def _approval(approval: Approval | None) -> str:
    if approval is None:
        return ""
    if approval.until is not None:
        return f" An approval would last until {approval.until}."
    months = "month" if approval.months == 1 else "months"
    return f" An approval would last {approval.months} {months}." if approval.months is not None else ""


def _status_words(status: Verdict) -> str:
    return "not met" if status is Verdict.NOT_MET else "information is missing"
