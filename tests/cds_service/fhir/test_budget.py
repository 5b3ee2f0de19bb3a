"""What a FHIR server sends is bounded: after decompression, over all answers of a call, and in what it makes us ask."""

from __future__ import annotations

import gzip
import json
import resource
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from cds_service.cdshooks.envelope import OrderSignRequest
from cds_service.fhir.budget import Budget
from cds_service.fhir.client import TOO_LARGE, TOO_MANY, TOO_MUCH, UNREACHABLE, FhirClient
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.gather import gather
from cds_service.fhir.wanted import Wanted
from cds_service.settings import Settings

from .conftest import SERVER, Server, bundle
from .test_client import answer, fetched, serve

__all__ = ["serve"]

Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]
GIBIBYTE = 1024**3


def bomb(size: int) -> Iterator[bytes]:
    """A gzip stream of that many blanks."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(size // 2**20):
        yield packer.compress(b" " * 2**20)
    yield packer.flush()


@pytest.fixture(scope="module")
def packed() -> bytes:
    return b"".join(bomb(GIBIBYTE // 2))


def test_a_decompression_bomb_is_read_no_further_than_an_answer_may_be_long(
    serve: Serve, settings: Settings, packed: bytes
) -> None:
    base = serve(lambda request: answer(request, packed, Content_Encoding="gzip"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert fetched(base, settings, seconds=20, fhir_timeout_seconds=20).problem is TOO_LARGE
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100 * 1024, f"{grown} KiB for an answer of which 10 MiB may be read"


def test_a_bomb_in_a_bomb_is_bounded_too(serve: Serve, settings: Settings, packed: bytes) -> None:
    base = serve(lambda request: answer(request, gzip.compress(packed), Content_Encoding="gzip, gzip"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert fetched(base, settings, seconds=20, fhir_timeout_seconds=20).problem in (TOO_LARGE, UNREACHABLE)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_all_answers_of_a_call_share_one_budget_of_bytes(serve: Serve, settings: Settings) -> None:
    body = json.dumps({"resourceType": "Patient", "id": "p1", "text": "x" * 600}).encode()
    base = serve(lambda request: answer(request, body))
    chosen = settings.model_copy(update={"max_fhir_call_bytes": 1000})
    with FhirClient(base, None, Deadline.after(5), chosen) as client:
        assert client.fetch("Patient/p1").problem is None
        assert client.fetch("Patient/p1").problem is TOO_MUCH


def test_all_answers_of_a_call_share_one_budget_of_resources(serve: Serve, settings: Settings) -> None:
    page = bundle(*[{"resourceType": "Condition", "id": str(number)} for number in range(6)])
    base = serve(lambda request: answer(request, json.dumps(page).encode()))
    chosen = settings.model_copy(update={"max_resources": 10})
    with FhirClient(base, None, Deadline.after(5), chosen) as client:
        assert client.fetch("Condition").problem is None
        second = client.fetch("Condition")
    assert (second.values, second.problem) == ((), TOO_MUCH)


def test_what_was_spent_stays_spent() -> None:
    budget = Budget(size=10, resources=1)
    assert budget.takes(size=10)
    assert not budget.takes(size=1)
    assert not budget.takes(resources=1)


@pytest.fixture
def asked(server: Server, call: Any, wanted: Wanted, settings: Settings) -> Callable[..., Any]:
    def asked(**changed: Any) -> Any:
        request = OrderSignRequest.model_validate(call | {"fhirServer": SERVER})
        return gather(request, wanted, Deadline.after(5), settings.model_copy(update=changed))

    return asked


def test_a_call_causes_only_so_many_requests_and_what_was_not_asked_for_is_told(
    asked: Callable[..., Any], server: Server
) -> None:
    gathered = asked(fhir_requests=3)
    assert len(server.asked) == 3
    assert sum(gathered.fetch_outcomes.values()) - gathered.fetch_outcomes[TOO_MANY.kind] == 3
    assert gathered.fetch_outcomes[TOO_MANY.kind] > 0
    assert any(TOO_MANY.reason in note.message for note in gathered.notes)
    assert len(gathered.record.delivered) < len(asked().record.delivered)


def test_more_coverages_than_anybody_has_are_told_and_not_used(asked: Callable[..., Any], server: Server) -> None:
    patient = {"reference": "Patient/p1"}
    many = [{"resourceType": "Coverage", "id": str(number), "beneficiary": patient} for number in range(51)]
    server.answers("Coverage", bundle(*many))
    gathered = asked()
    assert list(gathered.record.retrieve("Coverage")) == []
    assert "Coverage" not in gathered.record.delivered
    assert any(TOO_MUCH.reason in note.message for note in gathered.notes)
    server.answers("Coverage", bundle(*many[:50]))
    assert len(list(asked().record.retrieve("Coverage"))) == 50
