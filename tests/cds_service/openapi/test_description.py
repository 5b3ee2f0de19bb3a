"""The description is valid, complete, and true of the examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from cds_service.app import create_app
from cds_service.openapi.document import openapi_document
from cds_service.openapi.requests import EXAMPLE_FEEDBACK, REFINEMENTS, example_call

EXAMPLES = Path(__file__).parents[3] / "fhir_examples"
PAGES = ("/policies", "/static", "/playground")
"""What is for people to look at."""


def validator(document: dict[str, Any], name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def problems(document: dict[str, Any], name: str, value: Any) -> list[str]:
    found = sorted(validator(document, name).iter_errors(value), key=str)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method.upper(), operation


def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1.")


def test_every_address_that_is_served_is_described(whole: Flask, document: dict[str, Any]) -> None:
    served = {
        (method, str(rule))
        for rule in whole.url_map.iter_rules()
        for method in rule.methods or ()
        if method in ("GET", "POST") and not str(rule).startswith(PAGES)
    }
    ids = {service["id"] for service in whole.test_client().get("/cds-services").get_json()["services"]}
    described = {(method, _as_rule(path, ids)) for path, method, _ in operations(document)}
    # A GET of the operation is routed only to be refused.
    refused = {rule for rule in served if "$" in rule[1] and rule[0] == "GET"}
    assert served - refused == described


def _as_rule(path: str, ids: set[str]) -> str:
    _, _, rest = path.partition("/cds-services/")
    if rest and rest.removesuffix("/feedback") in ids:
        return f"/cds-services/<service_id>{'/feedback' if rest.endswith('/feedback') else ''}"
    return path.replace("{type}", "<type_name>").replace("{id}", "<identity>")


def test_every_operation_has_a_name_of_its_own_and_tells_what_can_go_wrong(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for path, method, operation in operations(document):
        assert {"200", "405", "500"} <= set(operation["responses"]), path
        if method == "POST":
            assert {"400", "401", "413", "415"} <= set(operation["responses"]), path


def test_all_services_are_described_with_their_own_request(document: dict[str, Any]) -> None:
    bodies = {
        path: operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for path, method, operation in operations(document)
        if method == "POST" and re.fullmatch(r"/cds-services/[^/]+", path)
    }
    assert bodies == {
        "/cds-services/order-sign": "OrderSignRequest",
        "/cds-services/order-select": "OrderSelectRequest",
        "/cds-services/order-dispatch": "OrderDispatchRequest",
        "/cds-services/order-sign-crd": "OrderSignRequest",
        "/cds-services/order-select-crd": "OrderSelectRequest",
        "/cds-services/order-dispatch-crd": "OrderDispatchRequest",
    }


def test_what_is_not_offered_is_not_described(settings: Any, decider: Any, services: Any) -> None:
    app = create_app(settings, decider, services=services)
    paths = app.test_client().get("/openapi.json").get_json()["paths"]
    assert not [path for path in paths if path.startswith("/fhir")]
    document = openapi_document(services, ["Library"], packages=False)
    assert not [path for path in document["paths"] if "package" in path]


def test_every_refinement_is_of_a_schema_that_is_there(document: dict[str, Any]) -> None:
    assert REFINEMENTS.keys() <= document["components"]["schemas"].keys()


def test_no_answer_is_described_with_null(document: dict[str, Any]) -> None:
    for name in ("HookAnswer", "Card", "Determined", "Suggestion", "Action", "OfferedService", "OperationOutcome"):
        assert '"null"' not in json.dumps(document["components"]["schemas"][name]), name


def test_the_examples_of_the_description_are_answered(whole: Flask, document: dict[str, Any]) -> None:
    client = whole.test_client()
    for path, method, operation in operations(document):
        if method == "POST" and path.startswith("/cds-services"):
            for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
                response = client.post(path, json=example["value"])
                assert response.status_code == 200, (path, response.text)


@pytest.mark.parametrize(
    ("name", "value"),
    [(f"{hook.title().replace('-', '')}Request", example_call(hook)) for hook in ("order-sign", "order-select")]
    + [("OrderDispatchRequest", example_call("order-dispatch")), ("Feedback", EXAMPLE_FEEDBACK)],
)
def test_the_examples_of_the_description_are_as_described(document: dict[str, Any], name: str, value: Any) -> None:
    assert problems(document, name, value) == []


def test_a_call_of_hook_version_1_0_is_as_described_too(document: dict[str, Any]) -> None:
    call = example_call("order-dispatch")
    context = {"patientId": "p", "performer": "Organization/o", "order": "MedicationRequest/m", "task": {}}
    assert problems(document, "OrderDispatchRequest", {**call, "context": context}) == []
    del context["order"]
    assert problems(document, "OrderDispatchRequest", {**call, "context": context}) != []


class TestExamplesOfTheProject:
    @pytest.fixture(params=sorted(path.stem for path in EXAMPLES.glob("order-sign/*.json")))
    def call(self, request: pytest.FixtureRequest) -> dict[str, Any]:
        text = (EXAMPLES / "order-sign" / f"{request.param}.json").read_text(encoding="utf-8")
        return dict(json.loads(text))

    def test_each_is_a_call_as_described(self, document: dict[str, Any], call: dict[str, Any]) -> None:
        assert problems(document, "OrderSignRequest", call) == []

    def test_each_is_answered_as_described_with_and_without_crd(
        self, whole: Flask, document: dict[str, Any], call: dict[str, Any]
    ) -> None:
        for service in ("order-sign", "order-sign-crd"):
            response = whole.test_client().post(f"/cds-services/{service}", json=call)
            name = "HookAnswer" if response.status_code == 200 else "OperationOutcome"
            assert problems(document, name, response.get_json(force=True)) == []


def test_discovery_and_health_are_as_described(whole: Flask, document: dict[str, Any]) -> None:
    client = whole.test_client()
    assert problems(document, "Discovery", client.get("/cds-services").get_json()) == []
    assert problems(document, "Health", client.get("/healthz").get_json()) == []


def test_a_browser_may_read_it(whole: Flask) -> None:
    response = whole.test_client().get("/openapi.json", headers={"Origin": "https://docs.example"})
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "https://docs.example")
    assert response.mimetype == "application/json"
