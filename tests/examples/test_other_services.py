"""The examples for other services than the one for signing: each is posted to the service that its folder names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from flask.testing import FlaskClient

from cds_service.commands.loading import loaded
from cds_service.settings import Settings

FOLDER = Path(__file__).parents[2] / "fhir_examples"
FILES = sorted(
    path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.json") if path.parent.name != "order-sign"
)
COVERAGE_INFORMATION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"


def request_in(file: str) -> dict[str, Any]:
    request: dict[str, Any] = json.loads((FOLDER / file).read_text(encoding="utf-8"))
    return request


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("store")
    app = loaded(Settings(dev=True, database_url=f"sqlite:///{folder}/cds.sqlite3")).application()
    yield app.test_client()
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


@pytest.fixture
def answer(client: FlaskClient) -> Any:
    def answer(file: str) -> dict[str, Any]:
        response = client.post(f"/cds-services/{Path(file).parent}", json=request_in(file))
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.get_json()
        return body

    return answer


def coverage_of_first_order(answer: dict[str, Any]) -> dict[str, Any]:
    (extension,) = (
        each for each in answer["systemActions"][0]["resource"]["extension"] if each["url"] == COVERAGE_INFORMATION
    )
    return {
        part["url"]: value
        for part in extension["extension"]
        for name, value in part.items()
        if name.startswith("value")
    }


def kinds(answer: dict[str, Any]) -> list[str]:
    return [card["extension"]["oncology-cds"]["kind"] for card in answer["cards"]]


def test_the_readme_lists_each_of_them() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(FILES) == 4
    assert all(f"| `{file}` |" in readme for file in FILES)


@pytest.mark.parametrize("file", FILES)
def test_they_are_valid_fhir_and_written_as_the_others(file: str) -> None:
    request = request_in(file)
    for value in (request["context"].get("draftOrders"), *request["prefetch"].values()):
        if value is not None:
            get_fhir_model_class(value["resourceType"]).model_validate(value)
    assert (FOLDER / file).read_text(encoding="utf-8") == json.dumps(request, indent=2, ensure_ascii=False) + "\n"


def test_an_order_that_is_being_written_gets_its_dose_card_and_is_asked_for_nothing(answer: Any) -> None:
    answered = answer("order-select/leukine-dose-too-high.json")
    assert kinds(answered) == ["dose"]
    assert "systemActions" not in answered


def test_orders_that_are_dispatched_are_checked_once_more(answer: Any) -> None:
    assert kinds(answer("order-dispatch/imfinzi-egfr-not-tested.json")) == ["documentation"]


def test_what_a_crd_client_is_asked_for_is_answered_in_its_next_call(answer: Any) -> None:
    asked = coverage_of_first_order(answer("order-sign-crd/imfinzi-egfr-asked.json"))
    answered = answer("order-sign-crd/imfinzi-egfr-answered.json")
    assert asked["doc-needed"] == "clinical"
    assert asked["questionnaire"].startswith("https://oncology-cds.example/Questionnaire/CP.PHAR.339-I.A|")
    assert "doc-needed" not in coverage_of_first_order(answered)
    assert answered["cards"] == []
