"""The route of administration, as one SNOMED CT code a route, whatever code system it was sent in."""

from __future__ import annotations

from collections.abc import Sequence

from cql_like_rules import lenient
from cql_like_rules.cql.values.concept import Code, canonical_coding
from cql_like_rules.lenient import Json

SNOMED = "http://snomed.info/sct"
INTRAVENOUS = Code("47625008", SNOMED, None, "Intravenous route")
SUBCUTANEOUS = Code("34206005", SNOMED, None, "Subcutaneous route")
ORAL = Code("26643006", SNOMED, None, "Oral route")

_V3_SYSTEMS = (
    "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration",
    "http://hl7.org/fhir/v3/RouteOfAdministration",
    "urn:oid:2.16.840.1.113883.5.112",
)
_BY_CODE = {
    (SNOMED, "47625008"): INTRAVENOUS,
    (SNOMED, "418114005"): INTRAVENOUS,  # by a central line
    (SNOMED, "34206005"): SUBCUTANEOUS,
    (SNOMED, "26643006"): ORAL,
}
_BY_V3_CODE = {"IV": INTRAVENOUS, "IVINJ": INTRAVENOUS, "SQ": SUBCUTANEOUS, "PO": ORAL}
_BY_WORD = {
    word: route
    for route, words in {
        INTRAVENOUS: ("iv", "i.v.", "intravenous", "intravenously", "intravenous route"),
        SUBCUTANEOUS: ("sc", "sq", "s.c.", "subq", "subcut", "subcutaneous", "subcutaneously", "subcutaneous route"),
        ORAL: ("po", "p.o.", "oral", "orally", "by mouth", "oral route"),
    }.items()
    for word in words
}


def read_route(instructions: Sequence[Json], problems: list[str], notes: list[str]) -> tuple[Code | None, str]:
    """The route of the instructions and its text.

    Intravenous, subcutaneous and oral are the SNOMED CT codes 47625008, 34206005 and 26643006. Another coded route is
    given as its own code. None when no route is given, when it cannot be told, or when the instructions differ.
    A route that only its text tells is in `notes`.
    """
    found: dict[tuple[str, str], Code] = {}
    text = ""
    for instruction in instructions:
        concept = lenient.first_object(instruction.get("route"))
        if concept:
            text = text or _text(concept)
            route = _known(concept) or _worded(concept, notes) or _other(concept)
            if route is None:
                problems.append(f'The route "{_text(concept)}" is not coded.')
            else:
                found[route.system or "", route.code] = route
    if len(found) > 1:
        problems.append("The dosage instructions have different routes.")
        return None, text
    route = next(iter(found.values()), None)
    return route, (route.display or text) if route is not None else text


def _known(concept: Json) -> Code | None:
    for system, code in _codes(concept):
        known = _BY_V3_CODE.get(code) if system in _V3_SYSTEMS else _BY_CODE.get((system, code))
        if known is not None:
            return known
    return None


def _other(concept: Json) -> Code | None:
    return next((Code(code, system, None, _text(concept) or None) for system, code in _codes(concept)), None)


def _codes(concept: Json) -> list[tuple[str, str]]:
    return [
        canonical_coding(lenient.text(coding.get("system")), lenient.text(coding.get("code")))
        for coding in lenient.codings(concept)
        if coding.get("system") and coding.get("code")
    ]


def _worded(concept: Json, notes: list[str]) -> Code | None:
    route = _BY_WORD.get(_text(concept).casefold())
    if route is not None:
        notes.append(f'The route was read from its text, "{_text(concept)}".')
    return route


def _text(concept: Json) -> str:
    displays = [lenient.text(coding.get("display")) for coding in lenient.codings(concept)]
    return next(filter(None, (lenient.text(concept.get("text")), *displays)), "")
