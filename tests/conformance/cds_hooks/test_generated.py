"""Generated variations: what careless clients do to a request changes no decision, whatever they configure."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance.cds_hooks.answers import (
    both_versions,
    coverage_action_violations,
    crd_violations,
    hooks_violations,
)
from tests.conformance.cds_hooks.clients import Crd221Client, InProcess
from tests.conformance.cds_hooks.coverage_information import V_2_0_1, V_2_2_1
from tests.conformance.cds_hooks.exact import exact, read_exactly
from tests.conformance.cds_hooks.examples import names, request_of, signing_of
from tests.conformance.cds_hooks.sloppiness import CHANGES, sloppy
from tests.conformance.cds_hooks.vectors import (
    Answer,
    Caller,
    dispatching,
    extended,
    order_in,
    orders_in,
    selecting,
    without_prefetch,
)

Json = dict[str, Any]

EXAMPLES = st.sampled_from(names())
CONFIGURATIONS = st.fixed_dictionaries(
    {}, optional={"max-cards": st.integers(0, 3), "coverage-info": st.booleans(), "limits": st.booleans()}
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FEW = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@cache
def _decided(name: str, caller: Caller) -> Answer:
    return caller.answer(request_of(name), "order-sign")


@pytest.fixture(scope="module")
def caller(client: Any) -> Caller:
    return Caller(client)


@pytest.mark.rules("R-8", "R-12", "R-14", "R-21", "P-12", "R-27", "P-4")
@pytest.mark.parametrize("change", CHANGES)
def test_each_carelessness_changes_no_decision(caller: Caller, change: str) -> None:
    for name in names()[::4]:
        answer = caller.answer(sloppy(request_of(name), change), "order-sign")
        assert answer.statuses == _decided(name, caller).statuses, name
        assert answer.kinds == _decided(name, caller).kinds, name


@pytest.mark.rules("R-8", "R-12", "R-14", "R-21", "P-12")
@FEW
@given(name=EXAMPLES, changes=st.sets(st.sampled_from(sorted(CHANGES)), min_size=2))
def test_any_carelessness_together_changes_no_decision(caller: Caller, name: str, changes: set[str]) -> None:
    answer = caller.answer(sloppy(request_of(name), *changes), "order-sign")
    assert answer.statuses == _decided(name, caller).statuses
    assert answer.kinds == _decided(name, caller).kinds
    assert hooks_violations(answer.json, orders_in(sloppy(request_of(name), *changes)), tidy=False) == []


@pytest.mark.rules("X-40", "X-41", "Q-2", "Q-3")
@FEW
@given(
    name=EXAMPLES,
    hook=st.sampled_from(["order-sign", "order-select", "order-dispatch"]),
    requested=st.sampled_from(["", "2.1", "2.2"]),
    configuration=CONFIGURATIONS,
)
def test_a_strict_client_finds_nothing_wrong_however_it_is_configured(
    http: InProcess, name: str, hook: str, requested: str, configuration: Json
) -> None:
    Crd221Client(http, hook, requested=requested, configuration=configuration).ask(signing_of(name))


@pytest.mark.rules("X-10", "X-11", "X-12", "P-24", "P-25", "P-26")
@FEW
@given(
    name=EXAMPLES, changes=st.sets(st.sampled_from(sorted(CHANGES))), dropped=st.sets(st.integers(0, 14), max_size=6)
)
def test_a_careless_client_of_crd_gets_its_orders_back_as_it_sent_them(
    caller: Caller, name: str, changes: set[str], dropped: set[int]
) -> None:
    request = sloppy(request_of(name), *changes)
    keys = sorted(key for key in request["prefetch"] if "coverage" not in key)
    request = without_prefetch(request, *(key for number, key in enumerate(keys) if number in dropped))
    response = caller(request)
    assert response.status_code == 200, response.text
    answer = read_exactly(response.data)
    orders = [exact(order) for order in orders_in(request)]
    found = [
        problem
        for action in answer["systemActions"]
        for problem in coverage_action_violations(action, orders, (V_2_0_1, V_2_2_1))
    ]
    assert found == []
    assert len(answer["systemActions"]) == len(orders)


@pytest.mark.rules("X-40", "R-10", "R-11", "E-1")
@FEW
@given(configuration=JSON, requested=JSON, other=JSON, hook=st.sampled_from(["order-sign", "order-select"]))
def test_no_extension_of_the_request_makes_the_service_fail(
    caller: Caller, configuration: Any, requested: Any, other: Any, hook: str
) -> None:
    request = request_of("leukine-aml-dose-overage")
    if hook == "order-select":
        request = selecting(request, orders_in(request))
    members = {
        "davinci-crd.configuration": configuration,
        "davinci-crd.requestedVersion": requested,
        "davinci-crd.other": other,
    }
    response = caller(extended(request, **members), f"{hook}-crd")
    assert response.status_code == (200 if requested is None else 422)
    assert caller(extended(request, **members), hook).status_code == 200


@pytest.mark.rules("P-12", "R-6", "R-12", "S-15")
@FEW
@given(key=st.sampled_from(["patient", "conditions", "medicationStatements", "organizations", "any"]), value=JSON)
def test_no_prefetch_makes_the_service_fail(caller: Caller, key: str, value: Any) -> None:
    request = request_of("kyprolis-krd-five-orders")
    request["prefetch"][key] = value
    answer = caller.answer(request)
    versions = both_versions("")
    orders = [exact(order) for order in orders_in(request)]
    assert crd_violations(exact(answer.json), orders, hook="order-sign", versions=versions) == []


@pytest.mark.rules("R-12", "X-11", "R-29")
@FEW
@given(element=st.sampled_from(["dosageInstruction", "medicationCodeableConcept", "note", "extension"]), value=JSON)
def test_no_element_of_an_order_makes_the_service_fail(caller: Caller, element: str, value: Any) -> None:
    request = request_of("leukine-aml-dose-overage")
    order_in(request)[element] = value
    for each, service in ((request, "order-sign-crd"), (dispatching(request), "order-dispatch-crd")):
        answer = caller.answer(each, service)
        assert [action["resource"]["id"] for action in answer.actions] == [order_in(request)["id"]]
