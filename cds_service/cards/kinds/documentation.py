"""The card that asks for what the record does not show, and tells what could not be read or evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cds_service.cards.amounts import iso_day, quantity
from cds_service.cards.content import CardContext, Content, source_line, statement
from cds_service.cards.text import clipped, markdown, one_line, plain, summary
from cql_like_rules.determination import CriterionResult, Finding, Status
from cql_like_rules.orders.order import Measurement

from .criteria import as_list, criteria_lines, criteria_paragraph, said_first

KIND = "documentation"
_SHORT_TITLES = 100
_MOST_NOTES = 10


def documentation_content(context: CardContext, finding: Finding) -> Content:
    """What to supply, criterion by criterion in the order of the document, and what the order itself lacks.

    A finding without missing criteria (literature was attached, or was not) says what its criteria say.
    """
    missing = [criterion for criterion in finding.criteria if criterion.status is Status.MISSING]
    settled = [criterion for criterion in finding.criteria if criterion.status is not Status.MISSING]
    paragraphs = (
        criteria_paragraph(context, settled),
        _listed("Please supply:", criteria_lines(context, missing)),
        _listed("In the order:", _sentences(context.order.problems) if missing else ()),
        _listed("Too old to count:", _outdated(context) if _dose_is_open(missing) else ()),
        source_line(context),
    )
    return Content(
        kind=KIND,
        indicator=finding.indicator,
        summary=summary(context.drug, said_first(settled) or _to_document(missing)),
        paragraphs=tuple(paragraph for paragraph in paragraphs if paragraph),
        criteria=finding.criteria,
    )


def with_failures(context: CardContext, content: Content | None) -> Content:
    """The card with what could not be evaluated on it; such a card is a warning at least, and says so in its title."""
    failures = context.determination.failures
    said = _listed("Could not be evaluated:", _sentences(failures))
    title = summary(context.drug, f"could not be evaluated: {clipped(plain(failures[0]), 90)}")
    if content is None:
        failed = tuple(criterion for criterion in context.determination.criteria if criterion.failure)
        return Content(KIND, "warning", title, (said, source_line(context)), failed)
    if content.indicator == "info":
        content = replace(content, indicator="warning", summary=title)
    return replace(content, paragraphs=(said, *content.paragraphs))


def with_order_problems(context: CardContext, content: Content | None) -> Content:
    """The card with what could not be read in the order on it; such a card of its own is for information.

    A card that asks for missing criteria says it already.
    """
    said = _listed("In the order:", _sentences(context.order.problems))
    if content is None:
        title = summary(context.drug, "part of the order could not be read")
        return Content(KIND, "info", title, (said, source_line(context)))
    if said in content.paragraphs:
        return content
    return replace(content, paragraphs=(*content.paragraphs[:-1], said, content.paragraphs[-1]))


def with_notes(context: CardContext, content: Content | None, notes: Sequence[str]) -> Content:
    """The card with what could not be read in the record on it; such a card of its own is for information."""
    told = _sentences(notes[:_MOST_NOTES])
    if len(notes) > _MOST_NOTES:
        told.append(f"{len(notes) - _MOST_NOTES} more.")
    said = _listed("Not readable in the record:", told)
    if content is not None:
        return replace(content, paragraphs=(*content.paragraphs[:-1], said, content.paragraphs[-1]))
    items = "1 item of the record" if len(notes) == 1 else f"{len(notes)} items of the record"
    return Content(
        kind=KIND,
        indicator="info",
        summary=summary(context.drug, f"{items} could not be read"),
        paragraphs=(said, source_line(context)),
    )


def _to_document(missing: Sequence[CriterionResult]) -> str:
    """What to supply when it is one thing; `3 points to document: …` with as many titles as fit when they are more."""
    if len({statement(criterion) for criterion in missing}) < 2:
        return said_first(missing)
    titles = list(dict.fromkeys(one_line(criterion.title).rstrip(".") for criterion in missing))
    shown = titles[:1]
    for title in titles[1:]:
        if len("; ".join([*shown, title])) > _SHORT_TITLES:
            break
        shown.append(title)
    words = clipped("; ".join(shown), _SHORT_TITLES)
    return f"{len(titles)} points to document: {words}{'; …' if len(shown) < len(titles) else ''}"


def _listed(heading: str, lines: Sequence[str]) -> str:
    """The heading with a list below it; "" when there is nothing to list."""
    if not lines:
        return ""
    return f"{heading}\n\n{as_list(lines)}" if heading else as_list(lines)


def _sentences(texts: Sequence[str]) -> list[str]:
    return [f"{markdown(text).rstrip('.')}." for text in dict.fromkeys(texts) if text.strip()]


def _dose_is_open(missing: Sequence[CriterionResult]) -> bool:
    return any(criterion.kind == "dose" for criterion in missing)


def _outdated(context: CardContext) -> list[str]:
    """The measurements that are too old; a surface area computed from them says nothing of its own."""
    outdated = context.order.body_size.outdated or {}
    return [_old(name, found) for name, found in outdated.items() if not found.computed]


def _old(name: str, measurement: Measurement) -> str:
    when = f"{iso_day(measurement.date)} ({measurement.age_in_days} days old)"
    of = "answered on" if measurement.answered else "of"
    return markdown(f"{name.replace('_', ' ')} {quantity(measurement.value)} {of} {when}.")
