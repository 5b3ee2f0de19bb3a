"""The endpoints for operators: `/readyz` and `/metrics`."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import NotFound

from cds_service.cdshooks.wire import write_json
from cds_service.observation.metrics import CONTENT_TYPE, Metrics
from cds_service.observation.readiness import Readiness
from cds_service.settings import Settings
from cds_service.store.spooling import EvaluationSink

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def observation_blueprint(
    settings: Settings, metrics: Metrics, readiness: Readiness, sink: EvaluationSink
) -> Blueprint:
    """The routes. `/metrics` is there unless it is off or has a port of its own, and by default only for this machine.

    `/readyz?exclude=store` leaves a part out: a service whose database is away still shows cards.
    """
    blueprint = Blueprint("observation", __name__)

    @blueprint.get("/readyz")
    def readyz() -> Response:
        ready, told = readiness.told(request.args.getlist("exclude"))
        metrics.spool_is(sink.state())
        return Response(write_json(told), status=200 if ready else 503, mimetype="application/json")

    if settings.metrics != "off" and settings.metrics_port is None:

        @blueprint.get("/metrics")
        def figures() -> Response:
            if settings.metrics == "loopback" and not _is_from_this_machine(request, settings):
                raise NotFound
            metrics.spool_is(sink.state())
            return Response(metrics.written(), content_type=CONTENT_TYPE)

    return blueprint


def _is_from_this_machine(request: Request, settings: Settings) -> bool:
    """True when it was sent from here. What a proxy on this machine passes on was not, whoever the proxy is."""
    if not settings.trusted_proxies and any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
