"""What each kind of card says. A finding is handed to the function of its kind; `content_of` knows which."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cds_service.cards.content import CardContext, Content
from cql_like_rules.determination import Finding

from .criteria import age_content, criteria_content, diagnosis_content, duration_content
from .documentation import documentation_content
from .dose import dose_content
from .step_therapy import step_therapy_content

_OWN_WORDS: Mapping[str, Callable[[CardContext, Finding], Content]] = {
    "age": age_content,
    "diagnosis": diagnosis_content,
    "documentation": documentation_content,
    "dose": dose_content,
    "duration": duration_content,
    "referral": diagnosis_content,
    "step-therapy": step_therapy_content,
}

__all__ = ["content_of"]


def content_of(context: CardContext, finding: Finding) -> Content:
    """What the card for this finding says; kinds without words of their own say what their criteria say."""
    return _OWN_WORDS.get(finding.kind, criteria_content)(context, finding)
