"""Which single resources a decision needs, beyond those that are searched for: what orders and records refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .references import references_in

_KEYS: Mapping[str, tuple[str, ...]] = {
    "MedicationRequest": ("medicationReference",),
    "MedicationStatement": ("medicationReference",),
    "MedicationAdministration": ("medicationReference",),
    "Coverage": ("payor",),
}
_WORDS: Mapping[str, str] = {
    "medicationReference": "a medication",
    "payor": "the payer",
    "requester": "the prescriber's data",
}
TYPES = frozenset({"Medication", "Organization", "Practitioner", "PractitionerRole"})
"""The types that are fetched one by one."""


@dataclass(frozen=True, slots=True)
class Need:
    """A literal reference as it was written, and the words for what it stands for."""

    reference: str
    words: str


def needs(orders: Iterable[Mapping[str, Any]], resources: Iterable[Mapping[str, Any]]) -> Iterator[Need]:
    """What the orders and the record refer to and decisions need; that of the orders first.

    The ordered drug itself may be only a reference, so may the payer, and the prescriber may be another than the user.
    """
    for order in orders:
        yield from _needs(order, ("medicationReference", "requester"))
    for resource in resources:
        yield from _needs(resource, _KEYS.get(resource["resourceType"], ()))


def _needs(resource: Mapping[str, Any], keys: Iterable[str]) -> Iterator[Need]:
    for key in keys:
        for reference in references_in(resource, key):
            yield Need(reference, _WORDS[key])
