"""How much one request may bring: orders and resources.

This is looked at first, on the JSON as it came: a model of a request with a million entries takes minutes to make.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cds_service.cdshooks.orders import ORDER_TYPES
from cds_service.cdshooks.outcome import CallRefused, Issue
from cds_service.settings import Settings
from cql_like_rules import lenient

MOST_OF_A_TYPE: Mapping[str, int] = {"Coverage": 50, "Organization": 200}
"""Types of which nobody has many. Rules hold each Coverage against each Organization, so many would take for ever."""

MOST_FEEDBACK = 1000
"""Items of one batch of feedback."""

_NAMED_ORDERS = ("selections", "dispatchedOrders", "dispatched-orders", "fulfillmentTasks", "fulfillment-tasks")


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """The most orders and resources of one request. Each check raises CallRefused with 413 and every limit passed."""

    orders: int
    resources: int

    @classmethod
    def of(cls, settings: Settings) -> SizeLimits:
        return cls(settings.max_orders, settings.max_resources)

    def check_call(self, call: Mapping[str, Any]) -> None:
        """Of a hook call: what its context and its prefetch bring, and the orders that its context names."""
        context = lenient.first_object(call.get("context"))
        named = max(len(lenient.items(context.get(name))) for name in _NAMED_ORDERS)
        entries = Counter(map(_type, entries_in(context)))
        ordered = sum(entries[type_name] for type_name in ORDER_TYPES)
        entries.update(map(_type, entries_in(lenient.first_object(call.get("prefetch")))))
        self._check(max(ordered, named), entries)

    def check_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Of the Parameters of an operation: the resources that they hold."""
        listed = lenient.objects(parameters.get("parameter"))
        ordered = sum(parameter.get("name") == "order" for parameter in listed)
        held = (parameter.get("resource") for parameter in listed)
        self._check(ordered, Counter(_type(entry) for value in held for entry in entries_in({"": value})))

    def check_feedback(self, batch: Mapping[str, Any]) -> None:
        """Of a batch of feedback: its items."""
        if len(lenient.items(batch.get("feedback"))) > MOST_FEEDBACK:
            raise CallRefused(413, [_too_many("items", MOST_FEEDBACK, "feedback")])

    def _check(self, orders: int, entries: Counter[str]) -> None:
        issues = [_too_many("orders", self.orders)] if orders > self.orders else []
        if entries.total() > self.resources:
            issues.append(_too_many("resources", self.resources))
        for type_name, most in MOST_OF_A_TYPE.items():
            if entries[type_name] > most:
                issues.append(_too_many(f"resources of type {type_name}", most))
        if issues:
            raise CallRefused(413, issues)


def too_many_of_a_type(values: Iterable[Any]) -> bool:
    """True when there are more of a type than anybody has."""
    entries = Counter(_type(entry) for value in values for entry in entries_in({"": value}))
    return any(entries[type_name] > most for type_name, most in MOST_OF_A_TYPE.items())


def entries_in(members: Mapping[str, Any]) -> Iterator[Any]:
    """What the members of an object hold: the entries of lists and of Bundles, at any depth, and what stands alone.

    An entry that holds no resource is one too: it costs time as well.
    """
    waiting = list(members.values())
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict) and value.get("resourceType") == "Bundle":
            entries = lenient.items(value.get("entry"))
            waiting.extend(entry.get("resource") if isinstance(entry, dict) else entry for entry in entries)
        else:
            yield value


def _type(resource: Any) -> str:
    return lenient.text(resource.get("resourceType")) if isinstance(resource, dict) else ""


def _too_many(what: str, most: int, place: str = "") -> Issue:
    # FHIR R4, issue-type: too-costly, "the operation was stopped to protect server resources".
    return Issue("too-costly", f"There are more than {most} {what}.", place)
