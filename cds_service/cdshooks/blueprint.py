"""The endpoints of CDS Hooks: discovery, calls and feedback."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g

from cds_service.answering import Answering
from cds_service.store.database import StoreFailed
from cds_service.store.feedback import FeedbackTable

from .feedback import Feedback
from .outcome import CallRefused, Issue
from .reading import json_body, read_model, read_object
from .services import Services
from .wire import write_json


def hooks_blueprint(
    services: Services, answering: Answering, feedback: FeedbackTable, policy_page: Callable[[], str] = str
) -> Blueprint:
    """The routes below `/cds-services`. They raise CallRefused, which the application answers.

    `policy_page` tells, within a request, the address below which policies have pages ("" for none).
    """
    blueprint = Blueprint("cdshooks", __name__, url_prefix="/cds-services")
    discovery = write_json(services.discovery)

    @blueprint.get("")
    def discover() -> Response:
        return Response(discovery, mimetype="application/json")

    @blueprint.post("/<service_id>")
    def call(service_id: str) -> Response:
        services.with_id(service_id)
        service, hook_request = services.read_call(service_id, json_body())
        g.logged.update(service=service.id, hook=hook_request.hook, hook_instance=hook_request.hook_instance)
        answer = answering.answer(service, hook_request, policy_page=policy_page())
        g.logged.update(answer.counts)
        return _json_response(answer.body)

    @blueprint.post("/<service_id>/feedback")
    def give_feedback(service_id: str) -> Response:
        service = services.with_id(service_id)[0]
        batch = read_model(Feedback, read_object(json_body()))
        g.logged.update(service=service.id, feedback=len(batch.feedback))
        try:
            feedback.write(batch.feedback, service.id, client="", received_at=datetime.datetime.now(datetime.UTC))
        except StoreFailed as error:
            g.logged.update(store=str(error))
            issue = Issue("transient", "The feedback could not be stored. Please send it again later.")
            raise CallRefused(503, (issue,)) from error
        return _empty_response()

    return blueprint


def _json_response(body: Any) -> Response:
    return Response(write_json(body), mimetype="application/json")


def _empty_response() -> Response:
    response = Response(status=200)
    del response.headers["Content-Type"]
    return response
