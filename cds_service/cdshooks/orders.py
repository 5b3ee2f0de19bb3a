"""What is ordered in one call, and which of it an answer is wanted on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cql_like_rules import lenient

from .outcome import CallRefused, Issue

ORDER_TYPES = frozenset(
    {
        "CommunicationRequest",
        "DeviceRequest",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    }
)
"""What may be ordered: CDS Hooks Library, order-sign 1.0, and Da Vinci CRD 2."""

EVALUATED_TYPE = "MedicationRequest"


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of one call, as received.

    `asked` are those that an answer is wanted on, of every order type, each once; `beside` is everything that is
    ordered together, with what came along.
    """

    asked: tuple[dict[str, Any], ...] = ()
    beside: tuple[dict[str, Any], ...] = ()

    @property
    def for_drugs(self) -> tuple[dict[str, Any], ...]:
        """The asked orders that policies are about, in the order of the call."""
        return tuple(order for order in self.asked if order.get("resourceType") == EVALUATED_TYPE)

    def check_ids(self, types: Iterable[str] = (EVALUATED_TYPE,)) -> None:
        """Raises CallRefused with 422 when an asked order of these types has no id of its own, by which to name it."""
        wanted = frozenset(types)
        issues: list[Issue] = []
        seen: set[tuple[str, str]] = set()
        numbers: dict[str, int] = {}
        for order in self.asked:
            kind, identity = lenient.text(order.get("resourceType")), order.get("id")
            number = numbers[kind] = numbers.get(kind, -1) + 1
            if kind not in wanted:
                continue
            place = f"context.draftOrders.{kind}[{number}].id"
            if not (isinstance(identity, str) and identity):
                issues.append(Issue("required", "An order has no id, so that no card could refer to it.", place))
            elif (kind, identity) in seen:
                issues.append(Issue("duplicate", "Two different orders have the same id.", place))
            else:
                seen.add((kind, identity))
        if issues:
            raise CallRefused(422, issues)


def orders_among(resources: Iterable[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The orders among the resources; what is there twice is taken once."""
    found: list[dict[str, Any]] = []
    for resource in resources:
        if lenient.text(resource.get("resourceType")) in ORDER_TYPES and resource not in found:
            found.append(resource)
    return tuple(found)


def bundled(bundle: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources in a Bundle's entries; entries that hold none are passed over."""
    resources = (entry.get("resource") for entry in lenient.objects(bundle.get("entry")))
    return [resource for resource in resources if isinstance(resource, dict)]
