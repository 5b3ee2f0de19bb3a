"""Whether resources are valid FHIR R4, by the models of `fhir.resources`.

For what the service itself produces, for examples and for `check --validate`; never for what clients send, which is
read leniently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cql_like_rules import lenient


def problems_of(resource: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a resource (of a Bundle: with each of its entries), a line each; nothing when it is valid."""
    name = f"{resource.get('resourceType', 'no resourceType')}/{resource.get('id', 'no id')}"
    if resource.get("resourceType") == "Bundle":
        if not isinstance(resource.get("entry", []), list):
            yield f"{name}: entry: Input should be a valid list"
        for entry in lenient.objects(resource.get("entry")):
            yield from problems_of(lenient.first_object(entry.get("resource")))
        return
    try:
        model = get_fhir_model_class(str(resource.get("resourceType")))
    except (KeyError, LookupError, ValueError):
        yield f"{name}: not a FHIR R4 resource type"
        return
    try:
        model.model_validate(dict(resource))
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            yield f"{name}: {'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
