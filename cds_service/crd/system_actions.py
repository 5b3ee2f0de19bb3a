"""The system action that notes coverage-information on an order (CRD 2.2.1, cards.md, "Coverage Information")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cql_like_rules import lenient

from .assertions import Assertion
from .coverage_information import Extension, is_about, is_ours, says_the_same

Action = dict[str, Any]

_VERDICTS = {
    "not-covered": "not covered",
    "conditional": "not known here",
    "indeterminate": "could not be determined",
    "auth-needed": "prior authorization needed",
    "satisfied": "authorized",
}


def update_of(
    order: Mapping[str, Any], reference: str, coverage: str, extension: Extension, client: Sequence[str]
) -> dict[str, Any] | None:
    """The order exactly as it was received, with the extension in place of what it said of this coverage before.

    `reference` names the order, `client` is where its id belongs. All other extensions stay, those on other coverages
    included. None when the order says the same already (resp-35), and when what somebody else said of the coverage
    stands: an authorization, and anything where nothing is known here.
    """
    present = list(lenient.items(order.get("extension")))
    places = [number for number, each in enumerate(present) if is_about(each, coverage)]
    said = [present[place] for place in places]
    if len(said) == 1 and says_the_same(said[0], extension):
        return None
    if any(_stands(each, extension) and not is_ours(each, reference, client) for each in said):
        return None
    place = places[0] if places else len(present)
    kept = [each for number, each in enumerate(present) if number not in places]
    return {**order, "extension": [*kept[:place], extension, *kept[place:]]}


def _stands(said: Mapping[str, Any], extension: Extension) -> bool:
    """Whether what another said of the coverage stays beside what is known here."""
    covered = _codes(extension, "covered")
    if covered & {"conditional", "indeterminate"}:
        return True
    return "satisfied" in _codes(said, "pa-needed") and "not-covered" not in covered


def _codes(extension: Mapping[str, Any], url: str) -> set[str]:
    return {lenient.text(part.get("valueCode")) for part in lenient.extensions(extension, url)}


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
