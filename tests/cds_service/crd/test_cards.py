"""Cards as a CRD client wants them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cds_service.crd.cards import adapted, configured
from cds_service.crd.configuration import Configuration

MINE = "MedicationRequest/m"
OTHER = "MedicationRequest/n"


def card(topic: str = "limits", *orders: str, detail: str = "Too much of Leukine.", **rest: Any) -> dict[str, Any]:
    about: dict[str, Any] = {"order": orders[0] if orders else MINE, "policy": "P", "kind": "dose"}
    if len(orders) > 1:
        about["orders"] = list(orders)
    return {
        "uuid": f"uuid of {topic}",
        "summary": "Too much",
        "detail": detail,
        "indicator": "warning",
        "source": {"label": "Centene: A policy", "topic": {"system": "s", "code": topic}},
        "extension": {"oncology-cds": about},
        **rest,
    }


THREE = [card("contraindication"), card("limits"), card("insurance")]


def topics(cards: Any) -> list[str]:
    return [each["source"]["topic"]["code"] for each in cards]


@pytest.mark.rules("X-41")
def test_every_card_is_wanted_by_default() -> None:
    assert configured(THREE, Configuration()) == THREE


@pytest.mark.rules("X-41")
def test_topics_that_are_switched_off_have_no_card() -> None:
    configuration = Configuration(unwanted=frozenset({"limits", "guideline"}))
    assert topics(configured(THREE, configuration)) == ["contraindication", "insurance"]


@pytest.mark.rules("X-41", "C-14")
@pytest.mark.parametrize("most", [0, 1, 2, 3, 4])
def test_of_many_cards_the_most_important_are_kept(most: int) -> None:
    assert topics(configured(THREE, Configuration(max_cards=most))) == topics(THREE)[:most]


def test_cards_that_nobody_wants_do_not_count() -> None:
    configuration = Configuration(unwanted=frozenset({"contraindication"}), max_cards=1)
    assert topics(configured(THREE, configuration)) == ["limits"]


@pytest.mark.rules("C-15", "X-50")
def test_a_card_is_linked_to_the_orders_that_it_is_about() -> None:
    one = adapted(card(), "", {MINE: "Leukine"})
    assert one["extension"]["davinci-crd.associated-resource"] == [{"reference": MINE}]
    two = adapted(card("insurance", MINE, OTHER), "", {MINE: "Leukine", OTHER: "Leukine"})
    assert two["extension"]["davinci-crd.associated-resource"] == [{"reference": MINE}, {"reference": OTHER}]


def test_our_own_extension_stays() -> None:
    assert adapted(card(), "", {MINE: "Leukine"})["extension"]["oncology-cds"] == card()["extension"]["oncology-cds"]


@pytest.mark.rules("C-10")
def test_the_source_is_the_insurer_and_the_document_is_still_named() -> None:
    shown = adapted(card(), "Pelican <b>Health</b>", {MINE: "Leukine"})
    assert shown["source"] == {"label": "Pelican ‹b›Health‹/b›", "topic": {"system": "s", "code": "limits"}}
    assert shown["detail"] == "Too much of Leukine.\n\nSource: Centene: A policy."


def test_without_an_insurer_the_source_stays() -> None:
    shown = adapted(card(), "", {MINE: "Leukine"})
    assert (shown["source"], shown["detail"]) == (card()["source"], "Too much of Leukine.")


@pytest.mark.rules("C-15", "R-25")
def test_a_card_on_some_of_the_orders_names_the_drug() -> None:
    drugs = {MINE: "Leu*kine", OTHER: "Zarxio"}
    assert adapted(card(detail="Too much."), "", drugs)["detail"] == "About: Leu\\*kine.\n\nToo much."
    assert adapted(card(detail="Too much of Leu\\*kine."), "", drugs)["detail"] == "Too much of Leu\\*kine."
    several = adapted(card("insurance", MINE, OTHER, detail="Both."), "", {**drugs, "MedicationRequest/o": "Else"})
    assert several["detail"] == "About: Leu\\*kine; Zarxio.\n\nBoth."


def test_a_card_on_all_of_the_orders_needs_no_name() -> None:
    assert adapted(card(detail="Too much."), "", {MINE: "Leukine"})["detail"] == "Too much."
    both = adapted(card("insurance", MINE, OTHER, detail="Both."), "", {MINE: "Leukine", OTHER: "Zarxio"})
    assert both["detail"] == "Both."


def test_an_order_without_a_name_is_not_named() -> None:
    assert adapted(card(detail="Too much."), "", {MINE: "", OTHER: "Zarxio"})["detail"] == "Too much."


def test_the_card_that_was_given_is_not_changed() -> None:
    given = card()
    before = copy.deepcopy(given)
    adapted(given, "Pelican Health", {MINE: "", OTHER: "Zarxio"})
    assert given == before
