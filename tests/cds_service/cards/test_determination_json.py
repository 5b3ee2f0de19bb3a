from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cds_service.cards import determination_json
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date
from cql_like_rules.determination import Approval, DoseLimit, Evidence, Status, Verdict


def hollow(value: Any) -> Iterator[Any]:
    if value is None or value in ("", [], {}):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from hollow(below)


def test_a_determination_is_printed_as_the_contract_says(build: Any) -> None:
    order = build.order()
    met = build.criterion(
        "I.A.1",
        "diagnosis",
        Status.MET,
        title="Diagnosis of AML",
        unmet="AML is not on record",
        evidence=(Evidence("Condition/c", "code"), Evidence("Condition/c", "verificationStatus")),
    )
    unmet = build.criterion("I.A.6", title="At most 250 mcg/m²", unmet="The dose is too high")
    missing = build.criterion("I.A.3", "age", Status.MISSING, title="Age 55", ask="Enter the date of birth")
    determination = build.determination(
        order,
        status=Verdict.NOT_MET,
        phase="initial",
        root=build.node("I.A", met, missing, unmet),
        dose_limit=build.dose_limit(order),
        approval=Approval(months=6),
        referral="CP.PMN.53",
    )
    assert determination_json(determination) == {
        "order": "MedicationRequest/order-1",
        "policy": {"id": "CP.PHAR.295", "version": "2026.03", "title": "Sargramostim (Leukine)"},
        "phase": "initial",
        "section": "I.A",
        "status": "not-met",
        "criteria": [
            {"id": "CP.PHAR.295/I.A", "kind": "diagnosis", "status": "not-met", "summary": "Not met: Title of I.A"},
            {
                "id": "CP.PHAR.295/I.A.1",
                "kind": "diagnosis",
                "status": "met",
                "summary": "Diagnosis of AML",
                "evidence": ["Condition/c"],
            },
            {
                "id": "CP.PHAR.295/I.A.3",
                "kind": "age",
                "status": "missing",
                "summary": "Age 55",
                "missing": ["Enter the date of birth"],
            },
            {"id": "CP.PHAR.295/I.A.6", "kind": "dose", "status": "not-met", "summary": "At most 250 mcg/m²"},
        ],
        "doseLimit": {
            "value": 450,
            "unit": "ug",
            "per": "day",
            "basis": "250 mcg/m² daily × BSA 1.80 m² (CP.PHAR.295 I.A.6)",
        },
        "approval": {"months": 6},
        "referral": "CP.PMN.53",
    }


def test_without_the_body_size_the_limit_is_given_per_square_metre(build: Any) -> None:
    order = build.order()
    determination = build.determination(order, dose_limit=build.dose_limit(order, absolute=False))
    assert determination_json(determination)["doseLimit"] == {
        "value": 250,
        "unit": "ug/m2",
        "per": "day",
        "basis": "250 mcg/m² daily (CP.PHAR.295/I.A.6)",
    }


def test_a_limit_per_kilogram_names_the_weight(build: Any) -> None:
    order = build.order()
    determination = build.determination(order, dose_limit=build.dose_limit(order, "7.5", "ug/kg/d"))
    limit = determination_json(determination)["doseLimit"]
    assert limit["value"] == 540
    assert limit["basis"].startswith("7.5 mcg/kg daily × weight 72 kg (")


def test_a_limit_per_dose_and_one_per_week_say_so(build: Any) -> None:
    flat = Quantity(Decimal("56.25"), "mg")
    per_dose = build.determination(dose_limit=DoseLimit(flat, "dose", "P/1", absolute=flat))
    assert determination_json(per_dose)["doseLimit"] == {
        "value": 56.25,
        "unit": "mg",
        "per": "dose",
        "basis": "56.25 mg per dose (P/1)",
    }
    weekly = Quantity(Decimal(30), "mg/wk")
    per_week = build.determination(dose_limit=DoseLimit(weekly, "week", "P/1", absolute=weekly))
    assert determination_json(per_week)["doseLimit"]["unit"] == "mg"
    assert determination_json(per_week)["doseLimit"]["basis"] == "30 mg weekly (P/1)"


def test_an_approval_until_a_date_is_that_date(build: Any) -> None:
    determination = build.determination(approval=Approval(until=Date(2027, 1, 31)))
    assert determination_json(determination)["approval"] == {"until": "2027-01-31"}


def test_what_does_not_apply_is_left_out(build: Any) -> None:
    determination = build.determination(status=Verdict.NOT_APPLICABLE, root=None, section="", approval=Approval())
    shown = determination_json(determination)
    assert set(shown) == {"order", "policy", "status"}
    assert list(hollow(json.loads(json.dumps(shown)))) == []


def test_a_criterion_that_failed_says_why_it_is_missing(build: Any) -> None:
    failed = build.criterion("I.A.3", "age", Status.MISSING, title="Age 55", failure="no such unit")
    (_, criterion) = determination_json(build.determination(root=build.node("I.A", failed)))["criteria"]
    assert criterion["missing"] == ["could not be evaluated: no such unit", "Age 55"]
