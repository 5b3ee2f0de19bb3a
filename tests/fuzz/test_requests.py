"""Whatever is sent: cards, or a 4xx with an OperationOutcome. Never a fault, never silence, never for long.

`make fuzz` sends 10,000 requests, `make test` 500; the first of them are the same each time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.commands.loading import loaded
from cds_service.settings import Settings
from tests.cds_service.test_robustness import check_answer, read
from tests.fuzz.mutations import SPOKEN_ON, Mutation, deciding_parts, mutation, original

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "500"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
PARTS = 10
SECONDS = 10.0
"""More than any request takes, on a machine that does much else."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("store")
    # Requests name FHIR servers too: none of them is asked.
    settings = Settings(
        dev=True,
        allowed_fhir_hosts=("ehr.invalid",),
        database_url=f"sqlite:///{folder}/cds.sqlite3",
        rate_limit="",
        fhir_timeout_seconds=0.2,
        deadline_seconds=0.8,
    )
    app = loaded(settings).application()
    yield app.test_client()
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


@pytest.mark.parametrize("part", range(PARTS))
def test_a_mutated_request_is_answered_or_refused(service: FlaskClient, part: int) -> None:
    for number in range(FIRST + part, FIRST + REQUESTS, PARTS):
        check(service, mutation(number))


def check(service: FlaskClient, sent: Mutation) -> None:
    started = time.perf_counter()
    headers = {"Content-Type": "application/json", **sent.headers}
    response = service.post(sent.url, data=sent.body, headers=headers)
    seconds = time.perf_counter() - started
    assert response.status_code < 500, f"{sent}\n{response.get_data(as_text=True)}"
    assert seconds < SECONDS, f"{seconds:.1f} s for {sent}"
    if response.status_code != 200:
        check_outcome(response, sent)
    elif sent.url.startswith("/fhir"):
        assert read(response.data)["resourceType"] == "Parameters", str(sent)
    elif sent.url.endswith("/feedback"):
        assert response.data == b"", str(sent)
    else:
        answer = read(response.data)
        check_answer_of_any_service(answer, sent)
        assert not is_silent(answer, sent), f"silence after {sent}"


def check_outcome(response: Any, sent: Mutation) -> None:
    outcome = read(response.data)
    assert outcome["resourceType"] == "OperationOutcome", str(sent)
    assert outcome["issue"], str(sent)
    for issue in outcome["issue"]:
        assert issue["severity"] == "error", str(sent)
        assert issue["details"]["text"], str(sent)


def check_answer_of_any_service(answer: Any, sent: Mutation) -> None:
    try:
        check_answer(answer)
    except AssertionError as error:
        raise AssertionError(f"{sent}: {error}") from error


def is_silent(answer: Any, sent: Mutation) -> bool:
    """True when nothing at all is said of an order for a drug that a policy is about."""
    if answer["cards"] or "extension" in answer or sent.bytes_changed or sent.example not in SPOKEN_ON:
        return False
    was, now = original(sent.example), json.loads(sent.body)
    try:
        return bool(deciding_parts(was) == deciding_parts(now))
    except (LookupError, TypeError, AttributeError):
        return False
