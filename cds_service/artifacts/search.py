"""Searching artifacts by what they tell of themselves.

Source: FHIR R4, Search: string, token and uri parameters, `:exact` and `:contains`, commas between alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from cds_service.artifacts.collection import Artifact
from cds_service.cdshooks.outcome import refused
from cds_service.cdshooks.wire import read_json

PARAMETERS = {"_id": "token", "name": "string", "status": "token", "title": "string", "url": "uri", "version": "token"}
"""The search parameters of every type, each with its type."""

_COMMA = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\([,$|\\])")

Test = Callable[[Artifact, str], bool]
Given = tuple[str, str]


def used(parameters: Iterable[Given]) -> list[Given]:
    """Those of the given parameters that are searched by; others are passed over, as FHIR wants it.

    Raises CallRefused with 400 for a modifier that is not supported.
    """
    known = [(name, value) for name, value in parameters if name.partition(":")[0] in PARAMETERS and value]
    for name, _ in known:
        if name not in _TESTS:
            raise refused(400, "not-supported", "A search parameter has a modifier that is not supported.")
    return known


def found(artifacts: Iterable[Artifact], searched: Sequence[Given]) -> list[Artifact]:
    """The artifacts that every parameter (of `used`) finds, in the order given."""
    return [artifact for artifact in artifacts if all(_finds(artifact, *parameter) for parameter in searched)]


def searchset(base: str, searched: Sequence[Given], artifacts: Sequence[Artifact]) -> dict[str, Any]:
    """The Bundle of what was found. `base` is the absolute address of the type."""
    query = f"?{urlencode(searched)}" if searched else ""
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(artifacts),
        "link": [{"relation": "self", "url": f"{base}{query}"}],
    }
    if artifacts:
        bundle["entry"] = [
            {"fullUrl": f"{base}/{each.id}", "resource": read_json(each.body), "search": {"mode": "match"}}
            for each in artifacts
        ]
    return bundle


def _finds(artifact: Artifact, name: str, value: str) -> bool:
    test = _TESTS[name]
    return any(test(artifact, _ESCAPED.sub(r"\1", each)) for each in _COMMA.split(value) if each)


def _is_address(artifact: Artifact, value: str) -> bool:
    # `url|version` is a canonical, not a uri, but clients paste it as they found it.
    return value in (artifact.url, f"{artifact.url}|{artifact.version}")


_TESTS: dict[str, Test] = {
    "_id": lambda artifact, value: artifact.id == value,
    "status": lambda artifact, value: artifact.status == value,
    "url": _is_address,
    "version": lambda artifact, value: artifact.version == value,
    "name": lambda artifact, value: artifact.name.casefold().startswith(value.casefold()),
    "name:contains": lambda artifact, value: value.casefold() in artifact.name.casefold(),
    "name:exact": lambda artifact, value: artifact.name == value,
    "title": lambda artifact, value: artifact.title.casefold().startswith(value.casefold()),
    "title:contains": lambda artifact, value: value.casefold() in artifact.title.casefold(),
    "title:exact": lambda artifact, value: artifact.title == value,
}
