"""What the service answers to each example is what the index promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.commands.loading import loaded
from cds_service.settings import Settings

URL = f"/cds-services/{ORDER_SIGN_ID}"

Answer = Callable[[Any], dict[str, Any]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("store")
    settings = Settings(dev=True, database_url=f"sqlite:///{folder}/cds.sqlite3")
    rules = loaded(settings)
    app = create_app(settings, rules.decider, services=rules.services, terminology=rules.terminology)
    yield app.test_client()
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


@pytest.fixture(scope="module")
def answer(client: FlaskClient) -> Answer:
    """The answer to an example; each is posted once."""
    answers: dict[str, dict[str, Any]] = {}

    def answer(example: Any) -> dict[str, Any]:
        if example.name not in answers:
            response = client.post(URL, json=example.request)
            assert response.status_code == 200, response.get_data(as_text=True)
            answers[example.name] = response.get_json()
        return answers[example.name]

    return answer


def determinations(answer: dict[str, Any]) -> list[dict[str, Any]]:
    determinations: list[dict[str, Any]] = answer.get("extension", {}).get("oncology-cds", {}).get("determinations", [])
    return determinations


def suggestions(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [suggestion for card in answer["cards"] for suggestion in card.get("suggestions", [])]


def test_the_determinations_are_the_promised_ones(example: Any, answer: Answer) -> None:
    found = [f"{each['policy']['id']}:{each['status']}" for each in determinations(answer(example))]
    assert found == example.promise["determinations"]


def test_the_cards_are_the_promised_ones(example: Any, answer: Answer) -> None:
    shown = [f"{card['extension']['oncology-cds']['kind']}:{card['indicator']}" for card in answer(example)["cards"]]
    assert shown == example.promise["cards"]


def test_the_deciding_criteria_have_the_promised_statuses(example: Any, answer: Answer) -> None:
    # Advisories are no criteria of the determination; only their card names them.
    on_cards = [card["extension"]["oncology-cds"] for card in answer(example)["cards"]]
    found = {
        criterion["id"]: criterion["status"]
        for holder in (*determinations(answer(example)), *on_cards)
        for criterion in holder.get("criteria", [])
    }
    promised = example.promise["criteria"]
    assert {number: found.get(number, "absent") for number in promised} == promised


def test_the_suggestions_are_the_promised_ones(example: Any, answer: Answer) -> None:
    assert [suggestion["label"] for suggestion in suggestions(answer(example))] == example.promise["suggestions"]


def test_what_is_suggested_is_valid_fhir_for_the_same_patient(well_formed: Any, answer: Answer) -> None:
    patient = f"Patient/{well_formed.request['context']['patientId']}"
    for suggestion in suggestions(answer(well_formed)):
        for action in suggestion["actions"]:
            if "resource" in action:
                get_fhir_model_class(action["resource"]["resourceType"]).model_validate(action["resource"])
                assert action["resource"]["subject"]["reference"] == patient


def test_every_card_names_an_order_that_is_being_signed(example: Any, answer: Answer) -> None:
    signed = {f"MedicationRequest/{draft['id']}" for draft in example.drafts}
    assert {card["extension"]["oncology-cds"]["order"] for card in answer(example)["cards"]} <= signed


def test_nothing_failed_while_an_example_was_evaluated(example: Any, answer: Answer) -> None:
    assert not [card for card in answer(example)["cards"] if "ould not be evaluated" in card.get("detail", "")]


def test_the_same_request_gets_the_same_answer(example: Any, answer: Answer, client: FlaskClient) -> None:
    assert client.post(URL, json=example.request).get_json() == answer(example)


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("leukine-alveolar-proteinosis", "CP.PMN.53"),
        ("kyprolis-plasma-cell-leukemia", "LA.PMN.53"),
        ("imfinzi-bladder-cancer", "CP.CPA.09"),
    ],
)
def test_the_referral_is_on_the_card_of_a_use_that_is_not_listed(
    name: str, policy: str, examples: list[Any], answer: Answer
) -> None:
    example = next(each for each in examples if each.name == name)
    assert [each["referral"] for each in determinations(answer(example))] == [policy]
    assert policy in answer(example)["cards"][0]["detail"]


def test_the_readme_posts_to_the_service(folder: Path) -> None:
    assert f":{Settings.model_fields['port'].default}{URL} " in (folder / "README.md").read_text(encoding="utf-8")
