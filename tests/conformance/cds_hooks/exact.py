"""JSON read so that nothing of it is lost: every number as the text that it was written with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written: `7.50` is not `7.5`."""

    text: str


def read_exactly(body: bytes) -> Any:
    """The value; numbers are Numbers, so that an echo can be compared digit by digit."""
    return json.loads(body, parse_float=Number, parse_int=Number)


def exact(value: Any) -> Any:
    """A value as it is read back once it was sent."""
    return read_exactly(json.dumps(value).encode())


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """The places where two values differ, in any detail but the order of members."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *(name for name in other if name not in one)]:
            where = f"{place}.{name}" if place else name
            if name not in one or name not in other:
                yield where
            else:
                yield from differences(one[name], other[name], where)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{place}[{number}]")
    elif one != other or type(one) is not type(other):
        yield place


def blanks(value: Any, place: str = "") -> Iterator[str]:
    """The places of everything that is null, empty or only white space, at any depth."""
    if isinstance(value, dict):
        for name, member in value.items():
            where = f"{place}.{name}" if place else name
            if _is_blank(member):
                yield where
            yield from blanks(member, where)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            if _is_blank(member):
                yield f"{place}[{number}]"
            yield from blanks(member, f"{place}[{number}]")


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


def resources_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every FHIR resource in a value, those inside others too."""
    if isinstance(value, dict):
        if "resourceType" in value:
            yield value
        for member in value.values():
            yield from resources_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from resources_in(member)
