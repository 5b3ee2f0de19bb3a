"""FHIR JSON as systems really send it, read without stumbling.

One object where FHIR has an array, a number in quotes, a code without its system: all of this arrives. These readers
take what can be taken without doubt and answer None, or nothing, for the rest; they never raise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

Json = Mapping[str, Any]

LARGEST_EXPONENT = 28
"""Beyond this no number is an amount of anything (CQL's decimals end here too), and work on it would have no end."""

_ENDS_IN_TYPE_AND_ID = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]+)?$")


def items(json: Any) -> Sequence[Any]:
    """The members of an array; a lone value is an array of one, and nothing at all an empty one."""
    if json is None:
        return ()
    return json if isinstance(json, list | tuple) else (json,)


def objects(json: Any) -> list[Json]:
    """The objects among `items(json)`."""
    return [member for member in items(json) if isinstance(member, Mapping)]


def first_object(json: Any) -> Json:
    """The object, or the first object of an array; an empty object where there is none."""
    if isinstance(json, Mapping):
        return json
    found = objects(json)
    return found[0] if found else {}


def text(json: Any) -> str:
    """A string without surrounding blanks; empty where there is none."""
    return json.strip() if isinstance(json, str) else ""


def number(json: Any) -> Decimal | None:
    """A number, also when it was sent as a string (`"80"`); None for anything else, booleans included.

    None too for what is not finite, or as large or small as no amount can be (`1e999999`).
    """
    if isinstance(json, bool) or not isinstance(json, Decimal | int | float | str):
        return None
    try:
        value = json if isinstance(json, Decimal) else Decimal(str(json).strip())
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    if value == 0:
        return Decimal(0)
    return value if abs(value.adjusted()) <= LARGEST_EXPONENT else None


def whole_number(json: Any) -> int | None:
    """A number without a fraction, also as `5.0` or `"5"`; None for anything else."""
    value = number(json)
    return int(value) if value is not None and value == value.to_integral_value() else None


def codings(concept: Any) -> list[Json]:
    """The codings of a CodeableConcept; a bare Coding counts as a concept of one."""
    found = first_object(concept)
    if "coding" in found:
        return objects(found["coding"])
    return [found] if "code" in found else []


def extensions(element: Any, url: str) -> list[Json]:
    """The extensions of this element that have this URL."""
    if not isinstance(element, Mapping):
        return []
    return [extension for extension in objects(element.get("extension")) if extension.get("url") == url]


def contained(resource: Json, reference: str) -> Json | None:
    """The contained resource that a reference within this resource (`#id`) names; None when it is not there."""
    members = objects(resource.get("contained")) if reference.startswith("#") else []
    return next((member for member in members if member.get("id") == reference[1:]), None)


def relative_reference(reference: str) -> str | None:
    """`Type/id` of a literal reference, relative or absolute, with or without a version.

    None for contained (`#x`) and `urn:` references, and for whatever else does not end in a type and an id.
    """
    match = _ENDS_IN_TYPE_AND_ID.search(reference)
    return f"{match[1]}/{match[2]}" if match else None
