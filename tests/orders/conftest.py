"""Draft orders and body measurements for the tests of how orders are read."""

from __future__ import annotations

import pytest

from cql_like_rules.orders import OrderSettings, read_order
from cql_like_rules.record import Record
from cql_like_rules.terminology import load_terminology

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
LEUKINE = {"coding": [{"system": RXNORM, "code": "203878", "display": "Leukine"}]}
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
WEEKLY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}


def quantity(value, unit):
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def instruction(value=250, unit="ug", timing=DAILY, **more):
    return {"timing": timing, "doseAndRate": [{"doseQuantity": quantity(value, unit)}], **more}


def medication_request(*instructions, concept=LEUKINE, authored_on="2026-04-15", **more):
    return {
        "resourceType": "MedicationRequest",
        "id": "order",
        "status": "draft",
        "authoredOn": authored_on,
        "medicationCodeableConcept": concept,
        "dosageInstruction": list(instructions),
        **more,
    }


def observation(code, value, unit, date="2026-04-10", identity=None, **more):
    return {
        "resourceType": "Observation",
        "id": identity or f"o-{code}-{date}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": date,
        "valueQuantity": quantity(value, unit),
        **more,
    }


def weight(value, unit="kg", date="2026-04-10", **more):
    return observation("29463-7", value, unit, date, **more)


def height(value, unit="cm", date="2026-04-10", **more):
    return observation("8302-2", value, unit, date, **more)


def surface_area(value, date="2026-04-10", **more):
    return observation("8277-6", value, "m2", date, **more)


def response(*items, authored="2026-04-10", identity="qr", **more):
    """A completed questionnaire with these items."""
    return {
        "resourceType": "QuestionnaireResponse",
        "id": identity,
        "status": "completed",
        "authored": authored,
        "item": list(items),
        **more,
    }


def item(link, *answers, **more):
    """An item with these answers."""
    return {"linkId": link, "answer": list(answers), **more}


def read(request, *resources, settings=None, drafts=()):
    """The order that a request makes, with the resources in the record."""
    record = Record(resources)
    return read_order(request, record, load_terminology(), settings or OrderSettings(), drafts)


class Drafts:
    """The builders above, for tests that cannot import from a conftest."""

    instruction = staticmethod(instruction)
    medication_request = staticmethod(medication_request)
    observation = staticmethod(observation)
    weight = staticmethod(weight)
    height = staticmethod(height)
    surface_area = staticmethod(surface_area)
    quantity = staticmethod(quantity)
    response = staticmethod(response)
    item = staticmethod(item)
    read = staticmethod(read)
    daily = DAILY
    weekly = WEEKLY


@pytest.fixture(scope="session")
def drafts() -> type[Drafts]:
    return Drafts
