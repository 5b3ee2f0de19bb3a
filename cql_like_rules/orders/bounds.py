"""The bounds of a schedule: from when, until when or how long it is ordered, and until when an order asks."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cql_like_rules import lenient
from cql_like_rules.cql.values.temporal import Date, DateTime
from cql_like_rules.lenient import Json
from cql_like_rules.orders.dates import date_value, day_of, plus, read_time
from cql_like_rules.orders.units import spelled

DAYS = {
    "s": Fraction(1, 86400),
    "min": Fraction(1, 1440),
    "h": Fraction(1, 24),
    "d": Fraction(1),
    "wk": Fraction(7),
    "mo": Fraction(487, 16),
    "a": Fraction(1461, 4),
}
"""Days in a unit of time, as in UCUM: a month is 30.4375 days, a year 365.25."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in a UCUM unit."""

    value: Decimal
    unit: str

    @property
    def days(self) -> Fraction:
        """The same in days."""
        return Fraction(self.value) * DAYS[self.unit]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What `Timing.repeat.bounds[x]` says; all None where it is absent or cannot be read."""

    start: DateTime | None = None
    end: DateTime | None = None
    duration: Duration | None = None

    @property
    def days(self) -> Fraction | None:
        """How many days the schedule runs, first and last day included."""
        if self.duration is not None:
            return self.duration.days
        start, end = day_of(self.start), day_of(self.end)
        return Fraction((end - start).days + 1) if start is not None and end is not None and start <= end else None


def read_bounds(repeat: Json, problems: list[str]) -> Bounds:
    """The bounds of a schedule; of a range of durations the longest. `problems` say what is there but unreadable."""
    period = lenient.first_object(repeat.get("boundsPeriod"))
    longest = lenient.first_object(lenient.first_object(repeat.get("boundsRange")).get("high"))
    bounds = Bounds(
        read_time(period.get("start")),
        read_time(period.get("end")),
        read_duration(lenient.first_object(repeat.get("boundsDuration")) or longest),
    )
    if (period.get("start") and bounds.start is None) or (repeat.get("boundsPeriod") and not period):
        problems.append("The date from which the drug is to be given cannot be read.")
    if period.get("end") and bounds.end is None:
        problems.append("The date until which the drug is to be given cannot be read.")
    if (repeat.get("boundsDuration") or longest) and bounds.duration is None:
        problems.append("How long the drug is to be given cannot be read.")
    return bounds


def read_duration(quantity: Json) -> Duration | None:
    """A FHIR Duration; None without a value or a unit of time."""
    value = lenient.number(quantity.get("value"))
    unit = spelled(lenient.text(quantity.get("code")) or lenient.text(quantity.get("unit")))
    return Duration(value, unit) if value is not None and unit in DAYS else None


def requested_until(resource: Json, bounds: Iterable[Bounds], ordered_on: DateTime | None) -> Date | None:
    """The last day for which an order asks; None when it does not tell.

    The end of its schedule; otherwise its supply for all fills, counted from the day of the order; otherwise the end of
    its validity.
    """
    dispense = lenient.first_object(resource.get("dispenseRequest"))
    start = day_of(ordered_on)
    ends = [end for one in bounds if (end := _end(one, start)) is not None]
    if ends:
        return date_value(max(ends))
    supply = read_duration(lenient.first_object(dispense.get("expectedSupplyDuration")))
    if supply is not None and start is not None:
        fills = 1 + (lenient.whole_number(dispense.get("numberOfRepeatsAllowed")) or 0)
        end = plus(start, supply.value * fills, supply.unit)
        return date_value(end) if end else None
    valid_until = day_of(read_time(lenient.first_object(dispense.get("validityPeriod")).get("end")))
    return date_value(valid_until) if valid_until else None


def _end(bounds: Bounds, ordered_on: datetime.date | None) -> datetime.date | None:
    if bounds.end is not None:
        return day_of(bounds.end)
    start = day_of(bounds.start) or ordered_on
    if bounds.duration is None or start is None:
        return None
    return plus(start, bounds.duration.value, bounds.duration.unit)
