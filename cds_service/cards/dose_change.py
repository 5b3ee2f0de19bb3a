"""The suggestion that sets the dose of an order to the highest that the policy allows, or to the recommended one."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.determination import DoseLimit
from cql_like_rules.orders.order import Order

from .amounts import UCUM, exact, json_number, unit_words
from .content import NoSuggestion, Suggestion
from .doses import repaired_dose, strength_that_fits
from .routes import route_words
from .text import clipped, plain

LABEL_LENGTH = 60

_SEVERAL_INSTRUCTIONS = "The order has several dosage instructions; change the dose in them by hand."
_NOT_ONE_QUANTITY = "The order does not give its dose as one quantity; change it by hand."
_NONE_FITS = "No dose of this product fits; choose another strength or product."
_NOT_COMPUTED = "The dose that fits could not be worked out for this order; change it by hand."


def dose_change(
    order: Order, dose: DoseLimit, reason: str, orderable: Sequence[Quantity] = ()
) -> Suggestion | NoSuggestion:
    """An update of the whole order in which only the dose is another one: the highest within the limit.

    `reason` says in the action's description why it is this dose (`the most that POLICY I.A.6 allows`); `orderable` are
    the only doses that the product gives at once, if it does not give any. Elements of the order that are not known to
    FHIR are kept; the order itself is not changed. The narrative (`text`) of the order is left out, as it would show
    the old dose (FHIR R4, Narrative: it has to agree with the data).
    """
    resource = copy.deepcopy(dict(order.resource))
    dosed = _dosed(resource.get("dosageInstruction"))
    if len(dosed) > 1:
        return NoSuggestion(_SEVERAL_INSTRUCTIONS)
    instruction = _one_of(dosed)
    quantity = _one_quantity(instruction)
    written = order.dosage.as_ordered
    if quantity is None or written is None or not _is_what_was_read(quantity, written):
        return NoSuggestion(_NOT_ONE_QUANTITY)
    repaired = repaired_dose(order, dose, orderable)
    if repaired is None:
        return NoSuggestion(_why_none(order, dose, orderable, written))
    quantity["value"] = json_number(repaired.value)
    if repaired.unit != written.unit:
        quantity.update(unit=unit_words(repaired.unit), system=UCUM, code=repaired.unit)
    words = plain(dose_words(order, repaired))
    if "text" in instruction:
        instruction["text"] = words
    resource.pop("text", None)
    return Suggestion(
        label=clipped(plain(f"Change dose to {words_of_label(order, repaired)}"), LABEL_LENGTH),
        actions=(
            {
                "type": "update",
                "description": f"Set the dose to {words}, {reason}",
                "resource": resource,
            },
        ),
        recommended=True,
    )


def _why_none(order: Order, dose: DoseLimit, orderable: Sequence[Quantity], written: Quantity) -> str:
    strength = strength_that_fits(order, dose, orderable)
    if strength is not None:
        return f"The strength that fits is {exact(strength)}: order that one."
    return _NONE_FITS if orderable or written.unit.startswith("{") else _NOT_COMPUTED


def dose_words(order: Order, dose: Quantity) -> str:
    """The dose with route and schedule, as in the text of a dosage instruction: `450 mcg IV daily`."""
    dosage = order.dosage
    return " ".join(part for part in (exact(dose), route_words(dosage), dosage.schedule.text) if part)


def order_words(order: Order) -> str:
    """What is ordered, as in the text of a dosage instruction: `56 mg/m² IV days 1 and 2 of 28`.

    Each of several instructions is told: `20 mg/m² IV days 1 and 2 of 28; 56 mg/m² IV days 8, 9, 15 and 16 of 28`.
    """
    dosage = order.dosage
    parts = dosage.parts or ((dosage.as_ordered, dosage.schedule.text),)
    told = (_instruction_words(order, written, schedule) for written, schedule in parts)
    return "; ".join(words for words in told if words)


def _instruction_words(order: Order, written: Quantity | None, schedule: str) -> str:
    dose = exact(written) if written else ""
    return " ".join(part for part in (dose, route_words(order.dosage), schedule) if part)


def words_of_label(order: Order, dose: Quantity) -> str:
    """The dose with its schedule: `450 mcg daily`."""
    return f"{exact(dose)} {order.dosage.schedule.text}".rstrip()


def _dosed(instructions: Any) -> list[Any]:
    """The dosage instructions that may state a dose; beside one that does, the steps of an infusion rate do not."""
    written = instructions if isinstance(instructions, list) else [instructions]
    stating = [each for each in written if isinstance(each, dict) and not _is_rate_step(each)]
    return stating or written


def _is_rate_step(instruction: Mapping[str, Any]) -> bool:
    given = instruction.get("doseAndRate")
    entries = given if isinstance(given, list) else [given]
    return bool(entries) and all(
        isinstance(entry, dict) and any(key.startswith("rate") for key in entry) and not _states_dose(entry)
        for entry in entries
    )


def _states_dose(entry: Mapping[str, Any]) -> bool:
    return any(key.startswith("dose") for key in entry)


def _one_of(value: Any) -> Any:
    """The single entry of a list, or an object that stands where FHIR has a list; None for anything else."""
    if isinstance(value, list):
        return value[0] if len(value) == 1 else None
    return value


def _one_quantity(instruction: Any) -> dict[str, Any] | None:
    dose = _one_of(instruction.get("doseAndRate")) if isinstance(instruction, dict) else None
    quantity = dose.get("doseQuantity") if isinstance(dose, dict) else None
    return quantity if isinstance(quantity, dict) else None


def _is_what_was_read(quantity: Mapping[str, Any], written: Quantity) -> bool:
    """Whether the number about to be replaced is the one that the limit was compared with."""
    if isinstance(quantity.get("value"), bool):
        return False
    try:
        return Decimal(str(quantity.get("value"))) == written.value
    except InvalidOperation:
        return False
