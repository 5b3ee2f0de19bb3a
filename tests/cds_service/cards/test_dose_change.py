from __future__ import annotations

import copy
import dataclasses
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cards import cards_for
from cds_service.cards.doses import repaired_dose


def suggestion_of(cards: list[dict[str, Any]]) -> dict[str, Any]:
    (card,) = cards
    (suggestion,) = card["suggestions"]
    return dict(suggestion)


def changed_order(cards: list[dict[str, Any]]) -> dict[str, Any]:
    (action,) = suggestion_of(cards)["actions"]
    assert action["type"] == "update"
    return dict(action["resource"])


def dose_in(resource: dict[str, Any]) -> Any:
    return resource["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"]


def test_a_flat_order_is_set_to_the_patients_maximum(build: Any) -> None:
    cards = cards_for(build.overdose())
    suggestion = suggestion_of(cards)
    assert suggestion["label"] == "Change dose to 450 mcg daily"
    assert suggestion["isRecommended"] is True
    assert suggestion["uuid"]
    assert cards[0]["selectionBehavior"] == "at-most-one"
    assert dose_in(changed_order(cards)) == 450


def test_an_order_per_square_metre_is_set_to_the_limit_per_square_metre(build: Any) -> None:
    cards = cards_for(build.overdose(build.order("300", "ug/m2")))
    assert dose_in(changed_order(cards)) == 250
    assert suggestion_of(cards)["label"] == "Change dose to 250 mcg/m² daily"


def test_the_daily_maximum_is_divided_among_the_doses_of_a_day(build: Any) -> None:
    order = build.order("270", per_day=2, schedule="every 12 hours")
    cards = cards_for(build.overdose(order))
    assert dose_in(changed_order(cards)) == 225
    assert suggestion_of(cards)["label"] == "Change dose to 225 mcg every 12 hours"


def test_an_order_in_milligrams_stays_in_milligrams(build: Any) -> None:
    order = build.order("0.54", "mg")
    cards = cards_for(build.overdose(order, build.dose_limit(build.order("540"))))
    assert dose_in(changed_order(cards)) == 0.45


def test_an_order_in_millilitres_stays_in_millilitres(build: Any) -> None:
    cards = cards_for(build.overdose(build.order("1.08", "mL")))
    assert dose_in(changed_order(cards)) == 0.9


def test_an_order_per_square_metre_under_a_flat_limit_is_scaled(build: Any) -> None:
    order = build.order("20", "mg/m2")
    cards = cards_for(build.overdose(order, build.dose_limit(order, "30", "mg/d")))
    assert dose_in(changed_order(cards)) == 16


def test_a_maximum_that_cannot_be_measured_out_is_rounded_down(build: Any) -> None:
    order = build.order("600", area=Decimal("1.79"))
    assert dose_in(changed_order(cards_for(build.overdose(order)))) == 447


def test_only_the_dose_and_its_text_change(build: Any) -> None:
    order = build.order()
    resource = changed_order(cards_for(build.overdose(order)))
    expected = copy.deepcopy(dict(order.resource))
    instruction = expected["dosageInstruction"][0]
    instruction["text"] = "450 mcg IV daily"
    instruction["doseAndRate"][0]["doseQuantity"]["value"] = 450
    assert resource == expected


def test_an_order_without_dosage_text_gets_none(build: Any) -> None:
    resource = build.resource()
    del resource["dosageInstruction"][0]["text"]
    changed = changed_order(cards_for(build.overdose(build.order(resource=resource))))
    assert "text" not in changed["dosageInstruction"][0]


def test_the_order_itself_is_not_changed_and_its_unknown_elements_are_kept(build: Any) -> None:
    resource = build.resource(vendorField={"deep": [1]})
    before = copy.deepcopy(resource)
    changed = changed_order(cards_for(build.overdose(build.order(resource=resource))))
    assert resource == before
    assert changed["vendorField"] == {"deep": [1]}
    assert changed["vendorField"] is not resource["vendorField"]


def test_a_narrative_that_would_show_the_old_dose_is_left_out(build: Any) -> None:
    narrative = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">540 mcg</div>'}
    changed = changed_order(cards_for(build.overdose(build.order(resource=build.resource(text=narrative)))))
    assert "text" not in changed


def test_a_changed_order_is_valid_fhir(build: Any) -> None:
    changed = changed_order(cards_for(build.overdose()))
    order = MedicationRequest.model_validate(changed)
    assert order.dosageInstruction[0].doseAndRate[0].doseQuantity.value == 450


def test_an_object_where_fhir_has_a_list_is_changed_where_it_stands(build: Any) -> None:
    resource = build.resource()
    resource["dosageInstruction"] = resource["dosageInstruction"][0]
    resource["dosageInstruction"]["doseAndRate"] = resource["dosageInstruction"]["doseAndRate"][0]
    changed = changed_order(cards_for(build.overdose(build.order(resource=resource))))
    assert changed["dosageInstruction"]["doseAndRate"]["doseQuantity"]["value"] == 450


def no_suggestion(build: Any, resource: dict[str, Any]) -> str:
    (card,) = cards_for(build.overdose(build.order(resource=resource)))
    assert "suggestions" not in card
    assert "selectionBehavior" not in card
    return str(card["detail"])


def test_several_dosage_instructions_are_left_to_the_prescriber_and_this_is_said(build: Any) -> None:
    resource = build.resource()
    resource["dosageInstruction"] *= 2
    assert "The order has several dosage instructions; change the dose in them by hand." in no_suggestion(
        build, resource
    )


@pytest.mark.parametrize(
    "doses",
    [
        [],
        [{"doseRange": {"high": {"value": 540}}}],
        [{"doseQuantity": {"value": 540}}, {"doseQuantity": {"value": 300}}],
        [{"doseQuantity": {"value": 999}}],
        [{"doseQuantity": {"value": "much"}}],
        [{"doseQuantity": {"value": True}}],
        [{"doseQuantity": "540 mcg"}],
        ["540 mcg"],
        None,
    ],
)
def test_a_dose_that_is_not_the_one_quantity_that_was_compared_is_left_alone(build: Any, doses: Any) -> None:
    resource = build.resource()
    resource["dosageInstruction"][0]["doseAndRate"] = doses
    assert "does not give its dose as one quantity" in no_suggestion(build, resource)


@pytest.mark.parametrize("instructions", [None, [], "540 mcg", [None]])
def test_dosage_instructions_that_cannot_be_read_give_no_suggestion(build: Any, instructions: Any) -> None:
    assert "change" in no_suggestion(build, build.resource(dosageInstruction=instructions))


def test_an_order_without_dosage_instructions_is_not_said_to_have_several(build: Any) -> None:
    resource = build.resource()
    del resource["dosageInstruction"]
    assert "several" not in no_suggestion(build, resource)


def test_an_order_counted_in_vials_gets_no_dose(build: Any) -> None:
    order = build.order("3", "{vial}")
    limit = build.dose_limit(build.order("540"))
    assert repaired_dose(order, limit) is None


def test_doses_of_different_size_get_no_common_dose(build: Any) -> None:
    # 540 mcg and a second, larger dose: the day does not scale with the first one alone.
    order = build.order("540")
    limit = build.dose_limit(build.order("1540"))
    assert repaired_dose(order, limit) is None


limits = st.decimals(min_value=Decimal("0.01"), max_value=1000, places=2)
doses = st.decimals(min_value=Decimal("0.01"), max_value=10000, places=2)
areas = st.decimals(min_value=Decimal("0.20"), max_value=3, places=8)
units = st.sampled_from(["ug", "mg", "g", "ug/m2", "mg/m2", "ug/kg", "mL"])


@given(dose=doses, unit=units, limit=limits, area=areas, per_day=st.integers(min_value=1, max_value=4))
def test_no_suggested_dose_is_above_the_limit(
    build: Any, dose: Decimal, unit: str, limit: Decimal, area: Decimal, per_day: int
) -> None:
    order = build.order(dose, unit, per_day=per_day, area=area)
    mass = unit.split("/", maxsplit=1)[0] if unit != "mL" else "ug"
    highest = repaired_dose(order, build.dose_limit(order, str(limit), f"{mass}/m2/d"))
    if highest is None:
        return
    assert highest.unit == unit
    assert 0 < highest.value < dose
    size = {"m2": area, "kg": build.weight}.get(unit.partition("/")[2], Decimal(1))
    per_unit = Fraction(size) * (500 if unit == "mL" else 1)
    per_m2_daily = Fraction(highest.value) * per_unit * per_day / Fraction(area)
    # An order per kg or in mL is scaled by an ordered amount that has eight decimal places.
    noise = Fraction(0) if unit in ("ug", "mg", "g", "ug/m2", "mg/m2") else Fraction(limit) / 10**5
    assert per_m2_daily <= Fraction(limit) + noise


@given(dose=st.integers(min_value=500, max_value=5000))
def test_the_suggested_dose_is_close_to_the_limit(build: Any, dose: int) -> None:
    highest = repaired_dose(build.order(str(dose)), build.dose_limit(build.order(str(dose))))
    assert highest is not None
    assert highest.value == 450


def test_an_order_per_square_metre_of_a_capped_body_gets_the_mass(build: Any) -> None:
    # 60 mg/m² would be multiplied with the measured 2.4 m² again.
    order = build.order("60", "mg/m2", area=Decimal("2.4"))
    limit = build.dose_limit(order, "50", "mg/m2/d", counted=Decimal("2.2"))
    repaired = repaired_dose(order, limit)
    assert repaired == build.quantity(110, "mg")
    changed = changed_order(cards_for(build.overdose(order, limit)))
    assert changed["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"] == {
        "value": 110,
        "unit": "mg",
        "system": "http://unitsofmeasure.org",
        "code": "mg",
    }
    assert changed["dosageInstruction"][0]["text"] == "110 mg IV daily"


def test_the_steps_of_an_infusion_rate_are_no_other_doses(build: Any) -> None:
    resource = build.resource()
    rate = {"value": 100, "unit": "mL/h", "system": "http://unitsofmeasure.org", "code": "mL/h"}
    resource["dosageInstruction"].append({"sequence": 2, "doseAndRate": [{"rateQuantity": rate}]})
    resource["dosageInstruction"].append({"sequence": 3, "doseAndRate": {"rateQuantity": rate}})
    changed = changed_order(cards_for(build.overdose(build.order(resource=resource))))
    assert dose_in(changed) == 450
    assert changed["dosageInstruction"][1:] == resource["dosageInstruction"][1:]


@pytest.mark.parametrize("unit", ["{pen}", "{device}", "{tablet}", "{syringe}", "{capsule}"])
def test_what_is_counted_stays_whole(build: Any, unit: str) -> None:
    limit = build.dose_limit(build.order("540"), "250", "ug/m2/d")
    assert repaired_dose(build.order("3", unit), limit) == build.quantity(2, unit)
    cards = cards_for(build.overdose(build.order("3", unit), limit))
    assert suggestion_of(cards)["label"] == f"Change dose to 2 {unit.strip('{}')}s daily"


def test_when_one_device_is_too_much_another_strength_is_asked_for(build: Any) -> None:
    limit = build.dose_limit(build.order("540"), "250", "ug/m2/d")
    assert repaired_dose(build.order("1", "{device}"), limit) is None
    (card,) = cards_for(build.overdose(build.order("1", "{device}"), limit))
    assert "No dose of this product fits; choose another strength or product." in card["detail"]
    assert "suggestions" not in card


def test_an_order_in_vials_gets_the_mass_as_vials_are_used_in_part(build: Any) -> None:
    order = build.order("3", "{vial}")
    in_mass = build.order("540").dosage
    counted = dataclasses.replace(order, dosage=dataclasses.replace(in_mass, as_ordered=order.dosage.as_ordered))
    limit = build.dose_limit(build.order("540"))
    assert repaired_dose(counted, limit) == build.quantity(450, "ug")


DOSES = ("10", "12.5", "15", "17.5", "20", "22.5", "25")


@pytest.mark.parametrize(
    ("ordered", "limit", "repaired"),
    [("35", "30", "25"), ("25", "20", "20"), ("22.5", "19.9", "17.5"), ("12.5", "10", "10"), ("12.5", "9", None)],
)
def test_a_product_that_gives_certain_doses_gets_the_largest_of_these_within_the_limit(
    build: Any, ordered: str, limit: str, repaired: str | None
) -> None:
    order = build.order(ordered, "mg")
    orderable = tuple(build.quantity(dose, "mg") for dose in DOSES)
    found = repaired_dose(order, build.dose_limit(order, limit, "mg/d"), orderable)
    assert found == (build.quantity(repaired, "mg") if repaired else None)


def test_an_order_per_square_metre_of_such_a_product_gets_one_of_its_doses(build: Any) -> None:
    order = build.order("15", "mg/m2")
    orderable = (build.quantity("0.0175", "g"), build.quantity(20, "mg"))
    determination = build.overdose(order, build.dose_limit(order, "10", "mg/m2/d"), orderable_doses=orderable)
    changed = changed_order(cards_for(determination))
    quantity = changed["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert (quantity["value"], quantity["code"]) == (17.5, "mg")


def test_the_strength_that_fits_is_named_where_one_device_is_too_much(build: Any) -> None:
    in_mass = build.order("22.5", "mg")
    dosage = dataclasses.replace(in_mass.dosage, as_ordered=build.quantity(1, "{device}"))
    order = dataclasses.replace(
        in_mass, dosage=dosage, resource=build.resource(1, "device", "{device}"), product=in_mass.product
    )
    orderable = tuple(build.quantity(dose, "mg") for dose in DOSES)
    limit = build.dose_limit(in_mass, "20", "mg/d")
    (card,) = cards_for(build.overdose(order, limit, orderable_doses=orderable))
    assert "The strength that fits is 20 mg: order that one." in card["detail"]
    assert "suggestions" not in card


@pytest.mark.parametrize("area", ["1.9", "0.72", "1.333"])
def test_a_volume_that_comes_to_exactly_the_limit_is_not_cut(build: Any, area: str) -> None:
    # 500 mcg/mL: a limit of 1000 mcg/m² is exactly 2 mL per m².
    order = build.order("10", "mL", area=Decimal(area))
    repaired = repaired_dose(order, build.dose_limit(order, "1000", "ug/m2/d"))
    assert repaired is not None
    assert abs(repaired.value - 2 * Decimal(area)) < Decimal("0.01")
    assert repaired.value == Decimal({"1.9": "3.8", "0.72": "1.44", "1.333": "2.66"}[area])
