"""What CRD needs of an order of any type, read from its JSON without stumbling."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from cds_service.cards.text import plain
from cds_service.cdshooks.orders import EVALUATED_TYPE
from cql_like_rules import lenient
from cql_like_rules.orders import dates
from cql_like_rules.record import Record

_WRITTEN_ON = ("authoredOn", "dateTime", "dateWritten")
_ORDERED = ("medicationCodeableConcept", "codeCodeableConcept", "code")
_REFERRED = ("medicationReference", "codeReference")


def day_of(order: Mapping[str, Any]) -> datetime.date | None:
    """The day on which the order was written; None when it does not tell one in full."""
    written = (dates.read_time(order.get(key)) for key in _WRITTEN_ON)
    return dates.day_of(next((time for time in written if time), None))


def is_unread(order: Mapping[str, Any], record: Record) -> bool:
    """Whether an order for a drug says nothing of it but which Medication it is, and the record does not hold that."""
    if order.get("resourceType") != EVALUATED_TYPE or name_of(order):
        return False
    reference = lenient.text(lenient.first_object(order.get("medicationReference")).get("reference"))
    return bool(reference) and lenient.contained(order, reference) is None and record.find(reference) is None


def name_of(order: Mapping[str, Any]) -> str:
    """What is ordered, as the order calls it, in plain text; "" when it does not."""
    for key in _ORDERED:
        concept = lenient.first_object(order.get(key))
        names = [lenient.text(concept.get("text")), *(lenient.text(c.get("display")) for c in lenient.codings(concept))]
        if name := next((name for name in names if name), ""):
            return plain(name)
    referred = (lenient.text(lenient.first_object(order.get(key)).get("display")) for key in _REFERRED)
    return plain(next((name for name in referred if name), ""))
