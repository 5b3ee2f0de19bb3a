"""Which health plan pays, by the payer that the record names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.plans import (
    HEALTH_PLAN_TYPE_CQL,
    HealthPlan,
    HealthPlans,
    Paying,
    PlanPayers,
    plan_of_json,
    plan_parameter,
)
from cql_like_rules.record import Record

Define = Callable[..., str]

PELICAN = HealthPlan("pelican", "Pelican Health", "Heron", "Medicaid", "LA")
MAGNOLIA = HealthPlan("magnolia", "Magnolia Health of Louisiana", "Ibis")
SHORT = HealthPlan("magnolia-elsewhere", "Magnolia Health", "Ibis")
PLANS = HealthPlans(
    [
        PlanPayers(PELICAN, ("PHP & Partners",), ("http://example.org/payers|P1",)),
        PlanPayers(SHORT),
        PlanPayers(MAGNOLIA),
    ]
)


def coverage(payor: Any = None, identity: str = "c", **elements: Any) -> dict[str, Any]:
    payor = {"reference": "Organization/o"} if payor is None else payor
    return {"resourceType": "Coverage", "id": identity, "status": "active", "payor": [payor], **elements}


def organization(name: str = "Pelican Health", identity: str = "o", **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Organization", "id": identity, "name": name, **elements}


def paying(*resources: dict[str, Any]) -> Paying:
    return PLANS.paying(Record(resources))


def plan_id(*resources: dict[str, Any]) -> str | None:
    plan = paying(*resources).plan
    return plan.id if plan else None


@pytest.mark.parametrize(
    ("payer", "plan"),
    [
        ("Pelican Health", "pelican"),
        ("PELICAN-HEALTH, Inc.", "pelican"),
        ("The Pélican Health plan", "pelican"),
        ("php and partners", "pelican"),
        ("Pelicans Health", None),
        ("Pelican  Mutual Health", None),
        ("Magnolia Health", "magnolia-elsewhere"),
        ("Magnolia Health of Louisiana (Medicaid)", "magnolia"),
        ("", None),
    ],
)
def test_a_payer_is_the_plan_whose_name_stands_in_its_name_word_by_word(payer: str, plan: str | None) -> None:
    assert plan_id(coverage(), organization(payer)) == plan


@pytest.mark.parametrize(
    ("resources", "told_by"),
    [
        ((coverage(), organization()), "the name of the organization"),
        ((coverage(), organization("PH", alias=["x", "Pelican Health"])), "its alias"),
        ((coverage({"display": "Pelican Health"}),), "the display of the reference"),
        (
            (coverage({"reference": "Organization/gone", "display": "Pelican Health"}),),
            "the display without a resource",
        ),
        (
            (coverage({"identifier": {"system": "http://example.org/payers/", "value": "p1"}}),),
            "the identifier of the reference",
        ),
        (
            (
                coverage(),
                organization("PH", identifier=[{"system": "http://example.org/payers", "value": "P1"}]),
            ),
            "the identifier of the organization",
        ),
        (
            (coverage({"reference": "#payer"}, contained=[organization(identity="payer")]),),
            "a contained organization",
        ),
        (
            (coverage({"reference": "https://ehr.example.org/r4/Organization/o"}), organization()),
            "an absolute reference",
        ),
    ],
)
def test_a_payer_is_known_by(resources: tuple[dict[str, Any], ...], told_by: str) -> None:
    assert plan_id(*resources) == "pelican", told_by


def test_an_identifier_counts_before_a_name() -> None:
    identified = organization("Magnolia Health", identifier=[{"system": "http://example.org/payers", "value": "P1"}])
    assert plan_id(coverage(), identified) == "pelican"
    other_system = organization("Magnolia Health", identifier=[{"system": "http://example.org/tax", "value": "P1"}])
    assert plan_id(coverage(), other_system) == "magnolia-elsewhere"


def test_a_coverage_that_is_over_does_not_count() -> None:
    assert plan_id(coverage(status="cancelled"), organization()) is None
    assert paying(coverage(status="cancelled"), organization()) == Paying()


def test_the_patient_who_pays_beside_the_plan_is_no_payer() -> None:
    both = coverage() | {"payor": [{"reference": "Patient/p"}, {"reference": "Organization/o"}]}
    assert plan_id(both, organization()) == "pelican"


def test_of_several_coverages_the_first_in_order_pays() -> None:
    second = coverage({"display": "Magnolia Health"}, "d", order=2)
    assert plan_id(second, coverage(order=1), organization()) == "pelican"
    assert paying(second, coverage(order=1), organization()).sources == ("Coverage/c", "Organization/o")


def test_coverages_of_the_same_rank_with_different_payers_tell_no_plan() -> None:
    other = coverage({"display": "Magnolia Health"}, "d")
    assert paying(coverage(), organization(), other) == Paying(None, ("Coverage/c", "Organization/o", "Coverage/d"))
    unknown = coverage({"display": "Somebody"}, "d")
    assert plan_id(coverage(), organization(), unknown) is None
    assert plan_id(coverage(), organization(), coverage(identity="d")) == "pelican"


def test_an_unknown_payer_is_told_by_where_it_stands_and_nothing_else() -> None:
    unknown = paying(coverage(), organization("Somebody"))
    assert unknown == Paying(None, ("Coverage/c", "Organization/o"))
    parameter = plan_parameter(unknown)
    assert parameter is not None
    assert set(parameter.values()) == {None}
    assert parameter.sources == ("Coverage/c", "Organization/o")
    assert paying(coverage() | {"payor": []}) == Paying(None, ("Coverage/c",))


def test_without_a_coverage_there_is_no_plan_at_all() -> None:
    assert paying() == Paying()
    assert plan_parameter(Paying()) is None


def test_the_parameter_has_the_elements_of_its_type() -> None:
    parameter = plan_parameter(Paying(PELICAN, ("Coverage/c",)))
    assert parameter is not None
    assert dict(parameter) == {
        "id": "pelican",
        "name": "Pelican Health",
        "affiliation": "Heron",
        "lineOfBusiness": "Medicaid",
        "state": "LA",
    }
    assert all(f"{name} String" in HEALTH_PLAN_TYPE_CQL for name in parameter)
    without = plan_parameter(Paying(SHORT, ("Coverage/c",)))
    assert without is not None
    assert (without["lineOfBusiness"], without["state"]) == (None, None)


def test_a_case_gives_its_plan_by_the_elements_of_the_parameter() -> None:
    plan = {"id": "pelican", "name": "Pelican Health", "affiliation": "Heron", "lineOfBusiness": "Medicaid"}
    assert plan_of_json(plan | {"state": "LA"}) == PELICAN
    assert plan_of_json({"id": "x", "state": None}) == HealthPlan("x", "", "")
    with pytest.raises(ValueError, match="a plan has no line_of_business"):
        plan_of_json({"line_of_business": "Medicaid"})


def test_a_policy_that_asks_for_the_plan_is_given_it_and_evidence_names_the_coverage(
    tiny: Any, criterion_define: Define
) -> None:
    parameter = f'parameter "Health plan" {HEALTH_PLAN_TYPE_CQL}\n'
    head = tiny.head.replace("context Patient", f"{parameter}context Patient")
    defines = criterion_define("I", "\"Health plan\".affiliation = 'Heron'")
    policy = tiny.policy(defines, head=head)
    known = tiny.determination(policy, None, coverage(), organization(), plans=PLANS)
    assert known.status == "met"
    assert [each.reference for each in known.root.evidence] == ["Coverage/c", "Organization/o"]
    unknown = tiny.determination(policy, None, coverage(), organization("Somebody"), plans=PLANS)
    assert unknown.status == "missing-information"


def test_a_policy_that_does_not_ask_for_the_plan_is_evaluated_all_the_same(tiny: Any, criterion_define: Define) -> None:
    determination = tiny.determination(criterion_define("I", "true"), None, coverage(), organization(), plans=PLANS)
    assert determination.status == "met"
