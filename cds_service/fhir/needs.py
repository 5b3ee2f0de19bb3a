"""Which single resources a decision needs, beyond those that are searched for: what orders and records refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.requirements import DataRequirement

from .references import references_in, type_and_id
from .searches import PEOPLE, REFERRED_TO

_WORDS: Mapping[str, str] = {
    "medicationReference": "a medication",
    "payor": "the payer",
    "priorPrescription": "the earlier order",
    "reasonReference": "the reason for the order",
    "requester": "the prescriber's data",
    "supportingInformation": "what supports the order",
}


@dataclass(frozen=True, slots=True)
class Need:
    """A literal reference as it was written, and the words for what it stands for."""

    reference: str
    words: str


def reference_keys(requirements: Iterable[DataRequirement]) -> dict[str, tuple[str, ...]]:
    """By resource type, the paths of the references among the elements that are read, as FHIR's JSON spells them."""
    keys = {each.type: tuple(_keys(each.type, each.elements)) for each in requirements}
    return {type_name: paths for type_name, paths in keys.items() if paths}


def needs_of_orders(orders: Iterable[Mapping[str, Any]], keys: Mapping[str, tuple[str, ...]]) -> Iterator[Need]:
    """What the orders refer to: drug, reason, prescriber, earlier order, whatever is read of them."""
    for order in orders:
        yield from _needs(order, keys)


def needs_of_record(resources: Iterable[Mapping[str, Any]], keys: Mapping[str, tuple[str, ...]]) -> Iterator[Need]:
    """What the record refers to and no search brings: drugs, payers.

    People are passed over: who signed for each of a hundred results decides nothing.
    """
    for resource in resources:
        for need in _needs(resource, keys):
            found = type_and_id(need.reference)
            if found is not None and found[0] in REFERRED_TO - PEOPLE:
                yield need


def _needs(resource: Mapping[str, Any], keys: Mapping[str, tuple[str, ...]]) -> Iterator[Need]:
    for path in keys.get(str(resource.get("resourceType")), ()):
        words = _WORDS.get(path.rpartition(".")[2], "something that is referred to")
        for reference in references_in(resource, path):
            yield Need(reference, words)


def _keys(type_name: str, elements: Iterable[str]) -> Iterator[str]:
    for path in elements:
        owner = type_name
        *above, last = path.split(".")
        for name in above:
            element = FHIR.element(owner, name)
            owner = element.type if element else ""
        element = FHIR.element(owner, last)
        if element is not None and element.type == "Reference":
            yield path
        elif element is not None and "Reference" in element.choices:
            yield f"{path}Reference"
