"""The CQL parameter "Order"."""

import re
from decimal import Decimal
from importlib import resources

import pytest

from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime
from cql_like_rules.orders import ORDER_TYPE_CQL, order_parameter

POLICIES = sorted(
    file
    for folder in resources.files("cql_like_rules").joinpath("policies").iterdir()
    if (file := folder.joinpath("policy.cql")).is_file()
)


def elements(tuple_type):
    """The elements of a CQL tuple type, name by name; the types as written, without their spaces."""
    inner = tuple_type[tuple_type.index("{") + 1 : tuple_type.rindex("}")]
    parts, depth = [""], 0
    for character in inner:
        depth += (character in "{<") - (character in "}>")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return {part.split()[0]: "".join(part.split()[1:]) for part in parts if part.split()}


def declared_by(policy):
    text = policy.read_text(encoding="utf-8")
    start = text.index('parameter "Order" Tuple')
    depth, end = 0, text.index("{", start)
    while depth or text[end - 1] != "}":
        depth += (text[end] == "{") - (text[end] == "}")
        end += 1
    return elements(text[start:end])


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.parent.name)
def test_a_policy_declares_the_parameter_as_it_is(policy):
    actual = elements(ORDER_TYPE_CQL)
    for name, type_name in declared_by(policy).items():
        known = actual[name]
        if name == "previous":
            assert elements(type_name).items() <= elements(known).items()
        else:
            assert type_name == known, name


def parameter(drafts, *instructions, **more):
    resources = (drafts.weight(80), drafts.height(180), drafts.surface_area(1.9, "2026-04-12"))
    return order_parameter(drafts.read(drafts.medication_request(*instructions, **more), *resources))


def test_the_elements_are_those_of_the_declared_type(drafts):
    value = parameter(drafts, drafts.instruction())
    assert list(value) == list(elements(ORDER_TYPE_CQL))


def test_the_previous_order_has_the_elements_of_its_declared_type(drafts):
    prior = {**drafts.medication_request(drafts.instruction(200)), "id": "prior"}
    request = drafts.medication_request(
        drafts.instruction(), priorPrescription={"reference": "MedicationRequest/prior"}
    )
    previous = order_parameter(drafts.read(request, prior))["previous"]
    declared = re.search(r"previous Tuple \{([^{}]*)\}", ORDER_TYPE_CQL)[1]
    assert list(previous) == [line.split()[0] for line in declared.strip().splitlines()]
    assert previous["perDose"] == Quantity(Decimal(200), "ug")


def test_amounts_and_counts_are_told(drafts):
    value = parameter(drafts, drafts.instruction(250, "ug/m2"))
    assert value["perDosePerM2"] == Quantity(Decimal(250), "ug/m2")
    assert value["perDay"] == Quantity(Decimal(475), "ug/d")
    assert value["perWeekPerKg"] == Quantity(Decimal("41.5625"), "ug/kg/wk")
    assert (value["dosesPerDay"], value["dosesPerWeek"], value["intervalDays"]) == (1, 7, Decimal(1))
    assert value["id"] == "order"
    assert value["date"] == Date(2026, 4, 15)
    assert value.sources == ("MedicationRequest/order",)


def test_the_product_is_a_concept_and_the_route_a_code(drafts):
    route = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}
    value = parameter(drafts, drafts.instruction(route=route))
    assert isinstance(value["product"], Concept)
    assert isinstance(value["route"], Code)
    assert value["route"].code == "47625008"


def test_body_measurements_name_their_observations(drafts):
    value = parameter(drafts, drafts.instruction())
    area = value["bodySurfaceArea"]
    assert dict(area) == {
        "value": Quantity(Decimal("1.9"), "m2"),
        "date": Date(2026, 4, 12),
        "ageInDays": 3,
        "method": "documented",
    }
    assert area.sources == ("Observation/o-8277-6-2026-04-12",)
    assert value["weight"]["value"] == Quantity(Decimal(80), "kg")


def test_what_the_order_does_not_tell_is_null(drafts):
    value = order_parameter(drafts.read(drafts.medication_request({"text": "as directed"})))
    empty = ["perDose", "perDay", "perWeekPerM2", "route", "dosesPerDay", "weight", "previous", "doseIncrease"]
    assert [value[name] for name in empty] == [None] * len(empty)
    assert value["daysOfCycle"] == []
    assert value["problems"]


def test_numbers_have_at_most_eight_decimals(drafts):
    request = drafts.medication_request(drafts.instruction(10, "mg"))
    value = order_parameter(drafts.read(request, drafts.weight(30), drafts.height(135)))
    assert value["perDosePerKg"].value == Decimal("0.33333333")
    assert value["bodySurfaceArea"]["value"].value == Decimal("1.06066017")


def test_the_first_dose_is_a_date_and_time(drafts):
    value = parameter(drafts, drafts.instruction(timing={"event": ["2026-04-16"]}))
    assert value["firstDose"] == DateTime(2026, 4, 16)
