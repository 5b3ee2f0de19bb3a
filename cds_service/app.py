"""The application: the endpoints, what surrounds every request, and how things that go wrong are answered."""

from __future__ import annotations

import atexit
import os
import random
import re
import time
import uuid
from collections.abc import Iterable, Sequence
from functools import partial
from importlib.metadata import version

import structlog
from flask import Blueprint, Flask, Response, g, request
from flask_cors import CORS
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from cds_service.addresses import base_url
from cds_service.answering import Answering
from cds_service.artifacts.blueprint import Operation, fhir_blueprint
from cds_service.artifacts.collection import Artifacts
from cds_service.auditing import Auditing
from cds_service.cdshooks.blueprint import hooks_blueprint
from cds_service.cdshooks.outcome import CONTENT_TYPE, CallRefused, Issue, operation_outcome
from cds_service.cdshooks.services import Service, Services
from cds_service.cdshooks.wire import write_json
from cds_service.crd import Forms, no_forms
from cds_service.decision import Decider
from cds_service.limits.calls import SizeLimits
from cds_service.limits.rates import RateLimits
from cds_service.logs import places, silence_addresses
from cds_service.observation.blueprint import observation_blueprint
from cds_service.observation.metrics import METRICS, Metrics
from cds_service.observation.readiness import Readiness
from cds_service.openapi.blueprint import openapi_blueprint
from cds_service.openapi.document import openapi_document
from cds_service.security.authentication import Authentication, TrustedClients
from cds_service.security.caller import NOBODY
from cds_service.security.tokens import NotAuthenticated
from cds_service.settings import Settings
from cds_service.store.database import Database, StoreFailed
from cds_service.store.feedback import FeedbackDesk, FeedbackTable
from cds_service.store.spooling import EvaluationSink, SpoolingSink, spool_folder
from cql_like_rules.policy import Policy
from cql_like_rules.terminology import Terminology

_log = structlog.get_logger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._\-]{1,64}")
_COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"
_ISSUE_CODES = {400: "structure", 404: "not-found", 405: "not-supported", 413: "too-long", 415: "not-supported"}


def create_app(
    settings: Settings,
    decider: Decider,
    *,
    services: Iterable[Service],
    terminology: Terminology | None = None,
    artifacts: Artifacts | None = None,
    package: Operation | None = None,
    pages: Blueprint | None = None,
    forms: Forms = no_forms,
    database: Database | None = None,
    sink: EvaluationSink | None = None,
    clients: TrustedClients | None = None,
    policies: Sequence[Policy] = (),
    metrics: Metrics = METRICS,
) -> Flask:
    """The WSGI application.

    `services` are those that discovery lists, `terminology` lets drugs be known by their text. `artifacts` are served
    below `/fhir`, with `package` as the operation that gives a Questionnaire with all that it needs, and `pages` below
    `/policies` (None: nothing is). `forms` tells which questionnaire asks for what is missing. `database` is
    that of the settings, `sink` is where calls are remembered (the database, by way of the spool). `policies` are those
    that decide, as `/readyz` and `metrics` tell them. A database that cannot be reached keeps neither the application
    from starting nor a card from being shown. Raises ClientsRefused for a file of trusted clients that cannot be used.
    """
    silence_addresses()
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.strict_slashes = False
    if settings.trusted_proxies:
        # Believed only as far as the operator says: others could name any address as their own.
        believed = dict.fromkeys(("x_for", "x_proto", "x_host"), settings.trusted_proxies)
        app.wsgi_app = ProxyFix(app.wsgi_app, **believed)  # type: ignore[method-assign]
    database = database or Database(settings.database_url)
    try:
        database.migrate()
    except StoreFailed as error:
        _log.error("store not ready", reason=str(error))
    if sink is None:
        sink = SpoolingSink(database, spool_folder(settings), settings.spool_max_bytes)
        atexit.register(sink.close)
    app.extensions["oncology-cds"] = {"database": database, "sink": sink}
    answering = Answering(settings, decider, terminology, forms)
    policy_page = partial(_address_of, pages, settings) if pages else str
    feedback = FeedbackDesk(FeedbackTable(database), sink.keep)
    offered = Services(services)
    limits = SizeLimits.of(settings)
    app.register_blueprint(
        hooks_blueprint(offered, answering, Auditing(settings, sink), feedback, limits, metrics, policy_page)
    )
    if pages is not None:
        app.register_blueprint(pages)
    if artifacts is not None:
        app.register_blueprint(fhir_blueprint(artifacts, partial(base_url, settings), limits, package))
    types = artifacts.types if artifacts else ()
    metrics.serves(policies)
    readiness = Readiness(lambda: len(policies), database, sink)
    app.register_blueprint(observation_blueprint(settings, metrics, readiness, sink))
    shows_metrics = settings.metrics != "off" and settings.metrics_port is None
    describe = partial(openapi_document, offered.all, types, packages=package is not None, metrics=shows_metrics)
    app.register_blueprint(openapi_blueprint(describe))
    _allow_browsers(app, settings)
    _add_health(app)
    _surround_requests(app, metrics)
    _ask_who_calls(app, Authentication(settings, database, clients), RateLimits(settings), metrics)
    _answer_errors(app, metrics)
    _trace(app)
    return app


def _trace(app: Flask) -> None:
    """Traces the application where a collector is named. Without the libraries for it the service runs all the same."""
    if not os.environ.get(_COLLECTOR):
        return
    try:
        from cds_service.observation.tracing import Tracing  # noqa: PLC0415
    except ImportError:
        _log.error("nothing is traced: oncology-cds[otel] is not installed", setting=_COLLECTOR)
        return
    Tracing.by_environment().trace(app)


def _address_of(blueprint: Blueprint, settings: Settings) -> str:
    return f"{base_url(settings)}{blueprint.url_prefix}"


def _allow_browsers(app: Flask, settings: Settings) -> None:
    # No credentials: clients send a bearer token, which is a header and no cookie.
    CORS(
        app,
        resources=[r"/cds-services.*", r"/fhir.*", r"/openapi.json"],
        origins=list(settings.cors_origins),
        methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
        expose_headers=["Retry-After", "X-Request-ID"],
        max_age=3600,
    )


def _add_health(app: Flask) -> None:
    healthy = write_json({"status": "ok", "version": version("oncology-cds")})

    @app.get("/healthz")
    def healthz() -> Response:
        return Response(healthy, mimetype="application/json")


def _surround_requests(app: Flask, metrics: Metrics) -> None:
    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.started = time.perf_counter()
        g.request_id = given if _REQUEST_ID.fullmatch(given) else _new_request_id()
        g.logged = {}
        g.caller = NOBODY

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        seconds = time.perf_counter() - g.started
        service = g.logged.get("service", "")
        metrics.request_ended(request.endpoint, service, g.caller.name, response.status_code, seconds)
        _log.info(
            "request",
            request_id=g.request_id,
            method=request.method,
            endpoint=request.endpoint,
            status=response.status_code,
            duration_ms=round(1000 * seconds, 2),
            **g.logged,
        )
        return response


def _ask_who_calls(app: Flask, authentication: Authentication, rates: RateLimits, metrics: Metrics) -> None:
    @app.before_request
    def ask() -> None:
        rates.admit_address(request)
        g.caller = authentication.require(request)
        if g.caller is not NOBODY:
            g.logged["client"] = g.caller.name
        rates.admit(request, g.caller)

    @app.errorhandler(NotAuthenticated)
    def refused(refusal: NotAuthenticated) -> Response:
        # Who is not trusted is not told why (CDS Hooks, best practices): the reason is for the log alone.
        g.logged["refused"] = str(refusal)
        rates.count_untrusted(request)
        metrics.token_refused(str(refusal))
        response = Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        del response.headers["Content-Type"]
        return response


def _new_request_id() -> str:
    """Tells requests apart in the log; nothing secret hangs on it, so it costs no system call."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _answer_errors(app: Flask, metrics: Metrics) -> None:
    @app.errorhandler(CallRefused)
    def refused(refusal: CallRefused) -> Response:
        g.logged["issues"] = [issue.expression or issue.code for issue in refusal.issues]
        return _outcome_response(refusal)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        issue = Issue(_ISSUE_CODES.get(status, "processing"), f"{error.name}.")
        response = _outcome_response(CallRefused(status, (issue,)))
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        metrics.failed(error)
        _log.error(
            "unexpected error", request_id=g.request_id, error=type(error).__name__, places=places(error.__traceback__)
        )
        return _outcome_response(CallRefused(500, (Issue("exception", "The service failed on this call."),)))


def _outcome_response(refusal: CallRefused) -> Response:
    outcome = write_json(operation_outcome(refusal.issues))
    return Response(outcome, status=refusal.status, headers=refusal.headers, mimetype=CONTENT_TYPE)
