from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cards import cards_for
from cql_like_rules import criteria
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.determination import Comparison, DoseLimit, Finding, Status


def only_card(cards: list[dict[str, Any]]) -> dict[str, Any]:
    (card,) = cards
    return card


def test_the_title_names_the_drug_the_ordered_amount_and_the_limit(build: Any) -> None:
    card = only_card(cards_for(build.overdose()))
    assert card["summary"] == "Leukine 300 mcg/m² is above the 250 mcg/m² daily limit"
    assert card["indicator"] == "warning"


def test_the_detail_says_what_was_ordered_what_the_limit_is_and_what_it_is_for_this_patient(build: Any) -> None:
    card = only_card(cards_for(build.overdose()))
    assert card["detail"] == (
        "Ordered: 540 mcg IV daily = 300 mcg/m² (BSA 1.80 m², Mosteller, height 162 cm and weight 72 kg "
        "on 2026-11-02). "
        "Limit: 250 mcg/m² daily (CP.PHAR.295 version 2026.03, I.A.6), for this patient 450 mcg daily."
    )


def test_from_twice_the_limit_on_the_title_says_how_many_times(build: Any) -> None:
    twice = cards_for(build.overdose(build.order("900")))
    assert only_card(twice)["summary"] == "Leukine 500 mcg/m² is twice the 250 mcg/m² daily limit"
    more = cards_for(build.overdose(build.order("1100")))
    assert only_card(more)["summary"] == "Leukine 611.1 mcg/m² is 2.4 times the 250 mcg/m² daily limit"


def test_several_doses_a_day_are_added_up_before_they_are_compared(build: Any) -> None:
    order = build.order("270", per_day=2, schedule="every 12 hours")
    card = only_card(cards_for(build.overdose(order)))
    assert "Ordered: 270 mcg IV every 12 hours = 540 mcg daily = 300 mcg/m² daily (" in card["detail"]


def test_an_order_per_square_metre_says_the_mass_it_comes_to(build: Any) -> None:
    order = build.order("300", "ug/m2")
    card = only_card(cards_for(build.overdose(order)))
    assert card["detail"].startswith("Ordered: 300 mcg/m² IV daily = 540 mcg (BSA 1.80 m²")


def test_a_limit_per_kilogram_rests_on_the_weight(build: Any) -> None:
    order = build.order("8", "ug/kg")
    card = only_card(cards_for(build.overdose(order, build.dose_limit(order, "7", "ug/kg/d"))))
    assert card["summary"] == "Leukine 8 mcg/kg is above the 7 mcg/kg daily limit"
    assert "(weight 72 kg on 2026-11-02)" in card["detail"]
    assert "for this patient 504 mcg daily." in card["detail"]


def test_a_flat_limit_is_not_repeated_for_the_patient(build: Any) -> None:
    order = build.order("35", "mg")
    card = only_card(cards_for(build.overdose(order, build.dose_limit(order, "30", "mg/d"))))
    assert card["detail"] == "Ordered: 35 mg IV daily. Limit: 30 mg daily (CP.PHAR.295 version 2026.03, I.A.6)."


@given(st.decimals(min_value=Decimal("250.00000001"), max_value=2500, places=8))
def test_the_title_never_says_that_a_number_is_above_itself(build: Any, per_m2: Decimal) -> None:
    order = build.order(per_m2, "ug/m2", area=Decimal(2))
    words = only_card(cards_for(build.overdose(order)))["summary"].split()
    assert Decimal(words[1]) > Decimal(250)


def test_a_dose_finding_without_an_amount_above_the_limit_says_what_its_criteria_say(build: Any) -> None:
    order = build.order("250", "ug/m2")
    criterion = build.criterion("I.A.6", title="At most 250 mcg/m² IV daily", unmet="Only IV is covered for AML")
    finding = Finding("dose", "warning", (criterion,), build.dose_limit(order))
    card = only_card(cards_for(build.determination(order, finding)))
    assert card["summary"] == "Leukine: Only IV is covered for AML"
    assert "I.A.6: Only IV is covered for AML." in card["detail"]
    assert "Ordered: 250 mcg/m² IV daily = 450 mcg" in card["detail"]
    assert "suggestions" not in card


def test_a_schedule_that_is_refused_is_shown_as_it_was_ordered(build: Any) -> None:
    order = build.order("1120", "mg", schedule="weekly")
    criterion = build.criterion("4.1#schedule", unmet="Every 4 weeks from week 25")
    card = only_card(cards_for(build.determination(order, Finding("dose", "warning", (criterion,), None))))
    assert "4.1: Every 4 weeks from week 25.\n\nOrdered: 1120 mg IV weekly.\n\nPolicy: " in card["detail"]


def test_a_dose_criterion_without_own_words_is_told_by_what_it_requires(build: Any) -> None:
    criterion = build.criterion("I.A.6", title="At most 250 mcg/m² IV daily")
    finding = Finding("dose", "warning", (criterion,), None)
    card = only_card(cards_for(build.determination(None, finding)))
    assert card["summary"] == "Leukine: Not met: At most 250 mcg/m² IV daily"


def test_the_document_that_the_policy_takes_instead_is_offered_as_the_other_way_out(build: Any) -> None:
    dose = build.criterion("I.F.7.a")
    evidence = build.criterion(
        "I.F.7.b", "documentation", Status.MISSING, ask="Attach the guideline or article that supports the dose"
    )
    regimen = build.criterion("I.F.7.fn-REG", "documentation", Status.MISSING, ask="Document the regimen")
    names = {name: criteria.Name(name, True) for name in ("I.F.7", "I.F.7.a", "I.F.7.b", "I.F.7.fn-REG")}
    either = criteria.AnyOf((names["I.F.7.a"], criteria.Test(names["I.F.7.b"], True)))
    structure = criteria.AllOf((either, names["I.F.7.fn-REG"]))
    root = build.node("I.F", build.node("I.F.7", dose, evidence, regimen))
    order = build.order()
    determination = build.determination(
        order,
        Finding("dose", "warning", (dose,), build.dose_limit(order)),
        root=root,
        policy=build.policy({"I.F.7": structure, "I.F": names["I.F.7"]}),
    )
    detail = only_card(cards_for(determination))["detail"]
    assert "Or: Attach the guideline or article that supports the dose." in detail
    assert "regimen" not in detail


@pytest.mark.parametrize("kind", ["duration", "regimen", "concurrent-drug", "diagnosis", "age", "step-therapy"])
def test_the_other_way_out_is_offered_on_cards_of_other_kinds_too(build: Any, kind: str) -> None:
    failed = build.criterion("I.F.7.a", kind, unmet="Not this way")
    evidence = build.criterion("I.F.7.b", "documentation", Status.MISSING, ask="Attach the article")
    names = {name: criteria.Name(name, True) for name in ("I.F.7", "I.F.7.a", "I.F.7.b")}
    either = criteria.AnyOf((names["I.F.7.a"], names["I.F.7.b"]))
    determination = build.determination(
        None,
        Finding(kind, "warning", (failed,)),
        root=build.node("I.F", build.node("I.F.7", failed, evidence)),
        policy=build.policy({"I.F.7": either, "I.F": names["I.F.7"]}),
    )
    assert "\n\nOr: Attach the article.\n\nPolicy: " in only_card(cards_for(determination))["detail"]


def test_request_text_in_the_schedule_and_name_is_escaped(build: Any) -> None:
    order = build.order(name="<b>Leukine</b> [x](http://e.example)", schedule="*daily* <script>")
    card = only_card(cards_for(build.overdose(order)))
    assert "\\*daily\\* ‹script›" in card["detail"]
    assert "<" not in card["detail"]
    assert "<" not in card["summary"]


@pytest.mark.parametrize("name", ["", " \n "])
def test_an_order_without_a_drug_name_is_called_this_order(build: Any, name: str) -> None:
    card = only_card(cards_for(build.overdose(build.order(name=name))))
    assert card["summary"].startswith("This order 300 mcg/m² is above")


def route_compared(route: str, covered: str) -> Comparison:
    return Comparison("Equivalent", route, covered, route == covered, "Order.route", covered)


@pytest.mark.parametrize(
    ("compared", "is_told"),
    [
        ([route_compared("SC", "IV")], True),
        ([route_compared("IV", "IV")], False),
        ([route_compared("SC", "IV"), route_compared("SC", "SC")], False),
        ([Comparison("Equal", 7, 1, False, "Order.numberOfDoses", "")], False),
        ([], False),
    ],
)
def test_a_wrong_route_beside_a_dose_above_the_limit_is_told_and_not_left_behind_by_a_click(
    build: Any, compared: list[Comparison], is_told: bool
) -> None:
    order = build.order("540", "ug")
    limit = build.dose_limit(order)
    amounts = Comparison("LessOrEqual", limit.ordered, limit.limit, False, "Order.perDayPerM2", "Maximum")
    leaf = build.criterion(unmet="Only IV is covered for AML", comparisons=(amounts, *compared))
    card = only_card(cards_for(build.determination(order, Finding("dose", "warning", (leaf,), limit))))
    assert "above the 250 mcg/m² daily limit" in card["summary"]
    assert ("Also: Only IV is covered for AML." in card["detail"]) is is_told
    assert ("suggestions" in card) is not is_told


# --- a body size counted otherwise than measured, and recommended doses ----------------------------------------------


def test_a_capped_body_surface_area_is_said_beside_the_measured_one(build: Any) -> None:
    order = build.order("128.8", "mg", area=Decimal("2.4"))
    limit = build.dose_limit(order, "50", "mg/m2/d", counted=Decimal("2.2"))
    card = only_card(cards_for(build.overdose(order, limit)))
    assert "on 2026-11-02, counted as 2.20 m²)." in card["detail"]
    assert "for this patient 110 mg daily." in card["detail"]


def test_a_body_size_that_is_counted_as_measured_is_said_once(build: Any) -> None:
    assert "counted" not in only_card(cards_for(build.overdose()))["detail"]


def test_the_body_size_that_made_a_mass_of_the_ordered_dose_is_said(build: Any) -> None:
    order = build.order("300", "ug/m2", area=Decimal("1.8"))
    limit = build.dose_limit(order, "450", "ug/d")
    card = only_card(cards_for(build.overdose(order, limit)))
    assert "Ordered: 300 mcg/m² IV daily = 540 mcg (BSA 1.80 m², Mosteller, " in card["detail"]


def test_each_instruction_of_an_order_is_told_and_the_highest_dose_compared(build: Any) -> None:
    order = build.order("56", "mg/m2")
    parts = (
        (Quantity(Decimal(20), "mg/m2"), "days 1 and 2 of 28"),
        (Quantity(Decimal(56), "mg/m2"), "days 8 and 9 of 28"),
    )
    order = replace(order, dosage=replace(order.dosage, as_ordered=None, parts=parts))
    limit = replace(
        build.dose_limit(order, "27", "mg/m2/d"),
        per="dose",
        limit=Quantity(Decimal(27), "mg/m2"),
        ordered=order.dosage.per_administration.per_m2,
    )
    card = only_card(cards_for(build.overdose(order, limit)))
    assert (
        "Ordered: 20 mg/m² IV days 1 and 2 of 28; 56 mg/m² IV days 8 and 9 of 28; "
        "the highest dose is 100.8 mg = 56 mg/m² (BSA 1.80 m²"
    ) in card["detail"]


def test_a_body_size_that_differs_in_digits_that_are_not_told_is_counted_as_measured(build: Any) -> None:
    order = build.order("70", "mg/m2", area=Decimal("1.7929999999"))
    limit = build.dose_limit(order, "56", "mg/m2/d", counted=Decimal("1.793"))
    card = only_card(cards_for(build.overdose(order, limit)))
    assert "counted" not in card["detail"]
    assert card["suggestions"][0]["label"] == "Change dose to 56 mg/m² daily"


def recommended(build: Any, dose: str, unit: str = "mg") -> dict[str, Any]:
    order = build.order(dose, unit, name="Darzalex")
    limit = build.dose_limit(order, "16", "mg/kg/d", tolerance="0.05")
    return only_card(cards_for(build.overdose(order, limit, policy=build.policy(nature="guidance"))))


def test_a_dose_below_the_recommended_one_is_said_to_be_below_it(build: Any) -> None:
    card = recommended(build, "576")
    assert card["summary"] == "Darzalex 8 mg/kg is below the recommended 16 mg/kg daily"
    assert card["detail"] == (
        "Ordered: 576 mg IV daily = 8 mg/kg (weight 72 kg on 2026-11-02). "
        "Recommended: 16 mg/kg daily (CP.PHAR.295 version 2026.03, I.A.6), for this patient 1152 mg daily."
    )
    assert card["suggestions"][0]["label"] == "Change dose to 1152 mg daily"
    assert card["suggestions"][0]["actions"][0]["description"] == (
        "Set the dose to 1152 mg IV daily, the dose that CP.PHAR.295 I.A.6 recommends"
    )


def test_a_dose_above_the_recommended_one_is_lowered_to_it(build: Any) -> None:
    card = recommended(build, "20", "mg/kg")
    assert card["summary"] == "Darzalex 20 mg/kg is above the recommended 16 mg/kg daily"
    assert card["suggestions"][0]["label"] == "Change dose to 16 mg/kg daily"
    assert "limit" not in card["summary"] + card["detail"]


def test_a_dose_within_the_tolerance_is_left_alone(build: Any) -> None:
    assert "suggestions" not in recommended(build, "16.5", "mg/kg")


@pytest.mark.parametrize(
    ("kind", "indicator", "is_note", "is_offered"),
    [
        ("safety", "critical", True, False),
        ("regimen", "critical", False, False),
        ("regimen", "warning", True, False),
        ("regimen", "warning", False, True),
        ("safety", "warning", True, True),
        ("regimen", "info", True, True),
    ],
)
def test_a_smaller_dose_is_not_offered_where_the_schedule_or_the_drug_is_unsafe(
    build: Any, kind: str, indicator: str, is_note: bool, is_offered: bool
) -> None:
    order = build.order()
    dose = Finding("dose", "warning", (build.criterion(),), build.dose_limit(order))
    other = build.criterion("V.freq", kind)
    warned = Finding(kind, indicator, (other,))
    determination = build.determination(order, dose, warned, advisories=(other,) if is_note else ())
    (card,) = (card for card in cards_for(determination) if card["extension"]["oncology-cds"]["kind"] == "dose")
    assert ("suggestions" in card) is is_offered


# --- the dose of another drug ----------------------------------------------------------------------------------------


def of_another_drug(build: Any, ordered: str, limit: str, unit: str, **rest: Any) -> dict[str, Any]:
    order = build.order("1500", "mg", name="Imfinzi")
    dose = DoseLimit(
        limit=build.quantity(limit, unit),
        per="dose",
        criterion="CP.PHAR.295/I.A.6",
        ordered=build.quantity(ordered, unit),
        drug="tremelimumab",
        **rest,
    )
    finding = Finding("dose", "warning", (build.criterion(drug="tremelimumab", unmet="Up to so much"),), dose)
    return only_card(cards_for(build.determination(order, finding)))


def test_the_dose_of_another_drug_is_told_by_the_name_of_that_drug(build: Any) -> None:
    card = of_another_drug(build, "150", "75", "mg")
    assert card["summary"] == "Tremelimumab 150 mg is twice the 75 mg limit per dose"
    assert card["detail"] == (
        "Ordered: tremelimumab 150 mg. Limit: 75 mg per dose (CP.PHAR.295 version 2026.03, I.A.6)."
    )
    assert "suggestions" not in card


def test_the_dose_of_another_drug_by_weight_is_told_with_the_weight(build: Any) -> None:
    weight = build.quantity("72", "kg")
    card = of_another_drug(build, "2", "1", "mg/kg", absolute=build.quantity(72, "mg"), body_size=weight)
    assert card["summary"] == "Tremelimumab 2 mg/kg is twice the 1 mg/kg limit per dose"
    assert card["detail"].startswith(
        "Ordered: tremelimumab 144 mg = 2 mg/kg (weight 72 kg on 2026-11-02). Limit: 1 mg/kg"
    )


def test_what_is_wrong_with_another_drug_is_told_without_the_dose_of_the_ordered_one(build: Any) -> None:
    criterion = build.criterion(drug="tremelimumab", unmet="Tremelimumab is not due")
    card = only_card(cards_for(build.determination(None, Finding("dose", "warning", (criterion,), None))))
    assert "Ordered:" not in card["detail"]
