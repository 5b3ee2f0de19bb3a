"""The extension: its parts, its ids, and when it says something new."""

from __future__ import annotations

import copy
import datetime
import random
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from cds_service.crd.assertions import Assertion, Reason
from cds_service.crd.coverage_information import URL, coverage_information, is_about, says_the_same
from cds_service.crd.details import LIMITATION, Detail
from cql_like_rules.cql.values.quantity import Quantity

Said = Callable[[Mapping[str, Any]], dict[str, list[Any]]]

TODAY = datetime.date(2026, 11, 21)
COVERED = Assertion("covered", pa_needed="auth-needed", reasons=(Reason("It is."),))
FULL = Assertion(
    "covered",
    pa_needed="satisfied",
    reasons=(Reason("It is."), Reason("It was.", "gold-card")),
    details=(
        Detail(LIMITATION, "allowed-quantity", Quantity(Decimal("450.50"), "ug/d"), "Per day"),
        Detail(LIMITATION, "allowed-period", (datetime.date(2026, 1, 1), datetime.date(2026, 6, 30))),
    ),
    questionnaires=("https://example.org/Questionnaire/a|1", "https://example.org/Questionnaire/b|2"),
    expires=datetime.date(2026, 12, 31),
)


def made(
    assertion: Assertion = COVERED,
    coverage: str = "Coverage/c",
    order: str = "MedicationRequest/m",
    client: tuple[str, str] = ("https://ehr.example.org/fhir", "p"),
    today: datetime.date = TODAY,
) -> dict[str, Any]:
    return coverage_information(assertion, coverage, order, client, today)


def assertion_id(extension: Mapping[str, Any]) -> str:
    return next(part["valueString"] for part in extension["extension"] if part["url"] == "coverage-assertion-id")


def test_parts_have_the_types_of_the_specification() -> None:
    extension = made(FULL)
    assert extension["url"] == "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
    *parts, assertion, number = extension["extension"]
    assert (assertion["url"], number["url"]) == ("coverage-assertion-id", "satisfied-pa-id")
    detail_codes = "http://terminology.hl7.org/CodeSystem/crd-coverage-detail"
    assert parts == [
        {"url": "coverage", "valueReference": {"reference": "Coverage/c"}},
        {"url": "covered", "valueCode": "covered"},
        {"url": "pa-needed", "valueCode": "satisfied"},
        {"url": "reason", "valueCodeableConcept": {"text": "It is."}},
        {
            "url": "reason",
            "valueCodeableConcept": {
                "coding": [{"system": "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp", "code": "gold-card"}],
                "text": "It was.",
            },
        },
        {
            "url": "detail",
            "extension": [
                {"url": "category", "valueCode": "cat-limitation"},
                {
                    "url": "code",
                    "valueCodeableConcept": {"coding": [{"system": detail_codes, "code": "allowed-quantity"}]},
                },
                {
                    "url": "value",
                    "valueQuantity": {
                        "value": Decimal("450.5"),
                        "unit": "mcg daily",
                        "system": "http://unitsofmeasure.org",
                        "code": "ug/d",
                    },
                },
                {"url": "qualification", "valueString": "Per day"},
            ],
        },
        {
            "url": "detail",
            "extension": [
                {"url": "category", "valueCode": "cat-limitation"},
                {
                    "url": "code",
                    "valueCodeableConcept": {"coding": [{"system": detail_codes, "code": "allowed-period"}]},
                },
                {"url": "value", "valuePeriod": {"start": "2026-01-01", "end": "2026-06-30"}},
            ],
        },
        {"url": "questionnaire", "valueCanonical": "https://example.org/Questionnaire/a|1"},
        {"url": "questionnaire", "valueCanonical": "https://example.org/Questionnaire/b|2"},
        {"url": "expiry-date", "valueDate": "2026-12-31"},
        {"url": "date", "valueDate": "2026-11-21"},
    ]


def test_what_is_not_asserted_is_left_out(said: Said) -> None:
    assert set(said(made())) == {"coverage", "covered", "pa-needed", "reason", "date", "coverage-assertion-id"}
    assert set(said(made(Assertion("not-covered")))) == {"coverage", "covered", "date", "coverage-assertion-id"}


@pytest.mark.rules("B-2", "X-22")
def test_the_same_assertion_has_the_same_ids_on_any_day() -> None:
    tomorrow = made(FULL, today=TODAY + datetime.timedelta(1))
    same = [part for part in made(FULL)["extension"] if part["url"] != "date"]
    assert [part for part in tomorrow["extension"] if part["url"] != "date"] == same
    assert uuid.UUID(assertion_id(tomorrow)).version == 5


@pytest.mark.rules("B-2")
@pytest.mark.parametrize(
    "other",
    [
        made(FULL, coverage="Coverage/d"),
        made(FULL, order="MedicationRequest/n"),
        made(FULL, client=("https://other.example.org/fhir", "p")),
        made(FULL, client=("https://ehr.example.org/fhir", "q")),
        made(Assertion("covered", pa_needed="satisfied", reasons=(Reason("Otherwise."),))),
    ],
)
def test_another_coverage_order_client_or_assertion_has_other_ids(said: Said, other: dict[str, Any]) -> None:
    for name in ("coverage-assertion-id", "satisfied-pa-id"):
        assert said(made(FULL))[name] != said(other)[name]


def test_an_authorization_has_a_number_of_its_own(said: Said) -> None:
    parts = said(made(FULL))
    assert parts["satisfied-pa-id"] != parts["coverage-assertion-id"]
    assert "satisfied-pa-id" not in said(made())


@pytest.mark.rules("X-11")
@pytest.mark.parametrize(
    "reference", ["Coverage/c", " Coverage/c ", "https://ehr.example.org/fhir/Coverage/c", "Coverage/c/_history/3"]
)
def test_an_extension_is_about_its_coverage_however_that_is_referred_to(reference: str) -> None:
    extension = copy.deepcopy(made())
    extension["extension"][0]["valueReference"]["reference"] = reference
    assert is_about(extension, "Coverage/c")
    assert not is_about(extension, "Coverage/d")
    assert says_the_same(extension, made())


@pytest.mark.parametrize(
    "extension",
    [
        None,
        "x",
        7,
        [],
        {},
        {"url": URL},
        {"url": URL, "extension": "x"},
        {"url": URL, "extension": [None, 1, {"url": "coverage"}]},
        {"url": URL, "extension": [{"url": "coverage", "valueReference": "Coverage/c"}]},
        {"url": URL, "extension": [{"url": "coverage", "valueReference": {"reference": 5}}]},
        {"url": URL, "extension": [{"url": "coverage", "valueReference": {"reference": "Coverage/d"}}]},
        {"url": "other", "extension": [{"url": "coverage", "valueReference": {"reference": "Coverage/c"}}]},
    ],
)
def test_anything_else_is_not_about_the_coverage(extension: Any) -> None:
    assert not is_about(extension, "Coverage/c")


@pytest.mark.rules("X-10")
def test_the_same_is_said_whatever_the_day_the_ids_and_the_order_of_the_parts() -> None:
    other = made(FULL, order="MedicationRequest/n", today=TODAY + datetime.timedelta(99))
    random.Random(4).shuffle(other["extension"])
    assert says_the_same(made(FULL), other)


@pytest.mark.rules("X-10")
@pytest.mark.parametrize(
    "other",
    [
        made(),
        made(Assertion("covered", pa_needed="auth-needed", reasons=(Reason("It is not."),))),
        {"url": URL, "extension": made(FULL)["extension"][:-5]},
        {"url": URL, "extension": [*made(FULL)["extension"], {"url": "info-needed", "valueCode": "OTH"}]},
        {"url": URL, "extension": []},
        {"url": URL},
        {"url": URL, "extension": [None, "x", {"url": ["coverage"]}]},
    ],
)
def test_anything_else_is_new(other: Any) -> None:
    assert not says_the_same(made(FULL), other)


def test_a_number_is_the_same_with_zeros_behind_it() -> None:
    stored = copy.deepcopy(made(FULL))
    stored["extension"][5]["extension"][2]["valueQuantity"]["value"] = Decimal("450.50")
    assert says_the_same(made(FULL), stored)
