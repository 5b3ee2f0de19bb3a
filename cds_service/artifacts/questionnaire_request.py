"""What a client asks of `$questionnaire-package`: forms by address, by what is ordered, or by an earlier answer of CRD.

Source: Da Vinci DTR 2.2, OperationDefinition questionnaire-package and DTR Questionnaire Package Input Parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cds_service.cdshooks.outcome import CallRefused, Issue, refused
from cql_like_rules import lenient
from cql_like_rules.orders.dates import read_time

Json = Mapping[str, Any]

_ADDRESSES = ("valueCanonical", "valueUri", "valueUrl", "valueString")
_SUBJECTS = ("subject", "beneficiary", "patient", "for")


@dataclass(slots=True)
class PackageRequest:
    """The parameters that were read.

    `orders` and `questionnaires` (addresses) are told by the place they stand in. `context` is the id of an assertion
    of CRD, "" for none. `referenced` is whatever else came along: resources that the orders refer to, and other parts
    of the record.
    """

    coverages: list[Json] = field(default_factory=list)
    orders: dict[str, Json] = field(default_factory=dict)
    questionnaires: dict[str, str] = field(default_factory=dict)
    context: str = ""
    referenced: list[Json] = field(default_factory=list)

    @property
    def subject(self) -> str:
        """The patient that coverages and orders are about, as they refer to them; "" where none does."""
        return next(iter(self.subjects), "")

    @property
    def subjects(self) -> dict[str, str]:
        """Every patient that a coverage or an order is about, each reference once, by its relative form."""
        found = (_subject(resource) for resource in (*self.coverages, *self.orders.values()))
        return {lenient.relative_reference(reference) or reference: reference for reference in found if reference}


def read_package_request(parameters: Any) -> PackageRequest:
    """The request that a Parameters resource holds.

    Raises CallRefused with 400 for what is no Parameters, for parameters of a wrong type, when nothing tells which
    forms are wanted, when forms are wanted for orders without a coverage, and for orders of several patients.
    """
    if not isinstance(parameters, Mapping) or parameters.get("resourceType") != "Parameters":
        raise refused(400, "structure", "A Parameters resource is expected.")
    listed = parameters.get("parameter", [])
    if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
        raise refused(400, "structure", "Its parameters are to be a list of objects.", "Parameters.parameter")
    reading = _Reading()
    for number, parameter in enumerate(listed):
        reading.read(parameter, f"Parameters.parameter[{number}]")
    reading.check()
    if reading.issues:
        raise CallRefused(400, reading.issues)
    return reading.request


class _Reading:
    """A request as it is being read, and what is wrong with it."""

    def __init__(self) -> None:
        self.request = PackageRequest()
        self.issues: list[Issue] = []
        self._readers: dict[str, Callable[[Json, str], None]] = {
            "coverage": self._coverage,
            "order": self._order,
            "questionnaire": self._questionnaire,
            "context": self._context,
            "changedsince": self._changed_since,
        }

    def read(self, parameter: Json, place: str) -> None:
        """Parameters of other names are taken for what they bring: a resource that something refers to."""
        self._readers.get(lenient.text(parameter.get("name")), self._other)(parameter, place)

    def check(self) -> None:
        request = self.request
        if not (request.orders or request.questionnaires or request.context):
            self._wrong("required", "Name questionnaires, or send orders or the context of an earlier answer.")
        elif not request.coverages and not request.questionnaires:
            self._wrong("required", "A coverage is needed to find the questionnaires for orders.")
        if len(request.subjects) > 1:
            self._wrong("invalid", "Coverages and orders are about several patients.")

    def _coverage(self, parameter: Json, place: str) -> None:
        resource = _resource(parameter)
        if resource.get("resourceType") == "Coverage":
            self.request.coverages.append(resource)
        else:
            self._wrong("value", "A Coverage is expected.", f"{place}.resource")

    def _order(self, parameter: Json, place: str) -> None:
        resource = _resource(parameter)
        if not lenient.text(resource.get("resourceType")):
            self._wrong("value", "An order is expected.", f"{place}.resource")
        elif not lenient.text(resource.get("id")):
            self._wrong("required", "An order needs an id, by which to refer to it.", f"{place}.resource.id")
        else:
            self.request.orders[place] = resource

    def _questionnaire(self, parameter: Json, place: str) -> None:
        address = next(filter(None, (lenient.text(parameter.get(name)) for name in _ADDRESSES)), "")
        if address:
            self.request.questionnaires[place] = address
        else:
            self._wrong("value", "The address of a Questionnaire is expected.", f"{place}.value")

    def _context(self, parameter: Json, place: str) -> None:
        context = lenient.text(parameter.get("valueString"))
        if context and not self.request.context:
            self.request.context = context
        else:
            self._wrong("value", "One text is expected.", f"{place}.value")

    def _changed_since(self, parameter: Json, place: str) -> None:
        # Only checked: when a policy was last changed is not known, so every package may have changed since.
        if read_time(parameter.get("valueInstant", parameter.get("valueDateTime"))) is None:
            self._wrong("value", "A time is expected.", f"{place}.value")

    def _other(self, parameter: Json, place: str) -> None:
        resource = _resource(parameter)
        if resource:
            self.request.referenced.append(resource)

    def _wrong(self, code: str, text: str, place: str = "Parameters.parameter") -> None:
        self.issues.append(Issue(code, text, place))


def _resource(parameter: Json) -> Json:
    resource = parameter.get("resource")
    return resource if isinstance(resource, Mapping) else {}


def _subject(resource: Json) -> str:
    found = (lenient.text(lenient.first_object(resource.get(name)).get("reference")) for name in _SUBJECTS)
    return next(filter(None, found), "")
