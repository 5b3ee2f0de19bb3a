"""Why something is asserted, in words for a prescriber (CRD 2.2.1, coverage-information `reason`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cds_service.cards.content import CardContext
from cds_service.cards.kinds import content_of
from cds_service.cards.text import clipped, first_sentence, one_line, plain
from cql_like_rules.determination import Approval, CriterionResult, Determination, Status, Verdict

UNREAD_DRUG = "Which drug is ordered could not be read: its Medication was neither sent nor could it be fetched."
"""For an order that only refers to its drug."""

_MOST = 3
_LONGEST = 140


def verdict_reason(determination: Determination, *, approved: bool = False, early: bool = False) -> str:
    """What the policy says of the order: met, or what is not met and what is to be documented.

    `approved` says that a met order is authorized with this, `early` that nobody is asked to document anything yet.
    """
    where = _where(determination)
    if determination.status is Verdict.MET:
        return f"{where}: every criterion is met.{_approval(determination.approval, approved)}"
    if determination.status is Verdict.NOT_MET and determination.referral:
        # That the request goes elsewhere is all there is to say then: not which of the listed uses it is not.
        first = next(iter(_refused(determination)), "")
        return f"{where}. {f'{first}. ' if first else ''}Reviewed under policy {plain(determination.referral)}."
    refused, missing = _listed(_refused(determination)), "" if early else _listed(_missing(determination))
    said = [f"Not met: {refused}." if refused else "", f"To be documented: {missing}." if missing else ""]
    told = " ".join(part for part in said if part)
    verdict = "not met" if determination.status is Verdict.NOT_MET else "not decided yet"
    return f"{where}. {told}" if told else f"{where}: {verdict}."


def technical_reason(determination: Determination, causes: Iterable[str]) -> str:
    """That the policy could not be decided, and what the causes may be."""
    told = _listed(clipped(plain(cause).rstrip("."), _LONGEST) for cause in causes)
    return f"{_where(determination)} could not be decided for technical reasons: {told}."


def no_policy_reason(name: str, insurer: str) -> str:
    """That no coverage policy is about what is ordered under this insurer; "" for a name that is not told."""
    under = f" under {plain(insurer)}" if insurer else ""
    return f"This service holds no coverage policy for {name or 'this order'}{under}, so coverage is not known here."


def _where(determination: Determination) -> str:
    policy = determination.policy
    version = f" version {policy.version}" if policy.version else ""
    section = f", section {determination.section}" if determination.section else ""
    return plain(f"{policy.id}{version}{section}")


def _refused(determination: Determination) -> list[str]:
    """What is not met, in the order of the findings; of a dose beyond its limit, by how much."""
    sayings: list[str] = []
    for finding in determination.findings:
        dose = finding.dose
        told = dose is not None and bool(dose.exceeded or dose.fallen_short)
        if told:
            sayings.append(content_of(CardContext(determination), finding).summary)
        sayings += [
            _said(criterion.unmet, criterion)
            for criterion in finding.criteria
            if criterion.status is Status.NOT_MET and not (told and dose and criterion.id == dose.criterion)
        ]
    return sayings


def _missing(determination: Determination) -> list[str]:
    criteria = (criterion for finding in determination.findings for criterion in finding.criteria)
    return [_said(each.ask, each) for each in criteria if each.status is Status.MISSING]


def _said(words: str, criterion: CriterionResult) -> str:
    return clipped(first_sentence(words or criterion.title) or criterion.section, _LONGEST)


def _listed(sayings: Iterable[str]) -> str:
    """Each saying once, the first few of them; "" for none."""
    different: Sequence[str] = list(dict.fromkeys(one_line(saying) for saying in sayings if saying))
    more = f"; and {len(different) - _MOST} more" if len(different) > _MOST else ""
    return "; ".join(different[:_MOST]) + more


def _approval(approval: Approval | None, approved: bool) -> str:
    """How long an approval lasts, or would last; "" where the policy does not tell."""
    if approval is None or (approval.until is None and approval.months is None):
        return ""
    months = f"{approval.months} {'month' if approval.months == 1 else 'months'}"
    how_long = f"until {approval.until}" if approval.until is not None else f"for {months}"
    return f" Approved {how_long}." if approved else f" An approval would hold {how_long}."
