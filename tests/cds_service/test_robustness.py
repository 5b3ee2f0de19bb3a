"""Requests that are broken on purpose, end to end: each gets cards or a refusal, and no warning is lost in silence.

The requests are the examples in fhir_examples/ with values deleted, replaced, doubled, nested and renamed.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.app import create_app
from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.commands.loading import loaded
from cds_service.settings import Settings

URL = f"/cds-services/{ORDER_SIGN_ID}"
FOLDER = Path(__file__).parents[2] / "fhir_examples" / "order-sign"
REQUESTS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
COMPLICATED = "a complicated order"
WARNINGS = ("warning", "critical")
LONGEST_SUMMARY = 140

Place = tuple[str | int, ...]
Change = Callable[[Any, Place], None]


def complicated_order() -> dict[str, Any]:
    """An order that uses what the examples do without: ratios, bounds, cycles, dates, a contained drug, a renewal."""
    ug, day = {"unit": "ug", "code": "ug"}, {"value": 14, "unit": "days", "code": "d"}
    cycle = {
        "url": "http://hl7.org/fhir/StructureDefinition/timing-daysOfCycle",
        "extension": [{"url": "day", "valueInteger": number} for number in (1, 8, 15)],
    }
    repeat = {"frequency": 1, "frequencyMax": 2, "period": 28, "periodUnit": "d", "count": 6, "timeOfDay": ["08:00:00"]}
    strength = {"numerator": {"value": 250, **ug}, "denominator": {"value": 1, "unit": "mL", "code": "mL"}}
    coded = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "203878"}]}
    return {
        "contained": [
            {
                "resourceType": "Medication",
                "id": "drug",
                "code": coded,
                "amount": strength,
                "ingredient": [{"itemCodeableConcept": coded, "strength": strength}],
            }
        ],
        "medicationReference": {"reference": "#drug", "display": "Leukine"},
        "priorPrescription": {"reference": "MedicationRequest/before"},
        "dispenseRequest": {
            "validityPeriod": {"start": "2026-04-01", "end": "2026-12-31"},
            "numberOfRepeatsAllowed": 3,
            "expectedSupplyDuration": day,
        },
        "dosageInstruction": [
            {
                "sequence": 1,
                "asNeededBoolean": False,
                "timing": {"extension": [cycle], "repeat": {**repeat, "boundsDuration": day}},
                "doseAndRate": [{"doseRange": {"low": {"value": 1, **ug}, "high": {"value": 2, **ug}}}],
            },
            {
                "sequence": 1,
                "timing": {"repeat": {**repeat, "dayOfWeek": ["mon", "fri"], "boundsRange": {"high": day}}},
                "doseAndRate": [{"doseQuantity": {"value": 0.5, "unit": "mL", "code": "mL"}}],
            },
            {
                "sequence": 2,
                "timing": {"event": ["2026-04-14", "2026-04-15T08:00:00Z"], "code": {"coding": [{"code": "BID"}]}},
                "doseAndRate": [{"rateRatio": strength, "rateQuantity": {"value": 2, "unit": "ug/kg/h"}}],
            },
        ],
    }


def with_a_complicated_order(request: Any) -> Any:
    request = copy.deepcopy(request)
    order = the_order(request)
    before = {**order, "id": "before", "status": "active"}
    request["prefetch"]["medicationRequests"]["entry"].append({"resource": before})
    del order["medicationCodeableConcept"]
    order.update(complicated_order())
    return request


def the_order(request: Any) -> Any:
    return request["context"]["draftOrders"]["entry"][0]["resource"]


REQUESTS[COMPLICATED] = with_a_complicated_order(REQUESTS["leukine-aml-dose-overage"])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("store")
    options = Settings(dev=True, database_url=f"sqlite:///{folder}/cds.sqlite3")
    rules = loaded(options)
    app = create_app(options, rules.decider, services=rules.services, terminology=rules.terminology)
    yield app.test_client()
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


# --- what an answer must look like -----------------------------------------------------------------------------------


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def read(body: bytes) -> Any:
    return json.loads(body.decode("utf-8"), parse_constant=no_constant)


def empty_members(value: Any, path: str = "") -> Iterator[str]:
    """The paths of what is null or empty; FHIR resources are echoes and have their own rules."""
    if value is None or (isinstance(value, str | list | dict) and not value):
        yield path
    elif isinstance(value, dict) and "resourceType" not in value:
        for name, member in value.items():
            yield from empty_members(member, f"{path}.{name}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from empty_members(member, f"{path}[{index}]")


def check_answer(answer: Any) -> None:
    """CDS Hooks 2.0, "CDS Service Response", and one card an order and kind that warns, one that informs."""
    assert isinstance(answer["cards"], list)
    assert [path for path in empty_members(answer) if path != ".cards"] == []
    for card in answer["cards"]:
        check_card(card)
    uuids = [card["uuid"] for card in answer["cards"]]
    assert len(set(uuids)) == len(uuids)
    about = [card["extension"]["oncology-cds"] for card in answer["cards"]]
    informs = [card["indicator"] == "info" for card in answer["cards"]]
    kinds = [(each["order"], each["kind"], info) for each, info in zip(about, informs, strict=True)]
    assert len(set(kinds)) == len(kinds)


def check_card(card: Any) -> None:
    assert 0 < len(card["summary"]) < LONGEST_SUMMARY
    assert card["summary"].strip() == card["summary"]
    assert "\n" not in card["summary"]
    assert card["indicator"] in ("info", *WARNINGS)
    assert isinstance(card["source"]["label"], str)
    assert ("selectionBehavior" in card) == ("suggestions" in card)
    for suggestion in card.get("suggestions", ()):
        assert isinstance(suggestion["label"], str)
        for action in suggestion["actions"]:
            check_action(action)
    for link in card.get("links", ()):
        assert {"label", "url", "type"} <= link.keys()
    for reason in card.get("overrideReasons", ()):
        assert {"code", "system", "display"} <= reason.keys()


def check_action(action: Any) -> None:
    assert isinstance(action["description"], str)
    assert action["type"] in ("create", "update", "delete")
    assert ("resourceId" if action["type"] == "delete" else "resource") in action


def check_response(response: Any) -> None:
    if response.status_code == 200:
        check_answer(read(response.data))
        return
    assert 400 <= response.status_code < 500, response.get_data(as_text=True)
    outcome = read(response.data)
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"]


# --- anything, anywhere ----------------------------------------------------------------------------------------------


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    if path:
        yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from places(member, (*path, key))


def parent(request: Any, place: Place) -> Any:
    for step in place[:-1]:
        request = request[step]
    return request


def nested(depth: int) -> Any:
    value: Any = {"value": 1}
    for level in range(depth):
        value = [value] if level % 2 else {"extension": value}
    return value


NASTY: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    7,
    10**9,
    10**27,
    10**30,
    -(10**400),
    0.1,
    1e-28,
    1e-300,
    1e308,
    -250.0,
    "",
    " ",
    "0",
    "250",
    "two",
    "1,5",
    "NaN",
    "Infinity",
    "1e9",
    "1e999999",
    "-1e-999999",
    "2026-02-30",
    "2026-13",
    "0000-01-01",
    "9999-12-31T24:61:00Z",
    "9999-12-31",
    "2026-05-12T10:00:00+99:99",
    "2026-05-12T10:00:00.123456789123Z",
    "12.05.2026",
    "2026",
    "mcg",
    "mg/m²",
    "ug/m2/d",
    "[lb_av]",
    "1/0",
    "10*400",
    "furlong",
    "MedicationRequest",
    "Patient",
    "Bundle",
    "NoSuchThing",
    "#contained",
    "Patient/",
    "../../etc",
    "http://[::1",
    "\u0000\U0001f600\u202e e\u0301 \ufdfd",
    "\ud800",
    "<script>*_`|\n\n# no",
    "x" * 5_000,
    [],
    {},
    [None],
    [[]],
    {"value": None},
    {"coding": {"code": 5}},
    {"coding": [{"system": [], "code": {}}]},
    {"reference": "Patient/another"},
    {"reference": 7},
    {"value": "250", "unit": "ug", "code": "ug"},
    {"value": 1e300, "unit": "kg", "code": "kg"},
    {"resourceType": "Observation"},
    {"resourceType": 5, "id": []},
    {"resourceType": "Bundle", "entry": {"resource": {"resourceType": "Condition"}}},
    nested(40),
)


def delete(target: Any, key: Any) -> None:
    del target[key]


def double(target: Any, key: Any) -> None:
    if isinstance(target, list):
        target.append(copy.deepcopy(target[key]))
    else:
        target[key] = [target[key], copy.deepcopy(target[key])]


def into_a_list(target: Any, key: Any) -> None:
    target[key] = [target[key]]


def out_of_its_list(target: Any, key: Any) -> None:
    value = target[key]
    target[key] = value[0] if isinstance(value, list) and value else {"value": value}


def into_text(target: Any, key: Any) -> None:
    target[key] = json.dumps(target[key])


def rename(target: Any, key: Any) -> None:
    if isinstance(target, dict):
        target[f"_{key}"] = target.pop(key)
    else:
        target.reverse()


CHANGES = (delete, double, into_a_list, out_of_its_list, into_text, rename)


def with_a_change(request: Any, data: st.DataObject) -> None:
    """Changes one place of the request."""
    known = list(places(request))
    if not known:
        return
    place = data.draw(st.sampled_from(known))
    target, key = parent(request, place), place[-1]
    change = data.draw(st.sampled_from((None, None, *CHANGES)))
    if change is None:
        target[key] = copy.deepcopy(data.draw(st.sampled_from(NASTY)))
    else:
        change(target, key)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_an_example_with_anything_anywhere_is_answered_or_refused(service: FlaskClient, data: st.DataObject) -> None:
    request = copy.deepcopy(REQUESTS[data.draw(st.just(COMPLICATED) | st.sampled_from(sorted(REQUESTS)))])
    for _ in range(data.draw(st.integers(1, 4))):
        with_a_change(request, data)
    check_response(service.post(URL, data=json.dumps(request), content_type="application/json"))


# --- no warning is lost in silence -----------------------------------------------------------------------------------


def dosage(request: Any) -> Any:
    return the_order(request)["dosageInstruction"][0]


def repeat(request: Any) -> Any:
    return dosage(request)["timing"]["repeat"]


def dose(request: Any) -> Any:
    return dosage(request)["doseAndRate"][0]["doseQuantity"]


def observations(request: Any) -> list[Any]:
    return [entry["resource"] for entry in request["prefetch"]["observations"]["entry"]]


def conditions(request: Any) -> list[Any]:
    return [entry["resource"] for entry in request["prefetch"]["conditions"]["entry"]]


def each(resources: list[Any], **elements: Any) -> None:
    for resource in resources:
        resource.update(copy.deepcopy(elements))


def without(resources: list[Any], name: str) -> None:
    for resource in resources:
        resource.pop(name, None)


STONES = {"value": 11, "unit": "stones", "code": "stones"}

STILL_WARNED: dict[str, Callable[[Any], object]] = {
    "the unit of the dose is unknown": lambda r: dose(r).update(unit="furlong", code="furlong"),
    "the dose has no unit": lambda r: without([dose(r)], "unit") or without([dose(r)], "code"),
    "the dose is a word": lambda r: dose(r).update(value="five hundred"),
    "the dose is below zero": lambda r: dose(r).update(value=-540),
    "the dose is beyond all numbers": lambda r: dose(r).update(value="1e999999"),
    "the dose is null": lambda r: dose(r).update(value=None),
    "no dose is coded": lambda r: dosage(r).pop("doseAndRate"),
    "there is no dosage instruction": lambda r: the_order(r).pop("dosageInstruction"),
    "there is no timing": lambda r: dosage(r).pop("timing"),
    "the period is zero": lambda r: repeat(r).update(period=0),
    "the route is unknown": lambda r: dosage(r).update(route={"text": "as told"}),
    "the order has no date": lambda r: the_order(r).pop("authoredOn"),
    "the date of the order is none": lambda r: the_order(r).update(authoredOn="2026-02-30"),
    "body measurements have another unit": lambda r: each(observations(r), valueQuantity=STONES),
    "body measurements have a broken date": lambda r: each(observations(r), effectiveDateTime="soon"),
    "body measurements have no type": lambda r: without(observations(r), "resourceType"),
    "diagnoses have no type": lambda r: without(conditions(r), "resourceType"),
    "diagnoses have no code": lambda r: each(conditions(r), code=5),
    "the order has no patient": lambda r: the_order(r).pop("subject"),
    "the record is null": lambda r: r.update(prefetch=None),
    "every bundle is null": lambda r: r.update(prefetch=dict.fromkeys(r["prefetch"])),
    "every bundle is text": lambda r: r.update(prefetch=dict.fromkeys(r["prefetch"], "none")),
}

STILL_ABOVE_THE_LIMIT: dict[str, Callable[[Any], object]] = {
    "the dose is a number in quotes": lambda r: dose(r).update(value="540"),
    "the frequency is missing": lambda r: repeat(r).pop("frequency"),
    "the dosage is no array": lambda r: the_order(r).update(dosageInstruction=dosage(r)),
    "the drug is known by its text alone": lambda r: the_order(r)["medicationCodeableConcept"].pop("coding"),
    "the drug is bare text": lambda r: the_order(r).update(medicationCodeableConcept="Leukine 250 mcg"),
    "the drug has no code system": lambda r: the_order(r)["medicationCodeableConcept"]["coding"][0].pop("system"),
    "the drug is in an array": lambda r: the_order(r).update(
        medicationCodeableConcept=[the_order(r)["medicationCodeableConcept"]]
    ),
    "doNotPerform is text": lambda r: the_order(r).update(doNotPerform="false"),
    "the status is missing": lambda r: the_order(r).pop("status"),
    "the start of the schedule is broken": lambda r: repeat(r).update(boundsPeriod={"start": "2026-02-30"}),
    "the onset of the diagnoses is broken": lambda r: each(conditions(r), onsetDateTime="2026-99"),
    "the date of birth is broken": lambda r: r["prefetch"]["patient"].update(birthDate="19x"),
    "a resource has no type": lambda r: r["prefetch"]["conditions"]["entry"].append({"resource": {"id": "nothing"}}),
}


def cards_after(service: FlaskClient, example: str, change: Callable[[Any], object]) -> list[Any]:
    request = copy.deepcopy(REQUESTS[example])
    change(request)
    response = service.post(URL, json=request)
    assert response.status_code == 200, response.get_data(as_text=True)
    answer = read(response.data)
    check_answer(answer)
    cards: list[Any] = answer["cards"]
    return cards


def shown(cards: list[Any]) -> set[tuple[str, str]]:
    return {(card["extension"]["oncology-cds"]["kind"], card["indicator"]) for card in cards}


@pytest.mark.parametrize("change", STILL_WARNED.values(), ids=STILL_WARNED)
def test_an_overdose_that_cannot_be_told_any_more_leaves_another_warning(
    service: FlaskClient, change: Callable[[Any], object]
) -> None:
    cards = cards_after(service, "leukine-aml-dose-overage", change)
    assert {indicator for _, indicator in shown(cards)} & set(WARNINGS)


@pytest.mark.parametrize("change", STILL_ABOVE_THE_LIMIT.values(), ids=STILL_ABOVE_THE_LIMIT)
def test_an_overdose_is_told_whatever_else_is_broken(service: FlaskClient, change: Callable[[Any], object]) -> None:
    cards = cards_after(service, "leukine-aml-dose-overage", change)
    assert ("dose", "warning") in shown(cards)


def test_a_start_that_cannot_be_read_is_told_when_a_warning_rested_on_it(service: FlaskClient) -> None:
    example = "leukine-aml-chemotherapy-in-ten-hours"
    assert ("safety", "warning") in shown(cards_after(service, example, lambda request: None))
    cards = cards_after(service, example, lambda request: repeat(request)["boundsPeriod"].update(start="2026-02-30"))
    assert "The date from which the drug is to be given cannot be read." in "".join(card["detail"] for card in cards)


def test_a_broken_resource_is_named_on_a_card(service: FlaskClient) -> None:
    cards = cards_after(service, "leukine-aml-dose-overage", lambda request: each(conditions(request), code=5))
    identity = conditions(REQUESTS["leukine-aml-dose-overage"])[0]["id"]
    assert f"Condition/{identity}" in "".join(card["detail"] for card in cards)
