"""The project's own code systems, as FHIR CodeSystems. Source: FHIR R4, CodeSystem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cds_service.cards import overrides


def override_reasons() -> dict[str, Any]:
    """The reasons that cards offer to override them."""
    return code_system(
        overrides.SYSTEM, "OverrideReason", "Why a prescriber decided otherwise than a card advised", overrides.REASONS
    )


def code_system(url: str, name: str, title: str, displays: Mapping[str, str]) -> dict[str, Any]:
    """A complete CodeSystem of these codes; its id is the last part of the address."""
    return {
        "resourceType": "CodeSystem",
        "id": url.rpartition("/")[2],
        "url": url,
        "name": name,
        "title": title,
        "status": "active",
        "caseSensitive": True,
        "content": "complete",
        "count": len(displays),
        "concept": [{"code": code, "display": display} for code, display in displays.items()],
    }
