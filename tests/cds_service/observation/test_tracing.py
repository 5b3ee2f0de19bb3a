"""Traces: a call with its phases and its FHIR requests, and nothing of a patient in any span that leaves."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses
from flask import Flask
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.testing import capture_logs

from cds_service.observation.phases import phase
from cds_service.observation.tracing import KEPT, Tracing, WithoutPatients

SERVER = "https://jane-find-me.example/fhir"
URL = "/cds-services/order-sign"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traced(make: Callable[..., Flask], spans: InMemorySpanExporter) -> Iterator[Callable[..., Any]]:
    tracing = Tracing(SimpleSpanProcessor(WithoutPatients(spans)))

    def traced(**changed: Any) -> Any:
        app = make(**changed)
        tracing.trace(app)
        return app.test_client()

    yield traced
    tracing.close()


@pytest.fixture
def example(examples: Path) -> dict[str, Any]:
    return dict(json.loads((examples / "leukine-aml-dose-overage.json").read_text(encoding="utf-8")))


def named(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


def test_a_call_is_traced_with_its_phases(traced: Any, spans: InMemorySpanExporter, example: Any) -> None:
    assert traced().post(URL, json=example).status_code == 200
    found = named(spans)
    assert set(found) == {"gather", "decide", "answer", "POST /cds-services/<service_id>"}
    whole = found["POST /cds-services/<service_id>"]
    for name in ("gather", "decide", "answer"):
        assert found[name].parent is not None
        assert found[name].parent.span_id == whole.context.span_id
    assert set(whole.attributes or {}) <= KEPT


def test_fhir_requests_are_traced_within_gathering_and_without_their_addresses(
    traced: Any, spans: InMemorySpanExporter, example: Any
) -> None:
    example |= {"fhirServer": SERVER, "prefetch": {}}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(re.compile(f"{SERVER}/.*"), status=503, json={"text": "Jane Find-me"})
        traced().post(URL, json=example)
    fetched = [span for span in spans.get_finished_spans() if span.name == "GET"]
    gathering = named(spans)["gather"]
    assert len(fetched) > 3
    assert {span.parent and span.parent.span_id for span in fetched} == {gathering.context.span_id}
    assert {(span.attributes or {})["http.status_code"] for span in fetched} == {503}


def test_nothing_of_a_patient_leaves_in_a_span(traced: Any, spans: InMemorySpanExporter, example: Any) -> None:
    client = traced()
    example |= {"fhirServer": SERVER, "prefetch": {}}
    example["fhirAuthorization"] = {"access_token": "find-me-token", "token_type": "Bearer"}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(re.compile(f"{SERVER}/.*"), body=ConnectionError("Jane Find-me cannot be reached"))
        client.post(URL, json=example)
    client.post("/cds-services/Find-me?patient=find-me", json={}, headers={"User-Agent": "find-me"})
    client.get("/find-me/find-me")
    client.get("/fhir/Questionnaire?url=find-me")
    with pytest.raises(KeyError), phase("decide"):
        raise KeyError("Jane Find-me")
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert len(spans.get_finished_spans()) > 5
    assert "find-me" not in told.lower()
    assert example["context"]["patientId"] not in told
    assert all(not span.events for span in spans.get_finished_spans())


def test_health_is_not_traced(traced: Any, spans: InMemorySpanExporter) -> None:
    client = traced()
    for path in ("/healthz", "/readyz", "/metrics"):
        client.get(path)
    assert spans.get_finished_spans() == ()


def test_nothing_is_traced_unless_a_collector_is_named(
    make: Any, example: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.setattr(Tracing, "by_environment", lambda: pytest.fail("nobody asked for it"))
    assert make().test_client().post(URL, json=example).status_code == 200


def test_a_collector_that_is_named_gets_the_traces(
    make: Any, example: Any, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracing = Tracing(SimpleSpanProcessor(WithoutPatients(spans)))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(Tracing, "by_environment", lambda: tracing)
    make().test_client().post(URL, json=example)
    tracing.close()
    assert "decide" in named(spans)


def test_without_the_libraries_the_service_runs_and_says_so(
    make: Any, example: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "cds_service.observation.tracing", None)
    with capture_logs() as lines:
        assert make().test_client().post(URL, json=example).status_code == 200
    assert any("oncology-cds[otel]" in line["event"] for line in lines)
