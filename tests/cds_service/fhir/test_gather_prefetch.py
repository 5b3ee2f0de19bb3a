from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cds_service.cdshooks.outcome import CallRefused
from cds_service.fhir.gather import Gathered
from cds_service.fhir.prefetch import BY_KEY

Gather = Callable[..., Gathered]

OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
WARNING = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}


def bundle(*resources: Any, **members: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources], **members}


def condition(identity: str, patient: str = "Patient/p1") -> dict[str, Any]:
    return {"resourceType": "Condition", "id": identity, "subject": {"reference": patient}}


def ids(gathered: Gathered, type_name: str) -> list[str]:
    return [element.json["id"] for element in gathered.record.retrieve(type_name)]


@pytest.mark.parametrize("key", sorted(BY_KEY))
def test_every_key_delivers_its_types_even_with_null(call: Any, gathered: Gather, key: str) -> None:
    call["prefetch"] = {key: None}
    assert gathered().record.delivered == set(BY_KEY[key].types)


@pytest.mark.rules("P-10", "R-6")
@pytest.mark.parametrize(
    "value", [None, [], {"resourceType": "Bundle"}, bundle(), {"resourceType": "Bundle", "total": 0}]
)
def test_null_and_empty_bundles_are_answers(call: Any, gathered: Gather, value: Any) -> None:
    call["prefetch"] = {"conditions": value}
    found = gathered()
    assert found.record.delivered == {"Condition"}
    assert found.notes == ()


def searched(url: str) -> list[dict[str, str]]:
    return [{"relation": "self", "url": url}]


@pytest.mark.rules("P-13")
@pytest.mark.parametrize("also", ["category=problem-list-item", "_lastUpdated=gt2026", "_id=c1", "code:in=x"])
def test_a_bundle_of_a_narrower_search_is_used_but_is_not_all_there_is(call: Any, gathered: Gather, also: str) -> None:
    link = searched(f"https://ehr.example.org/fhir/Condition?patient=p1&{also}")
    call["prefetch"] = {"conditions": bundle(condition("c1"), link=link)}
    found = gathered()
    assert ids(found, "Condition") == ["c1"]
    assert found.record.delivered == frozenset()
    assert [note.message for note in found.notes] == ["Only a part of the conditions came with the call."]


@pytest.mark.rules("P-13")
@pytest.mark.parametrize("query", ["patient=p1", "subject=Patient/p1&_count=50&_sort=-date", "_getpages=1", ""])
def test_a_bundle_of_the_search_that_was_asked_for_is_all_there_is(call: Any, gathered: Gather, query: str) -> None:
    link = searched(f"https://ehr.example.org/fhir/Condition?{query}")
    call["prefetch"] = {"conditions": bundle(condition("c1"), link=link)}
    assert gathered().record.delivered == {"Condition"}


@pytest.mark.rules("P-13")
def test_what_was_asked_for_does_not_narrow_it(call: Any, gathered: Gather) -> None:
    link = searched("https://ehr.example.org/fhir/Coverage?patient=p1&status=active")
    call["prefetch"] = {"coverage": bundle({"resourceType": "Coverage", "id": "v"}, link=link)}
    assert gathered().record.delivered == {"Coverage"}


def test_an_absent_key_without_a_server_is_not_delivered_and_not_noted(call: Any, gathered: Gather) -> None:
    call["prefetch"] = {}
    found = gathered("Condition", "Observation")
    assert found.record.delivered == frozenset()
    assert found.notes == ()


def test_resources_come_from_bundles_from_single_resources_and_from_lists(call: Any, gathered: Gather) -> None:
    call["prefetch"] = {
        "conditions": bundle(condition("c1"), condition("c2")),
        "patient": {"resourceType": "Patient", "id": "p1"},
        "procedures": [{"resourceType": "Procedure", "id": "x1"}, {"resourceType": "Procedure", "id": "x2"}],
    }
    found = gathered()
    assert ids(found, "Condition") == ["c1", "c2"]
    assert ids(found, "Patient") == ["p1"]
    assert ids(found, "Procedure") == ["x1", "x2"]
    assert found.record.delivered == {"Condition", "Patient", "Procedure"}


@pytest.mark.rules("P-10", "R-6")
@pytest.mark.parametrize(
    "value", [OUTCOME, bundle(OUTCOME), bundle(condition("c1"), OUTCOME), {"resourceType": "OperationOutcome"}]
)
def test_an_operation_outcome_means_not_delivered_and_is_noted(call: Any, gathered: Gather, value: Any) -> None:
    call["prefetch"] = {"conditions": value}
    found = gathered()
    assert "Condition" not in found.record.delivered
    assert [note.message for note in found.notes] == [
        "The conditions could not be fetched: the record system answered that it could not provide it."
    ]
    assert found.record.retrieve("OperationOutcome") == []


def test_what_came_beside_an_operation_outcome_is_still_used(call: Any, gathered: Gather) -> None:
    call["prefetch"] = {"conditions": bundle(condition("c1"), OUTCOME)}
    assert ids(gathered(), "Condition") == ["c1"]


def test_a_warning_among_the_entries_spoils_nothing(call: Any, gathered: Gather) -> None:
    call["prefetch"] = {"conditions": bundle(condition("c1"), WARNING)}
    found = gathered()
    assert found.record.delivered == {"Condition"}
    assert found.notes == ()


@pytest.mark.parametrize(
    "value",
    [
        "text",
        5,
        True,
        {"no": "type"},
        {"resourceType": 5},
        {"resourceType": "Patient"},
        {"resourceType": "Bundle", "entry": "text"},
        {"resourceType": "Bundle", "entry": [1, "x"]},
        {"resourceType": "Bundle", "total": 3},
    ],
)
def test_a_value_that_is_no_answer_is_noted_and_not_delivered(call: Any, gathered: Gather, value: Any) -> None:
    call["prefetch"] = {"conditions": value, "procedures": None}
    found = gathered()
    assert found.record.delivered == {"Procedure"}
    assert found.notes[0].message == "The conditions that came with the call could not be read."


@pytest.mark.rules("P-12")
def test_a_bad_resource_is_noted_and_does_not_spoil_the_others(call: Any, gathered: Gather) -> None:
    call["prefetch"] = {"conditions": bundle({"id": "no type"}, "text", None, condition("c1"))}
    found = gathered()
    assert ids(found, "Condition") == ["c1"]
    assert found.record.delivered == {"Condition"}
    assert len(found.record.notes) == 3


def test_an_unknown_key_delivers_the_types_it_holds(call: Any, gathered: Gather) -> None:
    call["prefetch"] = {"problems": bundle(condition("c1")), "other": {"a": 1}, "none": None}
    found = gathered()
    assert found.record.delivered == {"Condition"}
    assert ids(found, "Condition") == ["c1"]
    assert found.notes == ()
    assert found.record.notes == []


def test_one_resource_under_an_unknown_key_tells_nothing_of_others(call: Any, gathered: Gather) -> None:
    call["prefetch"] = {
        "encounter": {"resourceType": "Encounter", "id": "e1"},
        "user": {"resourceType": "Practitioner", "id": "1"},
        "who": {"resourceType": "Patient", "id": "p1"},
    }
    found = gathered()
    assert ids(found, "Encounter") == ["e1"]
    assert found.record.delivered == {"Practitioner", "Patient"}


@pytest.mark.parametrize(
    ("query", "delivered"),
    [
        ("Condition?patient=p1", {"Condition"}),
        ("Condition?subject:Patient=p1&_sort=-date&_count=50", {"Condition"}),
        ("Condition", {"Condition"}),
        ("Condition?patient=p1&category=problem-list-item", set()),
        ("Condition?_id=c1&code:in=x", set()),
    ],
)
def test_a_search_for_less_than_all_under_an_unknown_key_is_used_but_not_delivered(
    call: Any, gathered: Gather, query: str, delivered: set[str]
) -> None:
    link = [{"relation": "self", "url": f"https://ehr.example.org/fhir/{query}"}]
    call["prefetch"] = {"problems": bundle(condition("c1"), link=link)}
    found = gathered()
    assert ids(found, "Condition") == ["c1"]
    assert found.record.delivered == delivered


def test_what_was_only_included_under_an_unknown_key_is_used_but_not_delivered(call: Any, gathered: Gather) -> None:
    included = {"resource": condition("c1"), "search": {"mode": "include"}}
    matched = {"resource": {"resourceType": "Procedure", "id": "x"}, "search": {"mode": "match"}}
    call["prefetch"] = {"vendor": {"resourceType": "Bundle", "entry": [matched, included]}}
    found = gathered()
    assert ids(found, "Condition") == ["c1"]
    assert found.record.delivered == {"Procedure"}


def test_draft_orders_are_in_the_record_after_what_it_holds_and_deliver_nothing(call: Any, gathered: Gather) -> None:
    call["prefetch"] = {}
    assert ids(gathered(), "MedicationRequest") == ["mr1"]
    assert gathered().record.delivered == frozenset()
    call["prefetch"] = {"medicationRequests": bundle({"resourceType": "MedicationRequest", "id": "old"})}
    assert ids(gathered(), "MedicationRequest") == ["old", "mr1"]


def test_an_unfinished_bundle_without_a_server_is_used_but_not_delivered(call: Any, gathered: Gather) -> None:
    call["prefetch"] = {"conditions": bundle(condition("c1"), link=[{"relation": "next", "url": "https://x/2"}])}
    found = gathered()
    assert ids(found, "Condition") == ["c1"]
    assert found.record.delivered == frozenset()
    assert "further pages" in found.notes[0].message


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Patient", "id": "p2"},
        condition("c", "Patient/p2"),
        condition("c", "https://ehr.example.org/fhir/Patient/p2"),
        condition("c", "Patient/p2/_history/3"),
        condition("c", "Patient/p_2"),
        {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/p2"}},
        {"resourceType": "Coverage", "beneficiary": {"reference": "Patient/p2"}},
        {"resourceType": "Condition", "subject": [{"reference": "Patient/p2"}]},
    ],
)
@pytest.mark.parametrize("key", ["conditions", "anything"])
def test_a_prefetched_resource_of_another_patient_is_400(call: Any, gathered: Gather, resource: Any, key: str) -> None:
    call["prefetch"] = {key: bundle(condition("c1"), resource)}
    with pytest.raises(CallRefused) as caught:
        gathered()
    assert caught.value.status == 400
    assert caught.value.issues[0].code == "invariant"
    assert "p2" not in str(caught.value)


@pytest.mark.parametrize(
    "subject",
    [
        "Patient/p1",
        "https://other.example.org/r4/Patient/p1",
        "Patient/p1/_history/2",
        "urn:uuid:1",
        "#p",
        "Group/p2",
        "",
    ],
)
def test_references_to_the_patient_and_those_that_name_none_are_accepted(
    call: Any, gathered: Gather, subject: str
) -> None:
    call["prefetch"] = {"conditions": bundle(condition("c1", subject))}
    assert "Condition" in gathered().record.delivered


def test_a_coverage_whose_subscriber_is_another_person_is_the_patients(call: Any, gathered: Gather) -> None:
    coverage = {
        "resourceType": "Coverage",
        "id": "v",
        "beneficiary": {"reference": "Patient/p1"},
        "subscriber": {"reference": "Patient/parent"},
    }
    call["prefetch"] = {"coverage": bundle(coverage)}
    assert ids(gathered(), "Coverage") == ["v"]


def test_an_order_for_another_patient_is_400_and_never_decided_on(post: Any, call: Any, decider: Any) -> None:
    order = call["context"]["draftOrders"]["entry"][0]["resource"]
    order["subject"]["reference"] = "https://ehr.example.org/fhir/Patient/p2"
    response = post(call)
    assert response.status_code == 400
    assert response.get_json(force=True)["issue"][0]["code"] == "invariant"
    assert decider.calls == 0


def test_what_is_prefetched_reaches_the_decider(post: Any, call: Any, decider: Any) -> None:
    call["prefetch"] = {"conditions": bundle(condition("c1")), "observations": OUTCOME}
    assert post(call).status_code == 200
    assert decider.delivered == {"Condition"}
    assert decider.ids("Condition") == ["c1"]
    assert len(decider.messages) == 1


# --- drafts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (None, "draft"),
        ("", "draft"),
        ("Draft", "draft"),
        (" DRAFT ", "draft"),
        ("proposed", "draft"),
        ("unknown", "draft"),
        (7, "draft"),
        ("draft", "draft"),
        ("Active", "active"),
        ("on-hold", "on-hold"),
        ("cancelled", "cancelled"),
    ],
)
def test_an_order_about_to_be_signed_is_a_draft_however_its_status_is_spelled(
    call: Any, gathered: Gather, sent: Any, seen: str
) -> None:
    drafts = call["context"]["draftOrders"]
    partner = {"resourceType": "MedicationRequest", "id": "partner", "status": sent}
    for entry in ({"fullUrl": "urn:uuid:partner", "resource": partner}, {"resource": {"resourceType": "CarePlan"}}):
        drafts["entry"].append(entry)
    record = gathered().record
    found = record.find("urn:uuid:partner")
    assert found is not None
    assert found.json["status"] == seen
    assert partner["status"] == sent
    assert [each.json["id"] for each in record.retrieve("MedicationRequest")] == ["mr1", "partner"]
    assert len(record.retrieve("CarePlan")) == 1


def test_an_order_that_is_changed_counts_as_it_is_signed_and_not_as_it_was(call: Any, gathered: Gather) -> None:
    before = {"resourceType": "MedicationRequest", "id": "mr1", "status": "active"}
    other = {"resourceType": "MedicationRequest", "id": "other", "status": "active"}
    for sent in (bundle(before, other), [before, other]):
        call["prefetch"] = {"medicationRequests": sent}
        record = gathered().record
        assert [(each.json["id"], each.json["status"]) for each in record.retrieve("MedicationRequest")] == [
            ("other", "active"),
            ("mr1", "draft"),
        ]
        found = record.find("MedicationRequest/mr1")
        assert found is not None
        assert found.json["status"] == "draft"
