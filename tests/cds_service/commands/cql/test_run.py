"""`oncology-cds cql run`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
Write = Callable[..., Path]

DEFINES = """define "Dose":
  "Order".perDayPerM2

define "Age":
  Ages.InYearsOn("Order".date)

define "Old enough":
  "Age" >= "Least age"
"""


def test_the_values_of_all_defines_are_printed_as_cql_writes_them(run: Run, write: Write, overdose: Path) -> None:
    result = run("run", write(DEFINES), "--request", overdose)
    assert (result.exit_code, result.output) == (0, '"Dose": 300 \'ug/m2/d\'\n"Age": 64\n"Old enough": true\n')


def test_without_a_request_nothing_is_known(run: Run, write: Write) -> None:
    result = run("run", write(DEFINES))
    assert (result.exit_code, result.output) == (0, '"Dose": null\n"Age": null\n"Old enough": null\n')


def test_defines_are_chosen_by_name_with_or_without_quotes(run: Run, write: Write, overdose: Path) -> None:
    result = run("run", write(DEFINES), "--define", '"Age"', "--define", "Dose", "--request", overdose)
    assert result.output.splitlines() == ['"Age": 64', "\"Dose\": 300 'ug/m2/d'"]


def test_a_define_that_there_is_not_is_told_with_what_may_be_meant(run: Run, write: Write) -> None:
    result = run("run", write(DEFINES), "--define", "Agee")
    assert result.exit_code == 1
    assert 'Small has no define "Agee"; did you mean "Age"?' in result.stderr
    assert "did you mean" not in run("run", write(DEFINES), "--define", "Qqqq").stderr


def test_parameters_go_before_those_of_the_request(run: Run, write: Write, overdose: Path) -> None:
    given = json.dumps({"Least age": 65})
    result = run("run", write(DEFINES), "--define", "Old enough", "--request", overdose, "--parameters", given)
    assert result.output == '"Old enough": false\n'


def test_parameters_have_the_types_that_they_are_declared_with(run: Run, write: Write) -> None:
    order = {"Order": {"date": "2026-05-12", "perDayPerM2": {"value": 2.5, "unit": "mg/m2/d"}}}
    result = run("run", write(DEFINES), "--define", "Dose", "--parameters", json.dumps(order))
    assert result.output == "\"Dose\": 2.5 'mg/m2/d'\n"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{", "--parameters is not JSON"),
        ("[]", "--parameters is not a JSON object"),
        ('{"Least": 1}', "no parameter Least; there are Order, Least age"),
        ('{"Least age": "old"}', "parameter Least age: Integer cannot be given as a string"),
        ('{"Order": {"dat": null}}', "parameter Order: there is no element dat, but id, date, perDayPerM2"),
    ],
)
def test_parameters_that_cannot_be_are_told(given: str, told: str, run: Run, write: Write) -> None:
    result = run("run", write(DEFINES), "--parameters", given)
    assert result.exit_code == 1
    assert told in result.stderr


def test_a_define_that_fails_is_named_with_its_cause_and_the_others_answer(run: Run, write: Write) -> None:
    result = run("run", write('define "A":\n  singleton from { 1, 2 }\n\ndefine "B":\n  1\n'))
    assert result.exit_code == 1
    told, value = result.output.splitlines()
    assert told.startswith("failed: ")
    assert "Small" in told
    assert "one element is expected, but the list has 2" in told
    assert value == '"B": 1'


def test_a_library_with_problems_is_not_run(run: Run, write: Write) -> None:
    result = run("run", write('define "A": Q\n'))
    assert result.exit_code == 1
    assert "^" in result.stderr


def test_a_file_that_is_no_request_is_told(run: Run, write: Write, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text("{}", encoding="utf-8")
    result = run("run", write(DEFINES), "--request", request)
    assert result.exit_code == 2
    assert "request.json: " in result.stderr


def test_an_order_is_chosen_by_its_id(run: Run, write: Write, overdose: Path, tmp_path: Path) -> None:
    request = json.loads(overdose.read_text(encoding="utf-8"))
    entries = request["context"]["draftOrders"]["entry"]
    second = json.loads(json.dumps(entries[0]["resource"])) | {"id": "second"}
    second["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = 200
    entries.append({"resource": second})
    file = tmp_path / "two.json"
    file.write_text(json.dumps(request), encoding="utf-8")
    source = write(DEFINES + '\ndefine "Id":\n  "Order".id\n')
    assert (
        run("run", source, "--define", "Id", "--request", file).output == f"\"Id\": '{entries[0]['resource']['id']}'\n"
    )
    assert run("run", source, "--define", "Id", "--request", file, "--order", "second").output == "\"Id\": 'second'\n"
    missing = run("run", source, "--request", file, "--order", "third")
    assert missing.exit_code == 1
    assert "two.json: no order for a drug third; there are " in missing.stderr


def test_health_plans_that_cannot_be_loaded_are_told(
    run: Run, write: Write, overdose: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = tmp_path / "plans.toml"
    plans.write_text("plans = 3", encoding="utf-8")
    monkeypatch.setenv("ONCOLOGY_CDS_PLANS_FILE", str(plans))
    result = run("run", write(DEFINES), "--request", overdose)
    assert result.exit_code == 1
    assert "the health plans cannot be loaded" in result.stderr
