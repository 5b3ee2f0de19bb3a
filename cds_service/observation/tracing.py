"""Traces by OpenTelemetry, where the environment names a collector (OTEL_EXPORTER_OTLP_ENDPOINT).

The libraries are those of the extra `oncology-cds[otel]`. Of what they collect, little is sent: addresses name
patients, and the messages of exceptions may quote anything, so a span leaves the process with the attributes listed
here and no others, without events, and named by its route.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Self

from flask import Flask
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from cds_service.observation.phases import traced_by

KEPT = frozenset(
    {
        "error.type",
        "http.method",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "http.status_code",
    }
)
"""The attributes that are sent: each tells something of the service, or how a request ended."""

_METHODS = ("http.request.method", "http.method")
_UNTRACED = "healthz,readyz,metrics"
_OWN = "oncology-cds"


class Tracing:
    """Traces the requests of applications, the phases of calls, and the requests to FHIR servers."""

    def __init__(self, processor: SpanProcessor) -> None:
        # The name can be told otherwise by OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES.
        resource = Resource({SERVICE_NAME: _OWN}).merge(Resource.create())
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(processor)
        tracer = self._provider.get_tracer(_OWN)
        traced_by(partial(tracer.start_as_current_span, record_exception=False, set_status_on_exception=False))
        RequestsInstrumentor().instrument(tracer_provider=self._provider)

    @classmethod
    @cache
    def by_environment(cls) -> Self:
        """The tracing of this process, to the collector that the environment names."""
        return cls(BatchSpanProcessor(WithoutPatients(OTLPSpanExporter())))

    def trace(self, app: Flask) -> None:
        """Traces what the application answers."""
        FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]
            app, tracer_provider=self._provider, excluded_urls=_UNTRACED
        )

    def close(self) -> None:
        """Sends what is waiting, and traces nothing more."""
        traced_by(None)
        RequestsInstrumentor().uninstrument()
        self._provider.shutdown()


class WithoutPatients(SpanExporter):
    """Hands spans on with nothing in them that could be of a patient."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_cut(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _cut(span: ReadableSpan) -> ReadableSpan:
    kept = {name: value for name, value in (span.attributes or {}).items() if name in KEPT}
    return ReadableSpan(
        name=_name(span),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=kept,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _name(span: ReadableSpan) -> str:
    """The name of a phase; of a request, its method, and the route that it took here."""
    scope = span.instrumentation_scope
    if scope is not None and scope.name == _OWN:
        return span.name
    attributes = span.attributes or {}
    method = next((str(attributes[name]) for name in _METHODS if name in attributes), "request")
    route = str(attributes.get("http.route", ""))
    return f"{method} {route}" if route else method
