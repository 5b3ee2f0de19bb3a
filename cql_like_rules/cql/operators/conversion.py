"""Conversions between types (CQL 1.5.3, Appendix B, Type Operators). Null for null and for what cannot be converted."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import arithmetic, date_time, quantities
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.quantity import CALENDAR_UNITS, Quantity, Ratio
from cql_like_rules.cql.values.temporal import Date, DateTime, Time

_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})
_INTEGER = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?")
_QUANTITY = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*(?:'([^']*)'|([a-z]+))?\s*")


def to_boolean(value: Any) -> bool | None:
    """`ToBoolean(x)`: of true/t/yes/y/1 and their opposites, of the numbers 1 and 0."""
    match value:
        case None | bool():
            return value
        case int() | Decimal():
            return {1: True, 0: False}.get(int(value)) if value in (0, 1) else None
        case str():
            word = value.strip().lower()
            return True if word in _TRUE else False if word in _FALSE else None
    raise _no_conversion(value, "Boolean")


def to_integer(value: Any) -> int | None:
    """`ToInteger(x)`: of a whole number in text, of a Boolean."""
    match value:
        case None:
            return None
        case bool() | int():
            return int(value)
        case str():
            text = value.strip()
            return arithmetic.representable(int(text)) if _INTEGER.fullmatch(text) else None
    raise _no_conversion(value, "Integer")


def to_decimal(value: Any) -> Decimal | None:
    """`ToDecimal(x)`: of a number in text, of an Integer or Boolean."""
    match value:
        case None | Decimal():
            return value
        case bool() | int():
            return Decimal(int(value))
        case str():
            text = value.strip()
            return arithmetic.representable(Decimal(text)) if _DECIMAL.fullmatch(text) else None
    raise _no_conversion(value, "Decimal")


def to_string(value: Any) -> str | None:
    """`ToString(x)` of a simple value."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case int() | Date() | DateTime() | Time() | Quantity() | Ratio():
            return str(value)
    raise _no_conversion(value, "String")


def to_quantity(value: Any) -> Quantity | None:
    """`ToQuantity(x)`: of `5.4 'mg'` or `5 days` in text, of a number, of a ratio."""
    match value:
        case None | Quantity():
            return value
        case Ratio():
            return quantities.divide(value.numerator, value.denominator)
        case int() | Decimal():
            return Quantity(Decimal(value))
        case str():
            return _quantity_of(value)
    raise _no_conversion(value, "Quantity")


def _quantity_of(text: str) -> Quantity | None:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    number, unit, word = match.groups()
    if word is not None:
        unit = word.removesuffix("s")
        if unit not in CALENDAR_UNITS:
            return None
    elif unit is None:
        unit = "1"
    elif not ucum.is_valid(unit):
        return None
    value = arithmetic.representable(Decimal(number))
    return None if value is None else Quantity(value, unit)


def to_ratio(value: Any) -> Ratio | None:
    """`ToRatio(x)`: of `1 'mg':2 'mL'` in text."""
    if value is None or isinstance(value, Ratio):
        return value
    if not isinstance(value, str):
        raise _no_conversion(value, "Ratio")
    above, colon, below = value.partition(":")
    numerator, denominator = _quantity_of(above), _quantity_of(below)
    return Ratio(numerator, denominator) if colon and numerator and denominator else None


def to_date(value: Any) -> Date | None:
    """`ToDate(x)`: of ISO 8601 text, of a DateTime."""
    match value:
        case None | Date():
            return value
        case DateTime():
            return date_time.date_from(value)
        case str():
            return _parsed(lambda text: date_time.date_from(DateTime.parse(text)), value)
    raise _no_conversion(value, "Date")


def to_datetime(value: Any) -> DateTime | None:
    """`ToDateTime(x)`: of ISO 8601 text, of a Date (time unknown)."""
    match value:
        case None | DateTime():
            return value
        case Date():
            return DateTime(value.year, value.month, value.day)
        case str():
            return _parsed(DateTime.parse, value)
    raise _no_conversion(value, "DateTime")


def to_time(value: Any) -> Time | None:
    """`ToTime(x)`: of ISO 8601 text."""
    match value:
        case None | Time():
            return value
        case str():
            return _parsed(Time.parse, value)
    raise _no_conversion(value, "Time")


def _parsed(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text.strip())
    except ValueError:
        return None


def to_concept(value: Any) -> Concept | None:
    """`ToConcept(x)`: of a Code or a list of Codes."""
    match value:
        case None | Concept():
            return value
        case Code():
            return Concept((value,), value.display)
        case list():
            return Concept(tuple(value))
    raise _no_conversion(value, "Concept")


def date_of(year: int | None, month: int | None = None, day: int | None = None) -> Date | None:
    """`Date(year, month, day)`: null without a year. Raises EvaluationError for a day that does not exist."""
    return None if year is None else _made(Date, year, month, day)


def datetime_of(year: int | None, *parts: Any) -> DateTime | None:
    """`DateTime(year, month, day, hour, minute, second, millisecond, offset)`: null without a year.

    Raises EvaluationError for a point in time that does not exist.
    """
    if year is None:
        return None
    components = (*parts, *([None] * (7 - len(parts))))
    offset = components[6]
    return _made(DateTime, year, *components[:6], None if offset is None else Decimal(offset))


def time_of(hour: int | None, *parts: int | None) -> Time | None:
    """`Time(hour, minute, second, millisecond)`: null without an hour. Raises EvaluationError for a time that is none."""
    return None if hour is None else _made(Time, hour, *parts)


def _made(kind: Callable[..., Any], *components: Any) -> Any:
    try:
        return kind(*components)
    except ValueError as error:
        raise EvaluationError(str(error)) from error


def converts(convert: Callable[[Any], Any]) -> Callable[[Any], bool | None]:
    """The `ConvertsTo…` of a conversion: whether it gives a value; null for null."""

    def converts_to(value: Any) -> bool | None:
        return None if value is None else convert(value) is not None

    return converts_to


def _no_conversion(value: Any, target: str) -> EvaluationError:
    return EvaluationError(f"a {type(value).__name__} cannot be converted to {target}")


CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "Boolean": to_boolean,
    "Integer": to_integer,
    "Decimal": to_decimal,
    "String": to_string,
    "Quantity": to_quantity,
    "Ratio": to_ratio,
    "Date": to_date,
    "DateTime": to_datetime,
    "Time": to_time,
    "Concept": to_concept,
}
