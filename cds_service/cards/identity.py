"""Uuids of cards and suggestions: the same for the same request, so that feedback finds what it is about."""

from __future__ import annotations

import uuid

from .content import CardContext, Content, Suggestion

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://oncology-cds.example/cards")


def card_uuid(context: CardContext, content: Content) -> uuid.UUID:
    """The uuid over the call, the order, the policy at its version, the kind, and the criteria with their statuses.

    Two calls with the same hook instance and the same findings give the same uuid.
    """
    criteria = (f"{criterion.id}={criterion.status.value}" for criterion in content.criteria)
    policy = context.policy
    parts = (context.links.hook_instance, context.order.reference, policy.id, policy.version, content.kind, *criteria)
    # A line feed ends each part, so that no two lists of parts run together into the same text.
    return uuid.uuid5(NAMESPACE, "\n".join(parts))


def suggestion_uuid(card: uuid.UUID, suggestion: Suggestion) -> uuid.UUID:
    """The uuid of a suggestion within its card."""
    return uuid.uuid5(card, suggestion.label)
