"""Body sizes that were answered in a questionnaire, beside those that were measured."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.orders import OrderSettings
from cql_like_rules.orders.body_charted import UNITS, charted_sizes
from cql_like_rules.record import Record

DOSE = "CP.PHAR.295/I.A.6"
ANSWERS = {"#weight": 72, "#height": 162, "#bodySurfaceArea": Decimal("1.8")}


def size_of(drafts, *resources, **settings):
    order = drafts.read(drafts.medication_request(drafts.instruction()), *resources, settings=OrderSettings(**settings))
    return order.body_size, order.problems


def answered(drafts, link, answer, **more):
    return drafts.response(drafts.item(link, answer), **more)


@pytest.mark.parametrize(
    ("facet", "answer", "kind", "value"),
    [
        ("#weight", {"valueQuantity": {"value": 72, "unit": "kg"}}, "weight", "72"),
        ("#weight", {"valueQuantity": {"value": 88.2, "code": "[lb_av]"}}, "weight", "40.006847034"),
        ("#weight", {"valueQuantity": {"value": 88.2, "unit": "lbs"}}, "weight", "40.006847034"),
        ("#weight", {"valueDecimal": 72.5}, "weight", "72.5"),
        ("#weight", {"valueInteger": 72}, "weight", "72"),
        ("#height", {"valueQuantity": {"value": 70, "unit": "in", "code": "[in_i]"}}, "height", "177.8"),
        ("#height", {"valueQuantity": {"value": 1.778, "unit": "m"}}, "height", "177.8"),
        ("#height", {"valueDecimal": Decimal("177.8")}, "height", "177.8"),
        ("#bodySurfaceArea", {"valueQuantity": {"value": 1.8, "unit": "m²"}}, "surface_area", "1.8"),
        ("#bodySurfaceArea", {"valueDecimal": 1.8}, "surface_area", "1.8"),
    ],
)
def test_an_answer_is_a_body_size_in_its_unit_or_the_usual_one(drafts, facet, answer, kind, value):
    body, problems = size_of(drafts, answered(drafts, f"{DOSE}{facet}", answer))
    found = getattr(body, kind)
    assert found.value.value == Decimal(value)
    assert found.value.unit == UNITS[kind]
    assert found.method == "answered"
    assert found.answered
    assert found.age_in_days == 5
    assert found.sources == ("QuestionnaireResponse/qr",)
    assert problems == ()


@pytest.mark.parametrize("link", ["CP.PHAR.134/II.A.4#weight", "anything#weight", "a#b#weight"])
def test_any_criterion_may_have_asked_for_it(drafts, link):
    body, _ = size_of(drafts, answered(drafts, link, {"valueDecimal": 72}))
    assert body.weight.value.value == 72


@pytest.mark.parametrize(
    "link", ["weight", "#weight", f"{DOSE}#Weight", f"{DOSE}#weight.", f"{DOSE}#bmi", DOSE, "", None, 7]
)
def test_other_items_are_no_body_size(drafts, link):
    body, problems = size_of(drafts, answered(drafts, link, {"valueDecimal": 72}))
    assert (body.weight, problems) == (None, ())


def test_an_item_may_stand_at_any_depth_below_items_and_below_answers(drafts):
    weight = drafts.item(f"{DOSE}#weight", {"valueDecimal": 72})
    nested = {"linkId": "g", "item": [drafts.item("q", {"valueBoolean": True, "item": [weight]})]}
    for _ in range(5000):
        nested = {"linkId": "g", "item": [nested]}
    body, _ = size_of(drafts, drafts.response(nested))
    assert body.weight.value.value == 72


def test_of_several_items_in_one_response_the_first_counts(drafts):
    first, second = drafts.item("I.A.6#weight", {"valueDecimal": 72}), drafts.item("I.F.7#weight", {"valueDecimal": 73})
    body, _ = size_of(drafts, drafts.response({"linkId": "group", "item": [first]}, second))
    assert body.weight.value.value == 72


@pytest.mark.parametrize("item", [{"linkId": f"{DOSE}#weight"}, {"linkId": f"{DOSE}#weight", "answer": []}])
def test_an_item_without_an_answer_is_unknown_and_no_problem(drafts, item):
    body, problems = size_of(drafts, drafts.response(item))
    assert (body.weight, problems) == (None, ())


@pytest.mark.parametrize(
    ("status", "counts"),
    [("completed", True), ("amended", True), ("in-progress", False), ("stopped", False), (None, False)],
)
def test_only_a_completed_questionnaire_counts(drafts, status, counts):
    body, _ = size_of(drafts, answered(drafts, f"{DOSE}#weight", {"valueDecimal": 72}, status=status))
    assert (body.weight is not None) is counts


def test_the_answers_of_another_patient_are_left_out(drafts):
    theirs = answered(drafts, f"{DOSE}#weight", {"valueDecimal": 72}, subject={"reference": "Patient/other"})
    assert charted_sizes(Record([theirs], patient_id="p")) == []


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([{"valueDecimal": 0}], "is implausible: 0 kg."),
        ([{"valueDecimal": 720}], "is implausible: 720 kg."),
        ([{"valueQuantity": {"value": 72}}], "has no unit that fits: 72."),
        ([{"valueQuantity": {"value": 72, "unit": "cm"}}], "has no unit that fits: 72 cm."),
        ([{"valueQuantity": {"value": 72, "unit": "kg", "comparator": ">"}}], "has no exact value."),
        ([{"valueQuantity": "72 kg"}], "has no exact value."),
        ([{"valueString": "72"}], "has no exact value."),
        ([{"valueDecimal": None}], "has no exact value."),
        ([{"valueInteger": True}], "has no exact value."),
        ([{"valueDecimal": 72}, {"valueDecimal": 73}], "has no exact value."),
    ],
)
def test_an_answer_that_cannot_be_used_is_named_and_passed_over(drafts, answers, problem):
    older = drafts.weight(70, date="2026-04-01")
    body, problems = size_of(drafts, older, drafts.response(drafts.item(f"{DOSE}#weight", *answers)))
    assert body.weight.value.value == 70
    assert problems == (f"The weight (QuestionnaireResponse/qr) {problem}",)


@pytest.mark.parametrize("authored", [None, "", "yesterday", 20260410, ["2026-04-10", "2026-04-11"]])
def test_an_answer_without_a_date_is_not_used(drafts, authored):
    body, problems = size_of(drafts, answered(drafts, f"{DOSE}#weight", {"valueDecimal": 72}, authored=authored))
    assert body.weight is None
    assert problems == ("The weight (QuestionnaireResponse/qr) has no date.",)


@pytest.mark.parametrize(
    ("measured_on", "authored", "weight"),
    [
        ("2026-04-09", "2026-04-10", 72),
        ("2026-04-09T23:00:00Z", "2026-04-10T01:00:00Z", 72),
        ("2026-04-10T08:00:00Z", "2026-04-10T15:00:00Z", 70),
        ("2026-04-10", "2026-04-10T15:00:00Z", 70),
        ("2026-04-11", "2026-04-10", 70),
    ],
)
def test_the_newest_counts_and_of_one_day_what_was_measured(drafts, measured_on, authored, weight):
    answer = answered(drafts, f"{DOSE}#weight", {"valueDecimal": 72}, authored=authored)
    body, _ = size_of(drafts, answer, drafts.weight(70, date=measured_on))
    assert body.weight.value.value == weight


def test_an_unusable_measurement_of_the_day_leaves_the_answer(drafts):
    answer = answered(drafts, f"{DOSE}#weight", {"valueDecimal": 72})
    body, problems = size_of(drafts, drafts.weight(720), answer)
    assert body.weight.value.value == 72
    assert len(problems) == 1


def test_of_two_questionnaires_the_newer_counts(drafts):
    morning = answered(drafts, f"{DOSE}#weight", {"valueDecimal": 27}, authored="2026-04-10T08:00:00Z", identity="a")
    evening = answered(drafts, f"{DOSE}#weight", {"valueDecimal": 72}, authored="2026-04-10T18:00:00Z", identity="b")
    for record in ((morning, evening), (evening, morning)):
        body, _ = size_of(drafts, *record)
        assert body.weight.value.value == 72


@pytest.mark.parametrize(("authored", "current"), [("2026-01-15T09:00:00Z", True), ("2026-01-14", False)])
def test_an_answer_is_current_for_ninety_days(drafts, authored, current):
    body, _ = size_of(drafts, answered(drafts, f"{DOSE}#weight", {"valueDecimal": 72}, authored=authored))
    assert (body.weight is not None) is current
    assert ("weight" in body.outdated) is not current


def test_an_answer_of_a_later_day_than_the_order_does_not_count_and_is_told(drafts):
    later = answered(drafts, f"{DOSE}#weight", {"valueDecimal": 72}, authored="2026-04-16")
    body, problems = size_of(drafts, later)
    assert body.weight is None
    assert problems == (
        "The weight (QuestionnaireResponse/qr) was answered after the date of the order, and does not count for it.",
    )
    body, problems = size_of(drafts, later, drafts.weight(70))
    assert (body.weight.value.value, problems) == (70, ())


def test_weight_and_height_answered_make_a_surface_area(drafts):
    items = [drafts.item(f"{DOSE}{facet}", {"valueDecimal": ANSWERS[facet]}) for facet in ("#weight", "#height")]
    body, _ = size_of(drafts, drafts.response(*items))
    assert body.surface_area.value.value == Decimal("1.8")
    assert body.surface_area.computed
    assert body.surface_area.sources == ("QuestionnaireResponse/qr",)


def test_an_answered_height_completes_a_measured_weight(drafts):
    body, _ = size_of(drafts, drafts.weight(80), answered(drafts, f"{DOSE}#height", {"valueDecimal": 180}))
    assert body.surface_area.value.value == 2
    assert set(body.surface_area.sources) == {"Observation/o-29463-7-2026-04-10", "QuestionnaireResponse/qr"}


@pytest.mark.parametrize(
    ("authored", "with_height", "method"),
    [
        ("2026-04-11", "measured", "answered"),
        ("2026-04-10", "measured", "Mosteller"),
        ("2026-04-09", "measured", "Mosteller"),
        ("2026-04-10", "answered", "answered"),
    ],
)
def test_an_answered_surface_area_counts_not_against_measurements_of_that_day(drafts, authored, with_height, method):
    area = drafts.item(f"{DOSE}#bodySurfaceArea", {"valueDecimal": Decimal("1.8")})
    height = drafts.item(f"{DOSE}#height", {"valueDecimal": 180})
    record = [drafts.weight(80), drafts.response(area, authored=authored)]
    record += [drafts.height(180)] if with_height == "measured" else [drafts.response(height, identity="h")]
    body, _ = size_of(drafts, *record)
    assert body.surface_area.method == method


nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("2026-04-10"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["item", "answer", "linkId", "valueQuantity", "valueDecimal", "value", "unit", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(nonsense, nonsense, nonsense)
def test_nonsense_is_read_without_stumbling(drafts, items, answer, authored):
    weight = {"linkId": f"{DOSE}#weight", "answer": answer}
    responses = [
        drafts.response(authored=authored, identity="a") | {"item": items},
        drafts.response(weight, authored="2026-04-10", identity="b"),
    ]
    body, _ = size_of(drafts, *responses)
    assert body.weight is None or Decimal("0.3") <= body.weight.value.value <= 650


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 28), st.integers(40, 120)), max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_newest_day_counts_whatever_the_order_of_the_record(drafts, sizes, random):
    by_day = {(is_answer, day): kilograms for is_answer, day, kilograms in sizes}
    record = [
        answered(
            drafts, f"{DOSE}#weight", {"valueInteger": kilograms}, authored=f"2026-03-{day:02}", identity=f"q{day}"
        )
        if is_answer
        else drafts.weight(kilograms, date=f"2026-03-{day:02}")
        for (is_answer, day), kilograms in by_day.items()
    ]
    random.shuffle(record)
    body, _ = size_of(drafts, *record)
    newest = max(by_day, key=lambda key: (key[1], not key[0]), default=None)
    assert (body.weight and body.weight.value.value) == (by_day[newest] if newest else None)
