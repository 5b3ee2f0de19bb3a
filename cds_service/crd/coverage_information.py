"""The extension coverage-information (CRD 2.2.1 and 2.0.1), its ids, and whether it says anything new."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from cql_like_rules import lenient

from .assertions import Assertion, Reason
from .details import Detail

URL = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
REASON_SYSTEM = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
DETAIL_SYSTEM = "http://terminology.hl7.org/CodeSystem/crd-coverage-detail"

_ASSERTIONS = uuid.uuid5(uuid.NAMESPACE_URL, "https://oncology-cds.example/coverage-assertions")
_AUTHORIZATIONS = uuid.uuid5(uuid.NAMESPACE_URL, "https://oncology-cds.example/authorizations")

# What is new with every assertion, whether it says something new or not.
_NEW_EACH_TIME = frozenset({"date", "coverage-assertion-id", "satisfied-pa-id"})

Extension = dict[str, Any]


def coverage_information(
    assertion: Assertion, coverage: str, order: str, client: Sequence[str], today: datetime.date
) -> Extension:
    """The extension that asserts something of an order under a coverage (both `Type/id`).

    `client` is where these ids belong. The ids of the assertion and of an authorization are made of all that, so that
    the same assertion has the same ids, and another coverage or order others.
    """
    said = _said(assertion, coverage)
    seed = _seed({"extension": said}, order, client)
    parts = [*said, _part("date", "Date", today.isoformat())]
    parts.append(_part("coverage-assertion-id", "String", str(uuid.uuid5(_ASSERTIONS, seed))))
    if assertion.is_satisfied:
        parts.append(_part("satisfied-pa-id", "String", str(uuid.uuid5(_AUTHORIZATIONS, seed))))
    return {"url": URL, "extension": parts}


def is_ours(extension: Mapping[str, Any], order: str, client: Sequence[str]) -> bool:
    """Whether an extension of this order was made here: then what it says gives the id that it has."""
    made = str(uuid.uuid5(_ASSERTIONS, _seed(extension, order, client)))
    return any(part.get("valueString") == made for part in lenient.extensions(extension, "coverage-assertion-id"))


def is_about(extension: Any, coverage: str) -> bool:
    """Whether an extension, as it was received, is coverage-information on this coverage (`Coverage/<id>`)."""
    if not isinstance(extension, Mapping) or extension.get("url") != URL:
        return False
    parts = lenient.extensions(extension, "coverage")
    references = (lenient.first_object(part.get("valueReference")).get("reference") for part in parts)
    return coverage in map(_relative, references)


def says_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two extensions assert the same, whenever they did so and by whichever ids."""
    first, second = _content(one), _content(other)
    # Clients may store the parts in another order.
    return len(first) == len(second) and all(part in second for part in first) and all(part in first for part in second)


def _seed(extension: Mapping[str, Any], order: str, client: Sequence[str]) -> str:
    said = sorted(json.dumps(part, sort_keys=True, default=str) for part in _content(extension))
    return json.dumps([*client, order, said])


def _said(assertion: Assertion, coverage: str) -> list[Extension]:
    """The sub-extensions of what is asserted, in the order of the specification."""
    codes = (
        ("covered", assertion.covered),
        ("pa-needed", assertion.pa_needed),
        ("doc-needed", assertion.doc_needed),
        ("doc-purpose", assertion.doc_purpose),
        ("info-needed", assertion.info_needed),
    )
    said = [
        _part("coverage", "Reference", {"reference": coverage}),
        *(_part(url, "Code", code) for url, code in codes if code),
        *(_part("reason", "CodeableConcept", _concept(reason)) for reason in assertion.reasons),
        *(_detail(detail) for detail in assertion.details),
        *(_part("questionnaire", "Canonical", form) for form in assertion.questionnaires),
    ]
    if assertion.expires is not None:
        said.append(_part("expiry-date", "Date", assertion.expires.isoformat()))
    return said


def _part(url: str, kind: str, value: Any) -> Extension:
    return {"url": url, f"value{kind}": value}


def _concept(reason: Reason) -> dict[str, Any]:
    coding = {"coding": [{"system": REASON_SYSTEM, "code": reason.code}]} if reason.code else {}
    return {**coding, "text": reason.text}


def _detail(detail: Detail) -> Extension:
    coding = {"system": DETAIL_SYSTEM, "code": detail.code}
    parts = [
        _part("category", "Code", detail.category),
        _part("code", "CodeableConcept", {"coding": [coding]}),
        {"url": "value", **detail.value_json},
    ]
    if detail.qualification:
        parts.append(_part("qualification", "String", detail.qualification))
    return {"url": "detail", "extension": parts}


def _content(extension: Mapping[str, Any]) -> list[Any]:
    """The parts of an extension that assert something, the coverage however it is referred to."""
    parts = [(lenient.text(part.get("url")), part) for part in lenient.objects(extension.get("extension"))]
    return [_coverage_of(part) if url == "coverage" else part for url, part in parts if url not in _NEW_EACH_TIME]


def _coverage_of(part: Mapping[str, Any]) -> str:
    return _relative(lenient.first_object(part.get("valueReference")).get("reference"))


def _relative(reference: Any) -> str:
    written = lenient.text(reference)
    return lenient.relative_reference(written) or written
