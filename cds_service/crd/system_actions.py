"""The system action that notes coverage-information on an order (CRD 2.2.1, cards.md, "Coverage Information")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cql_like_rules import lenient

from .assertions import Assertion
from .coverage_information import Extension, is_about, says_the_same

Action = dict[str, Any]

_VERDICTS = {
    "not-covered": "not covered",
    "conditional": "not known here",
    "indeterminate": "could not be determined",
    "auth-needed": "prior authorization needed",
    "satisfied": "authorized",
}


def update_of(order: Mapping[str, Any], coverage: str, extension: Extension) -> dict[str, Any] | None:
    """The order exactly as it was received, with the extension in place of what it said of this coverage before.

    All other extensions stay, those on other coverages included. None when it says the same already (resp-35).
    """
    present = list(lenient.items(order.get("extension")))
    mine = [number for number, each in enumerate(present) if is_about(each, coverage)]
    if len(mine) == 1 and says_the_same(present[mine[0]], extension):
        return None
    place = mine[0] if mine else len(present)
    kept = [each for number, each in enumerate(present) if number not in mine]
    return {**order, "extension": [*kept[:place], extension, *kept[place:]]}


def coverage_action(resource: Mapping[str, Any], assertion: Assertion, name: str) -> Action:
    """The system action of CDS Hooks for an updated order; `name` is what was ordered, "" when it has none."""
    told = [_VERDICTS[assertion.pa_needed or assertion.covered]]
    if assertion.doc_needed:
        told.append("documentation needed")
    about = f" for {name}" if name else ""
    return {
        "type": "update",
        "description": f"Coverage information{about}: {', '.join(told)}",
        "resource": resource,
    }
