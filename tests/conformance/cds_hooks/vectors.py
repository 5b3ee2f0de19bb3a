"""Short ways to write a request and to read an answer, for tests that are about one thing each."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conformance.cds_hooks.coverage_information import CoverageInformation, read_coverage_information
from tests.conformance.cds_hooks.examples import request_of

Json = dict[str, Any]


class Caller:
    """Posts requests to services by their ids."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def __call__(self, request: Json | bytes, service: str = "order-sign-crd", **options: Any) -> TestResponse:
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        options.setdefault("content_type", "application/json")
        return self.client.post(f"/cds-services/{service}", data=body, **options)

    def answer(self, request: Json, service: str = "order-sign-crd") -> Answer:
        """The answer, which has to be 200."""
        response = self(request, service)
        assert response.status_code == 200, response.text
        return Answer(response.get_json())


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, by what tests ask of it."""

    json: Json

    @property
    def cards(self) -> list[Json]:
        return list(self.json["cards"])

    @property
    def actions(self) -> list[Json]:
        return list(self.json.get("systemActions", []))

    @property
    def topics(self) -> list[str]:
        return [card["source"]["topic"]["code"] for card in self.cards]

    @property
    def kinds(self) -> list[str]:
        return [card["extension"]["oncology-cds"]["kind"] for card in self.cards]

    @property
    def determinations(self) -> list[Json]:
        return list(self.json.get("extension", {}).get("oncology-cds", {}).get("determinations", []))

    @property
    def statuses(self) -> dict[str, str]:
        """Everything that was decided: orders and policies, and each of their criteria."""
        found: dict[str, str] = {}
        for each in self.determinations:
            place = f"{each['order']} {each['policy']['id']}"
            found[place] = f"{each['status']} {each.get('section', '')}"
            found |= {f"{place} {criterion['id']}": criterion["status"] for criterion in each["criteria"]}
        return found

    def coverage(self, order: str = "") -> list[CoverageInformation]:
        """The coverage-information of one order (`Type/id`), or of all of them."""
        resources = [action["resource"] for action in self.actions]
        return [
            information
            for resource in resources
            if not order or f"{resource['resourceType']}/{resource['id']}" == order
            for information in read_coverage_information(resource)
        ]


def orders_in(request: Json) -> list[Json]:
    return [entry["resource"] for entry in request["context"]["draftOrders"]["entry"]]


def order_in(request: Json, number: int = 0) -> Json:
    return orders_in(request)[number]


def resources_of(request: Json, type_name: str) -> list[Json]:
    """The resources of a type that the prefetch brings."""
    found: list[Json] = []
    for value in request["prefetch"].values():
        inside = [value, *(entry["resource"] for entry in (value or {}).get("entry", []))]
        found += [each for each in inside if each and each["resourceType"] == type_name]
    return found


def coverage_in(request: Json) -> Json:
    return resources_of(request, "Coverage")[0]


def configured(request: Json, **options: Any) -> Json:
    """The request with a configuration; `_` in a name is `-`."""
    options = {name.replace("_", "-"): value for name, value in options.items()}
    return extended(request, **{"davinci-crd.configuration": options})


def extended(request: Json, **members: Any) -> Json:
    """The request with members in its `extension`."""
    return {**request, "extension": {**request.get("extension", {}), **members}}


def version(request: Json, number: str) -> Json:
    return extended(request, **{"davinci-crd.requestedVersion": number})


def with_server(request: Json, server: str, token: str) -> Json:
    """The request with a FHIR server and a token for it."""
    authorization = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "cds-service",
    }
    return {**request, "fhirServer": server, "fhirAuthorization": authorization}


def without_prefetch(request: Json, *keys: str) -> Json:
    return {**request, "prefetch": {key: value for key, value in request["prefetch"].items() if key not in keys}}


def with_prefetch(request: Json, **values: Any) -> Json:
    return {**request, "prefetch": {**request["prefetch"], **values}}


def selecting(request: Json, selected: Iterable[Json]) -> Json:
    """The same as order-select, of these orders."""
    selections = [f"{order['resourceType']}/{order['id']}" for order in selected]
    return {**request, "hook": "order-select", "context": {**request["context"], "selections": selections}}


def dispatching(request: Json, **context: Any) -> Json:
    """The same orders as order-dispatch: they stand in the prefetch, and the context names them."""
    orders = orders_in(request)
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": order} for order in orders]}
    told = {
        "patientId": request["context"]["patientId"],
        "dispatchedOrders": [f"{order['resourceType']}/{order['id']}" for order in orders],
        "performer": "Organization/infusion-center",
    }
    changed: Mapping[str, Any] = {"hook": "order-dispatch", "context": {**told, **context}}
    return with_prefetch({**request, **changed}, dispatched=bundle)


def new_call(request: Json) -> Json:
    """The request as another call."""
    return {**request, "hookInstance": str(uuid.uuid4())}


def dose_too_high() -> Json:
    """An order above the limit: one card with one change to choose."""
    return request_of("leukine-aml-dose-overage")


def all_met() -> Json:
    """An order that meets everything."""
    return request_of("leukine-aml-met")


def other_drug_first() -> Json:
    """An order for a drug before which another one has to be tried."""
    return request_of("leukine-aml-zarxio-never-tried")


def not_documented() -> Json:
    """An order for which something is missing."""
    return request_of("leukine-aml-zarxio-outcome-unknown")


def five_orders() -> Json:
    """A regimen of five orders, one policy."""
    return request_of("kyprolis-krd-five-orders")


def two_policies() -> Json:
    """Orders that two policies are about."""
    return request_of("daratumumab-carfilzomib-two-answers")
