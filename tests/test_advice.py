"""What is told whatever the policy is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.determination import Determination

Define = Callable[..., str]


def requested(until: str) -> dict[str, Any]:
    """The dosage of an order that asks until a day."""
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2026-05-12", "end": until}}
    return {"dosageInstruction": [{"timing": {"repeat": repeat}}]}


def told(determination: Determination) -> list[tuple[str, str]]:
    return [(f"{each.kind}:{each.indicator}", each.title) for each in determination.advisories]


MONTHS = 'define "Approval months": 6\n'
UNTIL = MONTHS + 'define "Approval until": Max([Coverage] C return all date from C.period."end".value)\n'
COVERAGE = {"resourceType": "Coverage", "id": "c", "period": {"end": "2026-12-31"}}


@pytest.mark.parametrize(("until", "longer"), [("2026-11-11", False), ("2026-11-12", False), ("2026-11-13", True)])
def test_a_request_longer_than_the_approval_is_told(
    tiny: Any, criterion_define: Define, until: str, longer: bool
) -> None:
    defines = MONTHS + criterion_define("I", "true")
    determination = tiny.determination(defines, tiny.request(**requested(until)))
    said = f"Requested until {until}; an approval would end on 2026-11-12"
    assert told(determination) == ([("duration:info", said)] if longer else [])
    assert [finding.kind for finding in determination.findings] == (["duration"] if longer else [])


def test_the_number_and_the_evidence_of_the_advisory_are_those_of_the_approval(
    tiny: Any, criterion_define: Define
) -> None:
    defines = UNTIL + criterion_define("I", "true")
    determination = tiny.determination(defines, tiny.request(**requested("2027-01-01")), COVERAGE)
    (advisory,) = determination.advisories
    assert advisory.title.endswith("would end on 2026-12-31")
    assert advisory.section == "I.dur#requested"
    assert [evidence.reference for evidence in advisory.evidence] == ["MedicationRequest/order", "Coverage/c"]


@pytest.mark.parametrize(("value", "longer"), [("null as Boolean", True), ("false", False)])
def test_it_is_told_while_the_order_can_still_be_approved(
    tiny: Any, criterion_define: Define, value: str, longer: bool
) -> None:
    defines = MONTHS + criterion_define("I", value)
    determination = tiny.determination(defines, tiny.request(**requested("2027-06-01")))
    assert bool(told(determination)) is longer
    assert determination.approval is None


def test_nothing_is_told_without_an_end_of_the_request_or_an_approval(tiny: Any, criterion_define: Define) -> None:
    assert told(tiny.determination(MONTHS + criterion_define("I", "true"))) == []
    assert told(tiny.determination(criterion_define("I", "true"), tiny.request(**requested("2040-01-01")))) == []


@pytest.mark.parametrize(("until", "ended"), [("2026-05-11", True), ("2026-05-12", False)])
def test_a_version_that_has_ended_is_told(tiny: Any, criterion_define: Define, until: str, ended: bool) -> None:
    tags = f"/* @policy: T.1\n@title: A tiny policy\n@until: {until} */"
    determination = tiny.determination(tiny.policy(criterion_define("I", "true"), tags=tags))
    said = (
        "documentation:info",
        f"This version of the policy ended on {until}, and none in force on the day of the order is known here",
    )
    assert told(determination) == ([said] if ended else [])
