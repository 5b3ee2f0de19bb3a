"""The endpoints below `/fhir`: what is offered, reading and searching artifacts, and the package of a Questionnaire.

All answers are FHIR.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from cds_service.artifacts.capability import capability_statement
from cds_service.artifacts.collection import Artifacts
from cds_service.artifacts.negotiation import media_type
from cds_service.artifacts.search import found, searchset, used
from cds_service.cdshooks.outcome import refused
from cds_service.cdshooks.reading import json_body, read_object
from cds_service.cdshooks.wire import write_json
from cds_service.limits.calls import SizeLimits

_SECONDS_KEPT = 300
"""How long a client may use what it has without asking again; then it asks with the ETag."""


_PACKAGE = "$questionnaire-package"

Operation = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""An operation of FHIR: Parameters in, a resource out. Raises CallRefused."""


def fhir_blueprint(
    artifacts: Artifacts, base: Callable[[], str], limits: SizeLimits, package: Operation | None = None
) -> Blueprint:
    """The routes below `/fhir`. They raise CallRefused, which the application answers.

    `base` tells, within a request, the address of the service; `package` is the operation of Da Vinci DTR that gives a
    Questionnaire with all that it needs (None: it is not offered).
    """
    blueprint = Blueprint("fhir", __name__, url_prefix="/fhir")
    offered = write_json(capability_statement(artifacts.types, packages=package is not None))

    @blueprint.get("/metadata")
    def metadata() -> Response:
        return _answer(offered)

    @blueprint.get("/<type_name>/<identity>")
    def read(type_name: str, identity: str) -> Response:
        _known(artifacts, type_name)
        artifact = artifacts.read(type_name, identity)
        if artifact is None:
            raise refused(404, "not-found", f"There is no {type_name} with this id; /fhir/{type_name} lists them.")
        return _answer(artifact.body)

    @blueprint.get("/<type_name>")
    def search(type_name: str) -> Response:
        _known(artifacts, type_name)
        searched = used(request.args.items(multi=True))
        address = f"{base()}{blueprint.url_prefix}/{type_name}"
        return _answer(write_json(searchset(address, searched, found(artifacts.of_type(type_name), searched))))

    if package is not None:
        _add_package(blueprint, package, limits)
    return blueprint


def _add_package(blueprint: Blueprint, package: Operation, limits: SizeLimits) -> None:
    @blueprint.post(f"/{_PACKAGE}")
    @blueprint.post(f"/Questionnaire/{_PACKAGE}")
    def questionnaire_package() -> Response:
        mimetype = media_type(request)
        parameters = read_object(json_body())
        limits.check_parameters(parameters)
        return Response(write_json(package(parameters)), mimetype=mimetype)

    @blueprint.get(f"/{_PACKAGE}")
    @blueprint.get(f"/Questionnaire/{_PACKAGE}")
    def questionnaire_package_by_get() -> Response:
        # Else its name would be taken for the id of a resource, or for a type.
        raise MethodNotAllowed(valid_methods=["POST", "OPTIONS"])


def _known(artifacts: Artifacts, type_name: str) -> None:
    if type_name not in artifacts.types:
        raise refused(404, "not-supported", "There is nothing of this type; /fhir/metadata lists the types.")


def _answer(body: bytes) -> Response:
    """The body, or 304 when the client has it already. Raises CallRefused with 406 when the client takes no JSON."""
    response = Response(body, mimetype=media_type(request))
    response.vary.add("Accept")
    response.cache_control.public = True
    response.cache_control.max_age = _SECONDS_KEPT
    response.add_etag()
    response.make_conditional(request)
    return response
