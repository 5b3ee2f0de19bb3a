"""Which form of a resource a client asks for: JSON is the only one here.

Source: FHIR R4, RESTful API, Content Types and Encodings.
"""

from __future__ import annotations

from flask import Request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_options_header

from cds_service.cdshooks.outcome import CONTENT_TYPE, refused

_OFFERED = (CONTENT_TYPE, "application/json")
_FORMATS = {"json": CONTENT_TYPE, "text/json": CONTENT_TYPE} | {offered: offered for offered in _OFFERED}
_FHIR_VERSION = "4.0"


def media_type(request: Request) -> str:
    """The type to answer with, as `_format` or the Accept header wants it.

    Raises CallRefused with 406 when the client takes no JSON, or another version of FHIR only.
    """
    # A plus sign that was not encoded arrives as a blank.
    asked = request.args.get("_format", "").strip().lower().replace(" ", "+")
    if asked:
        found = _FORMATS.get(parse_options_header(asked)[0])
    elif request.accept_mimetypes.provided:
        found = _acceptable(request.accept_mimetypes).best_match(_OFFERED)
    else:
        found = CONTENT_TYPE
    if found is None:
        raise refused(406, "not-supported", "Resources come as JSON only: application/fhir+json, in FHIR R4.")
    return found


def _acceptable(accepted: MIMEAccept) -> MIMEAccept:
    """What the client accepts without parameters, and without what is for another version of FHIR."""
    types = ((*parse_options_header(value), quality) for value, quality in accepted)
    return MIMEAccept(
        [
            (type_, quality)
            for type_, options, quality in types
            if options.get("fhirversion", _FHIR_VERSION) == _FHIR_VERSION
        ]
    )
