"""Which coverage counts, who pays for it, and whether it is in force."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from cds_service.cdshooks.outcome import CallRefused
from cds_service.crd import CrdCall, PrimaryCoverage, primary_coverage
from cds_service.settings import Settings
from cql_like_rules.record import Record

MakeCoverage = Callable[..., dict[str, Any]]

ORDERED = "2026-05-12"
DAY = datetime.date(2026, 5, 12)
ORDER = {"resourceType": "MedicationRequest", "id": "m", "authoredOn": ORDERED}


def primary(
    *resources: Mapping[str, Any],
    delivered: Sequence[str] = ("Coverage",),
    orders: Sequence[Mapping[str, Any]] = (ORDER,),
    strict: bool = True,
    served: str = "",
) -> PrimaryCoverage | None:
    return primary_coverage(CrdCall(strict), Record(resources, delivered), orders, Settings(served_payers=served))


def chosen(*resources: Mapping[str, Any], **options: Any) -> PrimaryCoverage:
    found = primary(*resources, **options)
    assert found is not None
    return found


def refusal(*resources: Mapping[str, Any], **options: Any) -> tuple[int, str]:
    with pytest.raises(CallRefused) as caught:
        primary(*resources, **options)
    (issue,) = caught.value.issues
    return caught.value.status, issue.code


@pytest.mark.rules("P-26")
def test_the_only_coverage_counts(a_coverage: MakeCoverage) -> None:
    assert chosen(a_coverage()) == PrimaryCoverage("Coverage/c", "Pelican Health")


@pytest.mark.rules("P-25")
def test_a_coverage_that_could_not_be_had_is_a_failed_precondition() -> None:
    assert refusal(delivered=()) == (412, "incomplete")


@pytest.mark.rules("P-26", "P-25")
def test_a_patient_without_coverage_is_refused() -> None:
    assert refusal() == (400, "not-found")


def test_a_coverage_that_came_by_another_way_counts_too(a_coverage: MakeCoverage) -> None:
    assert chosen(a_coverage(), delivered=()).reference == "Coverage/c"


def test_a_coverage_without_an_id_cannot_be_referred_to(a_coverage: MakeCoverage) -> None:
    for identity in (None, "", 7, ["c"]):
        assert refusal(a_coverage(identity)) == (400, "not-found")


@pytest.mark.rules("P-26")
def test_several_coverages_are_refused_when_none_comes_first(a_coverage: MakeCoverage) -> None:
    assert refusal(a_coverage("a"), a_coverage("b")) == (400, "multiple-matches")
    assert refusal(a_coverage("a", order=1), a_coverage("b", order=1)) == (400, "multiple-matches")
    assert refusal(a_coverage("a", order="first"), a_coverage("b", order=None)) == (400, "multiple-matches")


def test_of_several_coverages_the_lowest_order_counts(a_coverage: MakeCoverage) -> None:
    assert chosen(a_coverage("a", order=2), a_coverage("b", order=1)).reference == "Coverage/b"
    assert chosen(a_coverage("a"), a_coverage("b", order=2)).reference == "Coverage/b"


def test_of_several_coverages_the_one_in_force_counts(a_coverage: MakeCoverage) -> None:
    ended = a_coverage("ended", order=1, period={"end": "2026-05-11"})
    later = a_coverage("later", period={"start": "2026-05-13"})
    cancelled = a_coverage("cancelled", status="cancelled")
    assert chosen(ended, later, cancelled, a_coverage("now")).reference == "Coverage/now"


@pytest.mark.rules("B-6")
def test_where_no_coverage_is_in_force_the_last_one_stands_for_them(a_coverage: MakeCoverage) -> None:
    periods = {"a": {"end": "2024-12-31"}, "b": {"end": "2025-12-31"}, "c": {"end": "2023-12-31"}}
    found = chosen(*(a_coverage(identity, period=period) for identity, period in periods.items()))
    assert found.reference == "Coverage/b"
    assert found.not_in_force(DAY) == "The coverage ended on 2025-12-31."


def test_a_coverage_counts_when_it_is_in_force_for_one_of_the_orders(a_coverage: MakeCoverage) -> None:
    old = a_coverage("old", period={"end": "2025-12-31"})
    new = a_coverage("new", period={"start": "2026-01-01", "end": "2026-12-31"})
    other = {"resourceType": "ServiceRequest", "id": "s", "authoredOn": "2027-02-01"}
    assert chosen(old, new, orders=(other, ORDER)).reference == "Coverage/new"


def test_without_a_date_of_an_order_only_the_status_counts(a_coverage: MakeCoverage) -> None:
    ended = a_coverage("ended", period={"end": "2020-01-01"})
    for orders in ((), ({"resourceType": "MedicationRequest"},), ({"authoredOn": "soon"},), ({"authoredOn": "2026"},)):
        assert chosen(ended, a_coverage("off", status="cancelled"), orders=orders).reference == "Coverage/ended"


@pytest.mark.parametrize(
    ("period", "day", "sentence"),
    [
        (None, ORDERED, ""),
        ({}, ORDERED, ""),
        ({"start": ORDERED, "end": ORDERED}, ORDERED, ""),
        ({"end": "2026-05-11"}, ORDERED, "The coverage ended on 2026-05-11."),
        ({"end": "2026-05"}, "2026-05-31", ""),
        ({"end": "2026-02"}, "2026-03-01", "The coverage ended on 2026-02-28."),
        ({"end": "2026"}, "2026-12-31", ""),
        ({"end": "2025"}, "2026-01-01", "The coverage ended on 2025-12-31."),
        ({"end": "2026-05-11T23:59:59-07:00"}, ORDERED, "The coverage ended on 2026-05-11."),
        ({"start": "2026-06"}, ORDERED, "The coverage begins on 2026-06-01, after the date of the order."),
        ({"start": "2026"}, "2026-01-01", ""),
        ({"end": "yesterday", "start": 7}, ORDERED, ""),
        ("2026", ORDERED, ""),
        (["2026"], ORDERED, ""),
        ({"end": {"value": "2020"}}, ORDERED, ""),
    ],
)
def test_a_coverage_is_in_force_within_its_period(
    a_coverage: MakeCoverage, period: Any, day: str, sentence: str
) -> None:
    found = chosen(a_coverage(period=period))
    on = datetime.date.fromisoformat(day)
    assert found.not_in_force(on) == sentence
    assert found.in_force(on) is (sentence == "")


@pytest.mark.parametrize("status", ["cancelled", "draft", "inactive", "ACTIVE?"])
def test_a_coverage_that_is_not_active_is_not_in_force(a_coverage: MakeCoverage, status: str) -> None:
    assert chosen(a_coverage(status=status)).not_in_force(DAY) == "The coverage is not active."


@pytest.mark.parametrize("status", ["active", "", None, 5])
def test_a_coverage_without_a_status_that_can_be_read_is_taken_as_active(a_coverage: MakeCoverage, status: Any) -> None:
    assert chosen(a_coverage(status=status)).active


def test_a_coverage_entered_in_error_is_none(a_coverage: MakeCoverage) -> None:
    assert refusal(a_coverage(status="entered-in-error")) == (400, "not-found")


@pytest.mark.rules("P-26")
@pytest.mark.parametrize(
    ("elements", "beside", "name"),
    [
        ({}, (), "Pelican Health"),
        ({}, ({"resourceType": "Organization", "id": "o", "name": "Pelican Health of Louisiana"},), None),
        (
            {
                "payor": [{"reference": "#o"}],
                "contained": [{"resourceType": "Organization", "id": "o", "name": "Heron Health"}],
            },
            (),
            "Heron Health",
        ),
        ({"payor": [{"identifier": {"value": "P1"}}]}, (), ""),
        ({"payor": [{"reference": "Patient/p", "display": "The patient"}]}, (), ""),
        ({"payor": {"display": "Ibis"}}, (), "Ibis"),
        ({"payor": "Ibis"}, (), ""),
        ({"payor": None}, (), ""),
    ],
)
def test_the_insurer_is_named_as_the_record_names_it(
    a_coverage: MakeCoverage, elements: dict[str, Any], beside: tuple[dict[str, Any], ...], name: str | None
) -> None:
    expected = "Pelican Health of Louisiana" if name is None else name
    assert chosen(a_coverage(**elements), *beside).payer == expected


SERVED = "http://example.org/payers|P1, http://example.org/payers/|P2"


@pytest.mark.rules("P-26")
def test_only_payers_that_are_served_are_answered_for(a_coverage: MakeCoverage) -> None:
    def paid_by(value: Any, system: Any = "http://example.org/payers") -> dict[str, Any]:
        return a_coverage(payor=[{"identifier": {"system": system, "value": value}}])

    assert chosen(paid_by("P1"), served=SERVED).reference == "Coverage/c"
    assert chosen(paid_by("p2"), served=SERVED).reference == "Coverage/c"
    assert refusal(paid_by("P3"), served=SERVED) == (400, "business-rule")
    assert refusal(paid_by("P1", "http://example.org/others"), served=SERVED) == (400, "business-rule")
    assert refusal(a_coverage(), served=SERVED) == (400, "required")
    assert refusal(paid_by(None), served=SERVED) == (400, "required")


def test_a_payer_is_identified_by_its_organization_too(a_coverage: MakeCoverage) -> None:
    identifier = [{"system": "http://example.org/payers", "value": "P1"}]
    organization = {"resourceType": "Organization", "id": "o", "identifier": identifier}
    assert chosen(a_coverage(), organization, served=SERVED).reference == "Coverage/c"
    inside = a_coverage(payor=[{"reference": "#o"}], contained=[organization])
    assert chosen(inside, served=SERVED).reference == "Coverage/c"


def test_every_payer_is_answered_for_when_the_settings_name_none(a_coverage: MakeCoverage) -> None:
    assert chosen(a_coverage(payor=[{"identifier": {"value": "anyone"}}])).reference == "Coverage/c"


def test_a_plain_service_goes_without_a_coverage_and_logs_why(a_coverage: MakeCoverage) -> None:
    for resources, code in (((), "not-found"), ((a_coverage("a"), a_coverage("b")), "multiple-matches")):
        with capture_logs() as logs:
            assert primary(*resources, strict=False) is None
        assert [entry["reason"] for entry in logs] == [code]
    assert primary(strict=False, delivered=()) is None
    assert primary(a_coverage(), strict=False) == PrimaryCoverage("Coverage/c", "Pelican Health")


@pytest.mark.parametrize(
    "order",
    [
        {"resourceType": "NutritionOrder", "dateTime": "2026-05-12T10:00:00Z"},
        {"resourceType": "VisionPrescription", "dateWritten": ORDERED},
        {"resourceType": "DeviceRequest", "authoredOn": "2026-05-12T23:30:00-11:00"},
    ],
)
def test_orders_of_every_type_have_a_date(a_coverage: MakeCoverage, order: dict[str, Any]) -> None:
    only_that_day = a_coverage("day", period={"start": ORDERED, "end": ORDERED})
    assert chosen(only_that_day, a_coverage("off", status="draft"), orders=(order,)).reference == "Coverage/day"
    assert chosen(only_that_day, a_coverage("after", period={"start": "2026-05-13"}), orders=(order,)).reference == (
        "Coverage/day"
    )
