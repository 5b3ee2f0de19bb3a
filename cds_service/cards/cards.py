"""From a determination to its CDS Hooks cards (CDS Hooks 2.0, "Card Attributes")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from cql_like_rules.determination import Determination, Verdict
from cql_like_rules.policy import Policy
from cql_like_rules.record import RecordNote

from .content import CardContext, CardLinks, Content, Resources, Suggestion
from .identity import card_uuid, suggestion_uuid
from .kinds import content_of
from .kinds.documentation import KIND as DOCUMENTATION
from .kinds.documentation import with_failures, with_notes, with_order_problems
from .overrides import override_reasons
from .priority import Card, in_order
from .text import markdown, plain

TOPIC_SYSTEM = "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"

_TOPICS = {
    "documentation": "insurance",
    "dose": "limits",
    "step-therapy": "therapy-alternatives-req",
    "diagnosis": "off-guideline",
    "age": "off-guideline",
    "regimen": "off-guideline",
    "prescriber": "insurance",
    "duration": "limits",
    "concurrent-drug": "duplicate-therapy",
    "safety": "contraindication",
    "referral": "insurance",
}
_GUIDELINE = "guideline"
_LINKED = frozenset({"documentation", "diagnosis", "regimen", "referral"})
"""The kinds whose cards, where no click repairs the order, lead to the policy: what it asks for is read there."""
TOPICS = frozenset({*_TOPICS.values(), _GUIDELINE})
"""The codes of every topic that a card can have (Da Vinci CRD, value set cardType)."""

# What a recommendation has nothing to do with: who pays, and what is allowed.
_OF_COVERAGE = frozenset({"insurance", "limits", "off-guideline"})


def cards_for(
    determination: Determination,
    notes: Sequence[RecordNote | str] = (),
    links: CardLinks | None = None,
    resources: Resources | None = None,
) -> list[Card]:
    """The cards of one determination, ready for JSON, most important first, one for each kind; [] with nothing to say.

    `notes` are what could not be read in the record, `resources` is where the resources that a status rests on are
    looked up to be named in words (without it only their references are shown). A policy that does not apply gives no
    card, unless that it does not apply could itself not be evaluated.
    """
    context = CardContext(determination, links or CardLinks(), resources)
    return in_order(_card(context, content) for content in _contents(context, _note_texts(notes)))


def _contents(context: CardContext, notes: Sequence[str]) -> list[Content]:
    determination = context.determination
    contents = [content_of(context, finding) for finding in determination.findings]
    documentation = next((content for content in contents if content.kind == DOCUMENTATION), None)
    others = [content for content in contents if content is not documentation]
    if determination.failures:
        documentation = with_failures(context, documentation)
    applies = determination.status is not Verdict.NOT_APPLICABLE
    if applies and context.order.problems:
        documentation = with_order_problems(context, documentation)
    if applies and notes:
        documentation = with_notes(context, documentation, notes)
    return [*others, documentation] if documentation else others


def _note_texts(notes: Sequence[RecordNote | str]) -> list[str]:
    return list(dict.fromkeys(note if isinstance(note, str) else _note_text(note) for note in notes))


def _note_text(note: RecordNote) -> str:
    where = " ".join(part for part in (note.reference, note.path) if part)
    return f"{where}: {note.message}" if where else note.message


def _card(context: CardContext, content: Content) -> Card:
    identity = card_uuid(context, content)
    card: Card = {
        "uuid": str(identity),
        "summary": content.summary,
        "detail": "\n\n".join([*content.paragraphs, *_read_from_words(context)]),
        "indicator": content.indicator,
        "source": _source(context, content),
        "overrideReasons": override_reasons(content.kind, guidance=context.policy.is_guidance),
        "extension": {"oncology-cds": _about(context, content)},
    }
    if content.suggestions:
        card["suggestions"] = [
            _suggestion(str(suggestion_uuid(identity, suggestion)), suggestion) for suggestion in content.suggestions
        ]
        card["selectionBehavior"] = "at-most-one"
    elif content.kind in _LINKED and context.links.policy_page:
        card["links"] = [_link(context)]
    return card


def _read_from_words(context: CardContext) -> list[str]:
    """What of the order only its words told: everything on a card rests on that."""
    return [" ".join(markdown(note) for note in context.order.notes)] if context.order.notes else []


def _suggestion(identity: str, suggestion: Suggestion) -> dict[str, Any]:
    shown: dict[str, Any] = {"label": suggestion.label, "uuid": identity, "actions": list(suggestion.actions)}
    if suggestion.recommended:
        shown["isRecommended"] = True
    return shown


def _link(context: CardContext) -> dict[str, str]:
    """To the section of the policy: what else it takes is read there."""
    section = context.determination.section
    label = f"{context.policy.id}, section {section}" if section else context.policy.id
    anchor = f"#{quote(section, safe='.')}" if section else ""
    return {"label": plain(label), "url": f"{_page(context)}{anchor}", "type": "absolute"}


def _page(context: CardContext) -> str:
    return f"{context.links.policy_page.rstrip('/')}/{quote(context.policy.id, safe='')}"


def _source(context: CardContext, content: Content) -> dict[str, Any]:
    policy = context.policy
    source: dict[str, Any] = {"label": _source_label(policy)}
    if context.links.policy_page:
        source["url"] = _page(context)
    topic = _TOPICS.get(content.kind, _GUIDELINE)
    is_advice = content.indicator == "info" and content.kind == "safety"
    code = _GUIDELINE if is_advice or (policy.is_guidance and topic in _OF_COVERAGE) else topic
    source["topic"] = {"system": TOPIC_SYSTEM, "code": code}
    return source


def _source_label(policy: Policy) -> str:
    """Who wrote it and what it is called; the title of guidance cites the article, its authors included."""
    title = policy.title or policy.id
    return plain(f"{policy.publisher}: {title}" if policy.publisher and not policy.is_guidance else title)


def _about(context: CardContext, content: Content) -> dict[str, Any]:
    about: dict[str, Any] = {"order": context.order.reference, "policy": context.policy.id, "kind": content.kind}
    if content.criteria:
        about["criteria"] = [{"id": each.id, "status": each.status.value} for each in content.criteria]
    return about
