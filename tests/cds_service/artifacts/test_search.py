"""Finding artifacts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from cds_service.validation import problems_of

Search = Callable[..., dict[str, Any]]
PLAN = "https://oncology-cds.example/Library/Plan"


@pytest.fixture
def search(fhir: FlaskClient) -> Search:
    def search(type_name: str, *parameters: tuple[str, str], **named: str) -> dict[str, Any]:
        response = fhir.get(f"/fhir/{type_name}?{urlencode([*parameters, *named.items()])}")
        assert response.status_code == 200
        bundle: dict[str, Any] = response.get_json(force=True)
        assert list(problems_of(bundle)) == []
        assert bundle["total"] == len(bundle.get("entry", ()))
        return bundle

    return search


def ids(bundle: dict[str, Any]) -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", ())]


def test_without_a_parameter_all_of_a_type_are_found(search: Search, artifacts: Any) -> None:
    assert ids(search("PlanDefinition")) == [each.id for each in artifacts.of_type("PlanDefinition")]


def test_by_address_and_version(search: Search) -> None:
    assert ids(search("Library", url=PLAN)) == ["Plan"]
    assert ids(search("Library", url=PLAN, version="1.0.0")) == ["Plan"]
    assert ids(search("Library", url=f"{PLAN}|1.0.0")) == ["Plan"]
    assert ids(search("Library", url=PLAN, version="2.0.0")) == []
    assert ids(search("Library", url=PLAN[:-1])) == []


def test_by_id_and_status(search: Search) -> None:
    assert ids(search("ValueSet", _id="zarxio", status="active")) == ["zarxio"]
    assert ids(search("ValueSet", _id="zarxio", status="draft")) == []


@pytest.mark.parametrize(
    ("parameter", "value", "finds"),
    [
        ("name", "pla", True),
        ("name", "lan", False),
        ("name:contains", "LAN", True),
        ("name:exact", "plan", False),
        ("name:exact", "Plan", True),
        ("title", "pLan", True),
        ("title:contains", "la", True),
        ("title:exact", "plan", False),
    ],
)
def test_words_are_found_from_their_beginning_and_in_either_case(
    search: Search, parameter: str, value: str, finds: bool
) -> None:
    assert ("Plan" in ids(search("Library", (parameter, value)))) is finds


def test_a_comma_stands_between_alternatives_unless_escaped(search: Search) -> None:
    assert sorted(ids(search("Library", _id="Plan,Ages"))) == ["Ages", "Plan"]
    assert ids(search("Library", _id="Plan\\,Ages")) == []
    assert ids(search("Library", _id=",")) == []


def test_a_parameter_given_twice_must_hold_twice(search: Search) -> None:
    assert ids(search("Library", ("title:contains", "p"), ("title:contains", "an"), ("name", "Plan"))) == ["Plan"]


def test_entries_have_addresses_that_can_be_read(search: Search, fhir: FlaskClient) -> None:
    (entry,) = search("Library", url=PLAN)["entry"]
    assert entry["search"] == {"mode": "match"}
    assert fhir.get(entry["fullUrl"]).get_json(force=True) == entry["resource"]


def test_what_is_not_searched_by_is_passed_over_and_not_in_the_self_link(search: Search) -> None:
    bundle = search("Library", url=PLAN, nonsense="1", _format="json", title="")
    assert ids(bundle) == ["Plan"]
    assert bundle["link"] == [
        {
            "relation": "self",
            "url": "http://localhost/fhir/Library?url=https%3A%2F%2Foncology-cds.example%2FLibrary%2FPlan",
        }
    ]


@pytest.mark.parametrize("parameter", ["name:missing", "url:below", "title:", "version:exact", "name:exact:exact"])
def test_a_modifier_that_is_not_supported_is_400(fhir: FlaskClient, parameter: str) -> None:
    response = fhir.get(f"/fhir/Library?{urlencode({parameter: 'x'})}")
    assert response.status_code == 400
    assert list(problems_of(response.get_json(force=True))) == []
