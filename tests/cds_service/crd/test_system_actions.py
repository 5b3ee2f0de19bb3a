"""Orders are given back exactly as they came, with one note on them."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cdshooks.wire import read_json, write_json
from cds_service.crd.assertions import Assertion, Reason
from cds_service.crd.coverage_information import coverage_information
from cds_service.crd.system_actions import coverage_action, update_of

SameJson = Callable[[Any, Any], bool]

MINE = "Coverage/c"
NOTE = coverage_information(
    Assertion("covered", pa_needed="auth-needed", reasons=(Reason("It is."),)),
    MINE,
    "MedicationRequest/m",
    ("", "p"),
    datetime.date(2026, 11, 21),
)
CHANGED = coverage_information(
    Assertion("covered", pa_needed="satisfied", reasons=(Reason("It is met."),)),
    MINE,
    "MedicationRequest/m",
    ("", "p"),
    datetime.date(2026, 11, 22),
)
OTHERS = coverage_information(
    Assertion("not-covered"), "Coverage/other", "MedicationRequest/m", ("", "p"), datetime.date(2026, 11, 20)
)
FOREIGN = {"url": "https://ehr.example.org/priority", "valueDecimal": 7}


def order(*extensions: Any, **elements: Any) -> dict[str, Any]:
    present = {"extension": list(extensions)} if extensions else {}
    return {"resourceType": "MedicationRequest", "id": "m", **present, **elements}


@pytest.mark.rules("X-11", "R-12")
def test_an_order_comes_back_as_it_came_to_the_last_digit() -> None:
    sent = (
        b'{"resourceType":"MedicationRequest","id":"m","status":"draft","unknownMember":{"a":[null,{}]},'
        b'"_authoredOn":{"id":"x"},"contained":[{"resourceType":"Medication","id":"d"}],'
        b'"dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":7.50,"unit":"mg"}},'
        b'{"doseQuantity":{"value":1e2}},{"doseQuantity":{"value":0.00000001}}]}]}'
    )
    updated = update_of(read_json(sent), MINE, NOTE)
    assert updated is not None
    written = write_json({key: value for key, value in updated.items() if key != "extension"})
    assert written == sent
    assert updated["extension"] == [NOTE]


def test_the_order_that_was_sent_is_not_changed() -> None:
    sent = order(FOREIGN, CHANGED)
    before = copy.deepcopy(sent)
    update_of(sent, MINE, NOTE)
    assert sent == before


@pytest.mark.rules("X-11")
def test_other_extensions_stay_as_they_are_and_where_they_are() -> None:
    assert update_of(order(FOREIGN, OTHERS), MINE, NOTE) == order(FOREIGN, OTHERS, NOTE)


@pytest.mark.rules("X-11")
def test_what_was_said_of_the_same_coverage_before_is_replaced_in_its_place() -> None:
    assert update_of(order(FOREIGN, CHANGED, OTHERS), MINE, NOTE) == order(FOREIGN, NOTE, OTHERS)


def test_of_several_notes_on_the_same_coverage_one_remains() -> None:
    assert update_of(order(CHANGED, OTHERS, NOTE, FOREIGN), MINE, NOTE) == order(NOTE, OTHERS, FOREIGN)


@pytest.mark.rules("X-10")
def test_nothing_is_sent_when_nothing_is_new() -> None:
    later = copy.deepcopy(NOTE)
    for part in later["extension"]:
        part["valueDate" if part["url"] == "date" else "id"] = "2027-01-01" if part["url"] == "date" else None
    later["extension"] = [{k: v for k, v in part.items() if v is not None} for part in later["extension"]]
    assert update_of(order(FOREIGN, later, OTHERS), MINE, NOTE) is None


@pytest.mark.parametrize("extension", ["x", 7, {"url": "alone"}, [None, 3, "x", {}, {"url": None}]])
def test_extensions_that_are_none_are_kept_too(extension: Any) -> None:
    updated = update_of({"resourceType": "MedicationRequest", "id": "m", "extension": extension}, MINE, NOTE)
    assert updated is not None
    kept = extension if isinstance(extension, list) else [extension]
    assert updated["extension"] == [*kept, NOTE]


def test_no_extensions_may_be_told_as_null() -> None:
    updated = update_of({"resourceType": "MedicationRequest", "id": "m", "extension": None}, MINE, NOTE)
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
    updated = update_of(sent, MINE, NOTE)
    assert updated == {**sent, "extension": [*extensions, OTHERS, NOTE]}
    assert list(updated) == list(sent)
    assert update_of(updated, MINE, NOTE) is None


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
