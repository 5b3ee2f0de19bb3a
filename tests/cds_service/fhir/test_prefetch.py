from __future__ import annotations

import pytest

from cds_service.fhir.prefetch import BY_KEY, RESOURCE_TYPES, substituted, templates_for

CONTEXT = {"patientId": "p1", "userId": "PractitionerRole/pr1", "encounterId": None}


def test_templates_follow_from_the_resource_types_that_are_looked_at() -> None:
    assert list(templates_for(("Observation", "Condition"))) == ["conditions", "observations"]
    assert list(templates_for(("Practitioner",))) == ["practitioner"]
    assert templates_for(("Basic",)) == {}
    assert templates_for(RESOURCE_TYPES) == BY_KEY


@pytest.mark.parametrize("key", sorted(BY_KEY))
def test_every_template_can_be_filled_from_the_context_of_a_call(key: str) -> None:
    query = substituted(BY_KEY[key].query, CONTEXT)
    assert query is not None
    assert "{{" not in query
    assert "p1" in query or "pr1" in query


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Patient/{{context.patientId}}", "Patient/p1"),
        ("{{ context.userId }}", "PractitionerRole/pr1"),
        ("Encounter/{{context.encounterId}}", None),
        ("Encounter/{{context.other}}", None),
        ("Medication?_id={{context.draftOrders.entry.resource.id}}", None),
        ("Practitioner/{{userPractitionerId}}", None),
        ("Basic?code=x", "Basic?code=x"),
    ],
)
def test_tokens_are_replaced_and_unknown_ones_make_no_query(query: str, expected: str | None) -> None:
    assert substituted(query, CONTEXT) == expected


def test_what_is_put_into_a_query_cannot_change_it() -> None:
    assert substituted("Condition?patient={{context.patientId}}", {"patientId": "p1&_count=0#"}) == (
        "Condition?patient=p1%26_count%3D0%23"
    )
