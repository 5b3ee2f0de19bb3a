"""Asking for artifacts over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.artifacts.collection import Artifacts
from cds_service.validation import problems_of

FHIR_JSON = "application/fhir+json"


def outcome_of(response: Any) -> dict[str, Any]:
    assert response.mimetype == FHIR_JSON
    outcome = response.get_json(force=True)
    assert list(problems_of(outcome)) == []
    assert outcome["resourceType"] == "OperationOutcome"
    return dict(outcome["issue"][0])


def test_every_artifact_is_served_under_its_type_and_id(fhir: FlaskClient, artifacts: Artifacts) -> None:
    for type_name in artifacts.types:
        for artifact in artifacts.of_type(type_name):
            response = fhir.get(f"/fhir/{type_name}/{artifact.id}")
            assert response.status_code == 200
            assert response.mimetype == FHIR_JSON
            assert response.data == artifact.body


class TestWhatIsNotThere:
    def test_an_unknown_id_is_404(self, fhir: FlaskClient) -> None:
        response = fhir.get("/fhir/Library/nothing")
        assert response.status_code == 404
        assert outcome_of(response)["code"] == "not-found"

    @pytest.mark.parametrize("address", ["/fhir/Patient/1", "/fhir/Patient", "/fhir/nonsense", "/fhir/library/Plan"])
    def test_an_unknown_type_is_404(self, fhir: FlaskClient, address: str) -> None:
        response = fhir.get(address)
        assert response.status_code == 404
        assert outcome_of(response)["code"] == "not-supported"

    @pytest.mark.parametrize("address", ["/fhir", "/fhir/Library/Plan/_history", "/fhir/Library/Plan/_history/1"])
    def test_what_is_not_offered_is_404(self, fhir: FlaskClient, address: str) -> None:
        response = fhir.get(address)
        assert response.status_code == 404
        outcome_of(response)

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    @pytest.mark.parametrize("address", ["/fhir/Library/Plan", "/fhir/Library", "/fhir/metadata"])
    def test_writing_is_405_and_says_what_is_allowed(self, fhir: FlaskClient, method: str, address: str) -> None:
        response = fhir.open(address, method=method)
        assert response.status_code == 405
        assert "GET" in response.headers["Allow"]
        assert outcome_of(response)["code"] == "not-supported"

    def test_without_artifacts_there_is_no_endpoint(self, settings: Any, decider: Any, services: Any) -> None:
        client = create_app(settings, decider, services=services).test_client()
        assert client.get("/fhir/metadata").status_code == 404


@pytest.mark.parametrize("address", ["/fhir/Questionnaire/$questionnaire-package", "/fhir/$questionnaire-package"])
class TestPackages:
    def test_parameters_go_in_and_the_answer_is_fhir(self, fhir: FlaskClient, address: str) -> None:
        body = '{"resourceType":"Parameters","parameter":[{"name":"x","valueDecimal":1.50}]}'
        response = fhir.post(address, data=body, content_type=FHIR_JSON)
        assert response.status_code == 200
        assert response.mimetype == FHIR_JSON
        assert response.text == body

    def test_what_the_operation_refuses_is_an_outcome(self, fhir: FlaskClient, address: str) -> None:
        response = fhir.post(address, json={"resourceType": "Patient"})
        assert response.status_code == 400
        assert outcome_of(response)["expression"] == ["resourceType"]

    @pytest.mark.parametrize("body", ["", "{", "[]", "null"])
    def test_what_is_no_json_object_is_400(self, fhir: FlaskClient, address: str, body: str) -> None:
        assert outcome_of(fhir.post(address, data=body, content_type=FHIR_JSON))["code"] == "structure"

    def test_xml_is_refused_both_ways(self, fhir: FlaskClient, address: str) -> None:
        assert fhir.post(address, data="<a/>", content_type="application/fhir+xml").status_code == 415
        asked = {"Accept": "application/fhir+xml"}
        assert fhir.post(address, json={"resourceType": "Parameters"}, headers=asked).status_code == 406

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
    def test_another_method_is_405(self, fhir: FlaskClient, address: str, method: str) -> None:
        response = fhir.open(address, method=method)
        assert response.status_code == 405
        assert "POST" in response.headers["Allow"]

    def test_without_the_operation_it_is_neither_there_nor_told(
        self, address: str, settings: Any, decider: Any, services: Any, artifacts: Artifacts
    ) -> None:
        client = create_app(settings, decider, services=services, artifacts=artifacts).test_client()
        assert client.post(address, json={}).status_code in (404, 405)
        assert "questionnaire-package" not in client.get("/fhir/metadata").text


class TestFormats:
    @pytest.mark.parametrize(
        "accept",
        [
            None,
            "*/*",
            "application/*",
            "application/fhir+json",
            "application/fhir+json; fhirVersion=4.0",
            "application/fhir+json;charset=utf-8, application/xml;q=0.5",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        ],
    )
    def test_fhir_json_is_the_usual_one(self, fhir: FlaskClient, accept: str | None) -> None:
        response = fhir.get("/fhir/metadata", headers={"Accept": accept} if accept else {})
        assert response.status_code == 200
        assert response.mimetype == FHIR_JSON
        assert "Accept" in response.headers["Vary"]

    @pytest.mark.parametrize("accept", ["application/json", "application/xml, application/json;q=0.9"])
    def test_plain_json_for_who_wants_it(self, fhir: FlaskClient, accept: str) -> None:
        assert fhir.get("/fhir/metadata", headers={"Accept": accept}).mimetype == "application/json"

    @pytest.mark.parametrize(
        "accept",
        ["application/fhir+xml", "text/xml", "text/html", "application/fhir+json; fhirVersion=5.0", "nonsense"],
    )
    @pytest.mark.parametrize("address", ["/fhir/metadata", "/fhir/Library/Plan", "/fhir/Library"])
    def test_another_form_is_406(self, fhir: FlaskClient, accept: str, address: str) -> None:
        response = fhir.get(address, headers={"Accept": accept})
        assert response.status_code == 406
        assert outcome_of(response)["code"] == "not-supported"

    @pytest.mark.parametrize(
        "value", ["json", "JSON", "application/json", "application/fhir%2Bjson", "application/fhir+json"]
    )
    def test_the_address_may_tell_the_format_and_outweighs_the_header(self, fhir: FlaskClient, value: str) -> None:
        response = fhir.get(f"/fhir/metadata?_format={value}", headers={"Accept": "application/xml"})
        assert response.status_code == 200

    @pytest.mark.parametrize("value", ["xml", "application/fhir%2Bxml", "html", "ttl", "%00", ";"])
    def test_another_format_in_the_address_is_406(self, fhir: FlaskClient, value: str) -> None:
        assert outcome_of(fhir.get(f"/fhir/metadata?_format={value}"))["code"] == "not-supported"


class TestCaches:
    def test_what_a_client_has_already_is_not_sent_again(self, fhir: FlaskClient) -> None:
        first = fhir.get("/fhir/Library/Plan")
        assert first.headers["Cache-Control"] == "public, max-age=300"
        second = fhir.get("/fhir/Library/Plan", headers={"If-None-Match": first.headers["ETag"]})
        assert second.status_code == 304
        assert second.data == b""

    def test_another_content_has_another_tag(self, fhir: FlaskClient) -> None:
        tags = {fhir.get(f"/fhir/Library/{name}").headers["ETag"] for name in ("Plan", "Ages", "Therapies")}
        assert len(tags) == 3

    def test_head_tells_the_same_without_the_body(self, fhir: FlaskClient) -> None:
        response = fhir.head("/fhir/Library/Plan")
        assert response.status_code == 200
        assert response.data == b""
        assert response.headers["ETag"] == fhir.get("/fhir/Library/Plan").headers["ETag"]


class TestBrowsers:
    def test_a_page_of_another_origin_may_read(self, fhir: FlaskClient) -> None:
        response = fhir.get("/fhir/metadata", headers={"Origin": "https://sandbox.example"})
        assert response.headers["Access-Control-Allow-Origin"] in ("*", "https://sandbox.example")
        assert "Access-Control-Allow-Credentials" not in response.headers

    def test_a_preflight_is_answered(self, fhir: FlaskClient) -> None:
        asked = {"Origin": "https://sandbox.example", "Access-Control-Request-Method": "GET"}
        assert fhir.options("/fhir/Library/Plan", headers=asked).status_code == 200


class TestMetadata:
    def test_it_is_valid_and_tells_what_there_is(self, fhir: FlaskClient, artifacts: Artifacts) -> None:
        statement = fhir.get("/fhir/metadata").get_json(force=True)
        assert list(problems_of(statement)) == []
        assert statement["fhirVersion"] == "4.0.1"
        (rest,) = statement["rest"]
        assert tuple(resource["type"] for resource in rest["resource"]) == artifacts.types
        operations = {each["type"]: each["operation"] for each in rest["resource"] if "operation" in each}
        assert [operation["name"] for operation in operations.pop("Questionnaire")] == ["questionnaire-package"]
        assert operations == {}
        assert [operation["name"] for operation in rest["operation"]] == ["questionnaire-package"]

    def test_what_it_says_can_be_searched_by_can_be(self, fhir: FlaskClient) -> None:
        (rest,) = fhir.get("/fhir/metadata").get_json(force=True)["rest"]
        for resource in rest["resource"]:
            for parameter in resource["searchParam"]:
                response = fhir.get(f"/fhir/{resource['type']}?{parameter['name']}=no-such-thing")
                assert response.get_json(force=True)["total"] == 0, parameter["name"]
