"""The endpoint `/openapi.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flask import Blueprint, Response

from cds_service.cdshooks.wire import write_json


def openapi_blueprint(document: Callable[[], Mapping[str, Any]]) -> Blueprint:
    """The route that serves a description, which is made when it is first asked for."""
    blueprint = Blueprint("openapi", __name__)

    @cache
    def body() -> bytes:
        return write_json(document())

    @blueprint.get("/openapi.json")
    def describe() -> Response:
        return Response(body(), mimetype="application/json")

    return blueprint
