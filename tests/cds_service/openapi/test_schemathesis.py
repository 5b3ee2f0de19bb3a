"""Calls made up from the description: none is a fault of the service, and every answer is as described.

The same calls each time (derandomized), and a fixed number of them for each operation.
"""

from __future__ import annotations

import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CALLS = 15
"""How many calls are made up for each operation, of each mode: such that hold to its schema, and such that break it."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
WITHOUT_INPUT = r"^/(cds-services|healthz|metrics|openapi\.json)$"
WITH_INPUT = {
    "order-sign": r"^/cds-services/order-sign(-crd)?$",
    "order-select": r"^/cds-services/order-select(-crd)?$",
    "order-dispatch": r"^/cds-services/order-dispatch(-crd)?$",
    "feedback": r"^/cds-services/order-sign/feedback$",
    "fhir": r"^/fhir/",
    "ready": r"^/readyz$",
}
OTHER_FEEDBACK = r"^/cds-services/(?!order-sign/)[a-z-]+/feedback$"
"""Feedback on the other services: the same function with another id."""


@pytest.fixture(scope="session")
def api(whole: Flask) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", whole)


def test_every_operation_is_called(document: dict[str, Any]) -> None:
    areas = (WITHOUT_INPUT, *WITH_INPUT.values(), OTHER_FEEDBACK)
    for path in document["paths"]:
        assert len([area for area in areas if re.search(area, path)]) == 1, path


def test_what_takes_nothing_is_answered_as_described(api: Any) -> None:
    call_operations(api, WITHOUT_INPUT, GenerationMode.POSITIVE)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("area", WITH_INPUT)
def test_every_made_up_call_is_answered_as_described(api: Any, area: str, mode: GenerationMode) -> None:
    call_operations(api, WITH_INPUT[area], mode)


def call_operations(api: Any, area: str, mode: GenerationMode) -> None:
    operations = [found.ok() for found in api.include(path_regex=area).get_all_operations()]
    assert operations
    for operation in operations:

        @hypothesis.settings(
            derandomize=True,
            database=None,
            deadline=None,
            max_examples=CALLS,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def made_up(case: Case) -> None:
            case.call_and_validate(checks=CHECKS)

        made_up()
