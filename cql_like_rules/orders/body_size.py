"""Body size: the weight, height and body surface area that a dose may be computed with.

The newest measurement counts, as charted: units are converted exactly and nothing is rounded. What was answered in a
questionnaire counts as measured on the day of the answer, but not against a measurement of that day. A body surface
area is the newest documented one, or computed from the newest weight and height (Mosteller, N Engl J Med
1987;317:1098), whichever is newer; documented on the same day.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from cql_like_rules import lenient
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.orders.body_charted import UNITS, Charted, charted_sizes
from cql_like_rules.orders.dates import earliest_day
from cql_like_rules.orders.order import ANSWERED, COMPUTED, DOCUMENTED, BodySize, Measurement
from cql_like_rules.orders.settings import OrderSettings
from cql_like_rules.orders.units import unit_of
from cql_like_rules.record import Record

_NAMES = {"weight": "weight", "height": "height", "surface_area": "body surface area"}


def read_body_size(
    record: Record, ordered_on: datetime.date | None, settings: OrderSettings, problems: list[str]
) -> BodySize:
    """The newest usable measurements on the day of the order; all None when that day is not known.

    What is older than the age limit is in `outdated`. A newest measurement that cannot be used (no unit, no value,
    zero or less, outside the plausible range) is passed over, and `problems` say so; they also say when the only
    answer for a size was given after the day of the order.
    """
    if ordered_on is None:
        return BodySize()
    newest: dict[str, Measurement] = {}
    sizes = charted_sizes(record)
    for charted in sizes:
        if charted.kind not in newest:
            measurement = _measurement(charted, ordered_on, settings, problems)
            if measurement is not None:
                newest[charted.kind] = measurement
    problems += _answered_too_late(sizes, newest, ordered_on)
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
    return Measurement(Quantity(area, "m2"), newer.date, newer.age_in_days, sources, COMPUTED)


def _surface_area(measurements: Mapping[str, Measurement]) -> Measurement | None:
    documented = measurements.get("surface_area")
    weight, height = measurements.get("weight"), measurements.get("height")
    if weight is None or height is None:
        return documented
    computed = mosteller(weight, height)
    if documented is None or computed.age_in_days < documented.age_in_days:
        return computed
    is_of_one_day = computed.age_in_days == documented.age_in_days
    only_documented_is_answered = documented.answered and not (weight.answered or height.answered)
    return computed if is_of_one_day and only_documented_is_answered else documented


def _answered_too_late(
    sizes: Sequence[Charted], found: Mapping[str, Measurement], ordered_on: datetime.date
) -> Iterator[str]:
    for charted in sizes:
        if charted.answered and charted.kind not in found and charted.time and earliest_day(charted.time) > ordered_on:
            yield f"{_name(charted)} was answered after the date of the order, and does not count for it."


def _name(charted: Charted) -> str:
    return f"The {_NAMES[charted.kind]} ({charted.reference})"


def _measurement(
    charted: Charted, ordered_on: datetime.date, settings: OrderSettings, problems: list[str]
) -> Measurement | None:
    name = _name(charted)
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
    converted = ucum.convert(value, unit, UNITS[charted.kind]) if unit else None
    if converted is None:
        problems.append(f"{name} has no unit that fits: {value:f} {unit}".rstrip() + ".")
        return None
    low, high = _plausible(settings)[charted.kind]
    if not low <= converted <= high:
        problems.append(f"{name} is implausible: {value:f} {unit}.")
        return None
    age = (ordered_on - taken_on).days
    method = ANSWERED if charted.answered else DOCUMENTED
    return Measurement(Quantity(converted, UNITS[charted.kind]), charted.time, age, (charted.reference,), method)


def _plausible(settings: OrderSettings) -> Mapping[str, tuple[Decimal, Decimal]]:
    return {
        "weight": settings.plausible_weight_kg,
        "height": settings.plausible_height_cm,
        "surface_area": settings.plausible_surface_area_m2,
    }
