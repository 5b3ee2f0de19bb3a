"""One card for what several orders are told in the same words."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cds_service.cards import orders_of, told_once
from cds_service.cards.priority import Card

FIRST, SECOND, THIRD = (f"MedicationRequest/{number}" for number in (1, 2, 3))


def card(order: str, kind: str = "documentation", **changes: Any) -> Card:
    criteria = [{"id": "P/I.A.1", "status": "missing"}]
    about = {"order": order, "policy": "P", "kind": kind, "criteria": criteria}
    shown = {
        "uuid": order,
        "summary": "Document the stage",
        "detail": "Please supply the stage.",
        "indicator": "warning",
        "extension": {"oncology-cds": about},
    }
    return shown | changes


def changed(order: str, **about: Any) -> Card:
    one = card(order)
    one["extension"]["oncology-cds"] |= about
    return one


def test_what_several_orders_are_told_in_the_same_words_is_one_card_of_the_first() -> None:
    (shown,) = told_once([card(FIRST), card(SECOND), card(THIRD)], {})
    about = shown["extension"]["oncology-cds"]
    assert (shown["uuid"], about["order"], about["orders"]) == (FIRST, FIRST, [FIRST, SECOND, THIRD])
    assert orders_of(shown) == (FIRST, SECOND, THIRD)
    assert shown["detail"] == "Please supply the stage.\n\nFor 3 orders."


def test_the_card_says_which_orders_they_are(build: Any) -> None:
    orders = {
        FIRST: build.order("20", "mg/m2", schedule="days 1 and 2 of 28"),
        SECOND: build.order("56", "mg/m2", schedule="days 8 and 9 of 28"),
    }
    (shown,) = told_once([card(FIRST), card(SECOND)], orders)
    assert shown["detail"].endswith("\n\nFor 2 orders: 20 mg/m² IV days 1 and 2 of 28; 56 mg/m² IV days 8 and 9 of 28.")


@pytest.mark.parametrize(
    "other",
    [
        card(SECOND, summary="Document the age"),
        card(SECOND, detail="Please supply the age."),
        card(SECOND, indicator="info"),
        changed(SECOND, policy="Q"),
        changed(SECOND, kind="age"),
        changed(SECOND, criteria=[{"id": "P/I.A.1", "status": "not-met"}]),
        changed(SECOND, criteria=[]),
    ],
)
def test_what_differs_in_anything_stays_two_cards(other: Card) -> None:
    assert told_once([card(FIRST), other], {}) == [card(FIRST), other]


def test_cards_that_change_an_order_stay_with_it() -> None:
    for each in ("dose", "step-therapy"):
        rest = {} if each == "dose" else {"suggestions": [{"label": "Replace it"}]}
        cards = [card(order, each, **rest) for order in (FIRST, SECOND)]
        assert told_once(cards, {}) == cards


def test_a_card_of_one_order_is_left_as_it_is() -> None:
    before = [card(FIRST)]
    assert told_once(copy.deepcopy(before), {}) == before
    assert orders_of(before[0]) == (FIRST,)


def test_the_cards_keep_their_order() -> None:
    cards = [card(FIRST, "safety"), card(FIRST), card(SECOND, "age"), card(SECOND)]
    kinds = [each["extension"]["oncology-cds"]["kind"] for each in told_once(cards, {})]
    assert kinds == ["safety", "documentation", "age"]
