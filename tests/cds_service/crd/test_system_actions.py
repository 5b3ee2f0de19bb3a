"""Orders are given back exactly as they came, with one note on them."""

from __future__ import annotations

import copy
import datetime
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cdshooks.wire import read_json, write_json
from cds_service.crd.assertions import Assertion, Reason
from cds_service.crd.coverage_information import coverage_information
from cds_service.crd.system_actions import coverage_action, update_of

MINE = "Coverage/c"
REFERENCE = "MedicationRequest/m"
CLIENT = ("https://ehr.example.org/fhir", "p")


def note(assertion: Assertion, coverage: str = MINE, client: tuple[str, str] = CLIENT) -> dict[str, Any]:
    return coverage_information(assertion, coverage, REFERENCE, client, datetime.date(2026, 11, 21))


AUTH_NEEDED = Assertion("covered", pa_needed="auth-needed", reasons=(Reason("It is."),))
SATISFIED = Assertion("covered", pa_needed="satisfied", reasons=(Reason("It is met."),))
UNKNOWN = Assertion("conditional", pa_needed="conditional", info_needed="OTH", reasons=(Reason("Nobody knows."),))
EXPIRED = Assertion("not-covered", reasons=(Reason("It ended.", "no-active-coverage"),))

NOTE = note(AUTH_NEEDED)
CHANGED = note(SATISFIED)
OTHERS = note(EXPIRED, "Coverage/other")
FOREIGN = {"url": "https://ehr.example.org/priority", "valueDecimal": 7}


def order(*extensions: Any, **elements: Any) -> dict[str, Any]:
    present = {"extension": list(extensions)} if extensions else {}
    return {"resourceType": "MedicationRequest", "id": "m", **present, **elements}


def noted(sent: dict[str, Any], extension: dict[str, Any] = NOTE) -> dict[str, Any] | None:
    """The order with the note on it."""
    return update_of(sent, REFERENCE, MINE, extension, CLIENT)


@pytest.mark.rules("X-11", "R-12")
def test_an_order_comes_back_as_it_came_to_the_last_digit() -> None:
    sent = (
        b'{"resourceType":"MedicationRequest","id":"m","status":"draft","unknownMember":{"a":[null,{}]},'
        b'"_authoredOn":{"id":"x"},"contained":[{"resourceType":"Medication","id":"d"}],'
        b'"dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":7.50,"unit":"mg"}},'
        b'{"doseQuantity":{"value":1e2}},{"doseQuantity":{"value":0.00000001}}]}]}'
    )
    updated = noted(read_json(sent))
    assert updated is not None
    written = write_json({key: value for key, value in updated.items() if key != "extension"})
    assert written == sent
    assert updated["extension"] == [NOTE]


def test_the_order_that_was_sent_is_not_changed() -> None:
    sent = order(FOREIGN, CHANGED)
    before = copy.deepcopy(sent)
    noted(sent)
    assert sent == before


@pytest.mark.rules("X-11")
def test_other_extensions_stay_as_they_are_and_where_they_are() -> None:
    assert noted(order(FOREIGN, OTHERS)) == order(FOREIGN, OTHERS, NOTE)


@pytest.mark.rules("X-11")
def test_what_was_said_of_the_same_coverage_before_is_replaced_in_its_place() -> None:
    assert noted(order(FOREIGN, CHANGED, OTHERS)) == order(FOREIGN, NOTE, OTHERS)


def test_of_several_notes_on_the_same_coverage_one_remains() -> None:
    assert noted(order(CHANGED, OTHERS, NOTE, FOREIGN)) == order(NOTE, OTHERS, FOREIGN)


@pytest.mark.rules("X-10")
def test_nothing_is_sent_when_nothing_is_new() -> None:
    later = coverage_information(AUTH_NEEDED, MINE, REFERENCE, CLIENT, datetime.date(2027, 1, 1))
    assert later != NOTE
    assert noted(order(FOREIGN, later, OTHERS)) is None


ELSEWHERE = ("https://payer.example.org/other", "p")


@pytest.mark.rules("X-11")
@pytest.mark.parametrize("said", [AUTH_NEEDED, SATISFIED, EXPIRED])
def test_what_another_said_stays_where_nothing_is_known_here(said: Assertion) -> None:
    assert noted(order(note(said, client=ELSEWHERE)), note(UNKNOWN)) is None
    ours = noted(order(note(said)), note(UNKNOWN))
    assert ours == order(note(UNKNOWN))


@pytest.mark.rules("X-11")
def test_an_authorization_that_another_gave_stays_while_the_coverage_is_in_force() -> None:
    authorized = note(SATISFIED, client=ELSEWHERE)
    assert noted(order(authorized)) is None
    assert noted(order(authorized), note(EXPIRED)) == order(note(EXPIRED))
    assert noted(order(note(SATISFIED))) == order(NOTE)


def test_anything_else_that_another_said_of_the_coverage_gives_way_to_a_verdict() -> None:
    for said in (UNKNOWN, EXPIRED, AUTH_NEEDED):
        other = note(replace(said, reasons=(Reason("Said elsewhere."),)), client=ELSEWHERE)
        assert noted(order(other)) == order(NOTE)


def test_a_note_is_ours_however_the_client_has_stored_it() -> None:
    stored = copy.deepcopy(CHANGED)
    stored["extension"].reverse()
    for part in stored["extension"]:
        if part["url"] == "coverage":
            part["valueReference"] = {"reference": f"https://ehr.example.org/fhir/{MINE}"}
    assert noted(order(stored), note(UNKNOWN)) == order(note(UNKNOWN))


@pytest.mark.parametrize("part", ["x", None, {"url": "pa-needed"}, {"url": "pa-needed", "valueCode": ["satisfied"]}])
def test_nonsense_in_a_note_on_the_coverage_gives_way(part: Any) -> None:
    broken = {"url": NOTE["url"], "extension": [NOTE["extension"][0], part]}
    assert noted(order(broken)) == order(NOTE)


@pytest.mark.parametrize("extension", ["x", 7, {"url": "alone"}, [None, 3, "x", {}, {"url": None}]])
def test_extensions_that_are_none_are_kept_too(extension: Any) -> None:
    updated = noted({"resourceType": "MedicationRequest", "id": "m", "extension": extension})
    assert updated is not None
    kept = extension if isinstance(extension, list) else [extension]
    assert updated["extension"] == [*kept, NOTE]


def test_no_extensions_may_be_told_as_null() -> None:
    updated = noted({"resourceType": "MedicationRequest", "id": "m", "extension": None})
    assert updated == order(NOTE)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(members=st.dictionaries(st.text(max_size=10), anything, max_size=5), extensions=st.lists(anything, max_size=4))
def test_whatever_an_order_holds_comes_back(members: dict[str, Any], extensions: list[Any]) -> None:
    sent = {**members, "resourceType": "ServiceRequest", "id": "s", "extension": [*extensions, OTHERS]}
    updated = noted(sent)
    assert updated == {**sent, "extension": [*extensions, OTHERS, NOTE]}
    assert list(updated) == list(sent)
    assert noted(updated) is None


@pytest.mark.rules("X-10")
@pytest.mark.parametrize(
    ("assertion", "name", "description"),
    [
        (Assertion("not-covered"), "the drug", "Coverage information for the drug: not covered"),
        (Assertion("conditional", pa_needed="conditional"), "", "Coverage information: not known here"),
        (
            Assertion("indeterminate", pa_needed="indeterminate"),
            "the drug",
            "Coverage information for the drug: could not be determined",
        ),
        (Assertion("covered", pa_needed="satisfied"), "the drug", "Coverage information for the drug: authorized"),
        (
            Assertion("covered", pa_needed="auth-needed", doc_needed="clinical"),
            "the drug",
            "Coverage information for the drug: prior authorization needed, documentation needed",
        ),
    ],
)
def test_a_system_action_updates_the_order_and_says_what_it_does(
    assertion: Assertion, name: str, description: str
) -> None:
    assert coverage_action(order(NOTE), assertion, name) == {
        "type": "update",
        "description": description,
        "resource": order(NOTE),
    }
