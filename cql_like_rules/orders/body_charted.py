"""Weights, heights and body surface areas as a record holds them: measured, or answered in a questionnaire.

Nothing is judged here: values and units are as sent, also where they make no sense (see `body_size`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cql_like_rules import lenient
from cql_like_rules.cql.values.concept import canonical_coding
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.element import Element
from cql_like_rules.lenient import Json
from cql_like_rules.orders.dates import read_time
from cql_like_rules.record import Record

_LOINC = "http://loinc.org"
_KINDS = {
    "29463-7": "weight",
    "3141-9": "weight",
    "8302-2": "height",
    "8277-6": "surface_area",
    "3140-1": "surface_area",
}
CODES = tuple(_KINDS)
"""The LOINC codes of the observations that are read."""
UNITS = {"weight": "kg", "height": "cm", "surface_area": "m2"}
"""The kinds of body size, with the unit that each is computed in."""
_FACETS = {"weight": "weight", "height": "height", "bodySurfaceArea": "surface_area"}
_USABLE_STATUS = frozenset({"", "final", "amended", "corrected"})
_COMPLETED = frozenset({"completed", "amended"})
_TIMES = ("effectiveDateTime", "effectiveInstant", "issued")


@dataclass(frozen=True, slots=True)
class Charted:
    """A body size as it was charted: a Quantity as sent, its time, where it stands, and whether it was answered.

    `time` is None where it is missing or cannot be read. That of an answer is when the questionnaire was answered.
    """

    kind: str
    quantity: Json
    time: DateTime | None
    reference: str
    answered: bool = False


def charted_sizes(record: Record) -> list[Charted]:
    """Every body size of the record, the newest first.

    Of one day, what was measured stands before what was answered; of one time, they stand as in the record.
    """
    found = [*_measured(record.retrieve("Observation")), *_answered(record.retrieve("QuestionnaireResponse"))]
    return sorted(found, key=_newness, reverse=True)


def _newness(charted: Charted) -> tuple[str, bool, str]:
    time = "" if charted.time is None else str(charted.time)
    return time.partition("T")[0], not charted.answered, time


def _measured(observations: Iterable[Element]) -> Iterator[Charted]:
    for observation in observations:
        json = observation.json
        if lenient.text(json.get("status")) in _USABLE_STATUS:
            for part in (json, *lenient.objects(json.get("component"))):
                kind = _kind(part)
                if kind:
                    quantity = lenient.first_object(part.get("valueQuantity"))
                    yield Charted(kind, quantity, _time(json), observation.reference)


def _kind(part: Json) -> str | None:
    for coding in lenient.codings(part.get("code")):
        code = lenient.text(coding.get("code"))
        if code in _KINDS and canonical_coding(lenient.text(coding.get("system")), code)[0] == _LOINC:
            return _KINDS[code]
    return None


def _time(observation: Json) -> DateTime | None:
    period = lenient.first_object(observation.get("effectivePeriod"))
    written = [observation.get(key) for key in _TIMES[:2]] + [period.get("end"), period.get("start")]
    return next((time for json in (*written, observation.get(_TIMES[2])) if (time := read_time(json))), None)


def _answered(responses: Iterable[Element]) -> Iterator[Charted]:
    """The answers to `<criterion>#weight`, `#height` and `#bodySurfaceArea` of completed questionnaires."""
    for response in responses:
        json = response.json
        if lenient.text(json.get("status")) in _COMPLETED:
            for item in _items(json):
                criterion, _, facet = lenient.text(item.get("linkId")).rpartition("#")
                kind = _FACETS.get(facet) if criterion else None
                answers = lenient.objects(item.get("answer"))
                if kind and answers:
                    quantity = _quantity(answers, UNITS[kind])
                    yield Charted(kind, quantity, read_time(json.get("authored")), response.reference, answered=True)


def _items(response: Json) -> Iterator[Json]:
    """The items at any depth, below other items and below answers, in the order of the questionnaire."""
    waiting = lenient.objects(response.get("item"))[::-1]
    while waiting:
        item = waiting.pop()
        yield item
        below = [item, *lenient.objects(item.get("answer"))]
        waiting += [child for each in below for child in lenient.objects(each.get("item"))][::-1]


def _quantity(answers: list[Json], unit: str) -> Json:
    """The one answer as a Quantity, a plain number being of this unit; without a value for several or for no amount."""
    if len(answers) > 1:
        return {}
    (answer,) = answers
    if "valueQuantity" in answer:
        return lenient.first_object(answer["valueQuantity"])
    return {"value": answer.get("valueDecimal", answer.get("valueInteger")), "unit": unit}
