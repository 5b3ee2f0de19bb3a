"""The assertions of the public CRD server test suite hold for the CRD services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conformance.cds_hooks.examples import request_of
from tests.conformance.cds_hooks.public_suite import (
    MAY_BE_SKIPPED,
    TESTS,
    Exchange,
    Run,
    coverage_actions,
    discovery_errors,
    external_references,
    instructions,
    option_errors,
    standard_form,
    version_errors,
)
from tests.conformance.cds_hooks.vectors import (
    Caller,
    coverage_in,
    dispatching,
    orders_in,
    selecting,
)

Json = dict[str, Any]

BODIES = [
    "leukine-aml-dose-overage",
    "leukine-aml-zarxio-never-tried",
    "leukine-aml-zarxio-outcome-unknown",
    "kyprolis-krd-five-orders",
    "imfinzi-bladder-cancer",
    "otrexup-daily",
    "darzalex-no-antibody-screen",
    "methotrexate-unbranded-auto-injector",
]
HOOKS = ["order-sign", "order-select", "order-dispatch"]
PRIMARY = ["order-sign", "order-dispatch"]

OF_DRAFTS = "context.draftOrders.entry.resource"
STANDARD = {
    "order-sign": (
        "Patient/{{context.patientId}}",
        "Coverage?patient={{context.patientId}}&status=active",
        f"Medication?_id={{{{{OF_DRAFTS}.ofType(MedicationRequest).medication.resolve().id}}}}",
    ),
    "order-dispatch": (
        "Patient/{{context.patientId}}",
        "Coverage?patient={{context.patientId}}&status=active",
        "MedicationRequest?_id={{context.dispatchedOrders.resolve().ofType(MedicationRequest).id}}",
        "Medication?_id={{%medicationRequests.entry.resource.medication.resolve().id}}",
    ),
}
"""The standard expressions for what the policies need always: patient, coverage, the drug (CRD 2.2.1, Foundation)."""


def body(hook: str, name: str) -> Json:
    """The request of an example, for a hook."""
    request = request_of(name)
    if hook == "order-select":
        return selecting(request, orders_in(request))
    if hook == "order-dispatch":
        return dispatching(request)
    return request


@pytest.fixture(scope="module")
def runs(client: FlaskClient) -> dict[str, Run]:
    call = Caller(client)
    found: dict[str, Run] = {}
    for hook in HOOKS:
        requests = [body(hook, name) for name in BODIES]
        replies = [call(request, f"{hook}-crd") for request in requests]
        pairs = zip(requests, replies, strict=True)
        found[hook] = Run(hook, [Exchange(request, reply.status_code, reply.data) for request, reply in pairs])
    return found


@pytest.mark.rules("D-1", "D-3")
def test_1_02_and_1_03_discovery_is_valid(client: FlaskClient) -> None:
    response = client.get("/cds-services")
    assert list(discovery_errors(response.status_code, response.data)) == []


@pytest.mark.rules("D-11", "D-12", "D-13")
def test_crd_services_declare_versions_and_options(crd_services: list[Json]) -> None:
    assert [problem for service in crd_services for problem in version_errors(service)] == []
    assert [problem for service in crd_services for problem in option_errors(service)] == []


@pytest.mark.rules("D-11", "D-12")
def test_a_server_of_crd_services_only_passes_where_every_service_is_looked_at(
    another: Callable[..., FlaskClient],
) -> None:
    client = another(offered="crd")
    services = client.get("/cds-services").get_json()["services"]
    assert [service["id"] for service in services] == [f"{hook}-crd" for hook in HOOKS]
    assert [problem for each in services for problem in (*version_errors(each), *option_errors(each))] == []
    assert Caller(client)(request_of(BODIES[0]), "order-sign").status_code == 404


@pytest.mark.rules("D-17", "P-1", "P-3")
@pytest.mark.parametrize("hook", PRIMARY)
def test_the_standard_prefetch_expressions_are_used(crd_services: list[Json], hook: str) -> None:
    (service,) = [each for each in crd_services if each["hook"] == hook]
    used = {standard_form(query) for query in service["prefetch"].values()}
    assert {standard_form(query) for query in STANDARD[hook]} <= used


@pytest.mark.rules("C-1", "C-2", "C-12", "C-20", "C-21", "C-22", "C-30", "C-40", "C-41", "B-2", "X-12")
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("number", TESTS)
def test_3_each_test_of_the_group_of_a_hook(runs: dict[str, Run], hook: str, number: str) -> None:
    errors = runs[hook].errors(number)
    assert errors == [] or (errors is None and number in MAY_BE_SKIPPED)


@pytest.mark.rules("C-2", "X-1")
@pytest.mark.parametrize("hook", PRIMARY)
def test_3_every_answer_of_a_primary_hook_has_coverage_information(runs: dict[str, Run], hook: str) -> None:
    for exchange in runs[hook].exchanges:
        one = Run(hook, [exchange])
        assert len(coverage_actions(one)) == len(one.actions) > 0


def test_3_7_all_kinds_of_answers_are_seen_in_some_hook(runs: dict[str, Run]) -> None:
    assert [hook for hook in HOOKS if external_references(runs[hook])]
    assert [hook for hook in HOOKS if instructions(runs[hook])]
    assert [hook for hook in HOOKS if coverage_actions(runs[hook])]
    assert [hook for hook in HOOKS if runs[hook].errors("12") == []]


@pytest.mark.rules("R-8", "X-40", "R-28")
@pytest.mark.parametrize("hook", PRIMARY)
@pytest.mark.parametrize(
    "change",
    [
        lambda request: {**request, "surprise": 1},
        lambda request: {**request, "context": {**request["context"], "surprise": {"a": 1}}},
        lambda request: {**request, "extension": {"davinci-crd.configuration": {"surprise": True}}},
        lambda request: {**request, "extension": {"davinci-crd.configuration": {"coverage": True, "max-cards": 10}}},
        lambda request: {name: member for name, member in request.items() if name != "extension"},
    ],
)
def test_surprises_and_configurations_still_get_coverage_information(call: Caller, hook: str, change: Any) -> None:
    assert call.answer(change(body(hook, BODIES[0])), f"{hook}-crd").coverage()


@pytest.mark.rules("B-6")
def test_a_coverage_that_is_not_in_force_has_the_reason_that_the_suite_looks_for(call: Caller) -> None:
    request = body("order-sign", BODIES[0])
    coverage_in(request)["status"] = "cancelled"
    (information,) = call.answer(request).coverage()
    assert information.one("covered") == "not-covered"
    assert {"coverage-not-found", "no-active-coverage"} & set(information.reason_codes)
