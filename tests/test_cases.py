"""Cases beside a policy: read from their files, told apart from what they expect."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cql_like_rules.cases import Case, cases_in, cases_of, determination_of, differences, read_case

Define = Callable[..., str]

LIMIT = "\"Order\".perDayPerM2 <= 250 'ug/m2/d'"
DEFINES = """
define "Approval months": 6
define "Referral": 'CP.X.1'
define "Instead": Tuple { product: "Other drug", dose: 5 'ug/kg/d', route: "By injection" }
"""


@pytest.fixture
def write(tmp_path: Path, tiny: Any) -> Callable[..., Path]:
    """Writes a case file beside the tiny policy; its base is an order of 300 ug/m2 and a body surface of 1.8 m2."""

    def write(*cases: dict[str, Any], name: str = "some.json") -> Path:
        base = {
            "order": tiny.request(),
            "resources": {"area": tiny.surface_area(1.8)},
            "delivered": ["Observation"],
        }
        folder = tmp_path / "policies" / "T.1" / "cases"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(json.dumps({"base": base, "cases": cases}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def policy(tiny: Any, criterion_define: Define) -> Any:
    return tiny.policy(
        DEFINES
        + criterion_define("I.A", LIMIT, "dose", alternative="Instead")
        + criterion_define("I", '"I.A" and true')
        + criterion_define("V.1", "true", "safety", finding="warning")
    )


def case(change: list[dict[str, Any]] | None = None, **expect: Any) -> dict[str, Any]:
    return {"name": "a case", "expect": expect} | ({} if change is None else {"change": change})


def only(path: Path) -> Case:
    (found,) = cases_in(path)
    return found


def test_a_case_is_its_base_with_a_change(write: Callable[..., Path]) -> None:
    change = [
        {"op": "remove", "path": "/resources/area"},
        {"op": "replace", "path": "/order/authoredOn", "value": "2025-01-01"},
    ]
    changed, unchanged = cases_in(write(case(change, status="met"), case(status="met")))
    assert (changed.resources, changed.order["authoredOn"]) == ((), "2025-01-01")
    assert (len(unchanged.resources), unchanged.order["authoredOn"]) == (1, "2026-05-12")
    assert unchanged.delivered == ("Observation",)
    assert unchanged.expect == {"status": "met"}


def test_numbers_of_a_case_are_read_as_they_are_written(write: Callable[..., Path]) -> None:
    assert only(write(case())).resources[0]["valueQuantity"]["value"] == Decimal("1.8")


def test_a_change_that_does_not_fit_is_told_with_its_file_and_case(write: Callable[..., Path]) -> None:
    path = write(case([{"op": "remove", "path": "/resources/nobody"}]))
    with pytest.raises(ValueError, match=r"some\.json, case 'a case': "):
        list(cases_in(path))


def test_the_cases_of_a_policy_come_file_by_file(write: Callable[..., Path]) -> None:
    write(case(), name="b.json")
    folder = write(case(), case(), name="a.json").parents[1]
    assert [each.file.name for each in cases_of(folder)] == ["a.json", "a.json", "b.json"]


def test_a_policy_without_cases_has_none(tmp_path: Path) -> None:
    assert list(cases_of(tmp_path)) == []


def test_a_case_is_read_as_the_service_reads_a_call(write: Callable[..., Path], tiny: Any) -> None:
    record, order = read_case(only(write(case())), tiny.terminology)
    assert record.delivered == {"Observation"}
    assert order.reference == "MedicationRequest/order"
    assert order.body_size.surface_area is not None


def test_a_case_that_comes_as_expected_differs_in_nothing(write: Callable[..., Path], tiny: Any, policy: Any) -> None:
    expected = case(
        status="not-met",
        phase="initial",
        section="I",
        criteria={"I": "not-met", "I.A": "not-met"},
        findings=["safety:warning", "dose:warning"],
        advisories=["V.1"],
        limit="450 ug/d",
        approval=None,
        referral="CP.X.1",
        alternative="Zarxio 5 ug/kg/d, Subcutaneous route",
    )
    read = only(write(expected))
    assert differences(read, determination_of(read, policy, tiny.terminology)) == []


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ({"status": "met"}, "status: expected 'met', got 'not-met'"),
        ({"section": "II"}, "section: expected 'II', got 'I'"),
        ({"criteria": {"I.A": "met"}}, "I.A: expected 'met', got 'not-met'"),
        ({"criteria": {"I.Z": "met"}}, "I.Z: expected 'met', got 'absent'"),
        ({"findings": []}, "findings: expected [], got ['dose:warning', 'safety:warning']"),
        ({"advisories": []}, "advisories: expected [], got ['V.1']"),
        ({"limit": "451 ug/d"}, "limit: expected '451 ug/d', got '450 ug/d'"),
        ({"approval": "6 months"}, "approval: expected '6 months', got None"),
        ({"referral": None}, "referral: expected None, got 'CP.X.1'"),
        ({"alternative": None}, "alternative: expected None, got 'Zarxio 5 ug/kg/d, Subcutaneous route'"),
        ({"weather": "fair"}, "weather: expected 'fair', got 'no such expectation'"),
    ],
)
def test_what_differs_is_told(
    write: Callable[..., Path], tiny: Any, policy: Any, expect: dict[str, Any], difference: str
) -> None:
    read = only(write(case(**expect)))
    assert differences(read, determination_of(read, policy, tiny.terminology)) == [difference]


def test_an_approval_is_expected_in_months_or_until_a_day(
    write: Callable[..., Path], tiny: Any, criterion_define: Define
) -> None:
    until = 'define "Approval until": @2026-11-13\n'
    for defines, approval in ((DEFINES, "6 months"), (DEFINES + until, "until 2026-11-13")):
        met = tiny.policy(defines + criterion_define("I", "true"))
        read = only(write(case(approval=approval)))
        assert differences(read, determination_of(read, met, tiny.terminology)) == []


def test_a_limit_without_a_body_size_is_expected_as_the_policy_writes_it(
    write: Callable[..., Path], tiny: Any, policy: Any
) -> None:
    read = only(write(case([{"op": "remove", "path": "/resources/area"}], limit="250 ug/m2/d")))
    assert differences(read, determination_of(read, policy, tiny.terminology)) == []


def test_a_define_that_fails_fails_the_case(write: Callable[..., Path], tiny: Any, criterion_define: Define) -> None:
    broken = tiny.policy(criterion_define("I", "singleton from ({ true, false })"))
    read = only(write(case(status="missing-information")))
    (failure,) = differences(read, determination_of(read, broken, tiny.terminology))
    assert '"I" failed' in failure
