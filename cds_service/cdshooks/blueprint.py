"""The endpoints of CDS Hooks: discovery, calls and feedback."""

from __future__ import annotations

import datetime
from typing import Any

from flask import Blueprint, Response, g, request

from cds_service.answering import Answering
from cds_service.store.database import StoreFailed
from cds_service.store.feedback import FeedbackTable

from .feedback import Feedback
from .outcome import CallRefused, Issue, refused
from .reading import read_model, read_object
from .services import Services
from .wire import write_json

_JSON_TYPES = frozenset({"", "application/json", "application/fhir+json"})


def hooks_blueprint(services: Services, answering: Answering, feedback: FeedbackTable) -> Blueprint:
    """The routes below `/cds-services`. They raise CallRefused, which the application answers."""
    blueprint = Blueprint("cdshooks", __name__, url_prefix="/cds-services")
    discovery = write_json(services.discovery)

    @blueprint.get("")
    def discover() -> Response:
        return Response(discovery, mimetype="application/json")

    @blueprint.post("/<service_id>")
    def call(service_id: str) -> Response:
        services.with_id(service_id)
        service, hook_request = services.read_call(service_id, _json_body())
        g.logged.update(service=service.id, hook=hook_request.hook, hook_instance=hook_request.hook_instance)
        answer = answering.answer(service, hook_request)
        g.logged.update(answer.counts)
        return _json_response(answer.body)

    @blueprint.post("/<service_id>/feedback")
    def give_feedback(service_id: str) -> Response:
        service = services.with_id(service_id)[0]
        batch = read_model(Feedback, read_object(_json_body()))
        g.logged.update(service=service.id, feedback=len(batch.feedback))
        try:
            feedback.write(batch.feedback, service.id, client="", received_at=datetime.datetime.now(datetime.UTC))
        except StoreFailed as error:
            g.logged.update(store=str(error))
            issue = Issue("transient", "The feedback could not be stored. Please send it again later.")
            raise CallRefused(503, (issue,)) from error
        return _empty_response()

    return blueprint


def _json_body() -> bytes:
    """The body. Raises CallRefused with 415 when its type or encoding says that it is not plain JSON."""
    if request.mimetype not in _JSON_TYPES:
        raise refused(415, "not-supported", "The content type must be application/json.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise refused(415, "not-supported", "The body must not be compressed.")
    return request.get_data(cache=False)


def _json_response(body: Any) -> Response:
    return Response(write_json(body), mimetype="application/json")


def _empty_response() -> Response:
    response = Response(status=200)
    del response.headers["Content-Type"]
    return response
