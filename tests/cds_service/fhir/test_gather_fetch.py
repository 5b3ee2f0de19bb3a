from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from cds_service.cdshooks.outcome import CallRefused
from cds_service.fhir.gather import Gathered
from cds_service.fhir.wanted import Wanted

Gather = Callable[..., Gathered]
SERVER = "https://ehr.example.org/fhir"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}


def bundle(*resources: Any, **members: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources], **members}


def following(url: str) -> list[dict[str, str]]:
    return [{"relation": "self", "url": SERVER}, {"relation": "next", "url": url}]


def condition(identity: str, patient: str = "Patient/p1") -> dict[str, Any]:
    return {"resourceType": "Condition", "id": identity, "subject": {"reference": patient}}


def ids(gathered: Gathered, type_name: str) -> list[str]:
    return [element.json["id"] for element in gathered.record.retrieve(type_name)]


def messages(gathered: Gathered) -> list[str]:
    return [note.message for note in gathered.notes]


@pytest.fixture
def call(call: dict[str, Any]) -> dict[str, Any]:
    call["fhirServer"] = SERVER
    call["fhirAuthorization"] = {"access_token": "secret", "token_type": "Bearer", "expires_in": 300}
    return call


@pytest.mark.rules("P-10", "P-20")
def test_absent_keys_are_fetched_with_the_token_of_the_call(call: Any, gathered: Gather, server: Any) -> None:
    server.answers("Condition", bundle(condition("c1")))
    found = gathered("Condition", "Procedure")
    assert server.asked == ["Condition?patient=p1", "Procedure?patient=p1"]
    assert {headers["Authorization"] for headers in server.headers} == {"Bearer secret"}
    assert {headers["Accept"] for headers in server.headers} == {"application/fhir+json"}
    assert ids(found, "Condition") == ["c1"]
    assert found.record.delivered == {"Condition", "Procedure"}
    assert found.notes == ()
    assert found.fetches == 2


def test_a_server_is_asked_without_a_token_when_the_call_has_none(call: Any, gathered: Gather, server: Any) -> None:
    del call["fhirAuthorization"]
    gathered("Condition")
    assert "Authorization" not in server.headers[0]


@pytest.mark.rules("S-14")
def test_what_became_of_the_token_is_told(call: Any, gathered: Gather, server: Any) -> None:
    assert gathered("Condition").token_use == "used"
    server.answers("Procedure", status=401)
    assert gathered("Condition", "Procedure").token_use == "rejected"
    call["prefetch"] = {"conditions": None}
    assert gathered("Condition").token_use == "not-used"
    del call["fhirAuthorization"]
    assert gathered("Procedure").token_use == "not-used"


@pytest.mark.rules("S-15")
def test_a_host_that_is_not_the_clients_is_not_asked_and_gets_no_token(
    call: Any, gathered: Gather, server: Any
) -> None:
    found = gathered("Condition", hosts=frozenset({"other.example.org"}))
    assert server.asked == []
    assert messages(found) == ["The record could not be fetched: this service may not ask that record system."]
    assert found.token_use == "not-used"
    assert gathered("Condition", hosts=frozenset({"ehr.example.org"})).notes == ()


def test_only_what_the_service_looks_at_is_fetched(call: Any, gathered: Gather, server: Any) -> None:
    gathered("AllergyIntolerance")
    assert server.asked == ["AllergyIntolerance?patient=p1"]


def test_patient_and_user_are_read_by_their_ids(call: Any, gathered: Gather, server: Any) -> None:
    server.answers("Patient/p1", {"resourceType": "Patient", "id": "p1"})
    server.answers("PractitionerRole/pr1", {"resourceType": "PractitionerRole", "id": "pr1"})
    found = gathered("Patient", "PractitionerRole")
    assert server.asked == ["Patient/p1", "PractitionerRole/pr1"]
    assert found.record.delivered == {"Patient", "PractitionerRole", "Practitioner"}


@pytest.mark.parametrize("value", [None, bundle(), OUTCOME, bundle(OUTCOME), bundle(condition("c1"))])
def test_what_was_answered_is_not_asked_again(call: Any, gathered: Gather, server: Any, value: Any) -> None:
    call["prefetch"] = {"conditions": value}
    gathered("Condition")
    assert server.asked == []


@pytest.mark.parametrize("value", ["text", {"resourceType": "Patient", "id": "p1"}])
def test_what_was_no_answer_is_asked_again(call: Any, gathered: Gather, server: Any, value: Any) -> None:
    call["prefetch"] = {"conditions": value}
    assert gathered("Condition").record.delivered == {"Condition"}
    assert server.asked == ["Condition?patient=p1"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "did not accept the request"),
        (401, "did not accept the access token"),
        (403, "does not allow access"),
        (404, "does not have it"),
        (410, "was deleted"),
        (422, "did not accept the request"),
        (429, "is busy"),
        (500, "failed"),
        (503, "failed"),
        (204, "did not accept the request"),
    ],
)
def test_an_error_status_is_noted_in_words_and_delivers_nothing(
    call: Any, gathered: Gather, server: Any, status: int, words: str
) -> None:
    server.answers("Condition", OUTCOME, status=status)
    found = gathered("Condition", "Procedure")
    assert found.record.delivered == {"Procedure"}
    (message,) = messages(found)
    assert message.startswith("The conditions could not be fetched: ")
    assert words in message


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{", b"[]", b'{"no": "type"}', b"null", b"\xff", b'{"resourceType": "Bundle", "total": 3}'],
)
def test_garbage_is_noted_and_delivers_nothing(call: Any, gathered: Gather, server: Any, body: bytes) -> None:
    server.answers("Condition", body=body)
    found = gathered("Condition")
    assert found.record.delivered == frozenset()
    assert "could not be read" in messages(found)[0]


@pytest.mark.rules("P-10")
@pytest.mark.parametrize("answer", [OUTCOME, bundle(OUTCOME), bundle(condition("c1"), OUTCOME)])
def test_an_outcome_instead_of_resources_is_noted(call: Any, gathered: Gather, server: Any, answer: Any) -> None:
    server.answers("Condition", answer)
    found = gathered("Condition")
    assert found.record.delivered == frozenset()
    assert "could not provide it" in messages(found)[0]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ConnectTimeout(), "did not answer in time"),
        (requests.ReadTimeout(), "did not answer in time"),
        (requests.ConnectionError(), "could not be reached"),
        (requests.exceptions.SSLError(), "could not be reached"),
        (requests.exceptions.ChunkedEncodingError(), "could not be reached"),
    ],
)
def test_a_broken_connection_is_noted(call: Any, gathered: Gather, server: Any, error: Exception, words: str) -> None:
    server.answers("Condition", body=error)
    assert words in messages(gathered("Condition"))[0]


@pytest.mark.rules("P-11")
def test_all_pages_of_a_search_are_read(call: Any, gathered: Gather, server: Any) -> None:
    server.answers("Condition", bundle(condition("c1"), link=following(f"{SERVER}/page?n=2")))
    server.answers("page?n=2", bundle(condition("c2"), link=following("page?n=3")))
    server.answers("page?n=3", bundle(condition("c3")))
    found = gathered("Condition")
    assert ids(found, "Condition") == ["c1", "c2", "c3"]
    assert found.record.delivered == {"Condition"}


@pytest.mark.rules("P-13")
def test_a_server_that_looked_for_less_than_was_asked_does_not_tell_all(
    call: Any, gathered: Gather, server: Any
) -> None:
    searched = [{"relation": "self", "url": f"{SERVER}/Condition?patient=p1&category=problem-list-item"}]
    server.answers("Condition", bundle(condition("c1"), link=searched))
    found = gathered("Condition")
    assert ids(found, "Condition") == ["c1"]
    assert found.record.delivered == frozenset()
    assert messages(found) == ["The conditions could not be fetched: the record system looked for a part of it only."]


DISPATCHED = {
    "resourceType": "MedicationRequest",
    "id": "mr1",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
    "medicationReference": {"reference": "Medication/m1"},
    "requester": {"reference": "Practitioner/d1"},
}


@pytest.fixture
def dispatch(call: dict[str, Any]) -> dict[str, Any]:
    orders = ["MedicationRequest/mr1", "ServiceRequest/sr1"]
    context = {"patientId": "p1", "dispatchedOrders": orders, "performer": "Organization/o1"}
    call |= {"hook": "order-dispatch", "context": context}
    return call


@pytest.mark.rules("R-50", "P-20")
def test_dispatched_orders_are_read_and_then_what_they_refer_to(dispatch: Any, gathered: Gather, server: Any) -> None:
    server.answers("MedicationRequest/mr1", DISPATCHED)
    server.answers("Medication/m1", {"resourceType": "Medication", "id": "m1"})
    server.answers("Practitioner/d1", {"resourceType": "Practitioner", "id": "d1"})
    found = gathered()
    assert server.asked == ["Medication/m1", "MedicationRequest/mr1", "Practitioner/d1", "ServiceRequest/sr1"]
    assert found.orders.asked == (DISPATCHED,)
    assert [note.types for note in found.notes] == [()]
    assert messages(found)[0].startswith("An order that is dispatched could not be fetched: ")


def test_a_dispatched_order_that_came_with_the_call_is_not_read_again(
    dispatch: Any, gathered: Gather, server: Any
) -> None:
    service = {"resourceType": "ServiceRequest", "id": "sr1", "subject": {"reference": "Patient/p1"}}
    plain = {**DISPATCHED, "medicationReference": {"display": "a drug"}, "requester": {"display": "a doctor"}}
    dispatch["prefetch"] = {"medicationRequests": bundle(plain), "anything": service}
    found = gathered()
    assert server.asked == []
    assert [order["id"] for order in found.orders.asked] == ["mr1", "sr1"]
    assert found.orders.for_drugs == (plain,)


@pytest.mark.rules("P-25")
def test_no_dispatched_order_to_be_had_is_412(dispatch: Any, gathered: Gather, server: Any) -> None:
    with pytest.raises(CallRefused) as refusal:
        gathered()
    assert refusal.value.status == 412


@pytest.mark.rules("P-11")
def test_further_pages_of_a_prefetched_bundle_are_read(call: Any, gathered: Gather, server: Any) -> None:
    call["prefetch"] = {"conditions": bundle(condition("c1"), link=following(f"{SERVER}/page?n=2"))}
    server.answers("page?n=2", bundle(condition("c2")))
    found = gathered("Condition")
    assert server.asked == ["page?n=2"]
    assert ids(found, "Condition") == ["c1", "c2"]
    assert found.record.delivered == {"Condition"}


def test_a_page_that_fails_leaves_the_search_undelivered_and_its_resources_used(
    call: Any, gathered: Gather, server: Any
) -> None:
    server.answers("Condition", bundle(condition("c1"), link=following(f"{SERVER}/page?n=2")))
    server.answers("page?n=2", status=500)
    found = gathered("Condition")
    assert ids(found, "Condition") == ["c1"]
    assert found.record.delivered == frozenset()


@pytest.mark.rules("P-28", "S-13", "S-15")
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.org/fhir?page=2",
        "https://ehr.example.org:8443/fhir?page=2",
        "http://ehr.example.org/fhir?page=2",
        "//evil.example.org/page",
        "https://[broken",
    ],
)
def test_a_next_page_on_another_server_is_not_followed(call: Any, gathered: Gather, server: Any, url: str) -> None:
    server.answers("Condition", bundle(condition("c1"), link=following(url)))
    found = gathered("Condition")
    assert server.asked == ["Condition?patient=p1"]
    assert found.record.delivered == frozenset()
    assert "another server" in messages(found)[0]


def test_pages_that_never_end_are_given_up(call: Any, gathered: Gather, server: Any) -> None:
    server.answers("Condition", bundle(link=following(f"{SERVER}/Condition?patient=p1")))
    server.answers("Procedure", bundle(link=following(f"{SERVER}/Procedure?n=1")))
    found = gathered("Condition", fhir_pages=3)
    assert len(server.asked) == 1
    assert "more pages" in messages(found)[0]


def test_no_more_pages_are_read_than_the_settings_allow(call: Any, gathered: Gather, server: Any) -> None:
    for page in range(10):
        server.answers(f"page?n={page}", bundle(link=following(f"{SERVER}/page?n={page + 1}")))
    server.answers("Condition", bundle(link=following(f"{SERVER}/page?n=0")))
    gathered("Condition", fhir_pages=4)
    assert len(server.asked) == 4


def test_a_redirect_on_the_same_server_is_followed(call: Any, gathered: Gather, server: Any) -> None:
    server.answers("Condition", status=307, headers={"Location": "/fhir/moved"})
    server.answers("moved", bundle(condition("c1")))
    assert ids(gathered("Condition"), "Condition") == ["c1"]


@pytest.mark.rules("P-28", "S-13", "S-15")
def test_a_redirect_to_another_server_is_not_followed(call: Any, gathered: Gather, server: Any) -> None:
    server.answers("Condition", status=302, headers={"Location": "http://169.254.169.254/token"})
    assert "another server" in messages(gathered("Condition"))[0]
    assert server.asked == ["Condition?patient=p1"]


def test_an_answer_above_the_limit_is_not_read(call: Any, gathered: Gather, server: Any) -> None:
    server.answers("Condition", bundle(condition("c" * 2000)))
    assert "too large" in messages(gathered("Condition", max_fhir_bytes=1000))[0]


@pytest.mark.rules("P-31")
def test_a_slow_server_does_not_hold_up_the_answer(call: Any, gathered: Gather, server: Any) -> None:
    def slow(_: Any) -> tuple[int, dict[str, str], str]:
        time.sleep(0.5)
        return 200, {}, '{"resourceType": "Bundle"}'

    server._mock.remove(responses.GET, f"{SERVER}/Condition")
    server._mock.add_callback(responses.GET, f"{SERVER}/Condition", slow)
    server.answers("Procedure", bundle({"resourceType": "Procedure", "id": "x1"}))
    started = time.monotonic()
    found = gathered("Condition", "Procedure", seconds=0.2)
    assert time.monotonic() - started < 0.4
    assert found.record.delivered == {"Procedure"}
    assert ids(found, "Procedure") == ["x1"]
    assert messages(found) == ["The conditions could not be fetched: the record system did not answer in time."]
    time.sleep(0.4)


def test_nothing_is_asked_when_no_time_is_left(call: Any, gathered: Gather, server: Any) -> None:
    found = gathered("Condition", seconds=0.0)
    assert server.asked == []
    assert "in time" in messages(found)[0]


def test_a_fetched_resource_of_another_patient_is_400(call: Any, gathered: Gather, server: Any) -> None:
    server.answers("Condition", bundle(condition("c1", "Patient/p2")))
    with pytest.raises(CallRefused) as caught:
        gathered("Condition")
    assert caught.value.status == 400


def test_a_host_that_is_not_listed_is_not_asked(call: Any, gathered: Gather, server: Any) -> None:
    found = gathered("Condition", dev=False, allowed_fhir_hosts=("other.example.org",))
    assert server.asked == []
    assert "may not ask" in messages(found)[0]


@pytest.mark.rules("R-3", "P-28")
def test_plain_http_is_only_for_development_and_listed_hosts(call: Any, gathered: Gather, server: Any) -> None:
    call["fhirServer"] = "http://ehr.example.org:8080/fhir"
    assert "may not ask" in messages(gathered("Condition", dev=False))[0]
    assert server.asked == []
    listed = gathered("Condition", dev=False, allowed_fhir_hosts=("ehr.example.org:8080",))
    assert "may not ask" not in messages(listed)[0]


def test_a_server_that_is_not_needed_is_not_noted(call: Any, gathered: Gather, server: Any) -> None:
    call["prefetch"] = {"conditions": None}
    assert messages(gathered("Condition", dev=False, allowed_fhir_hosts=("other.example.org",))) == []


MEDICATION = {"resourceType": "Medication", "id": "m1", "code": {"text": "a drug"}}


class TestReferences:
    def order(self, call: Any) -> Any:
        return call["context"]["draftOrders"]["entry"][0]["resource"]

    def test_the_medication_of_an_order_is_fetched(self, call: Any, gathered: Gather, server: Any) -> None:
        del self.order(call)["medicationCodeableConcept"]
        self.order(call)["medicationReference"] = {"reference": "Medication/m1"}
        server.answers("Medication/m1", MEDICATION)
        found = gathered()
        assert server.asked == ["Medication/m1"]
        assert found.record.find("Medication/m1") is not None

    @pytest.mark.parametrize(
        "reference",
        [
            "#m1",
            "urn:uuid:1",
            "Medication/..",
            "Observation/o1",
            "m1",
            "",
            "http://[x/Medication/m1",
            "//[/Medication/m1",
        ],
    )
    def test_what_cannot_be_read_from_the_server_is_not_asked(
        self, call: Any, gathered: Gather, server: Any, reference: str
    ) -> None:
        self.order(call)["medicationReference"] = {"reference": reference}
        gathered()
        assert server.asked == []

    def test_an_absolute_reference_on_the_same_host_is_read_from_the_server(
        self, call: Any, gathered: Gather, server: Any
    ) -> None:
        self.order(call)["medicationReference"] = {"reference": "https://ehr.example.org/other/Medication/m1"}
        server.answers("Medication/m1", MEDICATION)
        gathered()
        assert server.asked == ["Medication/m1"]

    def test_an_absolute_reference_to_another_host_is_not_read(self, call: Any, gathered: Gather, server: Any) -> None:
        self.order(call)["medicationReference"] = {"reference": "https://evil.example.org/fhir/Medication/m1"}
        gathered()
        assert server.asked == []

    @pytest.mark.parametrize("place", ["draft", "prefetch"])
    def test_a_medication_that_came_with_the_call_is_not_fetched(
        self, call: Any, gathered: Gather, server: Any, place: str
    ) -> None:
        self.order(call)["medicationReference"] = {"reference": "https://ehr.example.org/fhir/Medication/m1"}
        if place == "draft":
            call["context"]["draftOrders"]["entry"].append({"resource": MEDICATION})
        else:
            call["prefetch"] = {"anything": MEDICATION}
        gathered()
        assert server.asked == []

    def test_a_medication_that_is_not_there_is_noted(self, call: Any, gathered: Gather, server: Any) -> None:
        self.order(call)["medicationReference"] = {"reference": "Medication/m1"}
        server.answers("Medication/m1", OUTCOME, status=404)
        assert messages(gathered()) == ["A medication could not be fetched: the record system does not have it."]

    def test_what_fetched_resources_refer_to_is_fetched_too(self, call: Any, gathered: Gather, server: Any) -> None:
        statement = {
            "resourceType": "MedicationStatement",
            "id": "s1",
            "subject": {"reference": "Patient/p1"},
            "medicationReference": {"reference": "Medication/m1"},
        }
        coverage = {"resourceType": "Coverage", "id": "v1", "payor": [{"reference": "Organization/o1"}]}
        server.answers("MedicationStatement", bundle(statement))
        server.answers("Coverage", bundle(coverage))
        server.answers("Medication/m1", MEDICATION)
        server.answers("Organization/o1", {"resourceType": "Organization", "id": "o1"})
        found = gathered("MedicationStatement", "Coverage")
        assert {"Medication/m1", "Organization/o1"} <= set(server.asked)
        assert found.record.find("Medication/m1") is not None
        assert ids(found, "Organization") == ["o1"]
        assert found.notes == ()

    def test_an_included_organization_is_not_fetched(self, call: Any, gathered: Gather, server: Any) -> None:
        coverage = {"resourceType": "Coverage", "id": "v1", "payor": [{"reference": "Organization/o1"}]}
        call["prefetch"] = {"coverage": bundle(coverage, {"resourceType": "Organization", "id": "o1"})}
        gathered("Coverage")
        assert server.asked == []

    def test_a_requester_who_is_not_the_user_is_fetched_once(self, call: Any, gathered: Gather, server: Any) -> None:
        second = {**self.order(call), "id": "mr2"}
        call["context"]["draftOrders"]["entry"].append({"resource": second})
        for order in (self.order(call), second):
            order["requester"] = {"reference": "Practitioner/7"}
        server.answers("Practitioner/7", {"resourceType": "Practitioner", "id": "7"})
        server.answers("PractitionerRole/pr1", {"resourceType": "PractitionerRole", "id": "pr1"})
        gathered("PractitionerRole")
        assert server.asked == ["Practitioner/7", "PractitionerRole/pr1"]

    def test_the_reason_for_an_order_that_no_search_brought_is_fetched(
        self, call: Any, gathered: Gather, server: Any
    ) -> None:
        self.order(call)["reasonReference"] = [{"reference": "Condition/c1"}, {"reference": "Condition/c2"}]
        server.answers("Condition", bundle(condition("c1")))
        server.answers("Condition/c2", condition("c2"))
        found = gathered("Condition")
        assert server.asked == ["Condition/c2", "Condition?patient=p1"]
        assert ids(found, "Condition") == ["c1", "c2"]

    def test_a_reason_is_fetched_where_the_call_brought_all_else(
        self, call: Any, gathered: Gather, server: Any
    ) -> None:
        self.order(call)["reasonReference"] = [{"reference": "Condition/c2"}]
        call["prefetch"] = {"conditions": bundle(condition("c1"))}
        server.answers("Condition/c2", OUTCOME, status=404)
        found = gathered("Condition")
        assert server.asked == ["Condition/c2"]
        assert messages(found) == ["The reason for the order could not be fetched: the record system does not have it."]
        assert found.record.delivered == {"Condition"}

    def test_what_no_rule_reads_is_not_followed(self, call: Any, gathered: Gather, server: Any) -> None:
        self.order(call)["encounter"] = {"reference": "Encounter/e1"}
        self.order(call)["reasonReference"] = [{"reference": "Observation/o1"}]
        gathered("Condition")
        assert server.asked == ["Condition?patient=p1"]

    def test_a_reference_deep_in_a_resource_is_followed(self, call: Any, gathered: Gather, server: Any) -> None:
        activities = [{"detail": {"productReference": {"reference": "Medication/m1"}}}, {"detail": {}}]
        plan = {"resourceType": "CarePlan", "id": "k", "subject": {"reference": "Patient/p1"}, "activity": activities}
        server.answers("CarePlan", bundle(plan))
        server.answers("Medication/m1", MEDICATION)
        gathered("CarePlan")
        assert server.asked == ["CarePlan?patient=p1", "Medication/m1"]

    def test_people_are_followed_from_the_order_only(self, call: Any, gathered: Gather, server: Any) -> None:
        self.order(call)["requester"] = {"reference": "PractitionerRole/r1"}
        role = {"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "Practitioner/1"}}
        result = {"resourceType": "Observation", "id": "o", "performer": [{"reference": "Practitioner/2"}]}
        server.answers("PractitionerRole/r1", role)
        call["prefetch"] = {"observations": bundle(result), "medicationRequests": bundle(self.earlier_order())}
        gathered("Observation", "MedicationRequest")
        assert server.asked == ["PractitionerRole/r1"]

    def earlier_order(self) -> dict[str, Any]:
        return {
            "resourceType": "MedicationRequest",
            "id": "earlier",
            "subject": {"reference": "Patient/p1"},
            "requester": {"reference": "Practitioner/3"},
        }

    def test_a_requester_who_is_the_user_is_not_asked_again(self, call: Any, gathered: Gather, server: Any) -> None:
        self.order(call)["requester"] = {"reference": "PractitionerRole/pr1"}
        call["prefetch"] = {"practitioner": None}
        gathered("PractitionerRole")
        assert server.asked == []


def test_what_is_noted_says_which_types_are_missing_for_it(call: Any, gathered: Gather, server: Any) -> None:
    server.answers("CarePlan", OUTCOME, status=400)
    call["prefetch"] = {"conditions": OUTCOME, "observations": "text"}
    notes = gathered("CarePlan", "Condition", "Observation").notes
    assert {note.types for note in notes} == {("CarePlan",), ("Condition",), ("Observation",)}


def test_every_key_of_discovery_is_fetched_for_a_call_without_prefetch(
    post: Any, call: Any, server: Any, decider: Any, wanted: Wanted
) -> None:
    server.answers("Patient/p1", {"resourceType": "Patient", "id": "p1"})
    server.answers("PractitionerRole/pr1", {"resourceType": "PractitionerRole", "id": "pr1"})
    assert post(call).status_code == 200
    assert len(server.asked) == len(wanted.templates)
    assert decider.delivered == {name for template in wanted.templates.values() for name in template.types}
    assert decider.messages == []


def test_a_server_that_fails_altogether_still_gives_an_answer(
    post: Any, call: Any, server: Any, decider: Any, wanted: Wanted
) -> None:
    for template in wanted.templates.values():
        server.answers(template.types[0], status=503)
    response = post(call)
    assert response.status_code == 200
    assert len(decider.messages) == len(wanted.templates)
    assert decider.delivered == frozenset()
