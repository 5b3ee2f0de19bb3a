from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from cds_service.logs import configure_logging, places, silence_addresses
from tests.cds_service.logged import found_in, of_patients


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    structlog.reset_defaults()
    logging.getLogger().setLevel(level)


def test_a_log_line_is_one_json_object_with_time_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")
    structlog.get_logger("a").info("request", cards=2)
    structlog.get_logger("a").debug("not shown")
    (line,) = capsys.readouterr().err.splitlines()
    entry: dict[str, Any] = json.loads(line)
    assert (entry["event"], entry["cards"], entry["level"]) == ("request", 2, "info")
    assert entry["timestamp"].endswith("Z")


def test_the_libraries_that_make_requests_log_no_addresses(caplog: pytest.LogCaptureFixture) -> None:
    silence_addresses()
    logging.getLogger("urllib3.connectionpool").warning("Retrying: /fhir/Condition?patient=p1")
    assert caplog.records == []


def test_the_places_of_an_exception_hold_code_and_no_values() -> None:
    def fail(name: str) -> None:
        raise ValueError(name)

    try:
        fail("Jane Doe")
    except ValueError as error:
        found = places(error.__traceback__)
    assert found[-1].endswith(" fail")
    assert "Jane" not in str(found)


def test_a_line_that_tells_of_a_patient_would_be_found() -> None:
    patient = next(word for word in sorted(of_patients()) if word.count("-") == 4)
    assert found_in({"event": "request", "where": f"https://ehr.example/Patient/{patient}?x=1"}) == {patient}
    assert found_in({"event": "unexpected error", "error": "Jane Doe"}) == {"jane"}
    assert found_in({"event": "request", "service": "order-sign", "endpoint": "cdshooks.call", "cards": 1}) == set()
    assert len(of_patients()) > 500
