"""From the bytes of a request to a model; every problem is named at once, and nothing of the request is repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from .outcome import CallRefused, Issue, refused
from .wire import NotJson, read_json

Model = TypeVar("Model", bound=BaseModel)

_JSON_TYPES = frozenset({"", "application/json", "application/fhir+json"})


def json_body() -> bytes:
    """The body of the request that is being answered.

    Raises CallRefused with 415 when its type or encoding says that it is not plain JSON.
    """
    if request.mimetype not in _JSON_TYPES:
        raise refused(415, "not-supported", "The content type must be application/json.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise refused(415, "not-supported", "The body must not be compressed.")
    return request.get_data(cache=False)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a request body. Raises CallRefused with 400 when it is none."""
    try:
        value = read_json(body)
    except NotJson as error:
        raise refused(400, "structure", f"The body is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise refused(400, "structure", "The body is not a JSON object.")
    return value


def read_model(model: type[Model], value: Mapping[str, Any]) -> Model:
    """The value as a model. Raises CallRefused with 400 and all problems when it is not one."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        issues = [_issue(dict(problem)) for problem in error.errors(include_url=False, include_input=False)]
        raise CallRefused(400, issues) from None


def _issue(problem: dict[str, Any]) -> Issue:
    place = _place(problem["loc"])
    if problem["type"] == "missing":
        return Issue("required", f"{place} is missing.", place)
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return Issue("value", f"{place} {message}." if place else f"{message}.", place)


def _place(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path
