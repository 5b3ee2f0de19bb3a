"""Doses: units as they are written, and the mass that a dose comes to."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.orders.units import dose_unit, spelled, unit_of

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def coded(code, text=None):
    concept = {"coding": [{"system": RXNORM, "code": code}]}
    return {**concept, "text": text} if text else concept


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("mcg", "ug"),
        ("MCG", "ug"),
        ("µg", "ug"),
        ("μg/m²", "ug/m2"),
        ("mcg/kg", "ug/kg"),
        ("MG", "mg"),
        ("mg/m2/dose", "mg/m2"),
        ("mg / m2", "mg/m2"),
        ("mg per m2", "mg/m2"),
        ("mg/kg/day", "mg/kg/d"),
        ("ML", "mL"),
        ("vials", "{vial}"),
        ("{vial}", "{vial}"),
        ("lbs", "[lb_av]"),
        ("inches", "[in_i]"),
        ("[iU]", "[iU]"),
        ("mg.min/mL", "mg.min/mL"),
    ],
)
def test_units_are_read_in_their_usual_spellings(written, unit):
    assert spelled(written) == unit


@given(st.text(max_size=12))
def test_no_text_makes_the_reading_of_units_stumble(written):
    dose_unit(spelled(written))


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [
        ({"unit": "mg"}, "mg"),
        ({"code": "mg"}, "mg"),
        ({"unit": "milligram", "system": "http://unitsofmeasure.org", "code": "mg"}, "mg"),
        ({"unit": "vial", "system": "http://snomed.info/sct", "code": "415818006"}, "{vial}"),
        ({}, ""),
    ],
)
def test_a_unit_needs_neither_code_nor_system(quantity, unit):
    assert unit_of(quantity) == unit


@pytest.mark.parametrize("unit", ["mg/L", "mg/m2/kg", "[iU]", "mg.min/mL", "", "1", "{score}", "mg/mL"])
def test_what_is_not_an_amount_per_body_size_is_no_dose_unit(unit):
    assert dose_unit(unit) is None


@pytest.mark.parametrize(
    ("value", "unit", "mass", "mass_unit"),
    [
        (250, "ug", 250, "ug"),
        (250, "mcg", 250, "ug"),
        (0.1, "g", 100, "mg"),
        ("100", "mg", 100, "mg"),
        (250000, "ng", 250, "ug"),
    ],
)
def test_a_mass_is_kept_in_milligrams_or_micrograms(drafts, value, unit, mass, mass_unit):
    order = drafts.read(drafts.medication_request(drafts.instruction(value, unit)))
    amount = order.dosage.per_administration.mass
    assert (amount.value, amount.unit) == (Decimal(mass), mass_unit)
    assert order.problems == ()


@pytest.mark.parametrize(
    ("concept", "value", "mass"),
    [
        (coded("1921593"), 8, "20"),  # a brand with one oral solution
        (coded("1544379"), 0.4, "20"),  # a brand whose auto-injectors all have one concentration
        (coded("208083"), 1, "0.25"),  # the vial for injection, coded
        ({"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "81927-204-01"}]}, 5, "10"),
        (
            {"coding": [{"system": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J8612"}]},
            8,
            "20",
        ),
        ({"text": "Xatmep oral solution"}, 8, "20"),
    ],
)
def test_millilitres_are_a_mass_through_the_coded_concentration(drafts, concept, value, mass):
    order = drafts.read(drafts.medication_request(drafts.instruction(value, "mL"), concept=concept))
    assert order.dosage.per_administration.mass.value == Decimal(mass)
    assert order.problems == ()


@pytest.mark.parametrize(
    "concept",
    [
        coded("203878"),  # a brand for injection: how the powder is made up is not known
        coded("203878", "Leukine 500 mcg/mL"),
        coded("1441403"),  # a brand whose auto-injectors differ
        coded("69634"),
    ],
)
def test_millilitres_without_a_coded_concentration_are_a_problem(drafts, concept):
    order = drafts.read(drafts.medication_request(drafts.instruction(1, "mL"), concept=concept))
    assert order.dosage.per_administration.mass is None
    assert order.dosage.per_week.mass is None
    assert order.problems == ("The dose is in mL and the product's concentration is not coded.",)


@pytest.mark.parametrize(
    ("code", "mass"), [("1747187", "17.5"), ("1747194", "22.5"), ("1441418", "20"), ("1544404", "7.5")]
)
def test_a_pen_is_the_mass_printed_on_it(drafts, code, mass):
    order = drafts.read(drafts.medication_request(drafts.instruction(1, "{device}"), concept=coded(code)))
    assert order.dosage.per_administration.mass.value == Decimal(mass)


def test_a_pen_of_unknown_strength_is_a_problem(drafts):
    order = drafts.read(drafts.medication_request(drafts.instruction(1, "{pen}"), concept=coded("1441403")))
    assert order.dosage.per_administration.mass is None
    assert order.problems == ("The dose is in pens and the product's strength per pen is not coded.",)


def test_a_strength_that_only_the_text_tells_is_used_and_said(drafts):
    concept = coded("203878", "Leukine lyophilized powder vial 250 mcg")
    order = drafts.read(drafts.medication_request(drafts.instruction(2, "{vial}"), concept=concept))
    assert order.dosage.per_administration.mass.value == Decimal(500)
    assert order.problems == ()
    assert order.notes == ("The strength, 250 ug, was read from the product's text.",)


@pytest.mark.parametrize("text", ["Otrexup 10 mg or 15 mg", "Leukine 500 mcg/mL", "Leukine"])
def test_a_text_that_does_not_tell_one_strength_tells_none(drafts, text):
    concept = coded("203878", text)
    order = drafts.read(drafts.medication_request(drafts.instruction(2, "{vial}"), concept=concept))
    assert order.dosage.per_administration.mass is None


def ingredient(drafts, value, unit, per_value=None, per_unit=None):
    strength = {"numerator": drafts.quantity(value, unit)}
    if per_unit:
        strength["denominator"] = drafts.quantity(per_value, per_unit)
    return {"itemCodeableConcept": coded("69634"), "strength": strength}


@pytest.mark.parametrize(
    ("medication", "dose", "mass"),
    [
        ((500, "ug", 1, "mL"), (0.5, "mL"), "250"),
        ((500, "ug", 2, "mL"), (1, "mL"), "250"),
        ((250, "ug", 1, "L"), (1000, "mL"), "250"),
        ((250, "ug", 1, "{vial}"), (2, "{vial}"), "500"),
        ((250, "ug", None, None), (2, "{vial}"), "500"),
    ],
)
def test_the_medication_states_its_own_strength(drafts, medication, dose, mass):
    request = drafts.medication_request(
        drafts.instruction(*dose),
        contained=[
            {
                "resourceType": "Medication",
                "id": "m",
                "code": coded("203878"),
                "ingredient": [ingredient(drafts, *medication)],
            }
        ],
        medicationReference={"reference": "#m"},
    )
    del request["medicationCodeableConcept"]
    assert drafts.read(request).dosage.per_administration.mass.value == Decimal(mass)


def test_an_infusion_bag_has_the_concentration_that_it_states_and_not_that_of_the_vial(drafts):
    bag = {
        "resourceType": "Medication",
        "id": "m",
        "code": coded("208083"),
        "amount": {"numerator": drafts.quantity(50, "mL")},
        "ingredient": [
            {"itemCodeableConcept": coded("69634")},
            {"itemCodeableConcept": {"text": "sodium chloride 0.9 %"}, "isActive": False},
        ],
    }
    request = drafts.medication_request(
        drafts.instruction(50, "mL"), contained=[bag], medicationReference={"reference": "#m"}
    )
    del request["medicationCodeableConcept"]
    assert drafts.read(request).problems == ("The dose is in mL and the product's concentration is not coded.",)
    bag["ingredient"][0]["strength"] = {
        "numerator": drafts.quantity(400, "ug"),
        "denominator": drafts.quantity(50, "mL"),
    }
    order = drafts.read(request)
    assert order.dosage.per_administration.mass.value == Decimal(400)


@pytest.mark.parametrize(
    ("dose", "problem"),
    [
        ({"value": 250}, "The dose (250) has no unit."),
        ({"value": 250, "unit": "[iU]"}, "The dose is in [iU], which is not a unit that a dose can be computed from."),
        ({"value": 0, "unit": "mg"}, "The dose is 0 mg."),
        ({"value": -5, "unit": "mg"}, "The dose is -5 mg."),
        ({"unit": "mg"}, "The dose has no value that can be read."),
        ({"value": "five", "unit": "mg"}, "The dose has no value that can be read."),
        ({"value": 5, "unit": "mg", "comparator": ">"}, "The dose is not limited upwards (> 5 mg)."),
    ],
)
def test_a_dose_that_cannot_be_computed_is_named(drafts, dose, problem):
    request = drafts.medication_request({"timing": drafts.daily, "doseAndRate": [{"doseQuantity": dose}]})
    order = drafts.read(request)
    assert order.dosage.per_administration.mass is None
    assert problem in order.problems


def test_the_high_end_of_a_range_counts(drafts):
    dose_range = {"low": drafts.quantity(100, "ug"), "high": drafts.quantity(250, "ug")}
    order = drafts.read(drafts.medication_request({"timing": drafts.daily, "doseAndRate": [{"doseRange": dose_range}]}))
    assert order.dosage.per_day.mass.value == 250


def test_the_ordered_dose_counts_and_not_the_one_calculated_from_it(drafts):
    entries = [
        {"type": {"coding": [{"code": "calculated"}]}, "doseQuantity": drafts.quantity(450, "ug")},
        {"type": {"coding": [{"code": "ordered"}]}, "doseQuantity": drafts.quantity(250, "ug/m2")},
    ]
    order = drafts.read(drafts.medication_request({"timing": drafts.daily, "doseAndRate": entries}))
    assert order.dosage.as_ordered.unit == "ug/m2"
    assert order.dosage.per_administration.per_m2.value == 250
    assert order.problems == ()


def test_two_doses_in_one_instruction_are_a_problem(drafts):
    entries = [{"doseQuantity": drafts.quantity(value, "ug")} for value in (100, 250)]
    order = drafts.read(drafts.medication_request({"timing": drafts.daily, "doseAndRate": entries}))
    assert order.problems == ("One dosage instruction has several doses; the first was read.",)


def test_one_object_in_place_of_the_arrays_is_read(drafts):
    request = drafts.medication_request()
    request["dosageInstruction"] = {
        "timing": drafts.daily,
        "doseAndRate": {"doseQuantity": {"value": "250", "unit": "mcg"}},
    }
    order = drafts.read(request)
    assert order.dosage.per_day.mass.value == 250
    assert order.problems == ()


def infusion(drafts, rate, **repeat):
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", **repeat}}
    return {"timing": timing, "doseAndRate": [rate]}


@pytest.mark.parametrize(
    ("rate", "unit", "mass"),
    [("rateQuantity", "ug/h", "480"), ("rateQuantity", "ug/min", "28800"), ("rateQuantity", "ug/d", "20")],
)
def test_a_rate_is_a_dose_through_the_time_that_it_runs(drafts, rate, unit, mass):
    written = infusion(drafts, {rate: drafts.quantity(20, unit)}, duration=24, durationUnit="h")
    order = drafts.read(drafts.medication_request(written))
    assert order.dosage.per_administration.mass.value == Decimal(mass)


def test_a_rate_ratio_is_a_rate(drafts):
    ratio = {"numerator": drafts.quantity(100, "ug"), "denominator": drafts.quantity(2, "h")}
    written = infusion(drafts, {"rateRatio": ratio}, duration=4, durationUnit="h")
    order = drafts.read(drafts.medication_request(written))
    assert order.dosage.per_administration.mass.value == 200


def test_a_rate_without_a_time_is_a_problem(drafts):
    order = drafts.read(drafts.medication_request(infusion(drafts, {"rateQuantity": drafts.quantity(20, "ug/h")})))
    assert order.dosage.per_administration.mass is None
    assert "The dose is a rate (20 ug/h), and how long it runs is not coded." in order.problems
