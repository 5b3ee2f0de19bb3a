"""Reading an order: product, route, dates, the order it renews, its partners."""

import copy
import json
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.values.temporal import Date, DateTime
from cql_like_rules.orders import OrderSettings, read_order
from cql_like_rules.record import Record
from cql_like_rules.terminology import load_terminology

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
V3 = "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration"
EXAMPLES = Path(__file__).parents[2] / "fhir_examples"


def codes(order):
    return [(code.system, code.code) for code in order.product.concept.codes]


def test_every_code_of_the_product_is_kept_in_canonical_form(drafts):
    concept = {
        "coding": [
            {"system": "http://hl7.org/fhir/sid/ndc", "code": "71837-5843-01"},
            {"system": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J2820"},
        ]
    }
    order = drafts.read(drafts.medication_request(drafts.instruction(), concept=concept))
    assert codes(order) == [
        ("http://hl7.org/fhir/sid/ndc", "71837584301"),
        ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J2820"),
    ]
    assert order.product.name == "Leukine"
    assert not order.product.by_text


@pytest.mark.parametrize(
    ("system", "code", "name"),
    [
        (RXNORM, "1946772", "methotrexate"),
        ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J9145", "daratumumab"),
        (RXNORM, "1721947", "daratumumab"),
    ],
)
def test_a_product_without_a_brand_goes_by_its_drug(drafts, system, code, name):
    concept = {"coding": [{"system": system, "code": code}]}
    assert drafts.read(drafts.medication_request(drafts.instruction(), concept=concept)).product.name == name


def test_a_product_known_by_its_text_is_marked(drafts):
    order = drafts.read(drafts.medication_request(drafts.instruction(), concept={"text": "Leukine 250 mcg vial"}))
    assert codes(order) == [(RXNORM, "203878")]
    assert order.product.by_text
    assert order.notes == ('The drug was identified by its text, "Leukine 250 mcg vial".',)


def test_a_code_of_a_hospital_leaves_the_text_to_tell(drafts):
    concept = {"coding": [{"system": "http://hospital.example/drugs", "code": "L1"}], "text": "Leukine"}
    order = drafts.read(drafts.medication_request(drafts.instruction(), concept=concept))
    assert codes(order) == [("http://hospital.example/drugs", "L1"), (RXNORM, "203878")]
    assert order.product.by_text


def test_a_product_that_nothing_tells_is_a_problem(drafts):
    order = drafts.read(drafts.medication_request(drafts.instruction(), concept={"text": "study drug"}))
    assert order.product.name == "study drug"
    assert 'The drug "study drug" is not coded and its text does not name a known drug.' in order.problems
    order = drafts.read(drafts.medication_request(drafts.instruction(), concept={}))
    assert "The order does not name a drug." in order.problems


@pytest.mark.parametrize("reference", ["Medication/m", "https://ehr.example.org/fhir/Medication/m", "#m"])
def test_a_medication_by_reference_is_the_product(drafts, reference):
    medication = {"resourceType": "Medication", "id": "m", "code": {"coding": [{"system": RXNORM, "code": "203878"}]}}
    request = drafts.medication_request(
        drafts.instruction(), medicationReference={"reference": reference}, contained=[medication]
    )
    del request["medicationCodeableConcept"]
    assert drafts.read(request, medication).product.name == "Leukine"


@pytest.mark.parametrize(
    ("route", "code"),
    [
        ({"coding": [{"system": SNOMED, "code": "47625008"}]}, "47625008"),
        ({"coding": [{"system": SNOMED, "code": "418114005"}]}, "47625008"),
        ({"coding": [{"system": V3, "code": "IV"}]}, "47625008"),
        ({"coding": [{"system": V3, "code": "SQ"}]}, "34206005"),
        ({"coding": {"system": V3, "code": "PO"}}, "26643006"),
        ({"coding": [{"system": "http://hospital.example", "code": "7"}], "text": "Subcutaneous"}, "34206005"),
        ({"text": "by mouth"}, "26643006"),
        ({"coding": [{"system": SNOMED, "code": "78421000", "display": "Intramuscular"}]}, "78421000"),
    ],
)
def test_a_route_has_one_code_whatever_it_was_sent_as(drafts, route, code):
    order = drafts.read(drafts.medication_request(drafts.instruction(route=route)))
    assert (order.dosage.route.system, order.dosage.route.code) == (SNOMED, code)
    assert order.problems == ()
    assert bool(order.notes) is ("text" in route)


def test_a_route_in_free_words_is_unknown_and_said(drafts):
    order = drafts.read(drafts.medication_request(drafts.instruction(route={"text": "IV or SC"})))
    assert order.dosage.route is None
    assert order.dosage.route_text == "IV or SC"
    assert order.problems == ('The route "IV or SC" is not coded.',)


def test_different_routes_are_unknown_and_said(drafts):
    routes = [{"coding": [{"system": V3, "code": code}]} for code in ("IV", "SQ")]
    order = drafts.read(drafts.medication_request(*(drafts.instruction(route=route) for route in routes)))
    assert order.dosage.route is None
    assert "The dosage instructions have different routes." in order.problems


@pytest.mark.parametrize(
    ("more", "until"),
    [
        ({"bounds": {"boundsPeriod": {"start": "2026-04-15", "end": "2027-01-15"}}}, Date(2027, 1, 15)),
        ({"bounds": {"boundsDuration": {"value": 9, "code": "mo"}}}, Date(2027, 1, 15)),
        ({"bounds": {"boundsDuration": {"value": 2, "code": "wk"}}}, Date(2026, 4, 29)),
        (
            {"dispense": {"expectedSupplyDuration": {"value": 30, "unit": "days"}, "numberOfRepeatsAllowed": 2}},
            Date(2026, 7, 14),
        ),
        ({"dispense": {"validityPeriod": {"end": "2026-10-15"}}}, Date(2026, 10, 15)),
        ({}, None),
    ],
)
def test_the_last_day_that_is_asked_for(drafts, more, until):
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk", **more.get("bounds", {})}}
    request = drafts.medication_request(drafts.instruction(10, "mg", timing), dispenseRequest=more.get("dispense", {}))
    assert drafts.read(request).requested_until == until


def test_the_first_dose_is_the_start_of_the_schedule(drafts):
    timing = {
        "repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2026-04-15T08:00:00Z"}}
    }
    first = drafts.read(drafts.medication_request(drafts.instruction(timing=timing))).dosage.first_dose
    assert (first.year, first.month, first.day, first.hour) == (2026, 4, 15, 8)


def test_the_first_dose_is_the_earliest_stated_date(drafts):
    timing = {"event": ["2026-04-18", "2026-04-16"]}
    first = drafts.read(drafts.medication_request(drafts.instruction(timing=timing))).dosage.first_dose
    assert first == DateTime(2026, 4, 16)


def renewal(drafts, now, before):
    prior = {**drafts.medication_request(before), "id": "prior", "status": "completed"}
    request = drafts.medication_request(now, priorPrescription={"reference": "MedicationRequest/prior"})
    return drafts.read(request, prior, drafts.surface_area(2), drafts.weight(80))


TWICE_WEEKLY = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "wk"}}


@pytest.mark.parametrize(
    ("now", "before", "increase"),
    [
        ((250, "ug"), (250, "ug"), False),
        ((251, "ug"), (250, "ug"), True),
        ((249, "ug"), (250, "ug"), False),
        ((0.25, "mg"), (250, "ug"), False),
        ((500, "ug"), (250, "ug/m2"), False),
        ((501, "ug"), (250, "ug/m2"), True),
        ((10, "ug/kg"), (800, "ug"), False),
        ((250, "ug"), (1, "mL"), None),
    ],
)
def test_an_increase_is_a_higher_dose_in_whatever_unit(drafts, now, before, increase):
    order = renewal(drafts, drafts.instruction(*now), drafts.instruction(*before))
    assert order.continued
    assert order.dose_increase is increase


def test_a_shorter_interval_is_an_increase(drafts):
    every = lambda weeks: {"repeat": {"frequency": 1, "period": weeks, "periodUnit": "wk"}}  # noqa: E731
    longer, shorter = drafts.instruction(10, "mg", every(4)), drafts.instruction(10, "mg", every(3))
    assert renewal(drafts, shorter, longer).dose_increase is True
    assert renewal(drafts, longer, shorter).dose_increase is False


def test_more_doses_a_week_are_an_increase(drafts):
    now, before = drafts.instruction(10, "mg", TWICE_WEEKLY), drafts.instruction(10, "mg", drafts.weekly)
    assert renewal(drafts, now, before).dose_increase is True


def test_an_unknown_frequency_of_the_earlier_order_leaves_the_increase_unknown(drafts):
    order = renewal(drafts, drafts.instruction(10, "mg"), drafts.instruction(10, "mg", {}))
    assert order.dose_increase is None
    assert order.problems == ()


def test_a_renewal_of_an_order_that_is_not_here_is_a_renewal_still(drafts):
    request = drafts.medication_request(
        drafts.instruction(), priorPrescription={"identifier": {"value": "1"}, "display": "Earlier order"}
    )
    order = drafts.read(request)
    assert (order.continued, order.previous, order.dose_increase) == (True, None, None)


def test_a_first_order_renews_nothing(drafts):
    order = drafts.read(drafts.medication_request(drafts.instruction()))
    assert (order.continued, order.previous, order.dose_increase) == (False, None, None)


def test_the_other_drafts_are_partners(drafts):
    request = drafts.medication_request(drafts.instruction())
    other = {"resourceType": "MedicationRequest", "id": "other"}
    assert drafts.read(request, drafts=[other, request]).partners == ("MedicationRequest/other",)


def test_an_order_without_a_dose_says_so(drafts):
    order = drafts.read(drafts.medication_request({"text": "as directed"}))
    assert "The order states no coded dose." in order.problems
    assert order.dosage.as_ordered is None


def test_an_instruction_in_words_beside_a_coded_one_is_said(drafts):
    order = drafts.read(drafts.medication_request(drafts.instruction(), {"text": "and 5 mg at night"}))
    assert order.problems == ('A dosage instruction states no coded dose and was not counted: "and 5 mg at night".',)


def test_reading_changes_nothing_in_the_order(drafts):
    request = drafts.medication_request(drafts.instruction(), concept={"text": "Leukine"})
    before = copy.deepcopy(request)
    assert drafts.read(request).resource is request
    assert request == before


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5000) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["repeat", "period", "periodUnit", "frequency", "code", "value", "doseQuantity", "coding"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "id",
                "authoredOn",
                "dosageInstruction",
                "medicationCodeableConcept",
                "medicationReference",
                "priorPrescription",
                "dispenseRequest",
            ]
        ),
        json_values,
    ),
    json_values,
)
def test_no_order_makes_the_reading_stumble(resource, instruction):
    resource.setdefault(
        "dosageInstruction", [{"timing": instruction, "doseAndRate": instruction, "route": instruction}]
    )
    order = read_order(resource, Record([resource]), load_terminology())
    assert order.dosage.per_administration.mass is None or order.dosage.per_administration.mass.value > 0


def test_an_order_is_read_in_well_under_a_millisecond(drafts):
    request = drafts.medication_request(drafts.instruction(250, "ug/m2"))
    record = Record([drafts.weight(80), drafts.height(180), drafts.surface_area(2)])
    fastest = 1.0
    for _ in range(30):
        start = time.perf_counter()
        read_order(request, record, load_terminology(), OrderSettings())
        fastest = min(fastest, time.perf_counter() - start)
    assert fastest < 0.0006


def _requests():
    return [path for path in sorted(EXAMPLES.rglob("*.json")) if '"draftOrders"' in path.read_text(encoding="utf-8")]


@pytest.mark.skipif(not _requests(), reason="the folder of example requests is empty")
def test_every_example_request_is_read():
    terminology = load_terminology()
    for path in _requests():
        request = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        resources = [entry["resource"] for entry in request["context"]["draftOrders"]["entry"]]
        bundles = [bundle for bundle in request.get("prefetch", {}).values() if bundle]
        record = Record([*bundles, *resources], (), request["context"]["patientId"], terminology)
        for resource in resources:
            if resource["resourceType"] == "MedicationRequest":
                order = read_order(resource, record, terminology, OrderSettings(), resources)
                assert order.product.name, path.name
                assert order.date is not None, path.name


def test_a_drug_written_as_bare_text_is_known_by_that_text(drafts):
    order = drafts.read(drafts.medication_request(drafts.instruction(), concept="Leukine 250 mcg"))
    assert order.product.by_text
    assert order.product.name == "Leukine"


@pytest.mark.parametrize(
    ("bounds", "problem"),
    [
        ({"boundsPeriod": {"start": "2026-02-30"}}, "The date from which the drug is to be given cannot be read."),
        ({"boundsPeriod": "tomorrow"}, "The date from which the drug is to be given cannot be read."),
        ({"boundsPeriod": {"end": "later"}}, "The date until which the drug is to be given cannot be read."),
        ({"boundsDuration": {"value": 5, "code": "moons"}}, "How long the drug is to be given cannot be read."),
    ],
)
def test_bounds_that_cannot_be_read_are_told(drafts, bounds, problem):
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", **bounds}}
    order = drafts.read(drafts.medication_request(drafts.instruction(timing=timing)))
    assert problem in order.problems


@pytest.mark.parametrize("unit", ["d", "wk", "mo", "a"])
@pytest.mark.parametrize("value", [10**9, -(10**9), 10**27])
def test_a_supply_beyond_all_calendars_ends_on_no_day(drafts, unit, value):
    dispense = {"expectedSupplyDuration": {"value": value, "code": unit}}
    order = drafts.read(drafts.medication_request(drafts.instruction(), dispenseRequest=dispense))
    assert order.requested_until is None
