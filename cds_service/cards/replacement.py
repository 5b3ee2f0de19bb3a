"""The suggestion that replaces an order by one for the drug that the policy wants first."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping
from typing import Any

from fhir.resources.R4B.medicationrequest import MedicationRequest
from pydantic import ValidationError

from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.determination import Alternative
from cql_like_rules.orders.order import Order

from .amounts import UCUM, DoseUnit, exact, json_number, unit_words, without_time
from .content import NoSuggestion, Suggestion
from .dose_change import LABEL_LENGTH
from .identity import NAMESPACE
from .routes import SNOMED, named_route
from .text import clipped, plain

# What the new order shares with the one it replaces: the patient, the reason, who asks and who pays. The prior
# prescription is not among it, as the new drug continues nothing.
_CARRIED_OVER = (
    "category",
    "priority",
    "subject",
    "encounter",
    "authoredOn",
    "requester",
    "reasonCode",
    "reasonReference",
    "insurance",
)


def replacement(order: Order, alternative: Alternative, *, recommended: bool) -> Suggestion | NoSuggestion:
    """A delete of the order and a create of a draft for the alternative with its own dose, to be done together.

    The new order is checked as FHIR R4B; when the order it is made from lacks what every order needs, the reason is
    returned instead.
    """
    if alternative.dose is None:
        return NoSuggestion(f"The policy gives no dose of {plain(alternative.name)} for this use; order it by hand.")
    draft = _draft(order, alternative, alternative.dose)
    try:
        MedicationRequest.model_validate(draft)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "resource"
        return NoSuggestion(
            f"An order for {plain(alternative.name)} could not be prepared, "
            f"because {plain(place)} of this order is missing or not valid FHIR."
        )
    ordered = clipped(plain(order.product.name) or "this order", LABEL_LENGTH // 2)
    dose = dose_words(alternative, alternative.dose)
    return Suggestion(
        label=_label(ordered, plain(alternative.name), dose),
        actions=(
            {"type": "delete", "description": f"Remove the order for {ordered}", "resourceId": order.reference},
            {"type": "create", "description": f"Order {plain(alternative.name)} {dose}", "resource": draft},
        ),
        recommended=recommended,
    )


def _label(ordered: str, name: str, dose: str) -> str:
    """What the click does, in the fullest words that have room: a dose is cut off last."""
    full = f"Replace {ordered} with {name} {dose}"
    shorter = (full, f"Replace with {name} {dose}", f"Order {name} {dose}")
    return next((label for label in shorter if len(label) <= LABEL_LENGTH), clipped(full, LABEL_LENGTH))


def _draft(order: Order, alternative: Alternative, dose: Quantity) -> dict[str, Any]:
    draft: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": str(uuid.uuid5(NAMESPACE, f"{order.reference} {alternative.system} {alternative.code}")),
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": alternative.system, "code": alternative.code, "display": alternative.display}],
            "text": alternative.name,
        },
    }
    for name in _CARRIED_OVER:
        value = order.resource.get(name)
        if value and not _points_inside(value):
            draft[name] = copy.deepcopy(value)
    draft["dosageInstruction"] = [_instruction(alternative, dose)]
    return draft


def _points_inside(value: Any) -> bool:
    """Whether the value refers to a resource contained in the old order, which the new one does not have."""
    if isinstance(value, Mapping):
        return str(value.get("reference", "")).startswith("#")
    return isinstance(value, list) and any(_points_inside(entry) for entry in value)


def _instruction(alternative: Alternative, dose: Quantity) -> dict[str, Any]:
    parts = DoseUnit.of(dose.unit)
    instruction: dict[str, Any] = {"text": dose_words(alternative, dose)}
    if parts.time:
        instruction["timing"] = {"repeat": {"frequency": 1, "period": 1, "periodUnit": parts.time}}
    if alternative.route_code or alternative.route_display:
        instruction["route"] = _route(alternative)
    instruction["doseAndRate"] = [
        {
            "doseQuantity": {
                "value": json_number(dose.value),
                "unit": unit_words(parts.per_administration),
                "system": UCUM,
                "code": parts.per_administration,
            }
        }
    ]
    return instruction


def _route(alternative: Alternative) -> dict[str, Any]:
    """The route coded when the code is one of SNOMED CT; an order's own route may come from another system."""
    if not alternative.route_code.isdecimal():
        return {"text": alternative.route_display or alternative.route_code}
    coding = {"system": SNOMED, "code": alternative.route_code}
    if alternative.route_display:
        coding["display"] = alternative.route_display
    return {"coding": [coding]}


def dose_words(alternative: Alternative, dose: Quantity) -> str:
    """`5 mcg/kg SC daily`."""
    once = exact(without_time(dose))
    route = named_route(alternative.route_code, alternative.route_display)
    time = exact(dose).removeprefix(once).strip()
    return " ".join(part for part in (once, route, time) if part)
