"""One order against one tiny policy."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date
from cql_like_rules.determination import Approval, Determination, Status, Verdict

Define = Callable[..., str]

FAILS = "singleton from ({ true, false })"
ALTERNATIVE = """
define "Instead": Tuple { product: "Other drug", dose: 5 'ug/kg/d', route: "By injection" }
"""
CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "recordedDate": "2026-01-02",
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "91861009"}]},
}


def statuses(determination: Determination) -> dict[str, str]:
    return {result.section: str(result.status) for result in determination.criteria}


def quantity(value: str, unit: str) -> Quantity:
    return Quantity(Decimal(value), unit)


# --- verdicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "verdict"),
    [("true", Verdict.MET), ("false", Verdict.NOT_MET), ("null as Boolean", Verdict.MISSING_INFORMATION)],
)
def test_the_verdict_is_that_of_the_criterion_the_section_names(
    tiny: Any, criterion_define: Define, value: str, verdict: Verdict
) -> None:
    determination = tiny.determination(criterion_define("I", value) + criterion_define("II", "true"))
    assert (determination.status, determination.section, determination.phase) == (verdict, "I", "initial")
    assert list(statuses(determination)) == ["I"]


def test_a_policy_about_another_drug_does_not_apply(tiny: Any, criterion_define: Define) -> None:
    other = tiny.request(medicationCodeableConcept={"text": "water"})
    determination = tiny.determination(criterion_define("I", "false"), other)
    assert determination.status is Verdict.NOT_APPLICABLE
    assert determination.root is None
    assert (determination.findings, determination.failures) == ((), ())


def test_whether_a_policy_applies_that_cannot_be_told_is_not_taken_for_no(tiny: Any, criterion_define: Define) -> None:
    shared = f'define "Applies": {FAILS}\ndefine "Phase": \'initial\'\ndefine "Section": \'I\'\n'
    determination = tiny.determination(tiny.policy(criterion_define("I", "false"), shared=shared))
    assert determination.status is not Verdict.NOT_APPLICABLE
    assert '"Applies" failed' in determination.failures[0]


@pytest.mark.parametrize(("section", "found"), [("'IX'", "IX"), ("null as String", "null")])
def test_a_section_that_is_no_criterion_is_told(tiny: Any, criterion_define: Define, section: str, found: str) -> None:
    shared = tiny.shared.replace("define \"Section\": 'I'", f'define "Section": {section}')
    determination = tiny.determination(tiny.policy(criterion_define("I", "true"), shared=shared))
    assert determination.status is Verdict.MISSING_INFORMATION
    assert determination.failures == (f'"Section" names no criterion of T.1: {found}',)


# --- nodes and leaves ------------------------------------------------------------------------------------------------


def test_criteria_that_do_not_apply_are_left_out(tiny: Any, criterion_define: Define) -> None:
    defines = (
        'define "Young": false\n'
        + criterion_define("I.A", "true")
        + criterion_define("I.B", "true")
        + criterion_define("I.C", "true")
        + criterion_define("I", '(if "Young" then "I.A" else "I.B") and ("Young" implies "I.C")')
    )
    assert statuses(tiny.determination(defines)) == {"I": "met", "I.B": "met"}


def test_the_leaves_that_stand_in_the_way_become_findings(tiny: Any, criterion_define: Define) -> None:
    defines = (
        criterion_define("I.A", "true", "age")
        + criterion_define("I.B", "false", "regimen")
        + criterion_define("I.C", "null as Boolean", "prescriber")
        + criterion_define("I", '"I.A" and "I.B" and "I.C"')
    )
    determination = tiny.determination(defines)
    assert determination.status is Verdict.NOT_MET
    found = [(finding.kind, [each.section for each in finding.criteria]) for finding in determination.findings]
    assert found == [("regimen", ["I.B"]), ("documentation", ["I.C"])]


def test_a_node_that_no_criterion_explains_stands_in_the_way_itself(tiny: Any, criterion_define: Define) -> None:
    defines = 'define "Closed": false\n' + criterion_define("I.A", "true") + criterion_define("I", '"I.A" and "Closed"')
    (finding,) = tiny.determination(defines).findings
    assert [each.section for each in finding.criteria] == ["I"]


def test_a_node_that_is_ruled_out_is_nothing_to_mend(tiny: Any, criterion_define: Define) -> None:
    defines = (
        'define "Listed": false\n'
        + criterion_define("I.A.1", "false", "age")
        + criterion_define("I.A", 'if "Listed" then "I.A.1" else false', "dose")
        + criterion_define("I.B", "false", "regimen")
        + criterion_define("I", '"I.A" or "I.B"')
    )
    assert [finding.kind for finding in tiny.determination(defines).findings] == ["regimen"]


def test_an_advisory_holds_whatever_the_criteria_say(tiny: Any, criterion_define: Define) -> None:
    defines = (
        criterion_define("I", "true")
        + criterion_define("V.1", "true", "safety", finding="critical")
        + criterion_define("V.2", "false", "safety", finding="warning")
        + criterion_define("V.3", "null as Boolean", "safety", finding="warning")
    )
    determination = tiny.determination(defines)
    assert determination.status is Verdict.MET
    assert [advisory.section for advisory in determination.advisories] == ["V.1"]
    assert [(finding.kind, finding.indicator) for finding in determination.findings] == [("safety", "critical")]


@pytest.mark.parametrize(
    ("value", "condition", "finding"),
    [
        ("false", "true", ("regimen", "critical")),
        ("false", "false", ("regimen", "warning")),
        ("false", "null as Boolean", ("regimen", "warning")),
        ("null as Boolean", "true", ("documentation", "warning")),
    ],
)
def test_a_condition_makes_a_criterion_critical_that_is_not_met(
    tiny: Any, criterion_define: Define, value: str, condition: str, finding: tuple[str, str]
) -> None:
    defines = f'define "Grave": {condition}\n' + criterion_define("I", value, "regimen", critical="Grave")
    (found,) = tiny.determination(defines).findings
    assert (found.kind, found.indicator) == finding


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_define_that_fails_is_told_and_its_criterion_is_missing(tiny: Any, criterion_define: Define) -> None:
    defines = (
        criterion_define("I.A", FAILS, "age")
        + criterion_define("I.B", "true")
        + criterion_define("I.C", "false", "regimen")
        + criterion_define("I", '"I.B" and "I.A"')
        + criterion_define("V.1", "true", "safety", finding="warning")
    )
    determination = tiny.determination(defines)
    assert statuses(determination) == {"I": "missing", "I.B": "met", "I.A": "missing"}
    assert determination.status is Verdict.MISSING_INFORMATION
    assert [advisory.section for advisory in determination.advisories] == ["V.1"]
    (failure,) = determination.failures
    assert 'T_1."I.A" failed at policy.cql:' in failure
    (failed,) = (result for result in determination.criteria if result.failure)
    assert failed.section == "I.A"


def test_a_failure_is_told_once_however_many_criteria_rest_on_it(tiny: Any, criterion_define: Define) -> None:
    defines = (
        f'define "Broken": {FAILS}\n'
        + criterion_define("I.A", '"Broken" is true')
        + criterion_define("I.B", 'not "Broken"')
        + criterion_define("I", '"I.A" and "I.B"')
    )
    determination = tiny.determination(defines)
    assert len(determination.failures) == 1
    assert '"Broken" failed' in determination.failures[0]
    assert statuses(determination) == {"I": "missing", "I.A": "missing", "I.B": "missing"}


def test_an_advisory_that_fails_is_told_and_changes_nothing_else(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I", "true") + criterion_define("V.1", FAILS, "safety", finding="critical")
    determination = tiny.determination(defines)
    assert determination.status is Verdict.MET
    assert determination.advisories == ()
    assert len(determination.failures) == 1


# --- why -------------------------------------------------------------------------------------------------------------


def test_a_leaf_names_the_resources_that_it_rests_on(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I.A", "exists [Condition]") + criterion_define("I", '"I.A" and true')
    determination = tiny.determination(defines, None, CONDITION)
    (leaf,) = determination.root.children
    assert [evidence.reference for evidence in leaf.evidence] == ["Condition/c1"]


def test_a_leaf_keeps_the_comparison_that_decided_it(tiny: Any, criterion_define: Define) -> None:
    determination = tiny.determination(criterion_define("I", "\"Order\".perDayPerM2 <= 250 'ug/m2/d'", "dose"))
    (made,) = determination.root.comparisons
    assert (made.operator, made.right, made.result) == ("LessOrEqual", quantity("250", "ug/m2/d"), False)
    assert made.left == quantity("300", "ug/m2/d")
    assert "perDayPerM2" in made.left_name


def test_comparisons_of_the_defines_below_are_kept_too(tiny: Any, criterion_define: Define) -> None:
    defines = 'define "Low": "Order".dosesPerDay < 3\n' + criterion_define("I", '"Low" is true')
    (made,) = tiny.determination(defines).root.comparisons
    assert (made.operator, made.left, made.right, made.result) == ("Less", 1, 3, True)


# --- dose limits -----------------------------------------------------------------------------------------------------


def test_a_limit_per_square_metre_is_told_for_this_patient(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I", "\"Order\".perDayPerM2 <= 250 'ug/m2/d'", "dose")
    limit = tiny.determination(defines, None, tiny.surface_area(1.8)).dose_limit
    assert (limit.limit, limit.per, limit.criterion) == (quantity("250", "ug/m2/d"), "day", "T.1/I")
    assert limit.absolute == quantity("450.0", "ug/d")
    assert limit.ordered == quantity("300", "ug/m2/d")
    assert limit.exceeded


def test_a_limit_per_square_metre_without_a_body_size_has_no_amount(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I", "\"Order\".perDayPerM2 <= 250 'ug/m2/d'", "dose")
    assert tiny.determination(defines).dose_limit.absolute is None


def test_a_limit_per_kilogram_is_told_for_this_patient(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I", "\"Order\".perDayPerKg <= 5 'ug/kg/d'", "dose")
    limit = tiny.determination(defines, tiny.request(6, "ug/kg"), tiny.weight(70)).dose_limit
    assert limit.absolute == quantity("350", "ug/d")
    assert limit.exceeded


def test_a_limit_by_mass_is_the_same_for_every_patient(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I", "\"Order\".perDay <= 500 'ug/d'", "dose")
    limit = tiny.determination(defines, tiny.request(400, "ug")).dose_limit
    assert limit.absolute == limit.limit == quantity("500", "ug/d")
    assert limit.exceeded is False


def test_an_order_of_unknown_dose_still_has_its_limit(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I", "\"Order\".perDayPerM2 <= 250 'ug/m2/d'", "dose")
    determination = tiny.determination(defines, tiny.request(None), tiny.surface_area(1.8))
    assert determination.root.status is Status.MISSING
    assert determination.dose_limit.ordered is None
    assert determination.dose_limit.exceeded is None
    assert determination.dose_limit.absolute == quantity("450.0", "ug/d")


def test_a_comparison_of_another_kind_sets_no_limit(tiny: Any, criterion_define: Define) -> None:
    assert tiny.determination(criterion_define("I", "\"Order\".perDay <= 500 'ug/d'", "age")).dose_limit is None


def test_the_limit_that_was_exceeded_comes_before_the_first_that_applies(tiny: Any, criterion_define: Define) -> None:
    defines = (
        criterion_define("I.A", "\"Order\".perDayPerM2 <= 900 'ug/m2/d'", "dose")
        + criterion_define("I.B", "\"Order\".perDayPerM2 <= 250 'ug/m2/d'", "dose")
        + criterion_define("I", '"I.A" and "I.B"')
    )
    assert tiny.determination(defines).dose_limit.criterion == "T.1/I.B"
    within = tiny.determination(defines, tiny.request(100, "ug/m2"))
    assert within.dose_limit.criterion == "T.1/I.A"


def test_the_limit_of_another_drug_is_not_the_limit_of_the_order(tiny: Any, criterion_define: Define) -> None:
    defines = (
        criterion_define("I.A", "150 'mg' <= 75 'mg'", "dose", drug="other drug")
        + criterion_define("I.B", "\"Order\".perDayPerM2 <= 900 'ug/m2/d'", "dose")
        + criterion_define("I", '"I.A" and "I.B"')
    )
    determination = tiny.determination(defines)
    (finding,) = determination.findings
    assert (finding.indicator, finding.dose.drug, finding.dose.ordered) == (
        "critical",
        "other drug",
        quantity("150", "mg"),
    )
    assert determination.dose_limit.criterion == "T.1/I.B"
    alone = tiny.determination(criterion_define("I", "150 'mg' <= 75 'mg'", "dose", drug="other drug"))
    assert alone.dose_limit is None


CAP = """
define "Limit": 250 'ug/m2/d'
define "Dosing body surface area":
  if "Order".perDayPerM2 > 1000 'ug/m2/d' then null else 2.2 'm2'
"""


def test_a_limit_is_multiplied_with_the_body_size_that_the_policy_counts(tiny: Any, criterion_define: Define) -> None:
    defines = CAP + criterion_define("I", '"Order".perDayPerM2 <= "Limit"', "dose")
    limit = tiny.determination(defines, None, tiny.surface_area(2.4)).dose_limit
    assert (limit.absolute, limit.body_size) == (quantity("550.0", "ug/d"), quantity("2.2", "m2"))
    unknown = tiny.determination(defines, tiny.request(1001), tiny.surface_area(2.4)).dose_limit
    assert (unknown.absolute, unknown.body_size) == (None, None)


def test_a_limit_that_a_criterion_names_is_told_in_place_of_what_was_compared(
    tiny: Any, criterion_define: Define
) -> None:
    tolerated = '"Order".perDayPerM2 >= "Limit" * 0.95 and "Order".perDayPerM2 <= "Limit" * 1.05'
    defines = CAP + criterion_define("I", tolerated, "dose", limit="Limit")
    within = tiny.determination(defines, tiny.request(262, "ug/m2")).dose_limit
    assert (within.limit, within.exceeded, within.fallen_short) == (quantity("250", "ug/m2/d"), False, False)
    assert tiny.determination(defines, tiny.request(100, "ug/m2")).dose_limit.fallen_short
    assert tiny.determination(defines, tiny.request(263, "ug/m2")).dose_limit.exceeded


# --- what follows ----------------------------------------------------------------------------------------------------


def test_what_is_met_is_approved_for_a_number_of_months(tiny: Any, criterion_define: Define) -> None:
    defines = 'define "Approval months": 6\n' + criterion_define("I", "true")
    assert tiny.determination(defines).approval == Approval(months=6)


def test_an_end_date_of_an_approval_comes_before_its_months(tiny: Any, criterion_define: Define) -> None:
    defines = 'define "Approval months": 6\ndefine "Approval until": @2026-11-13\n' + criterion_define("I", "true")
    assert tiny.determination(defines).approval == Approval(until=Date(2026, 11, 13))


@pytest.mark.parametrize("value", ["false", "null as Boolean"])
def test_what_is_not_met_is_not_approved(tiny: Any, criterion_define: Define, value: str) -> None:
    defines = 'define "Approval months": 6\n' + criterion_define("I", value)
    assert tiny.determination(defines).approval is None


def test_a_use_for_another_policy_is_referred_to_it(tiny: Any, criterion_define: Define) -> None:
    defines = "define \"Referral\": 'CP.X.1'\n" + criterion_define("I", "false")
    assert tiny.determination(defines).referral == "CP.X.1"
    assert tiny.determination(criterion_define("I", "false")).referral is None


def test_the_drug_to_use_instead_comes_with_its_dose_and_route(tiny: Any, criterion_define: Define) -> None:
    defines = ALTERNATIVE + criterion_define("I.A", "false", "step-therapy", alternative="Instead")
    drug = tiny.determination(defines + criterion_define("I", '"I.A" and true')).alternative
    assert (drug.name, drug.code, drug.source) == ("Zarxio", "1605067", "T.1/I.A")
    assert drug.dose == quantity("5", "ug/kg/d")
    assert (drug.route_code, drug.route_display) == ("34206005", "Subcutaneous route")


def test_the_drug_to_use_instead_may_have_a_shorter_name(tiny: Any, criterion_define: Define) -> None:
    named = ALTERNATIVE.replace('product: "Other drug"', "product: \"Other drug\", name: 'the other one'")
    drug = tiny.determination(named + criterion_define("I", "false", "step-therapy", alternative="Instead")).alternative
    assert (drug.name, drug.display) == ("the other one", "Zarxio")


def test_the_doses_that_the_product_can_give_come_with_the_determination(tiny: Any, criterion_define: Define) -> None:
    doses = "define \"Orderable doses\": { 10 'mg', 12.5 'mg' }\n"
    determination = tiny.determination(doses + criterion_define("I", "true"))
    assert determination.orderable_doses == (quantity("10", "mg"), quantity("12.5", "mg"))
    assert tiny.determination(criterion_define("I", "true")).orderable_doses == ()
    none = tiny.determination(
        'define "Orderable doses": null as List<System.Quantity>\n' + criterion_define("I", "true")
    )
    assert none.orderable_doses == ()


def test_there_is_no_drug_to_use_instead_where_its_criterion_is_met(tiny: Any, criterion_define: Define) -> None:
    defines = (
        ALTERNATIVE
        + criterion_define("I.A", "true", "step-therapy", alternative="Instead")
        + criterion_define("I.B", "false", "age")
        + criterion_define("I", '"I.A" and "I.B"')
    )
    assert tiny.determination(defines).alternative is None


# --- nothing but the inputs ------------------------------------------------------------------------------------------


def test_the_same_order_gets_the_same_determination_byte_for_byte(tiny: Any, criterion_define: Define) -> None:
    defines = (
        criterion_define("I.A", "\"Order\".perDayPerM2 <= 250 'ug/m2/d'", "dose")
        + criterion_define("I.B", "exists [Condition]")
        + criterion_define("I.C", FAILS)
        + criterion_define("I", '"I.A" and "I.B" and "I.C"')
    )
    policy = tiny.policy(defines)
    resources = (tiny.surface_area(1.8), CONDITION)
    first, second = (tiny.determination(policy, None, *resources) for _ in range(2))
    assert first == second
    outcomes = [
        (each.status, each.root, each.findings, each.dose_limit, each.failures, each.criteria)
        for each in (first, second)
    ]
    assert repr(outcomes[0]).encode() == repr(outcomes[1]).encode()


def test_an_order_is_not_changed_by_what_is_determined_of_it(tiny: Any, criterion_define: Define) -> None:
    request = tiny.request()
    before = repr(request)
    tiny.determination(criterion_define("I", "\"Order\".perDayPerM2 <= 250 'ug/m2/d'", "dose"), request)
    assert repr(request) == before
