"""Templates, and the searches they are made of, for whatever policies need."""

from __future__ import annotations

import re

import pytest

from cds_service.fhir.prefetch import (
    BY_KEY,
    RESOURCE_TYPES,
    TEMPLATES,
    Template,
    crd_templates,
    substituted,
    templates_for,
)
from cds_service.fhir.searches import REFERRED_TO, SEARCHES
from cql_like_rules.cql.model import FHIR

CONTEXT = {"patientId": "p1", "userId": "PractitionerRole/pr1", "encounterId": None}

USUAL = {
    "patient": "Patient/{{context.patientId}}",
    "coverage": "Coverage?patient={{context.patientId}}&status=active&_include=Coverage:payor",
    "practitioner": "{{context.userId}}",
    "conditions": "Condition?patient={{context.patientId}}",
    "observations": "Observation?patient={{context.patientId}}&_sort=-date",
    "medicationRequests": "MedicationRequest?patient={{context.patientId}}",
    "medicationStatements": "MedicationStatement?patient={{context.patientId}}",
    "medicationAdministrations": "MedicationAdministration?patient={{context.patientId}}&_sort=-effective-time",
    "procedures": "Procedure?patient={{context.patientId}}",
    "allergies": "AllergyIntolerance?patient={{context.patientId}}",
    "questionnaireResponses": "QuestionnaireResponse?patient={{context.patientId}}&status=completed,amended",
    "documents": "DocumentReference?patient={{context.patientId}}&status=current",
}
"""The keys that clients of this service have come to send; they do not change."""


def test_the_usual_keys_and_their_queries_are_as_clients_know_them() -> None:
    types = (name for key in USUAL for name in BY_KEY[key].types)
    assert {key: template.query for key, template in templates_for(types).items()} == USUAL


@pytest.mark.parametrize(
    ("type_name", "key", "query"),
    [
        ("CarePlan", "carePlans", "CarePlan?patient={{context.patientId}}"),
        ("RequestGroup", "requestGroups", "RequestGroup?patient={{context.patientId}}"),
        ("ServiceRequest", "serviceRequests", "ServiceRequest?patient={{context.patientId}}"),
        ("Encounter", "encounters", "Encounter?patient={{context.patientId}}&_sort=-date"),
        ("DiagnosticReport", "diagnosticReports", "DiagnosticReport?patient={{context.patientId}}&_sort=-date"),
        ("AdverseEvent", "adverseEvents", "AdverseEvent?subject=Patient/{{context.patientId}}"),
        ("FamilyMemberHistory", "familyMemberHistories", "FamilyMemberHistory?patient={{context.patientId}}"),
        ("EpisodeOfCare", "episodesOfCare", "EpisodeOfCare?patient={{context.patientId}}"),
    ],
)
def test_any_other_type_has_the_key_of_its_name(type_name: str, key: str, query: str) -> None:
    assert {key: template.query for key, template in templates_for((type_name,)).items()} == {key: query}


@pytest.mark.rules("D-16")
def test_templates_follow_from_the_resource_types_that_are_looked_at() -> None:
    assert list(templates_for(("Observation", "Condition"))) == ["conditions", "observations"]
    assert list(templates_for(("Practitioner",))) == ["practitioner"]
    assert templates_for(("Basic", "Medication")) == {}
    assert list(templates_for(RESOURCE_TYPES).values()) == list(TEMPLATES)


def test_every_resource_type_of_the_language_can_be_had_but_for_places() -> None:
    resources = {name for name in FHIR.types if FHIR.is_resource(name)}
    assert resources - RESOURCE_TYPES - REFERRED_TO == {"Location"}
    assert resources >= SEARCHES.keys()


def test_keys_and_words_are_told_apart() -> None:
    assert len({template.key for template in TEMPLATES}) == len(TEMPLATES)
    assert all(BY_KEY[template.key] is template for template in TEMPLATES)
    assert len({template.words for template in TEMPLATES}) == len(TEMPLATES)


@pytest.mark.rules("P-1", "P-2", "P-4")
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_queries_are_of_the_kind_that_every_client_of_cds_hooks_can_fill(template: Template) -> None:
    assert re.fullmatch(
        r"Patient/\{\{context\.patientId\}\}|\{\{context\.userId\}\}"
        r"|[A-Za-z]+\?(patient=|subject=Patient/)\{\{context\.patientId\}\}"
        r"(&status=[a-z,]+)?(&_sort=-[a-z-]+)?(&_include=Coverage:payor)?",
        template.query,
    )


@pytest.mark.parametrize("key", sorted(template.key for template in TEMPLATES))
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


DRAFTS = "context.draftOrders.entry.resource"


def crd(hook: str) -> dict[str, str]:
    plain = templates_for(("Patient", "Coverage", "Practitioner", "Condition", "MedicationRequest"))
    return {key: template.query for key, template in crd_templates(plain, hook).items()}


@pytest.mark.rules("D-17", "P-3")
@pytest.mark.parametrize("hook", ["order-sign", "order-select"])
def test_a_crd_service_asks_with_the_standard_templates_for_what_they_cover(hook: str) -> None:
    asked = crd(hook)
    assert asked["patient"] == "Patient/{{context.patientId}}"
    assert asked["encounter"] == "Encounter/{{context.encounterId}}"
    assert asked["coverage"] == "Coverage?patient={{context.patientId}}&status=active"
    assert asked["medications"] == f"Medication?_id={{{{{DRAFTS}.ofType(MedicationRequest).medication.resolve().id}}}}"
    assert asked["practitionerRoles"] == (
        "PractitionerRole?_id={{%encounter.participant.individual.resolve().ofType(PractitionerRole).id"
        f"|{DRAFTS}.sender.resolve().ofType(PractitionerRole).id|{DRAFTS}.recipient.resolve().ofType(PractitionerRole).id"
        f"|{DRAFTS}.requester.resolve().ofType(PractitionerRole).id|{DRAFTS}.performer.resolve().ofType(PractitionerRole).id"
        f"|{DRAFTS}.orderer.resolve().ofType(PractitionerRole).id"
        f"|{DRAFTS}.prescriber.resolve().ofType(PractitionerRole).id}}}}"
    )
    assert asked["practitioners"].startswith(
        "Practitioner?_id={{%practitionerRoles.entry.resource.practitioner.resolve().id"
        "|%encounter.participant.individual.resolve().ofType(Practitioner).id|"
    )


@pytest.mark.rules("P-5")
def test_a_crd_service_asks_for_all_else_as_the_plain_one_does() -> None:
    assert crd("order-sign").keys() - {"encounter", "payers", "medications", "practitionerRoles", "practitioners"} == {
        "patient",
        "coverage",
        "conditions",
        "medicationRequests",
    }


@pytest.mark.rules("P-3")
@pytest.mark.parametrize("hook", ["order-sign", "order-select", "order-dispatch"])
def test_a_template_comes_after_those_that_it_refers_to(hook: str) -> None:
    seen: set[str] = set()
    for key, query in crd(hook).items():
        assert set(re.findall(r"%(\w+)", query)) <= seen
        seen.add(key)


def test_at_dispatch_the_orders_themselves_are_asked_for_beside_all_of_the_patient() -> None:
    asked = crd("order-dispatch")
    dispatched = "MedicationRequest?_id={{context.dispatchedOrders.resolve().ofType(MedicationRequest).id}}"
    assert asked["dispatchedOrders"] == dispatched
    assert asked["medications"] == "Medication?_id={{%dispatchedOrders.entry.resource.medication.resolve().id}}"
    assert asked["medicationRequests"] == "MedicationRequest?patient={{context.patientId}}"
    assert "practitioner" not in asked


def test_single_resources_are_no_answer_on_all_of_their_type() -> None:
    for key in ("medications", "dispatchedOrders", "encounter", "payers"):
        assert BY_KEY[key].types == ()
        assert BY_KEY[key].may_hold(frozenset(BY_KEY[key].brings))
