"""Quantities: units brought together for comparison and arithmetic.

A calendar week and anything shorter is the definite duration of UCUM (`1 day = 24 'h'`). A calendar year or month has
no definite length: it is not comparable with `'a'`, `'mo'` or days, only equivalent to them (`1 year ~ 1 'a'`).

Null for units that do not measure the same thing and for temperature scales, which cannot be added or multiplied.
Raises EvaluationError, naming the unit, for a unit that is not UCUM.

Source: CQL 1.5.3, Appendix B, Comparison Operators and Arithmetic Operators; Author's Guide, Quantity Operators.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from functools import lru_cache

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import numbers
from cql_like_rules.cql.operators.numbers import EXACT
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.quantity import CALENDAR_UNITS, UCUM_OF_CALENDAR, Quantity
from cql_like_rules.cql.values.ucum import Conversion

_MONTHS = {"year": Decimal(12), "month": Decimal(1)}
_DAYS = {"year": Decimal(365), "month": Decimal(30)}
_CALENDAR_OF_UCUM = {"a": "year", "mo": "month"}
_NONE = Decimal(0)
_ONE = Decimal(1)


def order(a: Quantity, b: Quantity) -> int | None:
    """-1, 0 or 1 as a is less than, the same as or greater than b; null when they cannot be compared."""
    if a.unit == b.unit:
        check_unit(a.unit)
        return (a.value > b.value) - (a.value < b.value)
    conversion = _conversion(a.unit, b.unit)
    return None if conversion is None else conversion.compare(a.value, b.value)


def equivalent(a: Quantity, b: Quantity) -> bool:
    """Whether both are the same amount, in the larger of the two units and to the places of the less precise one."""
    if a.unit == b.unit:
        check_unit(a.unit)
        return numbers.equivalent(a.value, b.value)
    conversion = _rough_conversion(a.unit, b.unit)
    if conversion is None:
        return False
    if conversion.by >= conversion.times:
        return numbers.equivalent(conversion.apply(a.value), b.value)
    back = _rough_conversion(b.unit, a.unit)
    return back is not None and numbers.equivalent(a.value, back.apply(b.value))


def converted(quantity: Quantity | None, unit: str | None) -> Quantity | None:
    """`convert q to 'kg'`, `ConvertQuantity(q, 'kg')`: the quantity in another unit, to 28 digits; null for null."""
    if quantity is None or unit is None:
        return None
    if quantity.unit == unit:
        check_unit(unit)
        return quantity
    conversion = _conversion(quantity.unit, unit)
    return None if conversion is None else Quantity(conversion.apply(quantity.value), unit)


def can_convert(quantity: Quantity | None, unit: str | None) -> bool | None:
    """`CanConvertQuantity(q, 'kg')`: whether there is a conversion; null for null."""
    return None if quantity is None or unit is None else converted(quantity, unit) is not None


def add(a: Quantity, b: Quantity) -> Quantity | None:
    """`a + b` in the finer of the two units."""
    if a.unit == b.unit:
        return None if _is_scale(a.unit) else _amount(EXACT.add(a.value, b.value), a.unit)
    conversion = _conversion(a.unit, b.unit)
    if conversion is None or conversion.plus or _is_scale(a.unit):
        return None
    if conversion.times > conversion.by:
        return _amount(EXACT.add(conversion.apply(a.value), b.value), b.unit)
    other = converted(b, a.unit)
    return None if other is None else _amount(EXACT.add(a.value, other.value), a.unit)


def subtract(a: Quantity, b: Quantity) -> Quantity | None:
    """`a - b` in the finer of the two units."""
    return add(a, Quantity(-b.value, b.unit))


def multiply(a: Quantity, b: Quantity) -> Quantity | None:
    """`a * b`: units are multiplied (`mg/m2` times `m2` is `mg`)."""
    value = EXACT.multiply(a.value, b.value)
    if b.unit == "1" or a.unit == "1":
        unit = a.unit if b.unit == "1" else b.unit
        return None if _is_scale(unit) else _amount(value, unit)
    product = ucum.multiply_units(_definite(a.unit), _definite(b.unit))
    return None if product is None else _amount(value, product)


def divide(a: Quantity, b: Quantity) -> Quantity | None:
    """`a / b`: units are divided (`mg` by `kg` is `mg/kg`, which stays so). Null by zero."""
    if not b.value:
        return None
    if _is_scale(a.unit) or _is_scale(b.unit):
        return None
    value = EXACT.divide(a.value, b.value)
    if b.unit == "1":
        return _amount(value, a.unit)
    if a.unit in _MONTHS and b.unit in _MONTHS:
        return _amount(EXACT.divide(EXACT.multiply(value, _MONTHS[a.unit]), _MONTHS[b.unit]), "1")
    quotient = ucum.divide_units(_definite(a.unit), _definite(b.unit))
    return None if quotient is None else _amount(value, quotient)


def truncated_divide(a: Quantity, b: Quantity) -> Quantity | None:
    """`a div b`: the whole part of `a / b` with the unit of a, as HL7's tests have it.

    Null by zero, and where b has another unit than a or none.
    """
    if _is_scale(a.unit) or b.unit not in (a.unit, "1") or not b.value:
        return None
    return _amount(EXACT.divide(a.value, b.value).to_integral_value(ROUND_DOWN), a.unit)


def modulo(a: Quantity, b: Quantity) -> Quantity | None:
    """`a mod b`: what is left of a after as many whole b as it holds, with its unit and sign. Null by zero."""
    if _is_scale(a.unit) or not b.value:
        return None
    if b.unit in (a.unit, "1"):
        return _amount(EXACT.remainder(a.value, b.value), a.unit)
    conversion = _conversion(a.unit, b.unit)
    if conversion is None:
        return None
    rest = EXACT.remainder(EXACT.multiply(a.value, conversion.times), EXACT.multiply(b.value, conversion.by))
    return _amount(EXACT.divide(rest, conversion.times), a.unit)


def check_unit(unit: str) -> None:
    """Raises EvaluationError for a unit that is neither UCUM nor a calendar word."""
    if not ucum.is_valid(unit) and unit not in CALENDAR_UNITS:
        raise EvaluationError(f"'{unit}' is not a UCUM unit")


_ONE_TO_ONE = Conversion(_ONE, _NONE, _ONE)


@lru_cache(maxsize=16384)
def _conversion(from_unit: str, to_unit: str) -> Conversion | None:
    if from_unit in _MONTHS and to_unit in _MONTHS:
        return Conversion(_MONTHS[from_unit], _NONE, _MONTHS[to_unit])
    check_unit(from_unit)
    check_unit(to_unit)
    if from_unit in _MONTHS or to_unit in _MONTHS:
        return None
    return ucum.conversion(UCUM_OF_CALENDAR.get(from_unit, from_unit), UCUM_OF_CALENDAR.get(to_unit, to_unit))


@lru_cache(maxsize=4096)
def _rough_conversion(from_unit: str, to_unit: str) -> Conversion | None:
    """As `_conversion`, but a calendar year is 365 days or 1 `'a'`, a calendar month 30 days or 1 `'mo'`."""
    if to_unit in CALENDAR_UNITS:
        from_unit = _CALENDAR_OF_UCUM.get(from_unit, from_unit)
    if from_unit in CALENDAR_UNITS:
        to_unit = _CALENDAR_OF_UCUM.get(to_unit, to_unit)
    if from_unit == to_unit:
        return _ONE_TO_ONE
    if from_unit in _DAYS and to_unit not in _DAYS:
        from_day = _conversion("day", to_unit)
        return from_day and Conversion(from_day.times * _DAYS[from_unit], from_day.plus, from_day.by)
    if to_unit in _DAYS and from_unit not in _DAYS:
        to_day = _conversion(from_unit, "day")
        return to_day and Conversion(to_day.times, to_day.plus, to_day.by * _DAYS[to_unit])
    return _conversion(from_unit, to_unit)


def _definite(unit: str) -> str:
    if unit in _MONTHS:
        raise EvaluationError(f"a calendar {unit} has no definite length to multiply or divide by")
    check_unit(unit)
    return UCUM_OF_CALENDAR.get(unit, unit)


def _is_scale(unit: str) -> bool:
    check_unit(unit)
    return ucum.is_scale(unit)


def _amount(value: Decimal, unit: str) -> Quantity | None:
    known = numbers.amount_or_null(value)
    return None if known is None else Quantity(known, unit)
