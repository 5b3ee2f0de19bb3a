"""Body size: which weight, height and surface area a dose may be computed with."""

from decimal import Decimal

import pytest

from cql_like_rules.orders import OrderSettings


def size_of(drafts, *resources, **settings):
    order = drafts.read(drafts.medication_request(drafts.instruction()), *resources, settings=OrderSettings(**settings))
    return order.body_size, order.problems


@pytest.mark.parametrize(
    ("value", "unit", "kilograms"),
    [
        (70, "kg", "70"),
        (3500, "g", "3.5"),
        (88.2, "[lb_av]", "40.006847034"),
        (88.2, "lb", "40.006847034"),
        ("70", "kg", "70"),
    ],
)
def test_a_weight_is_converted_exactly(drafts, value, unit, kilograms):
    body, problems = size_of(drafts, drafts.weight(value, unit))
    assert body.weight.value.value == Decimal(kilograms)
    assert body.weight.value.unit == "kg"
    assert problems == ()


@pytest.mark.parametrize(("value", "unit"), [(70, "[in_i]"), ("177.8", "cm"), ("1.778", "m")])
def test_a_height_is_converted_exactly(drafts, value, unit):
    body, _ = size_of(drafts, drafts.height(value, unit))
    assert body.height.value.value == Decimal("177.8")


@pytest.mark.parametrize(("code", "kind"), [("29463-7", "weight"), ("3141-9", "weight")])
def test_both_codes_of_a_weight_count(drafts, code, kind):
    body, _ = size_of(drafts, drafts.observation(code, 70, "kg"))
    assert getattr(body, kind).value.value == 70


@pytest.mark.parametrize("code", ["8277-6", "3140-1"])
def test_both_codes_of_a_surface_area_count(drafts, code):
    body, _ = size_of(drafts, drafts.observation(code, 1.8, "m2"))
    assert body.surface_area.value.value == Decimal("1.8")
    assert body.surface_area.method == "documented"


def test_the_newest_measurement_counts(drafts):
    body, _ = size_of(drafts, drafts.weight(60, date="2026-04-01"), drafts.weight(70, date="2026-04-10"))
    assert body.weight.value.value == 70
    assert body.weight.age_in_days == 5
    assert body.weight.sources == ("Observation/o-29463-7-2026-04-10",)


def test_a_measurement_of_the_day_of_the_order_counts_and_a_later_one_does_not(drafts):
    body, _ = size_of(drafts, drafts.weight(60, date="2026-04-15T23:00:00Z"), drafts.weight(70, date="2026-04-16"))
    assert body.weight.value.value == 60
    assert body.weight.age_in_days == 0


@pytest.mark.parametrize(("date", "current"), [("2026-01-15", True), ("2026-01-14", False)])
def test_a_measurement_is_current_for_ninety_days(drafts, date, current):
    body, _ = size_of(drafts, drafts.weight(60, date=date))
    assert (body.weight is not None) is current
    assert ("weight" in body.outdated) is not current


def test_the_age_limit_is_a_setting(drafts):
    body, _ = size_of(drafts, drafts.weight(60, date="2026-04-01"), body_size_age_days=10)
    assert body.weight is None
    assert body.outdated["weight"].age_in_days == 14


@pytest.mark.parametrize("status", ["preliminary", "cancelled", "registered", "unknown"])
def test_a_measurement_that_is_not_final_does_not_count(drafts, status):
    body, _ = size_of(drafts, drafts.weight(60, status=status))
    assert body.weight is None


@pytest.mark.parametrize("status", ["final", "amended", "corrected", None])
def test_a_final_corrected_or_unmarked_measurement_counts(drafts, status):
    body, _ = size_of(drafts, drafts.weight(60, status=status))
    assert body.weight.value.value == 60


@pytest.mark.parametrize(
    ("value", "unit", "problem"),
    [
        (0, "kg", "is implausible: 0 kg."),
        (-70, "kg", "is implausible: -70 kg."),
        (720, "kg", "is implausible: 720 kg."),
        (70, "cm", "has no unit that fits: 70 cm."),
        (None, "kg", "has no exact value."),
    ],
)
def test_a_measurement_that_cannot_be_used_is_named_and_passed_over(drafts, value, unit, problem):
    body, problems = size_of(drafts, drafts.weight(value, unit), drafts.weight(70, date="2026-04-01"))
    assert body.weight.value.value == 70
    assert problems == (f"The weight (Observation/o-29463-7-2026-04-10) {problem}",)


def test_a_measurement_without_a_unit_is_not_taken_for_kilograms(drafts):
    body, problems = size_of(drafts, {**drafts.weight(70), "valueQuantity": {"value": 70}})
    assert body.weight is None
    assert problems == ("The weight (Observation/o-29463-7-2026-04-10) has no unit that fits: 70.",)


def test_a_measurement_without_a_date_is_not_used(drafts):
    undated = drafts.weight(70, identity="w")
    del undated["effectiveDateTime"]
    body, problems = size_of(drafts, undated)
    assert body.weight is None
    assert problems == ("The weight (Observation/w) has no date.",)


def test_a_bound_is_not_a_measurement(drafts):
    weight = drafts.weight(70)
    weight["valueQuantity"]["comparator"] = ">"
    body, problems = size_of(drafts, weight)
    assert body.weight is None
    assert len(problems) == 1


def test_a_surface_area_is_computed_from_weight_and_height(drafts):
    body, _ = size_of(drafts, drafts.weight(80), drafts.height(180))
    assert body.surface_area.value.value == 2
    assert body.surface_area.method == "Mosteller"
    assert set(body.surface_area.sources) == {"Observation/o-29463-7-2026-04-10", "Observation/o-8302-2-2026-04-10"}


@pytest.mark.parametrize(
    ("documented_on", "method"),
    [("2026-04-11", "documented"), ("2026-04-10", "documented"), ("2026-04-09", "Mosteller")],
)
def test_the_newer_surface_area_counts_and_on_the_same_day_the_documented_one(drafts, documented_on, method):
    body, _ = size_of(drafts, drafts.weight(80), drafts.height(180), drafts.surface_area(1.9, documented_on))
    assert body.surface_area.method == method


def test_an_outdated_height_makes_no_surface_area(drafts):
    body, _ = size_of(drafts, drafts.weight(80), drafts.height(180, date="2025-01-01"))
    assert body.surface_area is None
    assert set(body.outdated) == {"height"}


def test_an_outdated_surface_area_is_told(drafts):
    body, _ = size_of(drafts, drafts.surface_area(1.8, "2025-04-15"))
    assert body.surface_area is None
    assert body.outdated["surface_area"].age_in_days == 365


def test_a_measurement_in_a_panel_counts(drafts):
    panel = {
        "resourceType": "Observation",
        "id": "panel",
        "status": "final",
        "code": {"text": "vital signs"},
        "effectivePeriod": {"start": "2026-04-09", "end": "2026-04-10"},
        "component": [{"code": drafts.weight(70)["code"], "valueQuantity": {"value": 70, "unit": "kg"}}],
    }
    body, _ = size_of(drafts, panel)
    assert body.weight.value.value == 70
    assert body.weight.age_in_days == 5


def test_without_a_day_of_the_order_nothing_is_current(drafts):
    order = drafts.read(drafts.medication_request(drafts.instruction(), authored_on="2026"), drafts.weight(70))
    assert order.body_size.weight is None
    assert "The order has no date, so ages and intervals are not known." in order.problems
