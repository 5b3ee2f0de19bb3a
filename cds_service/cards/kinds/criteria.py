"""Cards that say what the policy's author wrote about each criterion: most kinds need no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from cds_service.cards.amounts import iso_day, number
from cds_service.cards.content import CardContext, Content, headline, printed_number, source_line, statement
from cds_service.cards.evidence import evidence_words
from cds_service.cards.text import clipped, markdown, one_line, summary
from cql_like_rules.determination import Approval, Comparison, CriterionResult, Finding, Status

from .ways_out import documents_instead

_REQUIRED = {
    "GreaterOrEqual": "at least",
    "Greater": "more than",
    "LessOrEqual": "at most",
    "Less": "less than",
}
_MIRRORED = {"GreaterOrEqual": "LessOrEqual", "Greater": "Less", "LessOrEqual": "GreaterOrEqual", "Less": "Greater"}


def criteria_content(context: CardContext, finding: Finding, *extra: str) -> Content:
    """The card that says of each criterion what its author wrote, with what it rests on, and the other ways out.

    `extra` are paragraphs between the two.
    """
    said = criteria_paragraph(context, finding.criteria)
    paragraphs = (said, *extra, *other_ways(context, finding), source_line(context))
    return Content(
        kind=finding.kind,
        indicator=finding.indicator,
        summary=summary(context.drug, said_first(finding.criteria)),
        paragraphs=tuple(paragraph for paragraph in paragraphs if paragraph),
        criteria=finding.criteria,
    )


def other_ways(context: CardContext, finding: Finding) -> list[str]:
    """The documents that the policy takes instead of the criteria that are not met."""
    asks = [
        markdown(one_line(document.ask or document.title).rstrip("."))
        for criterion in finding.criteria
        for document in documents_instead(context.determination, criterion)
    ]
    return [f"Or: {ask}." for ask in dict.fromkeys(asks) if ask]


def age_content(context: CardContext, finding: Finding) -> Content:
    """The patient's age beside the age that the policy requires."""
    ages = [_age(comparison) for criterion in _unmet(finding.criteria) for comparison in criterion.comparisons[:1]]
    return criteria_content(context, finding, *(words for words in dict.fromkeys(ages) if words))


def diagnosis_content(context: CardContext, finding: Finding) -> Content:
    """The use that the policy does not list, with the policy that reviews such uses where there is one.

    That the request goes there is all there is to say then: not which of the listed uses it is not.
    """
    referral = context.determination.referral
    if not referral:
        return criteria_content(context, finding)
    first = replace(finding, criteria=finding.criteria[:1])
    content = criteria_content(context, first, f"Reviewed under policy {markdown(referral)}.")
    return replace(content, criteria=finding.criteria)


def duration_content(context: CardContext, finding: Finding) -> Content:
    """The time limit, with how long an approval would last."""
    approval = context.determination.approval
    return criteria_content(context, finding, _approval_words(approval) if approval else "")


def said_first(criteria: Sequence[CriterionResult]) -> str:
    """The first thing to say, and how many more there are; what is not met comes before what is missing."""
    ordered = sorted(criteria, key=lambda criterion: criterion.status is not Status.NOT_MET)
    sayings = list(dict.fromkeys(headline(criterion) for criterion in ordered))
    if not sayings:
        return ""
    more = f" (and {len(sayings) - 1} more)" if len(sayings) > 1 else ""
    return clipped(sayings[0], 110 - len(more)) + more


def criteria_paragraph(context: CardContext, criteria: Sequence[CriterionResult]) -> str:
    """One line for each statement, as a list when there are several."""
    lines = criteria_lines(context, criteria)
    return as_list(lines) if len(lines) > 1 else "".join(lines)


def criteria_lines(context: CardContext, criteria: Sequence[CriterionResult]) -> list[str]:
    """Each statement once, with the numbers of its criteria and what they rest on, in the order given.

    `I.A.4: The statement. Rests on: medication Name, stopped, 2026-04-02 (MedicationStatement/ab12).`
    """
    by_statement: dict[str, list[CriterionResult]] = {}
    for criterion in criteria:
        by_statement.setdefault(one_line(statement(criterion)).rstrip("."), []).append(criterion)
    return [_line(context, said, about) for said, about in by_statement.items()]


def _line(context: CardContext, said: str, criteria: Sequence[CriterionResult]) -> str:
    numbers = markdown(", ".join(dict.fromkeys(printed_number(criterion) for criterion in criteria)))
    line = f"{numbers}: {markdown(said)}." if said else f"{numbers}."
    evidence = evidence_words(criteria, context.resources, context.order.reference)
    return f"{line} Rests on: {evidence}." if evidence else line


def as_list(lines: Sequence[str]) -> str:
    """A Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def _unmet(criteria: Sequence[CriterionResult]) -> list[CriterionResult]:
    return [criterion for criterion in criteria if criterion.status is Status.NOT_MET]


def _age(comparison: Comparison) -> str:
    """`The patient is 54; required: at least 55.` from the comparison that decided; "" when it is not one of ages."""
    operator, patient, required = comparison.operator, comparison.left, comparison.right
    if comparison.right_name and not comparison.left_name:
        operator, patient, required = _MIRRORED.get(operator, ""), required, patient
    if comparison.result is not False or operator not in _REQUIRED:
        return ""
    if not all(isinstance(age, int | Decimal) and not isinstance(age, bool) for age in (patient, required)):
        return ""
    return f"The patient is {number(Decimal(patient))}; required: {_REQUIRED[operator]} {number(Decimal(required))}."


def _approval_words(approval: Approval) -> str:
    if approval.until is not None:
        return f"An approval would last until {iso_day(approval.until)}."
    if approval.months is None:
        return ""
    return f"An approval would last {approval.months} {'month' if approval.months == 1 else 'months'}."
