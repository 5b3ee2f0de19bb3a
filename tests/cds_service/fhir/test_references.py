from __future__ import annotations

from typing import Any

import pytest

from cds_service.fhir.references import patient_of, type_and_id


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Patient/1", ("Patient", "1")),
        ("https://ehr.example.org/a/b/Patient/1", ("Patient", "1")),
        ("Patient/1/_history/2", ("Patient", "1")),
        (" Patient/1 ", ("Patient", "1")),
        ("Patient/a_b", ("Patient", "a_b")),
        ("Patient/..", None),
        ("Patient/", None),
        ("#p", None),
        ("urn:uuid:2e82516d-bbef-53ca-a40a-3e2870f891d0", None),
        ("Patient?identifier=1", None),
        ("", None),
    ],
)
def test_a_reference_is_read_by_the_type_and_id_it_ends_in(reference: str, expected: Any) -> None:
    assert type_and_id(reference) == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"resourceType": "Patient", "id": "1"}, "1"),
        ({"resourceType": "Patient"}, None),
        ({"resourceType": "Condition", "subject": {"reference": "Patient/1"}}, "1"),
        ({"resourceType": "Condition", "subject": {"identifier": {"value": "1"}}}, None),
        ({"resourceType": "Condition", "subject": "Patient/1"}, None),
        ({"resourceType": "Observation", "subject": {"reference": "Location/1"}}, None),
        ({"resourceType": "Coverage", "beneficiary": {"reference": "Patient/1"}}, "1"),
        ({"resourceType": "Organization", "id": "1"}, None),
    ],
)
def test_a_resource_tells_whose_it_is(resource: Any, expected: str | None) -> None:
    assert patient_of(resource) == expected
