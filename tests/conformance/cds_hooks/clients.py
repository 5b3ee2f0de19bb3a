"""Three clients, written as EHRs write them: they choose a service, fill its prefetch, call it and judge the answer.

A client that finds one thing wrong with an answer raises Violations. `SloppyClient` knows CDS Hooks 1 and 2 and nothing
else; `Crd201Client` follows CRD 2.0.1 and `Crd221Client` CRD 2.2.1.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient

from tests.conformance.cds_hooks.answers import (
    both_versions,
    crd_violations,
    hooks_violations,
    order_reference,
)
from tests.conformance.cds_hooks.coverage_information import V_2_0_1, V_2_2_1
from tests.conformance.cds_hooks.ehr import SERVER, TOKEN, Ehr
from tests.conformance.cds_hooks.exact import exact, read_exactly

Json = dict[str, Any]


class Violations(AssertionError):
    """What a client found wrong with an answer."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__("\n".join(found))


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back over HTTP."""

    status: int
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class InProcess:
    """HTTP to an application in this process."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def get(self, path: str) -> Reply:
        answer = self._client.get(path)
        return Reply(answer.status_code, answer.content_type, answer.data)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        answer = self._client.post(path, data=body, headers=dict(headers))
        return Reply(answer.status_code, answer.content_type or "", answer.data)


@dataclass(slots=True)
class Signing:
    """What a user does in the EHR: orders for one patient, by one user, with the record behind them."""

    patient_id: str
    user_id: str
    orders: list[Json]
    ehr: Ehr
    encounter_id: str = "enc-1"
    performer: str = "Organization/infusion-center"


@dataclass(slots=True)
class Client:
    """What all clients do."""

    http: Any
    hook: str = "order-sign"

    def service(self) -> Json:
        """The service for the hook, as discovery tells it."""
        reply = self.http.get("/cds-services")
        assert reply.status == 200, reply
        return next(each for each in reply.json["services"] if each["hook"] == self.hook and self.wants(each))

    def wants(self, service: Json) -> bool:
        return True

    def ask(self, signing: Signing) -> Json:
        """The answer to a signing. Raises Violations."""
        service = self.service()
        request = self.request(signing, service)
        reply = self.http.post(
            f"/cds-services/{service['id']}", json.dumps(request).encode(), {"Content-type": "application/json"}
        )
        if reply.status != 200:
            raise Violations([f"{reply.status}: {reply.body.decode()}"])
        if not reply.content_type.startswith("application/json"):
            raise Violations([f"content type {reply.content_type}"])
        answer: Json = read_exactly(reply.body)
        found = self.violations(answer, [exact(order) for order in signing.orders])
        if found:
            raise Violations(found)
        return answer

    def request(self, signing: Signing, service: Json) -> Json:
        context = self.context(signing)
        return {
            "hook": self.hook,
            "hookInstance": str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(context))),
            "context": context,
            "prefetch": self.prefetch(signing, service, context),
        }

    def context(self, signing: Signing) -> Json:
        if self.hook == "order-dispatch":
            return {
                "patientId": signing.patient_id,
                "dispatchedOrders": [order_reference(order) for order in signing.orders],
                "performer": signing.performer,
            }
        context = {
            "userId": signing.user_id,
            "patientId": signing.patient_id,
            "encounterId": signing.encounter_id,
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [
                    {"fullUrl": f"{SERVER}/{order_reference(order)}", "resource": order} for order in signing.orders
                ],
            },
        }
        if self.hook == "order-select":
            context["selections"] = [order_reference(order) for order in signing.orders]
        return context

    def prefetch(self, signing: Signing, service: Json, context: Json) -> Json:
        """Every key that a client of CDS Hooks 2.0 can fill; null where there is nothing."""
        return self.record(signing).prefetch(service["prefetch"], context, simple=True, empty="null")

    def record(self, signing: Signing) -> Ehr:
        """The record at the time of the call: orders that are dispatched are in it, drafts are not."""
        ehr = copy.copy(signing.ehr)
        if self.hook == "order-dispatch":
            ehr = Ehr([*signing.orders, *signing.ehr.all])
        return ehr

    def violations(self, answer: Json, orders: Sequence[Json]) -> list[str]:
        return hooks_violations(answer, orders)


class SloppyClient(Client):
    """Follows CDS Hooks only, and not always: no coverage, no extension, nulls, odd Bundles, absolute references.

    It takes the first service of the hook, cares for cards only, and chokes on anything that it has not asked for.
    """

    def prefetch(self, signing: Signing, service: Json, context: Json) -> Json:
        filled = Client.prefetch(self, signing, service, context)
        filled.pop("coverage", None)
        return {**filled, "notAskedFor": {"resourceType": "Basic", "id": "b"}, "nor": None}

    def request(self, signing: Signing, service: Json) -> Json:
        request = Client.request(self, signing, service)
        return {**without_bundle_niceties(request), "vendor": {"trace": [1, None]}, "extension": None}

    def context(self, signing: Signing) -> Json:
        return {**Client.context(self, signing), "encounterId": None, "department": ""}

    def violations(self, answer: Json, orders: Sequence[Json]) -> list[str]:
        found = hooks_violations(answer, orders, tidy=False)
        if "systemActions" in answer:
            found.append("a system action that nobody asked for")
        return found


def without_bundle_niceties(value: Any) -> Any:
    """The value with Bundles that have neither type nor total, and entries without fullUrl and search."""
    if isinstance(value, dict):
        left_out = {"type", "total"} if value.get("resourceType") == "Bundle" else set()
        if "resource" in value:
            left_out = {"fullUrl", "search"}
        return {
            name: without_bundle_niceties(member)
            for name, member in value.items()
            if name not in left_out or name == "resource"
        }
    if isinstance(value, list):
        return [without_bundle_niceties(member) for member in value]
    return value


@dataclass(slots=True)
class CrdClient(Client):
    """What clients of both versions of CRD do."""

    configuration: Json = field(default_factory=dict)
    requested: str = ""

    def wants(self, service: Json) -> bool:
        return "davinci-crd.configuration-options" in service.get("extension", {})

    def request(self, signing: Signing, service: Json) -> Json:
        request = Client.request(self, signing, service)
        request |= {
            "fhirServer": SERVER,
            "fhirAuthorization": {
                "access_token": TOKEN,
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": "patient/*.read",
                "subject": "cds-service",
                "patient": signing.patient_id,
            },
        }
        extension: Json = {}
        if self.configuration:
            extension["davinci-crd.configuration"] = self.configuration
        if self.requested:
            extension["davinci-crd.requestedVersion"] = self.requested
        return {**request, **({"extension": extension} if extension else {})}

    def versions(self) -> Sequence[str]:
        return both_versions(self.requested)

    def violations(self, answer: Json, orders: Sequence[Json]) -> list[str]:
        found = hooks_violations(answer, orders)
        if found:
            return found
        return [
            *crd_violations(answer, orders, hook=self.hook, versions=self.versions()),
            *self.missing_actions(answer, orders),
            *self.not_configured(answer),
        ]

    def missing_actions(self, answer: Json, orders: Sequence[Json]) -> list[str]:
        """On the primary hooks every order gets coverage information, unless that is switched off."""
        if self.hook == "order-select" or self.configuration.get("coverage-info") is False:
            return []
        updated = {order_reference(action["resource"]) for action in answer.get("systemActions", [])}
        return [
            f"no coverage information for {order_reference(order)}"
            for order in orders
            if order_reference(order) not in updated
        ]

    def not_configured(self, answer: Json) -> list[str]:
        """Cards of a topic that is switched off, or more than are wanted."""
        most = self.configuration.get("max-cards", 10)
        topics = {card["source"]["topic"]["code"] for card in answer["cards"]}
        found = [f"{code} is switched off" for code in topics if self.configuration.get(code) is False]
        if len(answer["cards"]) > most:
            found.append(f"{len(answer['cards'])} cards are more than {most}")
        if self.configuration.get("coverage-info") is False and "systemActions" in answer:
            found.append("coverage information is switched off")
        return found


class Crd201Client(CrdClient):
    """Follows CRD 2.0.1: fills simple tokens only, leaves the rest to be read from its FHIR server, sends null."""

    def versions(self) -> Sequence[str]:
        return (V_2_0_1,)


class Crd221Client(CrdClient):
    """Follows CRD 2.2.1: evaluates every token, sends Bundles without entries, reads `davinci-crd.version`."""

    def wants(self, service: Json) -> bool:
        return "2.2" in service.get("extension", {}).get("davinci-crd.version", [])

    def prefetch(self, signing: Signing, service: Json, context: Json) -> Json:
        return self.record(signing).prefetch(service["prefetch"], context, simple=False, empty="bundle")

    def versions(self) -> Sequence[str]:
        return (V_2_2_1,)
