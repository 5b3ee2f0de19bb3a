"""Calls taken through all the steps: every order gets its note, in both readings of the specification."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.cdshooks.outcome import CallRefused
from cds_service.cdshooks.wire import read_json
from cds_service.crd import CrdCall, PrimaryCoverage, crd_answer
from cds_service.crd.configuration import Configuration
from cds_service.crd.versions import Edition
from cds_service.decision import Decision
from cds_service.validation import problems_of
from cql_like_rules.cql.values.temporal import Date
from cql_like_rules.determination import Approval, Determination, Verdict
from cql_like_rules.record import RecordNote

Broken = Callable[[Mapping[str, Any], str], list[str]]
NotesOn = Callable[[Mapping[str, Any]], list[dict[str, Any]]]
Said = Callable[[Mapping[str, Any]], dict[str, list[Any]]]
WithExtension = Callable[..., dict[str, Any]]

EXAMPLES = Path(__file__).parents[3] / "fhir_examples" / "order-sign"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))
NOT_VALID = "leukine-sloppy-client"
"""It shows what is accepted all the same, and comes back as it is."""

MET = "leukine-aml-met"
OVERDOSE = "leukine-aml-dose-overage"
SEVERAL = "kyprolis-krd-five-orders"
TODAY = datetime.date(2026, 11, 21)


@dataclass(frozen=True)
class Form:
    canonical: str = "https://oncology-cds.example/Questionnaire/F|1"


def a_form(determination: Determination) -> Form | None:
    return Form() if determination.status is Verdict.MISSING_INFORMATION else None


@cache
def request(name: str) -> dict[str, Any]:
    body: dict[str, Any] = read_json((EXAMPLES / f"{name}.json").read_bytes())
    return body


def orders_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in body["context"]["draftOrders"]["entry"]]


def updated_orders(decision: Decision) -> dict[str, dict[str, Any]]:
    return {action["resource"]["id"]: action["resource"] for action in decision.system_actions}


def resent(body: Mapping[str, Any], decision: Decision) -> dict[str, Any]:
    """The call again, with the orders as the client stores them after the first answer."""
    again = copy.deepcopy(dict(body))
    updated = updated_orders(decision)
    for entry in again["context"]["draftOrders"]["entry"]:
        entry["resource"] = updated.get(entry["resource"]["id"], entry["resource"])
    return again


@pytest.mark.rules("T-26", "X-10", "X-12", "B-2")
@pytest.mark.parametrize("version", ["2.1", "2.2"])
@pytest.mark.parametrize("name", NAMES)
def test_every_order_of_every_example_gets_one_note_that_is_valid(
    crd: Any,
    name: str,
    version: str,
    broken_invariants: Broken,
    notes_on: NotesOn,
    said: Said,
    with_extension: WithExtension,
) -> None:
    body = with_extension(request(name), requestedVersion=version)
    decision = crd.answer(body, forms=a_form)
    sent = {order["id"]: order for order in orders_of(body)}
    assert list(updated_orders(decision)) == list(sent)
    ids: set[str] = set()
    for action in decision.system_actions:
        assert action["type"] == "update"
        assert action["description"].startswith("Coverage information")
        resource = action["resource"]
        before = sent[resource["id"]]
        (note,) = notes_on(resource)
        assert {**resource, "extension": [*before.get("extension", []), note]} == resource
        assert {key: resource[key] for key in resource if key != "extension"} == {
            key: before[key] for key in before if key != "extension"
        }
        assert broken_invariants(note, version) == []
        if name != NOT_VALID:
            assert list(problems_of(resource)) == []
        ids.update(said(note)["coverage-assertion-id"])
    assert len(ids) == len(sent)
    assert [note.order.partition("/")[2] for note in decision.coverage_notes] == list(sent)


@pytest.mark.rules("X-10", "T-21")
@pytest.mark.parametrize("version", ["2.1", "2.2"])
@pytest.mark.parametrize("name", [MET, SEVERAL, "kyprolis-missing-body-surface-area"])
def test_signed_again_without_a_change_nothing_is_noted(
    crd: Any, name: str, version: str, with_extension: WithExtension
) -> None:
    body = with_extension(request(name), requestedVersion=version)
    first = crd.answer(body, forms=a_form)
    again = resent(body, first)
    second = crd.answer(again, forms=a_form, today=TODAY + datetime.timedelta(30))
    assert (list(second.system_actions), list(second.coverage_notes)) == ([], [])
    assert second.cards == first.cards


@pytest.mark.rules("X-10", "X-22")
def test_what_has_changed_is_noted_in_place_of_what_was_said_before(crd: Any, notes_on: NotesOn, said: Said) -> None:
    body = request(MET)
    first = crd.answer(body)
    again = resent(body, first)
    second = crd.answer(again, unsolicited_determinations=True)
    (before,), (after,) = (notes_on(decision.system_actions[0]["resource"]) for decision in (first, second))
    assert (said(before)["pa-needed"], said(after)["pa-needed"]) == (["auth-needed"], ["satisfied"])
    assert said(before)["coverage-assertion-id"] != said(after)["coverage-assertion-id"]


@pytest.mark.rules("X-11", "B-2", "T-22")
def test_the_note_of_another_payer_stays_beside_ours(crd: Any, notes_on: NotesOn, said: Said) -> None:
    body = copy.deepcopy(request(MET))
    other = crd.answer(body, coverage=PrimaryCoverage("Coverage/of-another-payer"))
    body = resent(body, other)
    (theirs,) = notes_on(orders_of(body)[0])
    (action,) = crd.answer(body).system_actions
    kept, ours = notes_on(action["resource"])
    assert kept == theirs
    assert said(ours)["coverage"] != said(kept)["coverage"]
    assert said(ours)["coverage-assertion-id"] != said(kept)["coverage-assertion-id"]


@pytest.mark.rules("X-41", "T-16")
def test_without_coverage_information_there_are_cards_only(crd: Any, with_extension: WithExtension) -> None:
    decision = crd.answer(with_extension(request(OVERDOSE), configuration={"coverage-info": False}))
    assert decision.system_actions == []
    assert decision.coverage_notes == []
    assert [card["source"]["topic"]["code"] for card in decision.cards] == ["limits"]


@pytest.mark.rules("X-41", "T-17")
def test_the_client_chooses_its_cards_and_the_rest_is_not_remembered(crd: Any, with_extension: WithExtension) -> None:
    name = "leukine-minimal"
    every = crd.answer(request(name))
    kinds = [card["source"]["topic"]["code"] for card in every.cards]
    assert kinds == ["insurance"]
    none = crd.answer(with_extension(request(name), configuration={"insurance": False}))
    assert none.cards == []
    assert [row.cards for row in none.evaluations] == [()]
    assert [len(row.cards) for row in every.evaluations] == [1]
    assert len(none.system_actions) == 1


@pytest.mark.rules("X-40", "T-6", "T-18", "R-8")
@pytest.mark.parametrize(
    "configuration",
    [{"coverage": True}, {"max-cards": "x", "coverage-info": 5}, {"a": {"b": []}}, [], "x", None, {"": 1}],
)
def test_nonsense_in_the_configuration_changes_nothing(
    crd: Any, with_extension: WithExtension, configuration: Any
) -> None:
    body = request(OVERDOSE)
    assert crd.answer(with_extension(body, configuration=configuration)) == crd.answer(body)


@pytest.mark.rules("B-10", "T-19")
def test_what_if_calls_get_no_authorization(
    crd: Any, notes_on: NotesOn, said: Said, with_extension: WithExtension
) -> None:
    def told(body: dict[str, Any], **settings: Any) -> dict[str, list[Any]]:
        (action,) = crd.answer(body, **settings).system_actions
        (note,) = notes_on(action["resource"])
        return said(note)

    asking = with_extension(request(MET), configuration={"unsolicited-determ": False})
    granted = told(request(MET), unsolicited_determinations=True)
    assert (granted["pa-needed"], len(granted["satisfied-pa-id"])) == (["satisfied"], 1)
    for parts in (told(asking, unsolicited_determinations=True), told(request(MET)), told(asking)):
        assert parts["pa-needed"] == ["auth-needed"]
        assert "satisfied-pa-id" not in parts


@pytest.mark.rules("B-6", "Q-2", "T-15", "P-27")
@pytest.mark.parametrize("version", ["2.1", "2.2"])
def test_an_expired_coverage_covers_nothing(
    crd: Any, version: str, notes_on: NotesOn, said: Said, broken_invariants: Broken, with_extension: WithExtension
) -> None:
    body = copy.deepcopy(with_extension(request(SEVERAL), requestedVersion=version))
    body["prefetch"]["coverage"]["entry"][0]["resource"]["period"] = {"end": "2025-12-31"}
    decision = crd.answer(body, forms=a_form, unsolicited_determinations=True)
    assert len(decision.system_actions) == len(orders_of(body))
    for action in decision.system_actions:
        (note,) = notes_on(action["resource"])
        parts = said(note)
        assert parts["covered"] == ["not-covered"]
        assert parts["reason"][0]["coding"][0]["code"] == "no-active-coverage"
        assert parts["reason"][0]["text"] == "The coverage ended on 2025-12-31."
        assert "pa-needed" not in parts
        assert broken_invariants(note, version) == []
        assert "not covered" in action["description"]


def test_an_order_without_a_date_is_covered_as_of_today(crd: Any, notes_on: NotesOn, said: Said) -> None:
    body = copy.deepcopy(request(MET))
    del orders_of(body)[0]["authoredOn"]
    for today, covered in ((TODAY, "covered"), (datetime.date(2027, 1, 1), "not-covered")):
        (action,) = crd.answer(body, today=today).system_actions
        assert said(notes_on(action["resource"])[0])["covered"] == [covered]


@pytest.mark.rules("X-10")
def test_orders_of_every_type_get_their_note(crd: Any, notes_on: NotesOn, said: Said) -> None:
    body = copy.deepcopy(request(MET))
    types = ("CommunicationRequest", "DeviceRequest", "NutritionOrder", "ServiceRequest", "VisionPrescription")
    others = [{"resourceType": kind, "id": "x", "code": {"text": f"a {kind}"}} for kind in types]
    body["context"]["draftOrders"]["entry"] += [{"resource": other} for other in others]
    decision = crd.answer(body)
    assert [action["resource"]["resourceType"] for action in decision.system_actions] == ["MedicationRequest", *types]
    for action in decision.system_actions[1:]:
        parts = said(notes_on(action["resource"])[0])
        assert (parts["covered"], parts["info-needed"]) == (["conditional"], ["OTH"])
        assert f"no coverage policy for a {action['resource']['resourceType']}" in parts["reason"][0]["text"]


@pytest.mark.rules("E-4", "B-4")
def test_a_drug_that_could_not_be_read_is_a_technical_failure(crd: Any, notes_on: NotesOn, said: Said) -> None:
    def told(drug: dict[str, Any], version: str) -> dict[str, list[Any]]:
        body = copy.deepcopy(request(MET))
        (order,) = orders_of(body)
        del order["medicationCodeableConcept"]
        order |= drug
        (action,) = crd.answer(body, crd_version=version).system_actions
        return said(notes_on(action["resource"])[0])

    unread = {"medicationReference": {"reference": "Medication/lost"}}
    new = told(unread, "2.2")
    assert (new["covered"], new["reason"][0]["coding"][0]["code"]) == (["indeterminate"], "technical")
    assert new["reason"][0]["text"].startswith("Which drug is ordered could not be read")
    assert told(unread, "2.0")["covered"] == ["conditional"]
    for drug in (
        {"medicationReference": {"reference": "Medication/lost", "display": "water"}},
        {"medicationReference": {"reference": "#m"}, "contained": [{"resourceType": "Medication", "id": "m"}]},
        {"medicationReference": {"display": "water"}},
        {"medicationReference": "Medication/lost"},
        {},
    ):
        assert "no coverage policy" in told(drug, "2.2")["reason"][0]["text"]


def test_an_order_not_to_give_a_drug_has_nothing_to_cover(crd: Any) -> None:
    body = copy.deepcopy(request(MET))
    orders_of(body)[0]["doNotPerform"] = True
    assert crd.answer(body).system_actions == []


def test_an_order_that_cannot_be_referred_to_gets_no_note(crd: Any) -> None:
    body = copy.deepcopy(request(MET))
    body["context"]["draftOrders"]["entry"] += [
        {"resource": {"resourceType": "ServiceRequest", "id": identity}} for identity in (None, "", 7, ["s"])
    ]
    assert list(updated_orders(crd.answer(body))) == [orders_of(body)[0]["id"]]


@pytest.mark.rules("X-11", "R-12", "T-32")
def test_numbers_of_an_order_come_back_as_they_were_written(crd: Any) -> None:
    body = copy.deepcopy(request(MET))
    (dose,) = orders_of(body)[0]["dosageInstruction"][0]["doseAndRate"]
    dose["doseQuantity"]["value"] = read_json(b"250.00")
    (action,) = crd.answer(body).system_actions
    value = action["resource"]["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"]
    assert str(value) == "250.00"


@pytest.mark.rules("P-25", "P-26", "T-14")
def test_a_call_without_its_coverage_is_refused_by_a_crd_service_only(crd: Any) -> None:
    body = copy.deepcopy(request(MET))
    twice = copy.deepcopy(body["prefetch"]["coverage"]["entry"][0])
    twice["resource"]["id"] = "another"
    missing = {**body, "prefetch": {key: body["prefetch"][key] for key in body["prefetch"] if key != "coverage"}}
    none = {**body, "prefetch": {**body["prefetch"], "coverage": None}}
    several = {**body, "prefetch": {**body["prefetch"], "second": {"resourceType": "Bundle", "entry": [twice]}}}
    for sent, status in ((missing, 412), (none, 400), (several, 400)):
        with pytest.raises(CallRefused) as caught:
            crd.answer(sent)
        assert caught.value.status == status
        asking = {**sent, "extension": {"davinci-crd.configuration": {}}}
        plain = crd.answer(asking, strict=False)
        assert plain.system_actions == []


@pytest.mark.rules("C-15", "X-50", "T-8")
def test_cards_of_several_orders_name_the_insurer_the_drug_and_the_order(crd: Any) -> None:
    name = "daratumumab-carfilzomib-two-answers"
    decision = crd.answer(request(name))
    ids = {f"MedicationRequest/{order['id']}" for order in orders_of(request(name))}
    assert decision.cards
    for card in decision.cards:
        assert card["source"]["label"] == "Louisiana Healthcare Connections"
        linked = [each["reference"] for each in card["extension"]["davinci-crd.associated-resource"]]
        assert linked
        assert set(linked) <= ids
        assert "Kyprolis" in card["detail"] or "Darzalex" in card["detail"]
        assert "\n\nSource: " in card["detail"]


@pytest.mark.rules("R-42", "T-24", "R-40")
def test_selected_orders_get_a_note_that_asks_for_nothing(
    crd: Any, notes_on: NotesOn, said: Said, broken_invariants: Broken
) -> None:
    body = copy.deepcopy(request("kyprolis-missing-body-surface-area"))
    first, *others = orders_of(body)
    body["hook"] = "order-select"
    body["context"]["selections"] = [f"MedicationRequest/{first['id']}"]
    decision = crd.answer(body, forms=a_form)
    assert list(updated_orders(decision)) == [first["id"]]
    assert others
    (note,) = notes_on(decision.system_actions[0]["resource"])
    assert broken_invariants(note, "2.1") == []
    assert said(note)["pa-needed"] == ["auth-needed"]
    assert not {"doc-needed", "doc-purpose", "questionnaire"} & set(said(note))


@pytest.mark.rules("R-53", "R-54", "T-25")
def test_dispatched_orders_get_their_note(crd: Any, notes_on: NotesOn, said: Said) -> None:
    body = copy.deepcopy(request("kyprolis-missing-body-surface-area"))
    orders = orders_of(body)
    reference = f"MedicationRequest/{orders[0]['id']}"
    entries = [{"resource": {**order, "status": "active"}} for order in orders]
    body["prefetch"]["dispatched"] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    body["hook"] = "order-dispatch"
    body["context"] = {
        "patientId": body["context"]["patientId"],
        "dispatchedOrders": [reference],
        "performer": "Organization/infusion-centre",
    }
    decision = crd.answer(body, forms=a_form)
    (action,) = decision.system_actions
    assert {key: action["resource"][key] for key in action["resource"] if key != "extension"} == entries[0]["resource"]
    assert said(notes_on(action["resource"])[0])["questionnaire"] == [Form().canonical]


@cache
def determined_orders(crd: Any) -> tuple[Determination, ...]:
    """The determinations of some examples of every policy."""
    names = (MET, OVERDOSE, SEVERAL, "leukine-minimal", "rasuvo-weekly-met", "imfinzi-medicare", "leukine-aml-age-54")
    more = ("daratumumab-carfilzomib-two-answers", "imfinzi-stage-iii-renewal", "kyprolis-plasma-cell-leukemia")
    return tuple(each for name in (*names, *more) for each in crd.answer(request(name)).outcomes)


dates = st.dates(datetime.date(2025, 1, 1), datetime.date(2027, 12, 31))
approvals = (
    st.none()
    | st.builds(Approval, months=st.integers(0, 24))
    | dates.map(lambda day: Approval(until=Date(day.year, day.month, day.day)))
)
notes = st.lists(
    st.sampled_from(
        [
            RecordNote("", "", "The conditions could not be fetched.", ("Condition",)),
            RecordNote("", "", "The goals could not be fetched.", ("Goal",)),
            RecordNote("Condition/c", "code", "This cannot be read."),
        ]
    ),
    max_size=2,
)
calls = st.builds(
    CrdCall,
    strict=st.booleans(),
    early=st.booleans(),
    edition=st.sampled_from(Edition),
    configuration=st.just(Configuration()),
    unsolicited=st.booleans(),
    client=st.just(("", "p")),
    policy_page=st.sampled_from(["", "https://cds.example.org/policies"]),
)
coverages = st.builds(
    PrimaryCoverage,
    reference=st.just("Coverage/c"),
    payer=st.text(max_size=10),
    active=st.booleans(),
    begins=st.none() | dates,
    ends=st.none() | dates,
)


@st.composite
def changed(draw: st.DrawFn, found: tuple[Determination, ...]) -> Determination:
    """One of the determinations with any verdict, failures and approval, on one and the same order."""
    determination = draw(st.sampled_from(found))
    policy = replace(determination.policy, until=draw(st.none() | dates))
    return replace(
        determination,
        order=replace(determination.order, reference="MedicationRequest/m"),
        policy=policy,
        status=draw(st.sampled_from([Verdict.MET, Verdict.NOT_MET, Verdict.MISSING_INFORMATION])),
        failures=draw(st.sampled_from([(), ("a rule failed",)])),
        approval=draw(approvals),
        referral=draw(st.none() | st.text(max_size=8)),
    )


@pytest.mark.rules("T-26", "Q-1", "Q-2", "Q-3", "Q-4", "Q-5", "Q-6", "Q-7", "Q-8", "Q-9")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_determined_the_note_is_valid(
    data: st.DataObject, crd: Any, broken_invariants: Broken, notes_on: NotesOn, said: Said
) -> None:
    found = determined_orders(crd)
    outcomes = data.draw(st.lists(changed(found), max_size=3))
    call, coverage = data.draw(calls), data.draw(coverages)
    order = {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": "a drug"},
        "subject": {"reference": "Patient/p"},
        **data.draw(st.sampled_from([{}, {"authoredOn": "2026-05-12"}])),
    }
    form, about = data.draw(st.sampled_from([None, Form()])), data.draw(notes)
    decided = Decision(outcomes=outcomes)
    asked = crd.question(request(MET), order, notes=about)
    decision = crd_answer(call, coverage, asked, decided, lambda _: form, TODAY)
    (action,) = decision.system_actions
    assert list(problems_of(action["resource"])) == []
    (note,) = notes_on(action["resource"])
    version = "2.2" if call.edition is Edition.STU_2_2 else "2.1"
    assert broken_invariants(note, version) == []
    if call.early:
        assert not {"doc-needed", "questionnaire"} & set(said(note))
    if not call.unsolicited:
        assert said(note).get("pa-needed") != ["satisfied"]
    once_more = crd.question(request(MET), action["resource"], notes=about)
    again = crd_answer(call, coverage, once_more, decided, lambda _: form, TODAY)
    assert again.system_actions == []


def test_the_invariants_are_able_to_fail(broken_invariants: Broken) -> None:
    def note(**codes: str) -> dict[str, Any]:
        parts = [{"url": url.replace("_", "-"), "valueCode": code} for url, code in codes.items()]
        fixed = [
            {"url": "coverage", "valueReference": {"reference": "Coverage/c"}},
            {"url": "date", "valueDate": "2026-11-21"},
            {"url": "coverage-assertion-id", "valueString": "x"},
        ]
        return {"url": "u", "extension": [*fixed, *parts]}

    assert broken_invariants(note(covered="covered", pa_needed="no-auth"), "2.1") == []
    for codes in (
        {"covered": "covered"},
        {"covered": "not-covered", "pa_needed": "no-auth"},
        {"covered": "covered", "pa_needed": "satisfied"},
        {"covered": "covered", "pa_needed": "conditional"},
        {"covered": "covered", "pa_needed": "no-auth", "info_needed": "OTH"},
        {"covered": "covered", "pa_needed": "auth-needed", "doc_purpose": "withpa"},
        {"covered": "indeterminate", "pa_needed": "indeterminate"},
        {"covered": "covered", "pa_needed": "no-auth", "doc_needed": "both"},
        {"covered": "covered", "pa_needed": "no-auth", "questionnaire": "q"},
        {"covered": "covered", "pa_needed": "no-auth", "detail": "d"},
        {"pa_needed": "no-auth"},
    ):
        assert broken_invariants(note(**codes), "2.1"), codes


def test_an_answer_without_a_coverage_keeps_the_source_of_its_cards(crd: Any) -> None:
    body = request(OVERDOSE)
    decided = crd.answer(body)
    call = CrdCall(False)
    answered = crd_answer(call, None, crd.question(body), decided, lambda _: None, TODAY)
    assert {card["source"]["label"] for card in answered.cards} == {card["source"]["label"] for card in decided.cards}


@pytest.mark.rules("T-6", "R-8", "D-8")
def test_nothing_that_is_made_here_is_null_or_empty(crd: Any, notes_on: NotesOn) -> None:
    def empty(value: Any) -> bool:
        if isinstance(value, dict):
            return not value or any(empty(member) for member in value.values())
        if isinstance(value, list | tuple):
            return not value or any(empty(member) for member in value)
        return value is None or value == ""

    for name in (MET, SEVERAL, OVERDOSE):
        for action in crd.answer(request(name), forms=a_form, crd_version="2.2").system_actions:
            assert not empty(notes_on(action["resource"]))
