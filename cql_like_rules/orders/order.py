"""Order: a draft MedicationRequest, read once into what rules and cards need to know of it.

Whatever could not be computed is None, and `problems` says in a prescriber's words why; nothing is ever assumed.
All amounts are System quantities with UCUM units.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime


@dataclass(frozen=True, slots=True)
class Product:
    """What was ordered.

    `concept` holds every code of the order, systems in canonical form, and codes inferred from the text where there
    was no usable code; `by_text` says that only the text told what it is. `name` is what a prescriber calls it
    (brand if known). `concentration` (mass per volume), `strength` (mass per vial, pen or other device) are None
    where the order does not tell; `strength_by_text` says that only the product's text told the strength.
    """

    concept: Concept
    name: str
    by_text: bool = False
    concentration: Quantity | None = None
    strength: Quantity | None = None
    strength_by_text: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often. Counts are None when the order does not tell.

    `per_day` is the largest number of administrations on one calendar day, `per_week` the largest number in any seven
    consecutive days, `interval_days` the days between two administrations (0.5 for every 12 hours),
    `doses` the number of administrations that are ordered in all.
    `cycle_days` are the days of the cycle on which it is given, `cycle_length` the days of a cycle.
    `text` is the schedule in words, for cards ("daily", "every 12 hours", "days 1, 8 and 15 of 28").
    """

    per_day: int | None = None
    per_week: int | None = None
    interval_days: float | None = None
    doses: int | None = None
    cycle_days: tuple[int, ...] = ()
    cycle_length: int | None = None
    text: str = ""


DOCUMENTED, ANSWERED, COMPUTED = "documented", "answered", "Mosteller"
"""How a body measurement came about: charted, answered in a questionnaire, computed from weight and height."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One body measurement that may be used: its value, when it was taken, how old it was on the order's date.

    `sources` are the Observations and QuestionnaireResponses it rests on; `method` is how it came about: `documented`,
    `answered`, or `Mosteller` for a body surface area that was computed.
    """

    value: Quantity
    date: Date | DateTime
    age_in_days: int
    sources: tuple[str, ...]
    method: str = DOCUMENTED

    @property
    def answered(self) -> bool:
        """Whether a clinician answered it in a questionnaire."""
        return self.method == ANSWERED

    @property
    def computed(self) -> bool:
        """Whether it was computed from weight and height."""
        return self.method == COMPUTED


@dataclass(frozen=True, slots=True)
class BodySize:
    """The newest usable weight, height and body surface area.

    A measurement older than the age limit of the settings is in `outdated`, not in its own place, so that a card can
    say how old it is.
    """

    weight: Measurement | None = None
    height: Measurement | None = None
    surface_area: Measurement | None = None
    outdated: Mapping[str, Measurement] | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """One amount three times over: as a mass, per square metre and per kilogram of this patient.

    Units: per administration `mg`, `mg/m2`, `mg/kg`; per day `mg/d`, `mg/m2/d`, `mg/kg/d`; per week `…/wk`
    (`mg` stands for the mass unit of the order: `mg`, `ug`, `g`). Each is None when it cannot be computed.
    """

    mass: Quantity | None = None
    per_m2: Quantity | None = None
    per_kg: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Dosage:
    """What the dosage instructions come to. `as_ordered` is the dose quantity as written (`250 ug/m2`, `2 mL`).

    Of several instructions that state a dose, `parts` are the doses as written with the words of their schedules, in
    the order of the instructions; there is no one `as_ordered` then.
    """

    as_ordered: Quantity | None
    per_administration: Amounts
    per_day: Amounts
    per_week: Amounts
    schedule: Schedule
    route: Code | None
    route_text: str
    first_dose: DateTime | Date | None = None
    parts: tuple[tuple[Quantity | None, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A draft order as rules and cards see it.

    `reference` is `MedicationRequest/<id>`; `resource` the resource exactly as received; `date` the date the order
    was written (`authoredOn`), which is the evaluation date of every age, interval and policy date.
    `continued` says that this renews a therapy (`priorPrescription`), `previous` the dosage of the order it renews,
    `dose_increase` whether this one is higher (None: not known).
    `problems` are the things that could not be read or computed, in a prescriber's words; `notes` are the things that
    were read, but from words instead of codes.
    """

    reference: str
    resource: Mapping[str, Any]
    product: Product
    date: Date | DateTime | None
    dosage: Dosage
    body_size: BodySize
    continued: bool
    previous: Dosage | None
    dose_increase: bool | None
    requested_until: Date | None = None
    partners: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The logical id, without the resource type."""
        return self.reference.rpartition("/")[2]

    @property
    def day(self) -> datetime.date | None:
        """The calendar day of the order; None when the order has no full date."""
        date = self.date
        if date is None or date.day is None:
            return None
        return datetime.date(date.year, date.month or 1, date.day)
