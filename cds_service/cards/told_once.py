"""One card for what several orders of one signing are told in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cql_like_rules.orders.order import Order

from .dose_change import order_words
from .priority import Card
from .text import markdown, plain

OF_ONE_ORDER = frozenset({"dose"})
"""Kinds of cards that are about the figures of one order, whatever they say."""


def told_once(cards: Iterable[Card], orders: Mapping[str, Order]) -> list[Card]:
    """The cards, those that say the same of several orders as one; `orders` by their references.

    The same is: policy, kind, indicator, criteria with their statuses, and every word. The card belongs to the first of
    these orders, lists all of them as `orders`, and says which they are. A card with a suggestion changes one order,
    and stays one.
    """
    groups: dict[object, list[Card]] = {}
    for card in cards:
        groups.setdefault(_sayings(card), []).append(card)
    return [_shared(group, orders) if len(group) > 1 else group[0] for group in groups.values()]


def orders_of(card: Card) -> tuple[str, ...]:
    """The references of the orders that a card is about."""
    about = card["extension"]["oncology-cds"]
    return tuple(about.get("orders", (about["order"],)))


def _sayings(card: Card) -> object:
    about = card["extension"]["oncology-cds"]
    if "suggestions" in card or about["kind"] in OF_ONE_ORDER:
        return id(card)
    criteria = tuple((each["id"], each["status"]) for each in about.get("criteria", ()))
    return about["policy"], about["kind"], card["indicator"], card["summary"], card["detail"], criteria


def _shared(group: list[Card], orders: Mapping[str, Order]) -> Card:
    first = group[0]
    about = first["extension"]["oncology-cds"]
    references = [reference for card in group for reference in orders_of(card)]
    words = [markdown(plain(order_words(orders[each]))) for each in references if each in orders]
    told = f"For {len(references)} orders: {'; '.join(word for word in words if word)}.".replace(": .", ".")
    return {
        **first,
        "detail": f"{first['detail']}\n\n{told}",
        "extension": {**first["extension"], "oncology-cds": {**about, "orders": references}},
    }
