"""What is asserted of one order under one coverage, before it becomes an extension (CRD 2.2.1, coverage-information).

The invariants of the extension (crd-ci-q1 to q9, as 2.0.1 and as 2.2.1 have them) hold for every assertion made
here: `pa_needed` stands beside everything but `not-covered`, `info_needed` beside `conditional` and nothing else, and
there is always a reason in words.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from cql_like_rules.advice import approval_end
from cql_like_rules.determination import Determination, Verdict
from cql_like_rules.orders.dates import day_of
from cql_like_rules.record import RecordNote
from cql_like_rules.requirements import requirements_of_policies

from .call import CrdCall
from .coverage import PrimaryCoverage
from .details import Detail, details_of
from .reasons import UNREAD_DRUG, no_policy_reason, technical_reason, verdict_reason
from .versions import Edition


class Form(Protocol):
    """A questionnaire, known by its canonical address with its version (`url|version`)."""

    @property
    def canonical(self) -> str: ...


Forms = Callable[[Determination], Form | None]
"""Tells which questionnaire asks for what a determination misses; None where none does."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, in words; `code` where CRD has one for it."""

    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What is asserted; members are the sub-extensions of the same name, and "" or () where there is none.

    `expires` is the last day on which it can hold, as far as that is known.
    """

    covered: str
    pa_needed: str = ""
    doc_needed: str = ""
    doc_purpose: str = ""
    info_needed: str = ""
    reasons: tuple[Reason, ...] = ()
    details: tuple[Detail, ...] = ()
    questionnaires: tuple[str, ...] = ()
    expires: datetime.date | None = None

    @property
    def is_satisfied(self) -> bool:
        """Whether it gives an authorization."""
        return self.pa_needed == "satisfied"


def no_forms(determination: Determination) -> None:
    """No questionnaire, for whoever has none."""


def no_coverage(sentence: str) -> Assertion:
    """That the coverage is not in force, and so nothing is covered (resp-45)."""
    return Assertion("not-covered", reasons=(Reason(sentence, "no-active-coverage"),))


def no_policy(call: CrdCall, name: str, insurer: str) -> Assertion:
    """That this service cannot tell: it has no policy of the insurer for what is ordered. Names may be ""."""
    return _unknown(call.edition, (Reason(no_policy_reason(name, insurer)),))


def unread_drug(call: CrdCall) -> Assertion:
    """That this service cannot tell, as it could not read which drug is ordered."""
    return _undecided(call.edition, [UNREAD_DRUG])


def by_policies(
    call: CrdCall, determinations: Sequence[Determination], notes: Iterable[RecordNote], forms: Forms
) -> Assertion:
    """What the coverage policies about one order say together: each of them has to be met.

    `notes` are what of the record could not be had. Where that, or a rule that failed, may be why a policy has no
    verdict, none is asserted.
    """
    missed = list(notes)
    causes = [(each, _causes(each, missed)) for each in determinations]
    undecided = [technical_reason(each, why) for each, why in causes if why]
    if undecided:
        return _undecided(call.edition, undecided)
    approved = call.unsolicited and all(map(_can_be_approved, determinations))
    assertion = Assertion(
        covered="covered",
        pa_needed="satisfied" if approved else "auth-needed",
        reasons=tuple(Reason(verdict_reason(each, approved=approved, early=call.early)) for each in determinations),
    )
    asked = () if call.early else _questionnaires(determinations, forms)
    if asked:
        assertion = replace(assertion, doc_needed="clinical", doc_purpose="withpa", questionnaires=asked)
    if call.edition is Edition.STU_2_2:
        details = (detail for each in determinations for detail in details_of(each, call.policy_page))
        assertion = replace(
            assertion, details=tuple(dict.fromkeys(details)), expires=_expiry(determinations, assertion)
        )
    return assertion


def until_coverage_ends(call: CrdCall, assertion: Assertion, coverage: PrimaryCoverage) -> Assertion:
    """The assertion with the end of the coverage as the last day on which it can hold, where that comes first."""
    if call.edition is not Edition.STU_2_2 or assertion.covered != "covered" or coverage.ends is None:
        return assertion
    return replace(assertion, expires=min(coverage.ends, assertion.expires or coverage.ends))


def _undecided(edition: Edition, reasons: Iterable[str]) -> Assertion:
    """That nothing can be said for technical reasons (resp-43); 2.0.1 has neither the code nor the status for it."""
    code = "technical" if edition is Edition.STU_2_2 else ""
    return _unknown(edition, tuple(Reason(reason, code) for reason in reasons))


def _unknown(edition: Edition, reasons: tuple[Reason, ...]) -> Assertion:
    if edition is Edition.STU_2_2:
        return Assertion("indeterminate", pa_needed="indeterminate", reasons=reasons)
    return Assertion("conditional", pa_needed="conditional", info_needed="OTH", reasons=reasons)


def _can_be_approved(determination: Determination) -> bool:
    """Whether nobody needs to look at it: it is met, and nothing warns of harm to the patient."""
    unharmful = all(finding.indicator != "critical" for finding in determination.findings)
    return determination.status is Verdict.MET and unharmful


def _questionnaires(determinations: Iterable[Determination], forms: Forms) -> tuple[str, ...]:
    """The questionnaires that ask for what the determinations miss, each once."""
    needed = (forms(each) for each in determinations if _can_be_documented(each))
    return tuple(dict.fromkeys(form.canonical for form in needed if form))


def _can_be_documented(determination: Determination) -> bool:
    """Whether answers could matter: not to what is met, nor to a use that goes to another policy."""
    goes_elsewhere = determination.status is Verdict.NOT_MET and determination.referral
    return determination.status is not Verdict.MET and not goes_elsewhere


def _causes(determination: Determination, notes: Sequence[RecordNote]) -> list[str]:
    """What may have kept the policy from a verdict: rules that failed, and what of its data could not be had.

    [] for a verdict that stands.
    """
    if determination.status in (Verdict.MET, Verdict.NOT_MET):
        return []
    about = [note for note in notes if note.types]
    read = {each.type for each in requirements_of_policies([determination.policy])} if about else set()
    return [*determination.failures, *(note.message for note in about if not read.isdisjoint(note.types))]


def _expiry(determinations: Iterable[Determination], assertion: Assertion) -> datetime.date | None:
    """The first day after which a policy, or the authorization, no longer holds; ends before the order do not count."""
    ends: list[datetime.date] = []
    for determination in determinations:
        order, until = determination.order, determination.policy.until
        if until is not None and not (order.day and until < order.day):
            ends.append(until)
        if assertion.is_satisfied and (end := day_of(approval_end(order, determination.approval))):
            ends.append(end)
    return min(ends, default=None)
