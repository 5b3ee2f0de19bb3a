"""Every example, by clients that follow CDS Hooks only, CRD 2.0.1, and CRD 2.2.1: nothing wrong, and the best answer.

The best answer is what the index of the examples promises, where everything is prefetched under the usual keys.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import responses

from tests.conformance.cds_hooks.clients import Crd201Client, Crd221Client, InProcess, Signing, SloppyClient
from tests.conformance.cds_hooks.examples import names, promise_of, signing_of

HOOKS = ["order-sign", "order-select", "order-dispatch"]
WITHOUT_COVERAGE = frozenset({"dose", "safety", "regimen", "concurrent-drug", "age"})
"""Kinds of cards that hold whoever pays."""

Json = dict[str, Any]


@pytest.fixture(params=names())
def example(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def signing(example: str, ehr_server: responses.RequestsMock) -> Signing:
    """What is signed in the example, with its record on the EHR's FHIR server."""
    signing = signing_of(example)
    signing.ehr.serve(ehr_server)
    return signing


def as_of(hook: str, signing: Signing) -> Signing:
    """Orders that are dispatched are active."""
    if hook == "order-dispatch":
        for order in signing.orders:
            order["status"] = "active"
    return signing


def cards(answer: Json) -> list[str]:
    return [f"{card['extension']['oncology-cds']['kind']}:{card['indicator']}" for card in answer["cards"]]


def determinations(answer: Json) -> list[str]:
    found = answer.get("extension", {}).get("oncology-cds", {}).get("determinations", [])
    return [f"{each['policy']['id']}:{each['status']}" for each in found]


def is_best(answer: Json, example: str, hook: str) -> bool:
    """Whether it says all that is promised; order-select says only what is told early."""
    promise = promise_of(example)
    if hook == "order-select":
        early = [card for card in promise["cards"] if re.match(r"dose:|step-therapy:|.*:critical", card)]
        return set(early) <= set(cards(answer))
    return (determinations(answer), cards(answer)) == (promise["determinations"], promise["cards"])


@pytest.mark.rules("C-1", "C-3", "C-11", "C-12", "C-20", "C-21", "C-22", "C-30", "D-8", "P-4", "P-24", "R-8", "R-21")
@pytest.mark.parametrize("hook", HOOKS)
def test_a_careless_client_of_cds_hooks_finds_nothing_wrong_and_misses_no_warning(
    example: str, hook: str, signing: Signing, http: InProcess
) -> None:
    answer = SloppyClient(http, hook).ask(as_of(hook, signing))
    promised = [card for card in promise_of(example)["cards"] if card.partition(":")[0] in WITHOUT_COVERAGE]
    if hook == "order-select":
        promised = [card for card in promised if re.match(r"dose:|.*:critical", card)]
    assert set(promised) <= set(cards(answer))


@pytest.mark.rules("P-4", "P-10", "P-20", "P-21", "R-53", "X-1", "X-3", "C-2", "C-15", "C-41", "X-11", "X-12")
@pytest.mark.parametrize("hook", HOOKS)
def test_a_client_of_crd_2_0_1_finds_nothing_wrong_and_gets_the_best_answer(
    example: str, hook: str, signing: Signing, http: InProcess
) -> None:
    answer = Crd201Client(http, hook).ask(as_of(hook, signing))
    assert is_best(answer, example, hook)


@pytest.mark.rules("P-3", "P-5", "D-17", "X-1", "X-3", "C-2", "C-15", "C-41", "X-11", "X-12", "X-50")
@pytest.mark.parametrize(("hook", "requested"), [("order-sign", ""), *((hook, "2.2") for hook in HOOKS)])
def test_a_client_of_crd_2_2_1_finds_nothing_wrong_and_gets_the_best_answer(
    example: str, hook: str, requested: str, signing: Signing, http: InProcess
) -> None:
    answer = Crd221Client(http, hook, requested=requested).ask(as_of(hook, signing))
    assert is_best(answer, example, hook)
