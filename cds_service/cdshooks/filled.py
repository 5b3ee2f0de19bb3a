"""What is answered holds neither null nor empty members (CDS Hooks 2.0, "Use of JSON")."""

from __future__ import annotations

from typing import Any


def filled(value: Any) -> Any:
    """The value without members that are null or empty, at any depth.

    FHIR resources are left exactly as they are: they may be echoes of what was received, and FHIR has its own rules.
    """
    if isinstance(value, dict):
        if "resourceType" in value:
            return value
        members = ((name, filled(member)) for name, member in value.items())
        return {name: member for name, member in members if not _is_empty(member)}
    if isinstance(value, list | tuple):
        return [member for member in map(filled, value) if not _is_empty(member)]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)
