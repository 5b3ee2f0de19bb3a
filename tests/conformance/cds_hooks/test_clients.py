"""Every example, by clients that follow CDS Hooks only, CRD 2.0.1, and CRD 2.2.1."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from tests.conformance.cds_hooks.clients import Crd201Client, Crd221Client, InProcess, Signing, SloppyClient

HOOKS = ["order-sign", "order-select", "order-dispatch"]


@pytest.fixture
def reachable(signing: Signing, ehr_server: responses.RequestsMock) -> Iterator[Signing]:
    """The signing, with its record on the EHR's FHIR server."""
    signing.ehr.serve(ehr_server)
    return signing


def as_of(hook: str, signing: Signing) -> Signing:
    """Orders that are dispatched are active."""
    if hook == "order-dispatch":
        for order in signing.orders:
            order["status"] = "active"
    return signing


@pytest.mark.rules("C-1", "C-3", "C-11", "C-12", "C-20", "C-21", "C-22", "C-30", "D-8", "P-4", "R-8", "R-21")
@pytest.mark.parametrize("hook", HOOKS)
def test_a_careless_client_of_cds_hooks_finds_nothing_wrong(hook: str, signing: Signing, http: InProcess) -> None:
    SloppyClient(http, hook).ask(as_of(hook, signing))


@pytest.mark.rules("P-4", "P-10", "P-20", "P-21", "R-53", "X-1", "X-3", "C-2", "C-15", "C-41", "X-11", "X-12")
@pytest.mark.parametrize("hook", HOOKS)
def test_a_client_of_crd_2_0_1_finds_nothing_wrong(hook: str, reachable: Signing, http: InProcess) -> None:
    Crd201Client(http, hook).ask(as_of(hook, reachable))


@pytest.mark.rules("P-3", "P-5", "D-17", "X-1", "X-3", "C-2", "C-15", "C-41", "X-11", "X-12", "X-50")
@pytest.mark.parametrize(("hook", "requested"), [("order-sign", ""), *((hook, "2.2") for hook in HOOKS)])
def test_a_client_of_crd_2_2_1_finds_nothing_wrong(
    hook: str, requested: str, reachable: Signing, http: InProcess
) -> None:
    Crd221Client(http, hook, requested=requested).ask(as_of(hook, reachable))
