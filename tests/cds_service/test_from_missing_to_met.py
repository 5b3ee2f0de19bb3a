"""From a missing document to its answer, as a CRD and DTR client goes: one story for each policy.

A call finds something missing and names a questionnaire; the client takes its package, fills in the draft, and makes
the same call with the completed answer beside the rest of the record.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.commands.loading import loaded
from cds_service.settings import Settings
from cds_service.validation import problems_of

EXAMPLES = Path(__file__).parents[2] / "fhir_examples" / "order-sign"
COVERAGE_INFORMATION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
UCUM = "http://unitsofmeasure.org"

Json = dict[str, Any]


def yes_or_no(value: bool) -> Json:
    return {"valueBoolean": value}


def amount(value: float, unit: str) -> Json:
    return {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("store")
    app = loaded(Settings(dev=True, database_url=f"sqlite:///{folder}/cds.sqlite3")).application()
    yield app.test_client()
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


class Visit:
    """One order that is about to be signed, and the client of it."""

    def __init__(self, client: FlaskClient, request: Json, policy: str) -> None:
        self.client = client
        self.request = request
        self.policy = policy

    def signed(self, *responses: Json) -> Json:
        """The answer to the call, with these completed questionnaires in the record."""
        request = copy.deepcopy(self.request)
        delivered = request["prefetch"].get("questionnaireResponses") or {"resourceType": "Bundle", "type": "searchset"}
        entries = [*delivered.get("entry", []), *({"resource": response} for response in responses)]
        request["prefetch"]["questionnaireResponses"] = {**delivered, "total": len(entries), "entry": entries}
        if not entries:
            del request["prefetch"]["questionnaireResponses"]["entry"]
        response = self.client.post("/cds-services/order-sign-crd", json=request)
        assert response.status_code == 200, response.get_data(as_text=True)
        answer: Json = response.get_json()
        return answer

    def determination(self, answer: Json) -> Json:
        found = answer["extension"]["oncology-cds"]["determinations"]
        return next(each for each in found if each["policy"]["id"] == self.policy)

    def annotated(self, answer: Json) -> Json:
        """The order as the client keeps it, with what was said of its coverage."""
        order = self.determination(answer)["order"]
        actions = [action["resource"] for action in answer["systemActions"]]
        return next(each for each in actions if f"{each['resourceType']}/{each['id']}" == order)

    def package(self, **parameters: Any) -> list[Json]:
        """The resources of the one package that these parameters call for."""
        listed = [
            {"name": name, "resource": value} if isinstance(value, dict) else {"name": name, "valueCanonical": value}
            for name, value in parameters.items()
        ]
        response = self.client.post(
            "/fhir/Questionnaire/$questionnaire-package",
            data=json.dumps({"resourceType": "Parameters", "parameter": listed}),
            content_type="application/fhir+json",
        )
        assert response.status_code == 200, response.get_data(as_text=True)
        answer = response.get_json(force=True)
        (packaged,) = answer["parameter"]
        assert packaged["name"] == "PackageBundle"
        return [entry["resource"] for entry in packaged["resource"]["entry"]]

    @property
    def coverage(self) -> Json:
        coverage: Json = self.request["prefetch"]["coverage"]["entry"][0]["resource"]
        return coverage


@pytest.fixture
def visit(client: FlaskClient) -> Callable[[str, str], Visit]:
    """The visit of an example, about one policy."""

    def of(example: str, policy: str) -> Visit:
        return Visit(client, json.loads((EXAMPLES / f"{example}.json").read_text(encoding="utf-8")), policy)

    return of


def coverage_information(order: Json) -> list[Json]:
    (said,) = [each for each in order["extension"] if each["url"] == COVERAGE_INFORMATION]
    parts: list[Json] = said["extension"]
    return parts


def said(parts: Iterable[Json], url: str) -> list[Any]:
    return [next(value for key, value in part.items() if key != "url") for part in parts if part["url"] == url]


def completed(draft: Json, questionnaire: Json, answers: Mapping[str, Json], authored: str) -> Json:
    """The draft, filled in as a form filler does: an item for each question, nested as the questions are."""
    items = list(filled(questionnaire["item"], answers))
    response = {**draft, "id": "answered", "status": "completed", "authored": authored, "item": items}
    assert list(problems_of(response)) == []
    return response


def filled(items: Iterable[Json], answers: Mapping[str, Json]) -> Iterator[Json]:
    for item in items:
        if item["type"] == "group":
            yield {"linkId": item["linkId"], "text": item["text"], "item": list(filled(item["item"], answers))}
        elif item["type"] != "display":
            answer = answers.get(item["linkId"])
            yield {"linkId": item["linkId"], "text": item["text"], **({"answer": [answer]} if answer else {})}


def links(items: Iterable[Json]) -> Iterator[str]:
    for item in items:
        yield item["linkId"]
        yield from links(item.get("item", []))


def criteria(determination: Json) -> dict[str, str]:
    return {criterion["id"]: criterion["status"] for criterion in determination["criteria"]}


STORIES = {
    "CP.PHAR.134": ("jylamvo-swallowing-not-documented", "I.B", {"I.B.6": yes_or_no(True)}),
    "CP.PHAR.295": ("leukine-aml-zarxio-outcome-unknown", "I.A", {"I.A.4.b": yes_or_no(True)}),
    "LA.PHAR.309": ("kyprolis-waldenstrom-without-evidence", "I.B", {"I.B.5": yes_or_no(True)}),
    "CP.PHAR.339": ("imfinzi-metastatic-egfr-not-tested", "I.A", {"I.A.4.b#egfr": yes_or_no(True)}),
    "DARA.REVIEW": ("darzalex-no-antibody-screen", "4-6", {"5.1.1#pre-typing.IAT": yes_or_no(True)}),
}
story = pytest.mark.parametrize("policy", STORIES)


@pytest.fixture
def told(visit: Any) -> Callable[..., tuple[Json, Json, Json]]:
    """What a story's determination was before it was answered, what it is after, and the answer that was given."""

    def tell(policy: str, answers: Mapping[str, Json] | None = None, example: str = "") -> tuple[Json, Json, Json]:
        shown, _, given = STORIES[policy]
        signing = visit(example or shown, policy)
        before = signing.signed()
        found = signing.determination(before)
        canonical = (
            f"https://oncology-cds.example/Questionnaire/{policy}-{found['section']}|{found['policy']['version']}"
        )
        order = dict(signing.request["context"]["draftOrders"]["entry"][0]["resource"])
        package = signing.package(coverage=signing.coverage, order=order, questionnaire=canonical)
        questionnaire, draft = package[0], package[1]
        chosen = {f"{policy}/{number}": answer for number, answer in (answers or given).items()}
        assert chosen.keys() <= set(links(questionnaire["item"]))
        response = completed(draft, questionnaire, chosen, order["authoredOn"])
        return found, signing.determination(signing.signed(response)), response

    return tell


@pytest.mark.rules("X-21", "X-23")
@story
def test_what_is_missing_is_met_once_it_is_answered(told: Any, policy: str) -> None:
    before, after, _ = told(policy)
    _, section, answers = STORIES[policy]
    assert before["status"] == "missing-information"
    assert before["section"] == after["section"] == section
    for number in answers:
        assert criteria(before)[f"{policy}/{number}"] == "missing"
        assert criteria(after)[f"{policy}/{number}"] == "met"
    assert after["status"] == "met"


@story
def test_what_is_answered_no_is_not_met(told: Any, policy: str) -> None:
    _, _, answers = STORIES[policy]
    _, after, _ = told(policy, dict.fromkeys(answers, yes_or_no(False)))
    for number in answers:
        assert criteria(after)[f"{policy}/{number}"] == "not-met"
    assert after["status"] in ("not-met", "missing-information")


@story
def test_a_form_that_is_sent_back_unanswered_changes_nothing(told: Any, policy: str) -> None:
    before, after, _ = told(policy, {next(iter(STORIES[policy][2])): {}})
    assert (after["status"], criteria(after)) == (before["status"], criteria(before))


@pytest.mark.rules("B-3", "Q-1", "X-20")
@pytest.mark.parametrize("policy", [policy for policy in STORIES if policy != "DARA.REVIEW"])
def test_coverage_information_names_the_questionnaire_and_then_no_more(visit: Any, told: Any, policy: str) -> None:
    example, section, _ = STORIES[policy]
    signing = visit(example, policy)
    parts = coverage_information(signing.annotated(signing.signed()))
    assert said(parts, "doc-needed") == ["clinical"]
    (canonical,) = said(parts, "questionnaire")
    assert canonical.partition("|")[0] == f"https://oncology-cds.example/Questionnaire/{policy}-{section}"
    _, _, response = told(policy)
    after = coverage_information(signing.annotated(signing.signed(response)))
    assert said(after, "doc-needed") == []
    assert said(after, "questionnaire") == []


@pytest.mark.rules("X-21")
@pytest.mark.parametrize("policy", [policy for policy in STORIES if policy != "DARA.REVIEW"])
def test_the_order_with_its_context_calls_for_the_same_questionnaire(visit: Any, policy: str) -> None:
    signing = visit(STORIES[policy][0], policy)
    order = signing.annotated(signing.signed())
    parts = coverage_information(order)
    (context,) = said(parts, "coverage-assertion-id")
    response = signing.client.post(
        "/fhir/Questionnaire/$questionnaire-package",
        json={
            "resourceType": "Parameters",
            "parameter": [
                {"name": "coverage", "resource": signing.coverage},
                {"name": "order", "resource": order},
                {"name": "context", "valueString": context},
            ],
        },
    )
    bundles = [each["resource"] for each in response.get_json(force=True)["parameter"] if "Bundle" in each["name"]]
    named = [
        f"{bundle['entry'][0]['resource']['url']}|{bundle['entry'][0]['resource']['version']}" for bundle in bundles
    ]
    assert said(parts, "questionnaire")[0] in named


def test_a_dose_is_known_for_this_patient_once_the_body_size_is_answered(visit: Any) -> None:
    signing = visit("kyprolis-missing-body-surface-area", "LA.PHAR.309")
    before = signing.signed()
    order = signing.annotated(before)
    (canonical,) = said(coverage_information(order), "questionnaire")
    questionnaire, draft, *_ = signing.package(coverage=signing.coverage, order=order, questionnaire=canonical)
    sizes = {link.rpartition("#")[2]: link for link in links(questionnaire["item"])}
    answers = {sizes["weight"]: amount(154.3, "[lb_av]"), sizes["height"]: amount(170, "cm")}
    after = signing.signed(completed(draft, questionnaire, answers, order["authoredOn"]))
    dose = "LA.PHAR.309/I.A.7.c.ii"
    assert criteria(signing.determination(before))[dose] == "missing"
    assert criteria(signing.determination(after))[dose] in ("met", "not-met")
    # 154.3 lb and 170 cm are 1.82 m2 (Mosteller).
    limit = signing.determination(after)["doseLimit"]
    assert limit["unit"] == "mg"
    assert "1.82" in limit["basis"]


def test_where_nothing_tells_what_the_drug_is_for_the_answer_chooses_the_section(client: FlaskClient) -> None:
    request = json.loads((EXAMPLES / "leukine-minimal.json").read_text(encoding="utf-8"))
    for name in ("reasonCode", "reasonReference"):
        request["context"]["draftOrders"]["entry"][0]["resource"].pop(name, None)
    signing = Visit(client, request, "CP.PHAR.295")
    before = signing.signed()
    assert signing.determination(before)["section"] == "I"
    (canonical,) = said(coverage_information(signing.annotated(before)), "questionnaire")
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    questionnaire, draft, *_ = signing.package(coverage=signing.coverage, order=order, questionnaire=canonical)
    unanswered = completed(draft, questionnaire, {}, order["authoredOn"])
    assert signing.determination(signing.signed(unanswered))["section"] == "I"
    answered = completed(draft, questionnaire, {"CP.PHAR.295/I.A.1": yes_or_no(True)}, order["authoredOn"])
    assert signing.determination(signing.signed(answered))["section"] == "I.A"
