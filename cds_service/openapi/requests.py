"""What the models of requests say in validators, said in JSON Schema too, and an example for each hook.

The models read leniently and check by code; a reader of the description sees here what they take. Tests hold every
example of the project to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cds_service.cdshooks.orders import ORDER_TYPES

_ID = "[A-Za-z0-9._-]{1,128}"
_BASE = r"(https?://[^\s?#]+/)?"

_ORDER = {
    "type": "object",
    "description": "An order; MedicationRequests are evaluated.",
    "required": ["resourceType", "id"],
    "properties": {
        "resourceType": {"enum": sorted(ORDER_TYPES)},
        "id": {"type": "string", "pattern": f"^{_ID}$"},
    },
}
_DRAFTS = {
    "type": "object",
    "description": "A FHIR Bundle with at least one order, and what the orders refer to.",
    "required": ["resourceType", "entry"],
    "properties": {
        "resourceType": {"const": "Bundle"},
        "entry": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["resource"],
                "properties": {"resource": {"$ref": "#/components/schemas/Resource"}},
            },
            "contains": {"type": "object", "required": ["resource"], "properties": {"resource": _ORDER}},
        },
    },
}
_PATIENT: dict[str, Any] = {"pattern": f"^{_ID}$", "description": "The id of the patient, without `Patient/`."}
_ENCOUNTER: dict[str, Any] = {"pattern": f"^({_ID})?$", "description": "The id of the encounter, without `Encounter/`."}
_USER: dict[str, Any] = {
    "pattern": f"^{_BASE}(Practitioner|PractitionerRole)/{_ID}$",
    "description": "Who is signing: `Practitioner/…` or `PractitionerRole/…`.",
}
_MAYBE_A_USER: dict[str, Any] = {**_USER, "pattern": f"^({_BASE}(Practitioner|PractitionerRole)/{_ID})?$"}
_REFERENCE = {"type": "string", "pattern": f"^{_BASE}[A-Z][A-Za-z]+/{_ID}$"}
_REQUEST: dict[str, dict[str, Any]] = {
    "hookInstance": {"format": "uuid", "description": "A UUID of this call."},
    "fhirServer": {
        "pattern": r"^(https?://[A-Za-z0-9.-]+(:[0-9]{1,4})?(/[A-Za-z0-9._~%/-]*)?)?$",
        "description": "The address of the FHIR server of the client, over https.",
    },
    "fhirAuthorization": {"description": "The token for that server; only beside `fhirServer`."},
    "prefetch": {"description": "What was fetched for the keys that discovery names: resources, Bundles, or null."},
    "extension": {"description": "For Da Vinci CRD: `davinci-crd.requestedVersion`, `davinci-crd.configuration`."},
}

REFINEMENTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "OrderSignRequest": {"hook": {"const": "order-sign"}, **_REQUEST},
    "OrderSelectRequest": {"hook": {"const": "order-select"}, **_REQUEST},
    "OrderDispatchRequest": {"hook": {"const": "order-dispatch"}, **_REQUEST},
    "OrderSignContext": {"patientId": _PATIENT, "userId": _USER, "encounterId": _ENCOUNTER, "draftOrders": _DRAFTS},
    "OrderSelectContext": {
        "patientId": _PATIENT,
        "userId": _USER,
        "encounterId": _ENCOUNTER,
        "draftOrders": _DRAFTS,
        "selections": {"items": _REFERENCE, "description": "Which of the draft orders were just selected."},
    },
    "OrderDispatchContext": {
        "patientId": _PATIENT,
        "userId": _MAYBE_A_USER,
        "encounterId": _ENCOUNTER,
        "dispatchedOrders": {"items": _REFERENCE, "description": "The orders that go to the performer."},
        "performer": {"pattern": _REFERENCE["pattern"], "description": "Who performs them."},
        "fulfillmentTasks": {"description": "What the performer is to do, a Task for each order."},
    },
    "FhirAuthorization": {
        "access_token": {"pattern": "^[!-~]+$"},
        "token_type": {"pattern": "^[Bb][Ee][Aa][Rr][Ee][Rr]$"},
    },
    "FeedbackItem": {
        "outcome": {"enum": ["accepted", "overridden"]},
        "outcomeTimestamp": {"description": "RFC 3339, in UTC."},
        "card": {"description": "The uuid of the card."},
        "acceptedSuggestions": {"description": "What was taken; must be there when the outcome is accepted."},
    },
    "Feedback": {"feedback": {"minItems": 1}},
}
"""What is added to the members of a schema, by the name of the schema and of the member."""

_TOKEN_WITH_SERVER: Mapping[str, Any] = {
    "if": {"required": ["fhirAuthorization"], "properties": {"fhirAuthorization": {"type": "object"}}},
    "then": {"required": ["fhirServer"], "properties": {"fhirServer": {"type": "string", "minLength": 1}}},
}
_WHOLE: Mapping[str, Mapping[str, Any]] = {
    "OrderSignRequest": _TOKEN_WITH_SERVER,
    "OrderSelectRequest": _TOKEN_WITH_SERVER,
    "OrderDispatchRequest": _TOKEN_WITH_SERVER,
    "OrderDispatchContext": {
        "required": ["patientId", "performer"],
        "anyOf": [{"required": ["dispatchedOrders"]}, {"required": ["order"]}],
    },
    "FeedbackItem": {
        "if": {"properties": {"outcome": {"const": "accepted"}}},
        "then": {"required": ["acceptedSuggestions"], "properties": {"acceptedSuggestions": {"minItems": 1}}},
    },
}
"""What is added to a schema as a whole: what members have to do with each other."""

_DISPATCH_1_0 = {
    "order": {**_REFERENCE, "deprecated": True, "description": "Hook version 1.0: the only order that is dispatched."},
    "task": {"type": "object", "deprecated": True, "description": "Hook version 1.0: the Task for it."},
}

_EXAMPLE_ORDER = {
    "resourceType": "MedicationRequest",
    "id": "order-1",
    "status": "draft",
    "intent": "order",
    "medicationCodeableConcept": {"text": "A drug"},
    "subject": {"reference": "Patient/patient-1"},
    "authoredOn": "2026-04-14",
}
_EXAMPLE_CONTEXT: Mapping[str, Any] = {
    "userId": "Practitioner/practitioner-1",
    "patientId": "patient-1",
    "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": _EXAMPLE_ORDER}]},
}
_EXAMPLE_CONTEXTS: Mapping[str, Mapping[str, Any]] = {
    "order-sign": _EXAMPLE_CONTEXT,
    "order-select": {**_EXAMPLE_CONTEXT, "selections": ["MedicationRequest/order-1"]},
    "order-dispatch": {
        "patientId": "patient-1",
        "dispatchedOrders": ["MedicationRequest/order-1"],
        "performer": "Organization/pharmacy-1",
    },
}
_EXAMPLE_PREFETCH = {
    "patient": {"resourceType": "Patient", "id": "patient-1", "birthDate": "1964-02-29"},
    "coverage": {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [
            {
                "resource": {
                    "resourceType": "Coverage",
                    "id": "coverage-1",
                    "status": "active",
                    "beneficiary": {"reference": "Patient/patient-1"},
                    "payor": [{"display": "A health plan"}],
                }
            }
        ],
    },
    "medicationRequests": {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": _EXAMPLE_ORDER}]},
}

EXAMPLE_FEEDBACK = {
    "feedback": [
        {
            "card": "1a5a3196-65e1-515e-ac79-28d0126fcd1d",
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": "94e5f667-9efa-5716-8ac5-1efb898ec955"}],
            "outcomeTimestamp": "2026-04-14T16:05:00Z",
        }
    ]
}


def example_call(hook: str) -> dict[str, Any]:
    """A call of a hook that can be answered as it is."""
    return {
        "hook": hook,
        "hookInstance": "2e82516d-bbef-53ca-a40a-3e2870f891d0",
        "context": _EXAMPLE_CONTEXTS[hook],
        "prefetch": _EXAMPLE_PREFETCH,
    }


def refined(schemas: dict[str, Any]) -> dict[str, Any]:
    """The schemas of models, with what their validators check, and without the titles that repeat the names of members.

    Raises KeyError for a refinement of a member that is not there.
    """
    for schema in schemas.values():
        for member in schema.get("properties", {}).values():
            member.pop("title", None)
    for name in REFINEMENTS.keys() & schemas.keys():
        for member, added in REFINEMENTS[name].items():
            schemas[name]["properties"][member].update(added)
    for name in _WHOLE.keys() & schemas.keys():
        schemas[name].update(_WHOLE[name])
    if "OrderDispatchContext" in schemas:
        schemas["OrderDispatchContext"]["properties"].update(_DISPATCH_1_0)
    return schemas
