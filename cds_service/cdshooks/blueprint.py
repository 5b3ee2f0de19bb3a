"""The endpoints of CDS Hooks: discovery, calls and feedback."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g

from cds_service.answering import Answering
from cds_service.auditing import Auditing, OpenCall
from cds_service.limits.calls import SizeLimits
from cds_service.observation.metrics import Metrics
from cds_service.observation.phases import phase
from cds_service.store.database import StoreFailed
from cds_service.store.feedback import FeedbackDesk

from .feedback import Feedback
from .outcome import CallRefused, Issue
from .reading import json_body, read_model, read_object
from .services import Services
from .wire import write_json


def hooks_blueprint(
    services: Services,
    answering: Answering,
    auditing: Auditing,
    feedback: FeedbackDesk,
    limits: SizeLimits,
    metrics: Metrics,
    policy_page: Callable[[], str] = str,
) -> Blueprint:
    """The routes below `/cds-services`. They raise CallRefused, which the application answers.

    The application tells who calls (`g.caller`) and since when (`g.started`). Every call of a service is remembered
    with what it is answered, whatever that is. `policy_page` tells, within a request, the address below which policies
    have pages ("" for none).
    """
    blueprint = Blueprint("cdshooks", __name__, url_prefix="/cds-services")
    discovery = write_json(services.discovery)

    @blueprint.get("")
    def discover() -> Response:
        return Response(discovery, mimetype="application/json")

    @blueprint.post("/<service_id>")
    def call(service_id: str) -> Response:
        services.with_id(service_id)
        g.call = open_call = OpenCall(service_id, g.caller, datetime.datetime.now(datetime.UTC))
        open_call.body = json_body()
        value = read_object(open_call.body)
        limits.check_call(value)
        service, hook_request = services.read_call(service_id, value)
        open_call.request = hook_request
        g.logged.update(service=service.id, hook=hook_request.hook, hook_instance=hook_request.hook_instance)
        open_call.answer = answering.answer(service, hook_request, g.caller, policy_page())
        g.logged.update(open_call.answer.counts)
        answered = time.perf_counter()
        with phase("answer"):
            response = _json_response(open_call.answer.body)
        metrics.call_answered(open_call.answer, time.perf_counter() - answered)
        return response

    @blueprint.after_request
    def remember(response: Response) -> Response:
        if "call" in g:
            auditing.remember(
                g.call, response.status_code, response.get_data(), 1000 * (time.perf_counter() - g.started)
            )
        return response

    @blueprint.post("/<service_id>/feedback")
    def give_feedback(service_id: str) -> Response:
        service = services.with_id(service_id)[0]
        value = read_object(json_body())
        limits.check_feedback(value)
        batch = read_model(Feedback, value)
        g.logged.update(service=service.id, feedback=len(batch.feedback))
        now = datetime.datetime.now(datetime.UTC)
        try:
            feedback.write(batch.feedback, service.id, g.caller.name, received_at=now)
        except StoreFailed as error:
            g.logged.update(store=str(error))
            issue = Issue("transient", "The feedback could not be stored. Please send it again later.")
            raise CallRefused(503, (issue,)) from error
        metrics.feedback_taken(service.id, batch.feedback)
        return _empty_response()

    return blueprint


def _json_response(body: Any) -> Response:
    return Response(write_json(body), mimetype="application/json")


def _empty_response() -> Response:
    response = Response(status=200)
    del response.headers["Content-Type"]
    return response
