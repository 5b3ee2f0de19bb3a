"""`oncology-cds check`: one request from a file."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main

EXAMPLES = Path(__file__).parents[3] / "fhir_examples" / "order-sign"
OVERDOSE = EXAMPLES / "leukine-aml-dose-overage.json"

Check = Callable[..., Result]
Write = Callable[[Any], Path]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Check:
    # Wide enough that no line of the output is broken.
    monkeypatch.setenv("COLUMNS", "300")
    return lambda path, *options: CliRunner().invoke(main, ["check", str(path), *options])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: Any) -> Path:
        path = tmp_path / "request.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


@pytest.fixture
def overdose() -> dict[str, Any]:
    request: dict[str, Any] = json.loads(OVERDOSE.read_text(encoding="utf-8"))
    return request


def order_of(request: dict[str, Any]) -> dict[str, Any]:
    order: dict[str, Any] = request["context"]["draftOrders"]["entry"][0]["resource"]
    return order


def test_the_cards_are_printed_with_what_they_suggest(check: Check) -> None:
    result = check(OVERDOSE)
    assert result.exit_code == 0
    assert "Leukine 300 mcg/m² is above the 250 mcg/m² daily limit" in result.stdout
    assert "[Change dose to 450 mcg daily]" in result.stdout


def test_a_summary_longer_than_a_line_of_the_terminal_is_not_cut(check: Check) -> None:
    example = EXAMPLES / "darzalex-no-zoster-prophylaxis.json"
    summaries = [card["summary"] for card in json.loads(check(example, "--json").stdout)["cards"]]
    told = " ".join(check(example).stdout.replace("│", " ").split())
    assert max(map(len, summaries)) > 80
    assert all(summary in told for summary in summaries)
    assert "─ warning ─" in told


def test_nothing_to_say_is_said(check: Check) -> None:
    result = check(EXAMPLES / "leukine-aml-met.json")
    assert (result.exit_code, result.stdout) == (0, "No cards.\n")


def test_what_a_policy_needs_and_the_request_does_not_bring_is_told(
    check: Check, write: Write, overdose: dict[str, Any]
) -> None:
    overdose["prefetch"].pop("medicationRequests", None)
    overdose["prefetch"]["procedures"] = None
    told = check(write(overdose), "--explain").stdout
    (line,) = (line for line in told.splitlines() if line.startswith("Not in the request, so unknown: "))
    assert "medicationRequests" in line
    assert "procedures" not in line
    assert "medicationRequests" not in check(write(overdose)).stdout


def test_json_is_the_determinations_and_the_cards(check: Check) -> None:
    result = check(OVERDOSE, "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    (determination,) = answer["determinations"]
    order = order_of(json.loads(OVERDOSE.read_text(encoding="utf-8")))
    assert determination["order"] == f"MedicationRequest/{order['id']}"
    assert determination["policy"]["id"] == "CP.PHAR.295"
    assert (determination["phase"], determination["section"]) == ("initial", "I.A")
    assert determination["status"] == "not-met"
    assert determination["doseLimit"]["value"] == 450
    assert (determination["doseLimit"]["unit"], determination["doseLimit"]["per"]) == ("ug", "day")
    assert {"id": "CP.PHAR.295/I.A.6", "status": "not-met"} in [
        {"id": each["id"], "status": each["status"]} for each in determination["criteria"]
    ]
    (card,) = answer["cards"]
    assert (card["extension"]["oncology-cds"]["kind"], card["indicator"]) == ("dose", "warning")


def test_json_has_both_keys_also_when_there_is_nothing_in_them(
    check: Check, write: Write, overdose: dict[str, Any]
) -> None:
    order_of(overdose)["medicationCodeableConcept"] = {"text": "water"}
    result = check(write(overdose), "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"determinations": [], "cards": []})


def test_json_of_a_met_order_holds_its_approval_and_no_cards(check: Check) -> None:
    answer = json.loads(check(EXAMPLES / "leukine-aml-met.json", "--json").stdout)
    assert answer["cards"] == []
    assert answer["determinations"][0]["approval"] == {"months": 6}


def test_explain_shows_every_criterion_with_what_it_rests_on(check: Check) -> None:
    result = check(OVERDOSE, "--explain")
    assert result.exit_code == 0
    assert "not-met, section I.A, initial" in result.stdout
    assert "met      I.A.3  Age 55 years or older" in result.stdout
    assert "not-met  I.A.6  At most 250 mcg/m² IV daily" in result.stdout
    assert "Order.perDayPerM2 (300 'ug/m2/d') ≤ Maximum for AML (250 'ug/m2/d'): no" in result.stdout
    assert "birthDate" in result.stdout


def test_validate_names_what_is_no_valid_fhir(check: Check, write: Write, overdose: dict[str, Any]) -> None:
    order_of(overdose)["status"] = 5
    overdose["prefetch"]["patient"]["birthdate"] = "1970-01-01"
    result = check(write(overdose), "--validate")
    assert result.exit_code == 0
    assert f"MedicationRequest/{order_of(overdose)['id']}: status: " in result.stdout
    assert f"Patient/{overdose['prefetch']['patient']['id']}: birthdate: " in result.stdout


def test_validate_says_nothing_of_a_valid_request(check: Check) -> None:
    assert check(EXAMPLES / "leukine-aml-met.json", "--validate").stdout == "No cards.\n"


def test_validate_reads_on_after_a_bundle_that_is_none(check: Check) -> None:
    result = check(EXAMPLES / "leukine-sloppy-client.json", "--validate")
    assert result.exit_code == 0, result.exception
    assert "Bundle/no id: entry: Input should be a valid list" in result.stdout


def test_validate_names_a_resource_without_a_known_type(check: Check, write: Write, overdose: dict[str, Any]) -> None:
    overdose["prefetch"]["conditions"] = {"resourceType": "Bundle", "entry": [{"resource": {"id": "x"}}, {}, "y"]}
    result = check(write(overdose), "--validate")
    assert result.exit_code == 0, result.exception
    assert "no resourceType/x: not a FHIR R4 resource type" in result.stdout


def test_a_server_that_the_file_names_is_not_asked(check: Check, write: Write, overdose: dict[str, Any]) -> None:
    overdose["fhirServer"] = "http://127.0.0.1:9/fhir"
    overdose["fhirAuthorization"] = {"access_token": "t", "token_type": "Bearer"}
    del overdose["prefetch"]["conditions"]
    assert check(write(overdose), "--json").exit_code == 0


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        ("no json", ["The body is not JSON: "]),
        ("[]", ["The body is not a JSON object."]),
        ("{}", ["hook is missing.", "hookInstance is missing.", "context is missing."]),
    ],
)
def test_a_file_that_is_no_request_is_refused_with_every_reason(
    check: Check, write: Write, content: str, reasons: list[str]
) -> None:
    result = check(write(content))
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert len(lines) == len(reasons)
    assert all(line.startswith(f"request.json: {reason}") for line, reason in zip(lines, reasons, strict=True))


def test_orders_that_no_card_could_name_are_refused(check: Check, write: Write, overdose: dict[str, Any]) -> None:
    del order_of(overdose)["id"]
    result = check(write(overdose))
    assert result.exit_code == 2
    assert "An order has no id" in result.stderr


def test_a_record_of_another_patient_is_refused(check: Check, write: Write, overdose: dict[str, Any]) -> None:
    changed = copy.deepcopy(overdose)
    order_of(changed)["subject"]["reference"] = "Patient/someone-else"
    result = check(write(changed))
    assert result.exit_code == 2
    assert "another patient" in result.stderr


def test_a_file_that_is_not_there_is_refused(check: Check, tmp_path: Path) -> None:
    assert check(tmp_path / "nothing.json").exit_code == 2
