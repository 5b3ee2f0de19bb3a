"""Quantities: units brought together for comparison and arithmetic (CQL 1.5.3, Author's Guide, Quantity Operators).

Calendar durations of a week and shorter are the definite durations of UCUM (`1 day = 24 'h'`); years and months are
not `'a'` and `'mo'`: comparing the two is unknown.
"""

from __future__ import annotations

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.quantity import CALENDAR_UNITS, Quantity

DEFINITE = {"week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s", "millisecond": "ms"}
"""Calendar words that are definite durations, and the UCUM unit they are."""

NEAREST = {**DEFINITE, "year": "a", "month": "mo"}
"""The UCUM unit that a calendar word is equivalent to (`1 year ~ 1 'a'`)."""

_MONTHS = {"year": 12, "month": 1}


def checked_unit(unit: str) -> str:
    """The UCUM unit of a quantity. Raises EvaluationError, naming the unit, when it is none."""
    if unit in CALENDAR_UNITS or ucum.is_valid(unit):
        return unit
    raise EvaluationError(f"'{unit}' is not a UCUM unit")


def compare(left: Quantity, right: Quantity) -> int | None:
    """-1, 0 or 1; None when the units cannot be compared. Raises EvaluationError for a unit that is not UCUM."""
    a, b = left.value, right.value
    if left.unit == right.unit:
        checked_unit(left.unit)
        return (a > b) - (a < b)
    if left.unit in _MONTHS and right.unit in _MONTHS:
        a, b = a * _MONTHS[left.unit], b * _MONTHS[right.unit]
        return (a > b) - (a < b)
    source, target = DEFINITE.get(left.unit, left.unit), DEFINITE.get(right.unit, right.unit)
    if source in _MONTHS or target in _MONTHS:
        return None
    conversion = ucum.conversion(checked_unit(source), checked_unit(target))
    return None if conversion is None else conversion.compare(a, b)


def equivalent_units(quantity: Quantity) -> Quantity:
    """The quantity with a calendar word replaced by the UCUM unit it is equivalent to."""
    unit = NEAREST.get(quantity.unit)
    return quantity if unit is None else Quantity(quantity.value, unit)


def converted(quantity: Quantity | None, unit: str | None) -> Quantity | None:
    """The quantity in another unit; None when it cannot be. (`convert q to 'kg'`)"""
    if quantity is None or unit is None:
        return None
    if quantity.unit == unit:
        return Quantity(quantity.value, checked_unit(unit))
    if quantity.unit in _MONTHS and unit in _MONTHS:
        return Quantity(quantity.value * _MONTHS[quantity.unit] / _MONTHS[unit], unit)
    source, target = DEFINITE.get(quantity.unit, quantity.unit), DEFINITE.get(unit, unit)
    if source in _MONTHS or target in _MONTHS:
        return None
    value = ucum.convert(quantity.value, checked_unit(source), checked_unit(target))
    return None if value is None else Quantity(value, unit)


def add(left: Quantity, right: Quantity, sign: int) -> Quantity | None:
    """Sum (or difference, with sign -1) in the unit of the left one; None when the units do not go together."""
    other = converted(right, left.unit)
    return None if other is None else Quantity(left.value + sign * other.value, left.unit)


def multiply(left: Quantity, right: Quantity) -> Quantity:
    """The product, units multiplied (`mg/m2` times `m2` is `mg`)."""
    return Quantity(left.value * right.value, _known(ucum.multiply_units(_ucum(left.unit), _ucum(right.unit))))


def divide(left: Quantity, right: Quantity) -> Quantity:
    """The quotient, units divided; the same dimension gives a number without unit."""
    source, target = _ucum(left.unit), _ucum(right.unit)
    value = ucum.convert(left.value, source, target)
    if value is not None:
        return Quantity(value / right.value, "1")
    return Quantity(left.value / right.value, _known(ucum.divide_units(source, target)))


def _known(unit: str | None) -> str:
    if unit is None:
        raise EvaluationError("temperatures on a scale cannot be multiplied")
    return unit


def _ucum(unit: str) -> str:
    return checked_unit(DEFINITE.get(unit, unit))
