"""The cards of a call as CRD has them (CRD 2.2.1, cards.md, "Card Content"; deviations.md, "Linking cards")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cds_service.cards import orders_of
from cds_service.cards.text import markdown, plain

from .configuration import Configuration

ASSOCIATED_RESOURCE = "davinci-crd.associated-resource"

Card = Mapping[str, Any]


def configured(cards: Sequence[Card], configuration: Configuration) -> list[Card]:
    """The cards that the client wants, the most important of them as they are in order (dev-14)."""
    wanted = [card for card in cards if card["source"]["topic"]["code"] not in configuration.unwanted]
    return wanted[: configuration.max_cards]


def adapted(card: Card, insurer: str, drugs: Mapping[str, str]) -> Card:
    """The card with the insurer as its source, the orders it is about as its resources, and the drug by its name.

    `insurer` is the name on the coverage ("" when it is not told: the source stays); `drugs` are the names of what
    each order of the call is for. The drug is named when the card is about some of the orders only (dev-24).
    """
    orders = orders_of(dict(card))
    paragraphs = [card["detail"]]
    named = list(dict.fromkeys(drugs[order] for order in orders if drugs.get(order)))
    if set(drugs) - set(orders) and not all(markdown(name) in card["detail"] for name in named):
        paragraphs.insert(0, f"About: {'; '.join(markdown(name) for name in named)}.")
    source = card["source"]
    if insurer:
        paragraphs.append(f"Source: {markdown(source['label'])}.")
        source = {**source, "label": plain(insurer)}
    linked = [{"reference": order} for order in orders]
    return {
        **card,
        "detail": "\n\n".join(paragraphs),
        "source": source,
        "extension": {**card["extension"], ASSOCIATED_RESOURCE: linked},
    }
