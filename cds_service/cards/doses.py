"""The dose that repairs an order: the highest that keeps the limit, or the recommended one, as it was ordered."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.determination import DoseLimit
from cql_like_rules.orders.order import Order

from .amounts import DoseUnit, rounded_down
from .body_size import is_counted

_WHOLE = frozenset({"{pen}", "{device}", "{syringe}", "{tablet}", "{capsule}"})
_USED_IN_PART = frozenset({"{vial}", "{ampule}"})

# `DoseLimit.ordered` has eight decimal places, so two ways to one dose differ a little. Administrations that are not
# all equal make a difference of several percent.
_ROUNDING_NOISE = Fraction(1, 1000)


def repaired_dose(order: Order, dose: DoseLimit, orderable: Sequence[Quantity] = ()) -> Quantity | None:
    """The largest single dose with which the order keeps the limit, in the unit of the order.

    An order per m² or kg gets the limit itself, where that has the same basis; any other the patient's maximum,
    rounded down. An order below the recommended dose is raised to it. An order per m² or kg of a body size that the
    policy counts otherwise than measured gets the mass, and so does one in vials, which are not all used up. Pens and
    tablets stay whole. Where the product gives certain doses only (`orderable`), it is the largest of these. None when
    it cannot be computed, when nothing measurable is left, or when the order keeps the limit already.
    """
    written = order.dosage.as_ordered
    if written is None or written.value <= 0 or written.unit in ("", "1"):
        return None
    by_ratio = _scaled(written, dose)
    if by_ratio is None or (by_ratio <= written.value if dose.fallen_short else by_ratio >= written.value):
        return None
    times = _administrations(order, dose)
    if written.unit in _WHOLE:
        return _whole(by_ratio, written, dose)
    if orderable:
        return _orderable(order, dose, times, orderable)
    if written.unit in _USED_IN_PART or (is_counted(order.body_size, dose) and DoseUnit.of(written.unit).basis):
        return _as_mass(order, dose, times)
    if written.unit[0] in "{[":
        return None
    direct = _on_same_basis(written.unit, dose.limit, times)
    if direct is not None:
        return _confirmed(direct, by_ratio, written, dose, exact=True)
    direct = _by_mass(order, written, dose, times)
    return _confirmed(by_ratio if direct is None else direct, by_ratio, written, dose, exact=False)


def _whole(by_ratio: Fraction, written: Quantity, dose: DoseLimit) -> Quantity | None:
    number = Decimal(int(by_ratio))
    return Quantity(number, written.unit) if number > 0 and _repairs(number, written, dose) else None


def _orderable(order: Order, dose: DoseLimit, times: int | None, orderable: Sequence[Quantity]) -> Quantity | None:
    """The largest of the doses that the product gives and the limit allows, as a mass."""
    highest = _as_mass(order, dose, times, exact=True)
    ordered = order.dosage.per_administration.mass
    if highest is None or ordered is None:
        return None
    in_unit = {ucum.convert(each.value, each.unit, highest.unit) for each in orderable}
    fitting = [value for value in in_unit if value is not None and value <= highest.value]
    largest = max(fitting, default=None)
    return Quantity(largest, highest.unit) if largest is not None and _repairs(largest, ordered, dose) else None


def strength_that_fits(order: Order, dose: DoseLimit, orderable: Sequence[Quantity]) -> Quantity | None:
    """For an order in pens or tablets of a strength that is too high: the highest of the product that is not."""
    written = order.dosage.as_ordered
    if written is None or written.unit not in _WHOLE:
        return None
    return _orderable(order, dose, _administrations(order, dose), orderable)


def _repairs(value: Decimal, written: Quantity, dose: DoseLimit) -> bool:
    return value > written.value if dose.fallen_short else value < written.value


def _scaled(written: Quantity, dose: DoseLimit) -> Fraction | None:
    """The dose scaled by limit over ordered: right for every unit, as the whole order scales with its one dose."""
    if dose.ordered is None or dose.ordered.value <= 0:
        return None
    limit = ucum.convert(dose.limit.value, dose.limit.unit, dose.ordered.unit)
    if limit is None:
        return None
    return Fraction(written.value) * Fraction(limit) / Fraction(dose.ordered.value)


def _as_mass(order: Order, dose: DoseLimit, times: int | None, *, exact: bool = False) -> Quantity | None:
    """The patient's maximum as a mass: what is written per m² would be multiplied with another body size."""
    mass = order.dosage.per_administration.mass
    if dose.absolute is None or mass is None:
        return None
    direct = _on_same_basis(mass.unit, dose.absolute, times)
    chosen = None if direct is None else _writable(direct, mass.unit, exact=exact)
    return Quantity(chosen, mass.unit) if chosen else None


def _by_mass(order: Order, written: Quantity, dose: DoseLimit, times: int | None) -> Fraction | None:
    """The patient's maximum in the unit of the order, by the mass that one of these units comes to (1 mL is 2 mg)."""
    mass = order.dosage.per_administration.mass
    if dose.absolute is None or mass is None or mass.value <= 0:
        return None
    highest = _on_same_basis(mass.unit, dose.absolute, times)
    return None if highest is None else highest * Fraction(written.value) / Fraction(mass.value)


def _on_same_basis(unit: str, limit: Quantity, administrations: int | None) -> Fraction | None:
    """The limit divided among the administrations, in the unit of the order; None when the basis is another."""
    parts = DoseUnit.of(limit.unit)
    if administrations is None or DoseUnit.of(unit).basis != parts.basis:
        return None
    value = ucum.convert(limit.value, parts.per_administration, unit)
    return None if value is None else Fraction(value) / administrations


def _administrations(order: Order, dose: DoseLimit) -> int | None:
    schedule = order.dosage.schedule
    return {"dose": 1, "day": schedule.per_day, "week": schedule.per_week}.get(dose.per) or None


def _confirmed(
    value: Fraction, by_ratio: Fraction, written: Quantity, dose: DoseLimit, *, exact: bool
) -> Quantity | None:
    """The dose as it can be written, if both ways to it agree: they differ when administrations are not all equal."""
    if abs(value - by_ratio) > by_ratio * _ROUNDING_NOISE:
        return None
    chosen = _writable(value, written.unit, exact=exact)
    return Quantity(chosen, written.unit) if chosen > 0 and _repairs(chosen, written, dose) else None


def _writable(value: Fraction, unit: str, *, exact: bool) -> Decimal:
    hundredths = value * 100
    if exact and hundredths.denominator == 1:
        return Decimal(hundredths.numerator).scaleb(-2)
    # 20 decimal places, cut and not rounded, so that rounding down below starts from nothing larger than the dose.
    return rounded_down(Decimal(int(value * 10**20)).scaleb(-20), unit)
