"""The endpoints below `/fhir`: what is offered, reading and searching artifacts. All answers are FHIR."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from cds_service.artifacts.capability import capability_statement
from cds_service.artifacts.collection import Artifacts
from cds_service.artifacts.negotiation import media_type
from cds_service.artifacts.search import found, searchset, used
from cds_service.cdshooks.outcome import refused
from cds_service.cdshooks.wire import write_json

_SECONDS_KEPT = 300
"""How long a client may use what it has without asking again; then it asks with the ETag."""


def fhir_blueprint(artifacts: Artifacts) -> Blueprint:
    """The routes below `/fhir`. They raise CallRefused, which the application answers."""
    blueprint = Blueprint("fhir", __name__, url_prefix="/fhir")
    offered = write_json(capability_statement(artifacts.types))

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
        base = url_for("fhir.search", type_name=type_name, _external=True)
        return _answer(write_json(searchset(base, searched, found(artifacts.of_type(type_name), searched))))

    return blueprint


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
