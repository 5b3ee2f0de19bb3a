"""Body size: the weight, height and body surface area that a dose may be computed with.

The newest measurement counts, as charted: units are converted exactly and nothing is rounded. A body surface area is
the newest documented one, or computed from the newest weight and height (Mosteller, N Engl J Med 1987;317:1098),
whichever is newer; documented on the same day.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from cql_like_rules import lenient
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.concept import canonical_coding
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.element import Element
from cql_like_rules.lenient import Json
from cql_like_rules.orders.dates import earliest_day, read_time
from cql_like_rules.orders.order import BodySize, Measurement
from cql_like_rules.orders.settings import OrderSettings
from cql_like_rules.orders.units import unit_of
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
_UNITS = {"weight": "kg", "height": "cm", "surface_area": "m2"}
_NAMES = {"weight": "weight", "height": "height", "surface_area": "body surface area"}
_USABLE_STATUS = frozenset({"", "final", "amended", "corrected"})
_TIMES = ("effectiveDateTime", "effectiveInstant", "issued")


@dataclass(frozen=True, slots=True)
class _Charted:
    """A measurement as it was charted: value and unit as sent, the time it was taken, and where it stands."""

    kind: str
    quantity: Json
    time: DateTime | None
    reference: str


def read_body_size(
    record: Record, ordered_on: datetime.date | None, settings: OrderSettings, problems: list[str]
) -> BodySize:
    """The newest usable measurements on the day of the order; all None when that day is not known.

    What is older than the age limit is in `outdated`. A newest measurement that cannot be used (no unit, no value,
    zero or less, outside the plausible range) is passed over, and `problems` say so.
    """
    if ordered_on is None:
        return BodySize()
    newest: dict[str, Measurement] = {}
    for charted in sorted(_charted(record.retrieve("Observation")), key=_day, reverse=True):
        if charted.kind not in newest:
            measurement = _measurement(charted, ordered_on, settings, problems)
            if measurement is not None:
                newest[charted.kind] = measurement
    limit = settings.body_size_age_days
    current = {kind: found for kind, found in newest.items() if found.age_in_days <= limit}
    outdated = {kind: found for kind, found in newest.items() if found.age_in_days > limit}
    surface_area = _surface_area(current)
    if surface_area is None and (old := _surface_area(outdated)) is not None:
        outdated["surface_area"] = old
    return BodySize(current.get("weight"), current.get("height"), surface_area, outdated)


def mosteller(weight: Measurement, height: Measurement) -> Measurement:
    """The body surface area √(kg · cm / 3600) in m², as of the newer of the two measurements."""
    newer = min((weight, height), key=lambda measurement: measurement.age_in_days)
    area = (weight.value.value * height.value.value / 3600).sqrt()
    sources = tuple(dict.fromkeys((*weight.sources, *height.sources)))
    return Measurement(Quantity(area, "m2"), newer.date, newer.age_in_days, sources, "Mosteller")


def _surface_area(measurements: Mapping[str, Measurement]) -> Measurement | None:
    documented = measurements.get("surface_area")
    weight, height = measurements.get("weight"), measurements.get("height")
    computed = mosteller(weight, height) if weight is not None and height is not None else None
    if documented is None or computed is None:
        return documented or computed
    return computed if computed.age_in_days < documented.age_in_days else documented


def _charted(observations: Iterable[Element]) -> Iterator[_Charted]:
    for observation in observations:
        json = observation.json
        if lenient.text(json.get("status")) in _USABLE_STATUS:
            for part in (json, *lenient.objects(json.get("component"))):
                kind = _kind(part)
                if kind:
                    quantity = lenient.first_object(part.get("valueQuantity"))
                    yield _Charted(kind, quantity, _time(json), observation.reference)


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


def _day(charted: _Charted) -> str:
    return "" if charted.time is None else str(charted.time)


def _measurement(
    charted: _Charted, ordered_on: datetime.date, settings: OrderSettings, problems: list[str]
) -> Measurement | None:
    name = f"The {_NAMES[charted.kind]} ({charted.reference})"
    if charted.time is None:
        problems.append(f"{name} has no date.")
        return None
    taken_on = earliest_day(charted.time)
    if taken_on > ordered_on:
        return None
    value = lenient.number(charted.quantity.get("value"))
    unit = unit_of(charted.quantity)
    if value is None or charted.quantity.get("comparator"):
        problems.append(f"{name} has no exact value.")
        return None
    converted = ucum.convert(value, unit, _UNITS[charted.kind]) if unit else None
    if converted is None:
        problems.append(f"{name} has no unit that fits: {value:f} {unit}".rstrip() + ".")
        return None
    low, high = _plausible(settings)[charted.kind]
    if not low <= converted <= high:
        problems.append(f"{name} is implausible: {value:f} {unit}.")
        return None
    age = (ordered_on - taken_on).days
    return Measurement(Quantity(converted, _UNITS[charted.kind]), charted.time, age, (charted.reference,))


def _plausible(settings: OrderSettings) -> Mapping[str, tuple[Decimal, Decimal]]:
    return {
        "weight": settings.plausible_weight_kg,
        "height": settings.plausible_height_cm,
        "surface_area": settings.plausible_surface_area_m2,
    }
