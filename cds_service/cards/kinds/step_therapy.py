"""The card for a drug that another one comes before, with one click to order that other drug."""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.cards.content import CardContext, Content, NoSuggestion, Suggestion, source_line
from cds_service.cards.replacement import dose_words, replacement
from cds_service.cards.text import markdown, plain, summary
from cql_like_rules.determination import CriterionResult, Finding, Status

from .criteria import criteria_paragraph, other_ways, said_first


def step_therapy_content(context: CardContext, finding: Finding) -> Content:
    """What has to come first and what the record says of it; the order for the preferred drug is suggested.

    It is recommended when the preferred drug was not tried, and only offered when the record does not say.
    """
    suggestion = _suggestion(context, finding)
    criteria = _preferred_first(context, finding)
    paragraphs = (
        criteria_paragraph(context, criteria),
        *_counted(criteria),
        _preferred(context),
        *other_ways(context, finding),
        markdown(suggestion.reason) if isinstance(suggestion, NoSuggestion) else "",
        source_line(context),
    )
    return Content(
        kind=finding.kind,
        indicator=finding.indicator,
        summary=summary(context.drug, said_first(criteria[:1])),
        paragraphs=tuple(paragraph for paragraph in paragraphs if paragraph),
        criteria=finding.criteria,
        suggestions=(suggestion,) if isinstance(suggestion, Suggestion) else (),
    )


def _suggestion(context: CardContext, finding: Finding) -> Suggestion | NoSuggestion | None:
    alternative = context.determination.alternative
    if alternative is None:
        return None
    not_tried = any(criterion.status is Status.NOT_MET for criterion in finding.criteria)
    return replacement(context.order, alternative, recommended=not_tried)


def _preferred_first(context: CardContext, finding: Finding) -> list[CriterionResult]:
    """The criterion that names the preferred drug, then those that would exempt the patient from it."""
    known = context.policy.criteria
    return sorted(finding.criteria, key=lambda each: not (each.section in known and known[each.section].alternative))


def _counted(criteria: Sequence[CriterionResult]) -> list[str]:
    """`Prior lines: 4.` The numbers that were compared with the required ones and are not met, by their names."""
    counts = [
        (comparison.left_name, comparison.left)
        for criterion in criteria
        if criterion.status is Status.NOT_MET
        for comparison in criterion.comparisons
        if comparison.left_name and isinstance(comparison.left, int) and not isinstance(comparison.left, bool)
    ]
    return [markdown(f"{name}: {count}.") for name, count in dict.fromkeys(counts)]


def _preferred(context: CardContext) -> str:
    """`Preferred: the other drug 5 mcg/kg SC daily.`; "" when its dose is not known."""
    alternative = context.determination.alternative
    if alternative is None or alternative.dose is None:
        return ""
    return markdown(f"Preferred: {plain(alternative.name)} {dose_words(alternative, alternative.dose)}.")
