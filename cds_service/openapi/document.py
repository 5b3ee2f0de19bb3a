"""The description: every operation, with what it takes and what it may answer.

Source: OpenAPI 3.1; the schemas are those of the pydantic models (JSON Schema 2020-12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from openapi_pydantic import OpenAPI
from openapi_pydantic.util import PydanticSchema, construct_open_api_with_schema_class
from pydantic import BaseModel

from cds_service.artifacts.search import PARAMETERS
from cds_service.cdshooks.feedback import Feedback
from cds_service.cdshooks.outcome import CONTENT_TYPE
from cds_service.cdshooks.services import Service
from cds_service.openapi.answers import (
    Description,
    Discovery,
    Health,
    HookAnswer,
    OperationOutcome,
    Readiness,
    Resource,
)
from cds_service.openapi.requests import EXAMPLE_FEEDBACK, example_call, refined

JSON = "application/json"
_TOKEN = "clientToken"
_TRUST: list[dict[str, list[str]]] = [{}, {_TOKEN: []}]
"""Nothing, or a token: that is for the operator to say."""

_REFUSALS = {
    400: "The request is not what it has to be; every problem is named.",
    404: "There is no such thing here.",
    405: "Not this method.",
    406: "Only JSON can be had.",
    412: "What the call rests on (its orders, for CRD a coverage) was neither delivered nor obtainable.",
    413: "The body is too large, or holds too many resources or orders.",
    415: "The body is not plain JSON.",
    422: "Well formed, but it cannot be worked with: an order without an id, a version that is not supported.",
    429: "The client has asked too often; `Retry-After` tells in how many seconds it may again.",
    500: "A fault of the service.",
    503: "It could not be stored. Send it again later.",
}
_EVERYWHERE = (405, 429, 500)
_OF_A_BODY = (400, 413, 415)

Json = dict[str, Any]


def openapi_document(
    services: Iterable[Service], artifact_types: Sequence[str], *, packages: bool, metrics: bool = False
) -> Json:
    """The description of a service with these hook services, artifacts of these types, maybe packages of forms.

    `metrics` tells whether `/metrics` is one of its addresses.
    """
    document = OpenAPI.model_validate(
        {
            "openapi": "3.1.1",
            "info": {
                "title": "Oncology drug policies",
                "summary": "CDS Hooks and Da Vinci CRD for oncology drug orders",
                "version": version("oncology-cds"),
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "tags": [
                {"name": "hooks", "description": "CDS Hooks 2.0"},
                {"name": "fhir", "description": "The policies as FHIR R4 artifacts"},
                {"name": "service", "description": "The service itself"},
            ],
            "paths": {
                **_hooks(services),
                **(_fhir(artifact_types, packages=packages) if artifact_types else {}),
                "/healthz": {"get": _watching("health", "Whether the service is up", {200: _json(Health)})},
                "/readyz": {"get": _readiness()},
                **({"/metrics": {"get": _metrics()}} if metrics else {}),
                "/openapi.json": {
                    "get": _operation("describe", "This description", "service", {200: _json(Description)})
                },
            },
            "components": {
                "securitySchemes": {
                    _TOKEN: {
                        "type": "http",
                        "scheme": "bearer",
                        "bearerFormat": "JWT",
                        "description": "The client's own token, where the operator has named clients.",
                    }
                }
            },
        }
    )
    written: Json = construct_open_api_with_schema_class(document).model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude_unset=True
    )
    refined(written["components"]["schemas"])
    return written


# --- CDS Hooks -------------------------------------------------------------------------------------------------------


def _hooks(services: Iterable[Service]) -> Json:
    discovery = _operation(
        "discover", "The services that are offered", "hooks", {200: _json(Discovery), 401: _UNTRUSTED}
    )
    paths: Json = {"/cds-services": {"get": {**discovery, "security": _TRUST}}}
    for service in services:
        # Services of one id share an address; the hook tells them apart, and the first describes it.
        address = f"/cds-services/{service.id}"
        paths.setdefault(address, {"post": _call(service)})
        paths.setdefault(f"{address}/feedback", {"post": _feedback(service)})
    return paths


def _call(service: Service) -> Json:
    answers = {200: _json(HookAnswer), 401: _UNTRUSTED}
    # A dispatch names its orders: they have to be had from somewhere. CRD wants a coverage as well.
    needs_more = service.crd or service.hook == "order-dispatch"
    refusals = (*_OF_A_BODY, 412, 422) if needs_more else (*_OF_A_BODY, 422)
    return {
        **_operation(f"call-{service.id}", service.title, "hooks", answers, refusals),
        "description": service.description,
        "requestBody": _body(service.request_model, {service.hook: example_call(service.hook)}),
        "security": _TRUST,
    }


def _feedback(service: Service) -> Json:
    answers: Mapping[int, Json] = {200: {"description": "Stored. There is no body."}, 401: _UNTRUSTED}
    title = f"What became of the cards of {service.id}"
    return {
        **_operation(f"feedback-{service.id}", title, "hooks", answers, (*_OF_A_BODY, 503)),
        "requestBody": _body(Feedback, {"accepted": EXAMPLE_FEEDBACK}),
        "security": _TRUST,
    }


# --- FHIR ------------------------------------------------------------------------------------------------------------


def _fhir(types: Sequence[str], *, packages: bool) -> Json:
    of_type = _parameter("type", "path", {"type": "string", "enum": list(types)}, "The type of resource.")
    by_id = _parameter("id", "path", {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,64}$"}, "The id of the resource.")
    searched = [
        _parameter(name, "query", {"type": "string"}, f"FHIR search, {kind}") for name, kind in PARAMETERS.items()
    ]
    read: Mapping[int, Json] = {200: _resource(cached=True), 304: {"description": "The client has it already."}}
    paths: Json = {
        "/fhir/metadata": {
            "get": {**_operation("metadata", "What is offered", "fhir", read, (406,)), "parameters": [_FORMAT]}
        },
        "/fhir/{type}": {
            "get": {
                **_operation(
                    "search", "All resources of a type, or those that are searched", "fhir", read, (400, 404, 406)
                ),
                "parameters": [of_type, *searched, _FORMAT],
            }
        },
        "/fhir/{type}/{id}": {
            "get": {
                **_operation("read", "One resource", "fhir", read, (404, 406)),
                "parameters": [of_type, by_id, _FORMAT],
            }
        },
    }
    if packages:
        for prefix, name in (("/Questionnaire", "package"), ("", "package-of-system")):
            paths[f"/fhir{prefix}/$questionnaire-package"] = {"post": _package(name)}
    return paths


def _package(name: str) -> Json:
    answers = {200: _resource(), 401: _UNTRUSTED}
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "questionnaire", "valueCanonical": "…"}]}
    return {
        **_operation(name, "A Questionnaire with all that it needs", "fhir", answers, (*_OF_A_BODY, 404, 406, 422)),
        "description": "The operation `$questionnaire-package` of Da Vinci DTR.",
        "parameters": [_FORMAT],
        "requestBody": _body(Resource, {"questionnaire": parameters}, CONTENT_TYPE),
        "security": _TRUST,
    }


def _parameter(name: str, place: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, "description": description}


_FORMAT = _parameter("_format", "query", {"type": "string", "enum": ["json", CONTENT_TYPE, JSON]}, "Outweighs Accept.")


# --- the service itself ----------------------------------------------------------------------------------------------


def _readiness() -> Json:
    answers = {200: _json(Readiness), 503: {**_json(Readiness), "description": "Not all parts are ready."}}
    part = {"type": "array", "items": {"type": "string", "enum": ["policies", "store", "spool"]}}
    return {
        **_watching("ready", "Whether the service is ready", answers),
        "parameters": [_parameter("exclude", "query", part, "Parts that are left out.")],
    }


def _metrics() -> Json:
    text = {"text/plain": {"schema": {"type": "string"}}}
    answers = {200: {"description": "Prometheus's text format.", "content": text, "headers": _HEADERS}}
    return {
        **_watching("metrics", "Figures of the service", answers, (404,)),
        "description": "Not there for whom the operator does not let see it.",
    }


def _watching(name: str, summary: str, answers: Mapping[int, Json], refusals: Iterable[int] = ()) -> Json:
    """An operation that watches over the service: it is never limited."""
    operation = _operation(name, summary, "service", answers, refusals)
    del operation["responses"]["429"]
    return operation


# --- parts of an operation -------------------------------------------------------------------------------------------


def _operation(name: str, summary: str, tag: str, answers: Mapping[int, Json], refusals: Iterable[int] = ()) -> Json:
    refused = {status: _refusal(status) for status in (*refusals, *_EVERYWHERE)}
    responses = {str(status): response for status, response in sorted({**answers, **refused}.items())}
    return {"operationId": name, "summary": summary, "tags": [tag], "responses": responses}


def _refusal(status: int) -> Json:
    headers = {**_HEADERS, "Retry-After": _header("Seconds.")} if status == 429 else _HEADERS
    return {"description": _REFUSALS[status], "content": _content(CONTENT_TYPE, OperationOutcome), "headers": headers}


def _json(model: type[BaseModel]) -> Json:
    return {"description": _summary(model), "content": _content(JSON, model), "headers": _HEADERS}


def _resource(*, cached: bool = False) -> Json:
    tag = {"ETag": _header("Changes with the content.")} if cached else {}
    return {
        "description": "The resource.",
        "content": _content(CONTENT_TYPE, Resource) | _content(JSON, Resource),
        "headers": _HEADERS | tag,
    }


def _body(model: type[BaseModel], examples: Mapping[str, Any], media_type: str = JSON) -> Json:
    content = _content(media_type, model)
    content[media_type]["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {"required": True, "content": content}


def _content(media_type: str, model: type[BaseModel]) -> Json:
    return {media_type: {"schema": PydanticSchema(schema_class=model)}}


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _header(description: str) -> Json:
    return {"description": description, "required": True, "schema": {"type": "string"}}


_HEADERS = {"X-Request-ID": _header("The id of the request, as sent or made.")}
_UNTRUSTED = {"description": "Not a trusted client; nothing is told of why.", "headers": _HEADERS}
